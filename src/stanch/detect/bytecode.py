# SPDX-License-Identifier: Apache-2.0
"""Pair constants with the names they are given, by a light reading of the bytecode.

Only the instructions that name or move constants are known; every other one puts fog on the stack,
which no pair is made across. Jumps are not followed.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

from stanch.detect.marshal import Code, Node, Text
from stanch.detect.opcodes import Family, family_of

_STACK_MOST: Final = 4096
_CONSTS_MOST: Final = 1024
"""Constants of one code object that are guessed about."""
_FOG: Final = Code()
"""What an unknown instruction puts on the stack: one value, or none, or in place of several."""
_FOG_REACH: Final = 64
"""Places on the stack that are searched for the defaults of a function."""
_NAME: Final = rb"[A-Za-z_][A-Za-z0-9_.-]{1,63}"


class Pair(NamedTuple):
    """A constant and its name."""

    name: bytes
    value: Text


@cache
def _name() -> re.Pattern[bytes]:
    return re.compile(_NAME)


class Pairing:
    """Reads the bytecode of one code object.

    Args:
        code: The code object.
        version: (major, minor) of the interpreter that wrote it.
    """

    def __init__(self, code: Code, version: tuple[int, int]) -> None:
        self._code = code
        self._version = version
        self._stack: list[Node] = []
        self._made: set[tuple[int, int]] = set()
        self.imports: list[bytes] = []

    def pairs(self) -> Iterator[Pair]:
        """Yield pairs in the order of the instructions."""
        family = family_of(self._version)
        if family is None:
            yield from self._by_order()
            return
        if not any(isinstance(const, Text | tuple) for const in self._code.consts):
            return
        handlers = {opcode: getattr(self, f"_on_{name}") for opcode, name in family.handled}
        stack = self._stack
        for opcode, argument in _instructions(self._code.code, family):
            handler = handlers.get(opcode)
            if handler is not None:
                found = handler(argument)
                if found:
                    yield from found
                if len(stack) > _STACK_MOST:
                    del stack[: _STACK_MOST // 2]
            elif not stack or stack[-1] is not _FOG:
                stack.append(_FOG)

    def _by_order(self) -> Iterator[Pair]:
        """Guess from order alone: names and constants are both kept as they were first used."""
        consts = self._code.consts[:_CONSTS_MOST]
        texts = [const for const in consts if isinstance(const, Text)]
        yield from map(Pair, self._code.names, texts)
        previous: Node = None
        for const in consts:
            if isinstance(const, Code) and isinstance(previous, tuple):
                yield from self._defaults(const, previous)
            previous = const

    def _pop(self) -> Node:
        return self._stack.pop() if self._stack else None

    def _on_const(self, argument: int) -> Iterable[Pair]:
        consts = self._code.consts
        const = consts[argument] if argument < len(consts) else None
        self._stack.append(const)
        return ()

    def _store(self, names: tuple[bytes, ...], argument: int) -> Iterable[Pair]:
        value = self._pop()
        # The value is unknown most of the time: no generator is made for that.
        if argument >= len(names) or not isinstance(value, Text | tuple):
            return ()
        return _pair(names[argument], value)

    def _on_name(self, argument: int) -> Iterable[Pair]:
        return self._store(self._code.names, argument)

    _on_global = _on_name

    def _on_fast(self, argument: int) -> Iterable[Pair]:
        return self._store(self._code.locals, argument)

    def _on_fast_load(self, argument: int) -> Iterable[Pair]:
        yield from self._on_fast(argument >> 4)
        self._stack.append(None)

    def _on_fast_fast(self, argument: int) -> Iterable[Pair]:
        yield from self._on_fast(argument >> 4)
        yield from self._on_fast(argument & 15)

    def _on_deref(self, argument: int) -> Iterable[Pair]:
        new = self._version >= (3, 11)
        return self._store(self._code.locals if new else self._code.cells, argument)

    def _on_attr(self, argument: int) -> Iterable[Pair]:
        self._pop()
        return self._store(self._code.names, argument)

    def _on_subscr(self, _argument: int) -> Iterable[Pair]:
        key = self._pop()
        self._pop()
        yield from _named(key, self._pop())

    def _on_store_map(self, _argument: int) -> Iterable[Pair]:
        key = self._pop()
        yield from _named(key, self._pop())

    _on_map_add_value_first = _on_store_map

    def _on_map_add(self, _argument: int) -> Iterable[Pair]:
        value = self._pop()
        yield from _named(self._pop(), value)

    def _on_map(self, argument: int) -> Iterable[Pair]:
        items = self._last(2 * argument)
        # Where the first ones are lost in fog, the last ones still end with a value.
        items = items[len(items) % 2 :]
        self._stack.append(None)
        for key, value in zip(items[::2], items[1::2], strict=True):
            yield from _named(key, value)

    def _last(self, count: int) -> list[Node]:
        """Pop `count` items; fewer where the stack is too short or foggy to tell."""
        items: list[Node] = []
        while len(items) < count and self._stack and self._stack[-1] is not _FOG:
            items.append(self._stack.pop())
        items.reverse()
        return items

    def _on_key_map(self, argument: int) -> Iterable[Pair]:
        keys = self._pop()
        values = self._last(argument)
        self._stack.append(None)
        if isinstance(keys, tuple) and len(keys) == argument:
            for key, value in zip(reversed(keys), reversed(values), strict=False):
                yield from _named(key, value)

    def _on_tuple(self, argument: int) -> Iterable[Pair]:
        items = self._last(argument)
        self._stack.append(tuple(items) if len(items) == argument else _FOG)
        return ()

    def _on_unpack(self, argument: int) -> Iterable[Pair]:
        whole = self._pop()
        if isinstance(whole, tuple) and len(whole) == argument:
            self._stack.extend(reversed(whole[:256]))
        else:
            self._stack.append(_FOG)
        return ()

    def _on_dup(self, argument: int) -> Iterable[Pair]:
        # COPY counts from 1; DUP_TOP has no argument.
        depth = max(argument, 1)
        self._stack.append(self._stack[-depth] if depth <= len(self._stack) else None)
        return ()

    def _on_import(self, argument: int) -> Iterable[Pair]:
        if argument < len(self._code.names):
            self.imports.append(self._code.names[argument])
        self._stack.append(None)
        return ()

    def _on_load_attr(self, _argument: int) -> Iterable[Pair]:
        if self._stack and self._stack[-1] is not _FOG:
            self._stack[-1] = None
        return ()

    def _on_call(self, argument: int) -> Iterable[Pair]:
        """Pair the last two arguments, if the first of them could be a name: `get("KEY", "x")`."""
        if argument >= 2 and len(self._stack) >= 2:
            yield from _named(self._stack[-2], self._stack[-1])
        elif argument == 1 and self._stack:
            yield from _both(self._stack[-1])
        self._stack.append(_FOG)

    _on_call_method = _on_call

    def _on_call_packed(self, argument: int) -> Iterable[Pair]:
        """Before 3.6, keywords stand on the stack as name and value in turn."""
        if not argument >> 8:
            yield from self._on_call(argument)
            return
        yield from self._on_map(argument >> 8 & 0xFF)

    def _on_call_names(self, _argument: int) -> Iterable[Pair]:
        return self._keywords(self._pop())

    def _on_kw_names(self, argument: int) -> Iterable[Pair]:
        consts = self._code.consts
        return self._keywords(consts[argument] if argument < len(consts) else None)

    def _keywords(self, names: Node) -> Iterable[Pair]:
        if isinstance(names, tuple) and names:
            values = self._last(len(names))
            for name, value in zip(reversed(names), reversed(values), strict=False):
                yield from _named(name, value)
        self._stack.append(_FOG)

    def _on_load(self, _argument: int) -> Iterable[Pair]:
        self._stack.append(None)
        return ()

    _on_load_name = _on_load_global = _on_load_deref = _on_load_borrow = _on_load_check = _on_load
    _on_load_closure = _on_load

    def _on_load_two(self, _argument: int) -> Iterable[Pair]:
        self._stack += (None, None)
        return ()

    _on_load_two_borrow = _on_load_two

    def _on_make(self, argument: int) -> Iterable[Pair]:
        # From 3.13 on the argument is 0, and `set_attribute` tells what to do with the parts.
        top = self._pop()
        code = self._pop() if isinstance(top, Text) else top
        if isinstance(code, Code):
            if self._version >= (3, 6):
                yield from self._parts(code, argument)
            else:
                yield from self._make_old(code, argument)
        self._stack.append(code)

    def _on_closure(self, argument: int) -> Iterable[Pair]:
        top = self._pop()
        code = self._pop() if isinstance(top, Text) else top
        self._pop()
        if isinstance(code, Code):
            yield from self._make_old(code, argument)
        self._stack.append(None)

    def _make_old(self, code: Code, argument: int) -> Iterator[Pair]:
        """Before 3.6, every default stands on the stack by itself."""
        plain = argument & 0xFF
        items = self._last(plain + 2 * (argument >> 8 & 0xFF))
        keywords = set(code.locals[code.arguments : code.arguments + code.keywords])
        position = 0
        values: list[Node] = []
        while position < len(items):
            item = items[position]
            if len(items) > plain and isinstance(item, Text) and item.value in keywords:
                yield from _pair(item.value, items[position + 1] if item != items[-1] else None)
                position += 2
            else:
                values.append(item)
                position += 1
        yield from self._defaults(code, tuple(values))

    def _on_set_attribute(self, argument: int) -> Iterable[Pair]:
        function = self._pop()
        if isinstance(function, Code):
            yield from self._parts(function, argument)
        self._stack.append(function)

    def _parts(self, code: Code, flags: int) -> Iterator[Pair]:
        """Take what belongs to a function from the stack: defaults are deepest, flag 1."""
        count = (flags & 15).bit_count()
        parts = self._last(count)
        if not flags & 1:
            return
        if len(parts) == count:
            yield from self._defaults(code, parts[0])
            return
        # Annotations that are computed leave fog above the defaults.
        for node in reversed(self._stack[-_FOG_REACH:]):
            if isinstance(node, tuple):
                yield from self._defaults(code, node)
        del self._stack[-_FOG_REACH:]

    def _on_pop(self, _argument: int) -> Iterable[Pair]:
        """A statement has ended: nothing below matters to the next."""
        self._stack.clear()
        return ()

    def _defaults(self, code: Code, values: Node) -> Iterator[Pair]:
        """Pair the defaults of a function with its last positional parameters."""
        if not isinstance(values, tuple) or not 0 < len(values) <= code.arguments:
            return
        # Hostile bytecode may make the same function a million times.
        if (id(code), id(values)) in self._made:
            return
        self._made.add((id(code), id(values)))
        parameters = code.locals[code.arguments - len(values) : code.arguments]
        for name, value in zip(parameters, values, strict=False):
            yield from _pair(name, value)


def _instructions(code: bytes, family: Family) -> Iterator[tuple[int, int]]:
    """Yield the opcode and argument of each instruction that does something."""
    extended, passed = family.extended, family.passed
    high = 0
    for opcode, low in _words(code) if family.words else _mixed(code):
        if opcode in passed:
            continue
        if opcode == extended:
            high = (high | low) << (8 if family.words else 16) & 0xFFFFFF00
            continue
        yield opcode, high | low
        high = 0


def _words(code: bytes) -> Iterable[tuple[int, int]]:
    """Since 3.6: opcode and argument, a byte each."""
    return zip(code[::2], code[1::2], strict=False)


def _mixed(code: bytes) -> Iterator[tuple[int, int]]:
    """Before 3.6: opcodes from 90 on have an argument of two bytes, others none."""
    position = 0
    while position < len(code):
        opcode = code[position]
        if opcode >= 90:
            yield opcode, int.from_bytes(code[position + 1 : position + 3], "little")
            position += 3
        else:
            yield opcode, 0
            position += 1


def _pair(name: bytes, value: Node) -> Iterator[Pair]:
    if name and isinstance(value, Text):
        yield Pair(name, value)
    yield from _both(value)


def _named(key: Node, value: Node) -> Iterator[Pair]:
    """Pair two constants, if the first could be a name."""
    if isinstance(key, Text) and _name().fullmatch(key.value):
        yield from _pair(key.value, value)


def _both(value: Node) -> Iterator[Pair]:
    """Pair what stands in a tuple of two: `auth=("user", "x")`."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Text):
        yield from _named(value[0], value[1])
