# SPDX-License-Identifier: Apache-2.0
"""Terraform: tokens of HCP Terraform, and of private module and provider registries.

A token of HCP Terraform has `.atlasv1.` in its middle. Other registries' tokens are known by
`credentials.tfrc.json`, by `credentials "host" { token = … }` in a CLI configuration, or by
`TF_TOKEN_<host>`, in which `_` is a dot and `__` a hyphen.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import ALNUM, text
from stanch.model import Severity
from stanch.registries import Registry

_HOST: Final = rb"(?P<host>(?:[\w-]{1,63}\.)+[\w-]{1,63}(?::[0-9]{1,5})?|localhost:[0-9]{1,5})"
_BLOCK: Final = (
    rb'credentials\s*"' + _HOST + rb'"\s*\{[^{}]{0,400}?\btoken\s*=\s*"(?P<value>[^"\\\n]{4,4096})"'
)
_ENTRY: Final = (
    rb'\s*"' + _HOST + rb'"\s*:\s*\{\s*"token"\s*:\s*"(?P<value>[^"\\\n]{4,4096})"\s*\}\s*,?'
)
_VARIABLE: Final = rb"(?P<host>[A-Za-z0-9][A-Za-z0-9_-]{1,120})"


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _capture(found: re.Match[bytes]) -> Capture:
    return Capture(span=found.span("value"), host=found["host"].decode("latin-1"))


def _find_credentials(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read a `credentials` block or every entry of a `credentials` object."""
    block = _compiled(_BLOCK).match(data, start)
    if block:
        yield _capture(block)
        return
    opening = _compiled(rb'"?\s*:\s*\{').match(data, end, end + 200)
    at = opening.end() if opening else len(data)
    while entry := _compiled(_ENTRY).match(data, at):
        yield _capture(entry)
        at = entry.end()


def _find_variable(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read `TF_TOKEN_<host>`."""
    name = _compiled(_VARIABLE).match(data, end)
    if name is None or b"_" not in name["host"]:
        return
    host = name["host"].replace(b"__", b"-").replace(b"_", b".").decode("latin-1")
    capture = command.capture_after(data, name.end(), host=host)
    if capture:
        yield capture


def _sample(rng: random.Random) -> str:
    return f"{text(rng, ALNUM, 14)}.atlasv1.{text(rng, ALNUM, 67)}"


def _sample_opaque(rng: random.Random) -> str:
    return text(rng, ALNUM, 40)


class Terraform(Registry):
    """HCP Terraform and private registries."""

    name: ClassVar = "terraform"
    title: ClassVar = "Terraform registry"
    hosts: ClassVar = ("app.terraform.io", ".terraform.io")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="terraform-api-token",
            kind="API token",
            title="HCP Terraform API token",
            pattern=r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}",
            anchors=(".atlasv1.",),
            offset=14,
            right="A-Za-z0-9_=-",
            sample=_sample,
            flagged=(
                'credentials "app.terraform.io" {\n  token = "{token}"\n}',
                "TF_TOKEN_app_terraform_io={token}",
            ),
            safe=('token = "xxxxxxxxxxxxxx.atlasv1.' + "x" * 67 + '"',),
        ),
        Grammar(
            id="terraform-registry-token",
            kind="registry token in the CLI configuration",
            title="Terraform CLI configuration holds a literal registry token",
            severity=Severity.HIGH,
            anchors=('credentials "', 'credentials"', 'credentials\\"'),
            find=_find_credentials,
            reach=(16, 8192),
            sample=_sample_opaque,
            flagged=(
                'credentials "tf.corp.example" {\n  token = "{token}"\n}',
                '{"credentials": {"tf.corp.example": {"token": "{token}"}}}',
            ),
            safe=(
                'credentials "tf.corp.example" {\n}',
                '{"credentials": {"username": "ci", "password": "Qx7hG2kLm9pRt4Vw"}}',
            ),
        ),
        Grammar(
            id="terraform-host-variable",
            kind="registry token in a variable",
            title="Terraform registry token in a TF_TOKEN_ variable",
            severity=Severity.HIGH,
            anchors=("TF_TOKEN_",),
            find=_find_variable,
            reach=(256, 4300),
            sample=_sample_opaque,
            flagged=("export TF_TOKEN_tf_corp_example={token}",),
            safe=("TF_TOKEN_app_terraform_io: ${{ secrets.TF_API_TOKEN }}",),
        ),
        Key(
            id="terraform-variable-token",
            kind="API token in a variable",
            title="HCP Terraform token in a variable",
            names=(
                "TF_API_TOKEN",
                "TFE_TOKEN",
                "TFC_TOKEN",
                "TERRAFORM_CLOUD_TOKEN",
                "TF_CLOUD_TOKEN",
                "ATLAS_TOKEN",
            ),
            sample=_sample_opaque,
            flagged=("TFE_TOKEN={token}",),
            safe=("TFE_TOKEN: ${{ secrets.TFE_TOKEN }}",),
        ),
    )
    lookalikes: ClassVar = (
        "qW3rT5yU7iO9pA.atlasv1.tooShort",
        "qW3rT5yU7iO9pA.atlasv1." + "aB3dE5fG7h" * 9,
        "xqW3rT5yU7iO9pA.atlasv1." + "aB3dE5fG7h" * 6 + "jK9lM",
        "qW3rT5yU7iO9pA.ATLASV1." + "aB3dE5fG7h" * 6 + "jK9lM",
    )
    remediation: ClassVar = (
        (
            "Revoke: User, Team or Organization Settings, API tokens, Delete; on another registry, "
            "its own token page."
        ),
        (
            "Audit: read the organisation's audit trail for runs, state downloads and module "
            "versions; a token reads state files, so rotate the secrets in them too."
        ),
        "Remove it from every place listed, history included.",
        (
            "Prevent: use a credentials helper, team tokens with an end date, and dynamic provider "
            "credentials (OIDC)."
        ),
    )
    docs: ClassVar = (
        "https://developer.hashicorp.com/terraform/cli/config/config-file (read 2026-11-22)",
        (
            "https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/"
            "api-tokens (read 2026-11-22)"
        ),
    )


REGISTRY: Final = Terraform()
