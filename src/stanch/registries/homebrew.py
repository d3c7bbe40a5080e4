# SPDX-License-Identifier: Apache-2.0
"""Homebrew: the tokens it reads from its environment to fetch bottles from private registries."""

import random
import re
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Rule
from stanch.detect.sample import ALNUM, text
from stanch.model import Severity
from stanch.registries import Registry

_NAME: Final = rb"(?:DOCKER_REGISTRY(?:_BASIC_AUTH)?|GITHUB_PACKAGES|BOTTLE)_TOKEN(?![A-Za-z0-9_])"


def _find(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read a variable of Homebrew's that holds a token."""
    name = re.compile(_NAME).match(data, end)
    capture = command.capture_after(data, name.end()) if name else None
    if capture:
        yield capture


def _sample(rng: random.Random) -> str:
    return text(rng, ALNUM, 40)


class Homebrew(Registry):
    """Homebrew's bottle registries."""

    name: ClassVar = "homebrew"
    title: ClassVar = "Homebrew"
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="homebrew-registry-token",
            kind="bottle registry token",
            title="Token of a Homebrew bottle registry",
            severity=Severity.HIGH,
            anchors=("HOMEBREW_",),
            find=_find,
            reach=(256, 4300),
            sample=_sample,
            flagged=("export HOMEBREW_DOCKER_REGISTRY_TOKEN={token}",),
            safe=("HOMEBREW_DOCKER_REGISTRY_TOKEN: ${{ secrets.REGISTRY_TOKEN }}",),
        ),
    )
    lookalikes: ClassVar = (
        "HOMEBREW_DOCKER_REGISTRY_TOKEN=",
        "HOMEBREW_DOCKER_REGISTRY_TOKEN_OF_THE_WHOLE_RELEASE_ENGINEERING_TEAM=Qx7hG2kLm9pR",
        "HOMEBREW_DOCKER_REGISTRY_TOKENIZED = disabled",
        "Homebrew docker registry token Qx7hG2kLm9pRt4Vw",
    )
    remediation: ClassVar = (
        "Revoke: delete the token in the registry that serves the bottles.",
        "Audit: list the images pushed since the leak, if the token may write.",
        "Remove it from shell profiles, CI files and history.",
        "Prevent: give machines a token that can only read, and set it from the keychain.",
    )
    docs: ClassVar = ("https://docs.brew.sh/Manpage#environment (read 2026-11-22)",)


REGISTRY: Final = Homebrew()
