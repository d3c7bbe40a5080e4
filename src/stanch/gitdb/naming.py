# SPDX-License-Identifier: Apache-2.0
"""Name the objects of a pack that has no index, as git does: rebuild and hash each of them.

A delta may give its base by name; such a base is found only once it has been named itself. So the
walk goes from every whole object to whatever is made from it, by offset or by name.
"""

import contextlib
from collections import defaultdict
from collections.abc import Callable
from typing import Final

import numpy as np

from stanch.errors import InputError
from stanch.gitdb.apply import apply
from stanch.gitdb.index import object_name
from stanch.gitdb.kinds import TYPE_NAMES
from stanch.gitdb.pack import Pack, inflate

_HELD_MAX: Final = 64 << 20


class _Frame:
    """An object whose children are still to come.

    Attributes:
        node: Its position.
        data: Its bytes, or None when they were given up to save memory.
        children: Positions still to come.
    """

    __slots__ = ("children", "data", "node")

    def __init__(self, node: int, data: bytes, children: list[int]) -> None:
        self.node = node
        self.data: bytes | None = data
        self.children = children


Foreign = Callable[[bytes], tuple[int, bytes] | None]
"""Binary name -> type and bytes of an object that is elsewhere, or None."""


def name_entries(pack: Pack, foreign: Foreign) -> None:
    """Fill in `pack.names`, and the base of every delta that gives it by name.

    An entry that cannot be rebuilt keeps a name of zeros.

    Args:
        pack: A pack without an index.
        foreign: Reads bases that are not in the pack.
    """
    _Naming(pack).run(foreign)


class _Naming:
    """The walk through one pack."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._names = np.zeros((len(pack), pack.hash_size), dtype=np.uint8)
        self._kinds = np.zeros(len(pack), dtype=np.int8)
        self._by_offset: dict[int, list[int]] = defaultdict(list)
        for child in np.nonzero(pack.base >= 0)[0].tolist():
            self._by_offset[int(pack.base[child])].append(child)
        self._by_name: dict[bytes, list[int]] = defaultdict(list)
        for child, name in pack.foreign.items():
            self._by_name[name].append(child)

    def run(self, foreign: Foreign) -> None:
        """Name whatever can be rebuilt, and link the deltas to their bases."""
        pack = self._pack
        for root in np.nonzero((pack.base < 0) & ~pack.delta)[0].tolist():
            kind = int(pack.kind[root])
            # What is damaged, here and below, is reported when it is scanned.
            with contextlib.suppress(InputError):
                if kind in TYPE_NAMES:
                    self._tree(self._frame(root, self._inflate(root), kind), kind)
        for name in list(self._by_name):
            with contextlib.suppress(InputError):
                found = foreign(name) if name in self._by_name else None
                if found is not None:
                    self._tree(_Frame(-1, found[1], self._by_name.pop(name)), found[0])
        pack.adopt(self._names, self._kinds)

    def _tree(self, root: _Frame, kind: int) -> None:
        stack = [root]
        held = whole = len(root.data or b"")
        while stack:
            frame = stack[-1]
            if not frame.children:
                stack.pop()
                held -= len(frame.data or b"")
                continue
            child = frame.children.pop()
            try:
                if frame.data is None:
                    frame.data = self._again(stack)
                    held += len(frame.data)
                data = apply(frame.data, self._inflate(child))
            except InputError:
                continue
            below = self._frame(child, data, kind)
            if below.children:
                stack.append(below)
                held += len(data)
            if held > _HELD_MAX + whole:
                for one in stack[1:-1]:
                    held -= len(one.data or b"")
                    one.data = None

    def _frame(self, node: int, data: bytes, kind: int) -> _Frame:
        name = object_name(kind, data, self._pack.hash_size)
        self._names[node] = np.frombuffer(name, dtype=np.uint8)
        self._kinds[node] = kind
        children = self._by_offset.pop(node, []) + self._by_name.pop(name, [])
        return _Frame(node, data, children)

    def _inflate(self, position: int) -> bytes:
        pack = self._pack
        start, end, size = (int(one[position]) for one in (pack.start, pack.end, pack.size))
        return inflate(pack.data, start, end, size)

    def _again(self, stack: list[_Frame]) -> bytes:
        """Build the object of the last frame from the nearest one below that has its bytes."""
        first = max(i for i, one in enumerate(stack) if one.data is not None)
        data = stack[first].data or b""
        for frame in stack[first + 1 :]:
            data = apply(data, self._inflate(frame.node))
        return data
