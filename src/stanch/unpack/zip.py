# SPDX-License-Identifier: Apache-2.0
"""zip, and all that is zip: wheel, jar, nupkg, vsix, apk, self-extracting programs.

The central directory is read first. What it does not account for is then searched for local
headers: files that an update left behind, and all files of an archive whose end is missing.

Source:
    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 6.3.10 (read 2026-11-22)
"""

import re
import struct
from collections.abc import Generator, Iterator
from typing import Final, NamedTuple

from stanch.errors import CorruptInputError, InputError, LimitExceededError
from stanch.model import Skipped
from stanch.unpack import inflate
from stanch.unpack.budget import Budget
from stanch.unpack.format import Entry, Format

LOCAL: Final = b"PK\x03\x04"
END: Final = b"PK\x05\x06"
_CENTRAL: Final = b"PK\x01\x02"
_END64: Final = b"PK\x06\x06"
_BORDER: Final = rb"PK(?:\x07\x08|\x03\x04|\x01\x02)"
"""A data descriptor, the next file, or the directory."""

_LOCAL_FIELDS: Final = struct.Struct("<4xHHH4xIIIHH")
"""Version, flags, method, (time), CRC, packed size, size, name length, extra length."""
_CENTRAL_FIELDS: Final = struct.Struct("<4xHHHH4xIIIHHHHHII")
"""Made by, version, flags, method, (time), CRC, packed, size, lengths of name, extra and comment,
disk, internal and external attributes, offset."""
_END_FIELDS: Final = struct.Struct("<4xHHHHIIH")
"""Disks, entries, directory size, directory offset, comment length."""
_END64_FIELDS: Final = struct.Struct("<24xQQQQ")
"""Entries on this disk, entries, directory size, directory offset."""

_ENCRYPTED: Final = 0x1
_SIZE_FOLLOWS: Final = 0x8
_UNKNOWN32: Final = 0xFFFFFFFF


class _File(NamedTuple):
    """What a header says of one file.

    Attributes:
        name: As written.
        flags: General purpose bits.
        method: Compression method.
        packed: Bytes it takes, by the header.
        size: Bytes it expands to, by the header.
        offset: Where its local header starts.
        link: It is a symbolic link.
    """

    name: bytes
    flags: int
    method: int
    packed: int
    size: int
    offset: int
    link: bool = False


class Zip(Format):
    """A zip archive, anything in front of it included."""

    def magic(self, data: bytes) -> bool:
        """Tell whether `data` starts with a file, or ends with an end record without a comment."""
        return data.startswith((LOCAL, END)) or data[-22:-18] == END

    def entries(self, data: bytes, name: str, budget: Budget) -> Iterator[Entry | Skipped]:
        """Read the files; see `Format.entries`."""
        del name
        end = data.rfind(END, max(0, len(data) - 65557))
        taken: list[tuple[int, int]] = []
        whole = False
        if end >= 0 and end + _END_FIELDS.size <= len(data):
            comment = data[end + _END_FIELDS.size :]
            if comment:
                yield Entry("(comment)", comment)
            whole = yield from _listed(data, end, taken, budget)
        for found in _unlisted(data, taken, budget):
            # In a whole archive, what is not listed and makes no sense is no file.
            if not whole or isinstance(found, Entry):
                yield found
        if not whole:
            raise CorruptInputError("the zip directory is missing or damaged")


def _directory(data: bytes, end: int) -> tuple[int, int, int]:
    """Return where the directory starts and ends, and how far the archive is shifted."""
    *_, size, offset, _comment = _END_FIELDS.unpack_from(data, end)
    stop = end
    record = data.rfind(_END64, max(0, end - 76), end)
    if record >= 0 and record + _END64_FIELDS.size <= end:
        _, _, size, offset = _END64_FIELDS.unpack_from(data, record)
        stop = record
    start = stop - size
    if start < 0 or data[start : start + 4] not in (_CENTRAL, data[stop : stop + 4]):
        # The size is wrong, or something stands between: the offset is the other witness.
        return (offset, stop, 0) if offset <= stop else (stop, stop, 0)
    return start, stop, start - offset


def _listed(
    data: bytes, end: int, taken: list[tuple[int, int]], budget: Budget
) -> Generator[Entry | Skipped, None, bool]:
    """Read what the central directory lists; return whether it could be read to its end."""
    position, stop, shift = _directory(data, end)
    taken.append((position, len(data)))
    seen: set[int] = set()
    while position < stop:
        if data[position : position + 4] != _CENTRAL:
            return False
        if position + _CENTRAL_FIELDS.size > stop:
            return False
        file, position = _central(data, position, shift)
        budget.entry()
        if file.offset in seen:
            continue
        seen.add(file.offset)
        yield from _file(data, file, taken, budget)
    return True


def _central(data: bytes, position: int, shift: int) -> tuple[_File, int]:
    """Read one record of the central directory; return where the next starts, too."""
    fields = _CENTRAL_FIELDS.unpack_from(data, position)
    made_by, _, flags, method, _, packed, size, names, extras, comments, _, _, mode, at = fields
    start = position + _CENTRAL_FIELDS.size
    name = data[start : start + names]
    extra = data[start + names : start + names + extras]
    if _UNKNOWN32 in (packed, size, at):
        size, packed, at = _wide(extra, size, packed, at)
    link = made_by >> 8 == 3 and (mode >> 28) == 0xA
    file = _File(name, flags, method, packed, size, at + shift, link)
    return file, start + names + extras + comments


def _wide(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Take the sizes that do not fit 32 bits from the zip64 field."""
    position = 0
    values = [size, packed, offset]
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind == 1:
            field = extra[position + 4 : position + 4 + length]
            wide = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
            values = [next(wide, value) if value == _UNKNOWN32 else value for value in values]
            break
        position += 4 + length
    return values[0], values[1], values[2]


def _file(
    data: bytes, file: _File, taken: list[tuple[int, int]], budget: Budget
) -> Iterator[Entry | Skipped]:
    """Read one file that the directory lists."""
    if not 0 <= file.offset < len(data) or not data.startswith(LOCAL, file.offset):
        yield _skipped(file, "its header is not where the directory says")
        return
    start = _data_start(data, file.offset)
    taken.append((file.offset, start + file.packed))
    yield from _contents(data[start : start + file.packed], file, budget)


def _data_start(data: bytes, offset: int) -> int:
    """Return where a file's data starts: beyond the end, if its header is cut off."""
    if offset + _LOCAL_FIELDS.size > len(data):
        return len(data) + 1
    *_, names, extras = _LOCAL_FIELDS.unpack_from(data, offset)
    return offset + _LOCAL_FIELDS.size + int(names) + int(extras)


def _contents(packed: bytes, file: _File, budget: Budget) -> Iterator[Entry | Skipped]:
    """Expand one file."""
    if file.link or (file.name.endswith(b"/") and not packed):
        return
    if file.flags & _ENCRYPTED:
        yield _skipped(file, "it is encrypted")
        return
    data, problem = _expand(packed, file, budget)
    if data or problem is None:
        yield Entry(file.name, data)
    if isinstance(problem, LimitExceededError) and budget.left() == 0:
        raise problem
    if problem is not None:
        yield _skipped(file, str(problem))
    elif len(packed) < file.packed:
        yield _skipped(file, "it is cut off")


def _expand(packed: bytes, file: _File, budget: Budget) -> tuple[bytes, InputError | None]:
    """Return what `packed` expands to, as far as it does, and what stopped it."""
    most = budget.limits.entry_bytes
    if file.method == 0:
        return _stored(packed, most, budget)
    if file.method == 8:
        whole = inflate.deflate_at_once(packed, file.size, budget)
        if whole is not None:
            return whole, None
        return inflate.gather(inflate.deflate_steps(packed, budget), most)
    try:
        steps = _steps(packed, file, budget)
    except InputError as error:
        return b"", error
    data, problem = inflate.gather(steps, most)
    # NOTE: an LZMA stream without an end mark is whole when it is as long as it should be.
    return data, None if file.method == 14 and len(data) == file.size else problem


def _stored(packed: bytes, most: int, budget: Budget) -> tuple[bytes, InputError | None]:
    problem = None
    if len(packed) > most:
        problem = LimitExceededError(f"only its first {most} bytes were read")
        packed = packed[:most]
    try:
        budget.spend(len(packed))
    except InputError as error:
        return b"", error
    return packed, problem


def _steps(packed: bytes, file: _File, budget: Budget) -> Iterator[bytes]:
    if file.method == 9:
        return inflate.deflate64_steps(packed, budget)
    if file.method == 12:
        return inflate.bzip2_steps(packed, budget)
    if file.method == 14:
        length = int.from_bytes(packed[2:4], "little")
        chain = [inflate.lzma1_filter(packed[4 : 4 + length])]
        return inflate.lzma_steps(packed[4 + length :], chain, file.size, budget)
    if file.method in (20, 93):
        return inflate.zstd_steps(packed, budget)
    if file.method == 95:
        return inflate.xz_steps(packed, budget)
    raise CorruptInputError(f"its compression method {file.method} is not known")


def _skipped(file: _File, reason: str) -> Skipped:
    return Skipped(file.name.decode("utf-8", "surrogateescape"), reason)


def _unlisted(
    data: bytes, taken: list[tuple[int, int]], budget: Budget
) -> Iterator[Entry | Skipped]:
    """Read the files whose local headers stand where no listed file does."""
    position = 0
    for start, end in sorted([*taken, (len(data), len(data))]):
        while (at := data.find(LOCAL, position, max(position, start))) >= 0:
            budget.entry()
            position = yield from _unlisted_file(data, at, start, budget)
        position = max(position, end)


def _unlisted_file(
    data: bytes, offset: int, stop: int, budget: Budget
) -> Generator[Entry | Skipped, None, int]:
    """Read the file whose local header is at `offset`; return where to look for the next."""
    start = _data_start(data, offset)
    if start > stop:
        return offset + 4
    fields: tuple[int, ...] = _LOCAL_FIELDS.unpack_from(data, offset)
    _, flags, method, _, packed, size, names, _ = fields
    name = data[offset + _LOCAL_FIELDS.size :][:names] if names < 1 << 12 else b""
    end = start + packed
    if flags & _SIZE_FOLLOWS or packed == _UNKNOWN32 or end > stop:
        # The size stands behind the data: the next signature is the nearest certain border.
        border = re.compile(_BORDER).search(data, start, stop)
        end = border.start() if border else stop
    file = _File(name, flags, method, end - start, size, offset)
    yield from _contents(data[start:end], file, budget)
    return max(end, offset + 4)


FORMAT: Final = Zip()
