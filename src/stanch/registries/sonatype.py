# SPDX-License-Identifier: Apache-2.0
"""Sonatype: the Maven Central portal, and the OSSRH service that it replaced.

A user token is a pair of codes without a prefix. It is known by the variables that build tools
read, by the `<server>` it stands in, and as `Bearer base64(user:password)` in calls to the portal.
"""

import base64
import binascii
import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from stanch.detect.rule import Capture, Grammar, Key, Rule
from stanch.detect.sample import ALNUM, text
from stanch.registries import Registry

_REACH: Final = 600
_SERVER: Final = (
    rb"(?s)<id>\s*(?:[\w.-]*(?:ossrh|sonatype)[\w.-]*|(?:maven[-_.]?)?central(?:[-_.]?portal)?)"
    rb"\s*</id>"
)
_PASSWORD: Final = rb"<password>\s*([^<\s][^<]{0,500}?)\s*</password>"
_USER: Final = rb"<username>\s*([^<\s]{1,100})\s*</username>"
_BEARER: Final = rb"(?:Bearer|UserToken|Basic)\s+([A-Za-z0-9+/_-]{24,200}={0,2})(?![A-Za-z0-9+/=])"


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _find_server(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    """Read a `<server>` of `settings.xml` whose id is one that Central's guides use."""
    close = data.find(b"</server>", start, start + 4096)
    stop = close if close >= 0 else min(len(data), start + _REACH)
    if not _compiled(_SERVER).search(data, start, stop):
        return
    password = _compiled(_PASSWORD).search(data, start, stop)
    if password is None or password[1].startswith((b"{", b"$")):
        return
    user = _compiled(_USER).search(data, start, stop)
    yield Capture(
        span=password.span(1),
        user=user[1].decode("latin-1") if user and not user[1].startswith(b"$") else "",
    )


def _find_header(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read an authorisation header near the portal's host."""
    low = max(0, start - _REACH)
    for header in _compiled(_BEARER).finditer(data, low, min(len(data), end + _REACH)):
        try:
            plain = base64.b64decode(header[1], altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            continue
        user, colon, password = plain.partition(b":")
        if colon and password and plain.isascii():
            yield Capture(
                span=header.span(1),
                value=password,
                user=user.decode("latin-1"),
                decoded=("base64",),
            )


def _sample_password(rng: random.Random) -> str:
    return text(rng, ALNUM, 44)


def _sample_pair(rng: random.Random) -> str:
    pair = f"{text(rng, ALNUM, 8)}:{text(rng, ALNUM, 44)}"
    return base64.b64encode(pair.encode()).decode()


class Sonatype(Registry):
    """Maven Central's portal."""

    name: ClassVar = "sonatype"
    title: ClassVar = "Maven Central (Sonatype)"
    hosts: ClassVar = ("central.sonatype.com", ".sonatype.org", "repo.maven.apache.org")
    rules: ClassVar[tuple[Rule, ...]] = (
        Key(
            id="sonatype-user-token",
            kind="user token",
            title="Maven Central publishing password or user token",
            names=(
                "MAVEN_CENTRAL_PASSWORD",
                "MAVEN_CENTRAL_TOKEN",
                "MAVEN_CENTRAL_PORTAL_PASSWORD",
                "MAVENCENTRAL_PASSWORD",
                "MAVENCENTRAL_TOKEN",
                "CENTRAL_TOKEN_PASSWORD",
                "CENTRAL_PORTAL_PASSWORD",
                "CENTRAL_PORTAL_TOKEN",
                "OSSRH_PASSWORD",
                "OSSRH_PASS",
                "OSSRH_TOKEN",
                "OSSRH_JIRA_PASSWORD",
                "SONATYPE_PASSWORD",
                "SONATYPE_PASS",
                "SONATYPE_TOKEN",
                "SONATYPE_CENTRAL_PASSWORD",
                "SONATYPE_CENTRAL_TOKEN",
                "JRELEASER_NEXUS2_PASSWORD",
                "JRELEASER_NEXUS2_TOKEN",
            ),
            sample=_sample_password,
            flagged=(
                "ossrhPassword={token}",
                "MAVEN_CENTRAL_PASSWORD: {token}",
                "export ORG_GRADLE_PROJECT_mavenCentralPassword={token}",
                'ENV JRELEASER_MAVENCENTRAL_SONATYPE_TOKEN="{token}"',
            ),
            safe=(
                "MAVEN_CENTRAL_PASSWORD: ${{ secrets.MAVEN_CENTRAL_PASSWORD }}",
                'ossrhPassword = System.getenv("OSSRH_PASSWORD")',
            ),
        ),
        Grammar(
            id="sonatype-settings-password",
            kind="user token in settings.xml",
            title="Maven settings hold a literal Maven Central user token",
            anchors=("<server>",),
            find=_find_server,
            reach=(16, 4200),
            sample=_sample_password,
            flagged=(
                (
                    "<server><id>central</id><username>u8s3rT0k</username>"
                    "<password>{token}</password></server>"
                ),
                "<server>\n  <id>ossrh</id>\n  <password>{token}</password>\n</server>",
            ),
            safe=(
                "<server><id>central</id><password>${env.CENTRAL_PASSWORD}</password></server>",
                "<server><id>ossrh</id><password>{COQLCE6DU6GtcS5P=}</password></server>",
            ),
        ),
        Grammar(
            id="sonatype-portal-header",
            kind="user token in a request header",
            title="Maven Central user token in an authorisation header",
            anchors=("central.sonatype.com",),
            find=_find_header,
            reach=(700, 700),
            sample=_sample_pair,
            flagged=(
                (
                    'curl -H "Authorization: Bearer {token}" '
                    "https://central.sonatype.com/api/v1/publisher/status"
                ),
            ),
            safe=(
                (
                    'curl -H "Authorization: Bearer $TOKEN" '
                    "https://central.sonatype.com/api/v1/publisher/status"
                ),
            ),
        ),
    )
    lookalikes: ClassVar = (
        "ossrhPassword=",
        "<server><id>internal</id><host>db.example.com</host></server>",
        "ossrhPasswordless = enabledForEveryone",
        "<Server><Id>central</Id><Password>Qx7hG2kLm9pR</Password></Server>",
    )
    remediation: ClassVar = (
        "Revoke: sign in to the Central portal, Account, View User Tokens, and delete the token.",
        (
            "Audit: list the namespace's deployments in the portal and compare each release with "
            "its source tag; releases on Maven Central cannot be withdrawn: publish a fixed one."
        ),
        "Remove the pair from every place listed, history included.",
        "Prevent: keep the pair in the build server's secret store and read it as ${env.NAME}.",
    )
    docs: ClassVar = (
        "https://central.sonatype.org/publish/generate-portal-token/ (read 2026-11-22)",
        "https://central.sonatype.org/publish/publish-portal-api/ (read 2026-11-22)",
    )


REGISTRY: Final = Sonatype()
