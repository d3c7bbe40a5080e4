# SPDX-License-Identifier: Apache-2.0
"""Share work that is found while it is done, such as a walk: nobody knows the tasks beforehand.

Each process keeps what it finds to itself, and gives away part of it when another has nothing to
do. The processes are forked only once the work has proved to be long enough to be worth it.
`stanch.parallel` is the simpler way where the tasks are known.
"""

import os
import signal
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from stanch.errors import InputError

PATIENCE_S: Final = 0.004
"""Seconds of work before helpers are forked: about what forking them costs."""

_BEATS: Final = 16
"""Signs of life from this process's own work between two looks at the others."""
_LENGTH: Final = struct.Struct("<I")
_MESSAGE: Final = b"m"
_TASK: Final = b"t"
_DONE: Final = b"d"


class Task(bytes):
    """A piece of work that someone else may do."""

    __slots__ = ()


Hungry = Callable[[], bool]
"""Tells whether another process has nothing to do."""

Work = Callable[[bytes, Hungry], Iterable[bytes]]
"""Does one task. Yields messages for the caller, a `Task` to give work away, and b"" now and then,
so that the process that runs it can look after the others."""


def share(
    tasks: Iterable[bytes], work: Work, jobs: int, *, patience_s: float = PATIENCE_S
) -> Iterator[bytes]:
    """Do `tasks` and all that they give away, on up to `jobs` processes, this one among them.

    Args:
        tasks: The first tasks.
        work: Does one task. Runs in a forked child or here; whatever it changes stays there.
        jobs: Processes to use.
        patience_s: Seconds to work alone before forking.

    Yields:
        The messages, as they come.

    Raises:
        InputError: A child died. What it was doing is lost, so the result is incomplete.
    """
    if jobs <= 1 or not hasattr(os, "fork"):
        yield from _alone(tasks, work)
        return
    team = _Team(tasks, work, jobs, patience_s)
    try:
        yield from team.run()
        team.dismiss()
    finally:
        team.kill()
    if team.died:
        raise InputError("a worker process died; part of the input was not scanned")


def _alone(tasks: Iterable[bytes], work: Work) -> Iterator[bytes]:
    queue = deque(map(bytes, tasks))
    while queue:
        for message in work(queue.popleft(), lambda: False):
            if isinstance(message, Task):
                queue.append(bytes(message))
            elif message:
                yield message


class _Child(NamedTuple):
    pid: int
    tasks: int
    """Where its tasks are written."""
    messages: int
    """Where its messages are read."""
    buffer: bytearray


class _Team:
    """This process, its children, and the tasks that nobody does yet."""

    def __init__(self, tasks: Iterable[bytes], work: Work, jobs: int, patience_s: float) -> None:
        import mmap
        import select

        self._queue = deque(map(bytes, tasks))
        self._work = work
        self._jobs = jobs
        self._fork_at = time.monotonic() + patience_s
        self._alone = True
        self._children: dict[int, _Child] = {}
        self._idle: list[_Child] = []
        self._flag = mmap.mmap(-1, 1)
        self._poll = select.poll()
        self.died = False

    def _hungry(self) -> bool:
        return self._flag[0] != 0

    def run(self) -> Iterator[bytes]:
        """Work until nothing is left, here or in a child."""
        beats = 0
        while True:
            while self._queue:
                for message in self._work(self._queue.popleft(), self._hungry):
                    if isinstance(message, Task):
                        self._queue.append(bytes(message))
                    elif message:
                        yield message
                    beats += 1
                    if self._alone and time.monotonic() >= self._fork_at:
                        self._fork_all()
                    if beats % _BEATS == 0 or (self._queue and self._idle):
                        yield from self._tend(0)
            if len(self._idle) == len(self._children):
                return
            self._flag[0] = 1
            yield from self._tend(None)

    def _fork_all(self) -> None:
        self._alone = False
        for _ in range(self._jobs - 1):
            child = _fork(self._work, self._hungry, self._children.values())
            self._children[child.messages] = child
            self._idle.append(child)
            self._poll.register(child.messages)

    def _tend(self, timeout_ms: int | None) -> Iterator[bytes]:
        """Pass on what the children send, and give the idle ones something to do."""
        if not self._children:
            return
        self._feed()
        for reader, _ in self._poll.poll(timeout_ms):
            if reader in self._children:
                yield from self._receive(self._children[reader])
        self._feed()

    def _feed(self) -> None:
        while self._queue and self._idle:
            child = self._idle.pop()
            task = self._queue.popleft()
            try:
                _write(child.tasks, _LENGTH.pack(len(task)) + task)
            except BrokenPipeError:
                # The child died before it took the task: nothing is lost but the child.
                self._queue.appendleft(task)
                self._lose(child)
        self._flag[0] = bool(self._idle)

    def _receive(self, child: _Child) -> Iterator[bytes]:
        chunk = os.read(child.messages, 1 << 16)
        if not chunk:
            self._lose(child)
            return
        buffer = child.buffer
        buffer += chunk
        at = 0
        while len(buffer) - at >= 5:
            size = _LENGTH.unpack_from(buffer, at + 1)[0]
            if len(buffer) - at < 5 + size:
                break
            sort = bytes(buffer[at : at + 1])
            body = bytes(buffer[at + 5 : at + 5 + size])
            at += 5 + size
            if sort == _MESSAGE:
                yield body
            elif sort == _TASK:
                self._queue.append(body)
            else:
                self._idle.append(child)
        del buffer[:at]

    def _lose(self, child: _Child) -> None:
        self.died = True
        if self._children.pop(child.messages, None):
            self._poll.unregister(child.messages)
        if child in self._idle:
            self._idle.remove(child)
        _end(child, kill=True)

    def dismiss(self) -> None:
        """Let the children end by themselves."""
        while self._children:
            _, child = self._children.popitem()
            if _end(child, kill=False):
                self.died = True

    def kill(self) -> None:
        """End whatever still runs: the caller no longer wants it."""
        while self._children:
            _end(self._children.popitem()[1], kill=True)
        self._flag.close()


def _fork(work: Work, hungry: Hungry, siblings: Iterable[_Child]) -> _Child:
    task_reader, task_writer = os.pipe()
    message_reader, message_writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(task_reader)
        os.close(message_writer)
        return _Child(pid, task_writer, message_reader, bytearray())
    status = 1
    try:
        for sibling in siblings:
            os.close(sibling.tasks)
            os.close(sibling.messages)
        os.close(task_writer)
        os.close(message_reader)
        _serve(task_reader, message_writer, work, hungry)
        status = 0
    finally:
        # NOTE: a child must never run the parent's clean-up, whatever happened in it.
        os._exit(status)


def _serve(tasks: int, messages: int, work: Work, hungry: Hungry) -> None:
    while head := _read(tasks, _LENGTH.size):
        for message in work(_read(tasks, _LENGTH.unpack(head)[0]), hungry):
            if message:
                sort = _TASK if isinstance(message, Task) else _MESSAGE
                _write(messages, sort + _LENGTH.pack(len(message)) + message)
        _write(messages, _DONE + _LENGTH.pack(0))


def _read(pipe: int, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = os.read(pipe, size - len(parts))
        if not part:
            return b""
        parts += part
    return parts


def _write(pipe: int, message: bytes) -> None:
    data = memoryview(message)
    while data:
        data = data[os.write(pipe, data) :]


def _end(child: _Child, *, kill: bool) -> int:
    """Close the pipes of `child` and wait for it; return how it ended."""
    if kill:
        os.kill(child.pid, signal.SIGKILL)
    os.close(child.tasks)
    os.close(child.messages)
    return os.waitpid(child.pid, 0)[1]
