# SPDX-License-Identifier: Apache-2.0
"""Thunderstore: tokens of service accounts, which publish mods, end in GitHub's checksum."""

import random
from typing import ClassVar, Final

from stanch.detect.checksum import crc32_base62, with_crc32_base62
from stanch.detect.rule import Key, Rule, Shape
from stanch.detect.sample import ALNUM, text
from stanch.registries import Registry


def _sample(rng: random.Random) -> str:
    return with_crc32_base62("tss_", text(rng, ALNUM, 30))


class Thunderstore(Registry):
    """Thunderstore."""

    name: ClassVar = "thunderstore"
    title: ClassVar = "Thunderstore"
    hosts: ClassVar = ("thunderstore.io", ".thunderstore.io")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="thunderstore-token",
            kind="service account token",
            title="Thunderstore service account token",
            pattern=r"tss_[A-Za-z0-9]{36}",
            anchors=("tss_",),
            check=crc32_base62,
            summed=True,
            entropy=3.5,
            sample=_sample,
            flagged=("TCLI_AUTH_TOKEN={token}",),
            safe=("tcli publish --token ${{ secrets.TCLI_AUTH_TOKEN }}",),
            # Four bytes in base64 are too few: every large base64 text would be decoded for them.
            encoded=False,
        ),
        Key(
            id="thunderstore-variable",
            kind="token in a variable",
            title="Thunderstore token in a variable",
            names=("TCLI_AUTH_TOKEN", "THUNDERSTORE_TOKEN", "THUNDERSTORE_API_TOKEN"),
            sample=lambda rng: text(rng, ALNUM, 40),
            flagged=("THUNDERSTORE_TOKEN={token}",),
            safe=("THUNDERSTORE_TOKEN=$TCLI_AUTH_TOKEN",),
        ),
    )
    lookalikes: ClassVar = (
        "tss_AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEf",
        "tss_" + "x7Kd93Qm2P" * 4,
        "watss_x7Kd93Qm2Px7Kd93Qm2Px7Kd93Qm2Px7Kd93",
        "TSS_x7Kd93Qm2Px7Kd93Qm2Px7Kd93Qm2Px7Kd93",
    )
    remediation: ClassVar = (
        "Revoke: remove the service account in the team's settings, and create another.",
        "Audit: list the package versions that the team published while it was exposed.",
        "Remove: take it out of workflows and history.",
        "Prevent: keep it in the CI's secrets, one service account per repository.",
    )
    docs: ClassVar = (
        (
            "https://github.com/thunderstore-io/Thunderstore/blob/master/django/thunderstore/"
            "account/tokens.py (read 2026-11-22)"
        ),
    )


REGISTRY: Final = Thunderstore()
