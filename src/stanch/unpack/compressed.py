# SPDX-License-Identifier: Apache-2.0
"""gzip, bzip2, xz and zstd: a compressed tar is read in one go, any other content is one file."""

from collections.abc import Callable, Iterator
from typing import Final

from stanch.model import Skipped
from stanch.unpack import inflate, tar
from stanch.unpack.budget import Budget
from stanch.unpack.format import Entry, Format
from stanch.unpack.stream import Stream

_SUFFIXES: Final = (".gz", ".bz2", ".xz", ".zst", ".zstd", ".z")

Steps = Callable[[bytes, Budget], Iterator[bytes]]


def _steps(data: bytes) -> Steps | None:
    if data.startswith(inflate.GZIP):
        return inflate.gzip_steps
    if data.startswith(inflate.XZ):
        return inflate.xz_steps
    if data.startswith(inflate.ZSTD):
        return inflate.zstd_steps
    if data.startswith(inflate.BZIP2) and data[4:10] in _BZIP2_BLOCKS:
        return inflate.bzip2_steps
    return None


_BZIP2_BLOCKS: Final = (b"1AY&SY", b"\x17rE8P\x90")
"""How a block, and the end of an empty file, start."""


def _name(data: bytes, outer: str) -> bytes | str:
    """Return the name that gzip keeps of the original, or the outer one without its suffix."""
    if data.startswith(inflate.GZIP) and data[3:4] == b"\x08":
        kept, end, _ = data[10:266].partition(b"\0")
        if kept and end:
            return kept
    for suffix in _SUFFIXES:
        if outer.lower().endswith(suffix):
            return outer[: -len(suffix)]
    return outer or "content"


class Compressed(Format):
    """One compressed file."""

    def magic(self, data: bytes) -> bool:
        """Tell whether `data` is compressed in a way that is read here."""
        return _steps(data) is not None

    def entries(self, data: bytes, name: str, budget: Budget) -> Iterator[Entry | Skipped]:
        """Read the file, or the files of the tar that it is; see `Format.entries`."""
        steps = _steps(data)
        if steps is None:
            return
        whole = inflate.gzip_at_once(data, budget) if steps is inflate.gzip_steps else None
        stream = Stream((whole,) if whole is not None else steps(data, budget))
        if tar.is_header(stream.peek(512)):
            yield from tar.read(stream, budget)
            return
        most = budget.limits.entry_bytes
        content = stream.take(most)
        if content or not stream.error:
            yield Entry(_name(data, name), content)
        if stream.take(1):
            yield Skipped("", f"only its first {most} bytes were read")
        elif stream.error:
            raise stream.error


FORMAT: Final = Compressed()
