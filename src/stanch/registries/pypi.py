# SPDX-License-Identifier: Apache-2.0
"""PyPI, TestPyPI and every other instance of the same software.

A token is `pypi-` and a macaroon (binary format, version 2) in base64url. The macaroon names its
instance and its id, and its caveats tell scope, owner and expiry: no request is needed for these.
It also tells its own length, so that a token with several caveats is never cut short and a token
glued to other text is cut where it truly ends.
"""

import binascii
import json
import random
import re
import uuid
from collections.abc import Iterator
from typing import ClassVar, Final, NamedTuple

from stanch.detect import command, section
from stanch.detect.expiry import expiry_facts, moment
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import ALNUM, text
from stanch.errors import CorruptInputError
from stanch.model import Fact, Proof
from stanch.registries import Registry

_PREFIX: Final = b"pypi-"
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_END, _LOCATION, _IDENTIFIER, _VERIFICATION, _SIGNATURE = 0, 1, 2, 4, 6
_INSTANCES: Final = {"pypi": "upload.pypi.org", "testpypi": "test.pypi.org"}


class Macaroon(NamedTuple):
    """What the bytes of a macaroon say.

    Attributes:
        location: Who issued it: the instance's host name.
        identifier: Its id at that instance.
        caveats: What narrows it, as written.
        size: Bytes it takes.
    """

    location: str
    identifier: str
    caveats: tuple[bytes, ...]
    size: int


class _Reader:
    """Read packets: type, length (both as variable-length integers), data."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def integer(self) -> int:
        number = 0
        for shift in range(0, 35, 7):
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
        raise CorruptInputError("a length in the macaroon is too long")

    def take(self, size: int) -> bytes:
        part = self.data[self.at : self.at + size]
        if len(part) < size:
            raise CorruptInputError("the macaroon is cut short")
        self.at += size
        return part

    def fields(self) -> dict[int, bytes]:
        """Return the packets up to the next end mark; their types rise."""
        found: dict[int, bytes] = {}
        last = _END
        while (kind := self.integer()) != _END:
            if kind <= last or kind > _SIGNATURE:
                raise CorruptInputError("the macaroon's packets are out of order")
            found[kind] = self.take(self.integer())
            last = kind
        return found


def macaroon(data: bytes) -> Macaroon:
    """Read the macaroon that `data` starts with; what follows it is not looked at.

    Raises:
        CorruptInputError: `data` starts with no whole macaroon of version 2.

    Source:
        https://github.com/rescrv/libmacaroons/blob/master/doc/format.txt (read 2026-11-22)
    """
    reader = _Reader(data)
    if reader.take(1) != b"\x02":
        raise CorruptInputError("not a macaroon of version 2")
    head = reader.fields()
    caveats = []
    while caveat := reader.fields():
        if _IDENTIFIER not in caveat:
            raise CorruptInputError("a caveat of the macaroon is empty")
        caveats.append(caveat[_IDENTIFIER])
    if reader.integer() != _SIGNATURE or reader.integer() != 32:
        raise CorruptInputError("the macaroon has no signature")
    reader.take(32)
    location = head.get(_LOCATION, b"")
    identifier = head.get(_IDENTIFIER, b"")
    if not re.fullmatch(rb"[A-Za-z0-9.:-]{1,255}", location) or not identifier.isascii():
        raise CorruptInputError("the macaroon names no instance")
    return Macaroon(location.decode(), identifier.decode(), tuple(caveats), reader.at)


def _read(token: bytes) -> Macaroon:
    body = token[len(_PREFIX) :].rstrip(b"=").translate(_STANDARD)
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        return macaroon(binascii.a2b_base64(body + b"=" * (-len(body) % 4)))
    except binascii.Error as error:
        raise CorruptInputError("the macaroon is not base64") from error


def _measure(token: bytes) -> int:
    """Return where the token ends in `token`, or 0 if it does not parse."""
    try:
        size = _read(token).size
    except CorruptInputError:
        return 0
    return len(_PREFIX) + -(-size * 4 // 3)


def _check(token: bytes) -> Proof:
    """Prove that a token is a whole macaroon, and tell what it allows."""
    try:
        found = _read(token)
    except CorruptInputError as error:
        return Proof(valid=False, facts={"note": str(error)})
    facts: dict[str, Fact] = {"instance": found.location, "token": found.identifier}
    facts.update(_allowed(found.caveats))
    return Proof(valid=len(token.rstrip(b"=")) == _measure(token), facts=facts)


class _Caveats:
    """What several caveats leave over: each one narrows the ones before."""

    def __init__(self) -> None:
        self.names: set[str] | None = None
        self.ids: set[str] | None = None
        self.facts: dict[str, Fact] = {}
        self.until: float | None = None
        self.since: float | None = None
        self.account = False

    def add(self, caveat: object) -> None:
        """Take in one caveat, old style (an object) or new style (a tagged list)."""
        match caveat:
            case [0, int() | float() as until, int() | float() as since]:
                self._times(until, since)
            case [1, list() as names]:
                self.names = _narrowed(self.names, names)
            case [2, list() as ids]:
                self.ids = _narrowed(self.ids, ids)
            case [3, str() as user]:
                self.account = True
                self.facts["owner"] = user
            case [4, str() as publisher, *_]:
                self.facts["publisher"] = publisher
            case {"exp": int() | float() as until, "nbf": int() | float() as since}:
                self._times(until, since)
            case {"project_ids": list() as ids}:
                self.ids = _narrowed(self.ids, ids)
            case {"permissions": "user"}:
                self.account = True
            case {"permissions": {"projects": list() as names}}:
                self.names = _narrowed(self.names, names)
            case _:
                self.facts["note"] = "holds a caveat of an unknown kind"

    def _times(self, until: float, since: float) -> None:
        self.until = until if self.until is None else min(self.until, until)
        self.since = since if self.since is None else max(self.since, since)

    def summary(self) -> dict[str, Fact]:
        """Return the facts that the caveats amount to."""
        facts = dict(self.facts)
        if self.names is not None:
            facts["projects"] = sorted(self.names)
        if self.ids is not None:
            facts["project_ids"] = sorted(self.ids)
        narrowed = self.names is not None or self.ids is not None
        if narrowed:
            facts["scope"] = "projects"
        elif self.account:
            facts["scope"] = "account"
        elif "publisher" in facts:
            facts["scope"] = "publisher"
        else:
            facts["scope"] = "account, unless the server knows of limits"
        since = moment(self.since) if self.since is not None else ""
        if since:
            facts["not_before"] = since
        if since and "publisher" in facts:
            # NOTE: tokens of trusted publishing are valid from the moment they are made.
            facts["created"] = since
        return facts | expiry_facts(self.until)


def _narrowed(old: set[str] | None, new: list[object]) -> set[str]:
    names = {str(name) for name in new}
    return names if old is None else old & names


def _allowed(caveats: tuple[bytes, ...]) -> dict[str, Fact]:
    """Return what the caveats leave allowed.

    Source:
        https://github.com/pypi/warehouse/blob/main/warehouse/macaroons/caveats/__init__.py
        (read 2026-11-22)
    """
    total = _Caveats()
    for raw in caveats:
        try:
            total.add(json.loads(raw))
        except (ValueError, RecursionError):
            total.facts["note"] = "holds a caveat that is not JSON"
    return total.summary()


def _find_pypirc(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    """Read the sections of a `.pypirc`."""
    keys = ("username", "password", "repository", "index-servers")
    for part in section.sections(data, start, keys):
        repository = data[slice(*part.values.get("repository", (0, 0)))].decode("latin-1")
        known = part.name in _INSTANCES or part.name == "server-login" or repository
        if "password" not in part.values or not known:
            continue
        host = re.match(r"https?://(?:[^/@]*@)?([^/\s]+)", repository)
        user = data[slice(*part.values.get("username", (0, 0)))].decode("latin-1")
        yield Capture(
            part.values["password"],
            host=host[1] if host else _INSTANCES.get(part.name, ""),
            user=user,
            facts={"section": part.name},
        )


def _find_toml(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    """Read the credential files of poetry, hatch and uv."""
    keys = ("username", "password", "user", "auth", "token", "url", "service")
    for part in section.sections(data, start, keys):
        if not re.match(r"http-basic\.|pypi-token\.|publish\.\w|credential$", part.name):
            return
        names = [name for name in ("password", "auth", "token") if name in part.values]
        where = part.values.get("service", part.values.get("url", (0, 0)))
        host = re.match(rb"https?://(?:[^/@]*@)?([^/\s]+)", data[slice(*where)])
        for name in names:
            yield Capture(part.values[name], host=host[1].decode("latin-1") if host else "")


_UPLOAD_OPTIONS: Final = {
    b"twine": ("-p", "--password"),
    b"uv": ("-t", "--token", "-p", "--password"),
    b"poetry": ("-p", "--password"),
    b"pdm": ("-P", "--password"),
    b"hatch": ("-a", "--auth"),
    b"maturin": ("-p", "--password"),
    b"flit": ("--password",),
    b"devpi": ("--password",),
}


def _find_upload(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read the password options of the programs that publish."""
    program = data[start:end].split(b" ")[0]
    yield from command.option_values(data, end, _UPLOAD_OPTIONS[program])


def _find_poetry(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read `poetry config http-basic.<name> <user> <password>`."""
    found = re.compile(rb"[\w.-]+[ \t]+([\"']?)(?P<user>[^\s\"']+)\1").match(data, end, end + 300)
    capture = command.capture_after(data, found.end()) if found else None
    if found and capture:
        user = found["user"].decode("latin-1")
        yield Capture(capture.span, user="" if user.startswith("$") else user)


def _field(kind: int, data: bytes) -> bytes:
    size = len(data)
    length = bytes((size,)) if size < 0x80 else bytes((size & 0x7F | 0x80, size >> 7))
    return bytes((kind,)) + length + data


def _sample(rng: random.Random) -> str:
    identifier = uuid.UUID(int=rng.getrandbits(128), version=4)
    owner = uuid.UUID(int=rng.getrandbits(128), version=4)
    raw = b"\x02" + _field(_LOCATION, b"pypi.org") + _field(_IDENTIFIER, str(identifier).encode())
    raw += b"\0" + _field(_IDENTIFIER, json.dumps([3, str(owner)]).encode()) + b"\0\0"
    raw += _field(_SIGNATURE, rng.randbytes(32))
    return (
        "pypi-"
        + binascii.b2a_base64(raw, newline=False)
        .translate(bytes.maketrans(b"+/", b"-_"))
        .rstrip(b"=")
        .decode()
    )


def _sample_password(rng: random.Random) -> str:
    return text(rng, ALNUM, 18)


class Pypi(Registry):
    """The Python package index."""

    name: ClassVar = "pypi"
    title: ClassVar = "PyPI"
    hosts: ClassVar = (
        "pypi.org",
        "upload.pypi.org",
        "test.pypi.org",
        "pypi.python.org",
        "testpypi.python.org",
        "files.pythonhosted.org",
    )
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="pypi-api-token",
            kind="API token",
            title="PyPI API token",
            aliases=("VNX-SEC-010",),
            pattern=r"pypi-(?:AgE[A-Za-z0-9_-]{60,}|[A-Za-z0-9_-]{85,})",
            anchors=("pypi-",),
            measure=_measure,
            check=_check,
            # What does not parse must at least be as mixed as base64 is.
            needs=r"(?-i:[A-Z]).*\d|\d.*(?-i:[A-Z])",
            reach=0,
            entropy=4.0,
            sample=_sample,
            flagged=(
                "[pypi]\nusername = __token__\npassword = {token}",
                "TWINE_PASSWORD={token} twine upload dist/*",
                "password: ${{ secrets.{token} }}",
                '{"config.ini": "PYPI_TOKEN={token}\\nBACKUP=true"}',
                "https://__token__:{token}@upload.pypi.org/legacy/",
            ),
            safe=(
                'TWINE_PASSWORD="${PYPI_TOKEN}"',
                "TWINE_USERNAME=__token__",
                "password: ${{ secrets.PYPI_API_TOKEN }}",
                "uses: pypa/gh-action-pypi-publish@27b31702a0e7fc50959f5ad993c78deac1bdfc29",
            ),
        ),
        Grammar(
            id="pypi-pypirc-password",
            kind="password in .pypirc",
            title=".pypirc holds a literal password",
            anchors=("[distutils]", "[pypi]", "[testpypi]", "[server-login]"),
            find=_find_pypirc,
            sample=_sample_password,
            flagged=(
                "[pypi]\nusername = ann\npassword = {token}",
                (
                    "[distutils]\nindex-servers =\n    corp\n\n[corp]\n"
                    "repository: https://pkgs.corp.example/pypi\nusername: ci\npassword: {token}\n"
                ),
                "cat > ~/.pypirc <<EOF\n[testpypi]\nusername=ann\npassword={token}\nEOF\n",
            ),
            safe=(
                "[pypi]\nusername = __token__\npassword = $PYPI_TOKEN\n",
                "see [pypi](https://packages.corp.example) for the password = field",
            ),
        ),
        Key(
            id="pypi-password-variable",
            kind="upload password or token in a variable",
            title="Python package index password or token in a variable or setting",
            names=(
                "twine_password",
                "twine_pass",
                "uv_publish_token",
                "uv_publish_password",
                "poetry_pypi_token",
                "hatch_index_auth",
                "pdm_publish_password",
                "flit_password",
                "maturin_password",
                "pypi_token",
                "pypi_api_token",
                "pypi_api_key",
                "pypi_auth_token",
                "pypi_access_token",
                "pypi_upload_token",
                "pypi_publish_token",
                "pypi_upload_password",
                "pypi_publish_password",
                "pypi_password",
                "pypi_passwd",
                "pypi_pass",
                "pypi_secret",
                "pypi_key",
                "devpi_password",
                "devpi_token",
            ),
            encoded=False,
            sample=_sample_password,
            flagged=(
                "TWINE_PASSWORD={token}",
                "export UV_PUBLISH_PASSWORD='{token}'",
                'pypi_password = "{token}"',
                "poetry config pypi-token.corp {token}",
                "<pypiPassword>{token}</pypiPassword>",
            ),
            safe=(
                'TWINE_PASSWORD="${PYPI_TOKEN}"',
                "TWINE_PASSWORD: $(pypi.password)",
                "pypi_token=os.environ['PYPI_TOKEN']",
                "PYPI_TOKEN_PATH: /etc/tokens/pypi2",
            ),
        ),
        Key(
            id="pypi-index-password-variable",
            kind="index password in a variable",
            title="Password of a Python package index in a variable",
            names=("uv_index", "poetry_http_basic"),
            tail=r"_\w+_password",
            encoded=False,
            sample=_sample_password,
            flagged=(
                "UV_INDEX_CORP_PASSWORD={token}",
                "export POETRY_HTTP_BASIC_CORP_PASSWORD={token}",
            ),
            safe=(
                "UV_INDEX_CORP_USERNAME=release-robot-7",
                "UV_INDEX_CORP_PASSWORD=$CORP_PASSWORD",
            ),
        ),
        Grammar(
            id="pypi-tool-credential",
            kind="password in a tool's credential file",
            title="poetry, hatch or uv configuration holds a literal password",
            anchors=("[http-basic.", "[publish.", "[[credential]]"),
            find=_find_toml,
            sample=_sample_password,
            flagged=(
                '[http-basic.corp]\nusername = "ci"\npassword = "{token}"',
                '[publish.index]\nuser = "ann"\nauth = "{token}"',
            ),
            safe=('[http-basic.corp]\nusername = "ci"\n',),
        ),
        Grammar(
            id="pypi-upload-password",
            kind="password on a command line",
            title="Python package index password on a command line",
            anchors=(
                "twine upload",
                "uv publish",
                "poetry publish",
                "pdm publish",
                "hatch publish",
                "flit publish",
                "maturin publish",
                "maturin upload",
                "devpi login",
            ),
            find=_find_upload,
            encoded=False,
            sample=_sample_password,
            flagged=(
                "twine upload -u ann -p {token} dist/*",
                "$ uv publish --token {token}",
                "devpi login ci --password={token}",
            ),
            safe=(
                'twine upload -u __token__ -p "$PYPI_TOKEN" dist/*',
                "poetry publish --password ${{ secrets.PYPI_TOKEN }} --build",
            ),
        ),
        Grammar(
            id="pypi-poetry-password",
            kind="password on a command line",
            title="poetry is given a literal index password",
            anchors=("poetry config http-basic.",),
            find=_find_poetry,
            encoded=False,
            sample=_sample_password,
            flagged=("poetry config http-basic.corp ci {token}",),
            safe=('poetry config http-basic.corp "$USER" "$CORP_PASSWORD"',),
        ),
    )
    lookalikes: ClassVar = (
        "pypi-AgEIcHlwaS5vcmc",
        "pypi-" + "publish-the-package-to-the-index-" * 5,
        "xpypi_AgEIcHlwaS5vcmcCJDU0ZTIxMWRiLWNlMjYtNDM3ZS05YjJlLWYzYTk5NmE2NGJjMgACJXsicGVybW",
        "PYPI-AGEICHLWAS5VCMCCJDU0ZTIXMWRILWNLMJYTNDM3ZS05YJJLLWYZYTK5NME2NGJJMGACJXSICGVYBW",
        "pip install mypkg[pypi]\npassword = Qx7hG2kLm9pRt4Vw",
    )
    remediation: ClassVar = (
        (
            "Revoke the token: Account settings, API tokens, Remove token; a token of trusted "
            "publishing dies by itself after 15 minutes."
        ),
        (
            "Audit the release history and the journal (Your projects, Security history) of every "
            "project in its scope since it leaked; yank what you did not build."
        ),
        "Remove it from every place listed, history included.",
        "Prevent: publish by trusted publishing; where a token must stay, scope it to one project.",
    )
    docs: ClassVar = (
        "https://pypi.org/help/#apitoken (read 2026-11-22)",
        "https://docs.pypi.org/api/secrets/ (read 2026-11-22)",
        "https://packaging.python.org/en/latest/specifications/pypirc/ (read 2026-11-22)",
    )


REGISTRY: Final = Pypi()
