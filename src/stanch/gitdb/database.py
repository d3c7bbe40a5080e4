# SPDX-License-Identifier: Apache-2.0
"""All objects of a repository, cut into lots of work for several processes."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stanch.errors import InputError
from stanch.gitdb.forest import Forest
from stanch.gitdb.kinds import BLOB, TYPE_NAMES
from stanch.gitdb.pack import open_pack
from stanch.gitdb.reader import Reader
from stanch.gitdb.repository import Repository

LOTS: Final = 96
"""Lots per pack: enough that the last one to finish keeps nobody waiting."""
LOOSE_LOT: Final = 512


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
        known: Binary names of objects that need not be visited.

    Attributes:
        forests: One per pack that could be opened.
        skip: Per pack: uint8 [n], 1 for an object that is not to be visited; None where all are.
        problems: What could not be opened: (path, reason).
    """

    def __init__(self, repository: Repository, known: Iterable[bytes] = ()) -> None:
        self.reader = Reader(repository)
        self.hash_size = repository.hash_size
        self.problems: list[tuple[str, str]] = []
        self.forests: list[Forest] = []
        self._known = set(known)
        self._loose: dict[bytes, Path] = {}
        for folder in repository.object_dirs():
            self._open(folder)
        self.skip = self._duplicates()

    def __len__(self) -> int:
        packed = sum(len(forest.pack) for forest in self.forests)
        return packed + len(self._loose)

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

    def _open(self, folder: Path) -> None:
        for path in sorted((folder / "pack").glob("*.pack")):
            try:
                pack = open_pack(path, self.hash_size)
            except (InputError, OSError) as error:
                self.problems.append((path.name, str(error)))
                continue
            if not len(pack):
                continue
            unknown = int((pack.kind == 0).sum())
            if unknown:
                # A chain that ends in another pack is read there; see `Forest`.
                pack.kind[pack.kind == 0] = BLOB
            self.forests.append(Forest(pack, self._foreign))
        for path in _loose_files(folder, self.hash_size):
            name = bytes.fromhex(path.parent.name + path.name)
            if name not in self._known:
                self._loose.setdefault(name, path)

    def _foreign(self, name: bytes) -> bytes | None:
        found = self.reader.read(name) if name else None
        return None if found is None else found[1]

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
            names = np.ascontiguousarray(forest.pack.names).view(f"S{self.hash_size}").ravel()
            skip.append(None if seen is None else np.isin(names, seen).astype(np.uint8))
            if len(self.forests) > 1:
                seen = names if seen is None else np.concatenate([seen, names])
        return skip


def object_name(kind: int, data: bytes, hash_size: int = 20) -> bytes:
    """Return the binary name git gives an object."""
    digest = hashlib.sha256() if hash_size == 32 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"%s %d\0" % (TYPE_NAMES[kind].encode(), len(data)))
    digest.update(data)
    return digest.digest()


def _loose_files(folder: Path, hash_size: int) -> Iterable[Path]:
    digits = set("0123456789abcdef")
    for first in sorted(folder.iterdir()):
        if len(first.name) == 2 and set(first.name) <= digits and first.is_dir():
            for path in sorted(first.iterdir()):
                if len(path.name) == 2 * hash_size - 2 and set(path.name) <= digits:
                    yield path
