# SPDX-License-Identifier: Apache-2.0
"""Compiled Python: constants with the names they stand under, as text that can be scanned.

A `.pyc` file outlives the source it was made from, and a credential in it has lost the key beside
it. `as_text` puts them together again, as lines of `name = "value"`, and says where each value
stands in the file.

Source:
    Lib/importlib/_bootstrap_external.py of CPython, its list of magic numbers (read 2026-11-22)
"""

import bisect
import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from stanch.detect.bytecode import Pairing
from stanch.detect.marshal import Code, Node, Reader, Text

_MAGICS: Final = (
    (3000, (3, 0)),
    (3320, (3, 5)),
    (3360, (3, 6)),
    (3390, (3, 7)),
    (3400, (3, 8)),
    (3450, (3, 11)),
    (3500, (3, 12)),
    (3550, (3, 13)),
    (3600, (3, 14)),
    (3650, (3, 15)),
    (4200, (0, 0)),
    (62000, (2, 7)),
    (62300, (0, 0)),
)
"""First magic number of each version whose bytecode differs; (0, 0) starts a gap."""

_CODE: Final = b"c\xe3"
"""A code object, with and without a reference to it."""
_VALUE_MOST: Final = 8192
"""Longer constants are documentation; the file itself is scanned for shapes anyway."""
_CONTEXT_MOST: Final = 140
_CONTEXT_EVERY: Final = 150
"""Bytes of text after which the context is repeated, so that it stays near every line."""
_CODES_MOST: Final = 20_000
_BYTECODE_MOST: Final = 4 << 20
_IMPORTS_MOST: Final = 32
"""More code objects, bytecode and imports than these are no real module's."""
_HOST: Final = rb"https?://(?:[^/@\s]*@)?([A-Za-z0-9.-]{3,64})"


class Assignment(NamedTuple):
    """A constant under a name.

    Attributes:
        name: Variable, attribute, parameter, keyword or key.
        value: The constant's bytes.
        start: Where they start in the file.
        end: Where they end.
    """

    name: bytes
    value: bytes
    start: int
    end: int


def _version(data: bytes) -> tuple[int, int]:
    """Return the (major, minor) version that wrote the file, or (0, 0)."""
    if data[2:4] != b"\r\n":
        return (0, 0)
    magic = int.from_bytes(data[:2], "little")
    place = bisect.bisect_right(_MAGICS, magic, key=lambda row: row[0]) - 1
    return _MAGICS[place][1] if place >= 0 else (0, 0)


def _body(data: bytes, version: tuple[int, int]) -> int:
    """Return where the marshal data starts: the header grew in 3.3 and in 3.7."""
    magic = int.from_bytes(data[:2], "little")
    if version >= (3, 7):
        return 16
    return 12 if version[0] == 3 and magic >= 3190 else 8


def is_pyc(data: bytes) -> bool:
    """Tell, by a few byte comparisons, whether `data` is a compiled Python module."""
    if data[2:4] != b"\r\n":
        return False
    version = _version(data)
    if version == (0, 0):
        return False
    body = _body(data, version)
    return data[body : body + 1] in (_CODE[:1], _CODE[1:])


def assignments(data: bytes) -> Iterator[Assignment]:
    """Yield the constants of a compiled module with the names they stand under.

    Args:
        data: A `.pyc` file of CPython 2.7 to 3.14; of any other version, or damaged, as much as
            can be made of it.
    """
    for _, pairs in _groups(data):
        yield from pairs


def _groups(data: bytes) -> Iterator[tuple[bytes, list[Assignment]]]:
    """Yield, for each code object with pairs, its context and its pairs."""
    if not is_pyc(data):
        return
    version = _version(data)
    codes = Reader(data, _body(data, version), version).read()
    imports: list[bytes] = []
    seen: set[tuple[bytes, int]] = set()
    left = _BYTECODE_MOST
    for code in codes[:_CODES_MOST]:
        left -= len(code.code)
        if left < 0:
            return
        pairing = Pairing(code, version)
        found = []
        for name, value in pairing.pairs():
            if value.value and (name, value.start) not in seen:
                seen.add((name, value.start))
                found.append(Assignment(name, value.value, value.start, value.end))
        imports += pairing.imports[: _IMPORTS_MOST - len(imports)]
        if found:
            yield _context(code, imports), found


@cache
def _host() -> re.Pattern[bytes]:
    return re.compile(_HOST)


def _context(code: Code, imports: list[bytes]) -> bytes:
    """Return words that tell what a code object is about: its hosts, its module's imports."""
    words = [host for const in code.consts[:64] for host in _hosts(const)]
    words += [code.filename.replace(b"\\", b"/").rpartition(b"/")[2], code.name, *imports]
    text = b" ".join(dict.fromkeys(word for word in words if word))[:_CONTEXT_MOST]
    return re.sub(rb"[^\x20-\x7e]+", b" ", text)


def _hosts(const: Node) -> list[bytes]:
    return _host().findall(const.value[:512]) if isinstance(const, Text) else []


def as_text(data: bytes) -> tuple[bytes, list[tuple[int, int, int]]]:
    """Write what `assignments` finds as text.

    Args:
        data: A `.pyc` file.

    Returns:
        Lines of `name = "value"` with comment lines of context among them, and for each value
        (start in the text, start in the file, length), in order.
    """
    parts: list[bytes] = []
    rows: list[tuple[int, int, int]] = []
    size = 0
    for context, pairs in _groups(data):
        since = _CONTEXT_EVERY
        for pair in pairs:
            if len(pair.value) > _VALUE_MOST:
                continue
            quote = b"'" if b'"' in pair.value else b'"'
            head = pair.name + b" = " + quote
            if since >= _CONTEXT_EVERY and context:
                head = b"# " + context + b"\n" + head
                since = 0
            rows.append((size + len(head), pair.start, len(pair.value)))
            line = head + pair.value + quote + b"\n"
            parts.append(line)
            size += len(line)
            since += len(line)
    return b"".join(parts), rows
