# SPDX-License-Identifier: Apache-2.0
"""RubyGems.org, and private gem servers that Bundler and `gem` are given credentials for.

Keys are `rubygems_` and 48 hex digits, without a checksum. Keys from before 2020 are 32 bare hex
digits, known only by their context.
"""

import random
import re
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape, names_of
from stanch.detect.sample import ALNUM, HEX, text
from stanch.registries import Registry

_BUNDLE_NAME: Final = rb"(?P<host>[A-Z0-9]+(?:_{2,3}[A-Z0-9]+)+)(?:__\d+)?\b"
_NO_HOST: Final = rb"(?:MIRROR|LOCAL|BUILD|WITHOUT|PATH|GEM|HTTPS?)__(?!_)"
_PAIR: Final = rb"(?P<user>[^\s:/\"']{1,100}):(?P<password>[^\s/\"']{4,200})"
_TOKEN: Final = rb"(?=[^\s]*\d)[A-Za-z0-9_-]{16,200}"
_LEGACY: Final = rb"(?i)Authorization[\"']?\s*[:=]\s*[\"']?([0-9a-f]{32})(?![0-9a-f])"
_OTHER_KEY: Final = rb"^[ \t]*:?(?P<name>https?://[^\s'\"]+|[\w.-]+):[ \t]+[\"']?(?P<key>[^\s\"']+)"


def _credential(data: bytes, span: tuple[int, int], host: str) -> Capture | None:
    """Read `user:password` or a bare token at `span`."""
    start, end = span
    raw = data[start:end]
    found = re.fullmatch(_PAIR, raw)
    if found:
        span = (start + found.start("password"), start + found.end("password"))
        if found["password"] in {b"x-oauth-basic", b"x"}:
            return Capture((start, start + found.end("user")), host=host)
        return Capture(span, host=host, user=found["user"].decode("latin-1"))
    return Capture(span, host=host) if re.fullmatch(_TOKEN, raw) else None


def _find_bundle_key(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read `BUNDLE_GEMS__CORP__COM: "user:password"`; `__` is a dot, `___` a dash."""
    found = re.compile(_BUNDLE_NAME).match(data, end, end + 200)
    if found is None or re.match(_NO_HOST, found["host"]):
        return
    host = found["host"].decode().lower().replace("___", "-").replace("__", ".")
    capture = command.capture_after(data, found.end())
    credential = _credential(data, capture.span, host) if capture else None
    if credential:
        yield credential


def _find_bundle_config(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read `bundle config [set] [--global] <host> <credential>`."""
    pattern = rb"(?:[ \t]+(?:set|--global|--local))*[ \t]+[\"']?(?:https?://)?(?P<host>[\w-]+(?:\.[\w-]+)+)[^\s\"']*"
    found = re.compile(pattern).match(data, end, end + 300)
    capture = command.capture_after(data, found.end()) if found else None
    if found and capture:
        credential = _credential(data, capture.span, found["host"].decode("latin-1").lower())
        if credential:
            yield credential


def _find_gem_credentials(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    """Read the keys of other gem servers in a `gem` credentials file."""
    low, high = max(0, start - 1024), min(len(data), start + 2048)
    for line in re.compile(_OTHER_KEY, re.MULTILINE).finditer(data, low, high):
        name = line["name"].decode("latin-1")
        url = re.match(r"https?://(?:[^/@]*@)?([^/]+)", name)
        if url or name == "rubygems_api_key":
            yield Capture(line.span("key"), host=url[1] if url else "rubygems.org")


def _find_header(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read the key in a request to the registry's API."""
    for found in re.compile(_LEGACY).finditer(data, max(0, start - 300), end + 300):
        yield Capture(found.span(1), host="rubygems.org")


def _sample(rng: random.Random) -> str:
    return "rubygems_" + text(rng, HEX, 48)


def _sample_legacy(rng: random.Random) -> str:
    return text(rng, HEX, 32)


def _sample_password(rng: random.Random) -> str:
    return text(rng, ALNUM, 20)


class Rubygems(Registry):
    """The Ruby community's gem host."""

    name: ClassVar = "rubygems"
    title: ClassVar = "RubyGems.org"
    hosts: ClassVar = ("rubygems.org", "index.rubygems.org", "gems.rubyforge.org")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="rubygems-api-key",
            kind="API key",
            title="RubyGems API key",
            # NOTE: issued keys are hexadecimal; copies in tests and documents often are not.
            pattern=r"rubygems_[a-z0-9]{48}",
            anchors=("rubygems_",),
            sample=_sample,
            flagged=(
                ":rubygems_api_key: {token}",
                "GEM_HOST_API_KEY={token} gem push a.gem",
                "curl -H 'Authorization:{token}' https://rubygems.org/api/v1/gems.json",
            ),
            safe=("GEM_HOST_API_KEY: ${{ secrets.RUBYGEMS_API_KEY }}",),
        ),
        Key(
            id="rubygems-key-variable",
            kind="API key in a variable or setting",
            title="Gem server key in a variable or setting",
            names=(
                *names_of("rubygems"),
                "gem_host_api_key",
                "gemstash_key",
                "gemstash_api_key",
            ),
            encoded=False,
            sample=_sample_legacy,
            flagged=(
                ":rubygems_api_key: {token}",
                "export GEM_HOST_API_KEY={token}",
                ":gemstash_key: {token}",
            ),
            safe=(
                "printf -- '---\\n:rubygems_api_key: %s\\n' \"$KEY\"",
                "GEM_HOST_API_KEY=$RUBYGEMS_KEY",
            ),
        ),
        Grammar(
            id="rubygems-credentials-file",
            kind="API key in the credentials file",
            title="gem credentials hold a literal key",
            anchors=(":rubygems_api_key:",),
            find=_find_gem_credentials,
            sample=_sample_legacy,
            flagged=("---\n:rubygems_api_key: ${KEY}\nhttps://gems.corp.example: {token}\n",),
            safe=("---\n:rubygems_api_key: ${KEY}\n:backtrace: true\n",),
        ),
        Grammar(
            id="rubygems-bundle-credential",
            kind="gem server credential in Bundler's settings",
            title="Bundler configuration holds a literal gem server credential",
            anchors=("BUNDLE_",),
            find=_find_bundle_key,
            encoded=False,
            sample=_sample_password,
            flagged=(
                'BUNDLE_GEMS__CORP__EXAMPLE: "ci:{token}"',
                "ENV BUNDLE_RUBYGEMS__PKG__GITHUB__COM=ci:{token}",
                "export BUNDLE_GEM___HOST__CORP__EXAMPLE={token}",
            ),
            safe=(
                'BUNDLE_GEMS__CORP__EXAMPLE: "ci:$GEM_PASSWORD"',
                'BUNDLE_BUILD__NOKOGIRI: "--use-system-libraries"',
                'BUNDLE_PATH: "vendor/bundle"',
            ),
        ),
        Grammar(
            id="rubygems-bundle-command",
            kind="gem server credential on a command line",
            title="bundle config is given a literal gem server credential",
            anchors=("bundle config",),
            find=_find_bundle_config,
            encoded=False,
            sample=_sample_password,
            flagged=(
                "bundle config set --global gems.corp.example ci:{token}",
                "bundle config https://gems.corp.example/private/ ci:{token}",
            ),
            safe=(
                'bundle config gems.corp.example "ci:$GEM_PASSWORD"',
                "bundle config set --local path vendor/bundle",
                "bundle config build.nokogiri --use-system-libraries",
            ),
        ),
        Grammar(
            id="rubygems-legacy-key",
            kind="API key from before 2020",
            title="RubyGems API key without a prefix",
            anchors=("rubygems.org/api/",),
            find=_find_header,
            encoded=False,
            sample=_sample_legacy,
            flagged=("curl -H 'Authorization:{token}' https://rubygems.org/api/v1/gems.json",),
            safe=('curl -H "Authorization:$KEY" https://rubygems.org/api/v1/gems.json',),
        ),
    )
    lookalikes: ClassVar = (
        "rubygems_b9ce70c306b3",
        "rubygems_" + "0123456789abcdef" * 5,
        "myrubygems_b9ce70c306b3a2e248679fbbbd66723d408d3c8c5f00566c",
        "RUBYGEMS_B9CE70C306B3A2E248679FBBBD66723D408D3C8C5F00566C",
        "rake (13.0.6) sha256=5ce4bf5037b4196c24ac62834d8db1ce",
    )
    remediation: ClassVar = (
        "Revoke the key: Edit settings, API keys, Delete; `gem signin` makes a new one.",
        (
            "Audit the versions page of each gem and the security events of the account since it "
            "leaked; `gem yank` what you did not build."
        ),
        "Remove it from every place listed, history included.",
        "Prevent: publish by trusted publishing; scope keys to one gem and to push only, with MFA.",
    )
    docs: ClassVar = (
        "https://guides.rubygems.org/api-key-scopes/ (read 2026-11-22)",
        "https://bundler.io/man/bundle-config.1.html (read 2026-11-22)",
    )


REGISTRY: Final = Rubygems()
