# SPDX-License-Identifier: Apache-2.0
"""Rebuild the objects of a pack: each entry inflated once, parents before children.

The deltas of a pack form trees: a whole object at the root, and below each object those that are
stored as a difference from it. Walking a tree depth first, every object is built from its parent
while the parent is in memory.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stanch.errors import InputError
from stanch.gitdb.apply import APPLY_ERRORS, apply, apply_parts, modest
from stanch.gitdb.pack import SMALL, Pack, inflate

_DAMAGE: Final = (InputError, zlib.error, *APPLY_ERRORS)
zlib_inflate = zlib.decompress

HELD_MAX: Final = 64 << 20
"""Bytes of objects kept for children still to come; past it they are built again when needed."""


Visit = Callable[[int, bytes, int, bytes], object]
"""(position, object, position of the parent or -1, delta it was made by or b"") -> ignored."""


class Damage(NamedTuple):
    """An entry that could not be rebuilt.

    Attributes:
        position: The entry's position in the pack.
        lost: Entries lost with it: itself and all that are made from it.
        reason: Why.
    """

    position: int
    lost: int
    reason: str


def view(numbers: NDArray[Any]) -> memoryview:
    """Return an array as a memoryview: reading one number takes a third of the time."""
    return memoryview(np.ascontiguousarray(numbers))  # type: ignore[arg-type]


class _Frame:
    """An object with children still to come.

    Attributes:
        node: Its position.
        data: Its bytes, or None when they were given up to save memory.
        next: Index of its next child that has children of its own.
    """

    __slots__ = ("data", "next", "node")

    def __init__(self, node: int, data: bytes, first: int) -> None:
        self.node = node
        self.data: bytes | None = data
        self.next = first


class Forest:
    """The delta trees of a pack.

    Args:
        pack: The pack.
        foreign: Reads an object by its binary name, for deltas whose base is elsewhere.
    """

    def __init__(self, pack: Pack, foreign: Callable[[bytes], bytes | None]) -> None:
        self.pack = pack
        self._foreign = foreign
        count = len(pack)
        based = np.nonzero(pack.base >= 0)[0]
        bases = pack.base[based]
        inner = np.zeros(count, dtype=bool)
        inner[bases] = True
        # Children of one parent stand together: leaves first, then those with children.
        order = np.lexsort((based, inner[based], bases))
        children = based[order]
        sorted_bases = bases[order]
        ends = np.searchsorted(sorted_bases, np.arange(count + 1))
        leaves = np.searchsorted(
            sorted_bases * 2 + inner[children], np.arange(count) * 2 + 1, side="left"
        )
        self._children = view(children)
        self._first = view(ends)
        self._inner = view(leaves)
        self._entries = np.bincount(pack.root, minlength=count)
        self._start = view(pack.start)
        self._end = view(pack.end)
        self._size = view(pack.size)
        self._delta = view(pack.delta)

    def shards(self, wanted: NDArray[np.bool_], count: int) -> list[NDArray[np.int64]]:
        """Cut the trees with wanted entries into about `count` lots of similar work.

        Args:
            wanted: Bool [n], entries to rebuild.
            count: Lots to aim at. One tree is never cut.

        Returns:
            Root positions per lot, heaviest lot first.
        """
        pack = self.pack
        roots = np.unique(pack.root[wanted])
        # An entry costs what it inflates, and about 4 microseconds (4 kB worth) of handling.
        weight = np.bincount(pack.root, weights=pack.size + 4096.0, minlength=len(pack))[roots]
        total = float(weight.sum())
        if not total:
            return []
        lot = np.minimum((np.cumsum(weight) - weight) * count // total, count - 1).astype(np.int64)
        cuts = np.nonzero(np.diff(lot))[0] + 1
        lots = np.split(roots, cuts)
        loads = np.array([part.sum() for part in np.split(weight, cuts)])
        return [lots[i] for i in np.argsort(-loads, kind="stable")]

    def count(self, roots: NDArray[np.int64]) -> int:
        """Return how many entries the given trees have."""
        return int(self._entries[roots].sum())

    def walk(self, roots: NDArray[np.int64], visit: Visit) -> list[Damage]:
        """Rebuild every object of the given trees, parents before children.

        Args:
            roots: Positions of the trees' roots.
            visit: Called with each object, once.

        Returns:
            What could not be rebuilt.
        """
        first = self._first
        damage: list[Damage] = []
        for root in roots.tolist():
            try:
                data = self._root(root)
            except InputError as error:
                damage.append(Damage(root, self._lost(root), str(error)))
                continue
            if data is None:
                damage.append(Damage(root, self._lost(root), "its base object is missing"))
                continue
            visit(root, data, -1, b"")
            if first[root] != first[root + 1]:
                self._tree(root, data, visit, damage)
        return damage

    def _tree(self, root: int, data: bytes, visit: Visit, damage: list[Damage]) -> None:
        children, first, inner = self._children, self._first, self._inner
        self._leaves(root, data, visit, damage)
        stack = [_Frame(root, data, inner[root])]
        held = len(data)
        while stack:
            frame = stack[-1]
            node = frame.node
            if frame.next == first[node + 1]:
                stack.pop()
                held -= len(frame.data) if frame.data is not None else 0
                continue
            child = children[frame.next]
            frame.next += 1
            try:
                if frame.data is None:
                    frame.data = self._again(node, stack)
                    held += len(frame.data)
                delta = self._inflate(child)
                data = apply(frame.data, delta)
            except InputError as error:
                damage.append(Damage(child, self._lost(child), str(error)))
                continue
            if frame.next == first[node + 1]:
                # Nobody else needs the parent.
                stack.pop()
                held -= len(frame.data)
            visit(child, data, node, delta)
            self._leaves(child, data, visit, damage)
            if inner[child] != first[child + 1]:
                stack.append(_Frame(child, data, inner[child]))
                held += len(data)
                if held > HELD_MAX:
                    held -= _spill(stack)

    def _leaves(self, node: int, base: bytes, visit: Visit, damage: list[Damage]) -> None:
        """Visit the children of `node` that have none of their own: most of a pack."""
        start, end, size, raw = self._start, self._end, self._size, self.pack.data
        for child in self._children[self._first[node] : self._inner[node]]:
            stored = end[child] - start[child]
            try:
                # What follows is `_inflate` and `_apply`, written out: this line runs for most
                # of the objects of a history, and a call costs as much as what it does.
                if 0 < stored < SMALL and size[child] > 0:
                    delta = zlib_inflate(raw[start[child] : end[child]], 15, size[child])
                else:
                    delta = self._inflate(child)
                parts = apply_parts(base, delta) if modest(delta) else [apply(base, delta)]
                leaf = parts[0] if len(parts) == 1 else b"".join(parts)
            except _DAMAGE as error:
                damage.append(Damage(child, 1, f"the data is damaged: {type(error).__name__}"))
                continue
            visit(child, leaf, node, delta)

    def _inflate(self, position: int) -> bytes:
        return inflate(
            self.pack.data, self._start[position], self._end[position], self._size[position]
        )

    def _root(self, root: int) -> bytes | None:
        if not self._delta[root]:
            return self._inflate(root)
        base = self._foreign(self.pack.foreign.get(root, b""))
        return None if base is None else apply(base, self._inflate(root))

    def _again(self, node: int, stack: Sequence[_Frame] = ()) -> bytes:
        """Build an object from the nearest one that is at hand, when its bytes were given up."""
        near = {frame.node: frame.data for frame in stack if frame.data is not None}
        chain = [node]
        while (base := int(self.pack.base[chain[-1]])) >= 0 and chain[-1] not in near:
            chain.append(base)
        top = chain.pop()
        data = near[top] if top in near else self._root(top)
        assert data is not None
        while chain:
            data = apply(data, self._inflate(chain.pop()))
        return data

    def below(self, node: int) -> list[int]:
        """Return `node` and all entries that are made from it."""
        found = [node]
        for one in found:
            found.extend(self._children[self._first[one] : self._first[one + 1]])
        return found

    def _lost(self, node: int) -> int:
        return len(self.below(node))

    def read(self, position: int) -> bytes:
        """Rebuild one object by itself.

        Raises:
            InputError: It, or something it is made from, is damaged.
        """
        return self._again(position)


def _spill(stack: list[_Frame]) -> int:
    """Give up the bytes of every second frame, but not the deepest; return how many that were.

    The others stay, so that what is given up is built again from close by.
    """
    freed = 0
    kept = [frame for frame in stack[:-1] if frame.data is not None]
    for frame in kept[::2]:
        assert frame.data is not None
        freed += len(frame.data)
        frame.data = None
    return freed
