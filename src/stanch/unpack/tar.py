# SPDX-License-Identifier: Apache-2.0
"""tar: ustar, pax and GNU, read from a stream with one pass and little work per entry.

Source:
    https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (read 2026-11-22)
    https://www.gnu.org/software/tar/manual/html_node/Standard.html (read 2026-11-22)
"""

from collections.abc import Iterator
from typing import Final

from stanch.errors import CorruptInputError, LimitExceededError
from stanch.model import Skipped
from stanch.unpack.budget import Budget
from stanch.unpack.format import Entry, Format
from stanch.unpack.stream import Stream

_BLOCK: Final = 512
_ZERO: Final = bytes(_BLOCK)
_META_MOST: Final = 1 << 20
"""Most bytes of an extended header that are kept in memory."""

_BARE: Final = frozenset(b"1234569")
"""Links, devices, folders, FIFOs: no data follows, whatever their size says."""
_PASSED: Final = frozenset(b"gKV")
"""Headers about all entries, link targets and volume labels: their data is no file."""

_REST: Final = "(after a damaged header)"


def is_header(block: bytes) -> bool:
    """Tell whether a block of 512 bytes or more starts with a tar header."""
    if block[257:262] == b"ustar":
        return True
    # The version 7 header has no magic: its checksum field ends in NUL and space.
    return len(block) >= _BLOCK and block[154:156] == b"\0 " and _sum_holds(block[:_BLOCK])


def _sum_holds(block: bytes) -> bool:
    try:
        claimed = _number(block[148:154])
    except CorruptInputError:
        return False
    return claimed == sum(block) - sum(block[148:156]) + 8 * 32


def _number(field: bytes) -> int:
    """Read octal digits, or GNU's big-endian binary.

    Raises:
        CorruptInputError: It is neither, or below zero.
    """
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not digits:
        return 0
    try:
        value = int(digits, 8)
    except ValueError:
        value = -1
    if value < 0:
        raise CorruptInputError("a tar header has no size")
    return value


class _Pending:
    """What extended headers say about the next entry."""

    __slots__ = ("name", "size")

    def __init__(self) -> None:
        self.name = b""
        self.size: int | None = None

    def clear(self) -> None:
        self.name = b""
        self.size = None

    def pax(self, data: bytes) -> None:
        r"""Read `length key=value\n` records, as many as make sense."""
        position = 0
        while position < len(data):
            space = data.find(b" ", position, position + 20)
            length = data[position:space] if space > 0 else b""
            if not length.isdigit() or not 4 < int(length) <= len(data) - position:
                return
            end = position + int(length)
            key, _, value = data[space + 1 : end - 1].partition(b"=")
            self._set(key, value)
            position = end

    def _set(self, key: bytes, value: bytes) -> None:
        if key in (b"path", b"GNU.sparse.name"):
            self.name = value
        elif key == b"size" and value.isdigit() and len(value) < 20:
            self.size = int(value)


def read(stream: Stream, budget: Budget) -> Iterator[Entry | Skipped]:
    """Read the files of a tar stream.

    Raises:
        CorruptInputError: A header is damaged, or the stream is; what follows it was yielded whole.
        LimitExceededError: A bound was reached.
    """
    pending = _Pending()
    ended = False
    while True:
        block = stream.take(_BLOCK)
        if block == _ZERO:
            ended = True
            budget.tick()
            continue
        if len(block) < _BLOCK:
            if stream.error:
                raise stream.error
            if not ended and block:
                raise CorruptInputError("the tar file is cut off in a header")
            return
        budget.entry()
        try:
            size = _number(block[124:136])
            valid = block[257:262] == b"ustar" or _sum_holds(block)
        except CorruptInputError:
            valid = False
        if not valid:
            yield from _rest(stream, block, budget)
            if ended:
                return
            raise CorruptInputError("a tar header is damaged")
        yield from _entry(stream, block, size, pending, budget)


def _rest(stream: Stream, block: bytes, budget: Budget) -> Iterator[Entry | Skipped]:
    """Yield what follows a damaged header as one run of bytes: it may still hold something."""
    most = budget.limits.entry_bytes
    yield Entry(_REST, block + stream.take(most))
    if stream.take(1):
        yield Skipped(_REST, f"only its first {most} bytes were read")
    elif stream.error:
        raise stream.error


def _entry(
    stream: Stream, block: bytes, size: int, pending: _Pending, budget: Budget
) -> Iterator[Entry | Skipped]:
    """Read what one header announces; an unknown kind is a file, as the standard has it."""
    kind = block[156]
    if kind in b"xXL":
        _extended(stream, kind, size, pending)
        return
    if kind in _PASSED:
        _pass_data(stream, size)
        return
    if pending.size is not None:
        size = pending.size
    name = pending.name or _name(block)
    pending.clear()
    if kind in _BARE:
        return
    if kind == 0x53:
        _pass_sparse_map(stream, block)
    yield from _file(stream, name, size, budget)


def _name(block: bytes) -> bytes:
    name = block[:100].partition(b"\0")[0]
    if block[345] and block[257:263] == b"ustar\0":
        return block[345:500].partition(b"\0")[0] + b"/" + name
    return name


def _file(stream: Stream, name: bytes, size: int, budget: Budget) -> Iterator[Entry | Skipped]:
    most = budget.limits.entry_bytes
    if size > most:
        yield Entry(name, stream.take(most))
        yield Skipped(_shown(name), f"only its first {most} bytes of {size} were read")
        _pass_data(stream, size, done=most)
        return
    data = stream.take(size)
    yield Entry(name, data)
    if len(data) < size:
        raise stream.error or CorruptInputError("the tar file is cut off")
    if size % _BLOCK:
        _pass_data(stream, size, done=size)


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _pass_data(stream: Stream, size: int, done: int = 0) -> None:
    left = size + -size % _BLOCK - done
    if stream.skip(left) < left:
        raise stream.error or CorruptInputError("the tar file is cut off")


def _extended(stream: Stream, kind: int, size: int, pending: _Pending) -> None:
    if size > _META_MOST:
        raise LimitExceededError(f"a tar header of {size} bytes is too long")
    data = stream.take(size)
    if len(data) < size:
        raise stream.error or CorruptInputError("the tar file is cut off in a header")
    stream.skip(-size % _BLOCK)
    if kind == 0x4C:
        pending.name = data.rstrip(b"\0")
    else:
        pending.pax(data)


def _pass_sparse_map(stream: Stream, block: bytes) -> None:
    """Pass over the blocks that say where the holes are: the file is read as it is stored."""
    more = block[482]
    while more:
        block = stream.take(_BLOCK)
        more = block[504] if len(block) == _BLOCK else 0


class Tar(Format):
    """A tar file that is not compressed."""

    def magic(self, data: bytes) -> bool:
        """Tell whether `data` starts with a tar header."""
        return is_header(data)

    def entries(self, data: bytes, name: str, budget: Budget) -> Iterator[Entry | Skipped]:
        """Read the files; see `Format.entries`."""
        del name
        return read(Stream((data,)), budget)


FORMAT: Final = Tar()
