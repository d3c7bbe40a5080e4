# SPDX-License-Identifier: Apache-2.0
"""Sharing work that is found while it is done."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from stanch.errors import InputError
from stanch.sharing import Hungry, Task, share

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def _tree(task: bytes, hungry: Hungry) -> Iterator[bytes]:
    """Walk a made-up tree: a node of depth n has two below it; each tells its name."""
    todo = [task]
    while todo:
        node = todo.pop()
        time.sleep(0.0002)
        yield node
        if len(node) < 8:
            todo += [node + b"0", node + b"1"]
        if hungry() and todo:
            yield Task(todo.pop(0))
        yield b""


def _all() -> list[bytes]:
    return sorted(b"r" + f"{n:b}".encode()[1:] for n in range(1, 2**8))


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_every_task_is_done_once(jobs: int) -> None:
    """Whoever does it, each piece of work is done exactly once."""
    assert _all() == sorted(share([b"r"], _tree, jobs, patience_s=0))


def test_others_get_their_share() -> None:
    """Work that one process finds is done by several."""

    def work(task: bytes, hungry: Hungry) -> Iterator[bytes]:
        for message in _tree(task, hungry):
            yield message if isinstance(message, Task) or not message else b"%d" % os.getpid()

    assert len(set(share([b"r"], work, 3, patience_s=0))) == 3


def test_short_work_is_not_shared() -> None:
    """Work that is over soon is done without a fork."""

    def work(_task: bytes, _hungry: Hungry) -> Iterator[bytes]:
        yield b"%d" % os.getpid()

    assert list(share([b"a", b"b"], work, 4, patience_s=60)) == [b"%d" % os.getpid()] * 2


def test_dead_child_is_reported_and_nobody_waits() -> None:
    """Where a child dies, the others go on, and the result is called incomplete."""
    parent = os.getpid()

    def work(task: bytes, _hungry: Hungry) -> Iterator[bytes]:
        if task == b"start":
            for number in range(20):
                yield Task(b"%d" % number)
        elif os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            yield task

    messages = share([b"start"], work, 3, patience_s=0)
    done = [next(messages) for _ in range(18)]
    assert len(set(done)) == 18
    with pytest.raises(InputError, match="worker process died"):
        list(messages)


def test_error_in_a_child_is_reported() -> None:
    """A child that fails ends; what it did not do is called incomplete."""
    parent = os.getpid()

    def work(task: bytes, _hungry: Hungry) -> Iterator[bytes]:
        if task == b"start":
            yield Task(b"x")
            yield Task(b"y")
        elif os.getpid() != parent:
            os.close(2)
            raise RuntimeError
        yield b""

    with pytest.raises(InputError, match="worker process died"):
        list(share([b"start"], work, 2, patience_s=0))


def test_caller_may_stop_early() -> None:
    """A caller that wants no more leaves no process behind."""
    messages = share([b"r"], _tree, 3, patience_s=0)
    for _ in range(5):
        next(messages)
    messages.close()  # type: ignore[attr-defined]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
