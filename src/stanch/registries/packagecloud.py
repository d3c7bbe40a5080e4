# SPDX-License-Identifier: Apache-2.0
"""packagecloud: tokens are 48 bare hex digits, known by the service's name beside them."""

import random
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Rule
from stanch.detect.sample import HEX, text
from stanch.registries import Registry

_REACH: Final = 200
_TOKEN: Final = Pattern(rb"(?<![0-9A-Za-z_])[0-9a-f]{48}(?![0-9A-Za-z_])")


def _find(data: bytes, start: int, end: int) -> Iterator[Capture]:
    for found in _TOKEN.finditer(data, max(0, start - _REACH), end + _REACH):
        yield Capture(span=found.span(), host="packagecloud.io")


def _sample(rng: random.Random) -> str:
    return text(rng, HEX, 48)


class Packagecloud(Registry):
    """packagecloud."""

    name: ClassVar = "packagecloud"
    title: ClassVar = "packagecloud"
    hosts: ClassVar = ("packagecloud.io", ".packagecloud.io")
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="packagecloud-token",
            kind="API, master or read token",
            title="packagecloud token",
            anchors=("packagecloud", "package_cloud", "package-cloud"),
            caseless=True,
            find=_find,
            sample=_sample,
            flagged=(
                "PACKAGECLOUD_TOKEN={token}",
                "https://packagecloud.io/priv/{token}/acme/private/ubuntu/",
                '{"url":"https://packagecloud.io","token":"{token}"}',
            ),
            safe=("PACKAGECLOUD_TOKEN=$TOKEN", "https://packagecloud.io/acme/open/gpgkey"),
        ),
    )
    lookalikes: ClassVar = (
        "packagecloud 93d7f5d17b39f506a607a3c4f61794",
        "packagecloud sha256 93d7f5d17b39f506a607a3c4f617940193d7f5d17b39f506a607a3c4f6179401",
        "packagecloud x93d7f5d17b39f506a607a3c4f617940193d7f5d17b39f506z",
        "packagecloud 93D7F5D17B39F506A607A3C4F617940193D7F5D17B39F506",
    )
    remediation: ClassVar = (
        (
            "Revoke: regenerate the API token in the account's settings, or delete the master or "
            "read token with package_cloud master_token destroy and read_token destroy."
        ),
        (
            "Audit: list each repository's packages by upload time, and compare checksums with "
            "your builds."
        ),
        "Remove: take it out of sources lists, install scripts, image layers and history.",
        (
            "Prevent: give machines read tokens of one repository, and keep the API token in the "
            "CI's secrets."
        ),
    )
    docs: ClassVar = ("https://packagecloud.io/docs/api (read 2026-11-22)",)


REGISTRY: Final = Packagecloud()
