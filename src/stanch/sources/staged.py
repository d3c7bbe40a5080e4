# SPDX-License-Identifier: Apache-2.0
"""What is staged: the blobs in git's index that HEAD does not have at their place."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

from stanch.errors import InputError, UsageError
from stanch.gitdb.reader import Reader
from stanch.gitdb.repository import Repository, open_repository
from stanch.gitdb.kinds import BLOB
from stanch.gitdb.revisions import Revisions
from stanch.gitdb.staging import GITLINK, Entry, read_index_file
from stanch.model import Blob, Located, Origin, Progress, Skipped
from stanch.sources import Job, Source, examine


class Staged(Source):
    """The next commit, before it is made."""

    name: ClassVar = "staged"
    title: ClassVar = "staged changes: the blobs in git's index"
    order: ClassVar = 5

    def accepts(self, target: str, job: Job) -> bool:
        """Tell whether `--staged` is asked for."""
        return job.staged

    def scan(self, target: str, job: Job) -> Iterator[Located | Skipped]:
        """Scan every staged blob that differs from HEAD.

        Raises:
            UsageError: `target` is in no repository.
            InputError: The index cannot be read.
        """
        repository = _repository(Path(target))
        reader = Reader(repository)
        staged = list(_changed(repository, reader, job.index))
        for entry in staged:
            yield from _scan(entry, reader, job, len(staged))


def _repository(path: Path) -> Repository:
    """Find the repository that `path` is in, as git does: upwards."""
    for folder in (path.resolve(), *path.resolve().parents):
        repository = open_repository(folder)
        if repository is not None:
            return repository
    raise UsageError(f"{path}: --staged needs a git repository, and this is in none")


def _changed(repository: Repository, reader: Reader, index: Path | None) -> Iterator[Entry]:
    path = index or repository.git_dir / "index"
    if not path.exists():
        return
    head: dict[bytes, bytes] = {}
    refs = repository.refs()
    if "HEAD" in refs:
        revisions = Revisions(reader, refs, repository.hash_size)
        head = dict(revisions.files(revisions.commit(revisions.resolve("HEAD")).tree))
    for entry in read_index_file(path, repository.hash_size):
        if entry.mode != GITLINK and not entry.intended and head.get(entry.path) != entry.name:
            yield entry


def _scan(entry: Entry, reader: Reader, job: Job, total: int) -> Iterator[Located | Skipped]:
    path = entry.path.decode("utf-8", "backslashreplace")
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
