# SPDX-License-Identifier: Apache-2.0
"""What is staged: the blobs in git's index that HEAD does not have at their place."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

from stanch.disk.globs import Globs
from stanch.errors import InputError, UsageError
from stanch.gitdb.kinds import BLOB
from stanch.gitdb.reader import Reader
from stanch.gitdb.repository import Repository, enclosing_repository
from stanch.gitdb.revisions import Revisions
from stanch.gitdb.staging import FOLDER, GITLINK, Entry, read_index_file
from stanch.model import Blob, Located, Origin, Progress, Skipped
from stanch.sources import Job, Source, examine


class Staged(Source):
    """The next commit, before it is made."""

    name: ClassVar = "staged"
    title: ClassVar = "staged changes: the blobs in git's index"
    order: ClassVar = 5

    def accepts(self, target: str, job: Job) -> bool:  # noqa: ARG002
        """Tell whether `--staged` is asked for."""
        return job.staged

    def scan(self, target: str, job: Job) -> Iterator[Located | Skipped]:
        """Scan every staged blob that differs from HEAD.

        Raises:
            UsageError: `target` is in no repository.
            InputError: The index cannot be read.
        """
        repository = enclosing_repository(Path(target))
        if repository is None:
            raise UsageError(f"{target}: --staged needs a git repository, and this is in none")
        index = job.index or repository.git_dir / "index"
        if not index.exists():
            if job.index:
                yield Skipped(str(index), "the index that git names is not there")
            return
        entries = read_index_file(index, repository.hash_size, repository.git_dir)
        reader = Reader(repository)
        head = _Head(repository, reader)
        staged = list(head.changed(entries))
        for entry in staged:
            yield from _scan(entry, reader, job, len(staged))
        for path, reason in head.lost():
            yield Skipped(path, reason)


class _Head:
    """What HEAD holds, for comparison. Where it cannot be read, everything counts as staged."""

    def __init__(self, repository: Repository, reader: Reader) -> None:
        refs = repository.refs()
        self._revisions = Revisions(reader, refs, repository.hash_size)
        self._tree = b""
        if "HEAD" in refs:
            try:
                self._tree = self._revisions.commit(self._revisions.resolve("HEAD")).tree
            except (InputError, UsageError) as error:
                self._revisions.lost.append(("HEAD", str(error)))

    def changed(self, entries: list[Entry]) -> Iterator[Entry]:
        """Yield the entries whose content is not what HEAD has at their path."""
        for entry in entries:
            if entry.mode == GITLINK or entry.intended or self._has(entry):
                continue
            if entry.mode != FOLDER:
                yield entry
                continue
            for path, name in self._revisions.files(entry.name, entry.path):
                inner = Entry(path, name, 0o100644, intended=False)
                if not self._has(inner):
                    yield inner

    def lost(self) -> list[tuple[str, str]]:
        """Return what could not be read: (object, reason)."""
        return self._revisions.lost

    def _has(self, entry: Entry) -> bool:
        path = entry.path.rstrip(b"/")
        return bool(self._tree) and self._revisions.at(self._tree, path) == entry.name


def _scan(entry: Entry, reader: Reader, job: Job, total: int) -> Iterator[Located | Skipped]:
    path = entry.path.decode("utf-8", "backslashreplace")
    if Globs(job.exclude).covers(path):
        yield Skipped(path, "excluded", incomplete=False)
        return
    try:
        found = reader.read(entry.name)
    except InputError as error:
        yield Skipped(path, f"staged, but cannot be read: {error}")
        return
    if found is None or found[0] != BLOB:
        yield Skipped(path, "staged, but its content is not in the repository")
        return
    origin = Origin(path, kind="staged", object=entry.name.hex())
    yield from examine(job, Blob(origin, found[1]))
    job.progress(Progress("staged", 1, total, len(found[1])))


SOURCE: Final = Staged()
