# SPDX-License-Identifier: Apache-2.0
"""Maven: passwords of private repositories in `settings.xml` and on `mvn` command lines.

`settings.xml` names servers and proxies; the repository that a server's id belongs to tells the
host. Encrypted values, `{…}`, are safe unless the master password stands beside them: its own
encryption uses a key that is published in Maven's source.
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

_ELEMENT_MAX: Final = 4096
_CENTRAL: Final = rb"[\w.-]*(?:ossrh|sonatype)[\w.-]*|(?:maven[-_.]?)?central(?:[-_.]?portal)?"
_NEAR: Final = 1 << 15
_REPOSITORIES: Final = (
    b"<repository>",
    b"<mirror>",
    b"<snapshotRepository>",
    b"<pluginRepository>",
)
_URL: Final = rb"<url>\s*https?://(?:[^@/<\s]{0,200}@)?([\w.-]{1,253})"
_MASTER: Final = (
    rb"\s*(?:[^{<]{0,200}(\{[A-Za-z0-9+/=]{16,200}\})|([^\s${<@][^{}<]{2,200}?)\s*</master>)"
)
"""Encrypted, or, against all advice, as it is."""
_SBT: Final = (
    rb"\s*\"[^\"\r\n]{0,200}\"\s*,\s*\"(?P<host>[\w-]+(?:\.[\w-]+)+)\"\s*,"
    rb"\s*\"(?P<user>[^\"\r\n]{1,200})\"\s*,\s*\"(?P<password>[^\"\r\n]{4,500})\"\s*\)"
)
_MAVEN: Final = ((b"<servers>", b"</servers>"), (b"<proxies>", b"</proxies>"))
"""What tells Maven's `<server>` and `<proxy>` from those of other programs."""
_FIELD: Final = (
    rb"(?s)<(?P<name>id|host|username|password|passphrase|privateKey)>\s{0,80}"
    rb"(?:<!\[CDATA\[)?(?P<value>[^<]*?[^<\s])\s*(?:\]\]>)?\s*</(?P=name)>"
)
_PROPERTY: Final = (
    rb"-D(?P<name>[\w.-]*(?:[Pp]assword|[Pp]asswd|[Tt]oken|[Pp]assphrase)[\w.-]*)(?==)"
)
_NAMES_REPOSITORY: Final = (
    rb"(?i)^(?:password|token)$|repo|deploy|server|settings|maven|mvn|nexus|artifact|release|"
    rb"snapshot|publish|central|ossrh|registry"
)
_PUBLISHES: Final = rb"(?i)\b(?:deploy|release:\w+|altDeploymentRepository|deploy-file)\b"


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _host_of(data: bytes, start: int, server: bytes) -> str:
    """Return the host of the repository or mirror with the id `server`, if it stands near."""
    low = max(0, start - _NEAR)
    window = data[low : start + _NEAR]
    at = -1
    for _ in range(8):
        at = window.find(b">" + server + b"</id>", at + 1)
        if at < 0:
            break
        before = window[max(0, at - _ELEMENT_MAX // 4) : at]
        owner = max(before.rfind(opening) for opening in _REPOSITORIES)
        url = _compiled(_URL).search(window, at, at + _ELEMENT_MAX // 4)
        if not url and owner >= 0:
            url = _compiled(_URL).search(before, owner)
        if owner >= 0 and url and before.rfind(b"<server>") < owner:
            return url[1].decode("latin-1")
    return ""


def _find_server(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read one `<server>` or `<proxy>`."""
    closing = data[start:end].replace(b"<", b"</")
    close = data.find(closing, end, end + _ELEMENT_MAX)
    stop = close if close >= 0 else min(len(data), end + _ELEMENT_MAX // 4)
    fields = {m["name"]: m for m in _compiled(_FIELD).finditer(data, end, stop)}
    if b"id" not in fields and not _in_maven(data, start):
        return
    server = fields[b"id"]["value"] if b"id" in fields else b""
    if _compiled(_CENTRAL).fullmatch(server):
        return
    host = fields[b"host"]["value"].decode("latin-1") if b"host" in fields else ""
    if not host and server:
        host = _host_of(data, start, server)
    user = fields[b"username"]["value"].decode("latin-1") if b"username" in fields else ""
    for name in (b"password", b"passphrase", b"privateKey"):
        field = fields.get(name)
        if field and _is_literal(field["value"], data) and not _is_shown(data, field):
            yield Capture(
                span=field.span("value"),
                host=host,
                user="" if user.startswith("$") else user,
                facts={"server": server.decode("latin-1")} if server else {},
            )


def _in_maven(data: bytes, start: int) -> bool:
    """Tell whether the element stands in the list that Maven keeps such elements in."""
    low = max(0, start - _NEAR)
    return any(data.rfind(a, low, start) > data.rfind(b, low, start) for a, b in _MAVEN)


def _is_literal(value: bytes, data: bytes) -> bool:
    """Tell whether a value is a password as it stands, or can be turned into one."""
    if value.startswith((b"${", b"@", b"/", b"~")):
        return False
    if value.startswith(b"{") and value.endswith(b"}"):
        return b"<settingsSecurity>" in data and b"<master>" in data
    return True


def _is_shown(data: bytes, field: re.Match[bytes]) -> bool:
    """Tell whether a comment shows what to write: mere words, as in the settings Maven ships."""
    low = max(0, field.start() - _ELEMENT_MAX)
    comment = data.rfind(b"<!--", low, field.start()) > data.rfind(b"-->", low, field.start())
    return (
        comment
        and _compiled(rb"[a-z]+(?:[ ;,.-]+[a-z]+)*[.!]?").fullmatch(field["value"]) is not None
    )


def _find_master(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read `<master>` of `settings-security.xml`."""
    found = _compiled(_MASTER).match(data, end, end + 400)
    if found and b"<settingsSecurity" in data[max(0, start - 2000) : start]:
        yield Capture(span=found.span(found.lastindex or 0))


def _find_properties(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read `-Dname=value` of an `mvn` call that publishes."""
    start, stop = command.line(data, end)
    publishes = _compiled(_PUBLISHES).search(data, start, stop)
    for option in _compiled(_PROPERTY).finditer(data, start, stop):
        name = option["name"]
        if not _compiled(_NAMES_REPOSITORY).search(name):
            continue
        if name.lower() in (b"password", b"token") and not publishes:
            continue
        capture = command.capture_after(data, option.end())
        if capture:
            yield capture


def _find_sbt(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read `Credentials(realm, host, user, password)` of an sbt build."""
    found = _compiled(_SBT).match(data, end, end + 1024)
    if found:
        host, user = (found[name].decode("latin-1") for name in ("host", "user"))
        yield Capture(found.span("password"), host=host, user=user)


def _sample(rng: random.Random) -> str:
    return text(rng, ALNUM, 20)


def _sample_encrypted(rng: random.Random) -> str:
    return "{" + text(rng, ALNUM + "+/", 43) + "=}"


class Maven(Registry):
    """Maven repositories of any vendor."""

    name: ClassVar = "maven"
    title: ClassVar = "Maven repository"
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="maven-settings-password",
            kind="password in settings.xml",
            title="Maven settings hold a literal repository password",
            anchors=("<server>", "<proxy>"),
            find=_find_server,
            reach=(8192, 16384),
            sample=_sample,
            flagged=(
                (
                    "<server>\n  <id>releases</id>\n  <username>ci</username>\n"
                    "  <password>{token}</password>\n</server>"
                ),
                (
                    "<proxies><proxy><host>proxy.corp.example</host><password>{token}</password></proxy>"
                    "</proxies>"
                ),
                (
                    "<server><id>sftp</id><privateKey>${user.home}/.ssh/id</privateKey>"
                    "<passphrase>{token}</passphrase></server>"
                ),
            ),
            safe=(
                "<server><id>a</id><password>${env.REPO_PASSWORD}</password></server>",
                "<server><id>a</id><password>{ENCRYPTED+EXAMPLE=}</password></server>",
                "<server><id>a</id><password></password></server>",
                "<server><id>a</id><privateKey>/home/ci/.ssh/id_rsa</privateKey></server>",
                "<server><host>mail.example.org</host><password>Tr0ub4dor31x</password></server>",
                "<database><password>Tr0ub4dor31x</password></database>",
                "<!-- <server><id>a</id><password>userpass</password></server> -->",
            ),
        ),
        Grammar(
            id="maven-master-password",
            kind="master password in settings-security.xml",
            title="Maven master password, encrypted with a key that everyone has",
            severity=Severity.HIGH,
            anchors=("<master>",),
            find=_find_master,
            reach=(2048, 512),
            sample=_sample_encrypted,
            flagged=("<settingsSecurity>\n  <master>{token}</master>\n</settingsSecurity>",),
            safe=(
                "<settingsSecurity><relocation>/media/usb/x.xml</relocation></settingsSecurity>",
            ),
        ),
        Grammar(
            id="maven-command-password",
            kind="password on a command line",
            title="Repository password on an mvn command line",
            anchors=("mvn ", "mvnw "),
            find=_find_properties,
            reach=(256, 2048),
            sample=_sample,
            flagged=(
                "mvn -B deploy -Dusername=ci -Dpassword={token}",
                "./mvnw deploy -Drepo.password='{token}' -DskipTests",
            ),
            safe=(
                "mvn deploy -Drepo.password=$REPO_PASSWORD",
                "mvn sonar:sonar -Dsonar.token=Qx7hG2kLm9pRt4Vw",
                "mvn test -Dpassword=Qx7hG2kLm9pRt4Vw",
            ),
        ),
        Grammar(
            id="maven-sbt-password",
            kind="password in an sbt build",
            title="sbt build holds a literal repository password",
            anchors=("Credentials(",),
            find=_find_sbt,
            reach=(16, 1024),
            encoded=False,
            sample=_sample,
            flagged=('credentials += Credentials("Realm", "repo.corp.example", "ci", "{token}")',),
            safe=(
                'credentials += Credentials("Realm", "repo.corp.example", "ci", sys.env("PASS"))',
                'credentials += Credentials(Path.userHome / ".sbt" / ".credentials")',
            ),
        ),
        Key(
            id="maven-repository-password",
            kind="repository password",
            title="Maven repository password or token",
            names=(
                "MAVEN_PASSWORD",
                "MAVEN_PASSWD",
                "MAVEN_TOKEN",
                "MAVEN_AUTH_TOKEN",
                "MAVEN_REPO_PASSWORD",
                "MAVEN_REPO_TOKEN",
                "MAVEN_REPO_PASS",
                "MAVEN_REPOSITORY_PASSWORD",
                "MAVEN_REPOSITORY_TOKEN",
                "MAVEN_DEPLOY_PASSWORD",
                "MAVEN_DEPLOY_TOKEN",
                "MAVEN_PUBLISH_PASSWORD",
                "MAVEN_PUBLISH_TOKEN",
                "MAVEN_SERVER_PASSWORD",
                "MAVEN_REGISTRY_PASSWORD",
                "MAVEN_REGISTRY_TOKEN",
                "MAVEN_SETTINGS_PASSWORD",
            ),
            sample=_sample,
            flagged=("MAVEN_PASSWORD: {token}", "mavenRepoPassword={token}"),
            safe=("MAVEN_PASSWORD: ${{ secrets.MAVEN_PASSWORD }}",),
        ),
    )
    lookalikes: ClassVar = (
        "<server></server>",
        "<server>" + "<name>web</name>" * 40 + "</server>",
        "<observer><password>Qx7hG2kLm9pRt4Vw</password></observer>",
        "<SERVER><PASSWORD>Qx7hG2kLm9pRt4Vw</PASSWORD></SERVER>",
    )
    remediation: ClassVar = (
        (
            "Revoke: change the password or delete the token in the repository manager that the "
            "server's id points to."
        ),
        (
            "Audit: list the artefacts that the account deployed since the leak and compare their "
            "checksums with a rebuild from source."
        ),
        (
            "Remove the value from every place listed, history included; re-create the master "
            "password if settings-security.xml leaked."
        ),
        "Prevent: write ${env.NAME} in settings.xml and let the build server inject the value.",
    )
    docs: ClassVar = (
        "https://maven.apache.org/settings.html#servers (read 2026-11-22)",
        "https://maven.apache.org/guides/mini/guide-encryption.html (read 2026-11-22)",
    )


REGISTRY: Final = Maven()
