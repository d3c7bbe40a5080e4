# SPDX-License-Identifier: Apache-2.0
"""Swift: credentials of package registries on `swift package-registry login` command lines.

Swift itself keeps them in the keychain or in `.netrc`; the registry is named by its URL.
"""

import random
import re
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule
from stanch.detect.sample import ALNUM, text
from stanch.registries import Registry

_URL: Final = rb"https?://(?:[^@/\s]{0,200}@)?([\w.-]{1,253})"


def _find_login(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    start, stop = command.line(data, end)
    url = re.search(_URL, data[start:stop])
    host = url[1].decode("latin-1") if url else ""
    yield from command.option_values(data, end, ("--token", "--password"), host=host)


def _sample(rng: random.Random) -> str:
    return text(rng, ALNUM, 40)


class Swift(Registry):
    """Swift package registries of any vendor."""

    name: ClassVar = "swift"
    title: ClassVar = "Swift package registry"
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="swift-login-credential",
            kind="credential on a command line",
            title="Swift package registry credential on a command line",
            anchors=("package-registry login", "package-registry set"),
            find=_find_login,
            reach=(256, 2048),
            sample=_sample,
            flagged=(
                "swift package-registry login https://swift.corp.example --token {token}",
                "swift package-registry login \\\n  --username ci --password '{token}'",
            ),
            safe=("swift package-registry login https://swift.corp.example --token $TOKEN",),
        ),
        Key(
            id="swift-registry-token",
            kind="registry token in a variable",
            title="Swift package registry token in a variable",
            names=(
                "SWIFT_REGISTRY_TOKEN",
                "SWIFT_PACKAGE_REGISTRY_TOKEN",
                "SWIFTPM_REGISTRY_TOKEN",
                "SWIFTPM_TOKEN",
            ),
            sample=_sample,
            flagged=("SWIFT_REGISTRY_TOKEN={token}",),
            safe=("SWIFT_REGISTRY_TOKEN: ${{ secrets.SWIFT_REGISTRY_TOKEN }}",),
        ),
    )
    lookalikes: ClassVar = (
        "swift package-registry login",
        "swift package-registry login https://swift.corp.example/" + "path/" * 40,
        "swift-package-registry-logins --token",
        "SWIFT PACKAGE-REGISTRY LOGIN --token Qx7hG2kLm9pRt4VwQx7hG2kL",
    )
    remediation: ClassVar = (
        "Revoke: delete the token, or change the password, in the registry that the URL names.",
        "Audit: list the releases that the account published since the leak.",
        "Remove it from every place listed, shell histories and logs included.",
        (
            "Prevent: let `swift package-registry login` ask for the token, so that it goes to the "
            "keychain."
        ),
    )
    docs: ClassVar = (
        (
            "https://docs.swift.org/swiftpm/documentation/packagemanagerdocs/"
            "packageregistrylogin (read 2026-11-22)"
        ),
    )


REGISTRY: Final = Swift()
