# SPDX-License-Identifier: Apache-2.0
"""Which findings are told, and which of them fail the run."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from stanch.cli._request import Request
from stanch.model import CONFIDENCE_RANK, SEVERITY_RANK, Confidence, Finding, Severity

if TYPE_CHECKING:
    from stanch.baseline import Baseline
    from stanch.config import Config


class Selection:
    """Sifts findings as the user asked.

    Args:
        request: What was asked.
        config: The user's configuration.
        baseline: Known credentials.

    Attributes:
        failing: A finding came that fails the run.
    """

    def __init__(self, request: Request, config: "Config", baseline: "Baseline | None") -> None:
        self._least = CONFIDENCE_RANK[Confidence(request.confidence or "placeholder")]
        self._strict = request.strict
        self._fail_on = request.fail_on or config.fail_on or "new"
        self._severities = config.severities
        self._baseline = baseline
        self._known: set[str] = set()
        # What a part of a scan does not find may well be there.
        self._stale = set(baseline.entries) if baseline and not request.narrowed else set()
        self._expired: set[str] = set()
        self.failing = False

    def graded(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield the findings with the severities that the user gave them."""
        for finding in findings:
            severity = self._severities.get(finding.rule)
            if severity is None:
                yield finding
            else:
                yield msgspec.structs.replace(finding, severity=severity)

    def select(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings to tell, in their order.

        Args:
            findings: Each credential once, as far as it is known by now.
        """
        sure = [one for one in findings if CONFIDENCE_RANK[one.confidence] >= self._least]
        told, known = self._new(sure)
        self._known.update(finding.fingerprint for finding in known)
        counted = [*told, *known] if self._fail_on == "any" else told
        self.failing = self.failing or any(map(self._fails, counted))
        return told

    @property
    def known(self) -> int:
        """How many credentials were left out because the baseline has them."""
        return len(self._known)

    def stale(self) -> tuple[str, ...]:
        """Return the baseline's fingerprints that no finding had; call it last."""
        return tuple(sorted({entry.fingerprint for entry in self._stale}))

    def expired(self) -> tuple[str, ...]:
        """Return the baseline's fingerprints that were found after their time; call it last."""
        return tuple(sorted(self._expired))

    def _new(self, findings: list[Finding]) -> tuple[list[Finding], list[Finding]]:
        if self._baseline is None:
            return findings, []
        split = self._baseline.split(findings)
        self._stale &= set(split.stale)
        self._expired.update(entry.fingerprint for entry in split.expired)
        return split.new, split.known

    def _fails(self, finding: Finding) -> bool:
        if all(place.allowed for place in finding.occurrences):
            return False
        if finding.confidence is Confidence.PLACEHOLDER and not self._strict:
            return False
        if self._fail_on in ("new", "any"):
            return True
        return SEVERITY_RANK[finding.severity] >= SEVERITY_RANK[Severity(self._fail_on)]
