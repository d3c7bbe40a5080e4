# SPDX-License-Identifier: Apache-2.0
"""Find the plug-ins: every module of a plug-in folder, and third parties' entry points."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType


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
    from importlib.metadata import entry_points

    return (*own, *(point.load() for point in entry_points(group=package)))


def names(package: str) -> list[str]:
    """Return the names of a folder's plug-ins, our own and third parties', importing none."""
    from importlib.metadata import entry_points

    own = {info.name for info in pkgutil.iter_modules(importlib.import_module(package).__path__)}
    foreign = {point.name for point in entry_points(group=package)}
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
    from importlib.metadata import entry_points

    for point in entry_points(group=package, name=name):
        return point.load()
    raise LookupError(f"{package} has no {name}")
