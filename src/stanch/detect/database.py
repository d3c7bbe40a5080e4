# SPDX-License-Identifier: Apache-2.0
"""The multi-pattern database: patterns in, hits out, by Hyperscan."""

from collections.abc import Iterable, Sequence

import hyperscan

Hit = tuple[int, int]
"""(pattern number, end offset of its match in the data)."""


class Database:
    """A compiled set of expressions.

    Args:
        patterns: (expression, caseless) pairs, read only to compile; a hit gives a position here.
        serialized: What `dump` returned for the same literals; a wrong or foreign one is ignored.
    """

    def __init__(
        self, patterns: Iterable[tuple[bytes, bool]], serialized: bytes | None = None
    ) -> None:
        loaded = _load(serialized) if serialized else None
        self.fresh = loaded is None
        self._database = _compile(list(patterns)) if loaded is None else loaded
        self._hits: list[Hit] = []

    def dump(self) -> bytes:
        """Serialise, for a later start on the same kind of processor."""
        return bytes(hyperscan.dumpb(self._database))

    def hits(self, data: bytes) -> list[Hit]:
        """Return every place where a pattern ends in `data`, in order of that end."""
        hits = self._hits
        self._database.scan(data, match_event_handler=self._on_match)
        if not hits:
            return hits
        self._hits = []
        return hits

    def _on_match(self, number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        self._hits.append((number, end))


def _compile(patterns: Sequence[tuple[bytes, bool]]) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression for expression, _ in patterns],
        ids=list(range(len(patterns))),
        elements=len(patterns),
        flags=[hyperscan.HS_FLAG_CASELESS if caseless else 0 for _, caseless in patterns],
    )
    return database


def _load(serialized: bytes) -> hyperscan.Database | None:
    try:
        database = hyperscan.loadb(serialized, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except hyperscan.error:
        return None
    return database
