# SPDX-License-Identifier: Apache-2.0
"""One lot of objects: what runs, in one process, for each of them."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from stanch.errors import InputError
from stanch.gitdb.attribution import Gleaner
from stanch.gitdb.database import Database, Lot
from stanch.gitdb.delta import edits, target_size
from stanch.gitdb.forest import view
from stanch.gitdb.kinds import BLOB, COMMIT, TREE, TYPE_NAMES
from stanch.gitdb.reader import read_loose
from stanch.model import Blob, Located, Origin, Skipped
from stanch.sources import Cursor, Job, examine, is_container, locate, pack

WINDOWED: Final = 32 << 10
"""Size from which a rebuilt object is scanned only where its delta changed it."""
FINDING, PROGRESS, NOTES, DAMAGE = b"F", b"P", b"N", b"D"
"""First byte of a message, by what it tells."""


def scan_lot(
    database: Database,
    lot: Lot,
    job: Job,
    label: str,
    gleaner: Gleaner | None,
    scan: bool,  # noqa: FBT001
) -> Iterator[bytes]:
    """Scan the objects of one lot; yield messages for the parent process.

    Args:
        database: Where the objects are.
        lot: Which of them.
        job: What is asked for.
        label: What the user calls the repository.
        gleaner: Takes notes for attribution, if any are wanted.
        scan: Look for credentials; False only takes notes.
    """
    if lot.pack < 0:
        yield from (
            _scan_loose(database, lot, job, label) if gleaner is None else _note_loose(lot, gleaner)
        )
        return
    forest = database.forests[lot.pack]
    visitor = _Visitor(database, lot.pack, job, label, gleaner)
    if gleaner is not None:
        gleaner.clear()
    damage = forest.walk(lot.roots, visitor.scanning() if scan else visitor.gleaning())
    forest.pack.release()
    for item in visitor.found:
        yield FINDING + pack(item)
    for one in damage:
        yield DAMAGE + msgspec.msgpack.encode((lot.pack, one.position, one.reason))
    if gleaner is not None:
        yield NOTES + msgspec.msgpack.encode(gleaner.notes())
    if scan:
        yield PROGRESS + msgspec.msgpack.encode((forest.count(lot.roots), visitor.size))


class _Visitor:
    """Scans each object of one lot as it is rebuilt."""

    def __init__(
        self, database: Database, number: int, job: Job, label: str, gleaner: Gleaner | None
    ) -> None:
        self._database = database
        self._number = number
        self._job = job
        self._label = label
        self._gleaner = gleaner
        self.found: list[Located | Skipped] = []
        self.size = 0

    def scanning(self) -> Callable[[int, bytes, int, bytes], None]:
        """Return the function that scans an object: all it needs is bound here, once."""
        engine = self._job.engine
        hits, reach = engine.hits, engine.reach
        hot: set[int] = set()
        skip = self._database.skip[self._number]
        known = None if skip is None else view(skip)
        glean = None if self._gleaner is None else self.gleaning()
        opened = self._opener()
        record = self._record

        def visit(position: int, data: bytes, parent: int, delta: bytes) -> None:
            if known is not None and known[position]:
                # What it holds is not known here, so whatever is made from it is read whole.
                hot.add(position)
                return
            if glean is not None:
                glean(position, data, parent, delta)
            size = len(data)
            self.size += size
            windows = None
            if size > WINDOWED and delta and len(delta) << 4 < size and parent not in hot:
                windows = edits(delta, target_size(delta)[1], size, reach)
            if windows is None:
                found = hits(data)
            else:
                found = [
                    (number, start + end)
                    for start, stop in windows
                    for number, end in hits(data[start:stop])
                ]
            if found:
                hot.add(position)
                record(position, data, found)
            if opened is not None:
                opened(position, data)

        return visit

    def _opener(self) -> Callable[[int, bytes], None] | None:
        """Return the function that opens archives and bytecode, if blobs are to be opened."""
        if not self._job.archives:
            return None
        kinds = view(self._database.forests[self._number].pack.kind)

        def opened(position: int, data: bytes) -> None:
            if kinds[position] == BLOB and is_container(data):
                # Its own bytes have been scanned: only what is packed in it is left.
                origin = _named(self._origin(position, data))
                self.found += examine(self._job, Blob(origin, data), ())

        return opened

    def gleaning(self) -> Callable[[int, bytes, int, bytes], None]:
        """Return the function that takes notes for attribution."""
        assert self._gleaner is not None
        commit, tree = self._gleaner.commit, self._gleaner.trees()
        kinds = view(self._database.forests[self._number].pack.kind)
        names, size = self._database.forests[self._number].pack.all_names, self._database.hash_size

        def note(position: int, data: bytes, _parent: int, _delta: bytes) -> None:
            kind = kinds[position]
            if kind == TREE:
                tree(names[position * size : position * size + size], data)
            elif kind == COMMIT:
                commit(names[position * size : position * size + size], data)

        return note

    def _origin(self, position: int, data: bytes) -> Origin:

        kind = TYPE_NAMES[int(self._database.forests[self._number].pack.kind[position])]
        name = self._database.name(self._number, position, data)
        return Origin(path=self._label, kind=kind, object=name.hex())

    def _record(self, position: int, data: bytes, found: list[tuple[int, int]]) -> None:
        matches = self._job.engine.resolve(data, found)
        if matches:
            origin, cursor = self._origin(position, data), Cursor()
            self.found += [locate(self._job, origin, data, match, cursor) for match in matches]


def _named(origin: Origin) -> Origin:
    """Tell an archive by its object's name: what in it cannot be read is told by that."""
    path = f"{origin.path}: {origin.kind} {origin.object[:12]}"
    return Origin(path, kind=origin.kind, object=origin.object)


def _scan_loose(database: Database, lot: Lot, job: Job, label: str) -> Iterator[bytes]:
    """Scan loose objects, whatever their type."""
    size = 0
    for path in lot.loose:
        name = path.parent.name + path.name
        try:
            kind, data = read_loose(path)
        except InputError as error:
            # An alternate may have it too.
            found = database.read(name)
            if found is None:
                yield FINDING + pack(Skipped(f"{label}: object {name[:12]}", str(error)))
                continue
            kind, data = found
        size += len(data)
        origin = Origin(label, kind=TYPE_NAMES[kind], object=name)
        if job.archives and is_container(data):
            origin = _named(origin)
        for item in examine(job, Blob(origin, data)):
            yield FINDING + pack(item)
    yield PROGRESS + msgspec.msgpack.encode((len(lot.loose), size))


def _note_loose(lot: Lot, gleaner: Gleaner) -> Iterator[bytes]:
    """Take notes from loose trees and commits; what is damaged was reported when scanned."""
    gleaner.clear()
    for path in lot.loose:
        with contextlib.suppress(InputError):
            kind, data = read_loose(path)
            glean(gleaner, kind, bytes.fromhex(path.parent.name + path.name), data)
    yield NOTES + msgspec.msgpack.encode(gleaner.notes())


def glean(gleaner: Gleaner, kind: int, name: bytes, data: bytes) -> None:
    """Take notes from an object, if it is a tree or a commit."""
    if kind == TREE:
        gleaner.tree(name, data)
    elif kind == COMMIT:
        gleaner.commit(name, data)
