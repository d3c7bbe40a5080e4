# SPDX-License-Identifier: Apache-2.0
"""Read files of one folder, and scan them."""

import os
import stat
from collections.abc import Iterator
from typing import Final

from stanch import disk
from stanch.detect.database import Hit
from stanch.disk.globs import Globs
from stanch.model import Blob, Origin, Progress, Skipped
from stanch.sources import (
    Job,
    examine_steps,
    examine_windows,
    is_container,
    pack,
    pack_progress,
)
from stanch.sources.files.folder import LONG, Folder, task

HUGE_BYTES: Final = 64 << 20
"""Files from this size are scanned in windows."""
ARCHIVE_BYTES_MAX: Final = 1 << 30
"""Archives up to this size are opened: they are held whole."""
_LONG_BYTES: Final = 4 << 20
"""Files from this size are left until the walk is over, for whoever is free."""
_REPORT_FILES: Final = 256
_PHASE: Final = "files"


class Reader:
    """Scans files, and counts them.

    Args:
        job: What is asked for.
        real: Absolute path of the target, without links.
        alias: A file of the top folder, and how the user names it.
    """

    def __init__(self, job: Job, real: str, alias: tuple[str, str] = ("", "")) -> None:
        self._job = job
        self._real = real
        self._alias = alias
        self._excluded = Globs(job.exclude)
        self._hits = job.engine.hits
        self._done = 0
        self._size = 0

    def restart(self) -> None:
        """Forget what was counted: a forked child starts with a copy of its parent's counts."""
        self._done = self._size = 0

    def files(self, here: Folder, names: list[str], *, long: bool = False) -> Iterator[bytes]:
        """Scan files of one folder."""
        handle, hits, archives = here.handle, self._hits, self._job.archives
        filtered = self.filtered(here)
        most = HUGE_BYTES if long else _LONG_BYTES
        for number, name in enumerate(names, 1):
            if filtered:
                reason = self.left_out(here, name, folder=False)
                if reason:
                    yield pack(Skipped(here.show(name), reason, incomplete=False))
                    continue
            try:
                data, status = disk.load(name, handle, most)
            except OSError as error:
                yield pack(disk.skipped(here.show(name), error))
                continue
            if data is None:
                yield from self._unread(here, name, status, long=long)
                continue
            self._done += 1
            self._size += len(data)
            found = hits(data)
            if found or (archives and is_container(data)):
                origin = Origin(self._path(here, name), mode=stat.S_IMODE(status.st_mode))
                yield from self._examined(Blob(origin, data), found)
            if not number % 64:
                yield b""
        if self._done >= _REPORT_FILES:
            yield from self.progress()

    def _examined(self, blob: Blob, found: list[Hit] | None = None) -> Iterator[bytes]:
        for item in examine_steps(self._job, blob, found):
            yield pack(item) if item else b""

    def _unread(
        self, here: Folder, name: str, status: os.stat_result, *, long: bool
    ) -> Iterator[bytes]:
        """Go on with what is no regular file, or too long to read at once."""
        if not stat.S_ISREG(status.st_mode):
            yield self.special(here, name)
        elif not long:
            yield task(LONG, here.path, here.shown, [name])
        else:
            path = self._path(here, name)
            try:
                file = disk.open_file(name, here.handle)
            except OSError as error:
                yield pack(disk.skipped(path, error))
                return
            try:
                yield from self._huge(path, file)
            except OSError as error:
                yield pack(disk.skipped(path, error))
            finally:
                os.close(file)
            self._done += 1

    def _huge(self, path: str, file: int) -> Iterator[bytes]:
        """Scan a file that is too long to be held whole."""
        status = os.fstat(file)
        origin = Origin(path, mode=stat.S_IMODE(status.st_mode))
        if getattr(status, "st_blocks", status.st_size) * 512 < status.st_size // 8:
            yield pack(Skipped(path, f"sparse file of {status.st_size} bytes"))
            return
        head = os.read(file, 512)
        if self._job.archives and is_container(head):
            if status.st_size <= ARCHIVE_BYTES_MAX:
                data = disk.rest(file, head, ARCHIVE_BYTES_MAX)
                self._size += len(data)
                yield from self._examined(Blob(origin, data))
                return
            yield pack(Skipped(path, f"archive over {ARCHIVE_BYTES_MAX >> 20} MiB: not opened"))
        os.lseek(file, 0, os.SEEK_SET)

        def read(size: int) -> bytes:
            return os.read(file, size)

        for found in examine_windows(self._job, origin, read, _PHASE):
            yield pack_progress(found) if isinstance(found, Progress) else pack(found)

    def progress(self) -> Iterator[bytes]:
        """Tell what was done since the last time."""
        if self._done or self._size:
            yield pack_progress(Progress(_PHASE, self._done, size=self._size))
            self._done = self._size = 0

    def _path(self, here: Folder, name: str) -> str:
        return self._alias[1] if name == self._alias[0] else here.show(name)

    def mask(self, here: Folder, names: list[str]) -> list[tuple[str, bytes]]:
        """Find credentials in names, which are shown masked from then on; return those names."""
        if not self._hits(os.fsencode("\n".join(names))):
            return []
        found = []
        for name in names:
            raw = os.fsencode(name)
            matches = self._job.engine.matches(raw)
            if matches:
                here.masked[name] = disk.masked(raw, matches)
                found.append((name, raw))
        return found

    def names(self, here: Folder, names: list[str]) -> Iterator[bytes]:
        """Scan the names themselves."""
        for name, raw in self.mask(here, names):
            yield from self._examined(Blob(Origin(here.show(name), kind="name"), raw))

    def links(self, here: Folder, names: list[str]) -> Iterator[bytes]:
        """Scan what links say, and never go where they point."""
        for name in names:
            shown = here.show(name)
            try:
                destination = disk.read_link(name, here.handle)
            except OSError as error:
                yield pack(disk.skipped(shown, error))
                continue
            raw = os.fsencode(destination)
            if self._hits(raw):
                yield from self._examined(Blob(Origin(shown, kind="link"), raw))
            end = os.path.normpath(os.path.join(self._real, here.path, destination))
            if end != self._real and not end.startswith(self._real.rstrip(os.sep) + os.sep):
                yield pack(Skipped(shown, "link out of the target", incomplete=False))

    def special(self, here: Folder, name: str) -> bytes:
        """Say that `name` is neither a file nor a folder."""
        reason = "neither a file nor a folder: a device, a pipe or a socket"
        return pack(Skipped(here.show(name), reason, incomplete=False))

    def filtered(self, here: Folder) -> bool:
        """Tell whether the user may want something in `here` left out."""
        return bool(self._excluded or here.ignored)

    def left_out(self, here: Folder, name: str, *, folder: bool) -> str:
        """Return why the user wants `name` left out, or ""."""
        path = here.below(name)
        if self._excluded and self._excluded.verdict(path, folder=folder):
            return "excluded"
        if here.ignored and here.ignored.covers(path, folder=folder):
            return "ignored by .gitignore"
        return ""
