# SPDX-License-Identifier: Apache-2.0
"""Write packs, indexes and loose objects by hand: also such as git would never write."""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

COMMIT, TREE, BLOB, TAG, OFS, REF = 1, 2, 3, 4, 6, 7
_TYPES: Final = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", TAG: b"tag"}


class Entry(NamedTuple):
    """One entry of a pack.

    Attributes:
        kind: Its type as the header says.
        data: What is compressed: an object, or a delta.
        name: Binary name of the object that it makes, for the index.
        base: For `OFS` the position of its base among the entries, for `REF` a binary name.
        size: Size to announce; None for the true one.
        raw: Compressed bytes to store as they are; None to compress `data`.
    """

    kind: int
    data: bytes
    name: bytes
    base: int | bytes = b""
    size: int | None = None
    raw: bytes | None = None


def object_name(data: bytes, kind: int = BLOB) -> bytes:
    """Return the binary name of an object."""
    return hashlib.sha1(b"%s %d\0" % (_TYPES[kind], len(data)) + data).digest()


def whole(data: bytes, kind: int = BLOB) -> Entry:
    """Return an entry that holds an object whole."""
    return Entry(kind, data, object_name(data, kind))


def ofs(base: int, delta: bytes, target: bytes) -> Entry:
    """Return a delta of the entry at position `base`, which comes before it."""
    return Entry(OFS, delta, object_name(target), base)


def ref(base: bytes, delta: bytes, target: bytes) -> Entry:
    """Return a delta of the object named `base`, wherever that is."""
    return Entry(REF, delta, object_name(target), base)


def number(value: int) -> bytes:
    """Encode a size as deltas do: seven bits a byte, lowest first."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def copy(start: int, size: int) -> bytes:
    """Return the instruction that copies `size` bytes of the base, at most 0xffffff."""
    out, op = bytearray(), 0x80
    for bit in range(4):
        byte = start >> 8 * bit & 0xFF
        if byte:
            op |= 1 << bit
            out.append(byte)
    for bit in range(3):
        byte = (0 if size == 0x10000 else size) >> 8 * bit & 0xFF
        if byte:
            op |= 16 << bit
            out.append(byte)
    return bytes([op]) + bytes(out)


def insert(data: bytes) -> bytes:
    """Return the instructions that insert `data`."""
    parts = [data[at : at + 127] for at in range(0, len(data), 127)]
    return b"".join(bytes([len(part)]) + part for part in parts)


def delta(base: bytes | int, target: bytes | int, *instructions: bytes) -> bytes:
    """Return a delta; base and target may be given by their sizes."""
    sizes = [one if isinstance(one, int) else len(one) for one in (base, target)]
    return number(sizes[0]) + number(sizes[1]) + b"".join(instructions)


def pack_bytes(entries: Sequence[Entry], count: int | None = None) -> tuple[bytes, list[int]]:
    """Return a pack, and the offsets of its entries.

    Args:
        entries: The entries, in order.
        count: Count to announce; None for the true one.
    """
    out = bytearray(struct.pack(">4sII", b"PACK", 2, len(entries) if count is None else count))
    offsets: list[int] = []
    for entry in entries:
        offsets.append(len(out))
        out += _header(entry.kind, len(entry.data) if entry.size is None else entry.size)
        if entry.kind == OFS:
            assert isinstance(entry.base, int)
            out += _back(offsets[-1] - offsets[entry.base])
        elif entry.kind == REF:
            assert isinstance(entry.base, bytes)
            out += entry.base
        out += zlib.compress(entry.data) if entry.raw is None else entry.raw
    return bytes(out) + hashlib.sha1(out).digest(), offsets


def _header(kind: int, size: int) -> bytes:
    first = kind << 4 | size & 15
    size >>= 4
    return bytes([first | 0x80]) + number(size) if size else bytes([first])


def _back(distance: int) -> bytes:
    out = [distance & 0x7F]
    distance >>= 7
    while distance:
        distance -= 1
        out.append(distance & 0x7F | 0x80)
        distance >>= 7
    return bytes(reversed(out))


def index_bytes(
    entries: Sequence[Entry],
    offsets: Sequence[int],
    pack: bytes,
    *,
    version: int = 2,
    far: bool = False,
) -> bytes:
    """Return the index of a pack.

    Args:
        entries: The pack's entries.
        offsets: Where they start.
        pack: The pack.
        version: 1 or 2.
        far: Put every offset into the table of 64-bit offsets.
    """
    rows = sorted(zip((entry.name for entry in entries), offsets, strict=True))
    fan = b"".join(
        struct.pack(">I", sum(name[0] <= first for name, _ in rows)) for first in range(256)
    )
    if version == 1:
        out = fan + b"".join(struct.pack(">I", offset) + name for name, offset in rows)
    else:
        out = b"\xfftOc\0\0\0\2" + fan + b"".join(name for name, _ in rows)
        out += bytes(4 * len(rows))
        if far:
            out += b"".join(struct.pack(">I", 1 << 31 | row) for row in range(len(rows)))
            out += b"".join(struct.pack(">Q", offset) for _, offset in rows)
        else:
            out += b"".join(struct.pack(">I", offset) for _, offset in rows)
    out += pack[-20:]
    return out + hashlib.sha1(out).digest()


def write_pack(
    objects: Path,
    entries: Sequence[Entry],
    *,
    index: bool = True,
    version: int = 2,
    far: bool = False,
) -> Path:
    """Write a pack into an `objects` folder; return its path."""
    folder = objects / "pack"
    folder.mkdir(parents=True, exist_ok=True)
    data, offsets = pack_bytes(entries)
    path = folder / f"pack-{data[-20:].hex()}.pack"
    path.write_bytes(data)
    if index:
        told = index_bytes(entries, offsets, data, version=version, far=far)
        path.with_suffix(".idx").write_bytes(told)
    return path


def write_loose(objects: Path, data: bytes, kind: int = BLOB) -> Path:
    """Write a loose object; return its path."""
    name = object_name(data, kind).hex()
    path = objects / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zlib.compress(b"%s %d\0" % (_TYPES[kind], len(data)) + data))
    return path


def empty_repository(path: Path) -> Path:
    """Make a bare repository that holds nothing; return its `objects` folder."""
    (path / "objects" / "pack").mkdir(parents=True)
    (path / "objects" / "info").mkdir()
    (path / "refs" / "heads").mkdir(parents=True)
    (path / "HEAD").write_text("ref: refs/heads/main\n")
    (path / "config").write_text("[core]\n\tbare = true\n")
    return path / "objects"
