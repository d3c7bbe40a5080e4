# SPDX-License-Identifier: Apache-2.0
"""The multi-pattern database: literals in, hits out, by Hyperscan."""

from collections.abc import Iterable, Sequence

import hyperscan

Hit = tuple[int, int]
"""(literal number, end offset of the literal in the data)."""


class Database:
    """A compiled set of literals.

    Args:
        literals: (bytes, caseless) pairs, read only to compile; a hit names one by its position.
        serialized: What `dump` returned for the same literals; a wrong or foreign one is ignored.
    """

    def __init__(
        self, literals: Iterable[tuple[bytes, bool]], serialized: bytes | None = None
    ) -> None:
        loaded = _load(serialized) if serialized else None
        self.fresh = loaded is None
        self._database = _compile(list(literals)) if loaded is None else loaded
        self._hits: list[Hit] = []

    def dump(self) -> bytes:
        """Serialise, for a later start on the same kind of processor."""
        return bytes(hyperscan.dumpb(self._database))

    def hits(self, data: bytes) -> list[Hit]:
        """Return every place where a literal ends in `data`, in order of that end."""
        hits = self._hits
        self._database.scan(data, match_event_handler=self._on_match)
        if not hits:
            return hits
        self._hits = []
        return hits

    def _on_match(self, number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        self._hits.append((number, end))


def _compile(literals: Sequence[tuple[bytes, bool]]) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[b"".join(b"\\x%02x" % byte for byte in text) for text, _ in literals],
        ids=list(range(len(literals))),
        elements=len(literals),
        flags=[hyperscan.HS_FLAG_CASELESS if caseless else 0 for _, caseless in literals],
    )
    return database


def _load(serialized: bytes) -> hyperscan.Database | None:
    try:
        database = hyperscan.loadb(serialized, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except hyperscan.error:
        return None
    return database
