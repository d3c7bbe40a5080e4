# SPDX-License-Identifier: Apache-2.0
"""Allow comments: our own, and the forms that users of other scanners already have.

Only the lines of a finding are looked at, never the file: that would cost more than the scan.
"""

import re
from functools import cache
from typing import Final

_REACH: Final = 2048
"""Bytes on either side of a finding that count as its line, however long the line is."""

_SAME_LINE: Final = rb"""(?xi)
    stanch:allow (?P<ids> (?:[ \t=:,]+ [\w.-]+)* )
    | gitleaks:allow | betterleaks:allow
    | trufflehog:ignore | kingfisher:ignore
    | pragma: \s? (?:allow|white)list [ ] secret
    | (?<![\w-]) ggignore (?![\w-])
    | secretlint-disable-line
    """
_LINE_BEFORE: Final = rb"""(?xi)
    pragma: \s? (?:allow|white)list [ ] nextline [ ] secret
    | secretlint-disable-next-line
    """
_RULE_ID: Final = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+")


def allowed(data: bytes, start: int, end: int, *rule: str) -> str:
    """Return the allow comment that covers `[start, end)`, or "".

    Args:
        data: The text.
        start: Where the finding starts.
        end: Where it ends.
        rule: Id and aliases of its rule: `stanch:allow ID` covers findings of that rule alone.
    """
    line_start = data.rfind(b"\n", max(0, start - _REACH), start) + 1
    cut = line_start == 0 and start > _REACH
    line_start = start - _REACH if cut else line_start
    line_end = data.find(b"\n", end, end + _REACH)
    line = data[line_start : end + _REACH if line_end < 0 else line_end]
    for comment in _compiled(_SAME_LINE).finditer(_narrow(line)):
        if _covers(comment, rule):
            return _name(comment)
    if cut or line_start == 0:
        return ""
    before = data[max(0, line_start - 1 - _REACH) : line_start - 1]
    above = _compiled(_LINE_BEFORE).search(_narrow(before[before.rfind(b"\n") + 1 :]))
    return _name(above) if above else ""


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _narrow(line: bytes) -> bytes:
    """Return the line with one byte per character, where it was UTF-16."""
    return line.replace(b"\0", b"") if b"\0" in line else line


def _name(comment: re.Match[bytes]) -> str:
    """Return the comment without what follows it, which could be anything."""
    text = comment[0].decode("latin-1").lower()
    return "stanch:allow" if text.startswith("stanch:allow") else text


def _covers(comment: re.Match[bytes], rule: tuple[str, ...]) -> bool:
    """Tell whether a comment that may name rules is meant for this one.

    The words after `stanch:allow` are rule ids as long as they look like some; a reason may follow.
    """
    words = re.findall(r"[\w.-]+", (comment["ids"] or b"").decode("latin-1"))
    named = []
    for word in words:
        if word not in rule and not _RULE_ID.fullmatch(word):
            break
        named.append(word)
    return not named or any(word in rule for word in named)
