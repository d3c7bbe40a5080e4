# SPDX-License-Identifier: Apache-2.0
"""Hackage: API tokens and passwords of Haskell's package archive.

Neither has a form of its own: they are known by their variables, by `cabal upload`'s options, by
the header of the server's API and by their line in cabal's configuration.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule, names_of
from stanch.detect.sample import HEX, text
from stanch.registries import Registry

_LINE: Final = rb"(?m)^[ \t]*(?:password|token):[ \t]*(?P<value>[^\s\"']{4,400})[ \t]*\r?$"
_HEADER: Final = rb"\s+(?P<value>[A-Za-z0-9+/=_-]{16,200})"


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _find_option(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    yield from command.option_values(data, end, ("--token", "-t", "--password", "-p"))


def _find_configuration(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read the lines around `password-command:`, which only cabal's configuration has."""
    low = max(0, start - 300)
    for line in _compiled(_LINE).finditer(data, low, min(len(data), end + 300)):
        yield Capture(span=line.span("value"))


def _find_header(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    found = _compiled(_HEADER).match(data, end)
    near = data[max(0, end - 600) : end + 600].lower()
    if found and b"hackage" in near:
        yield Capture(span=found.span("value"))


def _sample(rng: random.Random) -> str:
    return text(rng, HEX, 64)


class Hackage(Registry):
    """Hackage."""

    name: ClassVar = "hackage"
    title: ClassVar = "Hackage"
    hosts: ClassVar = ("hackage.haskell.org",)
    rules: ClassVar[tuple[Rule, ...]] = (
        Key(
            id="hackage-token",
            kind="API token or password",
            title="Hackage API token or password",
            names=(*names_of("hackage"),),
            sample=_sample,
            flagged=("HACKAGE_TOKEN: {token}", "HACKAGE_PASSWORD='{token}'"),
            safe=("HACKAGE_TOKEN: ${{ secrets.HACKAGE_TOKEN }}",),
        ),
        Grammar(
            id="hackage-command-token",
            kind="token on a command line",
            title="Hackage token on a command line",
            anchors=("cabal upload", "cabal-install upload"),
            find=_find_option,
            reach=(256, 2048),
            sample=_sample,
            flagged=("cabal upload --publish --token={token} sdist.tar.gz",),
            safe=('cabal upload --publish --token="$HACKAGE_TOKEN" sdist.tar.gz',),
        ),
        Grammar(
            id="hackage-config-password",
            kind="password in cabal's configuration",
            title="cabal's configuration holds a literal Hackage password",
            anchors=("password-command:",),
            find=_find_configuration,
            reach=(320, 720),
            sample=_sample,
            flagged=("username: me\npassword: {token}\n-- password-command:\n",),
            safe=("-- username:\n-- password:\npassword-command: pass show hackage\n",),
        ),
        Grammar(
            id="hackage-header-token",
            kind="token in a request header",
            title="Hackage token in an authorisation header",
            anchors=("X-ApiKey",),
            find=_find_header,
            reach=(640, 640),
            sample=_sample,
            flagged=(
                'curl -H "Authorization: X-ApiKey {token}" https://hackage.haskell.org/packages/',
            ),
            safe=(
                'curl -H "Authorization: X-ApiKey $TOKEN" https://hackage.haskell.org/packages/',
            ),
        ),
    )
    lookalikes: ClassVar = (
        "HACKAGE_TOKEN=",
        "cabal upload " + "dist-newstyle/sdist/acme.tar.gz " * 20,
        "SHACKAGE_TOKENS_PER_MINUTE = unlimited",
        "CABAL UPLOAD --token=3f2a9c4e8b7d10653f2a9c4e8b7d1065",
    )
    remediation: ClassVar = (
        (
            "Revoke: sign in to Hackage, Manage account, API tokens, and revoke it; change the "
            "password if that leaked."
        ),
        (
            "Audit: the package page lists uploads and revisions with their user and date; tell "
            "the Hackage trustees about those that are not yours."
        ),
        "Remove it from every place listed, history included.",
        "Prevent: use password-command in cabal's configuration and an API token in CI.",
    )
    docs: ClassVar = (
        "https://hackage.haskell.org/upload (read 2026-11-22)",
        "https://cabal.readthedocs.io/en/stable/cabal-commands.html#cabal-upload (read 2026-11-22)",
    )


REGISTRY: Final = Hackage()
