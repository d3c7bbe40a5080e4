# SPDX-License-Identifier: Apache-2.0
"""pub.dev: the OAuth credentials of Dart's package manager, and tokens of hosted repositories.

`pub-credentials.json` holds Google OAuth tokens with the right to publish; the refresh token does
not expire by itself. `pub-tokens.json` holds one bearer token per repository.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from stanch.detect.expiry import expiry_facts
from stanch.detect.rule import Capture, Grammar, Key, Rule
from stanch.detect.sample import ALNUM, BASE64URL, text
from stanch.model import Proof
from stanch.registries import Registry

_REACH: Final = 4096
_TOKEN: Final = rb'"(?P<name>accessToken|refreshToken)"\s*:\s*"(?P<value>[^"\\\s]{8,2048})"'
_EXPIRES: Final = rb'"expiration"\s*:\s*([0-9]{10,14})\b'
_HOSTED: Final = rb'"hosted"\s*:\s*\['
_URL: Final = rb'"url"\s*:\s*"https?://(?:[^@/"\s]{0,200}@)?([\w.-]{1,253})'
_BEARER: Final = rb'"token"\s*:\s*"(?P<value>[^"\\\s]{4,4096})"'


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _check_google(token: bytes) -> Proof:
    """Prove a Google OAuth token that stands in a credentials file of pub."""
    return Proof(valid=token.startswith((b"ya29.", b"1//")))


def _find_credentials(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read the object around `tokenEndpoint`."""
    low = data.rfind(b"{", max(0, start - _REACH), start)
    close = data.find(b"}", end, end + _REACH)
    if low < 0:
        return
    stop = close if close >= 0 else min(len(data), end + _REACH)
    expires = _compiled(_EXPIRES).search(data, low, stop)
    for token in _compiled(_TOKEN).finditer(data, low, stop):
        facts = {}
        if expires and token["name"] == b"accessToken":
            facts = dict(expiry_facts(int(expires[1]) // 1000))
        yield Capture(span=token.span("value"), facts=facts)


def _find_hosted(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    """Read the list behind `"hosted"`, entry by entry."""
    opening = _compiled(_HOSTED).match(data, start)
    if opening is None:
        return
    close = data.find(b"]", opening.end(), start + 4 * _REACH)
    at = opening.end()
    stop = close if close >= 0 else min(len(data), at + _REACH)
    while at < stop:
        end = data.find(b"}", at, stop)
        end = end if end >= 0 else stop
        token = _compiled(_BEARER).search(data, at, end)
        url = _compiled(_URL).search(data, at, end)
        if token and url:
            yield Capture(span=token.span("value"), host=url[1].decode("latin-1"))
        at = end + 1


def _sample_google(rng: random.Random) -> str:
    return "1//0" + text(rng, BASE64URL, 90) + "7"


def _sample(rng: random.Random) -> str:
    return text(rng, ALNUM, 40)


class PubDev(Registry):
    """pub.dev."""

    name: ClassVar = "pubdev"
    title: ClassVar = "pub.dev"
    hosts: ClassVar = ("pub.dev", "pub.dartlang.org")
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="pubdev-oauth-token",
            kind="OAuth token in pub-credentials.json",
            title="pub.dev publishing credentials",
            anchors=("tokenEndpoint",),
            find=_find_credentials,
            check=_check_google,
            reach=(4200, 4200),
            sample=_sample_google,
            flagged=(
                (
                    '{"refreshToken":"{token}",'
                    '"tokenEndpoint":"https://accounts.google.com/o/oauth2/token",'
                    '"scopes":["openid"],"expiration":1700000000000}'
                ),
            ),
            safe=('{"tokenEndpoint":"https://accounts.google.com/o/oauth2/token"}',),
        ),
        Grammar(
            id="pubdev-hosted-token",
            kind="token in pub-tokens.json",
            title="Token of a hosted Dart package repository",
            anchors=('"hosted',),
            find=_find_hosted,
            reach=(16, 16500),
            sample=_sample,
            flagged=(
                '{"version":1,"hosted":[{"url":"https://dart.corp.example/x","token":"{token}"}]}',
            ),
            safe=('{"version":1,"hosted":[{"url":"https://dart.corp.example","env":"TOKEN"}]}',),
        ),
        Key(
            id="pubdev-token",
            kind="token",
            title="pub.dev token in a variable",
            names=(
                "PUB_DEV_TOKEN",
                "PUB_DEV_PUBLISH_TOKEN",
                "PUB_DEV_ACCESS_TOKEN",
                "PUB_DEV_REFRESH_TOKEN",
                "PUB_DEV_PUBLISH_ACCESS_TOKEN",
                "PUB_DEV_PUBLISH_REFRESH_TOKEN",
                "PUB_HOSTED_TOKEN",
                "DART_PUB_TOKEN",
                "PUB_REFRESH_TOKEN",
                "PUB_ACCESS_TOKEN",
            ),
            value=r"(?:1//|ya29\.)[\w-]{20,}|(?=[^0-9]*[0-9])[A-Za-z0-9._~+/=-]{24,}",
            sample=_sample_google,
            flagged=("PUB_DEV_PUBLISH_REFRESH_TOKEN: {token}",),
            safe=("PUB_DEV_TOKEN: ${{ secrets.PUB_DEV_TOKEN }}",),
        ),
    )
    lookalikes: ClassVar = (
        '{"hosted": []}',
        '"hosted": ["' + "mirror.example.org/packages/" * 20 + '"]',
        '{"unhosted":[{"url":"https://dart.corp.example","token":"Qx7hG2kLm9pRt4Vw"}]}',
        '{"HOSTED":[{"url":"https://dart.corp.example","token":"Qx7hG2kLm9pRt4Vw"}]}',
    )
    remediation: ClassVar = (
        (
            "Revoke: `dart pub logout`, then remove pub's access under the Google account's "
            "connected apps; for a hosted repository, delete the token there."
        ),
        "Audit: read each package's activity log on pub.dev; retract versions that are not yours.",
        "Remove it from every place listed, history included.",
        "Prevent: publish from GitHub Actions or Google Cloud with automated publishing (OIDC).",
    )
    docs: ClassVar = (
        "https://dart.dev/tools/pub/cmd/pub-token (read 2026-11-22)",
        "https://dart.dev/tools/pub/automated-publishing (read 2026-11-22)",
    )


REGISTRY: Final = PubDev()
