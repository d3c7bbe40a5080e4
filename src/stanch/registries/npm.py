# SPDX-License-Identifier: Apache-2.0
"""npm: the public registry, and private ones that speak its protocol.

Access tokens end in a checksum (see `detect.checksum.crc32_base62`) and tell nothing else offline.
Legacy tokens are bare UUIDs: the public registry removed them in November 2025, private registries
still issue them, so they are known only by the key they stand under.
"""

import base64
import random
from typing import ClassVar, Final

from stanch.detect.checksum import crc32_base62, with_crc32_base62
from stanch.detect.rule import Key, Rule, Shape
from stanch.detect.sample import ALNUM, text, uuid4
from stanch.model import Proof
from stanch.registries import Registry


def _check_token(token: bytes) -> Proof:
    return crc32_base62(token)


def _sample_token(rng: random.Random) -> str:
    return with_crc32_base62("npm_", text(rng, ALNUM, 30))


def _sample_basic(rng: random.Random) -> str:
    return base64.b64encode(f"deploy:{text(rng, ALNUM, 20)}".encode()).decode()


class Npm(Registry):
    """The npm registry."""

    name: ClassVar = "npm"
    title: ClassVar = "npm"
    hosts: ClassVar = ("registry.npmjs.org", "registry.npmjs.com", "registry.yarnpkg.com")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="npm-access-token",
            kind="access token",
            title="npm access token",
            aliases=("VNX-SEC-010",),
            pattern=r"npm_[A-Za-z0-9]{36,48}",
            anchors=("npm_",),
            check=_check_token,
            sample=_sample_token,
            flagged=(
                "//registry.npmjs.org/:_authToken={token}",
                "env:\n  NODE_AUTH_TOKEN: {token}",
            ),
            safe=(
                "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
                "//registry.npmjs.org/:_authToken=$AUTH_TOKEN",
                "NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}",
            ),
        ),
        Key(
            id="npm-config-token",
            kind="registry token in npm configuration",
            title="npm configuration holds a literal registry token",
            aliases=("npmrc",),
            names=("_authToken", "npmAuthToken"),
            sample=uuid4,
            flagged=("//npm.corp.example/:_authToken={token}",),
            safe=("# 6ba7b810-9dad-41d1-80b4-00c04fd430c8\nregistry=https://npm.corp.example/",),
        ),
    )
    lookalikes: ClassVar = (
        "npm_tooShort1234567890",
        "npm_" + "a1B2" * 20,
        "xnpm_0123456789abcdefABCDEF0123456789abcd",
        "NPM_0123456789abcdefABCDEF0123456789abcd",
    )
    remediation: ClassVar = (
        "Revoke the token: `npm token revoke <id>`, or Access Tokens on the npm web site.",
        "Audit what was published since it leaked: `npm view <package> time --json`.",
        "Remove it from every place listed, history included.",
        "Prevent: publish by trusted publishing (OIDC) and delete long-lived tokens.",
    )
    docs: ClassVar = ("https://docs.npmjs.com/about-access-tokens (read 2026-11-22)",)


REGISTRY: Final = Npm()
