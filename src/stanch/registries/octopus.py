# SPDX-License-Identifier: Apache-2.0
"""Octopus Deploy, whose built-in feed holds packages: keys are `API-` and 25 to 27 capitals."""

import random
import string
from typing import ClassVar, Final

from stanch.detect.rule import Key, Rule, Shape, names_of
from stanch.detect.sample import ALNUM, text
from stanch.registries import Registry

_CAPITALS: Final = string.ascii_uppercase + string.digits


def _sample(rng: random.Random) -> str:
    return "API-" + text(rng, _CAPITALS, 23) + "K7Q"


class Octopus(Registry):
    """Octopus Deploy."""

    name: ClassVar = "octopus"
    title: ClassVar = "Octopus Deploy"
    hosts: ClassVar = (".octopus.app",)
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="octopus-api-key",
            kind="API key",
            title="Octopus Deploy API key",
            # A digit and a letter past F: neither a word in capitals nor a hexadecimal number.
            pattern=r"API-(?=[A-Z]{0,25}[0-9])(?=[0-9A-F]{0,25}[G-Z])[A-Z0-9]{26}",
            anchors=("API-",),
            left="A-Za-z0-9_-",
            right="A-Za-z0-9_-",
            entropy=3.5,
            sample=_sample,
            flagged=('set apikey="{token}"', "octo push --apiKey {token} --package lib.nupkg"),
            safe=("octo push --apiKey %OCTOPUS_API_KEY% --package lib.nupkg",),
            encoded=False,
        ),
        Key(
            id="octopus-variable",
            kind="API key in a variable",
            title="Octopus Deploy API key in a variable",
            names=(
                *names_of("octopus", "octopus_deploy"),
                "OCTOPUS_CLI_API_KEY",
            ),
            sample=lambda rng: text(rng, ALNUM, 30),
            flagged=("OCTOPUS_CLI_API_KEY={token}",),
            safe=("OCTOPUS_CLI_API_KEY: ${{ secrets.OCTOPUS_API_KEY }}",),
        ),
    )
    lookalikes: ClassVar = (
        "API-BD80F56CDC",
        "https://acme.notion.site/API-BD80F56CDC1441E6BF6011AB6D852875",
        'msgstr "GSSAPI-VIRHEKAPSELOINTIMERKKIJONO."',
        "api-znrmr7sl6l3atmoik7gkjdklpy",
        "API-CALCULADORADEINVESTIMENTOS",
    )
    remediation: ClassVar = (
        "Revoke: delete the key under the user's profile, My API keys.",
        (
            "Audit: read the audit log for that user or service account: packages pushed, "
            "releases, deployments, variables and accounts changed."
        ),
        "Remove: take it out of build scripts and history.",
        "Prevent: use OIDC with service accounts, and keys with an expiry date.",
    )
    docs: ClassVar = (
        "https://octopus.com/docs/api/authentication/create-an-api-key (read 2026-11-22)",
    )


REGISTRY: Final = Octopus()
