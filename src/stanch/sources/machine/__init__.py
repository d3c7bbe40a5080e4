# SPDX-License-Identifier: Apache-2.0
"""This user's machine: what package managers, registries and logs hold in plaintext.

The target is `machine:`. Places are looked up in the user's folder that the caller hands in, never
in the one that a scanned tree might name. The user's own files are theirs to link, so here links
are followed.
"""

import glob
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Final

from stanch import disk
from stanch.model import Blob, Located, Origin, Progress, Skipped
from stanch.sources import Job, Source, examine, examine_windows
from stanch.sources.machine.places import MOVED, PLACES

TARGET: Final = "machine:"
_HELD_BYTES_MAX: Final = 64 << 20
_PHASE: Final = "machine"


class Machine(Source):
    """Configuration, credential files, logs, histories and variables of this user."""

    name: ClassVar = "machine"
    title: ClassVar = "this user's machine: configuration, credential files, logs, variables"
    order: ClassVar = 40

    def accepts(self, target: str, job: Job) -> bool:  # noqa: ARG002
        """Tell whether `target` is `machine:`."""
        return target == TARGET

    def scan(self, target: str, job: Job) -> Iterator[Located | Skipped]:  # noqa: ARG002
        """Scan the variables, then each known place that exists."""
        environ = job.environ or {}
        for name, value in environ.items():
            origin = Origin(f"environment:{disk.shown(name)}", kind="variable")
            yield from examine(job, Blob(origin, os.fsencode(f"{name}={value}")))
        job.progress(Progress(_PHASE, len(environ)))
        for path in found(job.home, environ):
            yield from _file(job, path)


def found(home: Path | None, environ: Mapping[str, str], platform: str = "") -> Iterator[str]:
    """Yield the paths of the known places that exist, each once.

    Args:
        home: The user's folder; None for the system's places alone.
        environ: The environment, which moves some places.
        platform: As `sys.platform`; "" for this one.
    """
    bases = _bases(home, environ, platform or sys.platform)
    seen: set[str] = set()
    for pattern in _patterns(bases, environ):
        for path in sorted(glob.glob(pattern, recursive=True, include_hidden=True)):
            real = os.path.realpath(path)
            if real not in seen and not os.path.isdir(real):
                seen.add(real)
                yield path


def _bases(home: Path | None, environ: Mapping[str, str], platform: str) -> dict[str, list[str]]:
    """Return the folders that `~`, `CONFIG`, `DATA` and `CACHE` stand for, most usual first."""
    if home is None:
        return {"SYSTEM": [""]}
    at_home = str(home)

    def below(*parts: str) -> str:
        return os.path.join(at_home, *parts)

    config, data, cache = [below(".config")], [below(".local", "share")], [below(".cache")]
    if platform == "darwin":
        support = below("Library", "Application Support")
        config, data = [*config, support, below("Library", "Preferences")], [*data, support]
        cache += [below("Library", "Caches"), below("Library", "Logs")]
    elif platform == "win32":
        roaming = environ.get("APPDATA") or below("AppData", "Roaming")
        local = environ.get("LOCALAPPDATA") or below("AppData", "Local")
        config, data, cache = [*config, roaming, local], [*data, roaming, local], [*cache, local]
    for name, folders in (("CONFIG", config), ("DATA", data), ("CACHE", cache)):
        moved = environ.get(f"XDG_{name}_HOME", "")
        if os.path.isabs(moved):
            folders.insert(0, moved)
    return {"~": [at_home], "CONFIG": config, "DATA": data, "CACHE": cache, "SYSTEM": [""]}


def _patterns(bases: Mapping[str, list[str]], environ: Mapping[str, str]) -> Iterator[str]:
    for variable, below in MOVED:
        moved = environ.get(variable, "")
        if moved and os.path.isabs(moved):
            yield os.path.join(glob.escape(moved), below) if below else glob.escape(moved)
    for _, places in PLACES:
        for place in places:
            base, _, below = place.partition("/")
            for folder in bases.get(base, ()):
                yield f"{glob.escape(folder)}/{below}"


def _file(job: Job, path: str) -> Iterator[Located | Skipped]:
    """Scan one file, with its mode: whether others may read it is half of the news."""
    shown = disk.shown(path.replace(os.sep, "/"))
    try:
        file = os.open(path, disk.FLAGS & ~getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        yield disk.skipped(shown, error)
        return
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            return
        origin = Origin(shown, mode=stat.S_IMODE(status.st_mode))
        size = status.st_size
        if size < _HELD_BYTES_MAX:
            yield from examine(job, Blob(origin, disk.rest(file, b"", _HELD_BYTES_MAX)))
        else:
            for item in examine_windows(job, origin, lambda most: os.read(file, most), _PHASE):
                if not isinstance(item, Progress):
                    yield item
        job.progress(Progress(_PHASE, 1, size=size))
    except OSError as error:
        yield disk.skipped(shown, error)
    finally:
        os.close(file)


SOURCE: Final = Machine()
