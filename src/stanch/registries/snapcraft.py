# SPDX-License-Identifier: Apache-2.0
"""Snapcraft: exported logins of the Snap Store.

`snapcraft export-login` writes base64 of a JSON object that names its type and holds macaroons;
older releases wrote an INI file with a root macaroon and its discharge.
"""

import base64
import binascii
import json
import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

import msgspec

from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import BASE64URL, text
from stanch.model import Proof
from stanch.registries import Registry

_MACAROON: Final = (
    rb"(?m)^(?:macaroon|unbound_discharge)\s*=\s*(?P<value>[A-Za-z0-9_+/=-]{60,8192})"
)
_TYPES: Final = ("u1-macaroon", "macaroon", "bearer")


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _check(token: bytes) -> Proof:
    """Prove an exported login: base64 of `{"t": <type>, "v": …}`."""
    try:
        login = msgspec.json.decode(binascii.a2b_base64(token + b"=" * (-len(token) % 4)))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Proof(valid=False, facts={"note": "is not base64 of JSON"})
    kind = login.get("t") if isinstance(login, dict) else None
    if kind in _TYPES:
        return Proof(valid=True, facts={"type": str(kind)})
    return Proof(valid=False, facts={"note": "names no known type"})


def _find_section(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the macaroons of an INI login."""
    stop = data.find(b"\n[", end, end + 16384)
    stop = stop if stop >= 0 else min(len(data), end + 16384)
    for found in _compiled(_MACAROON).finditer(data, end, stop):
        yield Capture(span=found.span("value"))


def _sample(rng: random.Random) -> str:
    login = {
        "t": "u1-macaroon",
        "v": {"r": text(rng, BASE64URL, 80), "d": text(rng, BASE64URL, 80)},
    }
    return base64.b64encode(json.dumps(login).encode()).decode()


def _sample_macaroon(rng: random.Random) -> str:
    return "MDAy" + text(rng, BASE64URL, 120)


class Snapcraft(Registry):
    """The Snap Store."""

    name: ClassVar = "snapcraft"
    title: ClassVar = "Snap Store"
    hosts: ClassVar = ("dashboard.snapcraft.io", "login.ubuntu.com")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="snapcraft-exported-login",
            kind="exported login",
            title="Exported login of the Snap Store",
            pattern=r"eyJ0IjogIn[A-Za-z0-9+/]{60,16384}={0,2}",
            anchors=("eyJ0IjogInUxLW1hY2Fyb29uIi", "eyJ0IjogIm1hY2Fyb29uIi"),
            right="A-Za-z0-9+/=",
            check=_check,
            sample=_sample,
            encoded=False,
            flagged=("SNAPCRAFT_STORE_CREDENTIALS={token}",),
            safe=("SNAPCRAFT_STORE_CREDENTIALS: ${{ secrets.STORE_LOGIN }}",),
        ),
        Key(
            id="snapcraft-variable-login",
            kind="exported login in a variable",
            title="Login of the Snap Store in a variable",
            names=(
                "SNAPCRAFT_STORE_CREDENTIALS",
                "SNAPCRAFT_STORE_LOGIN",
                "SNAPCRAFT_TOKEN",
                "SNAPCRAFT_MACAROON",
                "SNAP_STORE_LOGIN",
                "SNAP_STORE_TOKEN",
            ),
            sample=_sample_macaroon,
            flagged=("SNAPCRAFT_STORE_CREDENTIALS: {token}",),
            safe=("SNAPCRAFT_STORE_CREDENTIALS: ${{ secrets.STORE_LOGIN }}",),
        ),
        Grammar(
            id="snapcraft-login-file",
            kind="login file of older releases",
            title="Login file of the Snap Store holds a macaroon",
            anchors=("[login.ubuntu.com]",),
            find=_find_section,
            reach=(16, 16500),
            sample=_sample_macaroon,
            flagged=("[login.ubuntu.com]\nmacaroon = {token}\nemail = me@corp.example\n",),
            safe=("[login.ubuntu.com]\nemail = me@corp.example\n",),
        ),
    )
    lookalikes: ClassVar = (
        "eyJ0IjogInUxLW1hY2Fyb29uIiwg",
        "[login.ubuntu.com]\n" + "email = me@corp.example\n" * 20,
        "xeyJ0IjogInUxLW1hY2Fyb29uIiwgInYiOiB7InIiOiAi" + "MDAyY2xvY2F0aW9u" * 6,
        "EYJ0IJOGINUXLW1HY2FYB29UIIWGINYIOIB7INIIOIAI" + "MDAyY2xvY2F0aW9u" * 6,
    )
    remediation: ClassVar = (
        (
            "Revoke: change the Ubuntu One password or remove the application there; exported "
            "logins die with it."
        ),
        (
            "Audit: `snapcraft list-revisions <snap>` shows uploads; release a good revision over "
            "those that are not yours."
        ),
        "Remove it from every place listed, history included.",
        "Prevent: export with --snaps, --channels, --acls and --expires, as narrow as the job.",
    )
    docs: ClassVar = (
        (
            "https://documentation.ubuntu.com/snapcraft/stable/how-to/publish/authenticate/ "
            "(read 2026-11-22)"
        ),
    )


REGISTRY: Final = Snapcraft()
