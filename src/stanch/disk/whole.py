# SPDX-License-Identifier: Apache-2.0
"""Write files that are there whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path


def write_whole(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write `data` beside `path`, flush it to the disk, and put it in place in one step.

    Args:
        path: The file; an older one is replaced, and untouched if anything fails.
        data: Its new content.
        mode: Permission bits.

    Raises:
        OSError: It cannot be written there; nothing is left behind.
    """
    descriptor, beside = tempfile.mkstemp(".part", f".{path.name}.", path.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(beside, mode)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
