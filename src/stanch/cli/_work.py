# SPDX-License-Identifier: Apache-2.0
"""A scan from the command line: its findings sifted, its progress shown."""

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from stanch.cli import _environment
from stanch.cli._request import Request
from stanch.cli._selection import Selection
from stanch.model import Finding
from stanch.scan import Scan, merge

if TYPE_CHECKING:
    from stanch.baseline import Baseline
    from stanch.cli._progress import Display
    from stanch.config import Config


class Work:
    """A scan under way.

    Args:
        request: What was asked.
        config: The user's configuration.
        baseline: Known credentials.
        key: Key of the fingerprints; None for the baseline's, or what the request says.

    Attributes:
        scan: The scan itself.
        selection: Says which findings are told, and which fail the run.
        started: When it started: ISO 8601, UTC.
        ended: When it ended; "" until then.
    """

    def __init__(
        self,
        request: Request,
        config: "Config",
        baseline: "Baseline | None" = None,
        key: bytes | None = None,
    ) -> None:
        _no_core_dump()
        self._display = _display(request)
        self._now = _environment.clock()
        options = request.options(config, baseline.key if baseline else key)
        self.scan = Scan(request.all_targets(), options, self._display)
        self.selection = Selection(request, config, baseline)
        self.started = self._now()
        self.ended = ""

    def stream(self) -> Iterator[Finding]:
        """Yield each finding as it comes."""
        with self._shown():
            for finding in self.selection.graded(self.scan):
                for told in self.selection.select([finding]):
                    self._clear()
                    yield told
        self.ended = self._now()

    def gather(self) -> list[Finding]:
        """Return each credential once, worst first."""
        with self._shown():
            told = self.selection.select(merge(self.selection.graded(self.scan)))
        self.ended = self._now()
        return told

    @contextlib.contextmanager
    def _shown(self) -> Iterator[None]:
        """Take the progress away at the end, whatever the end is."""
        try:
            yield
        finally:
            self._clear()

    def _clear(self) -> None:
        if self._display:
            self._display.clear()


def _display(request: Request) -> "Display | None":
    if request.quiet or request.no_progress or not _environment.interactive(sys.stderr):
        return None
    from stanch.cli._progress import Display

    return Display(sys.stderr)


def _no_core_dump() -> None:
    """Keep credentials out of a core file, should a library crash."""
    try:
        import resource
    except ImportError:  # Windows writes none.
        return
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
