# SPDX-License-Identifier: Apache-2.0
"""Ansible Galaxy: API tokens of Galaxy and of Automation Hub.

A Galaxy token is 40 lower-case hex digits without a prefix; Automation Hub hands out offline
tokens, which are JSON web tokens. Both are known by where they stand.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule
from stanch.detect.sample import HEX, text
from stanch.registries import Registry

_SECTION_MAX: Final = 6000
_URL: Final = rb"(?m)^url\s*=\s*https?://(?:[^@/\s]{0,200}@)?([\w.-]{1,253})"
_SECRET: Final = rb"(?m)^(?:token|password)\s*=\s*(?P<value>[^\s;#]{6,5000})"
_VARIABLE: Final = rb"[A-Za-z0-9_]{1,60}?_(?:TOKEN|PASSWORD|CLIENT_SECRET)(?![A-Za-z0-9_])"


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _find_section(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read one `[galaxy_server.<id>]` section of `ansible.cfg`."""
    stop = data.find(b"\n[", end, end + _SECTION_MAX)
    stop = stop if stop >= 0 else min(len(data), end + _SECTION_MAX)
    url = _compiled(_URL).search(data, end, stop)
    host = url[1].decode("latin-1") if url else ""
    for found in _compiled(_SECRET).finditer(data, end, stop):
        yield Capture(span=found.span("value"), host=host)


def _find_option(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    yield from command.option_values(data, end, ("--token", "--api-key"))


def _find_variable(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    name = _compiled(_VARIABLE).match(data, end)
    capture = command.capture_after(data, name.end()) if name else None
    if capture:
        yield capture


def _sample(rng: random.Random) -> str:
    return text(rng, HEX, 40)


class AnsibleGalaxy(Registry):
    """Ansible Galaxy."""

    name: ClassVar = "ansible-galaxy"
    title: ClassVar = "Ansible Galaxy"
    hosts: ClassVar = ("galaxy.ansible.com",)
    rules: ClassVar[tuple[Rule, ...]] = (
        Key(
            id="ansible-galaxy-token",
            kind="API token",
            title="Ansible Galaxy API token",
            names=(
                "ANSIBLE_GALAXY_TOKEN",
                "ANSIBLE_GALAXY_API_KEY",
                "ANSIBLE_GALAXY_API_TOKEN",
                "GALAXY_TOKEN",
                "GALAXY_API_KEY",
                "GALAXY_API_TOKEN",
                "AUTOMATION_HUB_TOKEN",
            ),
            sample=_sample,
            flagged=("ANSIBLE_GALAXY_API_KEY: {token}",),
            safe=("GALAXY_API_KEY: ${{ secrets.GALAXY_API_KEY }}",),
        ),
        Grammar(
            id="ansible-galaxy-config-token",
            kind="token in ansible.cfg",
            title="ansible.cfg holds a literal Galaxy token",
            anchors=("[galaxy_server.",),
            find=_find_section,
            reach=(16, 6200),
            sample=_sample,
            flagged=(
                "[galaxy_server.hub]\nurl=https://galaxy.ansible.com/\ntoken={token}\n\n[defaults]",
            ),
            safe=("[galaxy_server.hub]\nurl=https://hub.corp.example/\nauth_url=https://sso/",),
        ),
        Grammar(
            id="ansible-galaxy-command-token",
            kind="token on a command line",
            title="Galaxy token on a command line",
            anchors=("ansible-galaxy ",),
            find=_find_option,
            reach=(256, 2048),
            sample=_sample,
            flagged=("ansible-galaxy collection publish acme.tar.gz --token {token}",),
            safe=("ansible-galaxy collection publish acme.tar.gz --api-key $GALAXY_KEY",),
        ),
        Grammar(
            id="ansible-galaxy-server-variable",
            kind="token in a server's variable",
            title="Galaxy server's token in a variable",
            anchors=("ANSIBLE_GALAXY_SERVER_",),
            find=_find_variable,
            reach=(256, 4300),
            sample=_sample,
            flagged=("export ANSIBLE_GALAXY_SERVER_HUB_TOKEN={token}",),
            safe=("ANSIBLE_GALAXY_SERVER_HUB_TOKEN: ${{ secrets.HUB_TOKEN }}",),
        ),
    )
    lookalikes: ClassVar = (
        "[galaxy_server.hub]\ntoken=\n",
        "[galaxy_server.hub]\n" + "# no token here\n" * 20,
        "[mygalaxy_server.hub]\ntoken=3f2a9c4e8b7d10653f2a9c4e8b7d1065",
        "[GALAXY_SERVER.hub]\ntoken=3f2a9c4e8b7d10653f2a9c4e8b7d1065",
    )
    remediation: ClassVar = (
        "Revoke: sign in to Galaxy, Collections, API Token, and load a new one: the old one dies.",
        (
            "Audit: compare each collection's versions with your tags; ask Galaxy's team to remove "
            "those that are not yours."
        ),
        "Remove it from every place listed, ~/.ansible/galaxy_token and history included.",
        "Prevent: hand the token over as ANSIBLE_GALAXY_SERVER_<ID>_TOKEN from a secret store.",
    )
    docs: ClassVar = (
        "https://docs.ansible.com/ansible/latest/galaxy/user_guide.html (read 2026-11-22)",
        (
            "https://docs.ansible.com/ansible/latest/dev_guide/"
            "developing_collections_distributing.html (read 2026-11-22)"
        ),
    )


REGISTRY: Final = AnsibleGalaxy()
