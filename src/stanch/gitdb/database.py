# SPDX-License-Identifier: Apache-2.0
"""All objects of a repository, cut into lots of work for several processes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stanch.errors import InputError
from stanch.gitdb.forest import Forest
from stanch.gitdb.index import object_name
from stanch.gitdb.kinds import BLOB
from stanch.gitdb.layout import Layout, is_pack, list_objects
from stanch.gitdb.naming import name_entries
from stanch.gitdb.pack import Pack
from stanch.gitdb.reader import Object, Reader
from stanch.gitdb.reading import map_regular
from stanch.gitdb.repository import Problem, Repository
from stanch.gitdb.seen import Seen

LOTS: Final = 96
"""Lots per pack: enough that the last one to finish keeps nobody waiting."""
LOOSE_LOT: Final = 512
_DEPTH_MAX: Final = 20
"""Packs without a usable index that may need each other's objects, one after the other."""


class Lot(NamedTuple):
    """Work for one process at a time.

    Attributes:
        pack: Position of the pack, or -1 for loose objects.
        roots: Roots of delta trees, for a pack.
        loose: Files, for loose objects.
    """

    pack: int
    roots: NDArray[np.int64]
    loose: tuple[Path, ...]


class Database:
    """The object database of one repository.

    Args:
        repository: Where it is.
        layouts: What lies in its object folders; None lists them.
        seen: What an earlier scan read, and this one leaves out.

    Attributes:
        forests: One per pack that could be opened.
        skip: Per pack: uint8 [n], 1 for an object that is not to be visited; None where all are.
        problems: What could not be opened: (path, reason).
        leftovers: Packs that a broken fetch left behind, under other names.
    """

    def __init__(
        self,
        repository: Repository,
        layouts: Sequence[Layout] | None = None,
        seen: Seen | None = None,
    ) -> None:
        self.reader = Reader(repository)
        self.hash_size = repository.hash_size
        self.problems: list[Problem] = []
        self.leftovers: list[Path] = []
        self.forests: list[Forest] = []
        self._known: set[bytes] = set()
        self._unindexed: list[Forest] = []
        self._depth = 0
        if layouts is None:
            layouts = list_objects(repository)
        packs = [path for layout in layouts for path in layout.packs]
        if seen is not None:
            packs = seen.new_packs(layouts)
            self._known = seen.loose_names(self.hash_size)
        for layout in layouts:
            self.problems += layout.problems
            self.leftovers += [path for path in layout.strays if is_pack(path)]
        packs += self.leftovers
        for path in sorted(packs, key=lambda path: not path.with_suffix(".idx").exists()):
            self._open(path)
        self._loose = self._only_loose(
            {name: path for layout in reversed(layouts) for name, path in layout.loose}
        )
        self.skip = self._duplicates()

    def __len__(self) -> int:
        packed = sum(len(forest.pack) for forest in self.forests)
        return packed + len(self._loose)

    def read(self, name: str) -> Object | None:
        """Return an object by its hex name, or None where there is none that can be read."""
        try:
            return self.reader.read(bytes.fromhex(name)) if name else None
        except InputError:
            return None

    def lots(self, kinds: tuple[int, ...], *, loose: bool) -> list[Lot]:
        """Cut the objects of some types into lots, the heaviest first.

        Args:
            kinds: Types of packed objects.
            loose: Add the loose objects, which tell their type only when they are read.
        """
        none = np.empty(0, dtype=np.int64)
        lots = []
        for number, forest in enumerate(self.forests):
            wanted = np.isin(forest.pack.kind, kinds)
            skip = self.skip[number]
            if skip is not None:
                wanted &= skip == 0
            lots += [Lot(number, roots, ()) for roots in forest.shards(wanted, LOTS)]
        if loose:
            paths = list(self._loose.values())
            for start in range(0, len(paths), LOOSE_LOT):
                lots.append(Lot(-1, none, tuple(paths[start : start + LOOSE_LOT])))
        return lots

    def names(self) -> NDArray[np.uint8]:
        """Return every object's name: uint8 [n, hash size], in no order."""
        parts = [f.pack.names for f in self.forests if f.pack.names is not None]
        loose = np.frombuffer(b"".join(self._loose), dtype=np.uint8)
        parts.append(loose.reshape(len(self._loose), self.hash_size))
        return np.concatenate(parts)

    def name(self, pack: int, position: int, data: bytes) -> bytes:
        """Return the binary name of a packed object, hashing it where no index tells."""
        found = self.forests[pack].pack.name(position)
        if found:
            return found
        return object_name(int(self.forests[pack].pack.kind[position]), data, self.hash_size)

    def _open(self, path: Path) -> None:
        """Open a pack; those with an index come first, so that others find their bases there."""
        try:
            pack = Pack(path, map_regular(path), self.hash_size, indexed=path.suffix == ".pack")
        except InputError as error:
            self.problems.append((path.name, str(error)))
            return
        self.problems += [(path.name, problem) for problem in pack.problems]
        if not len(pack):
            return
        if pack.names is None:
            name_entries(pack, self._find)
        elif pack.foreign:
            self._foreign_kinds(pack)
        # What no type is known of is scanned like a file.
        pack.kind[pack.kind == 0] = BLOB
        forest = Forest(pack, self._foreign)
        self.forests.append(forest)
        if not path.with_suffix(".idx").exists() or pack.problems:
            self._unindexed.append(forest)

    def _foreign_kinds(self, pack: Pack) -> None:
        """Give deltas the type of a base that is elsewhere."""
        for position, name in pack.foreign.items():
            try:
                found = self._find(name)
            except InputError:
                continue
            if found is not None:
                pack.kind[position] = found[0]
        pack.kind = pack.kind[pack.root]

    def _find(self, name: bytes) -> Object | None:
        """Read an object, also from packs that the reader finds nothing in for want of an index."""
        if not name:
            return None
        try:
            found = self.reader.read(name)
        except InputError:
            if not self._unindexed:
                raise
            found = None
        if found is None and self._depth < _DEPTH_MAX:
            found = self._find_unindexed(name)
        return found

    def _find_unindexed(self, name: bytes) -> Object | None:
        self._depth += 1
        try:
            for forest in self._unindexed:
                position = forest.pack.position(name)
                if position >= 0:
                    return int(forest.pack.kind[position]), forest.read(position)
            return None
        finally:
            self._depth -= 1

    def _foreign(self, name: bytes) -> bytes | None:
        found = self._find(name)
        return None if found is None else found[1]

    def _only_loose(self, loose: dict[bytes, Path]) -> dict[bytes, Path]:
        """Leave out what is known, and what is in a pack too: that copy is read sooner."""
        names = np.array(list(loose), dtype=f"S{self.hash_size}")
        packed = np.zeros(len(names), dtype=bool)
        for forest in self.forests if loose else ():
            listed = _flat(forest.pack.listed())
            at = np.minimum(np.searchsorted(listed, names), len(listed) - 1)
            packed |= listed[at] == names
        return {
            name: path
            for (name, path), double in zip(loose.items(), packed.tolist(), strict=True)
            if not double and name not in self._known
        }

    def _duplicates(self) -> list[NDArray[np.uint8] | None]:
        """Mark, in each pack, objects that an earlier pack has too, or that are known."""
        skip: list[NDArray[np.uint8] | None] = []
        seen: NDArray[np.bytes_] | None = None
        if self._known:
            seen = np.array(sorted(self._known), dtype=f"S{self.hash_size}")
        for forest in self.forests:
            if forest.pack.names is None:
                skip.append(None)
                continue
            names = _flat(forest.pack.names)
            skip.append(None if seen is None else np.isin(names, seen).astype(np.uint8))
            if len(self.forests) > 1:
                seen = names if seen is None else np.concatenate([seen, names])
        return skip


def _flat(names: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """Return names as one array of strings, to be compared."""
    return np.ascontiguousarray(names).view(f"S{names.shape[1]}").ravel()
