# SPDX-License-Identifier: Apache-2.0
"""Hugging Face: user access tokens and the organisation tokens that they replaced.

A token is a prefix and 34 random letters. Identifiers in code take the same form, so a token has
to look drawn at random: its letters differ more than those of words in camel case.
"""

import random
import string
from typing import ClassVar, Final

from stanch.detect.rule import Key, Rule, Shape, names_of
from stanch.detect.sample import text
from stanch.registries import Registry

_LETTERS: Final = (
    r"(?:(?=(?:[a-z0-9]*[A-Z]){8})(?=(?:[A-Z0-9]*[a-z]){8})[A-Za-z0-9]{34}"
    r"|(?P<same>[A-Za-z])(?P=same){33})"
)
"""34 letters with enough of either case, or one letter repeated: a documentation value."""


def _sample(rng: random.Random) -> str:
    return "hf_" + text(rng, string.ascii_letters, 34)


def _sample_organisation(rng: random.Random) -> str:
    return "api_org_" + text(rng, string.ascii_letters, 34)


class HuggingFace(Registry):
    """The Hugging Face hub."""

    name: ClassVar = "huggingface"
    title: ClassVar = "Hugging Face"
    hosts: ClassVar = ("huggingface.co", ".huggingface.co", "hf.co")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="huggingface-access-token",
            kind="user access token",
            title="Hugging Face user access token",
            pattern="hf_" + _LETTERS,
            anchors=("hf_",),
            sample=_sample,
            flagged=("HF_TOKEN={token}", 'login(token="{token}")'),
            safe=(
                "HF_TOKEN=${HUGGINGFACE_TOKEN}",
                "- (id)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;",
            ),
        ),
        Shape(
            id="huggingface-organisation-token",
            kind="organisation API token",
            title="Hugging Face organisation API token",
            pattern="api_org_" + _LETTERS,
            anchors=("api_org_",),
            sample=_sample_organisation,
            flagged=('hf_token = "{token}"',),
            safe=("def test_api_org_inclusion_with_href(name, expected):",),
        ),
        Key(
            id="huggingface-variable-token",
            kind="token in a variable",
            title="Hugging Face token in a variable",
            names=(
                *names_of("huggingface", "hugging_face"),
                "HUGGING_FACE_HUB_TOKEN",
                "HUGGINGFACEHUB_API_TOKEN",
                "HUGGINGFACE_HUB_TOKEN",
                *("HF_TOKEN", "HF_API_TOKEN", "HF_ACCESS_TOKEN", "HF_AUTH_TOKEN", "HF_HUB_TOKEN"),
                "HF_API_KEY",
            ),
            sample=_sample,
            flagged=("HUGGING_FACE_HUB_TOKEN: {token}",),
            safe=('HUGGINGFACE_TOKEN = os.environ["HF_TOKEN"]',),
        ),
    )
    lookalikes: ClassVar = (
        "hf_qWeRtYuIoPaSdFg",
        "hf_" + "qWeRtYuIoP" * 5,
        "pdhf_qWeRtYuIoPaSdFgHjKlZxCvBnMqAzWsXeD",
        "HF_qWeRtYuIoPaSdFgHjKlZxCvBnMqAzWsXeD",
    )
    remediation: ClassVar = (
        (
            "Revoke: Settings, Access Tokens, Invalidate; or report it without signing in at "
            "`POST /api/credentials/revoke`, which also tells the owner."
        ),
        (
            "Audit: read the commit history of every model, data set and space that the token "
            "could write; look for new files that run code when loaded."
        ),
        "Remove it from every place listed, notebooks' outputs and history included.",
        "Prevent: use fine-grained tokens for single repositories, or trusted publishers in CI.",
    )
    docs: ClassVar = ("https://huggingface.co/docs/hub/security-tokens (read 2026-11-22)",)


REGISTRY: Final = HuggingFace()
