# SPDX-License-Identifier: Apache-2.0
"""Refs and reflogs in reftables, where names share prefixes and logs are compressed.

Source:
    https://git-scm.com/docs/reftable (read 2026-11-22)
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from stanch.errors import CorruptInputError
from stanch.gitdb.reading import read_regular

_TABLE_MAX: Final = 256 << 20
_LIST_MAX: Final = 1 << 20
_LOG_MAX: Final = 16 << 20
_RECORD_MAX: Final = 1 << 16
_REF_BLOCK, _LOG_BLOCK = ord("r"), ord("g")


class Log(NamedTuple):
    """One entry of a reflog: its ref, who, and why."""

    ref: bytes
    who: bytes
    message: bytes


class Table(NamedTuple):
    """What one table says.

    Attributes:
        refs: Ref -> hex name, `ref: ` and another ref, or "" where it was deleted.
        logs: The reflogs' entries.
    """

    refs: dict[bytes, str]
    logs: list[Log]


def tables(folder: Path) -> list[Path]:
    """Return the tables of a `reftable` folder, oldest first.

    Raises:
        InputError: The list cannot be read.
    """
    lines = read_regular(folder / "tables.list", _LIST_MAX).decode("utf-8", "surrogateescape")
    return [folder / line for line in lines.split("\n") if line and "/" not in line]


def read_table(path: Path, hash_size: int) -> Table:
    """Read one table.

    Raises:
        InputError: It cannot be read, or is damaged.
    """
    data = read_regular(path, _TABLE_MAX)
    try:
        return _Reader(data, hash_size).table()
    except (IndexError, ValueError, zlib.error) as error:
        raise CorruptInputError(f"{path.name}: the reftable is cut short or damaged") from error


class _Reader:
    """Reads one table."""

    def __init__(self, data: bytes, hash_size: int) -> None:
        if data[:4] != b"REFT" or data[4] not in (1, 2):
            raise ValueError("not a reftable")
        self._data = data
        self._hash_size = hash_size
        self._head = 24 if data[4] == 1 else 28
        self._block = int.from_bytes(data[5:8], "big")
        self._end = len(data) - self._head - 44
        if self._end < self._head or data[self._end : self._end + 4] != b"REFT":
            raise ValueError("footer")

    def table(self) -> Table:
        """Read the ref blocks, then the log blocks."""
        refs: dict[bytes, str] = {}
        logs: list[Log] = []
        footer = self._data[self._end + self._head :]
        log_at = int.from_bytes(footer[24:32], "big")
        if self._kind(0) == _LOG_BLOCK:
            logs += self._logs(0)
            return Table(refs, logs)
        at = 0
        while at < self._end and self._kind(at) == _REF_BLOCK:
            end = at + self._length(at)
            refs.update(self._ref_block(self._start(at) + 4, end))
            at = at + max(self._block, 4) if self._block else end
        if log_at:
            logs += self._logs(log_at)
        return Table(refs, logs)

    def _start(self, at: int) -> int:
        return at or self._head

    def _kind(self, at: int) -> int:
        start = self._start(at)
        return self._data[start] if start < self._end else 0

    def _length(self, at: int) -> int:
        start = self._start(at)
        length = int.from_bytes(self._data[start + 1 : start + 4], "big")
        if at + length <= start + 4:
            raise ValueError("length")
        return length

    def _ref_block(self, at: int, end: int) -> Iterator[tuple[bytes, str]]:
        data = self._data[: min(end, self._end)]
        stop = _records_end(data)
        name = b""
        while at < stop:
            name, kind, at = _key(data, at, name)
            _, at = _varint(data, at)
            value = ""
            if kind in (1, 2):
                value = data[at : at + self._hash_size].hex()
                at += self._hash_size * kind
            elif kind == 3:
                size, at = _varint(data, at)
                value = "ref: " + data[at : at + size].decode("utf-8", "surrogateescape")
                at += size
            elif kind:
                raise ValueError("type")
            yield name, value

    def _logs(self, at: int) -> Iterator[Log]:
        while at < self._end and self._kind(at) == _LOG_BLOCK:
            start = self._start(at) + 4
            size = self._length(at) - (start - at)
            if size > _LOG_MAX:
                raise ValueError("log block is too large")
            stream = zlib.decompressobj()
            block = stream.decompress(self._data[start : self._end], size)
            yield from self._log_block(block)
            # The inflated size is announced exactly, so the end may still be to come.
            stream.decompress(stream.unconsumed_tail, 1)
            at = self._end - len(stream.unused_data) if stream.eof else self._end

    def _log_block(self, data: bytes) -> Iterator[Log]:
        stop = _records_end(data)
        at, key = 0, b""
        while at < stop:
            key, kind, at = _key(data, at, key)
            if kind == 0:
                continue
            at += 2 * self._hash_size
            who, at = _text(data, at)
            mail, at = _text(data, at)
            _, at = _varint(data, at)
            message, at = _text(data, at + 2)
            yield Log(key[:-9], who + b" <" + mail + b">", message)


def _records_end(block: bytes) -> int:
    """Return where the restart table starts, which ends a block."""
    return len(block) - 2 - 3 * int.from_bytes(block[-2:], "big")


def _key(data: bytes, at: int, last: bytes) -> tuple[bytes, int, int]:
    """Read a record's key, which starts like the last one; return it, its type and its end."""
    shared, at = _varint(data, at)
    rest, at = _varint(data, at)
    size = rest >> 3
    if shared > len(last) or shared + size > _RECORD_MAX or at + size > len(data):
        raise ValueError("key")
    return last[:shared] + data[at : at + size], rest & 7, at + size


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = _varint(data, at)
    return data[at : at + size], at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    value = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = data[at]
        value = (value + 1) << 7 | (byte & 0x7F)
        if value >> 63:
            raise ValueError("number")
    return value, at + 1
