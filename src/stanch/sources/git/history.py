# SPDX-License-Identifier: Apache-2.0
"""The scan of one repository's objects, of which an earlier one may have read a part."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from stanch import parallel
from stanch.errors import InputError
from stanch.gitdb.attribution import Gleaner, Notes
from stanch.gitdb.database import Database
from stanch.gitdb.kinds import BLOB, COMMIT, TAG, TREE, TYPE_NAMES
from stanch.gitdb.repository import Repository
from stanch.model import Blob, Located, Origin, Progress, Skipped
from stanch.sources import Job, examine, unpack
from stanch.sources.git.lot import DAMAGE, NOTES, PROGRESS, glean, scan_lot
from stanch.sources.git.story import attributed

if TYPE_CHECKING:
    from stanch.gitdb.layout import Layout
    from stanch.gitdb.seen import Seen

_TOLD_MAX: Final = 20
"""Damaged objects that are told one by one."""
_RESCUED_MAX: Final = 10_000
"""Damaged objects of which another copy is looked for."""


class History:
    """The scan of one repository, of which an earlier one may have read a part.

    Attributes:
        notes: What is known for attribution.
        objects: Objects that were scanned, now or before.
        sound: Every pack could be opened and no worker died. If not, the next scan reads again.
    """

    def __init__(
        self,
        repository: Repository,
        layouts: "Sequence[Layout]",
        job: Job,
        before: "Seen | None",
    ) -> None:

        self._job = job
        self._label = str(repository.path)
        self._database = Database(repository, layouts, before)
        self.sound = not self._database.problems and not self._database.leftovers
        self._items: list[Located | Skipped] = []
        self.notes: list[Notes] = []
        self.objects = len(self._database) + (before.objects if before else 0)
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
        if late and not hit:
            # Only commits or trees hit, and no notes were taken. Notes that were taken name every
            # commit and every tree in a tree, wanted or not.
            for _ in work.run((COMMIT, TREE), late, scan=False):
                pass
        self.sound = self.sound and work.whole
        self.notes += work.notes
        yield from (item for item in self._items if isinstance(item, Skipped))
        found = [item for item in self._items if isinstance(item, Located)]
        yield from attributed(self._database, found, self._hit(), self.notes, refs)

    def _hit(self) -> set[bytes]:
        located = (item for item in self._items if isinstance(item, Located))
        return {bytes.fromhex(item.occurrence.object) for item in located}


class _Work:
    """Scans the lots of one database on all cores.

    Attributes:
        notes: What trees and commits told for attribution.
        whole: No worker died.
    """

    def __init__(self, database: Database, job: Job, label: str) -> None:
        self._database = database
        self._job = job
        self._label = label
        self._total = len(database)
        self.notes: list[Notes] = []
        self.whole = True
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
        names = set(wanted)
        lots = self._database.lots(kinds, loose=bool(names) or TAG in kinds)
        gleaner = Gleaner(names, self._database.hash_size) if names else None
        self.notes = []
        self._damage = []

        def work(number: int) -> Iterable[bytes]:
            return scan_lot(self._database, lots[number], self._job, self._label, gleaner, scan)

        try:
            for message in parallel.run(len(lots), work, self._job.jobs):
                tag, body = message[:1], message[1:]
                if tag == NOTES:
                    self.notes.append(msgspec.msgpack.decode(body, type=Notes))
                elif tag == PROGRESS:
                    done, size = msgspec.msgpack.decode(body, type=tuple[int, int])
                    self._job.progress(Progress("objects", done, self._total, size))
                elif tag == DAMAGE:
                    self._damage.append(msgspec.msgpack.decode(body, type=tuple[int, int, str]))
                else:
                    yield unpack(body)
        except InputError as error:
            # What was found before a worker died still stands; the rest is to be read again.
            self.whole = False
            yield Skipped(self._label, str(error))
        if self._damage and scan:
            yield from self._rescue(gleaner)

    def _rescue(self, gleaner: Gleaner | None) -> Iterator[Located | Skipped]:
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
                        glean(gleaner, kind, name, data)
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
