# SPDX-License-Identifier: Apache-2.0
"""Gitea, Forgejo and Codeberg, whose tokens also publish to their package registries.

A token is 40 bare hex digits, the shape of every commit id, so it counts only under a telling name,
in a header, or on a line with the address of a package registry.
"""

import random
import re
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Key, Rule
from stanch.detect.sample import HEX, text
from stanch.registries import Registry

_HEADER: Final = Pattern(
    rb"""(?i)["'\]]{0,2}\s{0,3}[:,=>]{1,3}\s{0,3}\\*["']?(?:token|bearer)\s+
    (?-i:([0-9a-f]{40}))(?![0-9A-Za-z])""",
    re.VERBOSE,
)
_NEAR: Final = Pattern(rb"(?i)gitea|forgejo|codeberg")
_REACH: Final = 300


def _find_header(data: bytes, start: int, end: int) -> Iterator[Capture]:
    found = _HEADER.match(data, end, end + 120)
    if found and _NEAR.search(data, max(0, start - _REACH), found.end() + _REACH):
        yield Capture(span=found.span(1))


_AFTER_NAME: Final = Pattern(
    rb"""(?:[:=]|(?i:token|password|key)["']?)[ \t]*["']?([0-9a-f]{40})(?![0-9A-Za-z])""",
    re.VERBOSE,
)


def _find_registry(data: bytes, start: int, end: int) -> Iterator[Capture]:
    low = max(data.rfind(b"\n", 0, start) + 1, start - _REACH)
    newline = data.find(b"\n", end, end + _REACH)
    high = newline if newline >= 0 else min(len(data), end + _REACH)
    for found in _AFTER_NAME.finditer(data, low, high):
        yield Capture(span=found.span(1))


def _sample(rng: random.Random) -> str:
    return text(rng, HEX, 40)


class Gitea(Registry):
    """Gitea and Forgejo servers."""

    name: ClassVar = "gitea"
    title: ClassVar = "Gitea and Forgejo"
    hosts: ClassVar = ("gitea.com", ".gitea.com", "codeberg.org", ".codeberg.org")
    rules: ClassVar[tuple[Rule, ...]] = (
        Key(
            id="gitea-access-token",
            kind="access token",
            title="Gitea or Forgejo access token",
            names=(
                "GITEA_TOKEN",
                "GITEA_API_TOKEN",
                "GITEA_ACCESS_TOKEN",
                "GITEA_API_KEY",
                "GITEA_PASSWORD",
                "FORGEJO_TOKEN",
                "FORGEJO_API_TOKEN",
                "FORGEJO_ACCESS_TOKEN",
                "FORGEJO_API_KEY",
                "FORGEJO_PASSWORD",
                "CODEBERG_TOKEN",
                "CODEBERG_API_TOKEN",
                "CODEBERG_ACCESS_TOKEN",
                "CODEBERG_PASSWORD",
            ),
            value=r"[0-9a-f]{40}",
            sample=_sample,
            flagged=("GITEA_TOKEN={token}", '"forgejo_token": "{token}"'),
            safe=("GITEA_TOKEN=${{ secrets.GITEA_TOKEN }}",),
        ),
        Grammar(
            id="gitea-token-header",
            kind="access token in a header",
            title="Gitea or Forgejo access token in an Authorization header",
            anchors=("authorization",),
            caseless=True,
            find=_find_header,
            sample=_sample,
            flagged=('curl -H "Authorization: token {token}" https://gitea.corp.example/api',),
            safe=('curl -H "Authorization: token $TOKEN" https://gitea.corp.example/api',),
            encoded=False,
        ),
        Grammar(
            id="gitea-registry-token",
            kind="access token beside a registry's address",
            title="Gitea or Forgejo access token beside a package registry's address",
            anchors=("/api/packages/",),
            find=_find_registry,
            sample=_sample,
            flagged=(
                "https://acme:{token}@git.corp.example/api/packages/acme/pypi/simple",
                (
                    "nuget push lib.nupkg --api-key={token} "
                    "--source https://git.corp.example/api/packages/acme/nuget/index.json"
                ),
            ),
            safe=("https://acme:${TOKEN}@git.corp.example/api/packages/acme/pypi/simple",),
        ),
    )
    lookalikes: ClassVar = (
        "GITEA_TOKEN=5aab40e433037523cc70af7d3894a0fa",
        "GITEA_TOKEN=a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0a1b2",
        "gitea/gitea@a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0",
        "GITEA_TOKEN=A1B2C3D4E5F6A7B8C9D0E1F2A3B4C5D6E7F8A9B0",
        "Gitea commit: a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0",
    )
    remediation: ClassVar = (
        "Revoke: delete the token under Settings, Applications, Access tokens.",
        "Audit: list the package versions, pushes and releases of its owner while it was exposed.",
        "Remove: take it out of the tree, the history and package managers' configuration.",
        "Prevent: give each token only the package scope it needs, kept in the CI's secrets.",
    )
    docs: ClassVar = (
        "https://docs.gitea.com/usage/packages/overview (read 2026-11-22)",
        "https://forgejo.org/docs/latest/user/ (read 2026-11-22)",
    )


REGISTRY: Final = Gitea()
