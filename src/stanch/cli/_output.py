# SPDX-License-Identifier: Apache-2.0
"""Where a report goes: standard output, or a file that is there whole or not at all."""

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from stanch.errors import OutputError, UsageError


@contextlib.contextmanager
def destination(path: Path | None) -> Iterator[BinaryIO]:
    """Give what to write a report to.

    A file is written beside its place under another name, with mode 0600, and takes its place only
    when it is whole. If writing fails, nothing is left behind and an older file is untouched.

    Args:
        path: The file, or None for standard output.

    Raises:
        OutputError: The file cannot be written there.
    """
    if path is None:
        if sys.stdout is None:
            raise OutputError("standard output is closed; use --output FILE")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    check(path)
    import tempfile

    try:
        descriptor, beside = tempfile.mkstemp(".part", f".{path.name}.", path.parent)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}; choose another --output") from error
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        check(path)
        os.replace(beside, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        if isinstance(error, OSError) and not error.filename:
            raise OutputError(f"{path}: {error.strerror}; choose another --output") from error
        raise
    _sync_folder(path.parent)


def check(path: Path) -> None:
    """Refuse what a report must not replace.

    Raises:
        OutputError: `path` is a link, a folder, a device or a pipe.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}; choose another --output") from error
    if stat.S_ISLNK(mode):
        raise OutputError(f"{path}: is a symbolic link; name the file that it points to")
    if not stat.S_ISREG(mode):
        raise OutputError(f"{path}: is no regular file; choose another --output")


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a crash, where the platform can."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check_private(path: Path | None) -> None:
    """Let credentials out only to a terminal or to a file that no one else can read.

    Raises:
        UsageError: Standard output goes somewhere else.
    """
    if path is not None or (sys.stdout and sys.stdout.isatty()):
        return
    with contextlib.suppress(AttributeError, OSError, ValueError):
        mode = os.fstat(sys.stdout.fileno()).st_mode
        if os.name == "posix" and stat.S_ISREG(mode) and not mode & 0o077:
            return
    raise UsageError(
        "--show-secrets: standard output is neither a terminal nor a file of mode 0600; "
        "use --output FILE"
    )
