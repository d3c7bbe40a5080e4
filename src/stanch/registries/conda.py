# SPDX-License-Identifier: Apache-2.0
"""Conda: tokens of anaconda.org and of Anaconda servers, in channel URLs and in variables.

A channel URL carries its token as `/t/<token>/`. Tokens of anaconda.org are two letters, a hyphen
and a UUID; other servers issue longer strings without a form of their own.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule
from stanch.detect.sample import BASE64URL, text, uuid4
from stanch.model import Proof, Severity
from stanch.registries import Registry

_ISSUED: Final = rb"[a-z]{2}-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_ALONE: Final = rb"(?<![A-Za-z0-9_-])" + _ISSUED + rb"(?![A-Za-z0-9_-])"
_REACH: Final = 120
_SEGMENT: Final = rb"(?P<value>[A-Za-z0-9_.=-]{8,256})(?=[/\s\"'`<>),;\\]|$)"
_HOST: Final = (
    rb"://(?:[^@/\s\"']{0,200}@)?(?P<host>[\w.-]{1,253})(?::[0-9]{1,5})?(?P<path>/[\w./-]{0,80})?$"
)
_OPAQUE: Final = (
    rb"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_]{20,}"
    rb"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
)


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _check(token: bytes) -> Proof:
    return Proof(valid=_compiled(_ISSUED).fullmatch(token) is not None)


def _find_segment(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read a `/t/<token>/` path segment of a URL."""
    segment = _compiled(_SEGMENT).match(data, end)
    if segment is None:
        return
    url = _compiled(_HOST).search(data[max(0, start - 400) : start])
    host = url["host"].decode("latin-1") if url else ""
    known = any(name in host for name in ("anaconda", "continuum", "binstar", "conda"))
    value = segment["value"]
    # NOTE: forums put topics under /t/ as well; their slugs are words with hyphens.
    opaque = url and _compiled(_OPAQUE).fullmatch(value)
    if not (known or opaque or _compiled(_ISSUED).fullmatch(value)):
        return
    yield Capture(span=segment.span("value"), host=host)


def _find_near_name(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read a token of anaconda.org's form near the name of its client."""
    low = max(0, start - _REACH)
    for token in _compiled(_ALONE).finditer(data, low, min(len(data), end + _REACH)):
        yield Capture(span=token.span())


def _find_option(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    yield from command.option_values(data, end, ("-t", "--token"))


def _sample(rng: random.Random) -> str:
    return f"{text(rng, 'abcdefghijklmnopqrstuvwxyz', 2)}-{uuid4(rng)}"


def _sample_opaque(rng: random.Random) -> str:
    return "a7" + text(rng, BASE64URL, 46).replace("-", "x")


class Conda(Registry):
    """anaconda.org and Anaconda servers."""

    name: ClassVar = "conda"
    title: ClassVar = "Anaconda (conda)"
    hosts: ClassVar = ("anaconda.org", ".anaconda.org", ".anaconda.com", ".anaconda.cloud")
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="conda-channel-token",
            kind="token in a channel URL",
            title="Conda channel URL carries a token",
            severity=Severity.HIGH,
            anchors=("/t/",),
            find=_find_segment,
            check=_check,
            reach=(420, 300),
            sample=_sample,
            encoded=False,
            flagged=(
                "channels:\n  - https://conda.anaconda.org/t/{token}/acme",
                "conda install -c https://conda.corp.example:8443/conda/t/{token}/main numpy",
            ),
            safe=(
                "channels:\n  - https://conda.anaconda.org/t/${CONDA_TOKEN}/acme",
                "https://conda.anaconda.org/t/<TOKEN>/conda-forge/linux-64",
                "https://discuss.example.org/t/how-to-install-a-package-2/17",
            ),
        ),
        Key(
            id="conda-api-token",
            kind="API token",
            title="anaconda.org API token",
            names=(
                "ANACONDA_API_TOKEN",
                "ANACONDA_API_KEY",
                "ANACONDA_TOKEN",
                "ANACONDA_ORG_TOKEN",
                "ANACONDA_AUTH_API_KEY",
                "ANACONDA_UPLOAD_TOKEN",
                "ANACONDA_CLOUD_TOKEN",
                "ANACONDA_PASSWORD",
                "BINSTAR_TOKEN",
                "BINSTAR_API_TOKEN",
                "BINSTAR_PASSWORD",
                "CONDA_TOKEN",
                "CONDA_API_TOKEN",
                "CONDA_UPLOAD_TOKEN",
                "CONDA_AUTH_TOKEN",
                "conda token set",
            ),
            check=_check,
            sample=_sample,
            flagged=("ANACONDA_API_TOKEN={token}", "BINSTAR_TOKEN: {token}"),
            safe=("ANACONDA_API_TOKEN: ${{ secrets.ANACONDA_API_TOKEN }}",),
        ),
        Grammar(
            id="conda-command-token",
            kind="token on a command line",
            title="Anaconda token on a command line",
            anchors=("anaconda -t", "anaconda --token", "anaconda upload", "binstar -t"),
            find=lambda data, start, _end: _find_option(data, start, start),
            check=_check,
            reach=(256, 2048),
            sample=_sample,
            flagged=("anaconda -t {token} upload dist/*.conda",),
            safe=("anaconda -t $ANACONDA_TOKEN upload dist/*.conda",),
        ),
        Grammar(
            id="conda-anaconda-token",
            kind="token near the client's name",
            title="anaconda.org token",
            anchors=("anaconda", "binstar"),
            caseless=True,
            find=_find_near_name,
            check=_check,
            reach=(200, 200),
            sample=_sample,
            encoded=False,
            flagged=("anaconda login --hostname anaconda.org --token {token}",),
            safe=("anaconda login --hostname anaconda.org --token $TOKEN",),
        ),
    )
    lookalikes: ClassVar = (
        "https://conda.anaconda.org/t/ab/acme",
        "https://forum.example.org/t/" + "why-does-the-solver-take-so-long-" * 8 + "/1234",
        "https://files.example.org/at/3f2a9c4e8b7d10653f2a9c4e8b7d1065/x",
        "https://conda.anaconda.org/T/AB-12345678-1234-1234-1234-123456789012/acme",
    )
    remediation: ClassVar = (
        (
            "Revoke: `anaconda auth --remove <name>`, or Settings, Access on anaconda.org; on "
            "another server, its token page."
        ),
        (
            "Audit: `anaconda show <owner>/<package>` lists uploads; `anaconda remove` what is not "
            "yours."
        ),
        "Remove it from every place listed, history and logs included: URLs are copied widely.",
        (
            "Prevent: write ${CONDA_TOKEN} in the channel URL, or use `anaconda login`; scope "
            "tokens to one package and give them an end date."
        ),
    )
    docs: ClassVar = (
        (
            "https://docs.anaconda.com/anacondaorg/user-guide/tasks/work-with-accounts/ "
            "(read 2026-11-22)"
        ),
    )


REGISTRY: Final = Conda()
