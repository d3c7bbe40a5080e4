# SPDX-License-Identifier: Apache-2.0
"""7z: its header, read with bounds, and folders of one packed stream.

The libraries for it decompress some methods without a bound on what one call makes, so this is our
own reader. LZMA, LZMA2 (with delta and branch filters), bzip2, deflate, deflate64, zstd and stored
data are read; PPMd, Brotli and BCJ2 are not.

Source:
    DOC/7zFormat.txt of the LZMA SDK, https://7-zip.org/sdk.html (read 2026-11-22)
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from stanch.errors import CorruptInputError, InputError, LimitExceededError
from stanch.model import Skipped
from stanch.unpack import inflate
from stanch.unpack.budget import Budget
from stanch.unpack.format import Entry, Format
from stanch.unpack.seven_zip_header import Folder, Header, Streams, read_header, read_streams
from stanch.unpack.stream import Stream

MAGIC: Final = b"7z\xbc\xaf\x27\x1c"
_START: Final = 32
"""Bytes of the signature header; every offset counts from its end."""
_PACKED_HEADERS_MOST: Final = 4
"""A header may be packed, and that header's header, too."""

_COPY: Final = b"\0"
_LZMA: Final = b"\x03\x01\x01"
_LZMA2: Final = b"\x21"
_DELTA: Final = b"\x03"
_AES: Final = b"\x06\xf1\x07\x01"
_PLAIN: Final = {
    b"\x04\x01\x08": inflate.deflate_steps,
    b"\x04\x01\x09": inflate.deflate64_steps,
    b"\x04\x02\x02": inflate.bzip2_steps,
    b"\x04\xf7\x11\x01": inflate.zstd_steps,
}
_BRANCH: Final = {
    b"\x03\x03\x01\x03": "FILTER_X86",
    b"\x03\x03\x02\x05": "FILTER_POWERPC",
    b"\x03\x03\x04\x01": "FILTER_IA64",
    b"\x03\x03\x05\x01": "FILTER_ARM",
    b"\x03\x03\x07\x01": "FILTER_ARMTHUMB",
    b"\x03\x03\x08\x05": "FILTER_SPARC",
    b"\x04": "FILTER_X86",
    b"\x05": "FILTER_POWERPC",
    b"\x06": "FILTER_IA64",
    b"\x07": "FILTER_ARM",
    b"\x08": "FILTER_ARMTHUMB",
    b"\x09": "FILTER_SPARC",
}


class SevenZip(Format):
    """A 7z archive."""

    def magic(self, data: bytes) -> bool:
        """Tell whether `data` starts as 7z archives do."""
        return data.startswith(MAGIC)

    def entries(self, data: bytes, name: str, budget: Budget) -> Iterator[Entry | Skipped]:
        """Read the files; see `Format.entries`."""
        del name
        header = _header(data, budget)
        files = iter(header.files)
        packed = _START + header.streams.position
        sizes = iter(header.streams.packed)
        for folder, wanted in zip(header.streams.folders, header.streams.sizes, strict=True):
            size = sum(next(sizes, 0) for _ in range(folder.inputs))
            inside = [(next(files, ""), length) for length in wanted]
            yield from _folder(data[packed : packed + size], folder, inside, budget)
            packed += size


class _Span(NamedTuple):
    start: int
    end: int


def _header(data: bytes, budget: Budget) -> Header:
    """Read the header, unpacking it as often as it is packed."""
    at = _START + int.from_bytes(data[12:20], "little")
    span = _Span(at, at + int.from_bytes(data[20:28], "little"))
    if span.end > len(data):
        raise CorruptInputError("the 7z archive is cut off before its header")
    raw = data[span.start : span.end]
    for _ in range(_PACKED_HEADERS_MOST):
        if raw[:1] != b"\x17":
            return read_header(raw, budget)
        raw = _unpacked_header(data, read_streams(raw, 1, budget), budget)
    raise LimitExceededError("the 7z header is packed too often")


def _unpacked_header(data: bytes, streams: Streams, budget: Budget) -> bytes:
    if len(streams.folders) != 1 or not streams.packed:
        raise CorruptInputError("the 7z header is damaged")
    start = _START + streams.position
    folder = streams.folders[0]
    packed = data[start : start + streams.packed[0]]
    size = folder.size
    raw = Stream(_steps(packed, folder, budget)).take(min(size, budget.room()))
    if len(raw) < size:
        raise CorruptInputError("the packed 7z header is damaged")
    return raw


def _folder(
    packed: bytes, folder: Folder, files: list[tuple[str, int]], budget: Budget
) -> Iterator[Entry | Skipped]:
    """Read the files of one folder, which are packed one behind the other."""
    try:
        stream = Stream(_steps(packed, folder, budget))
    except InputError as error:
        yield from (Skipped(name, str(error)) for name, _ in files)
        return
    most = budget.limits.entry_bytes
    for position, (name, size) in enumerate(files):
        budget.entry()
        data = stream.take(min(size, most))
        if data or not size:
            yield Entry(name, data)
        if size > most:
            yield Skipped(name, f"only its first {most} bytes were read")
            stream.skip(size - most)
        elif len(data) < size:
            if isinstance(stream.error, LimitExceededError):
                raise stream.error
            reason = str(stream.error or "the compressed data ends too soon")
            yield from (Skipped(later, reason) for later, _ in files[position:])
            return


def _steps(packed: bytes, folder: Folder, budget: Budget) -> Iterator[bytes]:
    """Decompress a folder.

    Raises:
        CorruptInputError: It uses a method that is not read.
    """
    coders = folder.chain()
    if any(coder.method == _AES for coder in coders):
        raise CorruptInputError("it is encrypted")
    coders = [coder for coder in coders if coder.method != _COPY]
    if not coders:
        return _stored(packed, budget)
    method, properties = coders[0].method, coders[0].properties
    if len(coders) == 1 and method in _PLAIN:
        return _PLAIN[method](packed, budget)
    if method == _LZMA:
        last = inflate.lzma1_filter(properties)
    elif method == _LZMA2:
        last = _lzma2_filter(properties)
    else:
        raise CorruptInputError(f"its compression method {method.hex()} is not read")
    filters = [_filter(coder.method, coder.properties) for coder in reversed(coders[1:])]
    return inflate.lzma_steps(packed, [*filters, last], folder.size, budget)


def _stored(packed: bytes, budget: Budget) -> Iterator[bytes]:
    budget.spend(len(packed))
    yield packed


def _lzma2_filter(properties: bytes) -> dict[str, int]:
    import lzma

    bits = properties[0] if properties else 255
    if bits > 40:
        raise CorruptInputError("the LZMA2 properties are damaged")
    size = 0xFFFFFFFF if bits == 40 else (2 | bits & 1) << (bits // 2 + 11)
    return {"id": lzma.FILTER_LZMA2, "dict_size": size}


def _filter(method: bytes, properties: bytes) -> dict[str, int]:
    import lzma

    if method == _DELTA:
        return {"id": lzma.FILTER_DELTA, "dist": (properties[0] if properties else 0) + 1}
    if method in _BRANCH:
        return {"id": getattr(lzma, _BRANCH[method])}
    raise CorruptInputError(f"its filter {method.hex()} is not read")


FORMAT: Final = SevenZip()
