# SPDX-License-Identifier: Apache-2.0
"""Walk through one target, and share the walk."""

import os
from collections.abc import Iterator
from typing import Final

from stanch import disk
from stanch.disk.ignored import Ignored, outer
from stanch.model import Skipped
from stanch.sharing import Hungry
from stanch.sources import Job, pack
from stanch.sources.files.folder import (
    FILES,
    FOLDER,
    LONG,
    OBJECTS,
    Folder,
    give,
    is_object_folder,
    may_be_repository,
    task,
)
from stanch.sources.files.read import Reader

_BATCH: Final = 256
_OPEN_FOLDERS_MAX: Final = 64
_KERNEL_FOLDERS: Final = ("proc", "sys", "dev")


class Walk:
    """The walk through one target; every process has its own copy.

    Args:
        root: Folder that everything lies in.
        job: What is asked for.
        alias: A file of the top folder, and how the user names it.
    """

    def __init__(self, root: str, job: Job, alias: tuple[str, str] = ("", "")) -> None:
        self._root = root
        self._job = job
        self._real = os.path.realpath(root)
        self._outer = outer(self._real) if job.respect_gitignore else Ignored()
        self._reader = Reader(job, self._real, alias)

    def work(self, wanted: bytes, hungry: Hungry) -> Iterator[bytes]:
        """Do one task: walk a folder, or scan some files of one."""
        sort, path, shown, *names = os.fsdecode(wanted).split("\0")
        self._reader.restart()
        try:
            handle, ignored = self._open(path)
        except OSError as error:
            yield pack(disk.skipped(shown or self._root, error))
            return
        here = Folder(handle, path, shown, ignored, objects=sort == OBJECTS)
        if sort in (FOLDER, OBJECTS):
            yield from self._tree(here, hungry)
        else:
            try:
                here.ignored = self._ignored(ignored, here)
                self._reader.mask(here, names)
                yield from self._reader.files(here, names, long=sort == LONG)
            finally:
                disk.close(handle)
        yield from self._reader.progress()

    def _open(self, path: str) -> tuple[disk.Handle, Ignored]:
        """Open a folder of the target name by name, so that no link can be on the way."""
        ignored, walked = self._outer, ""
        handle = disk.open_folder(self._root)
        for name in path.split("/") if path else ():
            ignored = self._ignored(ignored, Folder(handle, walked, "", ignored))
            handle = disk.enter(handle, name)
            walked = f"{walked}/{name}" if walked else name
        return handle, ignored

    def _tree(self, top: Folder, hungry: Hungry) -> Iterator[bytes]:
        """Walk depth first, with at most so many folders open; give away when asked to."""
        stack = [top]
        try:
            yield from self._enter(top, hungry)
            while stack:
                here = stack[-1]
                if not here.todo:
                    disk.close(stack.pop().handle)
                    continue
                if hungry():
                    yield from give(stack)
                    if not here.todo:
                        continue
                sort, name, shown = here.todo.pop()
                if len(stack) >= _OPEN_FOLDERS_MAX:
                    yield task(sort, here.below(name), shown)
                    continue
                try:
                    handle = disk.open_folder(name, here.handle)
                except OSError as error:
                    yield pack(disk.skipped(shown, error))
                    continue
                path, objects = here.below(name), sort == OBJECTS
                stack.append(Folder(handle, path, shown, here.ignored, objects=objects))
                yield from self._enter(stack[-1], hungry)
                yield b""
        finally:
            for folder in stack:
                disk.close(folder.handle)

    def _enter(self, here: Folder, hungry: Hungry) -> Iterator[bytes]:
        """List a folder: scan its files, and note its folders in `here.todo`."""
        if self._job.respect_gitignore:
            here.ignored = self._ignored(here.ignored, here)
        listed = _Listed()
        folders: list[str] = []
        try:
            with os.scandir(here.handle) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        listed.files.append(entry.name)
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                    elif entry.is_symlink():
                        listed.links.append(entry.name)
                    else:
                        listed.others.append(entry.name)
                    if len(listed.files) >= _BATCH or len(listed.links) >= _BATCH:
                        yield from self._batch(here, listed, hungry)
                        listed = _Listed()
        except OSError as error:
            yield pack(disk.skipped(here.shown or self._root, error))
        if folders:
            yield from self._reader.names(here, folders)
            here.repository |= "HEAD" in listed.files
            yield from self._folders(here, folders)
        if listed:
            yield from self._batch(here, listed)

    def _batch(
        self, here: Folder, listed: "_Listed", hungry: Hungry | None = None
    ) -> Iterator[bytes]:
        """Scan some of what a folder lists; or let someone else do it, where there is more."""
        here.repository |= "HEAD" in listed.files
        yield from self._reader.names(here, listed.files + listed.links + listed.others)
        if listed.links:
            yield from self._reader.links(here, listed.links)
        for name in listed.others:
            yield self._reader.special(here, name)
        if hungry and hungry():
            yield task(FILES, here.path, here.shown, listed.files)
        else:
            yield from self._reader.files(here, listed.files)

    def _folders(self, here: Folder, names: list[str]) -> Iterator[bytes]:
        """Note the folders to walk, and say which are left out."""
        repository = here.repository and "objects" in names and may_be_repository(here.path)
        filtered = self._reader.filtered(here)
        for name in names:
            reason = filtered and self._reader.left_out(here, name, folder=True)
            if reason:
                yield pack(Skipped(here.show(name), reason, incomplete=False))
            elif here.objects and is_object_folder(name):
                continue
            elif not here.path and self._real == "/" and name in _KERNEL_FOLDERS:
                yield pack(Skipped(here.show(name), "the kernel's own files", incomplete=False))
            else:
                sort = OBJECTS if repository and name == "objects" else FOLDER
                here.todo.append((sort, name, here.show(name)))
        if repository and not self._job.history:
            path = here.show("objects")
            yield pack(Skipped(path, "git history was not asked for", incomplete=False))

    def _ignored(self, ignored: Ignored, here: Folder) -> Ignored:
        """Return what is ignored in `here`, given what is in the folder above."""
        if not self._job.respect_gitignore:
            return ignored
        return ignored.entered(here.handle, here.path)


class _Listed:
    """Some of the names in a folder, by what they are."""

    __slots__ = ("files", "links", "others")

    def __init__(self) -> None:
        self.files: list[str] = []
        self.links: list[str] = []
        self.others: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.files or self.links or self.others)
