# SPDX-License-Identifier: Apache-2.0
"""Git: the whole object database of a repository, read without git.

Every object is rebuilt once and scanned once, in parallel; only objects that hit are attributed.
No program runs, no hook, filter, pager or lazy fetch: nothing here knows how to start one.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from stanch.disk.globs import Globs
from stanch.errors import InputError
from stanch.gitdb.reader import read_loose
from stanch.gitdb.reading import is_regular, read_regular
from stanch.gitdb.repository import (
    Problem,
    Repository,
    enclosing_repository,
    open_repository,
    repositories_below,
)
from stanch.model import Blob, Located, Origin, Progress, Skipped
from stanch.sources import Job, Source, examine, pack, unpack

if TYPE_CHECKING:
    from stanch.gitdb.layout import Layout
    from stanch.gitdb.seen import Seen

_TEXT_MAX: Final = 256 << 20


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
        if not path.is_dir():
            return False
        found = next(repositories_below(path, problems), None) is not None or bool(problems)
        return found or (job.files and _above(path) is not None)

    def scan(self, target: str, job: Job) -> Iterator[Located | Skipped]:
        """Scan every repository in `target`, submodules' git folders included."""
        done: set[str] = set()
        problems: list[Problem] = []
        root = os.path.realpath(target)
        above = _above(Path(target))
        if above is not None:
            reason = f"a folder of the repository {above}: scan that to read its history, too"
            yield Skipped(target, reason, incomplete=False)
        for repository in repositories_below(Path(target), problems):
            common = os.path.realpath(repository.common_dir)
            if common not in done:
                done.add(common)
                yield from _scan_texts(repository, job, root)
                inside = os.path.relpath(repository.path, target)
                for item in _wanted(_scan_repository(repository, job), inside, job):
                    yield item if inside == "." else _prefixed(item, inside)
        for path, reason in problems:
            # The walk through the files tells of folders that cannot be listed.
            if not (job.files and os.path.isdir(path) and not os.path.islink(path)):
                yield Skipped(path, reason)


def _above(path: Path) -> Path | None:
    """Return the work tree that a folder, which is none itself, is a part of."""
    around = enclosing_repository(path)
    return around.path if around and open_repository(path) is None else None


def _wanted(
    items: Iterator[Located | Skipped], inside: str, job: Job
) -> Iterator[Located | Skipped]:
    """Leave out what history holds under excluded paths alone, and say how much that was.

    Args:
        items: What was found.
        inside: Path of the repository in the target.
        job: What is asked for.
    """
    excluded = Globs(job.exclude)
    left_out = 0
    for item in items:
        if not excluded or isinstance(item, Skipped) or not item.occurrence.paths:
            yield item
            continue
        before = "" if inside == "." else f"{inside}/"
        kept = [p for p in item.occurrence.paths if not excluded.covers(before + p)]
        if kept:
            occurrence = msgspec.structs.replace(item.occurrence, path=kept[0])
            yield msgspec.structs.replace(item, occurrence=occurrence)
        else:
            left_out += 1
    if left_out:
        reason = f"{left_out} places in history under excluded paths"
        yield Skipped(inside, reason, incomplete=False)


def _prefixed(item: Located | Skipped, inside: str) -> Located | Skipped:
    """Put the repository's own place before the path it has in history."""
    if isinstance(item, Skipped) or not item.occurrence.paths:
        return item
    path = f"{inside}/{item.occurrence.path}"
    return msgspec.structs.replace(
        item, occurrence=msgspec.structs.replace(item.occurrence, path=path)
    )


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
    from stanch.sources.git.history import History

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
        job.progress(Progress("remembered", before.objects, before.objects))
        return
    history = History(repository, layouts, job, before)
    yield from history.problems()
    items = list(history.scan(refs))
    yield from items
    if key and job.cache is not None and history.sound:
        kept = seen.remember(
            layouts, refs, [pack(item) for item in items], history.notes, history.objects
        )
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


SOURCE: Final = Git()
