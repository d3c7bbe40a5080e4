# SPDX-License-Identifier: Apache-2.0
"""Cloudsmith: API keys, and entitlement tokens in download URLs.

New keys have a prefix; older ones are 40 bare hex digits. An entitlement token stands in the path
of a download URL, where `public` and `basic` stand otherwise.
"""

import random
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape, names_of
from stanch.detect.sample import ALNUM, HEX, text
from stanch.model import Severity
from stanch.registries import Registry

_ENTITLEMENT: Final = Pattern(
    rb"(?!public/|basic/)((?=[A-Za-z._-]{0,63}[0-9])[A-Za-z0-9][A-Za-z0-9._-]{7,63})"
    rb"/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+"
)


def _find_entitlement(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    found = _ENTITLEMENT.match(data, end, end + 400)
    if found:
        yield Capture(span=found.span(1), host="dl.cloudsmith.io")


def _sample_key(rng: random.Random) -> str:
    return "csa_" + text(rng, HEX, 30) + text(rng, ALNUM, 6)


def _sample_legacy(rng: random.Random) -> str:
    return text(rng, HEX, 40)


class Cloudsmith(Registry):
    """Cloudsmith."""

    name: ClassVar = "cloudsmith"
    title: ClassVar = "Cloudsmith"
    hosts: ClassVar = ("cloudsmith.io", ".cloudsmith.io", "cloudsmith.com", ".cloudsmith.com")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="cloudsmith-api-key",
            kind="API key",
            title="Cloudsmith API key",
            pattern=r"csa_[a-f0-9]{30}[A-Za-z0-9]{6}",
            anchors=("csa_",),
            entropy=3.0,
            sample=_sample_key,
            flagged=("CLOUDSMITH_API_KEY={token}", 'curl -H "X-Api-Key: {token}"'),
            safe=("CLOUDSMITH_API_KEY=$KEY",),
        ),
        Key(
            id="cloudsmith-variable",
            kind="API key or token in a variable",
            title="Cloudsmith API key or token in a variable",
            names=(
                *names_of("cloudsmith"),
                "CLOUDSMITH_ENTITLEMENT",
                "CLOUDSMITH_ENTITLEMENT_TOKEN",
            ),
            sample=_sample_legacy,
            flagged=("CLOUDSMITH_API_KEY={token}",),
            safe=("CLOUDSMITH_API_KEY: ${{ secrets.CLOUDSMITH_API_KEY }}",),
        ),
        Key(
            id="cloudsmith-header-key",
            kind="API key in a request header",
            title="Cloudsmith API key, older form, in a request header",
            names=("X-Api-Key",),
            value=r"[0-9a-f]{40}",
            needs="cloudsmith",
            sample=_sample_legacy,
            flagged=('curl -H "X-Api-Key: {token}" https://api.cloudsmith.io/v1/user/self/',),
            safe=('curl -H "X-Api-Key: $KEY" https://api.cloudsmith.io/v1/user/self/',),
            encoded=False,
        ),
        Key(
            id="cloudsmith-credentials-key",
            kind="API key in credentials.ini",
            title="Cloudsmith credentials hold a literal API key",
            names=("api_key",),
            whole=True,
            value=r"[0-9a-f]{40}",
            needs="cloudsmith",
            sample=_sample_legacy,
            flagged=("# cloudsmith credentials.ini\n[default]\napi_key = {token}",),
            safe=("# cloudsmith credentials.ini\n[default]\napi_key =",),
            encoded=False,
        ),
        Key(
            id="cloudsmith-bare-key",
            kind="API key",
            title="Cloudsmith API key, older form, under the service's name",
            names=("cloudsmith",),
            value=r"[0-9a-f]{40}",
            sample=_sample_legacy,
            flagged=('cloudsmith: "{token}"',),
            safe=("uses: cloudsmith-io/action@0123456789abcdef0123456789abcdef01234567",),
            encoded=False,
        ),
        Grammar(
            id="cloudsmith-entitlement-token",
            kind="entitlement token",
            title="Cloudsmith entitlement token in a download URL",
            severity=Severity.HIGH,
            anchors=("dl.cloudsmith.io/",),
            find=_find_entitlement,
            sample=lambda rng: "a7" + text(rng, ALNUM, 14),
            flagged=("https://dl.cloudsmith.io/{token}/acme/private/python/simple/",),
            safe=(
                "https://dl.cloudsmith.io/public/acme/open/python/simple/",
                "https://dl.cloudsmith.io/${TOKEN}/acme/private/python/simple/",
            ),
        ),
    )
    lookalikes: ClassVar = (
        "csa_93d7f5d17b39f506",
        "csa_" + "93d7f5d17b" * 5,
        "rcsa_" + "93d7f5d17b" * 3 + "a1B2c3",
        "CSA_" + "93d7f5d17b" * 3 + "a1B2c3",
    )
    remediation: ClassVar = (
        (
            "Revoke: refresh the API key of the user or service, which disables the old one at "
            "once; delete or refresh an entitlement token with cloudsmith entitlements."
        ),
        (
            "Audit: read the workspace's audit log, and list packages uploaded or deleted by that "
            "identity while it was exposed."
        ),
        (
            "Remove: take it out of credentials.ini, package managers' configuration and lock "
            "files, and out of history."
        ),
        "Prevent: use OIDC in CI, services with one repository's rights, and IP allow-lists.",
    )
    docs: ClassVar = (
        "https://docs.cloudsmith.com/accounts-and-teams/api-key (read 2026-11-22)",
        (
            "https://docs.cloudsmith.com/software-distribution/"
            "entitlement-tokens-via-the-cloudsmith-cli (read 2026-11-22)"
        ),
    )


REGISTRY: Final = Cloudsmith()
