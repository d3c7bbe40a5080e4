# SPDX-License-Identifier: Apache-2.0
"""pyx: Astral's Python registry. Its keys have two published lengths and no checksum."""

import random
import string
from typing import ClassVar, Final

from stanch.detect.rule import Key, Rule, Shape
from stanch.detect.sample import ALNUM, text
from stanch.registries import Registry


def _sample(rng: random.Random) -> str:
    return "sk-pyx-2" + text(rng, string.ascii_letters, 45)


def _sample_value(rng: random.Random) -> str:
    return text(rng, ALNUM, 40)


class Pyx(Registry):
    """The pyx registry."""

    name: ClassVar = "pyx"
    title: ClassVar = "pyx"
    hosts: ClassVar = ("pyx.dev", ".pyx.dev")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="pyx-api-key",
            kind="API key",
            title="pyx API key",
            pattern=r"sk-pyx-(?:[A-Za-z0-9]{64}|2[A-Za-z]{45})",
            anchors=("sk-pyx-",),
            sample=_sample,
            flagged=(
                "PYX_API_KEY={token}",
                "uv auth login pyx.dev --token {token}",
                '{"api_key": "{token}"}',
            ),
            safe=("PYX_API_KEY=${{ secrets.PYX_API_KEY }}", "PYX_API_KEY=$PYX_KEY"),
        ),
        Key(
            id="pyx-key-variable",
            kind="API key in a variable",
            title="pyx API key or token in a variable",
            names=("pyx_api_key", "pyx_auth_token"),
            encoded=False,
            sample=_sample_value,
            flagged=("export PYX_AUTH_TOKEN={token}",),
            safe=("PYX_API_KEY: $PYX_API_KEY",),
        ),
    )
    lookalikes: ClassVar = (
        "sk-pyx-2short",
        "sk-pyx-2" + "aBcDe" * 20,
        "desk-pyx_2abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS",
        "SK-PYX-2abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS",
    )
    remediation: ClassVar = (
        "Revoke the key in the workspace's settings on the pyx web site.",
        "Audit what was uploaded to the workspace's registries since it leaked.",
        "Remove it from every place listed, history included.",
        "Prevent: sign in with `uv auth login`, and let CI use its own OIDC identity.",
    )
    docs: ClassVar = ("https://docs.astral.sh/uv/concepts/authentication/cli/ (read 2026-11-22)",)


REGISTRY: Final = Pyx()
