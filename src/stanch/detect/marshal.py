# SPDX-License-Identifier: Apache-2.0
"""Read marshal data of any CPython version as text and structure, never as objects.

The interpreter's own reader trusts its input. This one makes only bytes, tuples and `Code` notes,
checks every length against what is left, and keeps what it read before the data turned bad.

Source:
    Python/marshal.c of CPython 2.7 and 3.0 to 3.14 (read 2026-11-22)
"""

import contextlib
from typing import Final

import msgspec

_DEPTH_MOST: Final = 100
"""Objects inside objects; compilers nest far less."""
_OBJECTS_MOST: Final = 1_000_000
"""Objects in one file; the largest real modules have a tenth of them."""
_REF: Final = 0x80

_FIXED: Final = {b"I": 8, b"g": 8, b"y": 16}
"""Bytes after the type, for what holds no text."""
_LONG_TEXT: Final = b"stuaA"
_SHORT_TEXT: Final = b"zZ"
_CONSTANTS: Final = b"0NFTS."
_REFERENCE: Final = ord("r")
_INTERNED_REFERENCE: Final = ord("R")
_INTERNED: Final = ord("t")
_INTEGER: Final = ord("i")


class Text(msgspec.Struct, frozen=True):
    """A string or bytes object.

    Attributes:
        value: Its bytes, in UTF-8 where it is a string.
        start: Where they start in the file.
        end: Where they end.
    """

    value: bytes
    start: int
    end: int


class Code:
    """What a code object tells; what could not be read keeps its empty value.

    Attributes:
        arguments: Positional parameters.
        keywords: Keyword-only parameters.
        code: The bytecode.
        consts: Constants.
        names: Global names and attributes.
        locals: Local names, parameters first; from 3.11 on cells and free variables too.
        cells: Cells, then free variables, before 3.11.
        filename: Source file.
        name: Qualified name where there is one.
    """

    __slots__ = (
        "arguments",
        "cells",
        "code",
        "consts",
        "filename",
        "keywords",
        "locals",
        "name",
        "names",
    )

    def __init__(self) -> None:
        self.arguments = 0
        self.keywords = 0
        self.code = b""
        self.consts: tuple[Node, ...] = ()
        self.names: tuple[bytes, ...] = ()
        self.locals: tuple[bytes, ...] = ()
        self.cells: tuple[bytes, ...] = ()
        self.filename = b""
        self.name = b""


Node = Text | Code | int | tuple["Node", ...] | None
"""What is kept of an object; None for everything that holds no text."""


class _BadDataError(Exception):
    """The data makes no sense from here on."""


class Reader:
    """Reads one object and everything in it.

    Args:
        data: The file.
        position: Where the marshal data starts.
        version: (major, minor) of the interpreter that wrote it.
    """

    def __init__(self, data: bytes, position: int, version: tuple[int, int]) -> None:
        self._data = data
        self._size = len(data)
        self._position = position
        self._version = version
        self._refs: list[Node] = []
        self._interned: list[Text] = []
        self._depth = 0
        self._work = 0
        self._objects = 0
        self.codes: list[Code] = []

    def read(self) -> list[Code]:
        """Return every code object, outermost first, as far as the data makes sense."""
        with contextlib.suppress(_BadDataError):
            self._object()
        return self.codes

    def _take(self, size: int) -> bytes:
        end = self._position + size
        if size < 0 or end > self._size:
            raise _BadDataError
        found = self._data[self._position : end]
        self._position = end
        return found

    def _int(self) -> int:
        return int.from_bytes(self._take(4), "little", signed=True)

    def _count(self, least: int = 1) -> int:
        """Read how many objects follow, each of one byte at the least."""
        count = self._int()
        if not 0 <= count * least <= len(self._data) - self._position:
            raise _BadDataError
        return count

    def _text(self, size: int) -> Text:
        start = self._position
        return Text(self._take(size), start, start + size)

    def _object(self) -> Node:
        position = self._position
        if position >= self._size:
            raise _BadDataError
        flag = self._data[position]
        self._position = position + 1
        kind = flag & 0x7F
        if kind == _REFERENCE:
            return _at(self._refs, self._int())
        if kind == _INTERNED_REFERENCE:
            return _at(self._interned, self._int())
        place = -1
        if flag & _REF:
            place = len(self._refs)
            self._refs.append(None)
        self._objects += 1
        if self._objects > _OBJECTS_MOST:
            raise _BadDataError
        found = None if kind in _CONSTANTS else self._value(kind)
        if place >= 0:
            self._refs[place] = found
        return found

    def _value(self, kind: int) -> Node:
        if kind in _SHORT_TEXT:
            return self._text(self._take(1)[0])
        if kind in _LONG_TEXT:
            text = self._text(self._count())
            if kind == _INTERNED:
                self._interned.append(text)
            return text
        if kind == _INTEGER:
            return self._int()
        self._depth += 1
        if self._depth > _DEPTH_MOST:
            raise _BadDataError
        found = self._composite(kind)
        self._depth -= 1
        return found

    def _composite(self, kind: int) -> Node:
        if kind in b")":
            return self._several(self._take(1)[0])
        if kind in b"([<>":
            return self._several(self._count())
        if kind in b"c":
            return self._code()
        self._pass_over(bytes((kind,)))
        return None

    def _pass_over(self, kind: bytes) -> None:
        """Pass over an object that is of no interest itself."""
        if kind in _FIXED:
            self._take(_FIXED[kind])
        elif kind == b"l":
            self._take(2 * abs(self._int()))
        elif kind in b"fx":
            for _ in range(1 if kind == b"f" else 2):
                self._take(self._take(1)[0])
        elif kind == b":":
            self._several(3)
        elif kind == b"{":
            while self._data[self._position : self._position + 1] != b"0":
                self._object()
            self._take(1)
        else:
            raise _BadDataError

    def _several(self, count: int) -> tuple[Node, ...]:
        return tuple([self._object() for _ in range(count)])

    def _names(self) -> tuple[bytes, ...]:
        found = self._object()
        if not isinstance(found, tuple):
            return ()
        # One tuple of names may be referred to by any number of code objects.
        self._work += len(found)
        if self._work > len(self._data):
            raise _BadDataError
        return tuple(n.value if isinstance(n, Text) else b"" for n in found)

    def _code(self) -> Code:
        code = Code()
        self.codes.append(code)
        version = self._version
        code.arguments = self._int()
        if version >= (3, 8):
            self._int()
        if version >= (3, 0):
            code.keywords = self._int()
        if version < (3, 11):
            self._int()
        self._take(8)
        code.code = _bytes(self._object())
        consts = self._object()
        code.consts = consts if isinstance(consts, tuple) else ()
        code.names = self._names()
        code.locals = self._names()
        if version >= (3, 11):
            self._object()
        else:
            free = self._names()
            code.cells = self._names() + free
        code.filename = _bytes(self._object())
        code.name = _bytes(self._object())
        if version >= (3, 11):
            code.name = _bytes(self._object()) or code.name
        self._int()
        self._object()
        if version >= (3, 11):
            self._object()
        return code


def _at(found: list[Node] | list[Text], index: int) -> Node:
    if not 0 <= index < len(found):
        raise _BadDataError
    return found[index]


def _bytes(node: Node) -> bytes:
    return node.value if isinstance(node, Text) else b""
