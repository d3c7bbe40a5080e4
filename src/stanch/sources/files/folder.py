# SPDX-License-Identifier: Apache-2.0
"""An open folder in a walk, and the tasks that a walk is split into."""

import os
from collections.abc import Iterable, Iterator
from typing import Final

from stanch import disk
from stanch.disk.ignored import Ignored
from stanch.sharing import Task

FOLDER: Final = "folder"
OBJECTS: Final = "objects"
"""A folder of git objects: the git source reads what is git's in there."""
FILES: Final = "files"
LONG: Final = "long"
"""One file that takes long."""


def task(sort: str, path: str, shown: str, names: Iterable[str] = ()) -> Task:
    """Describe work on a folder of the target, or on some of its files."""
    return Task(os.fsencode("\0".join((sort, path, shown, *names))))


class Folder:
    """An open folder, and the folders in it that are still to be walked."""

    __slots__ = ("handle", "ignored", "masked", "objects", "path", "repository", "shown", "todo")

    def __init__(
        self, handle: disk.Handle, path: str, shown: str, ignored: Ignored, *, objects: bool = False
    ) -> None:
        self.handle = handle
        self.path = path
        self.shown = shown
        self.ignored = ignored
        self.objects = objects
        self.repository = False
        self.todo: list[tuple[str, str, str]] = []
        self.masked: dict[str, str] = {}

    def below(self, name: str) -> str:
        """Return the path of `name` in this folder, relative to the target."""
        return f"{self.path}/{name}" if self.path else name

    def show(self, name: str) -> str:
        """Return the path of `name` as the user would write it."""
        name = self.masked.get(name) or disk.shown(name)
        if not self.shown:
            return name
        return self.shown + name if self.shown.endswith("/") else f"{self.shown}/{name}"


def give(stack: list[Folder]) -> Iterator[bytes]:
    """Give away half of what is left to walk in the topmost folder that has some."""
    for folder in stack:
        if folder.todo and (len(folder.todo) > 1 or folder is not stack[-1]):
            half = (len(folder.todo) + 1) // 2
            for sort, name, shown in folder.todo[:half]:
                yield task(sort, folder.below(name), shown)
            del folder.todo[:half]
            return


def may_be_repository(path: str) -> bool:
    """Tell whether the git source would find a repository there: git's own folders hold none."""
    _, dot_git, inside = f"/{path}".partition("/.git/")
    return not dot_git or inside.startswith("modules/")


def is_object_folder(name: str) -> bool:
    """Tell whether git keeps objects in a folder of that name, which the git source reads."""
    is_loose = len(name) == 2 and all(digit in "0123456789abcdef" for digit in name)
    return is_loose or name in ("pack", "info")
