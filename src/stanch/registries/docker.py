# SPDX-License-Identifier: Apache-2.0
"""Credentials for container registries, in the files and commands of Docker and its relatives.

`auths` stands in Docker's `config.json`, Kubernetes' `.dockerconfigjson`, Podman's `auth.json`,
Helm's and kaniko's `config.json`, and GitLab's `DOCKER_AUTH_CONFIG`; the older `.dockercfg` is the
same without `auths`. The host decides which registry a credential belongs to; this one keeps those
that no other registry claims.
"""

import base64
import binascii
import random
import re
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import assign, jose, structure, value
from stanch.detect.expiry import expiry_facts
from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Key, Rule
from stanch.detect.sample import ALNUM, text
from stanch.model import Fact, Proof
from stanch.registries import Registry

_REACH: Final = 65536
_OPAQUE: Final = Pattern(rb"[A-Za-z0-9+/_=.-]{40,}")
_USER_PASSWORD: Final = Pattern(rb"(?s)([^\x00-\x1f\x7f:]{0,256}):([^\x00-\x08\x0e-\x1f\x7f]+)")
_HOST: Final = Pattern(rb"(?:https?://)?([A-Za-z0-9._-]+(?::\d+)?)")
_ESCAPED: Final = Pattern(rb"\\+(?=/)|\\+u003[dD]")
_ECR_REGIONS: Final = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
    *("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-central-2", "eu-north-1"),
    *("eu-south-1", "eu-south-2", "ap-south-1", "ap-south-2", "ap-east-1", "ap-northeast-1"),
    *("ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3"),
    *("ap-southeast-4", "me-south-1", "me-central-1", "il-central-1", "af-south-1"),
)


def _host(key: bytes) -> str:
    found = _HOST.match(key)
    return found[1].decode("latin-1") if found else ""


def user_and_password(auth: bytes) -> tuple[bytes, bytes] | None:
    """Decode an `auth` field: base64 of `user:password`, standard or URL-safe.

    Returns:
        None if it holds something else.
    """
    plain = _ESCAPED.sub(lambda m: b"=" if m[0].endswith((b"d", b"D")) else b"", auth)
    plain = plain.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        decoded = base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    found = _USER_PASSWORD.fullmatch(decoded.rstrip(b"\r\n"))
    if found is None or not _utf8(decoded):
        return None
    return found[1], found[2]


def _utf8(text_: bytes) -> bool:
    try:
        text_.decode()
    except UnicodeDecodeError:
        return False
    return True


def _auth(data: bytes, span: tuple[int, int], host: str, *, opaque: bool) -> Iterator[Capture]:
    raw = data[slice(*span)]
    pair = user_and_password(raw)
    if pair:
        user, password = pair
        yield Capture(
            span=span,
            value=password,
            host=host,
            user=user.decode("utf-8", "replace"),
            decoded=("base64",),
            facts={"field": "auth"},
        )
    elif opaque and _OPAQUE.fullmatch(raw) and value.entropy(raw) > 3.5:
        yield Capture(span=span, host=host, facts={"field": "auth"})


def _find_auths(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read the `auths` setting whose name stands at `[start, end)`."""
    if start and (chr(data[start - 1]).isalnum() or data[start - 1] in b"_-"):
        return
    following = data.find(b"auths", end, end + _REACH)
    limit = following if following >= 0 else min(len(data), end + _REACH)
    entries = list(structure.leaves(data, end, limit))
    users = {leaf.path[0]: data[leaf.start : leaf.end] for leaf in entries
             if len(leaf.path) == 2 and leaf.path[1].lower() == b"username"}  # fmt: skip
    for leaf in entries:
        if len(leaf.path) != 2:
            continue
        host, span = _host(leaf.path[0]), (leaf.start, leaf.end)
        field = leaf.path[1].lower().decode("latin-1")
        if field == "auth":
            yield from _auth(data, span, host, opaque=True)
        elif field in ("identitytoken", "registrytoken", "password"):
            user = users.get(leaf.path[0], b"").decode("latin-1")
            yield Capture(span=span, host=host, user=user, facts={"field": field})


_AUTH_VALUE: Final = Pattern(rb"""\\*["']?\s*(?::|=>|=)\s*(\\*["'])([^"'\s]{8,16384}?)\1""")
_OPEN_HOST: Final = Pattern(
    rb"""\\*["']((?:https?://)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?:\.[A-Za-z]{2,}|:\d+|(?<=localhost))
    (?:/[^"'\s]*?)?)\\*["']\s*(?::|=>|=)\s*\{[^{}]{0,400}\Z""",
    re.VERBOSE,
)


def _find_dockercfg(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read one `"auth": "..."` that stands in an object named after a host."""
    found = _AUTH_VALUE.match(data, end - 1)
    if found is None:
        return
    host = _OPEN_HOST.search(data[max(0, start - 700) : start])
    if host:
        yield from _auth(data, found.span(2), _host(host[1]), opaque=False)


def _find(data: bytes, start: int, end: int) -> Iterator[Capture]:
    if data[start:end] == b"auths":
        return _find_auths(data, start, end)
    return _find_dockercfg(data, start, end)


_LINE_REACH: Final = 1024
_LINE: Final = Pattern(rb"(?:[^\n\\;&|]|\\\r?\n|\\[^\n]){0,1024}")
_PASSWORD: Final = Pattern(rb"(?<=\s)(?:-p(?:[ =]|(?=[^\s-]))|--password(?![\w-])|-pass(?![\w-]))")
_WORD: Final = Pattern(rb"""["']?([^\s"']+)""")
_USER: Final = Pattern(rb"""(?<=\s)(?:-u|--username)(?:\s+|=)["']?([^\s"']+)""")
_SERVER: Final = Pattern(
    rb"""(?<=\s)["']?(?:https?://)?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?|[A-Za-z0-9-]+:\d+)
    (?:/[^\s"']*)?["']?(?=\s|$)""",
    re.VERBOSE,
)
_PIPED: Final = Pattern(
    rb"""(?:echo|printf)[ \t]+(?:-n[ \t]+|["']?%s["']?[ \t]+)?
    (?P<q>["']?)(?P<v>[^\s"'|]{4,512})(?P=q)[ \t]*\|[ \t]*(?:sudo[ \t]+)?$""",
    re.VERBOSE,
)


def _find_login(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read the password in a `docker login` command, or piped into one."""
    following = data.find(data[start:end], end, end + _LINE_REACH)
    line = _LINE.match(data, end, following if following >= 0 else end + _LINE_REACH)
    words = line.group() if line else b""
    user = _USER.search(words)
    option = _PASSWORD.search(words)
    rest = words
    found: tuple[int, int] | None = None
    if option:
        assigned = _option_value(data, end + option.start(), end + option.end())
        if assigned:
            found = assigned
            rest = words[: option.start()] + b" " + words[assigned[1] - end :]
    elif b"--password-stdin" in words:
        before = max(data.rfind(b"\n", 0, start) + 1, start - 1024)
        piped = _PIPED.search(data[before:start])
        if piped:
            found = before + piped.start("v"), before + piped.end("v")
    if found is None:
        return
    server = _SERVER.search(_USER.sub(b" ", rest))
    yield Capture(
        span=found,
        host=server[1].decode("latin-1") if server else "docker.io",
        user=user[1].decode("latin-1") if user else "",
    )


_CREDENTIALS: Final = Pattern(
    rb"""(?<=\s)(?:--(?:(?:src|dest)-)?creds|-u|--user)[ =]["']?(?P<user>[^\s:"'$]{1,100}):
    (?P<password>[^\s"'`\\]{4,4096})""",
    re.VERBOSE,
)
_IMAGE: Final = Pattern(rb"docker://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?)/")


def _find_credentials(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read `--creds user:password` of a command that copies images."""
    line = _LINE.match(data, end, end + _LINE_REACH)
    stop = line.end() if line else end
    found = _CREDENTIALS.search(data, end, stop)
    if found is None:
        return
    sort = value.sort(found["password"], quoted=True)
    if sort not in (value.Sort.REFERENCE, value.Sort.OTHER):
        image = _IMAGE.search(data, end, stop)
        yield Capture(
            span=found.span("password"),
            host=image[1].decode("latin-1") if image else "",
            user=found["user"].decode("latin-1"),
        )


def _option_value(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    name_end = start + 2 if data[start : start + 3] in (b"-p ", b"-p=") else end
    if data[start : start + 2] == b"-p" and data[end - 2 : end] == b"-p":
        glued = _WORD.match(data, end)
        assigned = glued.span(1) if glued else None
    else:
        after = assign.value_after(data, name_end)
        assigned = (after.start, after.end) if after else None
    if assigned is None:
        return None
    sort = value.sort(data[slice(*assigned)], quoted=True)
    return None if sort in (value.Sort.REFERENCE, value.Sort.OTHER) else assigned


def _check_password(password: bytes) -> Proof:
    """Read the expiry of cloud registries' short-lived passwords."""
    if not password.startswith(b"eyJ"):
        return Proof(valid=False)
    claims = jose.claims(password)
    if claims:
        facts: dict[str, Fact] = {"format": "JSON web token", **jose.claim_facts(claims)}
        if isinstance(claims.get("aud"), str):
            facts["instance"] = claims["aud"]
        return Proof(valid=True, facts=facts)
    found = jose.part(password.rstrip(b"="))
    if {"payload", "expiration"} <= found.keys():
        return Proof(
            valid=True, facts={"format": "Amazon ECR token", **expiry_facts(found["expiration"])}
        )
    return Proof(valid=False)


def _sample_auth(rng: random.Random) -> str:
    return base64.b64encode(f"deploy:{text(rng, ALNUM, 20)}".encode()).decode()


def _sample_password(rng: random.Random) -> str:
    return text(rng, ALNUM, 20)


class Docker(Registry):
    """Container registries that speak Docker's protocol."""

    name: ClassVar = "docker"
    title: ClassVar = "Container registries"
    hosts: ClassVar = (
        "quay.io",
        ".quay.io",
        ".azurecr.io",
        "mcr.microsoft.com",
        "nvcr.io",
        ".ocir.io",
        ".icr.io",
        "icr.io",
        "registry.redhat.io",
        "registry.connect.redhat.com",
        "cloud.openshift.com",
        "public.ecr.aws",
        "registry.digitalocean.com",
        "registry.heroku.com",
        *(f".dkr.ecr.{region}.amazonaws.com" for region in _ECR_REGIONS),
    )
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="docker-config-auth",
            kind="credential in Docker configuration",
            title="Docker configuration holds a literal registry credential",
            anchors=("auths", '"auth"', "'auth'", '"auth\\"'),
            find=_find,
            check=_check_password,
            sample=_sample_auth,
            flagged=(
                '{"auths": {"registry.corp.example": {"auth": "{token}"}}}',
                '{\\"auths\\":{\\"registry.corp.example\\":{\\"auth\\":\\"{token}\\"}}}',
                '{"registry.corp.example": {"auth": "{token}", "email": "a@corp.example"}}',
                "auths:\n  registry.corp.example:\n    auth: {token}\n",
            ),
            safe=(
                '{"auths": {"registry.corp.example": {}}, "credsStore": "desktop"}',
                '{"auths": {"registry.corp.example": {"auth": "${DOCKER_AUTH}"}}}',
                '{"credHelpers": {"gcr.io": "gcloud"}}',
            ),
        ),
        Grammar(
            id="docker-login-password",
            kind="password on a login command",
            title="Registry password on a command line",
            anchors=(
                *("docker login", "podman login", "buildah login", "skopeo login"),
                *("nerdctl login", "oras login", "crane auth login", "helm registry login"),
                *("regctl registry login", "helm repo add"),
            ),
            find=_find_login,
            check=_check_password,
            sample=_sample_password,
            flagged=(
                "docker login -u ci -p {token} registry.corp.example",
                "RUN podman login --username=ci --password={token} registry.corp.example:5000",
                "echo {token} | docker login -u ci --password-stdin registry.corp.example",
            ),
            safe=(
                "docker login -u ci -p $REGISTRY_PASSWORD registry.corp.example",
                "echo ${{ secrets.PASSWORD }} | docker login ghcr.io -u ci --password-stdin",
                "Run docker login -u <user> -p <password> to log in.",
            ),
        ),
        Grammar(
            id="docker-copy-credential",
            kind="user name and password of a copy",
            title="Registry user name and password on a command line",
            anchors=(
                *("skopeo copy", "skopeo inspect", "skopeo sync", "skopeo list-tags"),
                *("skopeo delete", "buildah push", "buildah pull", "buildah from"),
                *("podman push", "podman pull", "ctr images pull", "ctr images push"),
            ),
            find=_find_credentials,
            check=_check_password,
            encoded=False,
            sample=_sample_password,
            flagged=(
                "skopeo copy --src-creds ci:{token} docker://r.corp.example/a dir:a",
                "buildah push --creds=ci:{token} a docker://r.corp.example/a",
            ),
            safe=("podman push --creds ci:$PASSWORD a docker://r.corp.example/a",),
        ),
        Key(
            id="docker-variable",
            kind="registry password in a variable",
            title="Container registry password in a variable",
            names=(
                "DOCKER_PASSWORD",
                "DOCKER_PASSWD",
                "DOCKER_PASS",
                "DOCKER_TOKEN",
                "DOCKER_AUTH_TOKEN",
                "DOCKER_ACCESS_TOKEN",
                "DOCKER_LOGIN_PASSWORD",
                "DOCKER_REGISTRY_PASSWORD",
                "DOCKER_REGISTRY_TOKEN",
                "CONTAINER_REGISTRY_PASSWORD",
                "REGISTRY_PASSWORD",
                "REGISTRY_TOKEN",
                "QUAY_PASSWORD",
                "QUAY_TOKEN",
                "QUAY_ROBOT_TOKEN",
                "HARBOR_PASSWORD",
                "ACR_PASSWORD",
            ),
            check=_check_password,
            sample=_sample_password,
            flagged=("DOCKER_PASSWORD={token}", "--docker-password={token}"),
            safe=(
                "DOCKER_PASSWORD=${{ secrets.DOCKER_PASSWORD }}",
                "DOCKER_TOKEN=not_a_real_token",
            ),
        ),
    )
    lookalikes: ClassVar = (
        '{"auths": {"registry.corp.example": {"auth": "YQ=="}}}',
        "oauths: a list of every provider that we support",
        '{"login": {"auth": "ZGVwbG95OjhmM2s5czBxMXoyeDdjNnY="}}',
        '{"AUTHS": {"registry.corp.example": {"AUTH": "ZGVwbG95OjhmM2s5czBxMXoyeDdjNnY="}}}',
    )
    remediation: ClassVar = (
        (
            "Revoke: delete or regenerate the token, robot account or password at the registry "
            "that the entry names; for cloud registries, the principal that issued it."
        ),
        (
            "Audit: list the pushes of that account while it was exposed, and compare the digests "
            "of your tags with those that your builds recorded."
        ),
        (
            "Remove: run docker logout on each machine, and take the entry out of config.json, "
            "Kubernetes secrets in git, CI variables and image layers."
        ),
        (
            "Prevent: use credsStore or credHelpers, short-lived tokens from the cloud's identity, "
            "and --password-stdin in scripts."
        ),
    )
    docs: ClassVar = (
        (
            "https://github.com/docker/cli/blob/master/docs/reference/commandline/login.md "
            "(read 2026-11-22)"
        ),
        "https://man.archlinux.org/man/containers-auth.json.5.en (read 2026-11-22)",
    )


REGISTRY: Final = Docker()
