# SPDX-License-Identifier: Apache-2.0
"""What every release must report, and what none may, whatever else changes."""

from functools import cache

import pytest
from tests.conftest import Token

from stanch.catalog import hosts, rules
from stanch.detect import Engine
from stanch.model import Confidence, Match

LEGACY = "a8f5f167-f44f-4964-a998-8c31b1f6d5e2"
SECRET = "Qx7hG2kLm9pRt4Vw"
DOLLAR = "$ecret-w0rd-9"
EURO = "secr€t-w0rd-9"


@cache
def _engine() -> Engine:
    return Engine(rules(), hosts())


def _loud(text: str) -> list[Match]:
    """Return what is reported above `placeholder`."""
    found = _engine().matches(text.encode())
    return [match for match in found if match.confidence is not Confidence.PLACEHOLDER]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("npm-access-token", "//registry.npmjs.org/:_authToken={token}\n"),
        ("pypi-api-token", '#!/bin/sh\nTOKEN="{token}"\ntwine upload -p "$TOKEN" dist/*\n'),
        ("npm-access-token", "      env:\n        NODE_AUTH_TOKEN: {token}\n"),
    ],
)
def test_tokens_are_flagged_where_they_leak(token: Token, rule: str, text: str) -> None:
    """A token in `.npmrc`, in a script and in a workflow is reported, proved, as itself."""
    secret = token(rule)
    found = _loud(text.replace("{token}", secret))
    assert [(rule, Confidence.VERIFIED, secret.encode())] == [
        (match.rule, match.confidence, match.secret.reveal()) for match in found
    ]


def test_uuid_under_a_private_registrys_token_key_is_flagged() -> None:
    """A UUID under `_authToken` of a private registry is a credential of its own kind."""
    found = _loud(f"//npm.corp.example/:_authToken={LEGACY}\n")
    assert [LEGACY.encode()] == [match.secret.reveal() for match in found]
    assert [Confidence.CONTEXT] == [match.confidence for match in found]


@pytest.mark.parametrize(
    "text",
    [
        "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
        "//registry.npmjs.org/:_authToken=$AUTH_TOKEN",
        "NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}",
        'TWINE_PASSWORD="${PYPI_TOKEN}"',
        "TWINE_USERNAME=__token__",
        f"# {LEGACY}\n; {LEGACY}\nregistry=https://npm.corp.example/\n",
    ],
)
def test_references_and_bare_uuids_are_not_flagged(text: str) -> None:
    """References, the user name `__token__`, and UUIDs without a key are no findings."""
    assert [] == _loud(text)


@pytest.mark.parametrize(
    "text",
    [
        f'password = "{SECRET}"',
        f"DB_PASSWORD={SECRET}",
        f"spring.datasource.password={SECRET}",
        f"<password>{SECRET}</password>",
        f"<server><host>mail</host><password>{SECRET}</password></server>",
        f'api_key: "{SECRET}{SECRET}"',
        f"token = '{LEGACY}'",
        f"postgres://app:{SECRET}@db.corp.example/app",
        f"mysql -u app -p{SECRET}",
        f"aws_secret_access_key = {SECRET}{SECRET}",
        f"user = app\npassword = {SECRET}\n",
        f'{{"username": "app", "password": "{SECRET}"}}',
        f"Authorization: Basic {SECRET}",
        f"signing.password={SECRET}",
        f"sonar.token={SECRET}",
    ],
)
def test_passwords_of_other_services_are_not_flagged(text: str) -> None:
    """A password with no registry in sight is not ours to report."""
    assert [] == _loud(text)


@pytest.mark.parametrize(
    "text",
    [
        'secrets: ["NPM_TOKEN", "PYPI_TOKEN"]',
        "The NPM_TOKEN variable must be set before publishing.",
        "inputs:\n  npm_token:\n    description: token for npm\n    required: true\n",
        "NPM_TOKEN_FILE=/run/secrets/npm",
        "NPM_TOKEN_NAME=release-bot-2",
        "NPM_TOKEN=$(vault read -field=token secret/npm)",
        "NPM_TOKEN=`cat /run/secrets/npm`",
        "docker run -e NPM_TOKEN image:1 publish",
        'os.environ["HUGGINGFACE_TOKEN"] = os.environ["HF_TOKEN"]',
        'login("//registry.npmjs.org/:_authToken=" + token)',
        "npm config delete //npm.corp.example/:_authToken",
        "val ossrhPassword: String by project",
        "ossrh_token text NOT NULL,",
        '"npm-token-helper": "^12.3.4"',
        "Token npm_aBcD...7890 was created.",
    ],
)
def test_talk_about_tokens_is_not_flagged(text: str) -> None:
    """Names in lists, prose, code, declarations and masked tokens are no findings."""
    assert [] == _loud(text)


@pytest.mark.parametrize(
    "text",
    [
        f"NPM_TOKEN={DOLLAR}",
        f"TWINE_PASSWORD='{EURO}'",
        f"HEX_API_KEY: {DOLLAR}",
    ],
)
def test_a_dollar_alone_is_no_reference(text: str) -> None:
    """A password may begin with a dollar, or hold letters of any alphabet."""
    assert 1 == len(_loud(text))
