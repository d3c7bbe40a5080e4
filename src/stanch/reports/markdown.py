# SPDX-License-Identifier: Apache-2.0
"""Markdown, for a pull-request comment or a ticket."""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from stanch.model import Confidence, Severity
from stanch.reports import Report, ReportedFinding, ReportedOccurrence, Summary, amount, readable

_PLACES: Final = 10
"""Places listed per credential."""
_UNREAD: Final = 20
"""Unread inputs listed."""
_SPECIAL: Final = "\\`*_{}[]<>()#+-!|~@&:"
"""What Markdown, a table, a mention or an HTML reader would act on."""


class Markdown(Report):
    """The report for comments and tickets."""

    name: ClassVar = "markdown"
    title: ClassVar = "Markdown"

    def render(self, findings: Iterable[ReportedFinding], summary: Summary) -> Iterator[str]:
        """Yield a table of credentials, then a section for each."""
        told = list(findings)
        counted = [finding for finding in told if finding.counts]
        yield f"# stanch: {len(counted)} leaked registry credential{'s' * (len(counted) != 1)}\n\n"
        if counted:
            yield "| severity | credential | preview | confidence | places |\n"
            yield "|---|---|---|---|--:|\n"
        for finding in counted:
            yield (
                f"| {finding.severity} | {_escape(finding.title)} | {_code(finding.shown)} "
                f"| {finding.confidence} | {len(finding.occurrences)} |\n"
            )
        for finding in counted:
            yield from _section(finding, summary)
        yield from _rest(told)
        yield from _coverage(summary)


def _section(finding: ReportedFinding, summary: Summary) -> Iterator[str]:
    badge = "🔴" if finding.severity is Severity.CRITICAL else "🟠"
    yield f"\n## {badge} {_escape(finding.title)} {_code(finding.shown)}\n\n"
    yield f"Rule {_code(finding.rule)}, fingerprint {_code(finding.fingerprint)}.\n\n"
    for place in finding.occurrences[:_PLACES]:
        yield f"- {_place(place)}\n"
    more = len(finding.occurrences) - _PLACES
    if more > 0:
        yield f"- and {more} more\n"
    steps = summary.steps(finding)
    if steps:
        yield "\nWhat to do, in this order:\n\n"
    for number, step in enumerate(steps, 1):
        yield f"{number}. {readable(step)}\n"


def _place(place: ReportedOccurrence) -> str:
    text = _code(f"{place.place}:{place.line}")
    if place.commit:
        text += f" in commit {place.commit[:12]} of {place.date[:10]} by {_escape(place.author)}"
    if place.commit and place.in_head is not None:
        text += ", still in HEAD" if place.in_head else ", not in HEAD"
    if place.reachable is False:
        text += ", unreachable"
    return text


def _rest(told: list[ReportedFinding]) -> Iterator[str]:
    placeholders = sum(finding.confidence is Confidence.PLACEHOLDER for finding in told)
    allowed = sum(finding.allowed for finding in told)
    if placeholders:
        yield f"\n{placeholders} placeholder{'s' * (placeholders != 1)} not counted.\n"
    if allowed:
        yield f"\n{allowed} allowed by comment, not counted.\n"


def _coverage(summary: Summary) -> Iterator[str]:
    coverage = summary.publish_coverage()
    done = ", ".join(_escape(amount(*one)) for one in coverage.done.items() if one[1])
    yield f"\nRead: {done or 'nothing'}.\n"
    unread = [skip for skip in coverage.skipped if skip.incomplete]
    if unread:
        yield f"\n**Incomplete: {len(unread)} not read.**\n\n"
    for skip in unread[:_UNREAD]:
        yield f"- {_code(skip.path)}: {_escape(skip.reason)}\n"
    if len(unread) > _UNREAD:
        yield f"- and {len(unread) - _UNREAD} more\n"


def _escape(text: str) -> str:
    return "".join("\\" + c if c in _SPECIAL else c for c in readable(text))


def _code(text: str) -> str:
    """Write `text` as code that neither a backtick nor a table's bar can leave."""
    text = readable(text).replace("|", "\\|")
    ticks = "`"
    while ticks in text:
        ticks += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


REPORT: Final = Markdown()
