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
