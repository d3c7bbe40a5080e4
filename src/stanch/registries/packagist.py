# SPDX-License-Identifier: Apache-2.0
"""Packagist, Private Packagist, and Composer's credential files.

A Private Packagist token names its kind in its prefix and ends in a CRC-32 over prefix and random
part. Older tokens are 60 bare hex digits, known only by their host. Composer keeps credentials in
`auth.json`, in `composer.json`, or as the same JSON in the variable `COMPOSER_AUTH`.
"""

import random
import re
import zlib
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import structure, value
from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape, names_of
from stanch.detect.sample import ALNUM, HEX, text
from stanch.model import Fact, Proof, Severity
from stanch.registries import Registry

_KINDS: Final = {
    b"packagist_ort_": ("organization token", "read-only"),
    b"packagist_out_": ("organization token", "update"),
    b"packagist_uut_": ("user token", "update"),
    b"packagist_cut_": ("Conductor token", "update"),
}
_REACH: Final = 200
_SECTION_REACH: Final = 16384

_SECTIONS: Final = (
    "http-basic",
    "github-oauth",
    "gitlab-token",
    "gitlab-oauth",
    "bitbucket-oauth",
    "forgejo-token",
    "custom-headers",
    '"bearer"',
    '"bearer\\"',
    "'bearer'",
)
_SECRET_FIELDS: Final = (b"password", b"token", b"access-token", b"consumer-secret", b"secret")


def _check_token(token: bytes) -> Proof:
    scope, access = _KINDS.get(token[:14], ("", ""))
    facts: dict[str, Fact] = {"scope": scope, "access": access} if scope else {}
    if b"%08x" % zlib.crc32(token[:-8]) == token[-8:].lower():
        return Proof(valid=True, facts=facts)
    return Proof(valid=False, facts=facts | {"note": "checksum does not match"})


def _sample_token(rng: random.Random) -> str:
    body = "packagist_uut_" + text(rng, HEX, 60)
    return f"{body}{zlib.crc32(body.encode()):08x}"


def _composer(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read one section of `auth.json`, or one `composer config` command."""
    section = data[start:end].strip(b"\"'\\").decode("latin-1")
    after = data.find(section.encode(), end, end + _SECTION_REACH)
    limit = after if after >= 0 else min(len(data), end + _SECTION_REACH)
    entries = list(structure.leaves(data, end, limit))
    users = {leaf.path[0]: data[leaf.start : leaf.end] for leaf in entries
             if len(leaf.path) > 1 and leaf.path[1] == b"username"}  # fmt: skip
    for leaf in entries:
        if len(leaf.path) > 1 and leaf.path[1] and leaf.path[1] not in _SECRET_FIELDS:
            continue
        span = (leaf.start, leaf.end)
        if section == "custom-headers":
            colon = data.find(b":", *span)
            if colon < 0:
                continue
            span = (colon + 1 + (data[colon + 1 : colon + 2] == b" "), leaf.end)
        yield Capture(
            span=span,
            host=leaf.path[0].decode("latin-1"),
            user=users.get(leaf.path[0], b"").decode("latin-1"),
            facts={"section": section},
        )
    yield from _command(data, start, end, section)


_COMMAND: Final = Pattern(
    rb"""\.(?P<host>[\w.:-]+)["']?[ \t]+(?P<words>[^\n;&|]{1,400})""", re.VERBOSE
)
_WORD: Final = Pattern(rb"""["']?([^\s"']+)["']?""")


def _command(data: bytes, start: int, end: int, section: str) -> Iterator[Capture]:
    found = _COMMAND.match(data, end, end + 600)
    line = data.rfind(b"\n", 0, start) + 1
    if found is None or b"composer" not in data[max(line, start - 200) : start]:
        return
    words = list(_WORD.finditer(data, *found.span("words")))
    wanted = {"http-basic": 1, "bitbucket-oauth": 1}.get(section, 0)
    if len(words) <= wanted or words[wanted][1].startswith(b"-"):
        return
    yield Capture(
        span=words[wanted].span(1),
        host=found["host"].decode("latin-1"),
        user=words[0][1].decode("latin-1") if wanted else "",
        facts={"section": section},
    )


_HEX60: Final = Pattern(rb"(?<![0-9A-Za-z_])[0-9a-f]{60}(?![0-9A-Za-z_])")


def _near_host(data: bytes, start: int, end: int) -> Iterator[Capture]:
    for found in _HEX60.finditer(data, max(0, start - _REACH), end + _REACH):
        yield Capture(span=found.span(), host="repo.packagist.com")


_API_TOKEN: Final = Pattern(rb"apiToken=([A-Za-z0-9_-]{10,100})")
_BEARER: Final = Pattern(rb"(?i:bearer)[ ]+[\w.-]{1,60}:([A-Za-z0-9_-]{10,100})")


def _webhook(data: bytes, start: int, end: int) -> Iterator[Capture]:
    low, high = max(0, start - 300), end + 300
    for pattern in (_API_TOKEN, _BEARER):
        for found in pattern.finditer(data, low, high):
            if value.sort(found[1], quoted=True) is not value.Sort.OTHER:
                yield Capture(span=found.span(1), host="packagist.org")


def _api_secret(rng: random.Random) -> str:
    return "packagist_acs_" + text(rng, HEX, 64)


class Packagist(Registry):
    """Packagist and Private Packagist."""

    name: ClassVar = "packagist"
    title: ClassVar = "Packagist"
    hosts: ClassVar = ("packagist.org", ".packagist.org", "packagist.com", ".packagist.com")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="packagist-token",
            kind="Composer authentication token",
            title="Private Packagist authentication token",
            pattern=r"packagist_(?:ort|out|uut|cut)_[0-9a-fA-F]{68}",
            anchors=("packagist_ort_", "packagist_out_", "packagist_uut_", "packagist_cut_"),
            check=_check_token,
            sample=_sample_token,
            flagged=(
                (
                    '{"http-basic": {"repo.packagist.com": '
                    '{"username": "token", "password": "{token}"}}}'
                ),
                "composer config --global --auth http-basic.repo.packagist.com token {token}",
            ),
            safe=("composer config http-basic.repo.packagist.com token ${PACKAGIST_TOKEN}",),
        ),
        Shape(
            id="packagist-api-secret",
            kind="API secret",
            title="Private Packagist API secret",
            pattern=r"packagist_acs_[0-9a-f]{64,96}",
            anchors=("packagist_acs_",),
            sample=_api_secret,
            flagged=("PACKAGIST_API_SECRET={token}",),
            safe=("PACKAGIST_API_SECRET=$SECRET",),
        ),
        Shape(
            id="packagist-api-key",
            kind="API key",
            title="Private Packagist API key, the public half of a pair",
            severity=Severity.LOW,
            pattern=r"packagist_ack_[0-9a-f]{28,32}",
            anchors=("packagist_ack_",),
            sample=lambda rng: "packagist_ack_" + text(rng, HEX, 32),
            flagged=("PACKAGIST_API_KEY={token}",),
            safe=("PACKAGIST_API_KEY=${{ vars.PACKAGIST_API_KEY }}",),
        ),
        Grammar(
            id="packagist-composer-auth",
            kind="Composer credential",
            title="Composer authentication holds a literal credential",
            anchors=_SECTIONS,
            find=_composer,
            sample=lambda rng: text(rng, ALNUM, 24),
            flagged=(
                '{"http-basic": {"repo.corp.example": {"username": "ci", "password": "{token}"}}}',
                '{"bearer": {"repo.corp.example": "{token}"}}',
                "{'gitlab-token': {'gitlab.corp.example': '{token}'}}",
                (
                    'COMPOSER_AUTH="{\\"http-basic\\":{\\"repo.corp.example\\":'
                    '{\\"username\\":\\"ci\\",\\"password\\":\\"{token}\\"}}}"'
                ),
                "composer config http-basic.repo.corp.example ci {token}",
            ),
            safe=(
                (
                    '{"http-basic": {"repo.corp.example": '
                    '{"username": "ci", "password": "${REPO_PASSWORD}"}}}'
                ),
                '{"github-oauth": {"github.com": "%env(GITHUB_TOKEN)%"}}',
                "composer config github-oauth.github.com $GITHUB_TOKEN",
            ),
        ),
        Grammar(
            id="packagist-legacy-token",
            kind="Composer authentication token without a prefix",
            title="Private Packagist authentication token, older form",
            anchors=("repo.packagist.com",),
            find=_near_host,
            sample=lambda rng: text(rng, HEX, 60),
            flagged=("https://token:{token}@repo.packagist.com/acme/",),
            safe=("https://repo.packagist.com/acme/dists/acme/lib/1.0.0.0/9d8f.zip",),
        ),
        Grammar(
            id="packagist-webhook-token",
            kind="API token in a request",
            title="Packagist API token in a URL or header",
            anchors=("packagist.org/api/",),
            find=_webhook,
            sample=lambda rng: text(rng, ALNUM, 20),
            flagged=(
                "https://packagist.org/api/update-package?username=acme&apiToken={token}",
                (
                    'curl -H "Authorization: Bearer acme:{token}" '
                    "https://packagist.org/api/update-package"
                ),
            ),
            safe=("https://packagist.org/api/update-package?username=acme&apiToken=$TOKEN",),
        ),
        Key(
            id="packagist-variable",
            kind="token or password in a variable",
            title="Packagist credential in a variable",
            names=(*names_of("packagist"),),
            sample=lambda rng: text(rng, ALNUM, 20),
            flagged=("PACKAGIST_TOKEN={token}",),
            safe=("PACKAGIST_TOKEN: ${{ secrets.PACKAGIST_TOKEN }}",),
        ),
    )
    lookalikes: ClassVar = (
        "packagist_uut_0f3c9a",
        "packagist_uut_" + "0f3c9a5b7d" * 7,
        "xpackagist_out_" + "0f3c9a5b7d" * 6 + "12ab34cd",
        "PACKAGIST_UUT_" + "0f3c9a5b7d" * 6 + "12ab34cd",
    )
    remediation: ClassVar = (
        (
            "Revoke: regenerate the token on Private Packagist under the organization's or your "
            "profile's Composer Auth page; for packagist.org, show and regenerate the API token on "
            "the profile page."
        ),
        (
            "Audit: read the organization's activity log and look for packages, credentials or "
            "members that changed while the token was exposed; for packagist.org, check each "
            "package's repository URL and maintainers."
        ),
        (
            "Remove: take the token out of auth.json, composer.json and history, and commit "
            "neither auth.json nor vendor/composer caches."
        ),
        (
            "Prevent: keep auth.json in .gitignore and pass the credential in COMPOSER_AUTH from "
            "the CI's secret store; use an organization's read-only token for installs."
        ),
    )
    docs: ClassVar = (
        "https://packagist.com/docs/composer-authentication (read 2026-11-22)",
        (
            "https://getcomposer.org/doc/articles/authentication-for-private-packages.md "
            "(read 2026-11-22)"
        ),
        "https://packagist.org/apidoc (read 2026-11-22)",
    )


REGISTRY: Final = Packagist()
