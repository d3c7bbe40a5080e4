# SPDX-License-Identifier: Apache-2.0
"""prefix.dev: API keys, and the credentials file that pixi, rattler and rattler-build share.

`credentials.json` maps hosts to a bearer token, a conda token or a user with a password.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import ALNUM, text
from stanch.registries import Registry

_TOKEN: Final = rb'"\s*:\s*"(?P<value>[^"\\\s]{4,4096})"'
_BASIC: Final = rb'"\s*:\s*\{[^{}]{0,400}?"password"\s*:\s*"(?P<value>[^"\\\n]{3,400})"'
_HOST: Final = rb'"(?:https?://|\*\.)?(?P<host>[\w.-]{1,253})[^"\s]{0,200}"\s*:\s*\{\s*"$'
_LOGIN_HOST: Final = rb"\s(?:https?://)?((?:[\w-]{1,63}\.)+[a-z]{2,20})\b"


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _find_entry(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read one entry of `credentials.json`; a host stands before it."""
    found = _compiled(_TOKEN).match(data, end) or _compiled(_BASIC).match(data, end)
    host = _compiled(_HOST).search(data[max(0, start - 600) : start])
    if found and host:
        yield Capture(span=found.span("value"), host=host["host"].decode("latin-1"))


def _find_option(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    start, stop = command.line(data, end)
    found = _compiled(_LOGIN_HOST).search(data, start, stop)
    host = found[1].decode("latin-1") if found else ""
    options = ("--token", "--conda-token", "--password")
    yield from command.option_values(data, end, options, host=host)


def _sample_key(rng: random.Random) -> str:
    return "pfx_" + text(rng, ALNUM, 30)


def _sample(rng: random.Random) -> str:
    return text(rng, ALNUM, 30)


class PrefixDev(Registry):
    """prefix.dev."""

    name: ClassVar = "prefix-dev"
    title: ClassVar = "prefix.dev"
    hosts: ClassVar = ("prefix.dev", ".prefix.dev")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="prefix-dev-api-key",
            kind="API key",
            title="prefix.dev API key",
            pattern=r"pfx_[A-Za-z0-9]{30,48}",
            anchors=("pfx_",),
            entropy=3.5,
            sample=_sample_key,
            flagged=("pixi auth login prefix.dev --token {token}", "PREFIX_API_KEY={token}"),
            safe=("PREFIX_API_KEY=$PREFIX_KEY",),
        ),
        Key(
            id="prefix-dev-variable",
            kind="API key in a variable",
            title="prefix.dev API key in a variable",
            names=("PREFIX_API_KEY", "PREFIX_DEV_API_KEY", "PREFIX_DEV_TOKEN", "PIXI_TOKEN"),
            sample=_sample,
            flagged=("PREFIX_API_KEY={token} rattler-build upload prefix -c acme a.conda",),
            safe=("PREFIX_API_KEY: ${{ secrets.PREFIX_API_KEY }}",),
        ),
        Grammar(
            id="prefix-dev-credentials-file",
            kind="entry of rattler's credentials.json",
            title="rattler's credentials file holds a literal credential",
            anchors=("BearerToken", "BasicHTTP", "CondaToken"),
            find=_find_entry,
            reach=(640, 4200),
            sample=_sample,
            flagged=(
                '{"*.prefix.dev": {"BearerToken": "{token}"}}',
                '{"repo.corp.example": {"BasicHTTP": {"username": "ci", "password": "{token}"}}}',
            ),
            safe=('{"scheme": "BearerToken", "user": "ci"}',),
        ),
        Grammar(
            id="prefix-dev-command-token",
            kind="credential on a command line",
            title="Credential on a pixi command line",
            anchors=("pixi auth login", "rattler-build auth login", "rattler auth login"),
            find=_find_option,
            reach=(256, 2048),
            sample=_sample,
            flagged=("pixi auth login https://conda.corp.example --token {token}",),
            safe=("pixi auth login prefix.dev --token $PREFIX_API_KEY",),
        ),
    )
    lookalikes: ClassVar = (
        "pfx_9aB8cD7eF6",
        "pfx_" + "9aB8cD7eF6" * 6,
        "spfx_9aB8cD7eF69aB8cD7eF69aB8cD7eF6",
        "PFX_9aB8cD7eF69aB8cD7eF69aB8cD7eF6",
    )
    remediation: ClassVar = (
        "Revoke: sign in to prefix.dev, Settings, API Keys, and delete the key.",
        "Audit: compare each channel's packages with your builds; delete those that are not yours.",
        "Remove it from every place listed, history included.",
        "Prevent: upload by trusted publishing (OIDC); on machines let pixi use the keyring.",
    )
    docs: ClassVar = (
        "https://pixi.sh/latest/deployment/authentication/ (read 2026-11-22)",
        "https://prefix.dev/docs/prefix/api (read 2026-11-22)",
    )


REGISTRY: Final = PrefixDev()
