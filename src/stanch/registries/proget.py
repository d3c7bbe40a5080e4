# SPDX-License-Identifier: Apache-2.0
"""Inedo ProGet: API keys, known by the name they stand under.

A key that the server makes is 40 hex digits; an administrator may type any other.
"""

import random
from typing import ClassVar, Final

from stanch.detect.rule import Key, Rule, names_of
from stanch.detect.sample import ALNUM, HEX, text
from stanch.registries import Registry


def _sample_key(rng: random.Random) -> str:
    return text(rng, HEX, 40)


class ProGet(Registry):
    """ProGet servers."""

    name: ClassVar = "proget"
    title: ClassVar = "ProGet"
    rules: ClassVar[tuple[Rule, ...]] = (
        Key(
            id="proget-api-key",
            kind="API key",
            title="ProGet API key",
            names=(*names_of("proget"),),
            sample=_sample_key,
            flagged=("PROGET_API_KEY={token}",),
            safe=("PROGET_API_KEY=%PROGET_API_KEY%",),
        ),
        Key(
            id="proget-header-key",
            kind="API key in a request header",
            title="ProGet API key in a request header",
            names=("X-ApiKey",),
            value=r"[0-9a-f]{40}",
            needs="proget",
            sample=_sample_key,
            flagged=('curl -H "X-ApiKey: {token}" https://proget.corp.example/api/feeds/list',),
            safe=('curl -H "X-ApiKey: $KEY" https://proget.corp.example/api/feeds/list',),
            encoded=False,
        ),
        Key(
            id="proget-password",
            kind="password in a variable",
            title="ProGet password in a variable",
            names=("PROGET_PASSWORD", "PROGET_PASS"),
            sample=lambda rng: text(rng, ALNUM, 20),
            flagged=("PROGET_PASSWORD={token}",),
            safe=("PROGET_PASSWORD=${{ secrets.PROGET_PASSWORD }}",),
        ),
    )
    lookalikes: ClassVar = (
        "PROGET_API_KEY=ab1",
        "proget commit a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0",
        "progetto_keynote=a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0",
        "X-ApiKey: A1B2C3D4E5F6A7B8C9D0E1F2A3B4C5D6E7F8A9B0 proget",
    )
    remediation: ClassVar = (
        "Revoke: delete the key under Administration, API keys and access logs.",
        (
            "Audit: read the key's access log, and list the packages pushed, overwritten or "
            "deleted while it was exposed."
        ),
        "Remove: take it out of NuGet.Config, scripts and history.",
        (
            "Prevent: use feed keys with the least rights instead of system keys, and keep them in "
            "the CI's secrets."
        ),
    )
    docs: ClassVar = (
        "https://docs.inedo.com/docs/proget/reference-api/feeds/proget-api-feeds (read 2026-11-22)",
    )


REGISTRY: Final = ProGet()
