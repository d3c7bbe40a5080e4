# SPDX-License-Identifier: Apache-2.0
"""Pulp: passwords in the command line client's configuration and in variables."""

import random
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Key, Rule
from stanch.detect.sample import ALNUM, text
from stanch.registries import Registry

_REACH: Final = 600
_PASSWORD: Final = Pattern(rb"(?m)^[ \t]*password(?=[ \t]*=)")
_CONTEXT: Final = Pattern(rb"(?m)^[ \t]*(?:api_root[ \t]*=[^\n]*/pulp/|base_url[ \t]*=[^\n]*pulp)")


def _find(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read the password of a `[cli]` table that names a Pulp server."""
    newline = data.find(b"\n[", end, end + _REACH)
    high = newline if newline >= 0 else min(len(data), end + _REACH)
    if not _CONTEXT.search(data, start, high):
        return
    for name in _PASSWORD.finditer(data, end, high):
        capture = command.capture_after(data, name.end())
        if capture:
            yield capture


def _sample(rng: random.Random) -> str:
    return text(rng, ALNUM, 20)


class Pulp(Registry):
    """Pulp servers."""

    name: ClassVar = "pulp"
    title: ClassVar = "Pulp"
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="pulp-cli-password",
            kind="password in configuration",
            title="Pulp's client configuration holds a password",
            anchors=("[cli]", "[cli-"),
            find=_find,
            sample=_sample,
            flagged=(
                (
                    '[cli]\nbase_url = "https://pulp.corp.example"\nusername = "admin"\n'
                    'password = "{token}"\n'
                ),
            ),
            safe=('[cli]\nbase_url = "https://pulp.corp.example"\nverify_ssl = true\n',),
        ),
        Key(
            id="pulp-variable",
            kind="password in a variable",
            title="Pulp password in a variable",
            names=("PULP_PASSWORD", "PULP_CLI_PASSWORD", "PULP_ADMIN_PASSWORD", "PULP_TOKEN"),
            sample=_sample,
            flagged=("PULP_PASSWORD={token}",),
            safe=("PULP_PASSWORD=${PULP_PASSWORD}",),
        ),
    )
    lookalikes: ClassVar = (
        '[cli]\nbase_url = "https://pulp.corp.example"\npassword = ""\n',
        '[client]\npassword = "x7Kd93Qm2P"\nbase_url = "https://pulp.corp.example"\n',
        '[cli]\nformat = "json"\npassword = "x7Kd93Qm2P"\n',
        '[CLI]\nBASE_URL = "https://pulp.corp.example"\nPASSWORD = "x7Kd93Qm2P"\n',
    )
    remediation: ClassVar = (
        "Revoke: change the user's password with pulp user update, or delete the user.",
        "Audit: list the repository versions created while it was exposed, and what each added.",
        "Remove: take it out of cli.toml, scripts and history.",
        (
            "Prevent: let the client read .netrc or a client certificate, and give publishers "
            "roles on their own repositories only."
        ),
    )
    docs: ClassVar = (
        "https://pulpproject.org/pulp-cli/docs/user/guides/configuration (read 2026-11-22)",
    )


REGISTRY: Final = Pulp()
