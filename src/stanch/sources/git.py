# SPDX-License-Identifier: Apache-2.0
"""Git: the whole object database of a repository, read without git.

Every object is rebuilt once and scanned once, in parallel; only objects that hit are attributed.
No program runs, no hook, filter, pager or lazy fetch: nothing here knows how to start one.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from stanch import parallel
from stanch.errors import InputError
from stanch.gitdb.kinds import BLOB, COMMIT, TAG, TREE, TYPE_NAMES
from stanch.gitdb.reader import read_loose
from stanch.gitdb.reading import is_regular, read_regular
from stanch.gitdb.repository import Problem, Repository, is_hex, repositories_below
from stanch.model import Blob, Located, Occurrence, Origin, Progress, Skipped
from stanch.sources import Cursor, Job, Source, examine, locate, pack, unpack
from stanch.unpack import is_archive

if TYPE_CHECKING:
    from stanch.gitdb.attribution import Gleaner, Notes, Story
    from stanch.gitdb.database import Database, Lot
    from stanch.gitdb.layout import Layout
    from stanch.gitdb.seen import Seen

_WINDOWED: Final = 32 << 10
"""Size from which a rebuilt object is scanned only where its delta changed it."""
_FINDING, _PROGRESS, _NOTES, _DAMAGE = b"F", b"P", b"N", b"D"
_TEXT_MAX: Final = 256 << 20
_TOLD_MAX: Final = 20
"""Damaged objects that are told one by one."""
_RESCUED_MAX: Final = 10_000
"""Damaged objects of which another copy is looked for."""


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
        problems: list[Problem] = []
        return path.is_dir() and (
            next(repositories_below(path, problems), None) is not None or bool(problems)
        )

    def scan(self, target: str, job: Job) -> Iterator[Located | Skipped]:
        """Scan every repository in `target`, submodules' git folders included."""
        done: set[str] = set()
        problems: list[Problem] = []
        root = os.path.realpath(target)
        for repository in repositories_below(Path(target), problems):
            common = os.path.realpath(repository.common_dir)
            if common not in done:
                done.add(common)
                yield from _scan_texts(repository, job, root)
                yield from _scan_repository(repository, job)
        for path, reason in problems:
            # The walk through the files tells of folders that cannot be listed.
            if not (job.files and os.path.isdir(path) and not os.path.islink(path)):
                yield Skipped(path, reason)


def _scan_texts(repository: Repository, job: Job, root: str) -> Iterator[Located | Skipped]:
    """Scan configuration, refs and reflogs, except where the files source reads them."""
    from stanch.gitdb.admin import tabled_texts, texts

    for text in texts(repository):
        folder = os.path.realpath(text.path.parent)
        if job.files and f"{folder}/".startswith(f"{root.rstrip('/')}/"):
            continue
        yield from _scan_file(text.path, text.kind, job)
        if text.name:
            origin = Origin(str(text.path), kind=text.kind)
            yield from examine(job, Blob(origin, os.fsencode(text.name)))
    for text, data in tabled_texts(repository):
        yield from examine(job, Blob(Origin(str(text.path), kind=text.kind), data))


def _scan_file(path: Path, kind: str, job: Job) -> Iterator[Located | Skipped]:
    if not is_regular(path):
        yield Skipped(str(path), "a link, or no file at all", incomplete=False)
        return
    try:
        data = read_regular(path, _TEXT_MAX)
    except InputError as error:
        yield Skipped(str(path), str(error))
        return
    if len(data) == _TEXT_MAX:
        yield Skipped(str(path), f"over {_TEXT_MAX >> 20} MiB: only its start was scanned")
    yield from examine(job, Blob(Origin(str(path), kind=kind), data))


def _scan_repository(repository: Repository, job: Job) -> Iterator[Located | Skipped]:
    from stanch.gitdb import seen
    from stanch.gitdb.layout import list_objects

    yield from _gaps(repository)
    layouts = list_objects(repository)
    yield from _scan_strays(layouts, job)
    refs = repository.refs()
    key, before = _before(repository, job)
    if before is not None and not before.holds(layouts, repository.hash_size):
        before = None
    same_refs = before is not None and before.refs == seen.refs_hash(refs)
    if before and same_refs and before.covers(layouts, repository.hash_size):
        yield from map(unpack, before.items)
        return
    history = _History(repository, layouts, job, before)
    yield from history.problems()
    items = list(history.scan(refs))
    yield from items
    if key and job.cache is not None and history.sound:
        kept = seen.remember(layouts, refs, [pack(item) for item in items], history.notes)
        seen.store(job.cache, key, kept)


def _before(repository: Repository, job: Job) -> "tuple[str, Seen | None]":
    """Return the key under which a scan is remembered, and what is known from an earlier one.

    Credentials are never remembered, so a scan that must return them reads everything.
    """
    from stanch.gitdb import seen

    if job.cache is None or job.keep_secrets or job.placeholder is not None:
        return "", None
    where = os.path.realpath(repository.common_dir), str(repository.path)
    how = job.engine.key, job.key, job.archives, job.inline_allow
    key = seen.key_of(where, how)
    return key, seen.load(job.cache, key)


class _History:
    """The scan of one repository, of which an earlier one may have read a part.

    Attributes:
        notes: What is known for attribution.
        sound: Every pack could be opened. If not, that has to be told again the next time.
    """

    def __init__(
        self,
        repository: Repository,
        layouts: "Sequence[Layout]",
        job: Job,
        before: "Seen | None",
    ) -> None:
        from stanch.gitdb.attribution import Notes
        from stanch.gitdb.database import Database

        self._job = job
        self._label = str(repository.path)
        self._database = Database(repository, layouts, before)
        self.sound = not self._database.problems and not self._database.leftovers
        self._items: list[Located | Skipped] = []
        self.notes: list[Notes] = []
        if before:
            self._items = [unpack(item) for item in before.items]
            if before.notes:
                self.notes = msgspec.msgpack.decode(before.notes, type=list[Notes])

    def problems(self) -> Iterator[Located | Skipped]:
        """Tell what cannot be opened."""
        for path, reason in self._database.problems:
            yield Skipped(f"{self._label}: {path}", reason)

    def scan(self, refs: dict[str, str]) -> Iterator[Located | Skipped]:
        """Scan what is new; attribute everything that was found, now or before."""
        work = _Work(self._database, self._job, self._label)
        self._items += work.run((BLOB, TAG))
        hit = self._hit()
        self._items += work.run((COMMIT, TREE), hit)
        late = self._hit() - hit
        if late:
            # Commits and trees that hit: whoever holds them has to be noted too.
            for _ in work.run((COMMIT, TREE), hit | late, scan=False):
                pass
        self.notes += work.notes
        yield from (item for item in self._items if isinstance(item, Skipped))
        found = [item for item in self._items if isinstance(item, Located)]
        yield from _attributed(self._database, found, self._hit(), self.notes, refs)

    def _hit(self) -> set[bytes]:
        located = (item for item in self._items if isinstance(item, Located))
        return {bytes.fromhex(item.occurrence.object) for item in located}


def _gaps(repository: Repository) -> Iterator[Skipped]:
    from stanch.gitdb.refs import read_refs

    label = str(repository.path)
    for path, reason in read_refs(repository)[1]:
        yield Skipped(f"{label}: {path}", reason)
    if repository.shallow():
        yield Skipped(label, "shallow clone: older history is not here; fetch --unshallow")
    if repository.partial():
        yield Skipped(label, "partial clone: objects may be missing; fetch --refetch --no-filter")
    for path, reason in repository.gaps():
        yield Skipped(f"{label}: {path}", reason)


def _scan_strays(layouts: "Sequence[Layout]", job: Job) -> Iterator[Located | Skipped]:
    """Scan what lies among the objects: as it is, and as the object it may be part of."""
    from stanch.gitdb.layout import is_pack

    for layout in layouts:
        for path in layout.strays:
            if not is_pack(path):
                yield from _scan_file(path, "file", job)
                with contextlib.suppress(InputError):
                    yield from examine(job, Blob(Origin(str(path)), read_loose(path)[1]))


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
        self._damage: list[tuple[int, int, str]] = []

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
        self._damage = []

        def work(number: int) -> Iterable[bytes]:
            return _scan_lot(self._database, lots[number], self._job, self._label, gleaner, scan)

        try:
            for message in parallel.run(len(lots), work, self._job.jobs):
                tag, body = message[:1], message[1:]
                if tag == _NOTES:
                    self.notes.append(msgspec.msgpack.decode(body, type=Notes))
                elif tag == _PROGRESS:
                    done, size = msgspec.msgpack.decode(body, type=tuple[int, int])
                    self._job.progress(Progress("objects", done, self._total, size))
                elif tag == _DAMAGE:
                    self._damage.append(msgspec.msgpack.decode(body, type=tuple[int, int, str]))
                else:
                    yield unpack(body)
        except InputError as error:
            # What was found before a worker died still stands.
            yield Skipped(self._label, str(error))
        if self._damage and scan:
            yield from self._rescue(gleaner)

    def _rescue(self, gleaner: "Gleaner | None") -> Iterator[Located | Skipped]:
        """Scan other copies of damaged objects; say which have none."""
        if gleaner is not None:
            gleaner.clear()
        lost: Counter[str] = Counter()
        tried = told = 0
        for pack_number, root, reason in self._damage:
            forest, skip = self._database.forests[pack_number], self._database.skip[pack_number]
            for position in forest.below(root):
                if skip is not None and skip[position]:
                    continue  # An earlier pack has it.
                name = forest.pack.name(position)
                tried += 1
                found = self._copy(name) if tried <= _RESCUED_MAX else None
                if found is not None:
                    kind, data = found
                    if gleaner is not None:
                        _glean(gleaner, kind, name, data)
                    origin = Origin(self._label, kind=TYPE_NAMES[kind], object=name.hex())
                    yield from examine(self._job, Blob(origin, data))
                elif told < _TOLD_MAX:
                    told += 1
                    what = name.hex()[:12] if any(name) else f"number {position}"
                    yield Skipped(f"{self._label}: object {what}", reason)
                else:
                    lost[reason] += 1
        for reason, count in lost.items():
            yield Skipped(f"{self._label}: {count} more objects", reason)
        if gleaner is not None:
            self.notes.append(gleaner.notes())

    def _copy(self, name: bytes) -> tuple[int, bytes] | None:
        try:
            found = self._database.reader.read(name) if any(name) else None
        except InputError:
            return None
        return found if found is not None and found[0] in TYPE_NAMES else None


def _scan_lot(
    database: "Database",
    lot: "Lot",
    job: Job,
    label: str,
    gleaner: "Gleaner | None",
    scan: bool,  # noqa: FBT001
) -> Iterator[bytes]:
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
    for item in visitor.found:
        yield _FINDING + pack(item)
    for one in damage:
        yield _DAMAGE + msgspec.msgpack.encode((lot.pack, one.position, one.reason))
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
                origin = _named(self._origin(position, data))
                self.found += examine(self._job, Blob(origin, data), ())

        return opened

    def gleaning(self) -> Callable[[int, bytes, int, bytes], None]:
        """Return the function that takes notes for attribution."""
        from stanch.gitdb.forest import view

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


def _scan_loose(database: "Database", lot: "Lot", job: Job, label: str) -> Iterator[bytes]:
    """Scan loose objects, whatever their type."""
    size = 0
    for path in lot.loose:
        name = path.parent.name + path.name
        try:
            kind, data = read_loose(path)
        except InputError as error:
            # An alternate may have it too.
            found = _read(database, name)
            if found is None:
                yield _FINDING + pack(Skipped(f"{label}: object {name[:12]}", str(error)))
                continue
            kind, data = found
        size += len(data)
        origin = Origin(label, kind=TYPE_NAMES[kind], object=name)
        if job.archives and is_archive(data):
            origin = _named(origin)
        for item in examine(job, Blob(origin, data)):
            yield _FINDING + pack(item)
    yield _PROGRESS + msgspec.msgpack.encode((len(lot.loose), size))


def _note_loose(lot: "Lot", gleaner: "Gleaner") -> Iterator[bytes]:
    """Take notes from loose trees and commits; what is damaged was reported when scanned."""
    gleaner.clear()
    for path in lot.loose:
        with contextlib.suppress(InputError):
            kind, data = read_loose(path)
            _glean(gleaner, kind, bytes.fromhex(path.parent.name + path.name), data)
    yield _NOTES + msgspec.msgpack.encode(gleaner.notes())


def _glean(gleaner: "Gleaner", kind: int, name: bytes, data: bytes) -> None:
    if kind == TREE:
        gleaner.tree(name, data)
    elif kind == COMMIT:
        gleaner.commit(name, data)


def _attributed(
    database: "Database",
    found: list[Located],
    hit: set[bytes],
    notes: "list[Notes]",
    refs: dict[str, str],
) -> Iterator[Located]:
    if not found:
        return
    from stanch.gitdb.attribution import attribute

    def peel(name: str) -> list[str]:
        return _peel(database, name)

    @cache
    def author(commit: str) -> tuple[str, str]:
        return _author(database, commit)

    stories = attribute(hit, notes, refs, peel, database.hash_size)
    for item in found:
        name = bytes.fromhex(item.occurrence.object)
        occurrence = _tell(item.occurrence, stories[name], author)
        yield msgspec.structs.replace(item, occurrence=occurrence)


def _peel(database: "Database", name: str) -> list[str]:
    """Return a hex name and, for a tag object, what that points at, and so on."""
    chain = [name]
    for _ in range(5):
        found = _read(database, chain[-1])
        target = found[1][7 : 7 + len(name)] if found and found[0] == TAG else b""
        if not is_hex(target):
            break
        chain.append(target.decode())
    return chain


def _tell(
    occurrence: Occurrence, story: "Story", author_of: Callable[[str], tuple[str, str]]
) -> Occurrence:
    author, date = author_of(story.introduced)
    _, last_date = author_of(story.last)
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

    found = _read(database, commit)
    if found is None or found[0] != COMMIT:
        return "", ""
    try:
        parsed = parse_commit(bytes.fromhex(commit), found[1], database.hash_size)
    except InputError:
        return "", ""
    return parsed.author, iso_time(parsed.authored)


def _read(database: "Database", name: str) -> tuple[int, bytes] | None:
    """Return an object, or None where there is none that can be read."""
    try:
        return database.reader.read(bytes.fromhex(name)) if name else None
    except InputError:
        return None


SOURCE: Final = Git()
