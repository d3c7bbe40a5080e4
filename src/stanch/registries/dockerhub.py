# SPDX-License-Identifier: Apache-2.0
"""Docker Hub: personal and organization access tokens.

Both carry a prefix and no checksum. Tokens from before the prefix are UUIDs, known only by the
variable or the `docker login` they stand in (see the `docker` registry for the latter).
"""

import random
from typing import ClassVar, Final

from stanch.detect.rule import Key, Rule, Shape, names_of
from stanch.detect.sample import BASE64URL, text, uuid4
from stanch.registries import Registry


def _sample_personal(rng: random.Random) -> str:
    return "dckr_pat_" + text(rng, BASE64URL, 27)


def _sample_organization(rng: random.Random) -> str:
    return "dckr_oat_" + text(rng, BASE64URL, 32)


class DockerHub(Registry):
    """Docker Hub."""

    name: ClassVar = "dockerhub"
    title: ClassVar = "Docker Hub"
    hosts: ClassVar = ("docker.io", ".docker.io", "docker.com", "hub.docker.com")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="dockerhub-personal-access-token",
            kind="personal access token",
            title="Docker Hub personal access token",
            pattern=r"dckr_pat_[A-Za-z0-9_-]{27}",
            anchors=("dckr_pat_",),
            right="A-Za-z0-9_-",
            sample=_sample_personal,
            flagged=("docker login -u acme -p {token}", "DOCKERHUB_TOKEN={token}"),
            safe=("docker login -u acme -p $DOCKERHUB_TOKEN",),
        ),
        Shape(
            id="dockerhub-organization-access-token",
            kind="organization access token",
            title="Docker Hub organization access token",
            pattern=r"dckr_oat_[A-Za-z0-9_-]{32}",
            anchors=("dckr_oat_",),
            right="A-Za-z0-9_-",
            sample=_sample_organization,
            flagged=("docker login -u acme -p {token}",),
            safe=("docker login -u acme --password-stdin < token",),
        ),
        Key(
            id="dockerhub-variable",
            kind="password or token in a variable",
            title="Docker Hub password or token in a variable",
            names=(*names_of("dockerhub", "docker_hub"),),
            sample=uuid4,
            flagged=("DOCKERHUB_TOKEN={token}", "dockerHubPassword: '{token}'"),
            safe=("password: ${{ secrets.DOCKERHUB_TOKEN }}", "DOCKERHUB_TOKEN=%TOKEN%"),
        ),
    )
    lookalikes: ClassVar = (
        "dckr_pat_tooshort",
        "dckr_pat_" + "aB3-dE5_gH" * 4,
        "mydckr_pat_" + "aB3-dE5_gH" * 2 + "aB3-dE5",
        "DCKR_PAT_" + "aB3-dE5_gH" * 2 + "aB3-dE5",
    )
    remediation: ClassVar = (
        (
            "Revoke: delete the token under Account settings, Personal access tokens (or the "
            "organization's Access tokens page); if it was the account's password, change it."
        ),
        (
            "Audit: list each repository's tags with their push dates and compare digests with "
            "your builds; a personal token reaches every repository of the account."
        ),
        (
            "Remove: log out on the machines that held it, and take it out of config.json, CI "
            "variables, image layers and history."
        ),
        (
            "Prevent: log in with --password-stdin from a secret store, use a credential helper, "
            "and give CI an organization token scoped to its repositories with an expiry date."
        ),
    )
    docs: ClassVar = (
        "https://docs.docker.com/security/access-tokens/personal-access-tokens/ (read 2026-11-22)",
        (
            "https://docs.docker.com/security/access-tokens/organization-access-tokens/ "
            "(read 2026-11-22)"
        ),
    )


REGISTRY: Final = DockerHub()
