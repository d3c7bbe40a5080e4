# SPDX-License-Identifier: Apache-2.0
"""The user's own configuration: `.stanch.toml`, or `[tool.stanch]` in `pyproject.toml`.

It is looked for in the project that the command was started in, and never in what is scanned: a
scanned tree must not be able to say what is not to be found in it.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from stanch.config.expression import checked
from stanch.detect.rule import Shape
from stanch.disk import globs
from stanch.errors import ConfigError
from stanch.model import Severity
from stanch.secret import Secret

FAIL_ON: Final = ("any", "new", *Severity)
"""What `fail_on` may say."""
_SIZE_MAX: Final = 4 << 20
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
_LITERAL: Final = re.compile(r"(?:[A-Za-z0-9_:=@/ -]|\\[._+-])+")
_QUANTIFIED: Final = ("*", "+", "?", "{")
_ANCHOR_MIN: Final = 3


class Placeholders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values that the user allows: documentation, test fixtures.

    Attributes:
        values: The values, exactly.
        patterns: Regular expressions of whole values.
    """

    values: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


class _ShapeTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[shapes]]` table."""

    id: str
    pattern: str
    title: str = ""
    kind: str = "custom credential"
    registry: str = "custom"
    severity: Severity = Severity.HIGH
    anchors: tuple[str, ...] = ()
    offset: int = 0
    caseless: bool = False
    entropy: float = 0.0
    example: str = ""


class _Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    exclude: tuple[str, ...] = ()
    fail_on: str = ""
    baseline: str = ""
    key_env: str = ""
    severities: dict[str, Severity] = {}
    placeholders: Placeholders = Placeholders()
    shapes: tuple[_ShapeTable, ...] = ()


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What the configuration says.

    Attributes:
        path: The file it comes from; None where there is none.
        exclude: Globs of paths to leave out.
        fail_on: One of `FAIL_ON`, or "".
        baseline: The baseline's path; None where none is set.
        key_env: Name of the variable that holds the fingerprints' key, or "".
        severities: Rule -> severity in place of the rule's own.
        placeholders: Values that the user allows.
        shapes: The user's own shapes.
    """

    path: Path | None = None
    exclude: tuple[str, ...] = ()
    fail_on: str = ""
    baseline: Path | None = None
    key_env: str = ""
    severities: Mapping[str, Severity] = {}
    placeholders: Placeholders = Placeholders()
    shapes: tuple[Shape, ...] = ()

    def placeholder(self) -> Callable[[Secret], bool] | None:
        """Return what tells an allowed placeholder, or None where none is allowed."""
        values = frozenset(value.encode() for value in self.placeholders.values)
        patterns = [re.compile(pattern.encode()) for pattern in self.placeholders.patterns]
        if not values and not patterns:
            return None

        def allowed(secret: Secret) -> bool:
            value = secret.reveal()
            return value in values or any(pattern.fullmatch(value) for pattern in patterns)

        return allowed


def load(path: Path | None, start: Path) -> Config:
    """Load the configuration of the project that `start` lies in.

    Args:
        path: The file to load in place of the project's own, as the user named it.
        start: The folder in which the command was started.

    Returns:
        What it says; an empty configuration where the project has none.

    Raises:
        ConfigError: A file says something that cannot be meant.
    """
    if path is not None:
        tables = _read(path)
        return _config(_tool(tables) if path.name == "pyproject.toml" else tables, path)
    root = project_root(start)
    own = root / ".stanch.toml"
    if own.is_file():
        return _config(_read(own), own)
    shared = root / "pyproject.toml"
    if shared.is_file():
        tables = _tool(_read(shared))
        if tables:
            return _config(tables, shared)
    return Config()


def project_root(start: Path) -> Path:
    """Return the top of the work tree that `start` lies in; `start` itself outside of any."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder
    return start


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(_SIZE_MAX + 1)
        if len(data) > _SIZE_MAX:
            raise ConfigError(f"{path}: over {_SIZE_MAX >> 20} MiB")
        return tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: {error}") from None


def _tool(tables: dict[str, Any]) -> dict[str, Any]:
    tool = tables.get("tool")
    own = tool.get("stanch", {}) if isinstance(tool, dict) else {}
    return own if isinstance(own, dict) else {"tool.stanch": own}


def _config(tables: dict[str, Any], path: Path) -> Config:
    try:
        found = msgspec.convert(tables, _Tables)
    except msgspec.ValidationError as error:
        message = str(error).replace("Object contains unknown field", "unknown key")
        raise ConfigError(f"{path}: {message}") from None
    if found.fail_on and found.fail_on not in FAIL_ON:
        raise ConfigError(f"{path}: fail_on: not one of {', '.join(FAIL_ON)}: {found.fail_on!r}")
    for number, pattern in enumerate(found.placeholders.patterns):
        checked(pattern, f"{path}: placeholders.patterns[{number}]")
    shapes = tuple(
        _shape(table, f"{path}: shapes[{number}]") for number, table in enumerate(found.shapes)
    )
    twice = {shape.id for shape in shapes if [s.id for s in shapes].count(shape.id) > 1}
    if twice:
        raise ConfigError(f"{path}: shapes: two with the id {min(twice)!r}")
    return Config(
        path=path,
        exclude=globs.checked(found.exclude, f"{path}: exclude"),
        fail_on=found.fail_on,
        baseline=path.parent / found.baseline if found.baseline else None,
        key_env=found.key_env,
        severities=found.severities,
        placeholders=found.placeholders,
        shapes=shapes,
    )


def _shape(table: _ShapeTable, where: str) -> Shape:
    if not _ID.fullmatch(table.id):
        raise ConfigError(f"{where}.id: not lower-case words joined by hyphens: {table.id!r}")
    pattern = checked(table.pattern, f"{where}.pattern")
    anchors = table.anchors or _prefix(pattern)
    short = [anchor for anchor in anchors if len(anchor) < _ANCHOR_MIN or not anchor.isascii()]
    if short or not anchors:
        raise ConfigError(
            f"{where}.anchors: give literals of {_ANCHOR_MIN} ASCII characters or more, one of"
            " which stands `offset` bytes into every credential"
        )
    if table.offset < 0 or (table.offset and not table.anchors):
        raise ConfigError(f"{where}.offset: says where one of `anchors` stands")
    example = table.example.encode()
    if example and not re.fullmatch(pattern.encode(), example):
        raise ConfigError(f"{where}.example: the pattern does not match it")
    return Shape(
        id=table.id,
        kind=table.kind,
        title=table.title or table.id,
        registry=table.registry,
        severity=table.severity,
        pattern=pattern,
        anchors=anchors,
        offset=table.offset,
        caseless=table.caseless,
        entropy=table.entropy,
        sample=partial(_example, table.example),
    )


def _example(example: str, _rng: object) -> str:
    return example


def _prefix(pattern: str) -> tuple[str, ...]:
    """Return the literal that a pattern starts with, if that is plain to see."""
    if "|" in pattern and not re.fullmatch(r"[^|]*\([^()]*\)[^|]*", pattern):
        return ()
    found = _LITERAL.match(pattern)
    if found is None:
        return ()
    text = found[0]
    if pattern[found.end() : found.end() + 1] in _QUANTIFIED:
        text = text[:-1].removesuffix("\\")
    literal = re.sub(r"\\(.)", r"\1", text)
    return (literal,) if len(literal) >= _ANCHOR_MIN else ()
