# SPDX-License-Identifier: Apache-2.0
"""Decompression in bounded steps: every byte is counted before the next one is made."""

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Final, Protocol

from stanch.errors import CorruptInputError, InputError, LimitExceededError
from stanch.unpack.budget import Budget

CHUNK: Final = 1 << 20
"""Most bytes that one step makes, where the library lets us say so."""

ONE_SHOT: Final = 128 << 20
"""Most bytes that are inflated in one call on the word of a header."""

_FEED_LEAST: Final = 4 << 10
_FEED_MOST: Final = 256 << 10
_DEFLATE_BEST: Final = 1032
"""No deflate stream expands more: 258 bytes from two bits."""

_MEMORY: Final = 512 << 20
"""Most memory that a dictionary may take."""

XZ: Final = b"\xfd7zXZ\0"
GZIP: Final = b"\x1f\x8b\x08"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
BZIP2: Final = b"BZh"


class Decompressor(Protocol):
    """What the standard library's decompressors have in common."""

    @property
    def eof(self) -> bool:
        """The stream has ended."""

    @property
    def needs_input(self) -> bool:
        """No more can be made from what it was given."""

    @property
    def unused_data(self) -> bytes:
        """What was given beyond the stream's end."""

    def decompress(self, data: bytes | memoryview, max_length: int = -1) -> bytes:
        """Return at most `max_length` more bytes."""


class _Zlib:
    """zlib behind the interface that bz2 and lzma have."""

    def __init__(self, wbits: int) -> None:
        import zlib

        self._inner = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes | memoryview, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail or data, max(max_length, 0))


class _Zstd:
    """zstandard behind the same interface; it takes no `max_length`, so it is fed sparingly."""

    feed = 2 << 10
    """A block of 128 KiB may take 4 bytes: 2 KiB make at most 64 MiB."""

    needs_input = True

    def __init__(self) -> None:
        import zstandard

        self._inner = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes | memoryview, max_length: int = -1) -> bytes:  # noqa: ARG002
        return self._inner.decompress(data)


class _Deflate64:
    """inflate64 behind the same interface, fed sparingly for the same reason."""

    feed = 8 << 10
    needs_input = True
    unused_data = b""

    def __init__(self) -> None:
        try:
            import inflate64
        except ImportError:
            raise CorruptInputError("deflate64 needs the package inflate64") from None
        self._inner = inflate64.Inflater()

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    def decompress(self, data: bytes | memoryview, max_length: int = -1) -> bytes:  # noqa: ARG002
        return bytes(self._inner.inflate(bytes(data)))


def _broken() -> tuple[type[Exception], ...]:
    """Return what the libraries raise on damaged data, of those that were imported."""
    import lzma
    import sys
    import zlib

    zstandard = sys.modules.get("zstandard")
    own = (zstandard.ZstdError,) if zstandard else ()
    return (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError, *own)


def steps(
    make: Callable[[], Decompressor], data: bytes, budget: Budget, again: bytes = b""
) -> Iterator[bytes]:
    """Decompress, a chunk at a time.

    Args:
        make: Makes a decompressor, for the first stream and for each that follows it.
        data: The compressed bytes.
        budget: What they may expand to.
        again: How a further stream starts; empty if none may follow.

    Raises:
        CorruptInputError: The data is damaged or cut off.
        LimitExceededError: It expands too far.
    """
    position = 0
    while True:
        inner = _made(make)
        rest = yield from _one(inner, data, position, budget)
        position = _past_zeros(data, rest)
        if not again or not data.startswith(again, position):
            return


def _made(make: Callable[[], Decompressor]) -> Decompressor:
    try:
        return make()
    except _broken() as error:
        raise CorruptInputError(f"the compressed data is damaged: {error}") from None


def _one(
    inner: Decompressor, data: bytes, position: int, budget: Budget
) -> Generator[bytes, None, int]:
    """Decompress one stream; return where it ends."""
    view = memoryview(data)
    broken = _broken()
    most = getattr(inner, "feed", _FEED_MOST)
    feed = min(most, _FEED_LEAST)
    while not inner.eof:
        piece = view[:0]
        if inner.needs_input:
            piece = view[position : position + feed]
            position += len(piece)
            # Small at first, so that a thousand tiny streams do not copy the rest a thousand times.
            feed = min(most, feed * 2)
        try:
            made = inner.decompress(piece, CHUNK)
        except broken as error:
            raise CorruptInputError(f"the compressed data is damaged: {error}") from None
        if made:
            left = budget.left()
            if 0 < left < len(made):
                yield made[:left]
            budget.spend(len(made))
            yield made
        elif position >= len(view) and not piece and not inner.eof:
            raise CorruptInputError("the compressed data ends too soon")
        else:
            budget.tick()
    return position - len(inner.unused_data)


def _past_zeros(data: bytes, position: int) -> int:
    """Return where padding ends."""
    while data[position : position + 1] == b"\0":
        window = data[position : position + 4096]
        position += len(window) - len(window.lstrip(b"\0"))
    return position


def gather(chunks: Iterable[bytes], most: int) -> tuple[bytes, InputError | None]:
    """Join chunks up to `most` bytes.

    Returns:
        What there is, and why there is no more; None if that is all.
    """
    parts: list[bytes] = []
    size = 0
    try:
        for chunk in chunks:
            parts.append(chunk)
            size += len(chunk)
            if size > most:
                problem = LimitExceededError(f"only its first {most} bytes were read")
                return b"".join(parts)[:most], problem
    except InputError as error:
        return b"".join(parts), error
    return b"".join(parts), None


def deflate_at_once(data: bytes, size: int, budget: Budget) -> bytes | None:
    """Inflate in one call, about twice as fast as zlib, if a header's word on the size holds.

    Args:
        data: A raw deflate stream.
        size: What a header claims it expands to; believed only where it is possible and small.
        budget: What it may expand to.

    Returns:
        The inflated bytes, or None where only steps will do.
    """
    if not _believable(size, len(data), budget):
        return None
    import deflate

    try:
        made = bytes(deflate.deflate_decompress(data, size))
    except (deflate.DeflateError, ValueError, MemoryError):
        return None
    budget.spend(len(made))
    return made


def gzip_at_once(data: bytes, budget: Budget) -> bytearray | None:
    """Inflate a gzip file of one member in one call, as `deflate_at_once` does."""
    size = int.from_bytes(data[-4:], "little")
    if not _believable(size, len(data), budget) or _another_gzip(data):
        return None
    import deflate

    try:
        made: bytearray = deflate.gzip_decompress(data, size)
    except (deflate.DeflateError, ValueError, MemoryError):
        return None
    if len(made) != size:
        return None
    budget.spend(len(made))
    return made


def _believable(size: int, packed: int, budget: Budget) -> bool:
    return 0 < size <= min(ONE_SHOT, budget.room(), packed * _DEFLATE_BEST)


def _another_gzip(data: bytes) -> bool:
    """Tell whether a second member may start somewhere: one call would read only the first."""
    at = data.find(GZIP, len(GZIP))
    while at >= 0:
        if data[at + 3 : at + 4] < b"\x20":
            return True
        at = data.find(GZIP, at + 1)
    return False


def gzip_steps(data: bytes, budget: Budget) -> Iterator[bytes]:
    """Decompress gzip members, one after the other."""
    return steps(lambda: _Zlib(31), data, budget, GZIP)


def deflate_steps(data: bytes, budget: Budget) -> Iterator[bytes]:
    """Decompress a raw deflate stream."""
    return steps(lambda: _Zlib(-15), data, budget)


def deflate64_steps(data: bytes, budget: Budget) -> Iterator[bytes]:
    """Decompress a raw deflate64 stream."""
    return steps(_Deflate64, data, budget)


def bzip2_steps(data: bytes, budget: Budget) -> Iterator[bytes]:
    """Decompress bzip2 streams, one after the other."""
    import bz2

    return steps(bz2.BZ2Decompressor, data, budget, BZIP2)


def xz_steps(data: bytes, budget: Budget) -> Iterator[bytes]:
    """Decompress xz streams, one after the other."""
    import lzma

    return steps(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY), data, budget, XZ)


def zstd_steps(data: bytes, budget: Budget) -> Iterator[bytes]:
    """Decompress zstd frames, one after the other."""
    return steps(_Zstd, data, budget, ZSTD)


def lzma_steps(
    data: bytes, filters: list[dict[str, int]], size: int, budget: Budget
) -> Iterator[bytes]:
    """Decompress raw LZMA data with its filters.

    Args:
        data: The compressed bytes, without a header.
        filters: As `lzma` takes them, the last one LZMA1 or LZMA2 with its `dict_size`.
        size: What a header claims it expands to: no dictionary needs to be larger.
        budget: What it may expand to.

    Raises:
        LimitExceededError: The dictionary would take too much memory.
    """
    import lzma

    need = min(filters[-1]["dict_size"], max(size, 4096))
    if need > _MEMORY:
        raise LimitExceededError(f"needs a dictionary of {need} bytes")
    chain = [*filters[:-1], filters[-1] | {"dict_size": max(need, 4096)}]
    return steps(lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain), data, budget)


def lzma1_filter(properties: bytes) -> dict[str, int]:
    """Read the five bytes that describe an LZMA1 stream.

    Raises:
        CorruptInputError: They describe none.
    """
    import lzma

    if len(properties) < 5 or properties[0] >= 9 * 5 * 5:
        raise CorruptInputError("the LZMA properties are damaged")
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    size = int.from_bytes(properties[1:5], "little")
    return {"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": size}
