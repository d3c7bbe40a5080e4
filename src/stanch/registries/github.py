# SPDX-License-Identifier: Apache-2.0
"""GitHub, whose tokens also publish to GitHub Packages (npm, Maven, NuGet, RubyGems, containers).

Prefixed tokens end in a CRC-32 in base 62; fine-grained ones hold eight characters of a SHA-256;
stateless installation tokens are JSON web tokens behind a prefix. Tokens from before April 2021 are
40 bare hex digits, the shape of every commit id, so they count only under a telling name, in a
header or in a URL of GitHub's.
"""

import base64
import hashlib
import random
import re
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import jose
from stanch.detect.checksum import crc32_base62, with_crc32_base62
from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import ALNUM, BASE64URL, HEX, text
from stanch.model import Proof, Severity
from stanch.registries import Registry

_HEX40: Final = r"(?:v1\.)?[0-9a-f]{40}"


def _prefixed(prefix: str, kind: str, title: str, length: int, severity: Severity) -> Shape:
    def sample(rng: random.Random) -> str:
        return with_crc32_base62(prefix, text(rng, ALNUM, length - 6))

    return Shape(
        id="github-" + kind.replace(" ", "-"),
        kind=kind,
        title=title,
        severity=severity,
        pattern=prefix + r"[A-Za-z0-9]{36,251}",
        anchors=(prefix,),
        check=crc32_base62,
        summed=True,
        entropy=3.0,
        sample=sample,
        flagged=(
            "GITHUB_TOKEN={token}",
            "git clone https://x-access-token:{token}@github.com/acme/lib.git",
            "//npm.pkg.github.com/:_authToken={token}",
        ),
        safe=(
            "GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}",
            "git clone https://x-access-token:$GH_TOKEN@github.com/acme/lib.git",
        ),
    )


def _check_fine_grained(token: bytes) -> Proof:
    head, checksum = token[:-16], token[-16:-8]
    digest = base64.b32encode(hashlib.sha256(head).digest())
    if digest[:8] == checksum:
        return Proof(valid=True)
    return Proof(valid=False, facts={"note": "checksum does not match"})


def _sample_fine_grained(rng: random.Random) -> str:
    head = f"github_pat_11{text(rng, ALNUM, 20)}_{text(rng, ALNUM, 43)}"
    digest = base64.b32encode(hashlib.sha256(head.encode()).digest()).decode()
    return head + digest[:8] + text(rng, ALNUM, 8)


def _check_stateless(token: bytes) -> Proof:
    claims = jose.claims(token.split(b"_", 2)[-1])
    if not {"iat", "exp"} & claims.keys():
        return Proof(valid=False, facts={"note": "not a JSON web token with times"})
    return Proof(valid=True, facts=jose.claim_facts(claims))


def _sample_stateless(rng: random.Random) -> str:
    issued = rng.randrange(1_760_000_000, 1_800_000_000)
    claims = f'{{"iat":{issued},"exp":{issued + 3600},"iss":"{rng.randrange(10**6)}"}}'
    parts = (b'{"alg":"RS256","typ":"JWT"}', claims.encode())
    encoded = [base64.urlsafe_b64encode(one).decode().rstrip("=") for one in parts]
    return f"ghs_{rng.randrange(10**6)}_{encoded[0]}.{encoded[1]}.{text(rng, BASE64URL, 86)}"


_HEADER: Final = Pattern(
    rb"""(?i)["'\]]{0,2}\s{0,3}[:,=>]{1,3}\s{0,3}\\*["']?(?:token|bearer)\s+
    (?-i:([0-9a-f]{40}))(?![0-9A-Za-z])""",
    re.VERBOSE,
)
_GITHUB_NEAR: Final = Pattern(rb"(?i)github")
_REACH: Final = 300


def _find_header(data: bytes, start: int, end: int) -> Iterator[Capture]:
    found = _HEADER.match(data, end, end + 120)
    if found and _GITHUB_NEAR.search(data, max(0, start - _REACH), found.end() + _REACH):
        yield Capture(span=found.span(1), host="api.github.com")


_USERINFO: Final = Pattern(
    rb"://(?:(?P<user>[0-9a-f]{40})(?::[^\s@/]{0,60})?|[^\s:@/]{0,60}:(?P<password>[0-9a-f]{40}))\Z"
)


def _find_url(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    low = max(0, start - 160)
    found = _USERINFO.search(data[low:start])
    if found:
        name = "user" if found["user"] else "password"
        yield Capture(span=(low + found.start(name), low + found.end(name)), host="github.com")


def _sample_hex(rng: random.Random) -> str:
    return text(rng, HEX, 40)


class GitHub(Registry):
    """GitHub and GitHub Packages."""

    name: ClassVar = "github"
    title: ClassVar = "GitHub"
    hosts: ClassVar = (
        "github.com",
        "www.github.com",
        "api.github.com",
        "gist.github.com",
        "raw.github.com",
        "uploads.github.com",
        "codeload.github.com",
        "raw.githubusercontent.com",
        ".githubusercontent.com",
        "ghcr.io",
        ".pkg.github.com",
    )
    rules: ClassVar[tuple[Rule, ...]] = (
        _prefixed(
            "ghp_",
            "personal access token",
            "GitHub personal access token (classic)",
            36,
            Severity.CRITICAL,
        ),
        _prefixed("gho_", "oauth token", "GitHub OAuth access token", 36, Severity.CRITICAL),
        _prefixed("ghu_", "user token", "GitHub App user token", 36, Severity.CRITICAL),
        _prefixed("ghs_", "installation token", "GitHub App token", 36, Severity.CRITICAL),
        _prefixed("ghr_", "refresh token", "GitHub App refresh token", 76, Severity.HIGH),
        Shape(
            id="github-fine-grained-token",
            kind="fine-grained personal access token",
            title="GitHub fine-grained personal access token",
            pattern=r"github_pat_[A-Za-z0-9_]{82}",
            anchors=("github_pat_",),
            check=_check_fine_grained,
            summed=True,
            entropy=3.0,
            sample=_sample_fine_grained,
            flagged=("GH_TOKEN={token}", '"github-oauth": {"github.com": "{token}"}'),
            safe=("GH_TOKEN=$(gh auth token)",),
        ),
        Shape(
            id="github-stateless-installation-token",
            kind="stateless installation token",
            title="GitHub App token that carries its claims",
            pattern=r"ghs_[0-9]{1,20}_eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
            anchors=("ghs_",),
            right="A-Za-z0-9_-",
            check=_check_stateless,
            sample=_sample_stateless,
            flagged=("GITHUB_TOKEN={token}",),
            safe=("GITHUB_TOKEN=${GITHUB_TOKEN}",),
        ),
        Key(
            id="github-legacy-token",
            kind="token without a prefix",
            title="GitHub token or client secret, older form",
            names=(
                "GITHUB_TOKEN",
                "GITHUB_API_TOKEN",
                "GITHUB_API_KEY",
                "GITHUB_KEY",
                "GITHUB_SECRET",
                "GITHUB_API_SECRET",
                "GITHUB_APP_SECRET",
                "GITHUB_CLIENT_SECRET",
                "GITHUB_ACCESS_TOKEN",
                "GITHUB_AUTH_TOKEN",
                "GITHUB_OAUTH",
                "GITHUB_PERSONAL",
                "GITHUB_PASSWORD",
                "GITHUB_PACKAGES_TOKEN",
                "GH_TOKEN",
                "GH_API_TOKEN",
                "GH_ACCESS_TOKEN",
                "GHCR_TOKEN",
                "GHCR_PASSWORD",
            ),
            value=_HEX40,
            sample=_sample_hex,
            flagged=(
                "GITHUB_TOKEN={token}",
                "let g:gh_token='{token}'",
                '"githubToken": "{token}"',
            ),
            safe=("GITHUB_TOKEN=$TOKEN", "GITHUB_SHA=a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0"),
        ),
        Key(
            id="github-legacy-token-short-name",
            kind="token without a prefix",
            title="GitHub token, older form, under a short name",
            names=("GITHUB_PAT", "GH_PAT", "CR_PAT", "GHCR_PAT", "GITHUB_AUTH"),
            whole=True,
            value=_HEX40,
            sample=_sample_hex,
            flagged=("export GH_PAT={token}",),
            safe=("graph_path = a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0",),
        ),
        Key(
            id="github-legacy-token-nearby",
            kind="token without a prefix",
            title="Access token in older form, with GitHub named beside it",
            names=("access_token", "oauth_token"),
            value=_HEX40,
            needs="github",
            sample=_sample_hex,
            flagged=(
                'def fetch(url="https://api.github.com", access_token="{token}"):',
                "github.com:\n- user: acme\n  oauth_token: {token}\n",
            ),
            safe=("access_token = " + "a1b2c3d4" * 5,),
        ),
        Grammar(
            id="github-legacy-token-header",
            kind="token without a prefix",
            title="GitHub token, older form, in an Authorization header",
            anchors=("authorization",),
            caseless=True,
            find=_find_header,
            sample=_sample_hex,
            flagged=('curl -H "Authorization: token {token}" https://api.github.com/user',),
            safe=('curl -H "Authorization: token $TOKEN" https://api.github.com/user',),
            encoded=False,
        ),
        Grammar(
            id="github-legacy-token-url",
            kind="token without a prefix",
            title="GitHub token, older form, in a URL",
            anchors=("@github.com/",),
            find=_find_url,
            sample=_sample_hex,
            flagged=(
                "git clone https://{token}:x-oauth-basic@github.com/acme/lib.git",
                "https://acme:{token}@github.com/acme/lib.git",
            ),
            safe=("git clone https://${TOKEN}@github.com/acme/lib.git",),
        ),
    )
    lookalikes: ClassVar = (
        "ghp_x7Kd93",
        "github_pat_11ABCDE_" + "x7Kd93Qm2P" * 30,
        "longhp_x7Kd93Qm2Px7Kd93Qm2Px7Kd93Qm2Px7Kd93",
        "GHP_x7Kd93Qm2Px7Kd93Qm2Px7Kd93Qm2Px7Kd93",
        "uses: actions/checkout@a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0 # github",
    )
    remediation: ClassVar = (
        (
            "Revoke: delete it under Settings, Developer settings; anyone who holds a ghp_, "
            "github_pat_, gho_, ghu_ or ghr_ token may send it to POST /credentials/revoke, "
            "unauthenticated. For a client secret, generate a new one in the app's settings."
        ),
        (
            "Audit: search the audit log or security log for the token's activity; list package "
            "versions, releases, pushes, deploy keys and workflow changes made meanwhile."
        ),
        (
            "Remove: take it out of the tree, the history, remotes' URLs in .git/config, CI "
            "variables and image layers."
        ),
        (
            "Prevent: use the workflow's own GITHUB_TOKEN or OIDC, fine-grained tokens with an "
            "expiry date, and push protection."
        ),
    )
    docs: ClassVar = (
        (
            "https://github.blog/engineering/behind-githubs-new-authentication-token-formats/ "
            "(read 2026-11-22)"
        ),
        "https://docs.github.com/en/rest/credentials/revoke (read 2026-11-22)",
    )


REGISTRY: Final = GitHub()
