# SPDX-License-Identifier: Apache-2.0
"""Find a repository's parts on disk: object folders, packs, loose objects.

Only files are read. What the repository's own configuration says is believed for two facts alone:
the hash it uses, and whether it is a partial clone.

Source:
    https://git-scm.com/docs/gitrepository-layout (read 2026-11-22)
"""

import codecs
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from stanch.errors import InputError
from stanch.gitdb.reading import is_folder, is_link, is_regular, read_regular

_POINTER: Final = re.compile(rb"(?s)gitdir:\s*(.+?)\s*$")
_ALTERNATES_DEPTH: Final = 5
_CONFIG_MAX: Final = 1 << 20
_POINTER_MAX: Final = 4096
_LINKED: Final = (
    "objects",
    "objects/pack",
    "objects/info/alternates",
    "refs",
    "packed-refs",
    "reftable",
    "logs",
    "config",
)
"""Parts of a repository that git would read through a link."""

Problem = tuple[str, str]
"""(path, why it was not read)."""


class Repository(NamedTuple):
    """Where one repository keeps its things.

    Attributes:
        path: What the user would call it.
        git_dir: Its own folder: HEAD, index.
        common_dir: Folder shared by its worktrees: objects, refs, config.
    """

    path: Path
    git_dir: Path
    common_dir: Path

    @property
    def hash_size(self) -> int:
        """Bytes of an object name: 20, or 32 in a sha256 repository."""
        return 32 if re.search(rb"(?im)^\s*objectformat\s*=\s*\"?sha256", self._config()) else 20

    def partial(self) -> bool:
        """Tell whether this is a partial clone: objects may be missing by design."""
        return bool(
            re.search(rb"(?im)^\s*(?:partialclone(?:filter)?|promisor)\s*=", self._config())
        )

    def shallow(self) -> frozenset[bytes]:
        """Return the binary names of the commits at which history is cut off."""
        names = read_or_empty(self.common_dir / "shallow").split()
        return frozenset(bytes.fromhex(one.decode()) for one in names if is_hex(one))

    def object_dirs(self) -> list[Path]:
        """Return the object folder and its alternates, each once."""
        return self._object_dirs()[0]

    def gaps(self) -> list[Problem]:
        """Return the parts that are not read, with the reason."""
        linked = [name for name in _LINKED if is_link(self.common_dir / name)]
        reason = "a link, which is not followed: scan what it points to"
        return [(name, reason) for name in linked] + self._object_dirs()[1]

    def refs(self) -> dict[str, str]:
        """Return every ref and pseudo-ref with the hex name it points at."""
        from stanch.gitdb.refs import read_refs

        return read_refs(self)[0]

    def worktrees(self) -> list[Path]:
        """Return the own folders of its linked worktrees."""
        return [path for path in listed(self.common_dir / "worktrees") if is_folder(path)]

    def _object_dirs(self) -> tuple[list[Path], list[Problem]]:
        own = self.common_dir / "objects"
        found: list[Path] = []
        missing: list[Problem] = []
        todo = [(own, 0)]
        while todo:
            folder, depth = todo.pop(0)
            if not (is_folder(folder) if folder == own else os.path.isdir(folder)):
                if not (folder == own and is_link(own)):
                    what = "the objects are" if folder == own else "an alternate is"
                    missing.append((os.fsdecode(folder), f"{what} not here"))
                continue
            if any(_same(folder, known) for known in found):
                continue
            found.append(folder)
            names = read_or_empty(folder / "info" / "alternates").split(b"\n")
            paths = [folder / _unquoted(name) for name in names if name and name[:1] != b"#"]
            if depth < _ALTERNATES_DEPTH:
                todo += [(path, depth + 1) for path in paths]
            else:
                missing += [(str(path), "alternates are nested too deep") for path in paths]
        return found, missing

    def _config(self) -> bytes:
        return read_or_empty(self.common_dir / "config")


def open_repository(path: Path) -> Repository | None:
    """Return the repository at `path`: a work tree, a `.git` folder or file, or a bare one."""
    found = _opened(path, [])
    if found is None and is_link(path / ".git") and _is_git_dir(path / ".git"):
        # The user asked for this very repository.
        return _repository(path, path / ".git")
    return found


def enclosing_repository(path: Path) -> Repository | None:
    """Return the repository that `path` is in: found upwards, as git does."""
    path = Path(os.path.realpath(path))
    for folder in (path, *path.parents):
        repository = open_repository(folder)
        if repository is not None:
            return repository
    return None


def repositories_below(path: Path, problems: list[Problem] | None = None) -> Iterator[Repository]:
    """Yield every repository in a folder, submodules' git folders included; links unfollowed.

    Args:
        path: The folder.
        problems: Takes repositories that are not here, and folders that cannot be listed.
    """
    problems = [] if problems is None else problems
    todo = [path]
    while todo:
        folder = todo.pop()
        repository = _opened(folder, problems)
        if repository is not None:
            yield repository
            todo += [one for one in (repository.git_dir / "modules",) if is_folder(one)]
            if repository.git_dir == folder:
                continue
        try:
            with os.scandir(folder) as entries:
                todo += [
                    Path(entry.path)
                    for entry in entries
                    if entry.name != ".git" and entry.is_dir(follow_symlinks=False)
                ]
        except OSError as error:
            problems.append((str(folder), os.strerror(error.errno or 0)))


def listed(folder: Path) -> list[Path]:
    """Return what is in a folder, sorted; nothing where it cannot be listed."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def read_or_empty(path: Path, most: int = _CONFIG_MAX) -> bytes:
    """Return the first bytes of a regular file; none where there is no such file."""
    try:
        return read_regular(path, most)
    except InputError:
        return b""


def is_hex(text: bytes) -> bool:
    """Tell whether `text` is a whole object name, in hex."""
    return len(text) in (40, 64) and re.fullmatch(rb"[0-9a-f]+", text) is not None


def _opened(path: Path, problems: list[Problem]) -> Repository | None:
    if _is_git_dir(path):
        return _repository(path, path)
    dot_git = path / ".git"
    if is_regular(dot_git):
        match = _POINTER.match(read_or_empty(dot_git, _POINTER_MAX))
        target = path / os.fsdecode(match[1]) if match else dot_git
        if _is_git_dir(target):
            return _repository(path, target)
        problems.append((str(dot_git), "its repository is elsewhere, and not here"))
    elif is_link(dot_git):
        problems.append((str(dot_git), "a link, which is not followed: scan what it points to"))
    elif _is_git_dir(dot_git):
        return _repository(path, dot_git)
    return None


def _repository(path: Path, git_dir: Path) -> Repository:
    pointer = read_or_empty(git_dir / "commondir", _POINTER_MAX).strip()
    common = git_dir / os.fsdecode(pointer) if pointer else git_dir
    return Repository(path, git_dir, common)


def _is_git_dir(path: Path) -> bool:
    head = path / "HEAD"
    try:
        if not (is_regular(head) or is_link(head)):
            # Without a HEAD it is damaged; its objects are there all the same.
            return is_folder(path / "objects" / "pack") and is_folder(path / "objects" / "info")
        return (path / "objects").is_dir() or is_regular(path / "commondir")
    except OSError:
        return False


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _unquoted(name: bytes) -> str:
    """Undo the quotes that git puts around odd paths."""
    if name[:1] == b'"' and name[-1:] == b'"' and len(name) > 1:
        try:
            name = codecs.escape_decode(name[1:-1])[0]
        except ValueError:
            return os.fsdecode(name)
    return os.fsdecode(name)
