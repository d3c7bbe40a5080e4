# SPDX-License-Identifier: Apache-2.0
"""Deno: account and organisation tokens of Deno Deploy, and tokens of the JSR registry.

None has a check that is published; JSR's personal tokens are known by their prefix and by the
variable or option that holds them.
"""

import random
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import ALNUM, text
from stanch.model import Severity
from stanch.registries import Registry


def _find_option(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    yield from command.option_values(data, end, ("--token",))


def _sample(rng: random.Random) -> str:
    return "ddp_" + text(rng, ALNUM, 36)


def _sample_jsr(rng: random.Random) -> str:
    return "jsrp_" + text(rng, ALNUM, 60)


class Deno(Registry):
    """Deno Deploy and JSR."""

    name: ClassVar = "deno"
    title: ClassVar = "Deno and JSR"
    hosts: ClassVar = ("jsr.io", "npm.jsr.io", "api.deno.com", "dash.deno.com")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="deno-deploy-token",
            kind="access token",
            title="Deno Deploy access token",
            severity=Severity.HIGH,
            pattern=r"dd[po]_[A-Za-z0-9]{36}",
            anchors=("ddp_", "ddo_"),
            entropy=3.5,
            sample=_sample,
            flagged=("DENO_DEPLOY_TOKEN={token}", "deployctl deploy --token={token} main.ts"),
            safe=("DENO_DEPLOY_TOKEN: ${{ secrets.DENO_DEPLOY_TOKEN }}",),
        ),
        Shape(
            id="deno-jsr-token",
            kind="JSR personal token",
            title="JSR access token",
            pattern=r"jsr[pdw]_[A-Za-z0-9_-]{32,80}",
            anchors=("jsrp_", "jsrd_", "jsrw_"),
            entropy=4.0,
            sample=_sample_jsr,
            flagged=("JSR_TOKEN={token} deno publish",),
            safe=("JSR_TOKEN=$MY_JSR_TOKEN deno publish",),
        ),
        Key(
            id="deno-jsr-variable",
            kind="JSR token in a variable",
            title="JSR or Deno token in a variable",
            names=("JSR_TOKEN", "JSR_PUBLISH_TOKEN", "JSR_ACCESS_TOKEN", "DENO_DEPLOY_TOKEN"),
            sample=_sample_jsr,
            flagged=("JSR_TOKEN: {token}",),
            safe=("JSR_TOKEN: ${{ secrets.JSR_TOKEN }}",),
        ),
        Grammar(
            id="deno-command-token",
            kind="JSR token on a command line",
            title="JSR token on a command line",
            anchors=("deno publish", "jsr publish"),
            find=_find_option,
            reach=(256, 2048),
            sample=_sample_jsr,
            flagged=("npx jsr publish --token {token}",),
            safe=("deno publish --token $JSR_TOKEN",),
        ),
    )
    lookalikes: ClassVar = (
        "ddp_A7h3Lm9Qw2Rt6Yu8",
        "ddp_" + "A7h3Lm9Qw2Rt" * 4,
        "addp_A7h3Lm9Qw2Rt6Yu8Ks4Vz1Np5Cx0Bd7EfGhJ",
        "DDP_A7h3Lm9Qw2Rt6Yu8Ks4Vz1Np5Cx0Bd7EfGhJ",
    )
    remediation: ClassVar = (
        (
            "Revoke: delete the token under Account, Access Tokens on Deno Deploy, or under "
            "Account, Tokens on JSR."
        ),
        (
            "Audit: compare each package's versions on JSR with your tags; yank those that are not "
            "yours. List the project's deployments."
        ),
        "Remove it from every place listed, history included.",
        "Prevent: publish to JSR from GitHub Actions with OIDC: no token is needed.",
    )
    docs: ClassVar = (
        "https://jsr.io/docs/publishing-packages (read 2026-11-22)",
        "https://docs.deno.com/deploy/ (read 2026-11-22)",
    )


REGISTRY: Final = Deno()
