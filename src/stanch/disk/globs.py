# SPDX-License-Identifier: Apache-2.0
"""Path patterns with the semantics of `.gitignore` files."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from stanch.errors import ConfigError

_CLASSES: Final = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "lower": "a-z",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class Pattern(NamedTuple):
    """One line of an ignore file.

    Attributes:
        regex: What it matches: a whole path, relative to the folder of the file.
        negated: It takes back what an earlier line named.
        folders_only: It names folders alone.
    """

    regex: re.Pattern[str]
    negated: bool
    folders_only: bool


class Globs:
    """An ordered list of patterns, of which the last that matches decides.

    Args:
        lines: Patterns as `.gitignore` writes them; comments and empty lines among them.
    """

    __slots__ = ("_patterns",)

    def __init__(self, lines: Iterable[str]) -> None:
        parsed = (parse(line) for line in lines)
        self._patterns = tuple(pattern for pattern in parsed if pattern)[::-1]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def verdict(self, path: str, *, folder: bool) -> bool | None:
        """Tell whether `path` is named: True, False if taken back, None if not mentioned.

        Args:
            path: Path relative to the patterns' folder, `/` between its parts.
            folder: It is a folder.
        """
        for pattern in self._patterns:
            if (folder or not pattern.folders_only) and pattern.regex.fullmatch(path):
                return not pattern.negated
        return None

    def covers(self, path: str) -> bool:
        """Tell whether a file, or any folder it is in, is named."""
        parts = path.split("/")
        return any(
            self.verdict("/".join(parts[:count]), folder=count < len(parts))
            for count in range(1, len(parts) + 1)
        )


def parse(line: str) -> Pattern | None:
    """Read one line of an ignore file; None for a comment, an empty or an impossible one."""
    line = _without_trailing_spaces(line.rstrip("\r\n"))
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    if negated:
        line = line[1:]
    folders_only = line.endswith("/")
    line = line.rstrip("/") if folders_only else line
    anchored = "/" in line
    line = line.removeprefix("/")
    if not line:
        return None
    regex = _regex(line, anchored=anchored)
    return Pattern(regex, negated, folders_only) if regex else None


def checked(lines: Iterable[str], where: str) -> tuple[str, ...]:
    """Return `lines` if each is a pattern.

    Raises:
        ConfigError: One is not.
    """
    lines = tuple(lines)
    for line in lines:
        if parse(line) is None:
            raise ConfigError(f"{where}: not a path pattern: {line!r}")
    return lines


def _without_trailing_spaces(line: str) -> str:
    while line.endswith(" ") and not line.endswith("\\ "):
        line = line[:-1]
    return line


@lru_cache(maxsize=1024)
def _regex(glob: str, *, anchored: bool) -> re.Pattern[str] | None:
    """Translate a glob; None where git would let it match nothing.

    NOTE: each wildcard but the last takes the first place that fits and never tries another
    (`(?>...)`): the answer is the same, and a hostile pattern cannot cost exponential time.
    """
    runs: list[list[str]] = [[]]
    for part in ([] if anchored else ["**"]) + glob.split("/"):
        if part == "**":
            runs.append([])
            continue
        translated = _part(part)
        if translated is None:
            return None
        runs[-1].append(translated)
    first, *middle, last = runs if len(runs) > 1 else [[], *runs]
    regex = "".join(part + "/" for part in first)
    regex += "".join(f"(?>(?:[^/]+/)*?{'/'.join(run)}/)" for run in middle if run)
    if len(runs) > 1:
        regex += f"(?:.*/)?{'/'.join(last)}" if last else ".+"
    else:
        regex += "/".join(last)
    return re.compile(regex, re.DOTALL)


def _part(glob: str) -> str | None:
    """Translate what stands between two slashes."""
    runs, at = [""], 0
    while at < len(glob):
        char = glob[at]
        if char == "*":
            runs.append("")
            at += 1
            continue
        if char == "[":
            piece, at = _bracket(glob, at)
        elif char == "\\":
            piece, at = (re.escape(glob[at + 1]), at + 2) if at + 1 < len(glob) else (None, at)
        else:
            piece, at = ("[^/]" if char == "?" else re.escape(char)), at + 1
        if piece is None:
            return None
        runs[-1] += piece
    first, *rest = runs
    if not rest:
        return first
    middle = "".join(f"(?>[^/]*?{run})" for run in rest[:-1] if run)
    return f"{first}{middle}[^/]*{rest[-1]}"


def _bracket(glob: str, at: int) -> tuple[str | None, int]:
    """Translate a bracket expression."""
    start = at + 1
    negated = glob[start : start + 1] in ("!", "^")
    start += negated
    body, at = "", start
    while at < len(glob) and (glob[at] != "]" or at == start):
        named = re.compile(r"\[:([a-z]+):\]").match(glob, at)
        if named:
            if named[1] not in _CLASSES:
                return None, at
            body += _CLASSES[named[1]]
            at = named.end()
            continue
        if glob[at] == "\\" and at + 1 < len(glob):
            at += 1
            body += re.escape(glob[at])
        else:
            body += glob[at] if glob[at] == "-" else re.escape(glob[at])
        at += 1
    if at >= len(glob):
        return None, at
    expression = f"(?!/)[{'^' if negated else ''}{body}]"
    try:
        re.compile(expression)
    except re.error:
        return None, at
    return expression, at + 1
