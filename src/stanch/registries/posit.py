# SPDX-License-Identifier: Apache-2.0
"""Posit Package Manager tokens (JSON web tokens) and Posit Connect API keys."""

import base64
import random
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import jose
from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Key, Rule
from stanch.detect.sample import ALNUM, BASE64URL, text
from stanch.model import Fact, Proof
from stanch.registries import Registry


def _check_token(token: bytes) -> Proof:
    claims = jose.claims(token)
    if not claims:
        return Proof(valid=False, facts={"note": "not a JSON web token"})
    facts: dict[str, Fact] = jose.claim_facts(claims)
    scopes = claims.get("scopes", claims.get("scope"))
    if isinstance(scopes, str):
        facts["scope"] = scopes
    elif isinstance(scopes, dict):
        facts["scope"] = ", ".join(f"{key}:{scopes[key]}" for key in sorted(scopes)[:20])
    return Proof(valid=True, facts=facts)


def _sample_token(rng: random.Random) -> str:
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"iat":%d}' % rng.randrange(17 * 10**8, 18 * 10**8))
    encoded = [base64.urlsafe_b64encode(one).decode().rstrip("=") for one in parts]
    return f"{encoded[0]}.{encoded[1]}.{text(rng, BASE64URL, 43)}"


_CALL: Final = Pattern(
    rb"""[^()]{0,400}?\b(?:apiKey|api_key|secret)\s*=\s*["'](?P<key>[A-Za-z0-9+/=]{32,64})["']"""
)


def _find_call(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the key or secret in a call that registers an account."""
    found = _CALL.match(data, end, end + 600)
    if found:
        yield Capture(found.span("key"))


def _sample_key(rng: random.Random) -> str:
    return text(rng, ALNUM, 32)


class Posit(Registry):
    """Posit Package Manager and Posit Connect."""

    name: ClassVar = "posit"
    title: ClassVar = "Posit"
    hosts: ClassVar = ("packagemanager.posit.co", "packagemanager.rstudio.com")
    rules: ClassVar[tuple[Rule, ...]] = (
        Key(
            id="posit-package-manager-token",
            kind="Package Manager token",
            title="Posit Package Manager token",
            names=("PACKAGEMANAGER_TOKEN", "RSPM_TOKEN", "PPM_TOKEN"),
            value=r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
            check=_check_token,
            sample=_sample_token,
            flagged=("PACKAGEMANAGER_TOKEN={token}",),
            safe=("PACKAGEMANAGER_TOKEN=$(rspm create token --quiet)",),
        ),
        Key(
            id="posit-connect-key",
            kind="Connect API key",
            title="Posit Connect API key",
            names=("CONNECT_API_KEY", "RSCONNECT_API_KEY"),
            value=r"(?=[^0-9]{0,31}[0-9])[A-Za-z0-9]{32}",
            sample=lambda rng: _sample_key(rng)[:-1] + "7",
            flagged=("CONNECT_API_KEY={token}", 'POSIT_CONNECT_API_KEY: "{token}"'),
            safe=('api_key = Sys.getenv("CONNECT_API_KEY")',),
        ),
        Grammar(
            id="posit-account-secret",
            kind="credential in an R call",
            title="R code hands a literal credential to Posit Connect or shinyapps.io",
            anchors=("connectApiUser(", "setAccountInfo(", "connectapi::connect("),
            find=_find_call,
            reach=(4, 700),
            encoded=False,
            sample=lambda rng: _sample_key(rng)[:-1] + "7",
            flagged=(
                'rsconnect::connectApiUser(account = "ci", apiKey = "{token}")',
                'rsconnect::setAccountInfo(name = "ci", token = "T", secret = "{token}")',
            ),
            safe=('rsconnect::connectApiUser(account = "ci", apiKey = Sys.getenv("KEY"))',),
        ),
    )
    lookalikes: ClassVar = (
        "CONNECT_API_KEY=x7Kd93Qm2P",
        "CONNECT_API_KEY=" + "x7Kd93Qm2P" * 6,
        "DISCONNECT_APIS_KEYWORD=x7Kd93Qm2Px7Kd93Qm2Px7Kd93Qm2Px7",
        "PACKAGEMANAGER_TOKEN=EYJHBGCIOIJIUZI1NIJ9.EYJPYXQIOJF9.X7KD93QM2P",
    )
    remediation: ClassVar = (
        (
            "Revoke: run rspm revoke token --token=..., or revoke it under Settings, "
            "Authentication tokens; delete a Connect key under the user's API keys."
        ),
        (
            "Audit: read the server's audit log for uploads to local sources, and for content "
            "published to Connect, while it was exposed."
        ),
        "Remove: take it out of .Renviron, .netrc, scripts and history.",
        "Prevent: issue tokens with one scope and an expiry, and keep them in the CI's secrets.",
    )
    docs: ClassVar = (
        (
            "https://docs.posit.co/rspm/admin/authentication/token-authentication.html "
            "(read 2026-11-22)"
        ),
        "https://docs.posit.co/connect/user/api-keys (read 2026-11-22)",
    )


REGISTRY: Final = Posit()
