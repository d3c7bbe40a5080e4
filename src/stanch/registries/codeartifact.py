# SPDX-License-Identifier: Apache-2.0
"""AWS CodeArtifact: encrypted tokens whose open header tells when they were made and end.

A token lasts twelve hours at most, so an old one in a repository is dead, and says so.
"""

import base64
import random
from typing import ClassVar, Final

from stanch.detect import jose
from stanch.detect.expiry import expiry_facts, moment
from stanch.detect.rule import Key, Rule, Shape
from stanch.detect.sample import BASE64URL, text
from stanch.model import Fact, Proof
from stanch.registries import Registry

_REGIONS: Final = (
    *("us-east-1", "us-east-2", "us-west-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
    *("ap-northeast-1", "eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1"),
    "eu-south-1",
)
_PARTS: Final = 5


def _check_token(token: bytes) -> Proof:
    parts = token.split(b".")
    header = jose.part(parts[0])
    if not {"isu", "exp", "enc"} <= header.keys():
        return Proof(valid=False, facts={"note": "not a CodeArtifact token's header"})
    facts: dict[str, Fact] = expiry_facts(header["exp"])
    if isinstance(header["isu"], int) and moment(header["isu"]):
        facts["created"] = moment(header["isu"])
    whole = len(parts) == _PARTS and all(parts)
    return Proof(valid=whole, facts=facts if whole else facts | {"note": "the token is cut off"})


def _sample_token(rng: random.Random) -> str:
    issued = rng.randrange(1_760_000_000, 1_790_000_000)
    header = (
        f'{{"ver":1,"isu":{issued},"enc":"A128GCM","tag":"{text(rng, BASE64URL, 22)}",'
        f'"exp":{issued + 43200},"alg":"A128GCMKW","iv":"{text(rng, BASE64URL, 16)}"}}'
    )
    first = base64.urlsafe_b64encode(header.encode()).decode().rstrip("=")
    rest = [text(rng, BASE64URL, size) for size in (22, 16, 500, 22)]
    return ".".join((first, *rest))


class CodeArtifact(Registry):
    """AWS CodeArtifact."""

    name: ClassVar = "codeartifact"
    title: ClassVar = "AWS CodeArtifact"
    hosts: ClassVar = tuple(f".d.codeartifact.{region}.amazonaws.com" for region in _REGIONS)
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="codeartifact-token",
            kind="authorization token",
            title="AWS CodeArtifact authorization token",
            pattern=r"eyJ2ZXIiOjEsImlzdSI6[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]*){0,4}",
            anchors=("eyJ2ZXIiOjEsImlzdSI6",),
            right="A-Za-z0-9_-",
            check=_check_token,
            sample=_sample_token,
            flagged=(
                "CODEARTIFACT_AUTH_TOKEN={token}",
                "https://aws:{token}@acme-123456789012.d.codeartifact.us-east-1.amazonaws.com/pypi/",
            ),
            safe=("CODEARTIFACT_AUTH_TOKEN=`aws codeartifact get-authorization-token`",),
        ),
        Key(
            id="codeartifact-variable",
            kind="authorization token in a variable",
            title="AWS CodeArtifact token in a variable",
            names=("CODEARTIFACT_AUTH_TOKEN", "CODEARTIFACT_TOKEN"),
            value=r"[A-Za-z0-9_.+/=-]{40,}",
            check=_check_token,
            sample=_sample_token,
            flagged=("CODEARTIFACT_AUTH_TOKEN={token}",),
            safe=("CODEARTIFACT_AUTH_TOKEN=$(aws codeartifact get-authorization-token)",),
        ),
    )
    lookalikes: ClassVar = (
        "eyJ2ZXIiOjEsImlzdSI6",
        "eyJ2ZXIiOjEsImlzdCI6MTcwMDAwMDAwMCwiZW5jIjoiQTEyOEdDTSJ9.a.b.c.d",
        "xeyJ2ZXIiOjEsImlzdSI6MTcwMDAwMDAwMCwiZW5jIjoiQTEyOEdDTSJ9.a.b.c.d",
        "EYJ2ZXIIOJESIMLZDSI6MTCWMDAWMDAWMCWIZW5JIJOIQTEYOEDDTSJ9.A.B.C.D",
    )
    remediation: ClassVar = (
        (
            "Revoke: a token ends by itself within twelve hours; while it lives, remove the "
            "permissions of the role or user that asked for it, or revoke that role's sessions."
        ),
        (
            "Audit: read CloudTrail for codeartifact events of that principal, and list package "
            "versions published meanwhile."
        ),
        (
            "Remove: take it out of settings.xml, pip.conf, .npmrc and build files, and out of "
            "history; find the AWS credential that made it."
        ),
        (
            "Prevent: let aws codeartifact login or a credential provider fetch a token at build "
            "time, with the shortest duration that serves."
        ),
    )
    docs: ClassVar = (
        (
            "https://docs.aws.amazon.com/codeartifact/latest/ug/tokens-authentication.html "
            "(read 2026-11-22)"
        ),
    )


REGISTRY: Final = CodeArtifact()
