# SPDX-License-Identifier: Apache-2.0
"""Clojars: deploy tokens, and passwords beside its host in Leiningen files.

Issued tokens are `CLOJARS_` and 60 lower-case hex digits; nothing in them can be checked offline.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape, names_of
from stanch.detect.sample import HEX, text
from stanch.registries import Registry

_PASSWORD: Final = rb':password\s+"(?P<value>[^"\\\n]{1,200})"'
_USER: Final = rb':username\s+"(?P<value>[^"\\\n]{1,100})"'


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _find_map(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the map behind the host: `{:url "…" :username "…" :password "…"}`."""
    close = data.find(b"}", end, end + 400)
    stop = close if close >= 0 else min(len(data), end + 400)
    password = _compiled(_PASSWORD).search(data, end, stop)
    if password:
        user = _compiled(_USER).search(data, end, stop)
        name = user["value"].decode("latin-1") if user else ""
        yield Capture(span=password.span("value"), host="clojars.org", user=name)


def _sample(rng: random.Random) -> str:
    return "CLOJARS_" + text(rng, HEX, 60)


class Clojars(Registry):
    """Clojars."""

    name: ClassVar = "clojars"
    title: ClassVar = "Clojars"
    hosts: ClassVar = ("clojars.org", ".clojars.org")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="clojars-deploy-token",
            kind="deploy token",
            title="Clojars deploy token",
            pattern=r"CLOJARS_[A-Za-z0-9]{60}",
            anchors=("CLOJARS_",),
            sample=_sample,
            flagged=(
                "CLOJARS_PASSWORD={token}",
                ':deploy-repositories [["clojars" {:username "me" :password "{token}"}]]',
            ),
            safe=("CLOJARS_PASSWORD=$CLOJARS_TOKEN", ":password :env/clojars_password"),
        ),
        Key(
            id="clojars-password",
            kind="password",
            title="Clojars password or deploy token",
            names=(*names_of("clojars"),),
            sample=_sample,
            flagged=("clojarsPassword: {token}",),
            safe=("CLOJARS_PASSWORD: ${{ secrets.CLOJARS_PASSWORD }}",),
        ),
        Grammar(
            id="clojars-profile-password",
            kind="password in a Leiningen file",
            title="Leiningen file holds a literal Clojars password",
            anchors=("clojars.org",),
            find=_find_map,
            reach=(16, 512),
            sample=_sample,
            flagged=('{#"https://repo.clojars.org" {:username "me" :password "{token}"}}',),
            safe=('{:url "https://repo.clojars.org" :username "me" :password :env}',),
        ),
    )
    lookalikes: ClassVar = (
        "CLOJARS_0123456789abcdef",
        "CLOJARS_" + "0a1b2c3d4e" * 7,
        "MYCLOJARS_" + "0a1b2c3d4e" * 6,
        "clojars_" + "0a1b2c3d4e" * 6,
    )
    remediation: ClassVar = (
        "Revoke: sign in to Clojars, Deploy Tokens, and disable the token.",
        (
            "Audit: look through the versions and dates on each artefact's page; ask Clojars to "
            "remove those that are not yours."
        ),
        "Remove it from every place listed, history included.",
        (
            "Prevent: issue single-use tokens scoped to one artefact, and keep them in the build "
            "server's secret store."
        ),
    )
    docs: ClassVar = (
        "https://github.com/clojars/clojars-web/wiki/Deploy-Tokens (read 2026-11-22)",
    )


REGISTRY: Final = Clojars()
