# SPDX-License-Identifier: Apache-2.0
"""Git's index file: what the next commit will hold.

Source:
    https://git-scm.com/docs/index-format (read 2026-11-22)
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from stanch.errors import CorruptInputError, LimitExceededError
from stanch.gitdb.reading import read_regular

GITLINK: Final = 0o160000
FOLDER: Final = 0o040000
"""Mode of a folder in a sparse index, which stands for all that is in it."""
_INDEX_MAX: Final = 2 << 30
_PATHS_RATIO: Final = 64
"""Version 4 shares prefixes between paths; no honest index saves more than this."""


class Entry(NamedTuple):
    """One path in the index.

    Attributes:
        path: Its name, as git stores it.
        name: Binary name of its blob; of its tree, for a folder.
        mode: File mode: `0o100644`, `0o120000` (link), `0o160000` (submodule), ...
        intended: Only announced by `git add -N`: it has no content yet.
    """

    path: bytes
    name: bytes
    mode: int
    intended: bool


def read_index_file(path: Path, hash_size: int, git_dir: Path | None = None) -> list[Entry]:
    """Read an index file, versions 2 to 4, and the index that it shares entries with.

    Args:
        path: The file.
        hash_size: Bytes of an object name.
        git_dir: The repository's own folder, where shared indexes lie; None: that of `path`.

    Raises:
        InputError: It cannot be opened, is no index, or is cut short.
    """
    data = read_regular(path, _INDEX_MAX)
    entries, at = _entries(data, path, hash_size)
    link = _link(data, at, hash_size)
    if not any(link[:hash_size]):
        return entries
    shared = (git_dir or path.parent) / f"sharedindex.{link[:hash_size].hex()}"
    base, _ = _entries(read_regular(shared, _INDEX_MAX), shared, hash_size)
    try:
        return list(_joined(base, entries, link[hash_size:]))
    except IndexError as error:
        raise CorruptInputError(f"{path}: the split index is damaged") from error


def _entries(data: bytes, path: Path, hash_size: int) -> tuple[list[Entry], int]:
    """Return the entries of one index file, and where its extensions start."""
    version = int.from_bytes(data[4:8], "big")
    if data[:4] != b"DIRC" or version not in (2, 3, 4):
        raise CorruptInputError(f"{path}: not a git index that stanch can read")
    entries: list[Entry] = []
    at, last, left = 12, b"", _PATHS_RATIO * len(data)
    try:
        for _ in range(int.from_bytes(data[8:12], "big")):
            entry, at = _entry(data, at, version, hash_size, last)
            entries.append(entry)
            last = entry.path
            left -= len(last)
            if left < 0:
                raise LimitExceededError(f"{path}: the paths of the git index are too long")
    except (IndexError, ValueError) as error:
        raise CorruptInputError(f"{path}: the git index is cut short or damaged") from error
    if at > len(data) - hash_size:
        raise CorruptInputError(f"{path}: the git index is cut short or damaged")
    return entries, at


def _entry(data: bytes, at: int, version: int, size: int, last: bytes) -> tuple[Entry, int]:
    start = at
    mode = int.from_bytes(data[at + 24 : at + 28], "big")
    at += 40
    name = data[at : at + size]
    at += size
    flags = int.from_bytes(data[at : at + 2], "big")
    at += 2
    intended = False
    if flags & 0x4000:
        intended = bool(data[at] & 0x20)
        at += 2
    if version == 4:
        strip, at = _varint(data, at)
        if strip > len(last):
            raise ValueError("prefix")
        end = data.index(b"\0", at)
        return Entry(last[: len(last) - strip] + data[at:end], name, mode, intended), end + 1
    end = data.index(b"\0", at)
    # Entries are padded with 1 to 8 zero bytes to a multiple of 8.
    return Entry(data[at:end], name, mode, intended), start + ((end - start) // 8 + 1) * 8


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Read the offset encoding that packs use, too."""
    byte = data[at]
    value = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = data[at]
        value = (value + 1) << 7 | (byte & 0x7F)
        if value >> 32:
            raise ValueError("number")
    return value, at + 1


def _link(data: bytes, at: int, hash_size: int) -> bytes:
    """Return the extension of a split index: the shared index's hash, then two bitmaps."""
    end = len(data) - hash_size
    while at + 8 <= end:
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4] == b"link":
            return data[at + 8 : min(at + 8 + size, end)]
        at += 8 + size
    return b""


def _joined(base: list[Entry], own: list[Entry], bitmaps: bytes) -> Iterator[Entry]:
    """Yield the entries of a shared index, less what was deleted or replaced, and one's own."""
    deleted, at = _bits(bitmaps, 0, len(base))
    replaced, _ = _bits(bitmaps, at, len(base))
    # What replaces comes first, in order, and without the path.
    for position, entry in zip(sorted(replaced), own, strict=False):
        if position not in deleted:
            yield entry._replace(path=entry.path or base[position].path)
    yield from own[len(replaced) :]
    gone = deleted | replaced
    yield from (entry for position, entry in enumerate(base) if position not in gone)


def _bits(data: bytes, at: int, count: int) -> tuple[set[int], int]:
    """Read an EWAH bitmap; return the bits that are set, below `count`, and where it ends."""
    if not data:
        return set(), at
    words = int.from_bytes(data[at + 4 : at + 8], "big")
    end = at + 8 + 8 * words
    if end + 4 > len(data):
        raise IndexError("bitmap")
    found: set[int] = set()
    at += 8
    bit = 0
    while at < end and bit < count:
        head = int.from_bytes(data[at : at + 8], "big")
        at += 8
        run = 64 * (head >> 1 & 0xFFFFFFFF)
        if head & 1:
            found.update(range(bit, min(bit + run, count)))
        bit += run
        for _ in range(head >> 33):
            if at >= end or bit >= count:
                break
            word = int.from_bytes(data[at : at + 8], "big")
            at += 8
            found.update(bit + i for i in range(64) if word >> i & 1)
            bit += 64
    return found, end + 4
