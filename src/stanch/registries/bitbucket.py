# SPDX-License-Identifier: Apache-2.0
"""Bitbucket Cloud and Bitbucket Data Center.

Atlassian's tokens end in the CRC-32, in upper-case hex, of everything before it. A Data Center
token is base64 of its number, a colon and 20 random bytes.
"""

import base64
import binascii
import random
import zlib
from typing import ClassVar, Final

from stanch.detect.pattern import Pattern
from stanch.detect.rule import Key, Rule, Shape, names_of
from stanch.detect.sample import ALNUM, BASE64URL, text
from stanch.model import Proof
from stanch.registries import Registry

_EQUALS: Final = Pattern(rb"\\+=|%3[Dd]|\\u003[dD]")


def _check_token(token: bytes) -> Proof:
    plain = _EQUALS.sub(b"=", token)
    if b"%08X" % zlib.crc32(plain[:-8]) == plain[-8:]:
        return Proof(valid=True)
    return Proof(valid=False, facts={"note": "checksum does not match"})


_NUMBER: Final = Pattern(rb"(?s)([1-9][0-9]{3,17}):.{20}")


def _check_data_center(token: bytes) -> Proof:
    try:
        decoded = binascii.a2b_base64(token[5:])
    except binascii.Error:
        return Proof(valid=False)
    found = _NUMBER.fullmatch(decoded)
    if found is None:
        return Proof(valid=False, facts={"note": "does not decode to a token number"})
    return Proof(valid=True, facts={"token_id": found[1].decode()})


def _with_crc(body: str) -> str:
    return f"{body}{zlib.crc32(body.encode()):08X}"


def _sample_data_center(rng: random.Random) -> str:
    number = rng.randrange(10**11, 10**12)
    return "BBDC-" + base64.b64encode(b"%d:" % number + rng.randbytes(20)).decode()


def _access(prefix: str, kind: str, title: str) -> Shape:
    return Shape(
        id="bitbucket-" + kind.replace(" ", "-"),
        kind=kind,
        title=title,
        pattern=prefix + r"[A-Za-z0-9_-]{80,800}(?:=|\\+=|%3[Dd]|\\u003[dD])[A-F0-9]{8}",
        anchors=(prefix,),
        check=_check_token,
        summed=True,
        sample=lambda rng: _with_crc(f"{prefix}{text(rng, BASE64URL, 171)}="),
        flagged=(
            "BITBUCKET_TOKEN={token}",
            "git clone https://x-token-auth:{token}@bitbucket.org/acme/lib.git",
        ),
        safe=("git clone https://x-token-auth:${TOKEN}@bitbucket.org/acme/lib.git",),
    )


class Bitbucket(Registry):
    """Bitbucket."""

    name: ClassVar = "bitbucket"
    title: ClassVar = "Bitbucket"
    hosts: ClassVar = ("bitbucket.org", "api.bitbucket.org", ".bitbucket.org")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="bitbucket-app-password",
            kind="app password",
            title="Bitbucket app password",
            pattern=r"ATBB[A-Za-z0-9]{24}[A-F0-9]{8}",
            anchors=("ATBB",),
            check=_check_token,
            summed=True,
            entropy=3.0,
            sample=lambda rng: _with_crc("ATBB" + text(rng, ALNUM, 24)),
            flagged=("git ls-remote https://acme:{token}@bitbucket.org/acme/lib",),
            safe=("git ls-remote https://acme:$APP_PASSWORD@bitbucket.org/acme/lib",),
        ),
        _access("ATCTT3xFfGN0", "access token", "Bitbucket repository, project or workspace token"),
        _access("ATATT3xFfGF0", "api token", "Atlassian API token, which Bitbucket accepts"),
        Shape(
            id="bitbucket-data-center-token",
            kind="HTTP access token",
            title="Bitbucket Data Center HTTP access token",
            pattern=r"BBDC-[A-Za-z0-9+/]{44}",
            anchors=("BBDC-",),
            right="A-Za-z0-9_+/",
            check=_check_data_center,
            entropy=3.0,
            sample=_sample_data_center,
            flagged=('curl -H "Authorization: Bearer {token}" https://git.corp.example/rest',),
            safe=('curl -H "Authorization: Bearer $TOKEN" https://git.corp.example/rest',),
        ),
        Key(
            id="bitbucket-variable",
            kind="password or token in a variable",
            title="Bitbucket password or token in a variable",
            names=(
                *names_of("bitbucket"),
                "BITBUCKET_APP_PASSWORD",
                "BITBUCKET_OAUTH_SECRET",
            ),
            sample=lambda rng: text(rng, ALNUM, 20),
            flagged=("BITBUCKET_APP_PASSWORD={token}",),
            safe=("BITBUCKET_APP_PASSWORD=${BITBUCKET_APP_PASSWORD}",),
        ),
    )
    lookalikes: ClassVar = (
        "ATBBx7Kd93Qm",
        "ATBB" + "x7Kd93Qm2P" * 4,
        "SATBBx7Kd93Qm2Px7Kd93Qm2Px7KdA1B2C3D4",
        "atbbx7Kd93Qm2Px7Kd93Qm2Px7KdA1B2C3D4",
    )
    remediation: ClassVar = (
        (
            "Revoke: delete the app password, API token or access token in the account's, "
            "repository's, project's or workspace's security settings; in Data Center, under HTTP "
            "access tokens."
        ),
        (
            "Audit: read the workspace audit log, and look at pushes, downloads, pipelines and "
            "deploy keys that changed while it was exposed."
        ),
        "Remove: take it out of the tree, the history and .git/config remotes.",
        (
            "Prevent: use repository access tokens with the least scope and an expiry date, and "
            "pipelines' OIDC for cloud registries."
        ),
    )
    docs: ClassVar = (
        "https://support.atlassian.com/bitbucket-cloud/docs/api-tokens (read 2026-11-22)",
        (
            "https://developer.atlassian.com/cloud/bitbucket/"
            "scopes-for-oauth-2-3LO-and-forge-apps/ (read 2026-11-22)"
        ),
    )


REGISTRY: Final = Bitbucket()
