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

from stanch.errors import CorruptInputError, LimitExceededError
from stanch.gitdb.apply import MAX_OBJECT
from stanch.gitdb.index import Names, Offsets, read_index, walk_pack
from stanch.gitdb.kinds import OFS_DELTA, REF_DELTA

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
        kind: int8 [n], type of the rebuilt object; 0 where it cannot be known.
        base: int64 [n], position of the entry each delta is made from; -1 for none here.
        foreign: Position -> name of a base that is not in this pack.
        start: int64 [n], where the compressed data starts.
        end: int64 [n], where the next entry starts.
        size: int64 [n], bytes of the inflated data: of the delta, for a delta. -1 where the
            header announces more than the data can hold, or than `MAX_OBJECT`.
    """

    def __init__(self, path: Path, data: mmap.mmap | bytes, hash_size: int = 20) -> None:
        self.path = path
        self.data = data
        self.hash_size = hash_size
        if len(data) < 12 + hash_size or data[:4] != b"PACK":
            raise CorruptInputError(f"{path.name}: not a pack")
        names, offsets = self._offsets()
        order = np.argsort(offsets, kind="stable")
        self.offset = offsets[order]
        self.names: Names | None = None if names is None else names[order]
        self._names = b"" if self.names is None else self.names.tobytes()
        self._headers()

    def __len__(self) -> int:
        return len(self.offset)

    @property
    def delta(self) -> NDArray[np.bool_]:
        """Bool [n]: the entry is a delta."""
        return self._stored >= OFS_DELTA

    def name(self, position: int) -> bytes:
        """Return the binary name of an entry, or b"" where no index tells it."""
        start = position * self.hash_size
        return self._names[start : start + self.hash_size]

    def _offsets(self) -> tuple[Names | None, Offsets]:
        index = self.path.with_suffix(".idx")
        if not index.is_file():
            return None, walk_pack(self.data, self.hash_size)
        names, offsets = read_index(index, self.hash_size)
        limit = len(self.data) - self.hash_size
        if len(offsets) and (offsets.min() < 12 or offsets.max() >= limit):
            raise CorruptInputError(f"{index.name}: points outside its pack")
        return names, offsets

    def _headers(self) -> None:
        """Read all entry headers at once, a byte position of all entries at a time."""
        count = len(self.offset)
        raw = np.frombuffer(self.data, dtype=np.uint8)
        last = len(raw) - 1
        self.end = np.append(self.offset[1:], len(raw) - self.hash_size)
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
        positions = {}
        if self.names is not None:
            positions = {name.tobytes(): i for i, name in enumerate(self.names)}
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
        self.root = root
        kind = self._stored[root]
        # A root that is itself a delta has its base elsewhere, or stands in a loop.
        self.kind = np.where(kind >= OFS_DELTA, 0, kind).astype(np.int8)


def inflate(data: mmap.mmap | bytes, start: int, end: int, size: int) -> bytes:
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
        CorruptInputError: It is no pack, or its index does not fit it.
    """
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise CorruptInputError(f"{path.name}: empty pack") from error
    return Pack(path, data, hash_size)
