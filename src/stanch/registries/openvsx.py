# SPDX-License-Identifier: Apache-2.0
"""Open VSX: the vendor-neutral registry of VS Code extensions. No checksum, a telling prefix."""

import random
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import uuid4
from stanch.registries import Registry


def _find_publish(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the token given to `ovsx`."""
    yield from command.option_values(data, end, ("-p", "--pat"))


def _sample(rng: random.Random) -> str:
    return "ovsxat_" + uuid4(rng)


class OpenVsx(Registry):
    """The Open VSX registry."""

    name: ClassVar = "openvsx"
    title: ClassVar = "Open VSX"
    hosts: ClassVar = ("open-vsx.org", "www.open-vsx.org")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="openvsx-access-token",
            kind="access token",
            title="Open VSX access token",
            pattern=r"(?:ovsxat|ovsxp)_[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}",
            anchors=("ovsxat_", "ovsxp_"),
            right="A-Za-z0-9_-",
            sample=_sample,
            flagged=("OVSX_PAT={token}", "npx ovsx publish a.vsix -p {token}", '"pat": "{token}"'),
            safe=("npx ovsx publish a.vsix -p $OVSX_PAT",),
        ),
        Key(
            id="openvsx-token-variable",
            kind="access token in a variable",
            title="Open VSX access token in a variable",
            names=("ovsx_pat", "ovsx_token", "open_vsx_token", "open_vsx_pat", "openvsx_pat"),
            encoded=False,
            sample=uuid4,
            flagged=("export OVSX_PAT={token}", "open-vsx-token: {token}"),
            safe=("OVSX_PAT: ${{ secrets.OVSX_PAT }}",),
        ),
        Grammar(
            id="openvsx-command-token",
            kind="access token on a command line",
            title="ovsx is given a literal access token",
            anchors=("ovsx publish", "ovsx create-namespace", "ovsx verify-pat", "ovsx login"),
            find=_find_publish,
            encoded=False,
            sample=uuid4,
            flagged=("npx ovsx publish a.vsix --pat {token}",),
            safe=("ovsx publish a.vsix -p ${OVSX_PAT}",),
        ),
    )
    lookalikes: ClassVar = (
        "ovsxat_3f2504e0",
        "ovsxat_3f2504e0-4f89-41d3-9a0c-0305e82c3301aaaa",
        "xovsxat_3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "OVSXAT_3F2504E0-4F89-41D3-9A0C-0305E82C3301",
    )
    remediation: ClassVar = (
        "Revoke the token: user settings, Access Tokens, Delete.",
        (
            "Audit the versions of every extension in the namespace since it leaked; ask the "
            "registry to remove what you did not build."
        ),
        "Remove it from every place listed, published .vsix files and history included.",
        "Prevent: publish from CI with a token of its own; check each .vsix before it is sent.",
    )
    docs: ClassVar = (
        "https://github.com/eclipse/openvsx/wiki/Publishing-Extensions (read 2026-11-22)",
    )


REGISTRY: Final = OpenVsx()
