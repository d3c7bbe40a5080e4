# SPDX-License-Identifier: Apache-2.0
"""GitLab, whose tokens also publish to its package and container registries.

Routable tokens say whom they belong to: a base64 payload of routing lines, 16 random bytes and
their count, then the payload's length and a CRC-32, both in base 36. Older tokens have a prefix
and 20 random characters; the oldest have no prefix and count only under a telling name.
"""

import binascii
import random
import re
import zlib
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command, jose
from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import BASE64URL, HEX, text
from stanch.model import Fact, Proof, Severity
from stanch.registries import Registry

_ROUTABLE: Final = r"[A-Za-z0-9_-]{27,300}\.(?:[0-9a-z]{2}\.)?[0-9a-z]{9}"
_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_OWNERS: Final = {
    b"c": "cell_id",
    b"g": "group_id",
    b"o": "organization_id",
    b"p": "project_id",
    b"u": "user_id",
}
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_RANDOM_BYTES: Final = 16


def base36(number: int, width: int) -> str:
    """Write `number` in base 36, left-padded with `0` to `width`."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _BASE36[digit] + digits
    return digits.rjust(width, "0")


_END: Final = Pattern(rb"\.(?:[0-9a-z]{2}\.)?([0-9a-z]{2})[0-9a-z]{7}\Z")
_ROUTE: Final = Pattern(rb"([cgopu]):([0-9a-z]{1,13})")


def _check_token(token: bytes) -> Proof:
    """Prove a routable token and read its owners; any other is neither proved nor faulted.

    Source:
        GitLab, `lib/authn/token_field/generator/routable_token.rb` (read 2026-11-22)
    """
    end = _END.search(token)
    if end is None:
        return _job_token(token)
    facts = _owners(token[: end.start()], int(end[1], 36))
    if base36(zlib.crc32(token[:-7]), 7).encode() != token[-7:]:
        return Proof(valid=False, facts={"note": "checksum does not match"})
    return Proof(valid=True, facts=facts)


def _owners(text_: bytes, length: int) -> dict[str, Fact]:
    payload = text_[-length:].translate(_TO_STANDARD) if length else b""
    try:
        decoded = binascii.a2b_base64(payload + b"=" * (-len(payload) % 4))
    except binascii.Error:
        return {}
    if not decoded or decoded[-1] != _RANDOM_BYTES:
        return {}
    lines = decoded[: -_RANDOM_BYTES - 1].split(b"\n")
    routes = [route for line in lines if (route := _ROUTE.fullmatch(line))]
    return {_OWNERS[route[1]]: int(route[2], 36) for route in routes}


def _job_token(token: bytes) -> Proof:
    claims = jose.claims(token.partition(b"-")[2])
    return Proof(valid=bool(claims), facts=jose.claim_facts(claims))


def _routable(prefix: str, rng: random.Random) -> str:
    route = f"o:1\np:{base36(rng.randrange(36**4), 1)}\nu:{base36(rng.randrange(36**4), 1)}"
    payload = binascii.b2a_base64(route.encode() + rng.randbytes(16) + b"\x10", newline=False)
    encoded = payload.decode().rstrip("=").replace("+", "-").replace("/", "_")
    body = f"{prefix}{encoded}.01.{base36(len(encoded), 2)}"
    return body + base36(zlib.crc32(body.encode()), 7)


def _shape(prefix: str, kind: str, severity: Severity, legacy: str = "") -> Shape:
    """Return the shape of a kind that is issued in routable form, and was in another."""
    return Shape(
        id="gitlab-" + kind.lower().replace("/", "-").replace(" ", "-"),
        kind=kind,
        title="GitLab " + kind,
        severity=severity,
        pattern=f"{prefix}(?:{_ROUTABLE}|{legacy or '[A-Za-z0-9_-]{20,22}'})",
        anchors=(prefix,),
        check=_check_token,
        entropy=3.0,
        sample=lambda rng: _routable(prefix, rng),
        flagged=("GITLAB_TOKEN={token}", "curl -H 'PRIVATE-TOKEN: {token}' https://gitlab.com/api"),
        safe=("GITLAB_TOKEN=$CI_JOB_TOKEN", "curl -H 'PRIVATE-TOKEN: ${TOKEN}' https://gitlab.com"),
    )


def _plain(prefix: str, kind: str, severity: Severity, length: int, alphabet: str = "") -> Shape:
    """Return the shape of a kind that has a prefix and random characters, and no check."""
    letters = HEX if alphabet else BASE64URL
    return Shape(
        id="gitlab-" + kind.lower().replace(" ", "-"),
        kind=kind,
        title="GitLab " + kind,
        severity=severity,
        pattern=f"{prefix}[{alphabet or 'A-Za-z0-9_-'}]{{{length}}}",
        anchors=(prefix,),
        entropy=3.0,
        sample=lambda rng: prefix + text(rng, letters, length),
        flagged=("token: {token}",),
        safe=("token: $GITLAB_TOKEN",),
    )


_USERS: Final = Pattern(
    rb"""["']?\s*(?::(?P<inline>[^\s@:/"'<>]{8,512})@|(?P<block>[\s\S]{0,80}?password))""",
    re.VERBOSE,
)
_REST: Final = Pattern(rb"[0-9]*")


def _find_user(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the password beside GitLab's fixed user names."""
    digits = _REST.match(data, end)
    at = digits.end() if digits else end
    found = _USERS.match(data, at, at + 600)
    if found is None:
        return
    if found["inline"]:
        yield Capture(span=found.span("inline"))
        return
    capture = command.capture_after(data, found.end())
    if capture:
        yield capture


_UNPREFIXED: Final = r"(?=[^0-9]{0,63}[0-9])(?=[^A-Za-z]{0,63}[A-Za-z])[0-9A-Za-z_-]{20,64}"


def _sample_unprefixed(rng: random.Random) -> str:
    return "x7" + text(rng, BASE64URL, 18)


class GitLab(Registry):
    """GitLab.com and GitLab servers."""

    name: ClassVar = "gitlab"
    title: ClassVar = "GitLab"
    hosts: ClassVar = ("gitlab.com", "www.gitlab.com", "registry.gitlab.com", ".gitlab.com")
    rules: ClassVar[tuple[Rule, ...]] = (
        _shape("glpat-", "access token", Severity.CRITICAL),
        _shape("gldt-", "deploy token", Severity.CRITICAL),
        _shape(
            "glcbt-",
            "CI/CD job token",
            Severity.CRITICAL,
            r"(?:[0-9a-zA-Z]{1,5}_)?[A-Za-z0-9_-]{20}|eyJ[\w-]+\.[\w-]+\.[\w-]+",
        ),
        _shape("glrt-", "runner authentication token", Severity.HIGH),
        _shape("glptt-", "pipeline trigger token", Severity.HIGH, "[A-Za-z0-9_-]{40}"),
        _shape("glft-", "feed token", Severity.MEDIUM),
        _shape("glwt-", "workspace token", Severity.HIGH),
        _shape("glagent-", "agent token", Severity.HIGH, "[A-Za-z0-9_-]{50}"),
        _plain("glimt-", "incoming mail token", Severity.MEDIUM, 25),
        _plain("gloas-", "OAuth application secret", Severity.HIGH, 64),
        _plain("glsoat-", "SCIM token", Severity.HIGH, 20),
        _plain("glffct-", "feature flags client token", Severity.LOW, 20),
        _plain("glrtr-", "runner registration token", Severity.HIGH, 20),
        _plain("GR1348941", "project runner registration token", Severity.HIGH, 20),
        Key(
            id="gitlab-unprefixed-token",
            kind="token without a prefix",
            title="GitLab token without a prefix, or with the server's own",
            names=(
                "GITLAB_TOKEN",
                "GITLAB_API_TOKEN",
                "GITLAB_API_KEY",
                "GITLAB_PRIVATE_TOKEN",
                "GITLAB_ACCESS_TOKEN",
                "GITLAB_PERSONAL_TOKEN",
                "GITLAB_DEPLOY_TOKEN",
                "GITLAB_NPM_TOKEN",
                "CI_JOB_TOKEN",
                "CI_DEPLOY_PASSWORD",
                "CI_REGISTRY_PASSWORD",
                "CI_BUILD_TOKEN",
            ),
            value=_UNPREFIXED,
            sample=_sample_unprefixed,
            flagged=("GITLAB_TOKEN={token}", "gitlabPrivateToken: '{token}'"),
            safe=("GITLAB_TOKEN=$CI_JOB_TOKEN", "CI_JOB_TOKEN: [MASKED]"),
        ),
        Key(
            id="gitlab-header-token",
            kind="token in a request header",
            title="GitLab token in a request header or parameter",
            names=("PRIVATE-TOKEN", "DEPLOY-TOKEN", "JOB-TOKEN"),
            value=_UNPREFIXED,
            needs="gitlab|/api/v4/",
            sample=_sample_unprefixed,
            flagged=('curl -H "PRIVATE-TOKEN: {token}" https://git.corp.example/api/v4/user',),
            safe=('curl -H "PRIVATE-TOKEN: $TOKEN" https://git.corp.example/api/v4/user',),
        ),
        Grammar(
            id="gitlab-user-password",
            kind="password of a fixed user",
            title="Password beside GitLab's job or deploy user",
            anchors=("gitlab-ci-token", "gitlab+deploy-token-"),
            find=_find_user,
            sample=_sample_unprefixed,
            flagged=(
                "git clone https://gitlab-ci-token:{token}@git.corp.example/acme/lib.git",
                "username: gitlab+deploy-token-12\npassword: {token}\n",
            ),
            safe=("https://gitlab-ci-token:${CI_JOB_TOKEN}@gitlab.com/acme/lib.git",),
        ),
    )
    lookalikes: ClassVar = (
        "glpat-abc",
        "glpat-" + "x7Kd93Qm2P" * 40,
        "songlpat-x7Kd93Qm2Px7Kd93Qm2P",
        "GLPAT-x7Kd93Qm2Px7Kd93Qm2P",
        "gr1348941x7Kd93Qm2Px7Kd93Qm2P",
    )
    remediation: ClassVar = (
        (
            "Revoke: under the user's, project's or group's Access tokens (or Deploy tokens, "
            "Runners, Triggers) page, or DELETE /api/v4/personal_access_tokens/self with the token "
            "itself."
        ),
        (
            "Audit: read the audit events of the owner that the token names, and list packages, "
            "images, pushes and CI variables that changed meanwhile."
        ),
        "Remove: take it out of the tree, the history, .git/config remotes and CI variables.",
        (
            "Prevent: use CI_JOB_TOKEN with an allow-list, expiring project tokens with the least "
            "scope, and masked, protected variables."
        ),
    )
    docs: ClassVar = (
        "https://docs.gitlab.com/ee/security/token_overview.html (read 2026-11-22)",
        (
            "https://github.com/gitlabhq/gitlabhq/blob/master/lib/authn/token_field/generator/"
            "routable_token.rb (read 2026-11-22)"
        ),
    )


REGISTRY: Final = GitLab()
