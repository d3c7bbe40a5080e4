# SPDX-License-Identifier: Apache-2.0
"""Replace a file at once or not at all."""

import contextlib
import os
import tempfile


def replace(path: str, data: bytes, mode: int | None = None) -> None:
    """Write `data` beside `path`, and move it there when it is safe on the disk.

    Args:
        path: The file; a link to it stays a link, and its mode stays.
        data: All of its new content.
        mode: Its permission bits; None keeps those it has.

    Raises:
        OSError: It could not be written; what was there is untouched.
    """
    path = os.path.realpath(path)
    handle, beside = tempfile.mkstemp(prefix=".stanch-", dir=os.path.dirname(path))
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, _mode(path) if mode is None else mode)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode & 0o777
    except FileNotFoundError:
        return 0o644
