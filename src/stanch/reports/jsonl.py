# SPDX-License-Identifier: Apache-2.0
"""One JSON object per line: each finding as it comes, then the coverage.

A line is a finding of the `json` report; the last line is that report without its findings.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final, Literal

import msgspec

from stanch.reports import Report, ReportedCoverage, ReportedFinding, Summary, Tool


class End(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last line.

    Attributes:
        schema: That of the `json` report.
        tool: What made it.
        started: When the scan started: ISO 8601, UTC.
        ended: When it ended.
        coverage: What was read, and what was not.
        known: Findings left out because the baseline has them.
        stale: Fingerprints that the baseline has and the scan did not find.
    """

    schema: Literal["stanch.scan/v1"]
    tool: Tool
    started: str
    ended: str
    coverage: ReportedCoverage
    known: int = 0
    stale: tuple[str, ...] = ()


class Jsonl(Report):
    """The report for programs that cannot wait."""

    name: ClassVar = "jsonl"
    title: ClassVar = "one JSON object per line, as they come"
    streams: ClassVar = True

    def render(self, findings: Iterable[ReportedFinding], summary: Summary) -> Iterator[str]:
        """Yield a line per finding, then the coverage."""
        for finding in findings:
            yield msgspec.json.encode(finding).decode() + "\n"
        end = End(
            schema="stanch.scan/v1",
            tool=summary.tool,
            started=summary.started,
            ended=summary.ended,
            coverage=summary.publish_coverage(),
            known=summary.known,
            stale=summary.stale,
        )
        yield msgspec.json.encode(end).decode() + "\n"


REPORT: Final = Jsonl()
