# SPDX-License-Identifier: Apache-2.0
"""Open a repository's own files: regular ones only, no link, nothing that makes a reader wait."""

import mmap
import os
import stat
from pathlib import Path

from stanch import disk
from stanch.errors import CorruptInputError, InputError


def read_regular(path: Path, most: int) -> bytes:
    """Return the first `most` bytes of a regular file.

    Raises:
        InputError: It cannot be opened, or is a link, a device or a pipe.
    """
    file = _open(path)
    try:
        return disk.rest(file, b"", most)
    except OSError as error:
        raise InputError(f"{path.name}: {os.strerror(error.errno or 0)}") from error
    finally:
        os.close(file)


def map_regular(path: Path) -> mmap.mmap:
    """Map a regular file.

    Raises:
        InputError: As in `read_regular`, or it is empty.
    """
    file = _open(path)
    try:
        return mmap.mmap(file, 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise CorruptInputError(f"{path.name}: empty, or cannot be mapped") from error
    finally:
        os.close(file)


def is_regular(path: Path) -> bool:
    """Tell whether `path` is a regular file and no link; False too where that cannot be seen."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Tell whether `path` is a folder and no link; False too where that cannot be seen."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def is_link(path: Path) -> bool:
    """Tell whether `path` is a link."""
    try:
        return stat.S_ISLNK(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def _open(path: Path) -> int:
    try:
        file = os.open(path, disk.FLAGS)
    except (OSError, ValueError) as error:
        if is_link(path):
            raise InputError(f"{path.name}: a link, which is not followed") from error
        why = os.strerror(error.errno or 0) if isinstance(error, OSError) else "not a file name"
        raise InputError(f"{path.name}: cannot be opened: {why}") from error
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise InputError(f"{path.name}: not a regular file")
    return file
