# SPDX-License-Identifier: Apache-2.0
"""Spread tasks over the cores by forking: no start-up to pay, and nothing to pickle.

Where a process cannot fork, the same work runs here, one task after the other.
"""

import os
import selectors
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from stanch.errors import InputError

Work = Callable[[int], Iterable[bytes]]
"""Does one task, given its number; yields messages for the parent."""

_LENGTH: Final = struct.Struct("<I")
_CLAIM: Final = struct.Struct("<I")
_CLAIMS_MAX: Final = 8192
"""Task numbers that fit a pipe before anyone reads it."""


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(tasks: int, work: Work, jobs: int) -> Iterator[bytes]:
    """Do `tasks` tasks on `jobs` processes, this one among them; yield their messages as they come.

    Args:
        tasks: Number of tasks; `work` is called with 0 .. tasks-1, in about that order.
        work: Does one task. Runs in a forked child or here; whatever it changes stays there.
        jobs: Processes to use.

    Raises:
        InputError: A child died. What it had not sent is lost, so the result is incomplete.
    """
    jobs = min(jobs, tasks)
    if jobs <= 1 or not hasattr(os, "fork") or tasks > _CLAIMS_MAX:
        for task in range(tasks):
            yield from work(task)
        return
    claims, filler = os.pipe()
    os.write(filler, b"".join(_CLAIM.pack(task) for task in range(tasks)))
    os.close(filler)
    children = [_fork(claims, work) for _ in range(jobs - 1)]
    try:
        yield from _share(claims, work, [reader for _, reader in children])
    finally:
        os.close(claims)
        for _, reader in children:
            os.close(reader)
        died = [pid for pid, _ in children if os.waitpid(pid, 0)[1] != 0]
    if died:
        raise InputError("a worker process died; part of the input was not scanned")


def _claimed(claims: int) -> Iterator[int]:
    while number := os.read(claims, _CLAIM.size):
        yield _CLAIM.unpack(number)[0]


def _fork(claims: int, work: Work) -> tuple[int, int]:
    """Start a child that takes tasks until none is left; return its pid and its pipe."""
    reader, writer = os.pipe()
    _widen(writer)
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    status = 1
    try:
        os.close(reader)
        for task in _claimed(claims):
            for message in work(task):
                _send(writer, message)
        status = 0
    finally:
        # NOTE: a child must never run the parent's clean-up, whatever happened in it.
        os._exit(status)


def _widen(pipe: int) -> None:
    """Let a pipe hold more, so that a child seldom waits for its busy parent."""
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)
    except (ImportError, AttributeError, OSError):
        return  # An optimisation only: elsewhere pipes keep their size.


def _send(writer: int, message: bytes) -> None:
    data = memoryview(_LENGTH.pack(len(message)) + message)
    while data:
        data = data[os.write(writer, data) :]


def _share(claims: int, work: Work, readers: list[int]) -> Iterator[bytes]:
    """Work beside the children, and pass on what they send."""
    buffers = {reader: bytearray() for reader in readers}
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader, selectors.EVENT_READ)
        for task in _claimed(claims):
            for message in work(task):
                yield message
                yield from _drain(selector, buffers, 0)
        while selector.get_map():
            yield from _drain(selector, buffers, None)


def _drain(
    selector: selectors.BaseSelector, buffers: dict[int, bytearray], timeout_s: float | None
) -> Iterator[bytes]:
    for key, _ in selector.select(timeout_s):
        chunk = os.read(key.fd, 1 << 20)
        if not chunk:
            selector.unregister(key.fd)
            continue
        buffer = buffers[key.fd]
        buffer += chunk
        while len(buffer) >= 4:
            size = _LENGTH.unpack_from(buffer)[0]
            if len(buffer) < 4 + size:
                break
            yield bytes(buffer[4 : 4 + size])
            del buffer[: 4 + size]
