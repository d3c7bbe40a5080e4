# SPDX-License-Identifier: Apache-2.0
"""Find the plug-ins: every module of a plug-in folder, and third parties' entry points."""

import importlib
import os
import pkgutil
import sys
from collections.abc import Iterable
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def modules(package: str) -> list[ModuleType]:
    """Import every module of a plug-in folder, in order of their names.

    Args:
        package: Dotted name of the folder, such as `stanch.registries`.
    """
    folder = importlib.import_module(package)
    names = sorted(info.name for info in pkgutil.iter_modules(folder.__path__))
    return [importlib.import_module(f"{package}.{name}") for name in names if name[0] != "_"]


@cache
def plugins(package: str, constant: str) -> tuple[object, ...]:
    """Return each plug-in of a folder, third parties' last.

    Args:
        package: Dotted name of the folder, which is also the entry-point group.
        constant: Name that each module ends with, such as `REGISTRY`.
    """
    own = [getattr(module, constant) for module in modules(package)]
    return (*own, *(point.load() for point in _entry_points(package)))


def _entry_points(group: str) -> "Iterable[EntryPoint]":
    """Return third parties' entry points of a group."""
    if not _anyone_extends(group.encode()):
        return ()
    from importlib.metadata import entry_points

    return entry_points(group=group)


@cache
def _anyone_extends(group: bytes) -> bool:
    """Tell whether an installed package declares the group.

    NOTE: importing importlib.metadata takes longer than all else at start; a look at the files
    that it would read tells that it is not needed.
    """
    for folder in sys.path:
        try:
            with os.scandir(folder or ".") as entries:
                packages = [e.path for e in entries if e.name.endswith((".dist-info", ".egg-info"))]
        except OSError:
            continue
        for path in packages:
            try:
                with open(os.path.join(path, "entry_points.txt"), "rb") as file:
                    if b"[" + group + b"]" in file.read():
                        return True
            except OSError:
                continue
    return False


def names(package: str) -> list[str]:
    """Return the names of a folder's plug-ins, our own and third parties', importing none."""
    own = {info.name for info in pkgutil.iter_modules(importlib.import_module(package).__path__)}
    foreign = {point.name for point in _entry_points(package)}
    return sorted(name for name in own | foreign if name[0] != "_")


def plugin(package: str, constant: str, name: str) -> object:
    """Return one plug-in, importing only what it needs.

    Args:
        package: As in `plugins`.
        constant: As in `plugins`.
        name: One of `names(package)`; a module of our own comes before an entry point.

    Raises:
        LookupError: There is none of that name.
    """
    if name.isidentifier() and name[0] != "_":
        try:
            return getattr(importlib.import_module(f"{package}.{name}"), constant)
        except ModuleNotFoundError as error:
            if error.name != f"{package}.{name}":
                raise
    for point in _entry_points(package):
        if point.name == name:
            return point.load()
    raise LookupError(f"{package} has no {name}")
