# SPDX-License-Identifier: Apache-2.0
"""Regular expressions that cost nothing until they are used: start-up counts."""

import re
import sys
from collections.abc import Callable, Iterator
from functools import cached_property

Replacement = bytes | Callable[[re.Match[bytes]], bytes]


class Pattern:
    """A regular expression over bytes, compiled when it is first used.

    Args:
        source: The expression.
        flags: As in `re`.
    """

    def __init__(self, source: bytes, flags: int = 0) -> None:
        self._source = source
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[bytes]:
        return re.compile(self._source, self._flags)

    def match(self, data: bytes, start: int = 0, end: int = sys.maxsize) -> re.Match[bytes] | None:
        """Match at `start`; as in `re`, `end` is where the text seems to end."""
        return self._compiled.match(data, start, end)

    def search(self, data: bytes, start: int = 0, end: int = sys.maxsize) -> re.Match[bytes] | None:
        """Find the first match in `[start, end)`."""
        return self._compiled.search(data, start, end)

    def fullmatch(self, data: bytes) -> re.Match[bytes] | None:
        """Match all of `data`."""
        return self._compiled.fullmatch(data)

    def finditer(
        self, data: bytes, start: int = 0, end: int = sys.maxsize
    ) -> Iterator[re.Match[bytes]]:
        """Find every match in `[start, end)`."""
        return self._compiled.finditer(data, start, end)

    def sub(self, replacement: Replacement, data: bytes) -> bytes:
        """Return `data` with every match replaced."""
        return self._compiled.sub(replacement, data)
