# SPDX-License-Identifier: Apache-2.0
"""What lies in an object folder: packs, loose objects, and what git itself would not read."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from stanch.errors import InputError
from stanch.gitdb.reading import read_regular
from stanch.gitdb.repository import Problem, Repository

_DIGITS: Final = frozenset("0123456789abcdef")
_TABLES: Final = {
    b"\xfftOc": (".idx",),
    b"RIDX": (".rev",),
    b"BITM": (".bitmap",),
    b"MTME": (".mtimes",),
    b"MIDX": ("multi-pack-index",),
    b"CGPH": ("commit-graph", ".graph"),
}
"""How git's tables start, and how their names end: they hold numbers and object names."""


class Layout(NamedTuple):
    """The files of one object folder.

    Attributes:
        packs: Packs, by name.
        loose: Loose objects: (binary name, file).
        strays: Whatever else is there, such as what a broken fetch left behind.
        problems: Folders that could not be listed, and links.
    """

    packs: list[Path]
    loose: list[tuple[bytes, Path]]
    strays: list[Path]
    problems: list[Problem]


def list_objects(repository: Repository) -> list[Layout]:
    """List the object folders of a repository, its alternates' included."""
    return [lay_out(folder, repository.hash_size) for folder in repository.object_dirs()]


def lay_out(folder: Path, hash_size: int) -> Layout:
    """List an object folder; nothing is opened but what may be a stray.

    Args:
        folder: An `objects` folder.
        hash_size: Bytes of an object name.
    """
    found = Layout([], [], [], [])
    for entry in _listed(folder, found.problems):
        if not entry.is_dir(follow_symlinks=False):
            continue
        if len(entry.name) == 2 and _DIGITS.issuperset(entry.name):
            _loose(Path(entry.path), hash_size, found)
        elif entry.name in ("pack", "info"):
            _tables(Path(entry.path), found)
    return found


def _loose(folder: Path, hash_size: int, found: Layout) -> None:
    first = folder.name
    for entry in _listed(folder, found.problems):
        name = entry.name
        if len(name) == 2 * hash_size - 2 and _DIGITS.issuperset(name):
            found.loose.append((bytes.fromhex(first + name), Path(entry.path)))
        else:
            found.strays.extend(_files(entry, found.problems))


def _tables(folder: Path, found: Layout) -> None:
    for entry in _listed(folder, found.problems):
        if entry.name.endswith(".pack"):
            found.packs.append(Path(entry.path))
        else:
            files = _files(entry, found.problems)
            found.strays.extend(path for path in files if not _is_table(path))


def _files(entry: "os.DirEntry[str]", problems: list[Problem]) -> Iterator[Path]:
    if entry.is_dir(follow_symlinks=False):
        for below in _listed(Path(entry.path), problems):
            yield from _files(below, problems)
    else:
        yield Path(entry.path)


def _is_table(path: Path) -> bool:
    """Tell whether a file is one of git's tables, or an index of the first version."""
    if path.suffix == ".idx" and path.with_suffix(".pack").exists():
        return True
    try:
        ends = _TABLES.get(read_regular(path, 4))
    except InputError:
        return False
    return ends is not None and (path.name.endswith(ends) or path.name.startswith(ends))


def _listed(folder: Path, problems: list[Problem]) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        problems.append((str(folder), f"cannot be listed: {os.strerror(error.errno or 0)}"))
        return []


def is_pack(path: Path) -> bool:
    """Tell whether a file is a pack, whatever its name."""
    try:
        return read_regular(path, 4) == b"PACK"
    except InputError:
        return False
