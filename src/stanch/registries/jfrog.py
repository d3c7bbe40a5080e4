# SPDX-License-Identifier: Apache-2.0
"""JFrog: Artifactory and the platform around it.

API keys are base58 of 54 bytes that start with 1. A reference token is base64 of
`reftkn:01:<expiry>:<random>`. Access and identity tokens are JSON web tokens whose subject names
the issuing service (`jfac@...`, `jfrt@...`) and the user. Encrypted passwords start with `AP`.
"""

import binascii
import random
import re
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command, jose, value
from stanch.detect.expiry import expiry_facts
from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape, names_of
from stanch.detect.sample import ALNUM, BASE64URL, text
from stanch.model import Fact, Proof
from stanch.registries import Registry

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_API_KEY_BYTES: Final = 54
_LEAST_ENTROPY: Final = 4.0


def _check_api_key(token: bytes) -> Proof:
    number = 0
    for letter in token.decode("latin-1"):
        digit = _BASE58.find(letter)
        if digit < 0:
            return Proof(valid=False, facts={"note": "not base58"})
        number = number * 58 + digit
    if number >> (8 * (_API_KEY_BYTES - 1)) != 1:
        return Proof(valid=False, facts={"note": "not 54 bytes that start with 1"})
    # The structure is no checksum: a row of X's has it too.
    return Proof(valid=value.entropy(token) >= _LEAST_ENTROPY)


_REFERENCE: Final = Pattern(rb"(?s)reftkn:01:([0-9]{10}):.{27}")


def _check_reference(token: bytes) -> Proof:
    try:
        found = _REFERENCE.fullmatch(binascii.a2b_base64(token))
    except binascii.Error:
        found = None
    if found is None:
        return Proof(valid=False, facts={"note": "does not decode to a reference token"})
    ends = int(found[1])
    facts: dict[str, Fact] = expiry_facts(ends) if ends else {"expired": False}
    return Proof(valid=True, facts={"kind": "reference token", **facts})


def _sample_reference(rng: random.Random) -> str:
    plain = f"reftkn:01:{rng.randrange(1_900_000_000, 4_000_000_000)}:{text(rng, ALNUM, 27)}"
    return binascii.b2a_base64(plain.encode(), newline=False).decode()


_SERVICE: Final = Pattern(rb"jf[a-z]{2,6}@[0-9a-z]+(?:/users/(?P<user>.+))?")


def _check_jwt(token: bytes) -> Proof:
    claims = jose.claims(token)
    named = [one for one in (claims.get("sub"), claims.get("iss")) if isinstance(one, str)]
    services = [found for one in named if (found := _SERVICE.match(one.encode()))]
    if not services:
        return Proof(valid=False, facts={"note": "not issued by a JFrog service"})
    facts = jose.claim_facts(claims)
    users = [found["user"].decode() for found in services if found["user"]]
    if users:
        facts["user"] = users[0]
    if isinstance(claims.get("scp"), str):
        facts["scope"] = claims["scp"]
    return Proof(valid=True, facts=facts)


def _sample_jwt(rng: random.Random) -> str:
    header = '{"ver":"2","typ":"JWT","alg":"RS256","kid":"x"}'
    service = f"jfac@01{text(rng, 'abcdefghjkmnpqrstvwxyz0123456789', 24)}"
    claims = (
        f'{{"ext":"{{}}","sub":"{service}/users/ci","scp":"applied-permissions/user",'
        f'"aud":"*@*","iss":"{service}","exp":{rng.randrange(1_900_000_000, 2_000_000_000)},'
        f'"iat":{rng.randrange(1_700_000_000, 1_760_000_000)}}}'
    )
    parts = [binascii.b2a_base64(one.encode(), newline=False) for one in (header, claims)]
    joined = ".".join(one.decode().rstrip("=").translate(_URLSAFE) for one in parts)
    return f"{joined}.{text(rng, BASE64URL, 342)}"


_URLSAFE: Final = str.maketrans("+/", "-_")
_JWT_BYTES: Final = ALNUM.encode() + b"-_."
_JWT: Final = Pattern(rb"eyJ[\w-]{10,4096}\.[\w-]{10,16384}\.[\w-]{10,2048}", re.ASCII)
_JWT_REACH: Final = 4096


def _find_jwt(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    """Read the JSON web token around a service name in its claims, whatever its header."""
    low = max(0, start - _JWT_REACH)
    found = _JWT.match(data, low + len(data[low:start].rstrip(_JWT_BYTES)))
    if found and _check_jwt(found.group()).valid:
        yield Capture(span=found.span())


_ENCRYPTED: Final = Pattern(
    rb"""(?i:[^\n]{0,80}?(?:passw(?:or)?d|pwd|secret|token))["'>]{0,3}\s{0,3}[:=]?\s{0,3}["']?
    (AP[0-9A-F](?=[A-Za-z]{0,80}[0-9])[A-Za-z0-9]{8,200})(?![A-Za-z0-9+/=])""",
    re.VERBOSE,
)


def _find_encrypted(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    found = _ENCRYPTED.match(data, end, end + 320)
    if found:
        yield Capture(span=found.span(1), facts={"note": "password encrypted by Artifactory"})


_COMMAND_REACH: Final = 1024
_OPTIONS: Final = ("--apikey", "--access-token", "--password", "--refresh-token")


def _find_command(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read the options up to the next command: so that a row of commands is read but once."""
    following = data.find(data[start:end], end, end + _COMMAND_REACH)
    window = data[end : following if following >= 0 else end + _COMMAND_REACH]
    for found in command.option_values(window, 0, _OPTIONS):
        yield Capture(span=(end + found.span[0], end + found.span[1]))


def _sample_key(rng: random.Random) -> str:
    return "AKCp" + text(rng, _BASE58, 69)


def _sample_encrypted(rng: random.Random) -> str:
    return "AP6" + text(rng, _BASE58, 30) + "7"


class JFrog(Registry):
    """JFrog Artifactory."""

    name: ClassVar = "jfrog"
    title: ClassVar = "JFrog Artifactory"
    hosts: ClassVar = (".jfrog.io", "jfrog.io", ".jfrog.com", ".bintray.com", "bintray.com")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="jfrog-api-key",
            kind="API key",
            title="JFrog API key",
            pattern=r"AKCp[A-Za-z0-9]{69}",
            anchors=("AKCp",),
            left="A-Za-z0-9_+/",
            right="A-Za-z0-9_+/",
            check=_check_api_key,
            entropy=3.5,
            sample=_sample_key,
            flagged=(
                "curl -H 'X-JFrog-Art-Api: {token}' https://artifactory.corp.example/api",
                "jfrog rt dl --url=http://localhost:8071/artifactory --apikey={token} lib/",
            ),
            safe=("X-JFrog-Art-Api: $API_KEY",),
        ),
        Shape(
            id="jfrog-reference-token",
            kind="reference token",
            title="JFrog reference token",
            pattern=r"cmVmd[A-Za-z0-9]{59}",
            anchors=("cmVmd",),
            left="A-Za-z0-9_+/",
            right="A-Za-z0-9_+/=",
            check=_check_reference,
            entropy=4.0,
            sample=_sample_reference,
            flagged=("JF_ACCESS_TOKEN={token}", "//acme.jfrog.io/artifactory/:_authToken={token}"),
            safe=("JF_ACCESS_TOKEN=${JF_ACCESS_TOKEN}",),
        ),
        Shape(
            id="jfrog-access-token",
            kind="access or identity token",
            title="JFrog access token",
            pattern=r"eyJ2ZXIiOiIyIi[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
            anchors=("eyJ2ZXIiOiIyIi",),
            right="A-Za-z0-9_-",
            check=_check_jwt,
            sample=_sample_jwt,
            flagged=('"accessToken": "{token}"', "//acme.jfrog.io/npm/:_authToken={token}"),
            safe=("jf config add --access-token=$TOKEN",),
        ),
        Grammar(
            id="jfrog-access-token-by-claims",
            kind="access or identity token",
            title="JFrog access token, known by its claims",
            # `"jfac@` and `"jfrt@`, at the three alignments of base64.
            anchors=("ImpmYWNA", "JqZmFjQ", "iamZhY0", "ImpmcnRA", "JqZnJ0Q", "iamZydE"),
            find=_find_jwt,
            check=_check_jwt,
            sample=_sample_jwt,
            flagged=('"accessToken": "{token}"',),
            safe=("accessToken: ${TOKEN}",),
            encoded=False,
        ),
        Grammar(
            id="jfrog-encrypted-password",
            kind="encrypted password",
            title="Artifactory's encrypted password, which logs in like the plain one",
            anchors=("artifactory",),
            caseless=True,
            find=_find_encrypted,
            sample=_sample_encrypted,
            flagged=(
                "artifactory_password={token}",
                "//artifactory.corp.example/:_password={token}",
            ),
            safe=("integrity sha512-AP1AyUTbi2szylgr artifactory",),
        ),
        Grammar(
            id="jfrog-command-option",
            kind="credential on a command line",
            title="JFrog credential on a command line",
            anchors=("jfrog rt", "jfrog c ", "jfrog config", "jf rt", "jf c ", "jf config"),
            find=_find_command,
            sample=lambda rng: text(rng, ALNUM, 40),
            flagged=("jf config add acme --access-token={token} --interactive=false",),
            safe=("jf config add acme --access-token=$JF_ACCESS_TOKEN",),
        ),
        Key(
            id="jfrog-variable",
            kind="token or password in a variable",
            title="JFrog token or password under a telling name",
            names=(
                *names_of("artifactory", "jfrog"),
                "ARTIFACTORY_IDENTITY_TOKEN",
                "ARTIF_KEY",
                "JFROG_IDENTITY_TOKEN",
                "JF_ACCESS_TOKEN",
                "JF_PASSWORD",
                "JF_API_KEY",
                "BINTRAY_API_KEY",
                "BINTRAY_API_TOKEN",
                "BINTRAY_TOKEN",
                "BINTRAY_KEY",
                "BINTRAY_PASSWORD",
                "XRAY_API_KEY",
                "XRAY_API_TOKEN",
                "XRAY_ACCESS_TOKEN",
                "X-JFrog-Art-Api",
            ),
            sample=lambda rng: text(rng, ALNUM, 64),
            flagged=("ARTIFACTORY_PASSWORD={token}", 'jfrog_api_token = "{token}"'),
            safe=(
                "X-JFrog-Art-Api: $PASSWORD",
                "ARTIFACTORY_URL=https://acme.jfrog.io",
                "JFROG_SECRET = $(cat /run/secrets/jfrog_secret) && \\",
            ),
        ),
    )
    lookalikes: ClassVar = (
        "AKCpx7Kd93Qm2P",
        "AKCp" + "x7Kd93Qm2P" * 8,
        "go.mod h1:6dJC0mAKCpbvyc7fijjWJddQyLn8Ig3JB5CqoB9Q=",
        "akcp" + "x7Kd93Qm2P" * 6 + "x7Kd93Qm2",
        "JFROG_URL=my-company-name.jfrog.io",
    )
    remediation: ClassVar = (
        (
            "Revoke: DELETE /access/api/v1/tokens/me with the token itself, or its page under User "
            "management, Access tokens; for an API key, DELETE /artifactory/api/security/apiKey; "
            "for a password, change it (its encrypted form dies with it)."
        ),
        (
            "Audit: search AQL for items created or modified by that user while it was exposed, "
            "and compare their checksums with your builds."
        ),
        (
            "Remove: take it out of .npmrc, pip.conf, settings.xml, gradle.properties and the "
            "JFrog CLI's configuration, and out of history."
        ),
        "Prevent: use OIDC integrations or short-lived, scoped access tokens; retire API keys.",
    )
    docs: ClassVar = (
        "https://jfrog.com/help/r/jfrog-rest-apis/revoke-token-by-id (read 2026-11-22)",
        (
            "https://jfrog.com/help/r/platform-api-key-deprecation-and-the-new-reference-tokens/"
            "introducing-jfrog-access-and-identity-tokens (read 2026-11-22)"
        ),
    )


REGISTRY: Final = JFrog()
