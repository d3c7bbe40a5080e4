# SPDX-License-Identifier: Apache-2.0
"""What `.gitignore` files name, for those who ask to have it left out.

Only files in the target and in the work tree around it count, never git's configuration.
"""

import os
from typing import Final, NamedTuple

from stanch import disk
from stanch.disk.globs import Globs

_LEVELS_MAX: Final = 100


class _Level(NamedTuple):
    """The patterns of one folder, and how to write a path of the target relative to it."""

    globs: Globs
    prefix: str
    cut: int


class Ignored:
    """The patterns that hold in one folder: its own decide before those above it."""

    __slots__ = ("_levels",)

    def __init__(self, levels: tuple[_Level, ...] = ()) -> None:
        self._levels = levels

    def __bool__(self) -> bool:
        return bool(self._levels)

    def covers(self, path: str, *, folder: bool) -> bool:
        """Tell whether `path`, relative to the target, is ignored."""
        for level in self._levels:
            verdict = level.globs.verdict((level.prefix + path)[level.cut :], folder=folder)
            if verdict is not None:
                return verdict
        return False

    def entered(self, folder: disk.Handle, path: str) -> "Ignored":
        """Return what holds in an open folder of the target, given what holds above it."""
        return self._with(folder, "", len(path) + 1 if path else 0)

    def _with(self, folder: disk.Handle, prefix: str, cut: int) -> "Ignored":
        own = (_exclude(folder), disk.read_text(".gitignore", folder))
        levels = self._levels
        for text in own:
            globs = Globs(text.splitlines())
            if globs:
                levels = (_Level(globs, prefix, cut), *levels)
        return Ignored(levels) if levels is not self._levels else self


def _exclude(folder: disk.Handle) -> str:
    """Return `.git/info/exclude`, if `folder` is a work tree's top."""
    try:
        handle = disk.enter(disk.open_folder(".git", folder), "info")
    except OSError:
        return ""
    try:
        return disk.read_text("exclude", handle)
    finally:
        disk.close(handle)


def outer(real: str) -> Ignored:
    """Return what the work tree around a folder ignores.

    Args:
        real: Absolute path of the folder, without links.
    """
    above = real
    between: list[str] = []
    while not os.path.lexists(os.path.join(above, ".git")):
        above, name = os.path.split(above)
        between.insert(0, name)
        if not name or len(between) > _LEVELS_MAX:
            return Ignored()
    ignored = Ignored()
    for count in range(len(between)):
        folder = disk.open_folder(os.path.join(above, *between[:count]))
        ignored = ignored._with(folder, "/".join(between[count:]) + "/", 0)  # noqa: SLF001
        disk.close(folder)
    return ignored
