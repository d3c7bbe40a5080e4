# SPDX-License-Identifier: Apache-2.0
"""CocoaPods: session tokens of trunk, in `.netrc` (by the host) or in a variable.

A token is 32 lower-case hex digits without a prefix.
"""

import random
from typing import ClassVar, Final

from stanch.detect.rule import Key, Rule
from stanch.detect.sample import HEX, text
from stanch.registries import Registry


def _sample(rng: random.Random) -> str:
    return text(rng, HEX, 32)


class CocoaPods(Registry):
    """CocoaPods trunk."""

    name: ClassVar = "cocoapods"
    title: ClassVar = "CocoaPods trunk"
    hosts: ClassVar = ("trunk.cocoapods.org",)
    rules: ClassVar[tuple[Rule, ...]] = (
        Key(
            id="cocoapods-trunk-token",
            kind="session token",
            title="CocoaPods trunk token",
            names=(
                "COCOAPODS_TRUNK_TOKEN",
                "COCOAPODS_TOKEN",
                "COCOAPOD_TRUNK_TOKEN",
                "POD_TRUNK_TOKEN",
                "POD_TRUNK_PASSWORD",
            ),
            sample=_sample,
            flagged=("COCOAPODS_TRUNK_TOKEN={token} pod trunk push A.podspec",),
            safe=("COCOAPODS_TRUNK_TOKEN: ${{ secrets.COCOAPODS_TRUNK_TOKEN }}",),
        ),
    )
    lookalikes: ClassVar = (
        "COCOAPODS_TRUNK_TOKEN=",
        "COCOAPODS_TRUNK_TOKEN_OF_THE_RELEASE_ENGINEERS_TEAM_ACCOUNT=3f2a9c4e8b7d1065",
        "COCOAPODS_TRUNK_TOKENIZER = disabled",
        "Cocoapods trunk token 3f2a9c4e8b7d1065",
    )
    remediation: ClassVar = (
        "Revoke: `pod trunk me clean-sessions` ends other sessions; `--all` ends every one.",
        (
            "Audit: `pod trunk info <pod>` lists versions and owners; `pod trunk delete` or "
            "`deprecate` what is not yours."
        ),
        "Remove it from every place listed, history included.",
        (
            "Prevent: keep the token in the build server's secret store and register one session "
            "per machine, each with a description."
        ),
    )
    docs: ClassVar = (
        "https://guides.cocoapods.org/making/getting-setup-with-trunk.html (read 2026-11-22)",
    )


REGISTRY: Final = CocoaPods()
