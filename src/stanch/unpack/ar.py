# SPDX-License-Identifier: Apache-2.0
"""ar: Debian packages and static libraries, with the System V and BSD ways of long names.

Source:
    https://man7.org/linux/man-pages/man5/deb.5.html (read 2026-11-22)
"""

from collections.abc import Iterator
from typing import Final

from stanch.errors import CorruptInputError
from stanch.model import Skipped
from stanch.unpack.budget import Budget
from stanch.unpack.format import Entry, Format

MAGIC: Final = b"!<arch>\n"
_HEADER: Final = 60


class Ar(Format):
    """An ar archive."""

    def magic(self, data: bytes) -> bool:
        """Tell whether `data` starts as ar archives do."""
        return data.startswith(MAGIC)

    def entries(self, data: bytes, name: str, budget: Budget) -> Iterator[Entry | Skipped]:
        """Read the files; see `Format.entries`."""
        del name
        position = len(MAGIC)
        names = b""
        while position < len(data):
            budget.entry()
            header = data[position : position + _HEADER]
            field = header[48:58].strip()
            if header[58:] != b"`\n" or not field.isdigit():
                raise CorruptInputError("an ar header is damaged")
            start = position + _HEADER
            size = int(field)
            end = min(start + size, len(data))
            label = header[:16].rstrip()
            if label == b"//":
                names = data[start:end]
            elif label not in (b"/", b"/SYM64/"):
                yield from _member(data, label, names, (start, end), budget)
            if end - start < size:
                raise CorruptInputError("the ar archive is cut off")
            position = end + size % 2


def _member(
    data: bytes, label: bytes, names: bytes, span: tuple[int, int], budget: Budget
) -> Iterator[Entry | Skipped]:
    start, end = span
    if label.startswith(b"#1/") and label[3:].isdigit():
        length = min(int(label[3:]), end - start)
        label = data[start : start + length].rstrip(b"\0")
        start += length
    elif label[:1] == b"/" and label[1:].isdigit():
        offset = int(label[1:])
        label = names[offset : offset + 4096].partition(b"\n")[0]
    most = budget.limits.entry_bytes
    label = label.removesuffix(b"/")
    yield Entry(label, data[start : min(end, start + most)])
    if end - start > most:
        shown = label.decode("utf-8", "surrogateescape")
        yield Skipped(shown, f"only its first {most} bytes were read")


FORMAT: Final = Ar()
