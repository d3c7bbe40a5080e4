# SPDX-License-Identifier: Apache-2.0
"""Refs: loose, packed, in reftables, and the pseudo-refs of every worktree.

Source:
    https://git-scm.com/docs/gitrepository-layout (read 2026-11-22)
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from stanch.errors import InputError
from stanch.gitdb.reading import is_link
from stanch.gitdb.reftable import read_table, tables
from stanch.gitdb.repository import Problem, Repository, is_hex, read_or_empty

_REF_MAX: Final = 4096
_PACKED_MAX: Final = 1 << 30
_SYMBOLIC_MAX: Final = 5
_PSEUDO: Final = ("HEAD", "ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD")


def read_refs(repository: Repository) -> tuple[dict[str, str], list[Problem]]:
    """Return every ref and pseudo-ref with the hex name it points at, and what was not read.

    Symbolic refs are followed; loose refs win over packed ones, as in git. A ref that points at
    nothing is left out.
    """
    common, own = repository.common_dir, repository.git_dir
    digits = 2 * repository.hash_size
    raw: dict[str, str] = {}
    problems: list[Problem] = []
    for line in read_or_empty(common / "packed-refs", _PACKED_MAX).split(b"\n"):
        name, _, ref = line.partition(b" ")
        if ref and name[:1] not in b"#^":
            raw[os.fsdecode(ref)] = name.decode("latin-1")
    folders = {own: "", common: "" if own == common else "main-worktree/"}
    for path in repository.worktrees():
        if os.path.realpath(path) != os.path.realpath(own):
            folders[path] = f"worktrees/{path.name}/"
    for folder, label in reversed(folders.items()):
        shared = "" if folder == common else label
        raw.update({shared + ref: value for ref, value in _loose(folder)})
        raw.update({label + ref: value for ref, value in _pseudo(folder)})
        tabled = _reftables(folder, repository.hash_size, problems)
        raw.update({(label if ref in _PSEUDO else shared) + ref: v for ref, v in tabled.items()})
    refs = {ref: _followed(value, raw) for ref, value in raw.items()}
    return {r: n for r, n in refs.items() if len(n) == digits and is_hex(n.encode())}, problems


def _followed(value: str, refs: dict[str, str]) -> str:
    for _ in range(_SYMBOLIC_MAX):
        if not value.startswith("ref:"):
            return value if value.isascii() else ""
        value = refs.get(value[4:].strip(), "")
    return ""


def _loose(folder: Path) -> Iterator[tuple[str, str]]:
    for path in files_below(folder / "refs"):
        value = _value(path)
        if value:
            yield path.relative_to(folder).as_posix(), value


def _pseudo(folder: Path) -> Iterator[tuple[str, str]]:
    for name in _PSEUDO:
        path = folder / name
        if is_link(path):
            # Before there were symbolic refs, HEAD was a link.
            yield name, "ref: " + os.readlink(path)
        elif value := _value(path):
            yield name, value


def _value(path: Path) -> str:
    text = read_or_empty(path, _REF_MAX).decode("utf-8", "surrogateescape")
    line = text.partition("\n")[0].strip()
    return line if line.startswith("ref:") else line.partition("\t")[0].strip()


def _reftables(folder: Path, hash_size: int, problems: list[Problem]) -> dict[str, str]:
    found: dict[str, str] = {}
    if not (folder / "reftable").is_dir():
        return found
    try:
        paths = tables(folder / "reftable")
    except InputError as error:
        problems.append(("reftable", str(error)))
        return found
    for path in paths:
        try:
            refs = read_table(path, hash_size).refs
        except InputError as error:
            problems.append((f"reftable/{path.name}", str(error)))
            continue
        found.update({os.fsdecode(ref): value for ref, value in refs.items()})
    return found


def files_below(root: Path) -> Iterator[Path]:
    """Yield every file below a folder, sorted; links are neither followed nor yielded."""
    for folder, below, names in os.walk(root):
        below.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if not is_link(path):
                yield path
