# SPDX-License-Identifier: Apache-2.0
"""The progress display."""

import io

from stanch.cli._progress import Display
from stanch.model import Progress


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def _shown(*steps: tuple[float, Progress], columns: int = 100) -> list[str]:
    """Return the lines drawn when each progress comes at its second."""
    clock, out = Clock(), io.StringIO()
    display = Display(out, clock, lambda: columns)
    for second, progress in steps:
        clock.now = 100.0 + second
        display(progress)
    return [line.removesuffix("\x1b[K") for line in out.getvalue().split("\r")[1:]]


def test_quick_work_shows_nothing() -> None:
    """Work that takes less than a second shows nothing."""
    assert [] == _shown((0.0, Progress("files", 1)), (0.9, Progress("files", 1)))


def test_it_tells_phase_share_rate_and_time_left() -> None:
    """Phase, share, bytes, rate and time left are told."""
    lines = _shown(
        (0.0, Progress("history", 0, total=400)),
        (2.0, Progress("history", 100, total=400, size=50_000_000)),
    )
    bar = "━" * 5 + "┄" * 15
    assert [f"history  {bar}  100/400  50 MB  25 MB/s  0:06 left"] == lines


def test_it_tells_what_it_can_without_a_total() -> None:
    """Without a total there is no bar and no time left."""
    assert ["files  1,500"] == _shown((0.0, Progress("files", 500)), (2.0, Progress("files", 1000)))


def test_it_draws_ten_times_a_second_at_most() -> None:
    """Many small steps draw few lines."""
    steps = [(1.0 + number / 1000, Progress("files", 1)) for number in range(1000)]
    assert 10 == len(_shown(*steps))


def test_each_phase_counts_for_itself() -> None:
    """A new phase starts at nothing."""
    lines = _shown((1.5, Progress("files", 500)), (3.0, Progress("history", 1, total=2)))
    assert "history" == lines[-1].split()[0]
    assert "1/2" in lines[-1]


def test_it_keeps_within_the_terminal() -> None:
    """A narrow terminal gets a cut line, never a second one."""
    (line,) = _shown((2.0, Progress("history", 100, total=400, size=5)), columns=12)
    assert 11 == len(line)


def test_long_work_tells_hours() -> None:
    """Hours are told as hours."""
    lines = _shown((0.0, Progress("x", 0, total=10_001)), (4.0, Progress("x", 1, total=10_001)))
    assert "11:06:40 left" in lines[-1]


def test_it_clears_what_it_drew() -> None:
    """Clearing erases the line, once, and nothing if nothing was drawn."""
    clock, out = Clock(), io.StringIO()
    display = Display(out, clock, lambda: 80)
    display.clear()
    assert "" == out.getvalue()
    clock.now += 2
    display(Progress("files", 1))
    display.clear()
    display.clear()
    assert out.getvalue().endswith("\x1b[K\r\x1b[K")
