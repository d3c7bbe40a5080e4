# SPDX-License-Identifier: Apache-2.0
"""Chocolatey: the Windows package repository. Its keys are GUIDs, or have NuGet's form."""

from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule, names_of
from stanch.detect.sample import uuid4
from stanch.registries import Registry


def _find_key(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the key given to `choco push` or `choco apikey`."""
    options = ("--api-key", "--apikey", "--key", "-k", "-key")
    yield from command.option_values(data, end, options, host="push.chocolatey.org")


class Chocolatey(Registry):
    """The Chocolatey community repository."""

    name: ClassVar = "chocolatey"
    title: ClassVar = "Chocolatey"
    hosts: ClassVar = ("push.chocolatey.org", "community.chocolatey.org", "chocolatey.org")
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="chocolatey-command-key",
            kind="API key on a command line",
            title="choco is given a literal API key",
            anchors=("choco push", "choco apikey", "choco setapikey", "choco.exe push"),
            caseless=True,
            find=_find_key,
            encoded=False,
            sample=uuid4,
            flagged=(
                "choco push a.1.0.nupkg --source https://push.chocolatey.org/ --api-key={token}",
                'choco apikey add -k "{token}" -s "https://push.chocolatey.org/"',
            ),
            safe=("choco push a.1.0.nupkg --api-key $env:CHOCO_API_KEY",),
        ),
        Key(
            id="chocolatey-key-variable",
            kind="API key in a variable",
            title="Chocolatey API key in a variable",
            names=(
                *names_of("chocolatey"),
                "choco_api_key",
                "choco_apikey",
                "choco_key",
                "choco_token",
                "chocolatey_apikey",
            ),
            encoded=False,
            sample=uuid4,
            flagged=("CHOCO_API_KEY={token}", '$chocolateyApiKey = "{token}"'),
            safe=("CHOCO_API_KEY: ${{ secrets.CHOCO_API_KEY }}",),
        ),
    )
    lookalikes: ClassVar = (
        "choco push a.nupkg",
        "choco install 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "mychocopush --api-key 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "3F2504E0-4F89-41D3-9A0C-0305E82C3301",
    )
    remediation: ClassVar = (
        "Revoke the key: Account, API Keys, Regenerate; the old key dies at once.",
        "Audit the version history of every package you maintain since it leaked.",
        "Remove it from every place listed, history included.",
        "Prevent: keep the key in the CI's secret store and push from one protected job.",
    )
    docs: ClassVar = ("https://docs.chocolatey.org/en-us/create/commands/push/ (read 2026-11-22)",)


REGISTRY: Final = Chocolatey()
