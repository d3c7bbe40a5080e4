# SPDX-License-Identifier: Apache-2.0
"""Buildkite, whose Package Registries hold packages: every token has a prefix of its own."""

import random
from typing import ClassVar, Final

from stanch.detect.rule import Key, Rule, Shape, names_of
from stanch.detect.sample import ALNUM, text
from stanch.model import Severity
from stanch.registries import Registry


def _shape(prefix: str, kind: str, severity: Severity, least: int, most: int) -> Shape:
    def sample(rng: random.Random) -> str:
        return prefix + text(rng, ALNUM, least)

    return Shape(
        id="buildkite-" + kind.lower().replace(" ", "-"),
        kind=kind,
        title="Buildkite " + kind,
        severity=severity,
        pattern=f"{prefix}[A-Za-z0-9_-]{{{least},{most}}}",
        anchors=(prefix,),
        right="A-Za-z0-9_-",
        entropy=3.0,
        sample=sample,
        flagged=('curl -H "Authorization: Bearer {token}" https://api.buildkite.com/v2/',),
        safe=('curl -H "Authorization: Bearer $TOKEN" https://api.buildkite.com/v2/',),
    )


class Buildkite(Registry):
    """Buildkite."""

    name: ClassVar = "buildkite"
    title: ClassVar = "Buildkite"
    hosts: ClassVar = ("buildkite.com", ".buildkite.com")
    rules: ClassVar[tuple[Rule, ...]] = (
        _shape("bkua_", "API access token", Severity.CRITICAL, 40, 64),
        _shape("bkpt_", "registry token", Severity.HIGH, 150, 260),
        _shape("bkaa_", "agent session token", Severity.HIGH, 60, 90),
        _shape("bkaj_", "agent job token", Severity.HIGH, 200, 500),
        _shape("bkar_", "agent registration token", Severity.HIGH, 60, 90),
        _shape("bkct_", "cluster token", Severity.HIGH, 60, 90),
        _shape("bkpat_", "portal token", Severity.HIGH, 40, 80),
        _shape("bkps_", "portal secret", Severity.HIGH, 50, 80),
        Key(
            id="buildkite-variable",
            kind="token in a variable",
            title="Buildkite token in a variable",
            names=(
                *names_of("buildkite"),
                "BUILDKITE_AGENT_TOKEN",
                "BUILDKITE_AGENT_ACCESS_TOKEN",
                "BUILDKITE_REGISTRY_TOKEN",
                "BUILDKITE_PACKAGES_TOKEN",
            ),
            sample=lambda rng: text(rng, ALNUM, 40),
            flagged=("BUILDKITE_AGENT_TOKEN={token}",),
            safe=("BUILDKITE_AGENT_TOKEN=${BUILDKITE_AGENT_TOKEN}",),
        ),
    )
    lookalikes: ClassVar = (
        "bkua_93d7f5d17b",
        "bkua_" + "x7Kd93Qm2P" * 8,
        "xbkua_" + "x7Kd93Qm2P" * 4,
        "BKUA_" + "x7Kd93Qm2P" * 4,
        "void rpi2_set_bkpt_location(void *address, int kind);",
    )
    remediation: ClassVar = (
        (
            "Revoke: DELETE https://api.buildkite.com/v2/access-token with an API token itself, or "
            "delete it under Personal settings; delete registry, cluster and agent tokens on their "
            "registry's or cluster's page."
        ),
        (
            "Audit: read the organization's audit log, and list the packages published to each "
            "registry while it was exposed."
        ),
        "Remove: take it out of pipelines, agents' configuration and history.",
        "Prevent: publish with OIDC from the agent, restrict API tokens to IP ranges and scopes.",
    )
    docs: ClassVar = (
        "https://buildkite.com/docs/platform/security/tokens (read 2026-11-22)",
        "https://buildkite.com/docs/apis/rest-api/packages/registry-tokens (read 2026-11-22)",
    )


REGISTRY: Final = Buildkite()
