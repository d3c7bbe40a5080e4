# SPDX-License-Identifier: Apache-2.0
"""A line on standard error that tells how far the work has come."""

import shutil
import time
from collections.abc import Callable
from typing import Final, TextIO

from stanch.model import Progress

_QUIET_S: Final = 1.0
"""Work that takes less than this shows nothing."""
_EVERY_S: Final = 0.1
_BAR: Final = 20
"""Columns of the bar."""


class Display:
    """Draws the progress of the phase under way, on one line.

    Args:
        out: The terminal.
        now: Seconds, from a clock that never goes back.
        columns: Width of the terminal.
    """

    def __init__(
        self,
        out: TextIO,
        now: Callable[[], float] = time.monotonic,
        columns: Callable[[], int] = lambda: shutil.get_terminal_size((80, 24)).columns,
    ) -> None:
        self._out = out
        self._now = now
        self._columns = columns
        self._next = now() + _QUIET_S
        self._phase = ""
        self._drawn = False

    def __call__(self, progress: Progress) -> None:
        """Count `progress`; draw if it is time to."""
        now = self._now()
        if progress.phase != self._phase:
            self._phase, self._since = progress.phase, now
            self._done = self._total = self._size = 0
        self._done += progress.done
        self._size += progress.size
        self._total = progress.total or self._total
        if now >= self._next:
            self._next = now + _EVERY_S
            self._draw(now - self._since)

    def clear(self) -> None:
        """Take the line away, so that something else can be written."""
        if self._drawn:
            self._out.write("\r\x1b[K")
            self._out.flush()
            self._drawn = False

    def _draw(self, seconds: float) -> None:
        line = self._line(seconds)[: max(self._columns() - 1, 1)]
        self._out.write(f"\r{line}\x1b[K")
        self._out.flush()
        self._drawn = True

    def _line(self, seconds: float) -> str:
        from stanch.reports import human_size

        parts = [self._phase]
        if self._total:
            share = min(self._done / self._total, 1.0)
            filled = round(share * _BAR)
            parts.append("━" * filled + "┄" * (_BAR - filled))
            parts.append(f"{self._done:,}/{self._total:,}")
        else:
            parts.append(f"{self._done:,}")
        if self._size:
            parts.append(human_size(self._size))
            if seconds > 0:
                parts.append(f"{human_size(round(self._size / seconds))}/s")
        if self._total and 0 < self._done < self._total:
            parts.append(f"{_span(seconds / self._done * (self._total - self._done))} left")
        return "  ".join(parts)


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{whole // 60}:{whole % 60:02}"
