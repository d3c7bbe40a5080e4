# SPDX-License-Identifier: Apache-2.0
"""Read folders and files without following a link, opening a device or trusting a name.

Where the system opens a name relative to an open folder, that is done: nobody can swap a folder on
the way for a link. Elsewhere (Windows) a folder is its path.
"""

import errno
import os
import stat
from collections.abc import Iterable
from typing import Final

from stanch.model import Match, Skipped

Handle = int | str
"""An open folder: a descriptor, or its path where folders cannot be opened."""

_RELATIVE: Final = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_FOLDER_FLAGS: Final = FLAGS | getattr(os, "O_DIRECTORY", 0)
_CHUNK: Final = 1 << 20


def open_file(name: str, folder: Handle) -> int:
    """Open a file in `folder`. It never waits and follows no link; check what it is by `fstat`."""
    if isinstance(folder, int):
        return os.open(name, FLAGS, dir_fd=folder)
    path = os.path.join(folder, name)
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return os.open(path, FLAGS)


def open_folder(name: str, folder: Handle | None = None) -> Handle:
    """Open a folder, in `folder` or by its path; only a path that the user gave may be a link."""
    if not _RELATIVE:
        return _path_of(name, folder)
    if folder is None:
        return os.open(name, _FOLDER_FLAGS & ~getattr(os, "O_NOFOLLOW", 0))
    assert isinstance(folder, int)
    return os.open(name, _FOLDER_FLAGS, dir_fd=folder)


def _path_of(name: str, folder: Handle | None) -> str:
    if folder is None:
        return name
    path = os.path.join(str(folder), name)
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    return path


def enter(folder: Handle, name: str) -> Handle:
    """Open a folder in `folder`, and close that one."""
    try:
        return open_folder(name, folder)
    finally:
        close(folder)


def close(folder: Handle) -> None:
    """Close what `open_folder` opened."""
    if isinstance(folder, int):
        os.close(folder)


def read_link(name: str, folder: Handle) -> str:
    """Return where a link in `folder` points."""
    if isinstance(folder, int):
        return os.readlink(name, dir_fd=folder)
    return os.readlink(os.path.join(folder, name))


def load(name: str, folder: Handle, most: int) -> tuple[bytes | None, os.stat_result]:
    """Return the bytes of a regular file under `most` bytes; None of any other."""
    file = open_file(name, folder)
    try:
        status = os.fstat(file)
        size = status.st_size
        if size >= most or not stat.S_ISREG(status.st_mode):
            return None, status
        data = os.read(file, size + 1)
        if len(data) != size:
            data = rest(file, data, most)
        return data, status
    finally:
        os.close(file)


def rest(file: int, data: bytes, size_max: int) -> bytes:
    """Return `data` and what follows it in `file`, up to `size_max` bytes in all."""
    parts = [data]
    size = len(data)
    while size < size_max:
        part = os.read(file, min(max(size, _CHUNK), size_max - size))
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def read_text(name: str, folder: Handle, size_max: int = 1 << 20) -> str:
    """Return a small text file of `folder`; "" where there is none that can be read."""
    try:
        file = open_file(name, folder)
    except OSError:
        return ""
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return ""
        return rest(file, b"", size_max).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
    finally:
        os.close(file)


def shown(name: str) -> str:
    """Return a name fit to be shown: what is no text, or would steer a terminal, is escaped."""
    if name.isprintable():
        return name
    return "".join(char if char.isprintable() else repr(os.fsencode(char))[2:-1] for char in name)


def shown_target(target: str) -> str:
    """Return what the paths in a folder start with, when the user called it `target`."""
    if os.sep != "/":
        target = target.replace(os.sep, "/")
    target = os.path.normpath(target).replace(os.sep, "/")
    return "" if target == "." else shown(target)


def masked(name: bytes, matches: Iterable[Match]) -> str:
    """Return a name fit to be shown that has credentials in it."""
    parts, at = [], 0
    for match in matches:
        start, end = match.span
        parts += [shown(os.fsdecode(name[at:start])), match.secret.preview()]
        at = end
    return "".join(parts) + shown(os.fsdecode(name[at:]))


def skipped(path: str, error: OSError) -> Skipped:
    """Say why `path` could not be read."""
    if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ESTALE, errno.ENXIO):
        return Skipped(path, "it vanished or changed while scanning", incomplete=False)
    if error.errno in (errno.EACCES, errno.EPERM):
        return Skipped(path, "permission denied")
    return Skipped(path, f"could not be read: {os.strerror(error.errno or 0)}")
