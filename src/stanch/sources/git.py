# SPDX-License-Identifier: Apache-2.0
"""Git: the whole object database of a repository, read without git.

Every object is rebuilt once and scanned once, in parallel; only objects that hit are attributed.
No program runs, no hook, filter, pager or lazy fetch: nothing here knows how to start one.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from stanch import parallel
from stanch.errors import InputError
from stanch.gitdb.kinds import BLOB, COMMIT, TAG, TREE, TYPE_NAMES
from stanch.gitdb.reader import read_loose
from stanch.gitdb.repository import Repository, repositories_below
from stanch.model import Blob, Located, Occurrence, Origin, Progress, Skipped
from stanch.sources import Cursor, Job, Source, examine, locate, pack, unpack
from stanch.unpack import is_archive

if TYPE_CHECKING:
    from stanch.gitdb.attribution import Gleaner, Notes, Story
    from stanch.gitdb.database import Database, Lot

_WINDOWED: Final = 32 << 10
"""Size from which a rebuilt object is scanned only where its delta changed it."""
_FINDING, _PROGRESS, _NOTES = b"F", b"P", b"N"


class Git(Source):
    """The history of git repositories."""

    name: ClassVar = "git"
    title: ClassVar = "git history: every object, reachable or not"
    order: ClassVar = 20

    def accepts(self, target: str, job: Job) -> bool:
        """Tell whether history is asked for and `target` holds a repository."""
        if not job.history or job.staged or job.since or job.commits:
            return False
        path = Path(target)
        return path.is_dir() and next(repositories_below(path), None) is not None

    def scan(self, target: str, job: Job) -> Iterator[Located | Skipped]:
        """Scan every repository in `target`, submodules' git folders included."""
        done: set[Path] = set()
        for repository in repositories_below(Path(target)):
            common = repository.common_dir.resolve()
            if common not in done:
                done.add(common)
                yield from _scan_repository(repository, job)


def _scan_repository(repository: Repository, job: Job) -> Iterator[Located | Skipped]:
    from stanch.gitdb.database import Database

    label = str(repository.path)
    yield from _gaps(repository)
    database = Database(repository)
    for path, reason in database.problems:
        yield Skipped(f"{label}: {path}", reason)
    work = _Work(database, job, label)
    found: list[Located] = []
    for item in work.run((BLOB, TAG)):
        if isinstance(item, Located):
            found.append(item)
        else:
            yield item
    hit = {bytes.fromhex(item.occurrence.object) for item in found}
    for item in work.run((COMMIT, TREE), hit):
        if isinstance(item, Located):
            found.append(item)
        else:
            yield item
    late = {bytes.fromhex(item.occurrence.object) for item in found} - hit
    if late:
        # Commits and trees that hit: whoever holds them has to be noted too.
        hit |= late
        for _ in work.run((COMMIT, TREE), hit, scan=False):
            pass
    yield from _attributed(repository, database, found, hit, work.notes)


def _gaps(repository: Repository) -> Iterator[Skipped]:
    label = str(repository.path)
    if repository.shallow():
        yield Skipped(label, "shallow clone: older history is not here; fetch --unshallow")
    if repository.partial():
        yield Skipped(label, "partial clone: objects may be missing; fetch --refetch --no-filter")


class _Work:
    """Scans the lots of one database on all cores.

    Attributes:
        notes: What trees and commits told for attribution.
    """

    def __init__(self, database: "Database", job: Job, label: str) -> None:
        self._database = database
        self._job = job
        self._label = label
        self._total = len(database)
        self.notes: list[Notes] = []

    def run(
        self, kinds: tuple[int, ...], wanted: Iterable[bytes] = (), *, scan: bool = True
    ) -> Iterator[Located | Skipped]:
        """Scan all objects of some types; take notes if anything is wanted.

        Args:
            kinds: Object types.
            wanted: Binary names to take notes for.
            scan: Look for credentials; False only takes notes.
        """
        from stanch.gitdb.attribution import Gleaner, Notes

        names = set(wanted)
        lots = self._database.lots(kinds, loose=bool(names) or TAG in kinds)
        gleaner = Gleaner(names, self._database.hash_size) if names else None
        self.notes = []

        def work(number: int) -> Iterable[bytes]:
            return _scan_lot(self._database, lots[number], self._job, self._label, gleaner, scan)

        for message in parallel.run(len(lots), work, self._job.jobs):
            tag, body = message[:1], message[1:]
            if tag == _NOTES:
                self.notes.append(msgspec.msgpack.decode(body, type=Notes))
            elif tag == _PROGRESS:
                done, size = msgspec.msgpack.decode(body, type=tuple[int, int])
                self._job.progress(Progress("objects", done, self._total, size))
            else:
                yield unpack(body)


def _scan_lot(
    database: "Database",
    lot: "Lot",
    job: Job,
    label: str,
    gleaner: "Gleaner | None",
    scan: bool,  # noqa: FBT001
) -> Iterator[bytes]:
    if lot.pack < 0:
        yield from _scan_loose(lot, job, label) if gleaner is None else _note_loose(lot, gleaner)
        return
    forest = database.forests[lot.pack]
    visitor = _Visitor(database, lot.pack, job, label, gleaner)
    if gleaner is not None:
        gleaner.clear()
    damage = forest.walk(lot.roots, visitor.scanning() if scan else visitor.gleaning())
    for item in visitor.found:
        yield _FINDING + pack(item)
    for one in damage:
        name = forest.pack.name(one.position).hex() or f"entry {one.position}"
        what = f"{one.lost} objects" if one.lost > 1 else "object"
        yield _FINDING + pack(Skipped(f"{label}: {what} {name[:12]}", one.reason))
    if gleaner is not None:
        yield _NOTES + msgspec.msgpack.encode(gleaner.notes())
    if scan:
        yield _PROGRESS + msgspec.msgpack.encode((forest.count(lot.roots), visitor.size))


class _Visitor:
    """Scans each object of one lot as it is rebuilt."""

    def __init__(
        self, database: "Database", number: int, job: Job, label: str, gleaner: "Gleaner | None"
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
        from stanch.gitdb.delta import edits, target_size
        from stanch.gitdb.forest import view

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
            if size > _WINDOWED and delta and len(delta) << 4 < size and parent not in hot:
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
        from stanch.gitdb.forest import view

        if not self._job.archives:
            return None
        kinds = view(self._database.forests[self._number].pack.kind)

        def opened(position: int, data: bytes) -> None:
            if kinds[position] == BLOB and is_archive(data):
                # Its own bytes have been scanned: only what is packed in it is left.
                self.found += examine(self._job, Blob(self._origin(position, data), data), ())

        return opened

    def gleaning(self) -> Callable[[int, bytes, int, bytes], None]:
        """Return the function that takes notes for attribution."""
        from stanch.gitdb.forest import view

        assert self._gleaner is not None
        tree, commit = self._gleaner.tree, self._gleaner.commit
        kinds = view(self._database.forests[self._number].pack.kind)
        database, number = self._database, self._number

        def note(position: int, data: bytes, _parent: int, _delta: bytes) -> None:
            if kinds[position] == TREE:
                tree(database.name(number, position, data), data)
            elif kinds[position] == COMMIT:
                commit(database.name(number, position, data), data)

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


def _scan_loose(lot: "Lot", job: Job, label: str) -> Iterator[bytes]:
    """Scan loose objects, whatever their type."""
    size = 0
    for path in lot.loose:
        name = path.parent.name + path.name
        try:
            kind, data = read_loose(path)
        except InputError as error:
            yield _FINDING + pack(Skipped(f"{label}: object {name[:12]}", str(error)))
            continue
        size += len(data)
        origin = Origin(label, kind=TYPE_NAMES[kind], object=name)
        for item in examine(job, Blob(origin, data)):
            yield _FINDING + pack(item)
    yield _PROGRESS + msgspec.msgpack.encode((len(lot.loose), size))


def _note_loose(lot: "Lot", gleaner: "Gleaner") -> Iterator[bytes]:
    """Take notes from loose trees and commits; what is damaged was reported when scanned."""
    gleaner.clear()
    for path in lot.loose:
        with contextlib.suppress(InputError):
            kind, data = read_loose(path)
            name = bytes.fromhex(path.parent.name + path.name)
            if kind == TREE:
                gleaner.tree(name, data)
            elif kind == COMMIT:
                gleaner.commit(name, data)
    yield _NOTES + msgspec.msgpack.encode(gleaner.notes())


def _attributed(
    repository: Repository,
    database: "Database",
    found: list[Located],
    hit: set[bytes],
    notes: "list[Notes]",
) -> Iterator[Located]:
    if not found:
        return
    from stanch.gitdb.attribution import attribute

    refs = _peeled(repository, database)
    stories = attribute(hit, notes, refs, database.hash_size)
    for item in found:
        name = bytes.fromhex(item.occurrence.object)
        occurrence = _tell(item.occurrence, stories[name], database)
        yield msgspec.structs.replace(item, occurrence=occurrence)


def _peeled(repository: Repository, database: "Database") -> dict[str, list[str]]:
    """Return what each ref points at, and for a tag object what that points at."""
    refs = {}
    for ref, name in repository.refs().items():
        chain = [name]
        for _ in range(5):
            found = database.reader.read(bytes.fromhex(chain[-1]))
            if found is None or found[0] != TAG:
                break
            chain.append(found[1][7 : 7 + len(name)].decode("latin-1"))
        refs[ref] = chain
    return refs


def _tell(occurrence: Occurrence, story: "Story", database: "Database") -> Occurrence:
    author, date = _author(database, story.introduced)
    _, last_date = _author(database, story.last)
    path = story.paths[0] if story.paths else occurrence.path
    return msgspec.structs.replace(
        occurrence,
        path=path,
        paths=story.paths,
        commit=story.introduced,
        author=author,
        date=date,
        last_commit=story.last,
        last_date=last_date,
        refs=story.refs,
        reachable=bool(story.refs),
        in_head=story.in_head,
    )


def _author(database: "Database", commit: str) -> tuple[str, str]:
    """Return a commit's author and author date (ISO 8601, UTC)."""
    from stanch.gitdb.revisions import iso_time, parse_commit

    found = database.reader.read(bytes.fromhex(commit)) if commit else None
    if found is None:
        return "", ""
    parsed = parse_commit(bytes.fromhex(commit), found[1], database.hash_size)
    return parsed.author, iso_time(parsed.authored)


SOURCE: Final = Git()
