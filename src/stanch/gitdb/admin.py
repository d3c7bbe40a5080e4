# SPDX-License-Identifier: Apache-2.0
"""A repository's own text: configuration, refs, reflogs, and what git's commands left behind."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from stanch.errors import InputError
from stanch.gitdb.reading import is_folder, is_link
from stanch.gitdb.refs import files_below
from stanch.gitdb.reftable import read_table, tables
from stanch.gitdb.repository import Repository, listed

_FOLDERS = {"refs": "ref", "logs": "reflog", "info": "file"}
_KINDS = {"config": "config", "config.worktree": "config", "packed-refs": "ref"}


class Text(NamedTuple):
    """A file of a repository that is no object.

    Attributes:
        path: Where it is.
        kind: `config`, `ref`, `reflog`, or `file`.
        name: What its name says: of a loose ref, the ref; else "".
    """

    path: Path
    kind: str
    name: str = ""


def texts(repository: Repository) -> Iterator[Text]:
    """Yield the files of every worktree's own folder, and of the one they share."""
    own, common = repository.git_dir, repository.common_dir
    # A path that leads here a second time is told once, by its first name.
    folders = dict.fromkeys((common, own, *repository.worktrees()))
    seen: set[tuple[int, int]] = set()
    for folder in folders:
        try:
            status = folder.stat()
        except OSError:
            continue
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        for path in listed(folder):
            if path.name in _FOLDERS and is_folder(path):
                for inner in files_below(path):
                    name = inner.relative_to(folder).as_posix() if path.name == "refs" else ""
                    yield Text(inner, _FOLDERS[path.name], name)
            elif not is_link(path) and not path.is_dir():
                yield Text(path, _KINDS.get(path.name, "file"))


def tabled_texts(repository: Repository) -> Iterator[tuple[Text, bytes]]:
    """Yield what reftables hold: names of refs, and entries of reflogs.

    What cannot be read is left to `read_refs`, which reports it.
    """
    for folder in dict.fromkeys((repository.common_dir, repository.git_dir)):
        if not is_folder(folder / "reftable"):
            continue
        try:
            paths = tables(folder / "reftable")
        except InputError:
            continue
        for path in paths:
            try:
                table = read_table(path, repository.hash_size)
            except InputError:
                continue
            for ref in table.refs:
                yield Text(path, "ref"), ref
            for log in table.logs:
                yield Text(path, "reflog"), b" ".join((log.ref, log.who, log.message))
