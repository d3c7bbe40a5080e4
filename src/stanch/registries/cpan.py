# SPDX-License-Identifier: Apache-2.0
"""CPAN: passwords of PAUSE, the upload server of Perl's archive.

`~/.pause` holds `user` and `password` on two lines; user ids are upper-case letters.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule
from stanch.detect.sample import ALNUM, text
from stanch.registries import Registry

_USER: Final = rb"(?:^|\n)user[ \t]+(?P<user>[A-Z][A-Z0-9-]{2,8})[ \t]*\r?$"
_PASSWORD: Final = rb"(?P<value>[^\s\"']{4,200})[ \t]*\r?(?:\n|\Z)"
_ORDINARY: Final = (b"ROOT", b"ADMIN", b"USER", b"TEST", b"NULL", b"NAME")


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _find_pause(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read `password` on the line below a PAUSE id."""
    user = _compiled(_USER).search(data[max(0, start - 40) : start])
    found = _compiled(_PASSWORD).match(data, end)
    if user and found and user["user"] not in _ORDINARY:
        yield Capture(span=found.span("value"), user=user["user"].decode("ascii"))


def _find_option(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    yield from command.option_values(data, end, ("-p", "--password"))


def _sample(rng: random.Random) -> str:
    return text(rng, ALNUM, 13) + "7"


class Cpan(Registry):
    """CPAN, by way of PAUSE."""

    name: ClassVar = "cpan"
    title: ClassVar = "CPAN (PAUSE)"
    hosts: ClassVar = ("pause.perl.org",)
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="cpan-pause-password",
            kind="password in .pause",
            title="PAUSE password in plain text",
            anchors=("\npassword ", "\npassword\t"),
            find=_find_pause,
            reach=(64, 256),
            sample=_sample,
            encoded=False,
            flagged=("user EXAMPL\npassword {token}\n",),
            safe=("user me\npassword Qx7hG2kLm9pRt4Vw\n",),
        ),
        Key(
            id="cpan-password",
            kind="password",
            title="PAUSE password in a variable",
            names=("PAUSE_PASSWORD", "PAUSE_PASS", "CPAN_PASSWORD", "CPAN_PASS", "PAUSE_PASSWD"),
            sample=_sample,
            flagged=("PAUSE_PASSWORD: {token}",),
            safe=("PAUSE_PASSWORD: ${{ secrets.PAUSE_PASSWORD }}",),
        ),
        Grammar(
            id="cpan-command-password",
            kind="password on a command line",
            title="PAUSE password on a command line",
            anchors=("cpan-upload ",),
            find=_find_option,
            reach=(256, 2048),
            sample=_sample,
            flagged=("cpan-upload -u EXAMPL -p {token} Acme-1.0.tar.gz",),
            safe=("cpan-upload -u EXAMPL -p $PAUSE_PASSWORD Acme-1.0.tar.gz",),
        ),
    )
    lookalikes: ClassVar = (
        "user EXAMPL\npassword \n",
        "user EXAMPL\n" + "# nothing here\n" * 20 + "password Qx7hG2kLm9pRt4Vw\n",
        "superuser EXAMPL\npassword Qx7hG2kLm9pRt4Vw\n",
        "USER EXAMPL\nPASSWORD Qx7hG2kLm9pRt4Vw\n",
    )
    remediation: ClassVar = (
        "Revoke: change the password on PAUSE, Change Password; it is also the login.",
        (
            "Audit: PAUSE mails every upload; compare the author directory with your releases and "
            "delete what is not yours."
        ),
        "Remove it from every place listed, history included.",
        "Prevent: encrypt ~/.pause with gpg; the usual upload tools read it.",
    )
    docs: ClassVar = ("https://metacpan.org/pod/CPAN::Uploader (read 2026-11-22)",)


REGISTRY: Final = Cpan()
