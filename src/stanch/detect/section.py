# SPDX-License-Identifier: Apache-2.0
"""Read the sections of ini and TOML text: `[name]`, then `key = value`.

The text need not be a whole file: it may stand in a heredoc, a log with time stamps, a comment or
a README, as long as one entry stands on a line, or in an inline table.
"""

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Final, NamedTuple

_REACH: Final = 8192
"""Bytes read from the first header on."""

_END: Final = rb"^[ \t>+|#]*(?:EOF|EOT|END|EOS|HEREDOC|```)[ \t]*$"
_HEADER: Final = rb"(?<![\w$)\]])\[{1,2}[ \t]*(?P<name>[A-Za-z_@][^\]\[\r\n]{0,200})\]{1,2}(?!\()"
# NOTE: a word before the key makes a sentence of it: "the password: ...".
_PAIR: Final = (
    rb"(?<![\w.-])(?<![a-z] )(?P<key>%s)(?:\\*[\"'])?[ \t]*[=:][ \t]*"
    rb"(?:\\*(?P<quote>[\"'])(?P<quoted>[^\r\n]{0,512}?)\\*(?P=quote)|(?P<bare>[^\x00-\x20\x7f\"'`\\]+))"
)


class Section(NamedTuple):
    """One section.

    Attributes:
        name: What stands in the brackets.
        start: Offset of the header.
        values: Key -> `[start, end)` of its first value, without quotes.
    """

    name: str
    start: int
    values: dict[str, tuple[int, int]]


@cache
def _compiled(keys: frozenset[str]) -> re.Pattern[bytes]:
    names = "|".join(sorted(map(re.escape, keys), key=len, reverse=True)).encode()
    parts = (b"(?P<end>" + _END + b")", _HEADER, _PAIR % names)
    return re.compile(b"|".join(parts), re.MULTILINE)


def sections(data: bytes, start: int, keys: Collection[str]) -> Iterator[Section]:
    """Yield the section whose header stands at `start`, and those that follow.

    Args:
        data: The text.
        start: Offset of the first header.
        keys: The keys that matter.
    """
    current: Section | None = None
    for part in _compiled(frozenset(keys)).finditer(data, start, start + _REACH):
        if part["end"] is not None:
            break
        if part["name"] is not None:
            if current:
                yield current
            current = Section(part["name"].strip().decode("latin-1"), part.start(), {})
        elif current:
            span = part.span("quoted" if part["quoted"] is not None else "bare")
            current.values.setdefault(part["key"].decode("latin-1"), span)
    if current:
        yield current
