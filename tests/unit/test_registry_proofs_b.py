# SPDX-License-Identifier: Apache-2.0
"""The offline proofs and the grammars of forges, containers, Composer and hosted registries.

Published vectors are written in two parts, so that a scan of this repository finds none of them.
"""

import base64
import json
import random
import zlib
from collections.abc import Callable, Iterable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.catalog import hosts, registries, rules
from stanch.detect import Capture, Engine, Grammar, Key, Shape
from stanch.detect.sample import ALNUM
from stanch.detect.sample import text as letters
from stanch.model import Confidence, Match, Proof
from stanch.registries import bitbucket, codeartifact, docker, github, gitlab, jfrog, packagist
from stanch.registries.thunderstore import REGISTRY as THUNDERSTORE

NAMES = (
    *("packagist", "dockerhub", "docker", "github", "gitlab", "bitbucket", "gitea", "jfrog"),
    *("nexus", "cloudsmith", "codeartifact", "google-artifact-registry", "buildkite"),
    *("packagecloud", "pulp", "posit", "proget", "octopus", "thunderstore"),
)
RULES = tuple(rule for one in registries() if one.name in NAMES for rule in one.rules)
CHECKS = sorted(
    {rule.check for rule in RULES if isinstance(rule, Shape | Key | Grammar) and rule.check},
    key=repr,
)
GRAMMARS = tuple(rule for rule in RULES if isinstance(rule, Grammar))
HOSTILE = st.one_of(
    st.binary(max_size=300),
    st.text(alphabet="eyJ.{}[]\"'\\:=,-_ \n0aZ@/", max_size=200).map(str.encode),
)


@cache
def engine() -> Engine:
    """Return the engine with every rule, made once."""
    return Engine(rules(), hosts())


def matches(text: str) -> list[Match]:
    """Return what the whole engine finds in `text`."""
    return engine().matches(text.encode())


def secrets(text: str) -> list[str]:
    """Return the credentials that the whole engine finds in `text`."""
    return [match.secret.reveal().decode() for match in matches(text)]


def check_of(name: str) -> Callable[[bytes], Proof]:
    """Return the check of the shape called `name`."""
    for rule in RULES:
        if rule.id == name and isinstance(rule, Shape) and rule.check:
            return rule.check
    raise LookupError(name)


WORDS = tuple(letters(random.Random(number), ALNUM, 16) for number in range(7))


def unpadded(value: object) -> str:
    """Return `value` as JSON in base64url, as tokens carry it."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt(claims: object) -> bytes:
    """Return a JSON web token with `claims` and no honest signature."""
    return f"{unpadded({'alg': 'RS256'})}.{unpadded(claims)}.c2lnbmF0dXJl".encode()


PACKAGIST = "packagist-" + "token"
VALID = (
    ("github-personal-access-token", "ghp_" + "gOopU03DASjFw8k3jiy4uJWh1t46Sd0P4bh3"),
    (
        "github-refresh-token",
        "ghr_" + "OWOCPzqKuy3J4w53QpkLfffjBUJSh5yLnFHj7wiyR0NDadVOcykNkoqhoYYXM1yy2sOpAu0lG8fw",
    ),
    (
        "github-fine-grained-token",
        "github_"  # noqa: ISC003
        + "pat_11AAYCBDQ0tjwxY3uiVv5v_lo8vfONwp06Vaq9ORB7pSxWM1UT5wSEuqxoxNv15mbAJTNMO62SdeYHLyzV",
    ),
    ("gitlab-access-token", "glpat-" + "vSY1cyL948aAB440qB6L4zlu9OzsUmEV.01.0w0sfevch"),
    ("bitbucket-app-password", "ATBB" + "Ab3dE5fG7hJ9kL2mN4pQ6rS8AD6D34F4"),
    ("bitbucket-app-password", "ATBB" + "cCe6fczW96Vzwgvb4r8F2gZS54D591C4"),
    ("bitbucket-data-center-token", "BBDC-" + "MzQ2Njc4NjkyMDgwOsEidtxMt9WDExIOYPEWBFXH093l"),
    (
        "jfrog-reference-token",
        "cmVmdGtuOjAxOj" + "AxMjM0NTY3ODk6QWJjZGVmR2hpamtsbW5vUHFyc3R1dnd4eXow",
    ),
    (
        "jfrog-api-key",
        "AKCp" + "2UNCd8uK7hQoxZnFE4PGtRHnAcBHr43HgLcj7nJmWb4JhVUqBwa2iwXszftnogpo2EVFa",
    ),
    (PACKAGIST, "packagist_ort_" + "0123456789abcdef" * 3 + "0123456789ab680569fb"),
    (PACKAGIST, "packagist_out_" + "0123456789abcdef" * 3 + "0123456789ab006c7bae"),
    (PACKAGIST, "packagist_uut_" + "0123456789abcdef" * 3 + "0123456789abf997abf6"),
    (PACKAGIST, "packagist_cut_" + "0123456789abcdef" * 3 + "0123456789abf3a4be17"),
)

INVALID = (
    (
        "github-fine-grained-token",
        "github_"  # noqa: ISC003
        + "pat_11AALKJEA04kc5Z9kNGzwK_zLv1venPjF9IFl5QvO2plAgKD9KWmCiq6seyWr9nftbTMABK664eCS9JYG2",
    ),
    ("gitlab-access-token", "glpat-" + "3fZ1p5y4XWcCvMGVlfakeW86MQp1Oml3Ymg0Cw.01.1203afake"),
    ("bitbucket-app-password", "ATBB" + "3g7gLXseCxPjJs1CQNMyEjwf1D12516D"),
    (
        "jfrog-api-key",
        "AKCp" + "2UNCd8uK7hQoxZnFE4PGtRHnAcBHr43HgLcj7nJmWb4JhVUqBwa2iwXszftnogpo2EVF0",
    ),
    (PACKAGIST, "packagist_uut_" + "0123456789abcdef" * 3 + "0123456789abf997abf7"),
    ("bitbucket-data-center-token", "BBDC-" + "x7Kd93Qm2P" * 4 + "x7Kd"),
)


@pytest.mark.parametrize(("rule", "token"), VALID)
def test_published_token_is_proved(rule: str, token: str) -> None:
    """A published token with an honest checksum is proved and reported as verified."""
    assert check_of(rule)(token.encode()).valid
    found = matches(f"TOKEN={token}\n")
    assert [(rule, token, Confidence.VERIFIED)] == [
        (match.rule, match.secret.reveal().decode(), match.confidence) for match in found
    ]


@pytest.mark.parametrize(("rule", "token"), INVALID)
def test_published_counterfeit_is_not_proved(rule: str, token: str) -> None:
    """A token whose checksum fails is not proved, says why, and is still reported."""
    proof = check_of(rule)(token.encode())
    assert not proof.valid
    assert "note" in proof.facts
    found = matches(f"TOKEN={token}\n")
    assert [token] == [match.secret.reveal().decode() for match in found]
    assert Confidence.VERIFIED is not found[0].confidence


def test_packagist_kind() -> None:
    """The prefix of a Private Packagist token tells whose it is and what it may do."""
    token = "packagist_ort_" + "0123456789abcdef" * 3 + "0123456789ab680569fb"
    facts = packagist._check_token(token.encode()).facts
    assert {"scope": "organization token", "access": "read-only"} == facts


def test_gitlab_owners() -> None:
    """A routable token's payload tells its organization, project and user."""
    token = gitlab._routable("glpat-", random.Random(7)).encode()
    facts = gitlab._check_token(token).facts
    assert {"organization_id", "project_id", "user_id"} == facts.keys()
    assert 1 == facts["organization_id"]


def test_gitlab_unversioned_token() -> None:
    """The first routable tokens had no version part, and are proved all the same."""
    versioned = gitlab._routable("glrt-t1_", random.Random(7))
    body = versioned[:-7].replace(".01.", ".")
    token = body + gitlab.base36(zlib.crc32(body.encode()), 7)
    assert gitlab._check_token(token.encode()).valid


def test_bitbucket_escaped_equals_sign() -> None:
    """The sum of an access token is over `=`, however a file format writes it."""
    shape = next(r for r in bitbucket.REGISTRY.rules if r.id == "bitbucket-access-token")
    assert isinstance(shape, Shape)
    token = shape.sample(random.Random(7))
    for written in (token.replace("=", "\\="), token.replace("=", "%3D")):
        assert [Confidence.VERIFIED] == [m.confidence for m in matches(f"token: {written}\n")]


def test_stateless_token_times() -> None:
    """A stateless installation token tells when it was made, when it ends, and for which app."""
    claims = {"iat": 1745568000, "exp": 1745568360, "iss": "12345", "sub": "github|12345"}
    facts = github._check_stateless(b"ghs_12345_" + jwt(claims)).facts
    assert {
        "issuer": "12345",
        "subject": "github|12345",
        "created": "2025-04-25T08:00:00Z",
        "expires": "2025-04-25T08:06:00Z",
        "expired": True,
    } == facts


def test_jfrog_reference_expiry() -> None:
    """A reference token tells its expiry; ten zeros mean that it has none."""
    plain = "reftkn:01:%010d:" + "x7Kd93Qm2P" * 2 + "x7Kd93Q"
    ended = jfrog._check_reference(base64.b64encode((plain % 1600000000).encode()))
    assert "2020-09-13T12:26:40Z" == ended.facts["expires"]
    assert ended.facts["expired"] is True
    endless = jfrog._check_reference(base64.b64encode((plain % 0).encode()))
    assert endless.valid
    assert "expires" not in endless.facts


def test_jfrog_claims() -> None:
    """An access token of any header is known by its subject, and tells user, scope and expiry."""
    claims = {
        "sub": "jfac@01hx7kd93qm2p/users/ci-bot",
        "scp": "applied-permissions/user",
        "exp": 1600000000,
    }
    token = jwt(claims).decode()
    found = matches(f"accessToken = {token}\n")
    assert [(token, Confidence.VERIFIED)] == [
        (match.secret.reveal().decode(), match.confidence) for match in found
    ]
    assert "ci-bot" == found[0].facts["user"]
    assert "applied-permissions/user" == found[0].facts["scope"]
    assert found[0].facts["expired"] is True


def test_codeartifact_expiry() -> None:
    """A CodeArtifact token's open header tells when it was made and that it has ended."""
    header = {"ver": 1, "isu": 1600000000, "enc": "A128GCM", "exp": 1600043200}
    first = base64.urlsafe_b64encode(json.dumps(header, separators=(",", ":")).encode())
    proof = codeartifact._check_token(first.rstrip(b"=") + b".a.b.c.d")
    assert proof.valid
    assert "2020-09-13T12:26:40Z" == proof.facts["created"]
    assert proof.facts["expired"] is True
    assert not codeartifact._check_token(first.rstrip(b"=") + b".a.b").valid


def test_thunderstore_checksum() -> None:
    """A Thunderstore token with one changed letter is no longer proved."""
    shape = THUNDERSTORE.rules[0]
    assert isinstance(shape, Shape)
    assert shape.check
    token = shape.sample(random.Random(7)).encode()
    assert shape.check(token).valid
    assert not shape.check(token[:-1] + (b"A" if token[-1:] != b"A" else b"B")).valid


AUTH = base64.b64encode(b"ci:" + WORDS[0].encode()).decode()
CONFIG = json.dumps(
    {
        "auths": {
            "https://index.docker.io/v1/": {"auth": AUTH, "email": "ci@corp.example"},
            "ghcr.io": {"username": "acme", "password": WORDS[1]},
            "quay.io": {"auth": "", "identitytoken": WORDS[2]},
            "gcr.io": {},
        },
        "credHelpers": {"eu.gcr.io": "gcloud"},
    }
)
IN_CONFIG = [WORDS[0], WORDS[1], WORDS[2]]


def indented(text: str, by: str = "    ") -> str:
    """Return the JSON `text` on several lines, each moved right."""
    return json.dumps(json.loads(text), indent=2).replace("\n", "\n" + by)


@pytest.mark.parametrize(
    "text",
    [
        CONFIG,
        indented(CONFIG, ""),
        json.dumps({"data": CONFIG}),
        json.dumps({"outer": json.dumps({"data": CONFIG})}),
        "stringData:\n  .dockerconfigjson: |\n    " + indented(CONFIG),
        "data:\n  .dockerconfigjson: " + base64.b64encode(CONFIG.encode()).decode() + "\n",
        "echo '" + CONFIG + "' > ~/.docker/config.json",
        'echo "' + CONFIG.replace('"', '\\"') + '" > ~/.docker/config.json',
        "variables:\n  DOCKER_AUTH_CONFIG: '" + CONFIG + "'\n",
        "config = " + repr(json.loads(CONFIG)),
    ],
    ids=tuple("jinokbesgp"),
)
def test_docker_auths(text: str) -> None:
    """Every credential of `auths` is found, in whatever the configuration is wrapped."""
    assert IN_CONFIG == secrets(text)


def test_docker_auth_belongs_to_its_host() -> None:
    """The user, the host, and the host's registry are told."""
    found = matches(CONFIG)
    assert ["index.docker.io", "ghcr.io", "quay.io"] == [match.facts["host"] for match in found]
    assert ["dockerhub", "github", "docker"] == [
        engine().registry(match.rule, str(match.facts["host"])) for match in found
    ]
    assert ["ci", "acme"] == [match.facts["user"] for match in found[:2]]
    assert AUTH == CONFIG[slice(*found[0].span)]


def test_docker_yaml() -> None:
    """`auths` in YAML is read by its indentation."""
    text = f"auths:\n  quay.io:\n    auth: {AUTH}\n  ghcr.io:\n    auth: ${{AUTH}}\nother: 1\n"
    assert [WORDS[0]] == secrets(text)


def test_dockercfg() -> None:
    """The older `.dockercfg`, without `auths`, is known by the host that holds the field."""
    entry = {"https://quay.io/v1/": {"auth": AUTH, "email": "ci@corp.example"}}
    assert [WORDS[0]] == secrets(json.dumps(entry))
    assert [] == secrets(json.dumps({"login": {"auth": AUTH}}))


def test_docker_opaque_auth() -> None:
    """A long `auth` that holds no user and password is a credential inside `auths` only."""
    opaque = "x7Kd93Qm2PbW5vR8tYcZ" + "Lq4NfHs6JgUa1DeKiXoM" + "3BzTwEyVp0Cr"
    assert [opaque] == secrets(json.dumps({"auths": {"cloud.openshift.com": {"auth": opaque}}}))
    assert [] == secrets(json.dumps({"cloud.openshift.com": {"auth": opaque}}))


@pytest.mark.parametrize(
    "auth",
    ["Og==", "", "${AUTH}", "$(printf %s | base64)", base64.b64encode(b"ci:${PASS}").decode()],
)
def test_docker_auth_that_is_none(auth: str) -> None:
    """Nothing, a lone colon and references are no credentials."""
    assert [] == secrets(json.dumps({"auths": {"quay.io": {"auth": auth}}}))


def test_ecr_expiry() -> None:
    """A password of Amazon's registry tells when it ends."""
    body = {"payload": "x7Kd93Qm2P", "version": "2", "type": "DATA_KEY", "expiration": 1600000000}
    password = base64.b64encode(json.dumps(body).encode()).decode()
    auth = base64.b64encode(f"AWS:{password}".encode()).decode()
    host = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    found = matches(json.dumps({"auths": {host: {"auth": auth}}}))
    assert [Confidence.VERIFIED] == [match.confidence for match in found]
    assert found[0].facts["expired"] is True


def test_url_safe_auth() -> None:
    """An `auth` field in URL-safe base64, or with escaped slashes, decodes too."""
    plain = b"ci:\xc3\xbf\xc3\xbf?>~~pass"
    assert (b"ci", plain[3:]) == docker.user_and_password(base64.urlsafe_b64encode(plain))
    escaped = base64.b64encode(plain).replace(b"/", b"\\/")
    assert (b"ci", plain[3:]) == docker.user_and_password(escaped)


@pytest.mark.parametrize(
    ("command", "host"),
    [
        ("docker login -u ci -p {0}", "docker.io"),
        ("docker login -u ci -p{0} quay.io", "quay.io"),
        ("docker login --username=ci \\\n  --password={0} \\\n  quay.io", "quay.io"),
        ("+ podman login registry.corp.example:5000 -u ci --password '{0}'", None),
        ("echo {0} | docker login -u ci --password-stdin ghcr.io", "ghcr.io"),
        ("printf '%s' '{0}' | sudo docker login ghcr.io -u ci --password-stdin", "ghcr.io"),
    ],
)
def test_docker_login(command: str, host: str | None) -> None:
    """A literal password of a login command is found, with the host that it is for."""
    found = matches(command.format(WORDS[0]))
    assert [WORDS[0]] == [match.secret.reveal().decode() for match in found]
    assert (host or "registry.corp.example:5000") == found[0].facts["host"]
    assert "ci" == found[0].facts["user"]


SHA = "a1b2c3d4" * 2 + "0f9e8d7c" * 3
COMPOSER = json.dumps(
    {
        "http-basic": {
            "repo.corp.example": {"username": "ci", "password": WORDS[0]},
            "other.example": {"password": WORDS[1], "username": "ci"},
        },
        "bearer": {"packages.corp.example": WORDS[3]},
        "github-oauth": {"github.com": SHA},
        "gitlab-token": {"gitlab.com": {"username": "ci", "token": WORDS[4]}},
        "bitbucket-oauth": {
            "bitbucket.org": {"consumer-key": "publ1cK3y", "consumer-secret": WORDS[5]}
        },
        "custom-headers": {"api.corp.example": ["X-API-TOKEN: " + WORDS[6]]},
    }
)
IN_COMPOSER = [
    *(WORDS[0], WORDS[1], WORDS[3]),
    *(SHA, WORDS[4], WORDS[5], WORDS[6]),
]


@pytest.mark.parametrize(
    "text",
    [
        COMPOSER,
        indented(COMPOSER, ""),
        f"export COMPOSER_AUTH='{COMPOSER}'",
        json.dumps({"COMPOSER_AUTH": COMPOSER}),
        'COMPOSER_AUTH="' + COMPOSER.replace('"', '\\"') + '" composer install',
    ],
    ids=("json", "indented", "variable", "json in json", "escaped"),
)
def test_composer(text: str) -> None:
    """Every credential of Composer's configuration is found, and no user name or key id."""
    assert IN_COMPOSER == secrets(text)


@pytest.mark.parametrize(
    ("command", "host"),
    [
        ("composer config http-basic" + ".repo.corp.example ci {0}", "repo.corp.example"),
        ("composer config --global --auth github-oauth" + ".github.com {0}", "github.com"),
        ("RUN composer config -g bearer.x gitlab-token" + ".gitlab.com '{0}'", None),
    ],
)
def test_composer_command(command: str, host: str | None) -> None:
    """A credential that a command writes into Composer's configuration is found."""
    token = "x7Kd93Qm2PbW5vR8tYcZ"
    found = [m for m in matches(command.format(token)) if m.secret.reveal() == token.encode()]
    assert [host or "gitlab.com"] == [match.facts["host"] for match in found]


def test_composer_reference() -> None:
    """References in Composer's configuration are no credentials."""
    text = '{"http-basic":{"a.example":{"username":"$USER","password":"${PASS}"}}}'
    assert [] == secrets(text)
    assert [] == secrets("composer config github-oauth.github.com $GITHUB_TOKEN")


@pytest.mark.parametrize(
    "text",
    [
        f"github.com/acme/lib commit {SHA}",
        f"uses: actions/checkout@{SHA}",
        f"https://github.com/acme/lib/commit/{SHA}",
        f"GITHUB_SHA={SHA}",
        f"gitea.com/acme/lib.git#{SHA}",
        f"https://packagecloud.io/acme?sha={SHA}",
        f'"resolved": "git+ssh://git@github.com/acme/lib.git#{SHA}"',
        f"index-state: proget {SHA}",
    ],
)
def test_commit_ids_are_no_tokens(text: str) -> None:
    """Forty hex digits are a token only under a telling name, in a header or in a URL's user."""
    assert [] == secrets(text)


@pytest.mark.parametrize(
    ("text", "registry"),
    [
        (f'def get(access_token="{SHA}"): # api.github.com', "github"),
        (f"github.com:\n- user: acme\n  oauth_token: {SHA}\n", "github"),
        (f'{{"Authorization": "token {SHA}"}}  # api.github.com', "github"),
        (f"https://{SHA}:x-oauth-basic@github.com/acme/lib.git", "github"),
        (f"HOMEBREW_GITHUB_API_TOKEN={SHA}", "github"),
        (f"GITEA_TOKEN={SHA}", "gitea"),
        (f"-H 'Authorization: token {SHA}' https://gitea.corp.example/api/v1/user", "gitea"),
        (f"https://acme:{SHA}@git.corp.example/api/packages/acme/npm/", "gitea"),
    ],
)
def test_bare_hex_in_context(text: str, registry: str) -> None:
    """In the forge's own context forty hex digits are reported as its token."""
    found = [match for match in matches(text) if match.secret.reveal() == SHA.encode()]
    host = str(found[0].facts.get("host", ""))
    assert [registry] == [engine().registry(found[0].rule, host)]


@given(noise=HOSTILE)
def test_checks_bear_anything(noise: bytes) -> None:
    """No check raises, whatever the bytes; and none proves noise by accident."""
    for check in CHECKS:
        assert isinstance(check(noise), Proof)


PREFIXES = tuple(
    {anchor for rule in RULES for anchor in getattr(rule, "anchors", ()) if len(anchor) > 2}
)


@given(prefix=st.sampled_from(sorted(PREFIXES)), rest=HOSTILE)
def test_checks_bear_near_tokens(prefix: str, rest: bytes) -> None:
    """No check raises on hostile bytes behind an honest prefix."""
    for check in CHECKS:
        assert isinstance(check(prefix.encode() + rest), Proof)


def captures(rule: Grammar, data: bytes, start: int, end: int) -> Iterable[Capture]:
    """Return what the grammar reads around an anchor, all of it."""
    return list(rule.find(data, start, end))


@given(before=HOSTILE, after=HOSTILE, after_again=HOSTILE)
def test_grammars_bear_anything(before: bytes, after: bytes, after_again: bytes) -> None:
    """No grammar raises, and each capture lies inside the data."""
    for rule in GRAMMARS:
        for anchor in rule.anchors:
            literal = anchor.encode()
            data = before + literal + after + literal + after_again
            start = len(before)
            for capture in captures(rule, data, start, start + len(literal)):
                assert 0 <= capture.span[0] <= capture.span[1] <= len(data)
