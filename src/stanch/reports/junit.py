# SPDX-License-Identifier: Apache-2.0
"""JUnit XML: a failed test case per credential, for CI servers that show tests.

Placeholders and allowed credentials are skipped cases; what could not be read is a case in error.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final
from xml.sax.saxutils import escape, quoteattr

from stanch.model import Confidence
from stanch.reports import Report, ReportedFinding, ReportedOccurrence, Summary, readable

_PLACES: Final = 50
"""Places listed per credential."""


class Junit(Report):
    """The report for CI servers."""

    name: ClassVar = "junit"
    title: ClassVar = "JUnit XML"

    def render(self, findings: Iterable[ReportedFinding], summary: Summary) -> Iterator[str]:
        """Yield the whole document."""
        told = list(findings)
        unread = [skip for skip in summary.publish_coverage().skipped if skip.incomplete]
        failures = sum(finding.counts for finding in told)
        counts = (
            f'tests="{len(told) + len(unread) or 1}" failures="{failures}" '
            f'errors="{len(unread)}" skipped="{len(told) - failures}"'
        )
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        stamp = f" timestamp={_attribute(summary.started)}" if summary.started else ""
        yield f'<testsuites>\n  <testsuite name="stanch" {counts}{stamp}>\n'
        if not told and not unread:
            yield '    <testcase classname="stanch" name="no leaked registry credential"/>\n'
        for finding in told:
            yield from _case(finding, summary)
        for skip in unread:
            yield f'    <testcase classname="stanch.coverage" name={_attribute(skip.path)}>\n'
            yield f"      <error message={_attribute(skip.reason)}/>\n    </testcase>\n"
        yield "  </testsuite>\n</testsuites>\n"


def _case(finding: ReportedFinding, summary: Summary) -> Iterator[str]:
    name = f"{finding.title} {finding.shown} {finding.fingerprint}"
    yield (
        f"    <testcase classname={_attribute(f'stanch.{finding.registry}.{finding.rule}')} "
        f"name={_attribute(name)}>\n"
    )
    if not finding.counts:
        placeholder = finding.confidence is Confidence.PLACEHOLDER
        why = "placeholder" if placeholder else "allowed by comment"
        yield f'      <skipped message="{why}"/>\n    </testcase>\n'
        return
    lines = [_line(place) for place in finding.occurrences[:_PLACES]]
    more = len(finding.occurrences) - len(lines)
    lines += [f"and {more} more"] if more else []
    lines += summary.steps(finding)
    message = f"{finding.title} {finding.shown}, {finding.confidence}"
    body = "\n".join(escape(_legal(line)) for line in lines)
    yield f"      <failure message={_attribute(message)} type={_attribute(finding.severity)}>"
    yield f"{body}</failure>\n    </testcase>\n"


def _line(place: ReportedOccurrence) -> str:
    where = f"{place.place}:{place.line}:{place.column}"
    return f"{where} (commit {place.commit[:12]}, {place.date})" if place.commit else where


def _legal(text: str) -> str:
    """Drop what XML has no way to write: `readable` leaves no control character."""
    return readable(text)


def _attribute(text: str) -> str:
    return quoteattr(_legal(text))


REPORT: Final = Junit()
