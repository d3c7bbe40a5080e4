# SPDX-License-Identifier: Apache-2.0
"""Find a repository's parts on disk: object folders, packs, loose objects, refs.

Only files are read. What the repository's own configuration says is believed for two facts alone:
the hash it uses, and whether it is a partial clone.

Source:
    https://git-scm.com/docs/gitrepository-layout (read 2026-11-22)
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_POINTER: Final = re.compile(rb"gitdir:\s*(.+?)\s*$")
_HEX: Final = re.compile(r"[0-9a-f]+")
_REF_MAX: Final = 200
_ALTERNATES_DEPTH: Final = 5
_CONFIG_MAX: Final = 1 << 20


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
        return 32 if re.search(rb"(?im)^\s*objectformat\s*=\s*sha256", self._config()) else 20

    def partial(self) -> bool:
        """Tell whether this is a partial clone: objects may be missing by design."""
        return bool(
            re.search(rb"(?im)^\s*(?:partialclone(?:filter)?|promisor)\s*=", self._config())
        )

    def shallow(self) -> bool:
        """Tell whether history is cut off."""
        shallow = self.common_dir / "shallow"
        return shallow.is_file() and shallow.stat().st_size > 0

    def object_dirs(self) -> list[Path]:
        """Return the object folder and its alternates, each once."""
        found: list[Path] = []
        todo = [(self.common_dir / "objects", 0)]
        while todo:
            folder, depth = todo.pop(0)
            if not folder.is_dir() or any(_same(folder, known) for known in found):
                continue
            found.append(folder)
            alternates = folder / "info" / "alternates"
            if depth < _ALTERNATES_DEPTH and alternates.is_file():
                lines = alternates.read_bytes()[:_CONFIG_MAX].splitlines()
                names = [line for line in lines if line and not line.startswith(b"#")]
                todo += [(folder / os.fsdecode(name), depth + 1) for name in names]
        return found

    def refs(self) -> dict[str, str]:
        """Return every ref and pseudo-ref with the hex name it points at.

        Symbolic refs are followed; loose refs win over packed ones, as in git.
        """
        refs: dict[str, str] = {}
        packed = self.common_dir / "packed-refs"
        if packed.is_file():
            for line in packed.read_bytes().splitlines():
                packed_name, _, ref = line.partition(b" ")
                if ref and line[:1] not in b"#^":
                    refs[os.fsdecode(ref)] = packed_name.decode("latin-1")
        for root in {self.common_dir, self.git_dir}:
            refs.update(_loose_refs(root))
        for folder in {self.git_dir, self.common_dir, *self._worktrees()}:
            for pseudo in ("HEAD", "ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD"):
                name = _resolve(folder / pseudo, refs)
                if name:
                    label = pseudo if folder == self.git_dir else f"{folder.name}/{pseudo}"
                    refs[label] = name
        return refs

    def reflog(self) -> set[str]:
        """Return the hex names that reflogs mention."""
        names: set[str] = set()
        for root in {self.common_dir / "logs", self.git_dir / "logs"}:
            for path in _files_below(root):
                for line in path.read_bytes().splitlines():
                    old, _, rest = line.partition(b" ")
                    names.update(n.decode("latin-1") for n in (old, rest.partition(b" ")[0]))
        return {name for name in names if _HEX.fullmatch(name) and name.strip("0")}

    def _worktrees(self) -> list[Path]:
        folder = self.common_dir / "worktrees"
        return [p for p in sorted(folder.iterdir()) if p.is_dir()] if folder.is_dir() else []

    def _config(self) -> bytes:
        config = self.common_dir / "config"
        return config.read_bytes()[:_CONFIG_MAX] if config.is_file() else b""


def open_repository(path: Path) -> Repository | None:
    """Return the repository at `path`: a work tree, a `.git` folder or file, or a bare one."""
    if _is_git_dir(path):
        return _repository(path, path)
    dot_git = path / ".git"
    if dot_git.is_file():
        match = _POINTER.match(dot_git.read_bytes()[:4096])
        target = path / os.fsdecode(match[1]) if match else dot_git
        return _repository(path, target) if _is_git_dir(target) else None
    return _repository(path, dot_git) if _is_git_dir(dot_git) else None


def repositories_below(path: Path) -> Iterator[Repository]:
    """Yield every repository in a folder, submodules' git folders included; links unfollowed."""
    todo = [path]
    while todo:
        folder = todo.pop()
        repository = open_repository(folder)
        if repository is not None:
            yield repository
            todo += _modules(repository.git_dir)
            if repository.git_dir == folder:
                continue
        try:
            with os.scandir(folder) as entries:
                todo += [
                    Path(entry.path)
                    for entry in entries
                    if entry.name != ".git" and entry.is_dir(follow_symlinks=False)
                ]
        except OSError:
            continue


def _modules(git_dir: Path) -> list[Path]:
    folder = git_dir / "modules"
    return [folder] if folder.is_dir() else []


def _repository(path: Path, git_dir: Path) -> Repository:
    pointer = git_dir / "commondir"
    common = git_dir
    if pointer.is_file():
        common = git_dir / os.fsdecode(pointer.read_bytes()[:4096].strip())
    return Repository(path, git_dir, common)


def _is_git_dir(path: Path) -> bool:
    if not (path / "HEAD").is_file():
        return False
    return (path / "objects").is_dir() or (path / "commondir").is_file()


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _files_below(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _loose_refs(root: Path) -> dict[str, str]:
    refs = {}
    for path in _files_below(root / "refs"):
        name = _read_ref(path)
        if name and not name.startswith("ref:"):
            refs[path.relative_to(root).as_posix()] = name
    return refs


def _read_ref(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(_REF_MAX).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
    return text.strip() if text.startswith("ref:") else text.split("\t")[0].strip()


def _resolve(path: Path, refs: dict[str, str]) -> str:
    text = _read_ref(path) if path.is_file() else ""
    for _ in range(5):
        if not text.startswith("ref:"):
            return text if _HEX.fullmatch(text) else ""
        text = refs.get(text[4:].strip(), "")
    return ""
