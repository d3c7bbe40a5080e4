# SPDX-License-Identifier: Apache-2.0
"""Read the options of a command line: in scripts, documents, logs and shell histories."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Final

from stanch.detect import assign, value
from stanch.detect.rule import Capture

_REACH: Final = 1024
"""Bytes of one command that are read."""

_OPTIONS_MAX: Final = 4
"""Options of one command that are read: nobody gives the same one more often."""

_LINE: Final = rb"(?:[^\n\\;]|\\\r?\n|\\[^\n])*"
"""A logical line: a backslash before the newline continues it."""


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


@cache
def _names(options: tuple[str, ...]) -> re.Pattern[bytes]:
    names = "|".join(re.escape(option) for option in sorted(options, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{names})(?![\w-])".encode())


def line(data: bytes, start: int) -> tuple[int, int]:
    """Return `[start, end)` of the rest of the command that `start` stands in."""
    limit = min(len(data), start + _REACH)
    match = _compiled(_LINE).match(data, start, limit)
    return start, match.end() if match else limit


def option_values(
    data: bytes, start: int, options: Sequence[str], *, host: str = "", user: str = ""
) -> Iterator[Capture]:
    """Yield the literal values of `options` in the command that `start` stands in.

    Args:
        data: The text.
        start: Offset behind the command's name.
        options: Options as typed, such as `--token` and `-t`.
        host: Passed on to each capture.
        user: Passed on to each capture.
    """
    start, end = line(data, start)
    for name in islice(_names(tuple(options)).finditer(data, start, end), _OPTIONS_MAX):
        capture = capture_after(data, name.end(), host=host, user=user)
        if capture and capture.span[1] <= end + 1:
            yield capture


def capture_after(data: bytes, name_end: int, *, host: str = "", user: str = "") -> Capture | None:
    """Return the literal value that is assigned to the name ending at `name_end`.

    Args:
        data: The text.
        name_end: Offset just past the name's last character.
        host: Passed on to the capture.
        user: Passed on to the capture.

    Returns:
        None where nothing, a reference or a piece of code stands there.
    """
    assigned = assign.value_after(data, name_end)
    if assigned is None:
        return None
    raw = data[assigned.start : assigned.end]
    if value.sort(raw, quoted=assigned.quoted) in (value.Sort.REFERENCE, value.Sort.OTHER):
        return None
    return Capture(span=(assigned.start, assigned.end), host=host, user=user)
