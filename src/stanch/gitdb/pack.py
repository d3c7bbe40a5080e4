# SPDX-License-Identifier: Apache-2.0
"""One pack: every entry's type, size, base and extent, read without touching its data.

Source:
    https://git-scm.com/docs/gitformat-pack (read 2026-11-22)
"""

import mmap
import zlib
from pathlib import Path
from typing import Final

import deflate
import numpy as np
from numpy.typing import NDArray

from stanch.errors import CorruptInputError, InputError, LimitExceededError
from stanch.gitdb.apply import MAX_OBJECT
from stanch.gitdb.index import Names, Offsets, Packed, read_index, walk_pack
from stanch.gitdb.kinds import OFS_DELTA, REF_DELTA, TYPE_NAMES
from stanch.gitdb.reading import map_regular

_MAX_RATIO: Final = 1032
"""No DEFLATE stream expands further: a bound on what a hostile header can make us allocate."""
SMALL: Final = 160
"""Compressed bytes below which zlib's shorter start beats libdeflate's speed (measured)."""

_decompress = deflate.zlib_decompress
_inflate = zlib.decompress


class Pack:
    """A pack and its entries, in order of their offsets.

    Attributes:
        path: The pack file.
        data: Its bytes.
        names: uint8 [n, hash size], or None for a pack without an index.
        all_names: The same, one after the other.
        kind: int8 [n], type of the rebuilt object; 0 where it cannot be known.
        base: int64 [n], position of the entry each delta is made from; -1 for none here.
        foreign: Position -> name of a base that is not in this pack.
        start: int64 [n], where the compressed data starts.
        end: int64 [n], where the next entry starts.
        size: int64 [n], bytes of the inflated data: of the delta, for a delta. -1 where the
            header announces more than the data can hold, or than `MAX_OBJECT`.
        problems: Why some of its objects are not among the entries.
    """

    def __init__(
        self, path: Path, data: Packed, hash_size: int = 20, *, indexed: bool = True
    ) -> None:
        self.path = path
        self.data = data
        self.hash_size = hash_size
        self.problems: list[str] = []
        if len(data) < 12 or data[:4] != b"PACK":
            raise CorruptInputError(f"{path.name}: not a pack")
        names, offsets = self._indexed() if indexed else (None, None)
        if offsets is None:
            offsets = self._walked()
        order = self._order = np.argsort(offsets, kind="stable")
        self.offset = offsets[order]
        self.names: Names | None = None if names is None else names[order]
        self.all_names = b"" if self.names is None else self.names.tobytes()
        self._headers()

    def adopt(self, names: Names, kinds: NDArray[np.int8]) -> None:
        """Take the names and types of the entries, which no index told.

        Args:
            names: uint8 [n, hash size]; zeros for an unknown one.
            kinds: int8 [n]; 0 for an unknown one.
        """
        self.names = names
        self.all_names = names.tobytes()
        rows = np.ascontiguousarray(names).view(f"S{self.hash_size}").ravel()
        self._order = np.argsort(np.argsort(rows, kind="stable"), kind="stable")
        positions = _first_positions(names)
        for position, name in list(self.foreign.items()):
            if name in positions:
                self.base[position] = positions[name]
                del self.foreign[position]
        self._kinds()
        self.kind: NDArray[np.int8] = np.where(self.kind == 0, kinds, self.kind)

    def __len__(self) -> int:
        return len(self.offset)

    @property
    def delta(self) -> NDArray[np.bool_]:
        """Bool [n]: the entry is a delta."""
        return self._stored >= OFS_DELTA

    def release(self) -> None:
        """Let go of the pages that were read: they stay in the system's cache, not in ours."""
        if isinstance(self.data, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            self.data.madvise(mmap.MADV_DONTNEED)

    def name(self, position: int) -> bytes:
        """Return the binary name of an entry, or b"" where no index tells it."""
        start = position * self.hash_size
        return self.all_names[start : start + self.hash_size]

    def listed(self) -> Names:
        """Return the names in their own order, as an index lists them."""
        assert self.names is not None
        names = np.empty_like(self.names)
        names[self._order] = self.names
        return names

    def position(self, name: bytes) -> int:
        """Return where the entry of this name is, or -1."""
        if self.names is None or len(name) != self.hash_size or not any(name):
            return -1
        wanted = np.frombuffer(name, dtype=np.uint8)
        found = np.nonzero((self.names == wanted).all(axis=1))[0]
        return int(found[0]) if len(found) else -1

    def _indexed(self) -> tuple[Names | None, Offsets | None]:
        """Read the index; where there is none that can be used, say why."""
        index = self.path.with_suffix(".idx")
        try:
            names, offsets = read_index(index, self.hash_size)
        except InputError as error:
            if index.exists():
                self.problems.append(str(error))
            return None, None
        if len(offsets) < self._announced():
            self.problems.append(f"{index.name}: does not list all objects of its pack")
            return None, None
        inside = (offsets >= 12) & (offsets < len(self.data))
        if not inside.all():
            lost = len(offsets) - int(inside.sum())
            self.problems.append(f"{lost} objects lie beyond its end: it is cut short")
        return names[inside], offsets[inside]

    def _walked(self) -> Offsets:
        offsets = walk_pack(self.data, self.hash_size)
        lost = self._announced() - len(offsets)
        if lost > 0:
            self.problems.append(f"{lost} objects were not found: it is damaged or cut short")
        return offsets

    def _announced(self) -> int:
        return int.from_bytes(self.data[8:12], "big")

    def _headers(self) -> None:
        """Read all entry headers at once, a byte position of all entries at a time."""
        count = len(self.offset)
        raw = np.frombuffer(self.data, dtype=np.uint8)
        last = len(raw) - 1
        # The last entry ends before the trailer; a pack that is cut short has none.
        self.end = np.append(self.offset[1:], len(raw))
        at = self.offset.copy()
        byte = raw[at]
        self._stored = ((byte >> 4) & 7).astype(np.int8)
        size = (byte & 15).astype(np.int64)
        at += 1
        shift = 4
        more = np.nonzero(byte & 0x80)[0]
        while len(more) and shift < 60:
            byte = raw[np.minimum(at[more], last)]
            size[more] |= (byte & 0x7F).astype(np.int64) << shift
            at[more] += 1
            shift += 7
            more = more[(byte & 0x80) != 0]
        self.base = np.full(count, -1, dtype=np.int64)
        self.foreign: dict[int, bytes] = {}
        self._offset_bases(raw, at, last)
        self._named_bases(raw, at)
        self.start = at
        # A header that announces what its data cannot hold is marked, and never allocated for.
        room = np.maximum(self.end - at, 0) * _MAX_RATIO + 64
        self.size = np.where((size > room) | (size > MAX_OBJECT), -1, size)
        self._kinds()

    def _offset_bases(self, raw: NDArray[np.uint8], at: Offsets, last: int) -> None:
        deltas = np.nonzero(self._stored == OFS_DELTA)[0]
        if not len(deltas):
            return
        byte = raw[np.minimum(at[deltas], last)]
        at[deltas] += 1
        back = (byte & 0x7F).astype(np.int64)
        more = np.nonzero(byte & 0x80)[0]
        for _ in range(9):
            if not len(more):
                break
            byte = raw[np.minimum(at[deltas[more]], last)]
            at[deltas[more]] += 1
            back[more] = ((back[more] + 1) << 7) | (byte & 0x7F)
            more = more[(byte & 0x80) != 0]
        target = self.offset[deltas] - back
        base = np.searchsorted(self.offset, target)
        base = np.minimum(base, len(self.offset) - 1)
        known = (self.offset[base] == target) & (back > 0)
        self.base[deltas] = np.where(known, base, -1)

    def _named_bases(self, raw: NDArray[np.uint8], at: Offsets) -> None:
        deltas = np.nonzero(self._stored == REF_DELTA)[0]
        if not len(deltas):
            return
        size = self.hash_size
        positions = {} if self.names is None else _first_positions(self.names)
        for position in deltas.tolist():
            start = int(at[position])
            name = raw[start : start + size].tobytes()
            at[position] = start + size
            base = positions.get(name, -1)
            self.base[position] = base
            if base < 0:
                self.foreign[position] = name

    def _kinds(self) -> None:
        """Give every entry the type of the root of its chain, by pointer doubling."""
        count = len(self.offset)
        root = np.where(self.base >= 0, self.base, np.arange(count))
        for _ in range(max(count, 2).bit_length() + 1):
            further = root[root]
            if (further == root).all():
                break
            root = further
        looped = np.nonzero(self.base[root] >= 0)[0]
        # Whatever is made, in the end, from itself cannot be built at all.
        self.base[looped] = -1
        root[looped] = looped
        self.root = root
        kind = self._stored[root]
        # A root that is itself a delta has its base elsewhere, or stood in a loop.
        self.kind = np.where(np.isin(kind, list(TYPE_NAMES)), kind, 0).astype(np.int8)


def _first_positions(names: Names) -> dict[bytes, int]:
    """Return where each name stands first: a pack may hold an object twice."""
    count, size = names.shape
    flat = names.tobytes()
    zeros = bytes(size)
    found = {flat[i * size : (i + 1) * size]: i for i in range(count - 1, -1, -1)}
    found.pop(zeros, None)
    return found


def inflate(data: Packed, start: int, end: int, size: int) -> bytes:
    """Inflate the zlib stream in `data[start:end]` to exactly `size` bytes.

    Raises:
        CorruptInputError: It does not inflate, or to another size.
        LimitExceededError: `size` is -1: marked as more than can be allocated for.
    """
    stored = end - start
    if size < 0:
        raise LimitExceededError("its header announces more than it can hold, or than the limit")
    try:
        if stored < SMALL:
            out = _inflate(data[start:end], 15, size or 1)
        else:
            out = bytes(_decompress(data[start:end], size))
    except (zlib.error, deflate.DeflateError) as error:
        raise CorruptInputError("the data does not inflate") from error
    if len(out) != size:
        raise CorruptInputError("the data inflates to another size than announced")
    return out


def open_pack(path: Path, hash_size: int = 20) -> Pack:
    """Map a pack file and read its headers.

    Raises:
        InputError: It cannot be opened, or is no pack.
    """
    return Pack(path, map_regular(path), hash_size)
