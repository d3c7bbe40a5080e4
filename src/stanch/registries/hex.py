# SPDX-License-Identifier: Apache-2.0
"""Hex: API and repository keys of Erlang's and Elixir's registry.

A key is 32 lower-case hex digits without a prefix, so it is known by its variable, by the term of
`hex.config` that holds it, or by the option of a `mix hex` or `rebar3 hex` command. The OAuth
tokens that replaced stored keys are JSON Web Tokens.
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

_BINARY: Final = rb"""['"]?\s*(?:,|=>|=|:)\s*<<\s*"(?P<value>[^"\\\n]{8,4096})"(?:/utf8)?\s*>>"""
_OAUTH: Final = (
    rb"""<<\s*"(?:access|refresh)_token"\s*>>\s*(?:,|=>)\s*"""
    rb"""<<\s*"(?P<value>[^"\\\n]{8,4096})"\s*>>"""
)


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _find_term(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the Erlang binary behind a key's name, or the tokens of an OAuth map."""
    found = _compiled(_BINARY).match(data, end, end + 4200)
    if found:
        yield Capture(span=found.span("value"))
        return
    stop = data.find(b"}.", end, end + 9000)
    for token in _compiled(_OAUTH).finditer(data, end, stop if stop >= 0 else end + 2000):
        yield Capture(span=token.span("value"))


def _find_option(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    yield from command.option_values(data, end, ("--key", "--auth-key", "--api-key"))


def _sample(rng: random.Random) -> str:
    return text(rng, HEX, 32)


class Hex(Registry):
    """Hex."""

    name: ClassVar = "hex"
    title: ClassVar = "Hex"
    hosts: ClassVar = ("hex.pm", "repo.hex.pm")
    rules: ClassVar[tuple[Rule, ...]] = (
        Key(
            id="hex-api-key",
            kind="API key",
            title="Hex API key",
            names=(
                *names_of("hexpm"),
                "HEX_API_KEY",
                "HEX_PM_API_KEY",
                "HEX_WRITE_KEY",
                "HEX_AUTH_KEY",
                "HEX_ORGANIZATION_KEY",
                "HEX_PUBLISH_KEY",
            ),
            sample=_sample,
            flagged=("HEX_API_KEY={token} mix hex.publish --yes", 'HEX_API_KEY: "{token}"'),
            safe=("HEX_API_KEY: ${{ secrets.HEX_API_KEY }}",),
        ),
        Grammar(
            id="hex-config-key",
            kind="key in hex.config",
            title="hex.config holds a literal Hex key",
            anchors=("$write_key", "$read_key", "$repos_key", "$oauth_token", "auth_key"),
            find=_find_term,
            reach=(16, 9200),
            sample=_sample,
            flagged=(
                "{'$write_key',<<\"{token}\">>}.",
                '{\'$repos\',#{<<"hexpm:acme">> => #{auth_key => <<"{token}">>}}}.',
            ),
            safe=("{'$encrypted_key',<<\"QTEyOEdDTQ.8fZ\">>}.",),
        ),
        Grammar(
            id="hex-command-key",
            kind="key on a command line",
            title="Hex key on a command line",
            anchors=("mix hex.", "rebar3 hex "),
            find=_find_option,
            reach=(256, 2048),
            sample=_sample,
            flagged=("mix hex.organization auth acme --key {token}",),
            safe=("mix hex.organization auth acme --key $HEX_ORG_KEY",),
        ),
    )
    lookalikes: ClassVar = (
        "HEX_API_KEY=",
        "mix hex.organization key acme generate --permission api:read " + "x" * 40,
        "HEX_API_KEYCHAIN_LOOKUP_ORDER = first",
        "Mix Hex.organization auth acme --key 3f2a9c4e8b7d1065",
    )
    remediation: ClassVar = (
        (
            "Revoke: `mix hex.user key revoke <name>`, or `mix hex.organization key <org> revoke "
            "<name>` for an organisation's key."
        ),
        (
            "Audit: compare each package's releases (`mix hex.info <package>`) with your tags; "
            "`mix hex.retire` those that are not yours."
        ),
        "Remove it from every place listed, history included.",
        "Prevent: sign in by OAuth on people's machines; give CI a key with one permission.",
    )
    docs: ClassVar = (
        "https://hex.pm/docs/publish (read 2026-11-22)",
        "https://hexdocs.pm/hex/Mix.Tasks.Hex.Organization.html (read 2026-11-22)",
    )


REGISTRY: Final = Hex()
