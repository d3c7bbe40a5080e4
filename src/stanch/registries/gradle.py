# SPDX-License-Identifier: Apache-2.0
"""Gradle: repository credentials in build scripts, and the keys of the Gradle plugin portal.

`credentials { … }` stands in Groovy and in Kotlin, with `=`, a call or a space before the value,
and with a literal behind an elvis operator as a default. Properties reach a build through
`ORG_GRADLE_PROJECT_<name>` variables.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule
from stanch.detect.sample import ALNUM, text
from stanch.model import Severity
from stanch.registries import Registry

_BLOCK_MAX: Final = 2048
_OPEN: Final = rb"credentials\s*(?:\(\s*[\w.:]{1,60}\s*\)\s*)?\{"
_FIELD: Final = (
    rb"(?m)(?<![\w.$])(?:set)?(?P<name>[Pp]assword|[Ss]ecretKey|[Ss]essionToken|[Tt]oken|"
    rb"value|[Uu]sername)\b\s*(?:\.set\s*\(|=|\(|\s)\s*(?=(?P<rest>[^\n]{1,600}))"
)
_LITERAL: Final = rb"""(?P<quote>["'])(?P<value>(?:[^"'\\\n]|\\.){1,500})(?P=quote)"""
_DEFAULT: Final = (
    rb"""(?:\?:|\|\||\.orElse\s*\(|(?:getProperty|getOrDefault)\s*\([^,\n]{1,100},)\s*""" + _LITERAL
)
_URL: Final = rb"""\burl\b[^\n"']{0,40}["']https?://(?:[^@/\s"']{0,200}@)?([\w.-]{1,253})"""
_PROPERTY: Final = rb"\w{1,60}"
_SECRET_NAME: Final = rb"(?i)passw|passwd|token|secret|api_?key|publish_?key"
_OTHER_NAME: Final = (
    rb"(?i)signing|gpg|keystore|storepass|keypass|sonar|central|ossrh|sonatype|database|jdbc"
)


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _close(data: bytes, start: int) -> int:
    """Return the offset of the brace that closes the block whose inside begins at `start`."""
    depth = 1
    for brace in _compiled(rb"[{}]").finditer(data, start, start + _BLOCK_MAX):
        depth += 1 if brace.group() == b"{" else -1
        if depth == 0:
            return brace.start()
    return min(len(data), start + _BLOCK_MAX)


def _enclosing(data: bytes, start: int) -> tuple[int, int]:
    """Return the block around `start`: the repository that the credentials are for."""
    depth = 0
    low = max(0, start - _BLOCK_MAX)
    for brace in reversed(list(_compiled(rb"[{}]").finditer(data, low, start))):
        depth += 1 if brace.group() == b"}" else -1
        if depth < 0:
            return brace.end(), _close(data, brace.end())
    return low, start


def _literal(rest: bytes, offset: int) -> tuple[int, int] | None:
    """Return the span of the literal that an expression is or falls back to."""
    found = _compiled(_LITERAL).match(rest) or _compiled(_DEFAULT).search(rest)
    return (offset + found.start("value"), offset + found.end("value")) if found else None


def _find_block(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    """Read one `credentials` block."""
    block = _compiled(_OPEN).match(data, start, start + 120)
    if block is None:
        return
    stop = _close(data, block.end())
    fields = list(_compiled(_FIELD).finditer(data, block.end(), stop))
    user = ""
    for field in fields:
        if field["name"].lower() == b"username":
            span = _literal(field["rest"], 0)
            user = field["rest"][span[0] : span[1]].decode("latin-1") if span else ""
    low, high = _enclosing(data, start)
    url = _compiled(_URL).search(data, low, high)
    host = url[1].decode("latin-1") if url else ""
    for field in fields:
        span = _literal(field["rest"], field.start("rest"))
        if span is None or span[1] > stop or field["name"].lower() == b"username":
            continue
        if b"${" in data[span[0] : span[1]]:
            continue
        yield Capture(span=span, host=host, user="" if user.startswith("$") else user)


def _find_property(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read an `ORG_GRADLE_PROJECT_<name>` variable whose name says that it is a secret."""
    name = _compiled(_PROPERTY).match(data, end)
    if name is None or not _compiled(_SECRET_NAME).search(name.group()):
        return
    if _compiled(_OTHER_NAME).search(name.group()):
        return
    capture = command.capture_after(data, name.end())
    if capture:
        yield capture


def _sample(rng: random.Random) -> str:
    return text(rng, ALNUM, 24)


def _sample_key(rng: random.Random) -> str:
    return text(rng, ALNUM, 32)


class Gradle(Registry):
    """Gradle's plugin portal, and the repositories that Gradle builds name."""

    name: ClassVar = "gradle"
    title: ClassVar = "Gradle"
    hosts: ClassVar = ("plugins.gradle.org",)
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="gradle-repository-password",
            kind="password in a credentials block",
            title="Gradle build script holds a literal repository password",
            anchors=("credentials {", "credentials{", "credentials("),
            find=_find_block,
            reach=(2048, 4300),
            sample=_sample,
            flagged=(
                (
                    "maven {\n  url 'https://repo.corp.example/m'\n"
                    "  credentials {\n    username 'ci'\n    password '{token}'\n  }\n}"
                ),
                (
                    'credentials {\n  username = "ci"\n'
                    '  password = System.getenv("REPO_PASS") ?: "{token}"\n}'
                ),
                (
                    'credentials(HttpHeaderCredentials::class) { name = "Private-Token"\n'
                    '  value = "{token}"\n}'
                ),
            ),
            safe=(
                "credentials { username repoUser\n password repoPassword }",
                'credentials { password = System.getenv("REPO_PASSWORD") }',
                'credentials { username = "ci"; password = "${repoPassword}" }',
                'fetch("/api", { credentials: "include", password: "Qx7hG2kLm9pRt4Vw" })',
            ),
        ),
        Key(
            id="gradle-portal-secret",
            kind="plugin portal API secret",
            title="Gradle plugin portal API secret",
            names=("GRADLE_PUBLISH_SECRET", "GRADLE_PORTAL_SECRET"),
            sample=_sample_key,
            flagged=("gradle.publish.secret={token}", 'GRADLE_PUBLISH_SECRET: "{token}"'),
            safe=("GRADLE_PUBLISH_SECRET: ${{ secrets.GRADLE_PUBLISH_SECRET }}",),
        ),
        Key(
            id="gradle-portal-key",
            kind="plugin portal API key",
            title="Gradle plugin portal API key",
            severity=Severity.MEDIUM,
            names=("GRADLE_PUBLISH_KEY", "GRADLE_PORTAL_KEY"),
            sample=_sample_key,
            flagged=("gradle.publish.key={token}", "-Pgradle.publish.key={token}"),
            safe=("GRADLE_PUBLISH_KEY: ${{ secrets.GRADLE_PUBLISH_KEY }}",),
        ),
        Grammar(
            id="gradle-project-property",
            kind="secret project property",
            title="Repository password handed to Gradle as a project property",
            anchors=("ORG_GRADLE_PROJECT_",),
            find=_find_property,
            reach=(256, 2300),
            sample=_sample,
            flagged=("export ORG_GRADLE_PROJECT_repoPassword={token}",),
            safe=(
                "ORG_GRADLE_PROJECT_repoPassword: ${{ secrets.REPO_PASSWORD }}",
                "ORG_GRADLE_PROJECT_signingInMemoryKeyPassword=Qx7hG2kLm9pRt4Vw",
                "ORG_GRADLE_PROJECT_version=1.24.0-rc1",
            ),
        ),
    )
    lookalikes: ClassVar = (
        "credentials { }",
        "credentials { " + "provider 'vault'\n" * 30 + "}",
        "mycredentialsprovider { password 'Qx7hG2kLm9pRt4Vw' }",
        "CREDENTIALS { PASSWORD 'Qx7hG2kLm9pRt4Vw' }",
    )
    remediation: ClassVar = (
        (
            "Revoke: for the plugin portal, sign in, open API Keys and revoke the key pair; for "
            "another repository, change the account's password in its manager."
        ),
        (
            "Audit: list the plugin versions published since the leak; ask the portal's support to "
            "remove those that are not yours."
        ),
        "Remove the value from every place listed, history included.",
        (
            "Prevent: read it with providers.gradleProperty(…) or credentials(PasswordCredentials) "
            "and keep it in the build server's secret store."
        ),
    )
    docs: ClassVar = (
        "https://docs.gradle.org/current/userguide/declaring_repositories.html (read 2026-11-22)",
        (
            "https://docs.gradle.org/current/userguide/publishing_gradle_plugins.html "
            "(read 2026-11-22)"
        ),
    )


REGISTRY: Final = Gradle()
