# SPDX-License-Identifier: Apache-2.0
"""JetBrains Marketplace: permanent tokens of JetBrains Hub, with which plugins are published.

A token is `perm:` (or `perm-`), the user name and the token's name in base64, and a random part.
"""

import base64
import binascii
import random
from typing import ClassVar, Final

from stanch.detect.rule import Key, Rule, Shape
from stanch.detect.sample import ALNUM, text
from stanch.model import Proof
from stanch.registries import Registry


def _check(token: bytes) -> Proof:
    """Prove that the first two parts are base64 of names."""
    try:
        names = [binascii.a2b_base64(part, strict_mode=True) for part in token[5:].split(b".")[:2]]
        user, label = (name.decode("utf-8") for name in names)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return Proof(valid=False, facts={"note": "its first parts are not base64 of names"})
    if not (user.isprintable() and label.isprintable()):
        return Proof(valid=False, facts={"note": "its first parts are not names"})
    return Proof(valid=True, facts={"owner": user, "name": label})


def _sample(rng: random.Random) -> str:
    user = base64.b64encode(text(rng, ALNUM, 6).encode()).decode()
    label = base64.b64encode(f"92-{rng.randrange(1000, 9999)}".encode()).decode()
    return f"perm:{user}.{label}.{text(rng, ALNUM, 30)}"


class JetBrains(Registry):
    """JetBrains Marketplace."""

    name: ClassVar = "jetbrains"
    title: ClassVar = "JetBrains Marketplace"
    hosts: ClassVar = ("plugins.jetbrains.com",)
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="jetbrains-permanent-token",
            kind="permanent token",
            title="JetBrains permanent token",
            pattern=r"perm[:-][A-Za-z0-9+/]{2,120}={0,2}\.[A-Za-z0-9+/]{2,120}={0,2}"
            r"\.[A-Za-z0-9]{28,32}",
            anchors=("perm:", "perm-"),
            check=_check,
            sample=_sample,
            flagged=("PUBLISH_TOKEN={token}", 'token = "{token}"'),
            safe=('token = providers.environmentVariable("PUBLISH_TOKEN")',),
        ),
        Key(
            id="jetbrains-publish-token",
            kind="publish token in a variable",
            title="JetBrains Marketplace token in a variable",
            names=(
                "JETBRAINS_TOKEN",
                "JETBRAINS_MARKETPLACE_TOKEN",
                "JETBRAINS_PUBLISH_TOKEN",
                "JB_MARKETPLACE_TOKEN",
                "INTELLIJ_PUBLISH_TOKEN",
                "INTELLIJ_PLATFORM_PUBLISHING_TOKEN",
            ),
            sample=_sample,
            flagged=("JETBRAINS_MARKETPLACE_TOKEN: {token}",),
            safe=("JETBRAINS_MARKETPLACE_TOKEN: ${{ secrets.PUBLISH_TOKEN }}",),
        ),
    )
    lookalikes: ClassVar = (
        "perm:cm9vdA==.OTItMTIzNA==.tooShort",
        "perm:cm9vdA==.OTItMTIzNA==." + "aB3dE5fG7h" * 4,
        "superperm:cm9vdA==.OTItMTIzNA==.aB3dE5fG7haB3dE5fG7haB3dE5fG7h",
        "PERM:cm9vdA==.OTItMTIzNA==.aB3dE5fG7haB3dE5fG7haB3dE5fG7h",
    )
    remediation: ClassVar = (
        (
            "Revoke: sign in to JetBrains Marketplace, My Tokens, and revoke it; for YouTrack or "
            "Hub, Profile, Authentication."
        ),
        (
            "Audit: compare each plugin's versions with your tags; ask Marketplace support to hide "
            "those that are not yours."
        ),
        "Remove it from every place listed, history included.",
        "Prevent: read it from a variable in the Gradle build and sign plugins.",
    )
    docs: ClassVar = (
        "https://plugins.jetbrains.com/docs/intellij/publishing-plugin.html (read 2026-11-22)",
    )


REGISTRY: Final = JetBrains()
