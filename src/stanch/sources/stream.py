# SPDX-License-Identifier: Apache-2.0
"""Standard input: a log, an environment dump, a diff, an archive; any bytes, any length."""

import sys
from collections.abc import Callable, Iterator
from typing import ClassVar, Final

from stanch.errors import InputError
from stanch.model import Blob, Located, Origin, Progress, Skipped
from stanch.sources import Job, Source, examine, examine_windows, is_container

SPOOL_BYTES_MAX: Final = 512 << 20
"""An archive that comes as a stream is held in memory up to this size."""
_HEAD_BYTES: Final = 512
_CHUNK: Final = 1 << 20
_PHASE: Final = "stream"


class Stream(Source):
    """What comes in on standard input."""

    name: ClassVar = "stream"
    title: ClassVar = "standard input"
    order: ClassVar = 30

    def accepts(self, target: str, job: Job) -> bool:  # noqa: ARG002
        """Tell whether `target` is `-`."""
        return target == "-"

    def scan(self, target: str, job: Job) -> Iterator[Located | Skipped]:
        """Scan standard input to its end."""
        if sys.stdin is None:
            raise InputError("standard input is closed")
        origin = Origin(target, kind="stream")
        source = sys.stdin.buffer
        head = _filled(source.read, _HEAD_BYTES)
        if job.archives and is_container(head):
            spooled = _spool(source.read, head)
            if len(spooled) < SPOOL_BYTES_MAX:
                yield from examine(job, Blob(origin, spooled))
                job.progress(Progress(_PHASE, 1, size=len(spooled)))
                return
            reason = f"archive over {SPOOL_BYTES_MAX >> 20} MiB on a stream: not opened"
            yield Skipped(target, reason)
            head = spooled
        for item in examine_windows(job, origin, _after(head, source.read), _PHASE):
            if isinstance(item, Progress):
                job.progress(item)
            else:
                yield item
        job.progress(Progress(_PHASE, 1))


def _filled(read: Callable[[int], bytes], size: int) -> bytes:
    """Read until `size` bytes are there, or no more come."""
    data = b""
    while len(data) < size and (part := read(size - len(data))):
        data += part
    return data


def _spool(read: Callable[[int], bytes], head: bytes) -> bytes:
    """Read on to the end, or to just over what may be held."""
    parts, size = [head], len(head)
    while size < SPOOL_BYTES_MAX and (part := read(_CHUNK)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _after(head: bytes, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Return a `read` that gives `head` first."""
    at = 0

    def joined(size: int) -> bytes:
        nonlocal at
        if at < len(head):
            part = head[at : at + size]
            at += len(part)
            return part
        return read(size)

    return joined


SOURCE: Final = Stream()
