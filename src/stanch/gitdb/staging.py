# SPDX-License-Identifier: Apache-2.0
"""Git's index file: what the next commit will hold.

Source:
    https://git-scm.com/docs/index-format (read 2026-11-22)
"""

from pathlib import Path
from typing import NamedTuple

from stanch.errors import CorruptInputError

GITLINK = 0o160000


class Entry(NamedTuple):
    """One path in the index.

    Attributes:
        path: Its name, as git stores it.
        name: Binary name of its blob.
        mode: File mode: `0o100644`, `0o120000` (link), `0o160000` (submodule), ...
        intended: Only announced by `git add -N`: it has no content yet.
    """

    path: bytes
    name: bytes
    mode: int
    intended: bool


def read_index_file(path: Path, hash_size: int) -> list[Entry]:
    """Read an index file, versions 2 to 4.

    Args:
        path: The file.
        hash_size: Bytes of an object name.

    Raises:
        CorruptInputError: It is no index, or is cut short.
    """
    data = path.read_bytes()
    version = int.from_bytes(data[4:8], "big")
    if data[:4] != b"DIRC" or version not in (2, 3, 4):
        raise CorruptInputError(f"{path}: not a git index that stanch can read")
    entries: list[Entry] = []
    at, last = 12, b""
    try:
        for _ in range(int.from_bytes(data[8:12], "big")):
            entry, at = _entry(data, at, version, hash_size, last)
            entries.append(entry)
            last = entry.path
    except (IndexError, ValueError) as error:
        raise CorruptInputError(f"{path}: the git index is cut short or damaged") from error
    return entries


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
    return value, at + 1
