# SPDX-License-Identifier: Apache-2.0
"""Pack indexes (`.idx`, versions 1 and 2), and packs that have none.

Source:
    https://git-scm.com/docs/gitformat-pack (read 2026-11-22)
"""

import hashlib
import mmap
import zlib
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stanch.errors import CorruptInputError
from stanch.gitdb.kinds import OFS_DELTA, REF_DELTA, TYPE_NAMES
from stanch.gitdb.reading import read_regular

Names = NDArray[np.uint8]
"""Object names: uint8 [n, 20] or, in sha256 repositories, [n, 32]."""
Offsets = NDArray[np.int64]
"""Offsets in the pack: int64 [n]."""

Packed = mmap.mmap | bytes | memoryview
"""The bytes of a pack."""

_MAGIC: Final = b"\xfftOc"
_INDEX_MAX: Final = 8 << 30


def read_index(path: Path, hash_size: int) -> tuple[Names, Offsets]:
    """Read a pack index.

    Args:
        path: The `.idx` file.
        hash_size: Bytes of an object name: 20 or 32.

    Returns:
        Names and pack offsets of the objects, in order of their names.

    Raises:
        CorruptInputError: The file is not an index, or is cut short.
        InputError: It cannot be opened.
    """
    raw = np.frombuffer(read_regular(path, _INDEX_MAX), dtype=np.uint8)
    try:
        if raw[:4].tobytes() == _MAGIC:
            return _version_2(raw, hash_size)
        return _version_1(raw, hash_size)
    except (ValueError, IndexError) as error:
        raise CorruptInputError(f"{path.name}: the pack index is cut short or damaged") from error


def _count(fan: NDArray[np.uint8]) -> int:
    table = np.ascontiguousarray(fan).view(">u4").astype(np.int64)
    if len(table) != 256 or (np.diff(table) < 0).any():
        raise ValueError("fan-out is not monotone")
    return int(table[255])


def _version_1(raw: NDArray[np.uint8], hash_size: int) -> tuple[Names, Offsets]:
    count = _count(raw[:1024])
    rows = raw[1024 : 1024 + count * (4 + hash_size)].reshape(count, 4 + hash_size)
    offsets = np.ascontiguousarray(rows[:, :4]).view(">u4").reshape(count).astype(np.int64)
    return np.ascontiguousarray(rows[:, 4:]), offsets


def _version_2(raw: NDArray[np.uint8], hash_size: int) -> tuple[Names, Offsets]:
    if raw[4:8].tobytes() != b"\0\0\0\2":
        raise ValueError("unknown index version")
    count = _count(raw[8:1032])
    start = 1032
    names = raw[start : start + count * hash_size].reshape(count, hash_size)
    start += count * (hash_size + 4)
    offsets = raw[start : start + 4 * count].view(">u4").astype(np.int64)
    if len(offsets) != count:
        raise ValueError("offset table is short")
    start += 4 * count
    far = np.nonzero(offsets & 0x80000000)[0]
    if len(far):
        table = raw[start : len(raw) - 2 * hash_size].view(">u8").astype(np.int64)
        offsets[far] = table[offsets[far] & 0x7FFFFFFF]
    return names, offsets


def object_name(kind: int, data: bytes, hash_size: int = 20) -> bytes:
    """Return the binary name git gives an object."""
    digest = hashlib.sha256() if hash_size == 32 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"%s %d\0" % (TYPE_NAMES[kind].encode(), len(data)))
    digest.update(data)
    return digest.digest()


def walk_pack(pack: Packed, hash_size: int) -> Offsets:
    """Find the entries of a pack that has no index, by inflating it from its start to its end.

    Args:
        pack: The whole pack.
        hash_size: Bytes of an object name.

    Returns:
        Offsets of the entries, as far as they can be read.
    """
    count = int.from_bytes(pack[8:12], "big")
    offsets: list[int] = []
    at = 12
    end = len(pack)
    while len(offsets) < count and at < end:
        start = at
        kind = pack[at] >> 4 & 7
        at = _past_number(pack, at, end)
        if kind == OFS_DELTA:
            at = _past_number(pack, at, end)
        elif kind == REF_DELTA:
            at += hash_size
        stop = _inflated_end(pack, at, end)
        if stop is None:
            break
        offsets.append(start)
        at = stop
    return np.array(offsets, dtype=np.int64)


def _past_number(pack: Packed, at: int, end: int) -> int:
    """Return where the number ends that starts at `at`."""
    while at < end and pack[at] & 0x80:
        at += 1
    return at + 1


def _inflated_end(pack: Packed, at: int, end: int) -> int | None:
    """Return where the zlib stream that starts at `at` ends, or None if it does not."""
    stream = zlib.decompressobj()
    step = 1 << 9
    while at < end:
        chunk = pack[at : min(at + step, end)]
        try:
            data = stream.decompress(chunk, 1 << 22)
            while stream.unconsumed_tail and data:
                data = stream.decompress(stream.unconsumed_tail, 1 << 22)
        except zlib.error:
            return None
        at += len(chunk)
        if stream.eof:
            return at - len(stream.unused_data)
        step = min(4 * step, 1 << 20)
    return None
