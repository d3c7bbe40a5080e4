# SPDX-License-Identifier: Apache-2.0
"""Gemfury: private packages of many languages. Its tokens have no form of their own."""

import random
import re
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule, names_of
from stanch.detect.sample import ALNUM, text
from stanch.registries import Registry

_URL: Final = (
    rb"https?://(?P<user>[A-Za-z0-9_-]{1,80})(?::(?P<password>[^\s:@/\"'<>]{0,80}))?@"
    rb"(?P<host>(?:[\w-]+\.)*fury\.(?:io|site))"
)


def _find_url(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read the token in a URL of the service: the user, or the password if there is one."""
    scheme = data.rfind(b"://", max(0, start - 250), start)
    found = re.compile(_URL).match(data, max(0, data.rfind(b"http", 0, scheme)), end + 8)
    if scheme < 0 or found is None or found.end() < end:
        return
    name = "password" if found["password"] else "user"
    raw = found[name]
    if name == "password" or (len(raw) >= 16 and re.search(rb"\d", raw)):
        yield Capture(found.span(name), host=found["host"].decode())


def _find_command(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the token given to the service's client."""
    yield from command.option_values(data, end, ("--api-token",))


def _sample(rng: random.Random) -> str:
    return text(rng, ALNUM, 15) + "7" + text(rng, ALNUM, 4)


class Gemfury(Registry):
    """The Gemfury package host."""

    name: ClassVar = "gemfury"
    title: ClassVar = "Gemfury"
    hosts: ClassVar = (".fury.io", ".fury.site", "fury.io")
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="gemfury-url-token",
            kind="token in a URL",
            title="Gemfury token in a URL",
            anchors=(".fury.io", ".fury.site"),
            find=_find_url,
            encoded=False,
            sample=_sample,
            flagged=(
                "curl -F package=@a.gem https://{token}@push.fury.io/acme/",
                "--extra-index-url https://{token}:@pypi.fury.io/acme/",
                "source 'https://{token}@gem.fury.io/acme/'",
            ),
            safe=(
                "--extra-index-url https://${FURY_TOKEN}:@pypi.fury.io/acme/",
                "source 'https://gem.fury.io/acme/'",
            ),
        ),
        Grammar(
            id="gemfury-command-token",
            kind="token on a command line",
            title="fury is given a literal token",
            anchors=("fury push", "fury yank", "fury list"),
            find=_find_command,
            encoded=False,
            sample=_sample,
            flagged=("fury push a.gem --api-token {token}", "fury list --api-token={token}"),
            safe=("fury push a.gem --api-token $FURY_TOKEN",),
        ),
        Key(
            id="gemfury-token-variable",
            kind="token in a variable",
            title="Gemfury token in a variable",
            names=(
                *names_of("gemfury"),
                "fury_auth",
                "fury_token",
                "fury_api_token",
                "fury_push_token",
                "fury_deploy_token",
                "gemfury_push_token",
            ),
            encoded=False,
            sample=_sample,
            flagged=("GEMFURY_PUSH_TOKEN={token}", "export FURY_AUTH='{token}'"),
            safe=("FURY_TOKEN: ${{ secrets.FURY_TOKEN }}",),
        ),
    )
    lookalikes: ClassVar = (
        "https://short@push.fury.io/acme/",
        "https://docs.fury.io/0123456789abcdef0123456789abcdef",
        "https://9aXw2kLm8pRt4Vw6yB3c@notfury.io/acme/",
        "HTTPS://9AXW2KLM8PRT4VW6YB3C@PUSH.FURY.IO/acme/",
    )
    remediation: ClassVar = (
        "Revoke the token: Dashboard, Settings, Tokens.",
        "Audit the versions that were uploaded to the account since it leaked.",
        "Remove it from every place listed, history included; keep it out of URLs in lock files.",
        "Prevent: use read-only deploy tokens for installing, push tokens in CI only.",
    )
    docs: ClassVar = ("https://gemfury.com/help/tokens/ (read 2026-11-22)",)


REGISTRY: Final = Gemfury()
