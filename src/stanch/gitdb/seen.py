# SPDX-License-Identifier: Apache-2.0
"""What an earlier scan of a repository read and found, so that a later one reads only what is new.

Objects never change: a pack or loose object that was scanned with the same rules need not be read
again. What was found in it is kept masked, as every report is; the credential itself is not.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from stanch.gitdb.layout import Layout

if TYPE_CHECKING:
    from stanch.gitdb.attribution import Notes

_VERSION: Final = 2
_KEEP: Final = 64
"""Repositories remembered; those not scanned for longest are forgotten."""

PackState = tuple[str, int, int]
"""(path, bytes, time of change in ns) of a pack."""


class Seen(msgspec.Struct, array_like=True):
    """What is known of one repository.

    Attributes:
        packs: Packs that were scanned, whole.
        loose: Binary names of loose objects that were scanned, one after the other.
        refs: Hash of the refs that the findings were attributed by.
        items: Findings and gaps, as `sources.pack` writes them.
        notes: Notes for attribution, encoded; b"" where nothing was found.
        objects: Objects that were scanned.
    """

    packs: list[PackState]
    loose: bytes
    refs: str
    items: list[bytes]
    notes: bytes
    objects: int

    def new_packs(self, layouts: Sequence[Layout]) -> list[Path]:
        """Return the packs that were not there, or have changed."""
        known = set(self.packs)
        return [p for layout in layouts for p in layout.packs if _state(p) not in known]

    def loose_names(self, hash_size: int) -> set[bytes]:
        """Return the names of the loose objects that were scanned."""
        return {self.loose[at : at + hash_size] for at in range(0, len(self.loose), hash_size)}

    def holds(self, layouts: Sequence[Layout], hash_size: int) -> bool:
        """Tell whether everything that was scanned is still there.

        After a repack or a purge it is not: what was found may be gone, or stand elsewhere.
        """
        packs = {_state(path) for layout in layouts for path in layout.packs}
        loose = {name for layout in layouts for name, _ in layout.loose}
        return packs.issuperset(self.packs) and loose.issuperset(self.loose_names(hash_size))

    def covers(self, layouts: Sequence[Layout], hash_size: int) -> bool:
        """Tell whether everything that is there was scanned."""
        known = self.loose_names(hash_size)
        return not self.new_packs(layouts) and all(
            name in known for layout in layouts for name, _ in layout.loose
        )


def remember(
    layouts: Sequence[Layout],
    refs: dict[str, str],
    items: list[bytes],
    notes: "Sequence[Notes]",
    objects: int,
) -> Seen:
    """Return what is to be known of a repository after a scan of it."""
    return Seen(
        packs=[_state(path) for layout in layouts for path in layout.packs],
        loose=b"".join(name for layout in layouts for name, _ in layout.loose),
        refs=refs_hash(refs),
        items=items,
        notes=msgspec.msgpack.encode(list(notes)) if notes else b"",
        objects=objects,
    )


def refs_hash(refs: dict[str, str]) -> str:
    """Return a hash of where all refs point."""
    return hashlib.sha256(repr(sorted(refs.items())).encode("utf-8", "replace")).hexdigest()


def load(cache: Path, key: str) -> Seen | None:
    """Return what is known under `key`, or None."""
    try:
        return msgspec.msgpack.decode((cache / f"history-{key}").read_bytes(), type=Seen)
    except (OSError, msgspec.MsgspecError):
        return None


def store(cache: Path, key: str, seen: Seen) -> None:
    """Keep it for a later scan; a cache that cannot be written is no failure."""
    from stanch.disk.replace import replace

    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(str(cache / f"history-{key}"), msgspec.msgpack.encode(seen), mode=0o600)
        old = sorted(cache.glob("history-*"), key=lambda path: path.stat().st_mtime)
        for path in old[:-_KEEP]:
            path.unlink(missing_ok=True)
    except OSError:
        return


def key_of(*parts: object) -> str:
    """Return the key for a repository, the rules, and whatever else decides what is found."""
    return hashlib.sha256(repr((_VERSION, *parts)).encode("utf-8", "replace")).hexdigest()[:32]


def _state(path: Path) -> PackState:
    try:
        status = path.stat()
    except OSError:
        return str(path), -1, -1
    return str(path), status.st_size, status.st_mtime_ns
