# SPDX-License-Identifier: Apache-2.0
"""The 7z header: what is packed where, and how. Every count is checked before it is believed.

Source:
    DOC/7zFormat.txt of the LZMA SDK, https://7-zip.org/sdk.html (read 2026-11-22)
"""

from typing import Final, NamedTuple

from stanch.errors import CorruptInputError, LimitExceededError
from stanch.unpack.budget import Budget

_END: Final = 0x00
_HEADER: Final = 0x01
_PROPERTIES: Final = 0x02
_MORE_STREAMS: Final = 0x03
_STREAMS: Final = 0x04
_FILES: Final = 0x05
_PACK: Final = 0x06
_UNPACK: Final = 0x07
_SUBSTREAMS: Final = 0x08
_SIZE: Final = 0x09
_CRC: Final = 0x0A
_FOLDER: Final = 0x0B
_CODER_SIZES: Final = 0x0C
_COUNTS: Final = 0x0D
_EMPTY: Final = 0x0E
_NAMES: Final = 0x11

_CODERS_MOST: Final = 32


class Coder(NamedTuple):
    """One step of a folder's decompression.

    Attributes:
        method: Its id.
        properties: What it needs to know.
        inputs: Streams it reads.
        outputs: Streams it makes.
    """

    method: bytes
    properties: bytes
    inputs: int
    outputs: int


class Folder(NamedTuple):
    """Files that are packed together.

    Attributes:
        coders: The steps, in the header's order.
        bonds: (input, output) pairs: that coder's input is that coder's output.
        inputs: Packed streams it takes.
        size: Bytes it expands to.
        digest: A checksum of all of it is known.
    """

    coders: tuple[Coder, ...]
    bonds: tuple[tuple[int, int], ...]
    inputs: int
    size: int = 0
    digest: bool = False

    def chain(self) -> list[Coder]:
        """Return the coders from the packed bytes to the files.

        Raises:
            CorruptInputError: They are no chain: a coder has several streams.
        """
        if any(coder.inputs != 1 or coder.outputs != 1 for coder in self.coders):
            raise CorruptInputError("it needs a coder of several streams, which is not read")
        after = {output: source for source, output in self.bonds}
        bound = {source for source, _ in self.bonds}
        current = next((i for i in range(len(self.coders)) if i not in bound), None)
        found: list[Coder] = []
        while current is not None and current < len(self.coders):
            found.append(self.coders[current])
            if len(found) > len(self.coders):
                raise CorruptInputError("the coders of a 7z folder go in circles")
            current = after.get(current)
        if len(found) != len(self.coders):
            raise CorruptInputError("the coders of a 7z folder do not fit together")
        return found


class Streams(NamedTuple):
    """Where the packed streams are and what they hold.

    Attributes:
        position: Where the first packed stream starts.
        packed: Bytes of each packed stream.
        folders: The folders, in the order of their packed streams.
        sizes: For each folder, the sizes of its files.
    """

    position: int = 0
    packed: tuple[int, ...] = ()
    folders: tuple[Folder, ...] = ()
    sizes: tuple[tuple[int, ...], ...] = ()


class Header(NamedTuple):
    """What a 7z archive holds.

    Attributes:
        streams: The packed streams.
        files: Names of the files that have data, in the order of the streams.
    """

    streams: Streams
    files: tuple[str, ...]


class _Reader:
    """A cursor over the header."""

    def __init__(self, data: bytes, position: int, budget: Budget) -> None:
        self.data = data
        self.position = position
        self.budget = budget

    def take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self.data):
            raise CorruptInputError("the 7z header is cut off")
        found = self.data[self.position : end]
        self.position = end
        return found

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """Read a number: the leading ones of its first byte count the bytes that follow."""
        first = self.byte()
        extra = 0
        mask = 0x80
        while extra < 8 and first & mask:
            extra += 1
            mask >>= 1
        low = int.from_bytes(self.take(extra), "little")
        return low | (first & (mask - 1) if mask else 0) << (8 * extra)

    def count(self, *, least_bits: int = 8) -> int:
        """Read how many things follow, each of `least_bits` at the least."""
        number = self.number()
        if number > self.budget.limits.entries:
            raise LimitExceededError(f"a 7z header speaks of {number} things")
        if number * least_bits > 8 * (len(self.data) - self.position):
            raise CorruptInputError("a 7z header speaks of more than it holds")
        return number

    def bits(self, count: int) -> list[bool]:
        raw = self.take(-(-count // 8))
        return [bool(raw[i >> 3] & 0x80 >> (i & 7)) for i in range(count)]

    def defined(self, count: int) -> list[bool]:
        """Read a bit for each of `count` things, or one byte that says: all."""
        return [True] * count if self.byte() else self.bits(count)

    def expect(self, kind: int) -> None:
        if self.byte() != kind:
            raise CorruptInputError("the 7z header is damaged")

    def pass_digests(self, count: int) -> list[bool]:
        found = self.defined(count)
        self.take(4 * sum(found))
        return found


def read_header(raw: bytes, budget: Budget) -> Header:
    """Read a header that is not packed.

    Raises:
        CorruptInputError: It makes no sense.
        LimitExceededError: It speaks of too many files.
    """
    if not raw:
        return Header(Streams(), ())
    reader = _Reader(raw, 0, budget)
    reader.expect(_HEADER)
    streams = Streams()
    files: tuple[str, ...] = ()
    kind = reader.byte()
    if kind == _PROPERTIES:
        while reader.byte() != _END:
            reader.take(reader.number())
        kind = reader.byte()
    if kind == _MORE_STREAMS:
        _streams(reader)
        kind = reader.byte()
    if kind == _STREAMS:
        streams = _streams(reader)
        kind = reader.byte()
    if kind == _FILES:
        files = _files(reader)
    return Header(streams, files)


def read_streams(raw: bytes, position: int, budget: Budget) -> Streams:
    """Read what stands in place of a packed header.

    Raises:
        CorruptInputError: It makes no sense.
        LimitExceededError: It speaks of too much.
    """
    return _streams(_Reader(raw, position, budget))


def _streams(reader: _Reader) -> Streams:
    position = 0
    packed: tuple[int, ...] = ()
    folders: tuple[Folder, ...] = ()
    sizes: tuple[tuple[int, ...], ...] | None = None
    while (kind := reader.byte()) != _END:
        if kind == _PACK:
            position, packed = _pack(reader)
        elif kind == _UNPACK:
            folders = _folders(reader)
        elif kind == _SUBSTREAMS:
            sizes = _substreams(reader, folders)
        else:
            raise CorruptInputError("the 7z header is damaged")
    if sizes is None:
        sizes = tuple((folder.size,) for folder in folders)
    if len(sizes) != len(folders):
        raise CorruptInputError("the 7z header is damaged")
    return Streams(position, packed, folders, sizes)


def _pack(reader: _Reader) -> tuple[int, tuple[int, ...]]:
    position = reader.number()
    count = reader.count()
    packed: tuple[int, ...] = ()
    while (kind := reader.byte()) != _END:
        if kind == _SIZE:
            packed = tuple(reader.number() for _ in range(count))
        elif kind == _CRC:
            reader.pass_digests(count)
        else:
            raise CorruptInputError("the 7z header is damaged")
    return position, packed


def _folders(reader: _Reader) -> tuple[Folder, ...]:
    reader.expect(_FOLDER)
    count = reader.count()
    if reader.byte():
        raise CorruptInputError("the folders stand outside the 7z header, which is not read")
    folders = [_folder(reader) for _ in range(count)]
    reader.expect(_CODER_SIZES)
    for position, folder in enumerate(folders):
        outputs = sum(coder.outputs for coder in folder.coders)
        sizes = [reader.number() for _ in range(outputs)]
        bound = {output for _, output in folder.bonds}
        free = [size for i, size in enumerate(sizes) if i not in bound]
        folders[position] = folder._replace(size=free[0] if free else 0)
    kind = reader.byte()
    if kind == _CRC:
        known = reader.pass_digests(count)
        folders = [f._replace(digest=d) for f, d in zip(folders, known, strict=True)]
        kind = reader.byte()
    if kind != _END:
        raise CorruptInputError("the 7z header is damaged")
    return tuple(folders)


def _folder(reader: _Reader) -> Folder:
    count = reader.number()
    if not 0 < count <= _CODERS_MOST:
        raise CorruptInputError("a 7z folder has no coder, or too many")
    coders = tuple(_coder(reader) for _ in range(count))
    inputs = sum(coder.inputs for coder in coders)
    outputs = sum(coder.outputs for coder in coders)
    if max(inputs, outputs) > _CODERS_MOST or not 0 < outputs <= inputs:
        raise CorruptInputError("a 7z folder has too many streams")
    bonds = tuple((reader.number(), reader.number()) for _ in range(outputs - 1))
    packed = inputs - len(bonds)
    if packed > 1:
        for _ in range(packed):
            reader.number()
    return Folder(coders, bonds, packed)


def _coder(reader: _Reader) -> Coder:
    flags = reader.byte()
    method = reader.take(flags & 0xF)
    inputs, outputs = (reader.number(), reader.number()) if flags & 0x10 else (1, 1)
    properties = reader.take(reader.number()) if flags & 0x20 else b""
    return Coder(method, properties, inputs, outputs)


def _substreams(reader: _Reader, folders: tuple[Folder, ...]) -> tuple[tuple[int, ...], ...]:
    counts = [1] * len(folders)
    kind = reader.byte()
    if kind == _COUNTS:
        counts = [reader.count(least_bits=0) for _ in folders]
        if sum(counts) > reader.budget.limits.entries:
            raise LimitExceededError(f"a 7z header speaks of {sum(counts)} files")
        kind = reader.byte()
    sizes = []
    for folder, count in zip(folders, counts, strict=True):
        known = [reader.number() for _ in range(count - 1)] if kind == _SIZE else []
        rest = folder.size - sum(known)
        sizes.append((*known, max(rest, 0)) if count else ())
    if kind == _SIZE:
        kind = reader.byte()
    if kind == _CRC:
        reader.pass_digests(
            sum(
                count
                for folder, count in zip(folders, counts, strict=True)
                if count != 1 or not folder.digest
            )
        )
        kind = reader.byte()
    if kind != _END:
        raise CorruptInputError("the 7z header is damaged")
    return tuple(sizes)


def _files(reader: _Reader) -> tuple[str, ...]:
    """Return the names of the files that have data."""
    count = reader.count(least_bits=1)
    names = [""] * count
    empty = [False] * count
    while (kind := reader.byte()) != _END:
        field = _Reader(reader.take(reader.number()), 0, reader.budget)
        if kind == _EMPTY:
            empty = field.bits(count)
        elif kind == _NAMES and not field.byte():
            found = field.take(len(field.data) - 1).decode("utf-16-le", "replace")
            for position, name in enumerate(found.split("\0")[:count]):
                names[position] = name
    return tuple(name for name, none in zip(names, empty, strict=True) if not none)
