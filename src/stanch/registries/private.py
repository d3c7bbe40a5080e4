# SPDX-License-Identifier: Apache-2.0
"""Private registries of any vendor: user names and passwords in URLs and in `.netrc`.

A URL with a password is reported only where something says package registry: the setting it is
the value of, the words in its host or path, or a host that another registry module claims. The
same goes for the machines of a `.netrc`. Databases, mail servers and web services are left alone.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final
from urllib.parse import unquote_to_bytes

from stanch.detect import command, value
from stanch.detect.rule import Capture, Grammar, Rule
from stanch.detect.sample import ALNUM, text
from stanch.registries import Registry

_HOST_WORDS: Final = (
    rb"(?i)(?:^|[.-])(?:npm|pypi|pip|registry|registries|nexus|artifactory|artifacts?|verdaccio"
    rb"|devpi|pkgs?|packages?|rubygems|gems?|gemstash|geminabox|nuget|proget|maven|mvn|repo|repos"
    rb"|repository|conda|crates|cargo|composer|packagist|satis|pulp|harbor|quay|docker|ghcr"
    rb"|goproxy|athens|hex|cran|gitlab|gitea|forgejo|github|bitbucket|wandb)\d*(?:[.-]|$)"
)
_PATH_WORDS: Final = (
    rb"(?i)/simple(?:/|$|[?#])|/artifactory/|/nexus/|/repository/[\w.-]|/repositories/[\w.-]"
    rb"|/_packaging/|/api/(?:npm|pypi|packages|nuget|gems|cargo|conda|docker|composer|go)/"
    rb"|/api/v4/(?:projects|groups|packages)/|/(?:npm|pypi|nuget|gems|rubygems|conda)/"
    rb"|/v3/index\.json|\.(?:tgz|whl|crate|gem|nupkg|tar\.gz)(?:$|[?#])|/root/pypi"
)
_URL: Final = (
    rb"(?:git\+|sparse\+|registry\+)?https?:\\?/\\?/(?P<user>[^\s:/@\"'`<>\\]{0,300})"
    rb"(?::(?P<secret>[^\s/\"'`<>\\]{0,2000}))?@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)(?P<port>:\d+)?"
    rb"(?P<path>/[^\s\"'`<>\\]{0,400})?"
)
_USER_IS_SECRET: Final = frozenset({b"", b"x-oauth-basic", b"x", b"@"})
_TOKEN: Final = rb"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[\w.-]{16,}"
_TEMPLATE: Final = rb"[{}<>]|\*{3}|^\$\w|^%\w+%$|^%[sd]$|\xe2\x80[\xa2\xa6]"
_MACHINE: Final = (
    rb"(?:machine\s+(?:\\*[\"'])?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)(?::\d+)?(?:\\*[\"'])?|default)"
    rb"(?P<rest>(?:(?:\s|\\n|\\t|\\\r?\n)+(?:login|password|account)(?:\s|\\t)+"
    rb"(?:\\*\"[^\"\r\n]*\"|[^\s\"'`\\]+))+)"
)
_WORD: Final = (
    rb"(?P<key>login|password)(?:\s|\\t)+"
    rb"(?:\\*\"(?P<quoted>[^\"\\\r\n]*)|(?P<bare>[^\s\"'`\\]+))"
)

_SETTING: Final = (
    rb"(?is)(?:(?:--|\b|_)(?:(?:extra|default)[-_])?index(?:[-_]url)?s?|find[-_]links|(?:publish"
    rb"|repository|registry)[-_]url|--registry|registry|registryserver|publishregistry|goproxy"
    rb"|(?:gem[ ]+)?source|git\+|sparse\+|pip3?[ ]+install"
    rb"|\[\[(?:tool\.(?:poetry|pdm)\.)?source\]\]|\[\[(?:tool\.uv\.)?index\]\]"
    rb"|uv_(?:default_)?index(?:_url)?)(?:\b|(?<=\+))[^\n]{0,400}$"
)
"""A setting whose value is a registry's URL, and what may stand between the two."""
_SECTION: Final = rb"(?i)\[\[(?:tool\.(?:poetry|pdm)\.)?source\]\]|\[\[(?:tool\.uv\.)?index\]\]"
_URL_WITH_USER: Final = r"""https?:\\?/\\?/[^\s/"'<>@`]{3,300}@"""
_BASIC: Final = (
    rb"(?<=\s)(?:-u|--user)(?:[ =]|(?<=-u))[\"']?(?P<user>[^\s:\"'@/]{1,200}):"
    rb"(?P<secret>[^\s\"'\\`<>]{4,500})"
)
_TARGET: Final = (
    rb"https?://(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)(?::\d+)?(?P<path>/[^\s\"'`<>\\]{0,400})?"
)
_KEYED: Final = rb"[ \t]*[\w.-]+[ \t]*[=:]"
_REACH: Final = 320


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _find_url(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the URL with a user that `end` stands in, where something says registry."""
    low = max(0, end - _REACH)
    begin = data.rfind(b"http", low, end)
    url = _compiled(_URL).match(data, begin) if begin >= 0 else None
    if url is None:
        return
    known = _compiled(_HOST_WORDS).search(url["host"]) or _compiled(_PATH_WORDS).search(
        url["path"] or b""
    )
    yield from _captures(url, known=bool(known) or _is_set(data, begin))


def _is_set(data: bytes, begin: int) -> bool:
    """Tell whether the URL at `begin` is what a registry's setting is given."""
    before = data[max(0, begin - 400) : begin]
    section = list(_compiled(_SECTION).finditer(before))
    if section and not re.search(rb"\n\s*\n|\n\[", before[section[-1].end() :]):
        return True
    # The line itself; then, for a value that goes on over several lines, the lines it continues:
    # those above an indented line, or above one after a backslash.
    lines = before.split(b"\n")
    for above in range(len(lines) - 1, -1, -1):
        line = lines[above]
        if _compiled(_SETTING).search(line):
            return True
        continued = above > 0 and (line[:1] in (b" ", b"\t") or lines[above - 1][-1:] == b"\\")
        if not continued or _compiled(_KEYED).match(line):
            return False
    return False


def _captures(url: re.Match[bytes], *, known: bool) -> Iterator[Capture]:
    """Return the secret in a URL's userinfo: the password, or the user if there is no other."""
    user, secret = url["user"], url["secret"] or b""
    name = "user" if secret in _USER_IS_SECRET else "secret"
    raw = url[name] or b""
    if name == "user" and not _compiled(_TOKEN).fullmatch(raw):
        return
    if _compiled(_TEMPLATE).search(raw):
        return
    plain = unquote_to_bytes(raw)
    if value.sort(plain, quoted=True) in {value.Sort.REFERENCE, value.Sort.OTHER}:
        return
    yield Capture(
        url.span(name),
        plain,
        host=url["host"].decode("latin-1"),
        user="" if name == "user" else user.decode("latin-1"),
        decoded=("percent",) if plain != raw else (),
        known=known,
    )


def _find_machine(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    """Read one entry of a `.netrc`, on one line or on several."""
    if data[max(0, start - 1) : start].isalnum():
        return
    entry = _compiled(_MACHINE).match(data, start, start + 2048)
    if entry is None:
        return
    host = entry["host"] or b""
    user = ""
    for word in _compiled(_WORD).finditer(data, entry.start("rest"), entry.end()):
        name = "quoted" if word["quoted"] is not None else "bare"
        if word["key"] == b"login":
            user = word[name].decode("latin-1")
        elif not _compiled(_TEMPLATE).search(word[name]):
            yield Capture(
                word.span(name),
                host=host.decode("latin-1"),
                user="" if user.startswith("$") else user,
                known=_compiled(_HOST_WORDS).search(host) is not None,
            )


def _find_request(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    """Read `-u user:password` of a command that asks a registry over HTTP."""
    start, stop = command.line(data, start)
    url = _compiled(_TARGET).search(data, start, stop)
    if url is None:
        return
    known = _compiled(_HOST_WORDS).search(url["host"]) or _compiled(_PATH_WORDS).search(
        url["path"] or b""
    )
    for option in _compiled(_BASIC).finditer(data, start, stop):
        raw = option["secret"]
        if _compiled(_TEMPLATE).search(raw) or raw.startswith(b"$"):
            continue
        if value.sort(raw, quoted=True) in {value.Sort.REFERENCE, value.Sort.OTHER}:
            continue
        user = option["user"].decode("latin-1")
        yield Capture(
            option.span("secret"),
            host=url["host"].decode("latin-1"),
            user="" if user.startswith("$") else user,
            known=bool(known),
        )


def _sample(rng: random.Random) -> str:
    return text(rng, ALNUM, 20)


class Private(Registry):
    """A package registry that no other module claims."""

    name: ClassVar = "private"
    title: ClassVar = "private registry"
    rules: ClassVar[tuple[Rule, ...]] = (
        Grammar(
            id="private-url-password",
            kind="password in a registry's URL",
            title="URL of a package registry holds a password",
            expressions=(_URL_WITH_USER,),
            find=_find_url,
            reach=(800, 600),
            only_known_hosts=True,
            encoded=False,
            sample=_sample,
            flagged=(
                "[global]\nindex-url = https://ci:{token}@py.corp.example/index",
                "[global]\nextra-index-url =\n    https://ci:{token}@py.corp.example/index",
                "--extra-index-url https://ci:{token}@py.corp.example/index",
                "ENV PIP_INDEX_URL=https://ci:{token}@py.corp.example/index",
                "registry=https://ci:{token}@js.corp.example/",
                '[[source]]\nname = "corp"\nurl = "https://ci:{token}@py.corp.example/index"',
                '[[tool.uv.index]]\nname = "corp"\nurl = "https://ci:{token}@py.corp.example/i"',
                "source 'https://ci:{token}@rb.corp.example/'",
                "tool @ git+https://ci:{token}@scm.corp.example/tool.git@v1",
                '"resolved": "https://ci:{token}@npm.corp.example/a/-/a-1.0.0.tgz",',
                "curl https://ci:{token}@files.corp.example/artifactory/api/npm/js/a",
                "url = 'https://ci:{token}@py.corp.example/root/simple/'",
            ),
            safe=(
                "index-url = https://${USER}:${PASSWORD}@py.corp.example/index",
                "--extra-index-url https://$TOKEN@py.corp.example/index",
                "registry=https://js.corp.example/\nDB=https://ci:" + "Qx7h" * 4 + "@db.example/",
                'MONITORING = "https://monitor:m0n1' + 't0r!ng@metrics.corp.example/api"',
                "postgres://ci:Qx7hG2kLm9pRt4Vw@repo.corp.example/db",
                "https://npm.corp.example/@scope/package",
                "git@gitlab.corp.example:group/project.git",
            ),
        ),
        Grammar(
            id="private-request-password",
            kind="password in a request to a registry",
            title="Command holds a literal user name and password for a package registry",
            anchors=("curl ",),
            find=_find_request,
            reach=(4, 1100),
            only_known_hosts=True,
            encoded=False,
            sample=_sample,
            flagged=(
                "curl -u ci:{token} -T a.jar https://nexus.corp.example/repository/raw/a.jar",
                "curl --user 'ci:{token}' \\\n  https://corp.example/artifactory/api/npm/auth",
            ),
            safe=(
                "curl -u ci:$TOKEN https://nexus.corp.example/repository/raw/a.jar",
                "curl -u ci:Qx7hG2kLm9pR" + "t4Vw https://api.corp.example/v1/users",
            ),
        ),
        Grammar(
            id="private-netrc-password",
            kind="password in .netrc",
            title=".netrc holds a registry's password",
            anchors=("machine ", "machine\t", "machine\n", "default login"),
            find=_find_machine,
            reach=(4, 2048),
            only_known_hosts=True,
            sample=_sample,
            flagged=(
                "machine npm.corp.example login ci password {token}",
                "machine pypi.corp.example\n  login ci\n  password {token}\n",
                'echo "machine packages.corp.example login ci password {token}" > ~/.netrc',
                'machine nexus.corp.example login ci password "{token}"',
            ),
            safe=(
                "machine npm.corp.example login ci password $NPM_PASSWORD",
                "machine ftp.corp.example login ci password Qx7hG2kLm9pRt4Vw",
                "machine learning needs a login and a password like Qx7hG2kLm9pRt4Vw",
            ),
        ),
    )
    lookalikes: ClassVar = (
        "https://registry.corp.example/",
        "https://" + "a" * 400 + "@registry.corp.example/simple/",
        "mymachine npm.corp.example login ci password Qx7hG2kLm9pRt4Vw",
        "MACHINE npm.corp.example LOGIN ci PASSWORD Qx7hG2kLm9pRt4Vw",
        "https://docker.corp.example:4443/team/app@sha256:35f1ea3d0ae9dc9b058dd8d224f1bb7e",
        "redis://:Qx7hG2kLm9pRt4Vw@registry.corp.example:6379/0",
    )
    remediation: ClassVar = (
        "Revoke: change the password or delete the token on the host that the finding names.",
        "Audit: list what the account published and downloaded there since the leak.",
        "Remove it from every place listed, lock files and history included.",
        (
            "Prevent: keep credentials out of URLs; give them to the tool by variable, keyring or "
            "a credential helper."
        ),
    )
    docs: ClassVar = (
        "https://pip.pypa.io/en/stable/topics/authentication/ (read 2026-11-22)",
        (
            "https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html "
            "(read 2026-11-22)"
        ),
    )


REGISTRY: Final = Private()
