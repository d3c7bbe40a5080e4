# SPDX-License-Identifier: Apache-2.0
"""What opening one archive may cost, counted in real bytes and never in what headers claim."""

import time
from collections.abc import Callable
from typing import Self

import msgspec

from stanch.errors import LimitExceededError

_TICKS_PER_CLOCK = 64
"""Steps between two looks at the clock."""


class Limits(msgspec.Struct, frozen=True):
    """Bounds on reading one outermost archive and everything nested in it.

    Attributes:
        entry_bytes: Most bytes of one member that are read.
        total_bytes: Most bytes that all members may expand to.
        ratio: A container may expand to this many times its own size, and all containers to this
            many times the size of the outermost.
        ratio_free_bytes: A container may expand to this many bytes whatever its size, and all
            containers to this many for each level of `depth`.
        depth: Most containers inside each other. A tar and its compression count as one.
        entries: Most entries in all containers.
        time_s: Most seconds from the first member to the last.
    """

    entry_bytes: int = 512 << 20
    total_bytes: int = 8 << 30
    ratio: int = 200
    ratio_free_bytes: int = 10 << 20
    depth: int = 8
    entries: int = 200_000
    time_s: float = 300.0


class _Totals:
    """What all containers under one outermost archive have cost together."""

    __slots__ = ("bytes", "clock", "deadline", "entries", "exhausted", "limits", "most", "ticks")

    def __init__(self, limits: Limits, size: int, clock: Callable[[], float]) -> None:
        # Each level may use its free bytes: one nested bomb does not hide what follows it.
        free = limits.ratio_free_bytes * limits.depth
        self.most = min(limits.total_bytes, max(free, limits.ratio * size))
        self.limits = limits
        self.clock = clock
        self.deadline = clock() + limits.time_s
        self.bytes = 0
        self.entries = 0
        self.ticks = 0
        self.exhausted = ""


class Budget:
    """What one container may still cost.

    Args:
        limits: The bounds.
        size: Bytes of the container itself.
        clock: Monotonic seconds; a test may bring its own.
    """

    __slots__ = ("_most", "_spent", "_totals", "limits")

    def __init__(
        self, limits: Limits, size: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits
        self._totals = _Totals(limits, size, clock)
        self._open(size)

    def _open(self, size: int) -> None:
        self._spent = 0
        self._most = max(self.limits.ratio_free_bytes, self.limits.ratio * size)

    def nested(self, size: int) -> Self:
        """Return the budget of a container of `size` bytes inside this one."""
        child = object.__new__(type(self))
        child.limits = self.limits
        child._totals = self._totals
        child._open(size)
        return child

    @property
    def exhausted(self) -> str:
        """Why no container may be read on, not only this one; "" while they may."""
        return self._totals.exhausted

    def left(self) -> int:
        """Return how many more bytes this container may expand to."""
        return max(0, min(self._most - self._spent, self._totals.most - self._totals.bytes))

    def room(self) -> int:
        """Return how many bytes the next entry may expand to."""
        return min(self.limits.entry_bytes, self.left())

    def spend(self, size: int) -> None:
        """Count `size` expanded bytes.

        Raises:
            LimitExceededError: They are more than this container, or all, may expand to.
        """
        self._spent += size
        self._totals.bytes += size
        reason = ""
        if self._spent > self._most:
            reason = f"expands to more than {self.limits.ratio} times its size"
        if self._totals.bytes > self._totals.most:
            reason = reason or f"expands to more than {self._totals.most >> 20} MiB in all"
            self._totals.exhausted = reason
        if reason:
            raise LimitExceededError(reason)
        self.tick()

    def entry(self) -> None:
        """Count one entry.

        Raises:
            LimitExceededError: There are too many, or the time is over.
        """
        self._totals.entries += 1
        if self._totals.entries > self.limits.entries:
            self._totals.exhausted = f"holds more than {self.limits.entries} entries in all"
            raise LimitExceededError(self._totals.exhausted)
        self.tick()

    def tick(self) -> None:
        """Look at the clock, now and then.

        Raises:
            LimitExceededError: The time is over.
        """
        totals = self._totals
        totals.ticks += 1
        if totals.ticks % _TICKS_PER_CLOCK == 0 and totals.clock() > totals.deadline:
            totals.exhausted = f"takes longer than {self.limits.time_s:g} seconds to open"
            raise LimitExceededError(totals.exhausted)
