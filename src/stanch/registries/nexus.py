# SPDX-License-Identifier: Apache-2.0
"""Sonatype Nexus Repository: npm tokens, NuGet keys, user tokens and passwords.

Only npm tokens have a form of their own; the rest are known by the name they stand under.
"""

import random
from typing import ClassVar, Final

from stanch.detect.rule import Key, Rule, Shape, names_of
from stanch.detect.sample import ALNUM, text, uuid4
from stanch.registries import Registry

_UUID: Final = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def _sample_npm(rng: random.Random) -> str:
    return "NpmToken." + uuid4(rng)


class Nexus(Registry):
    """Nexus Repository servers."""

    name: ClassVar = "nexus"
    title: ClassVar = "Sonatype Nexus Repository"
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="nexus-npm-token",
            kind="npm token",
            title="Nexus npm token",
            pattern=r"NpmToken\." + _UUID,
            anchors=("NpmToken.",),
            right="A-Za-z0-9_-",
            sample=_sample_npm,
            flagged=("//nexus.corp.example/repository/npm/:_authToken={token}",),
            safe=("//nexus.corp.example/repository/npm/:_authToken=${NEXUS_NPM_TOKEN}",),
        ),
        Key(
            id="nexus-nuget-key",
            kind="NuGet API key",
            title="Nexus NuGet API key",
            names=("NEXUS_NUGET_KEY", "NEXUS_NUGET_API_KEY", "NEXUS_API_KEY"),
            value=_UUID,
            sample=uuid4,
            flagged=("NEXUS_NUGET_API_KEY={token}",),
            safe=("NEXUS_NUGET_API_KEY=$NUGET_KEY",),
        ),
        Key(
            id="nexus-password",
            kind="user token or password",
            title="Nexus user token or password in a variable",
            names=(
                *names_of("nexus"),
                "NEXUS_PASSCODE",
                "NEXUS_PASS_CODE",
                "NEXUS_USER_TOKEN",
                "NEXUS_TOKEN_PASS_CODE",
                "NEXUS_DEPLOY_PASSWORD",
                "NEXUS_REPO_PASSWORD",
                "NEXUS_REPOSITORY_PASSWORD",
                "NEXUS_USER_PASSWORD",
                "NEXUS_ADMIN_PASSWORD",
                "NEXUS_NPM_TOKEN",
            ),
            sample=lambda rng: text(rng, ALNUM, 44),
            flagged=("NEXUS_PASSWORD={token}", "nexusPassword={token}"),
            safe=("nexusPassword=${env.NEXUS_PASSWORD}", 'LLM_SECRET_NAME = "NEXUS-GPT4-API-KEY"'),
        ),
    )
    lookalikes: ClassVar = (
        "NpmToken." + "6ba7b810",
        "NpmToken." + "6ba7b810-9dad-41d1-80b4-00c04fd430c8-9dad",
        "MyNpmToken." + "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
        "npmtoken." + "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
    )
    remediation: ClassVar = (
        (
            "Revoke: reset the user token under Administration, Security, User token (or the "
            "user's own profile); for an npm token run npm logout against that registry; reset the "
            "NuGet key; change a leaked password."
        ),
        (
            "Audit: list the components whose last-modified time and uploader fall in the "
            "exposure, and compare checksums with your builds."
        ),
        (
            "Remove: take it out of .npmrc, settings.xml, NuGet.Config and CI variables, and out "
            "of history."
        ),
        (
            "Prevent: require user tokens with an expiry for repository access, and give CI an "
            "account that can deploy to its own repositories only."
        ),
    )
    docs: ClassVar = ("https://help.sonatype.com/en/user-tokens.html (read 2026-11-22)",)


REGISTRY: Final = Nexus()
