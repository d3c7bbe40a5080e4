# SPDX-License-Identifier: Apache-2.0
"""Which findings are told, and which of them fail the run."""

from collections.abc import Iterable

from stanch.cli._request import Request
from stanch.model import CONFIDENCE_RANK, SEVERITY_RANK, Confidence, Finding, Severity


class Selection:
    """Sifts findings as the user asked.

    Args:
        request: What was asked.

    Attributes:
        failing: A finding came that fails the run.
        known: Credentials left out because the baseline has them.
    """

    def __init__(self, request: Request) -> None:
        self._least = CONFIDENCE_RANK[Confidence(request.confidence or "placeholder")]
        self._strict = request.strict
        self._fail_on = request.fail_on
        self.failing = False
        self.known = 0

    def select(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings to tell, in their order."""
        told = [
            finding for finding in findings if CONFIDENCE_RANK[finding.confidence] >= self._least
        ]
        self.failing = self.failing or any(map(self._fails, told))
        return told

    def stale(self) -> tuple[str, ...]:
        """Return the baseline's fingerprints that no finding had; call it last."""
        return ()

    def _fails(self, finding: Finding) -> bool:
        if all(place.allowed for place in finding.occurrences):
            return False
        if finding.confidence is Confidence.PLACEHOLDER and not self._strict:
            return False
        if self._fail_on in ("new", "any"):
            return True
        return SEVERITY_RANK[finding.severity] >= SEVERITY_RANK[Severity(self._fail_on)]
