# SPDX-License-Identifier: Apache-2.0
"""A range of commits: what each brought that its parents did not have."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

import msgspec

from stanch.disk.globs import Globs
from stanch.errors import InputError, UsageError
from stanch.gitdb.reader import Reader
from stanch.gitdb.repository import Repository, enclosing_repository
from stanch.gitdb.revisions import Commit, Revisions, iso_time
from stanch.model import Blob, Located, Origin, Progress, Skipped
from stanch.sources import Job, Source, examine


class Commits(Source):
    """Some commits of a repository."""

    name: ClassVar = "commits"
    title: ClassVar = "a range of commits: what each of them brought"
    order: ClassVar = 6

    def accepts(self, target: str, job: Job) -> bool:  # noqa: ARG002
        """Tell whether a range is asked for."""
        return bool(job.since or job.commits) and not job.staged

    def scan(self, target: str, job: Job) -> Iterator[Located | Skipped]:
        """Scan messages and new blobs of the commits in the range, newest first.

        Raises:
            UsageError: `target` is no repository, or the range names no commits.
        """
        repository = enclosing_repository(Path(target))
        if repository is None:
            raise UsageError(f"{target}: a range of commits needs a git repository")
        if repository.shallow():
            yield Skipped(target, "shallow clone: the range may reach beyond what is here")
        if repository.partial():
            yield Skipped(target, "partial clone: objects may be missing")
        yield from _Range(repository, job, target).scan()


class _Range:
    """The commits of one range, and the blobs that were already scanned."""

    def __init__(self, repository: Repository, job: Job, label: str) -> None:
        self._reader = Reader(repository)
        refs = repository.refs()
        self._revisions = Revisions(self._reader, refs, repository.hash_size, repository.shallow())
        self._job = job
        self._label = label
        self._seen: set[bytes] = set()
        self._excluded = Globs(job.exclude)
        self._left_out = 0
        self._head = b""
        if "HEAD" in refs:
            try:
                self._head = self._revisions.commit(self._revisions.resolve("HEAD")).tree
            except (InputError, UsageError) as error:
                self._revisions.lost.append(("HEAD", str(error)))

    def scan(self) -> Iterator[Located | Skipped]:
        """Scan the range."""
        for commit in self._revisions.between(*self._ends()):
            yield from self._examined(
                commit, Origin(self._label, kind="commit", object=commit.name.hex()), commit.data
            )
            for path, name in self._revisions.brought(commit):
                if self._excluded.covers(path.decode("utf-8", "backslashreplace")):
                    self._left_out += 1
                elif name not in self._seen:
                    self._seen.add(name)
                    yield from self._blob(commit, path, name)
            self._job.progress(Progress("commits", 1))
        if self._left_out:
            reason = f"{self._left_out} blobs under excluded paths"
            yield Skipped(self._label, reason, incomplete=False)
        for what, reason in dict.fromkeys(self._revisions.lost):
            yield Skipped(f"{self._label}: {what}", reason)

    def _ends(self) -> tuple[list[bytes], list[bytes]]:
        resolve = self._revisions.resolve
        if self._job.commits:
            low, dots, high = self._job.commits.partition("..")
            if not dots or ".." in high or high.startswith("."):
                raise UsageError(f"{self._job.commits}: a range is written A..B")
            return [resolve(low or "HEAD")], [resolve(high or "HEAD")]
        return [resolve(self._job.since)], [resolve("HEAD")]

    def _blob(self, commit: Commit, path: bytes, name: bytes) -> Iterator[Located | Skipped]:
        shown = path.decode("utf-8", "backslashreplace")
        try:
            found = self._reader.read(name)
        except InputError as error:
            yield Skipped(f"{self._label}: {shown}", str(error))
            return
        if found is None:
            yield Skipped(f"{self._label}: {shown}", "its content is not in the repository")
            return
        in_head = bool(self._head) and self._revisions.at(self._head, path) == name
        origin = Origin(shown, kind="blob", object=name.hex())
        yield from self._examined(commit, origin, found[1], in_head=in_head)

    def _examined(
        self, commit: Commit, origin: Origin, data: bytes, *, in_head: bool | None = None
    ) -> Iterator[Located | Skipped]:
        for item in examine(self._job, Blob(origin, data)):
            if isinstance(item, Skipped):
                yield item
                continue
            occurrence = msgspec.structs.replace(
                item.occurrence,
                paths=(origin.path,) if origin.kind == "blob" else (),
                commit=commit.name.hex(),
                author=commit.author,
                date=iso_time(commit.authored),
                last_commit=commit.name.hex(),
                last_date=iso_time(commit.authored),
                reachable=True,
                in_head=in_head,
            )
            yield msgspec.structs.replace(item, occurrence=occurrence)
        self._job.progress(Progress("objects", 1, 0, len(data)))


SOURCE: Final = Commits()
