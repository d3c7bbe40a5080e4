# SPDX-License-Identifier: Apache-2.0
"""Text for people: each credential, where it stands, since when, and what to do first.

The layout is plain data. A pipe gets its text; a terminal gets it coloured, wrapped and linked,
and only then is the library that draws imported.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final, NamedTuple

from stanch.model import Confidence, Fact, Severity, Verdict
from stanch.reports import (
    Report,
    ReportedFinding,
    ReportedOccurrence,
    ReportedSkip,
    Screen,
    Summary,
    human_size,
    readable,
)

PLACES: Final = 5
"""Places shown per credential."""
_UNREAD: Final = 10
_REFS: Final = 3
_UNITS: Final = {
    "history": "git objects",
    "objects": "git objects",
    "staged": "staged blobs",
    "machine": "machine places",
}
"""What the units of a phase are called, where that is not its name."""
_LABEL: Final = 10
"""Columns before the text of a labelled line."""

_STYLE: Final = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "blue",
}


class Span(NamedTuple):
    """A run of text in one style.

    Attributes:
        text: What it says.
        style: How a terminal shows it.
        path: File on disk that it names, for a link.
    """

    text: str
    style: str = ""
    path: str = ""


Line = list[Span]


class Text(Report):
    """The report for people."""

    name: ClassVar = "text"
    title: ClassVar = "text for people"

    def render(self, findings: Iterable[ReportedFinding], summary: Summary) -> Iterator[str]:
        """Yield the credentials, then placeholders, coverage and counts."""
        told = list(findings)
        lines = list(_layout(told, summary))
        if summary.screen is None:
            yield from ("".join(span.text for span in line).rstrip() + "\n" for line in lines)
        else:
            yield _draw(lines, summary.screen)


def _layout(told: list[ReportedFinding], summary: Summary) -> Iterator[Line]:
    for finding in told:
        if finding.counts:
            yield from _credential(finding, summary)
            yield []
    yield from _uncounted(told)
    yield from _baseline(summary)
    yield from _coverage(summary)
    yield _counts(told, summary)


def _credential(finding: ReportedFinding, summary: Summary) -> Iterator[Line]:
    style = _STYLE[finding.severity]
    head = [
        Span(f"{finding.severity:<9} ", style),
        Span(readable(finding.title), "bold"),
        Span(f"  {readable(finding.shown)}", style),
    ]
    registry = summary.registry(finding.registry)
    if registry.lower() not in finding.title.lower():
        head.append(Span(f"  at {readable(registry)}"))
    yield head
    words = [finding.confidence.value, finding.rule, *finding.aliases]
    yield _labelled("found", Span(", ".join(words)), Span(f"  {finding.fingerprint}", "dim"))
    proof = _proof(finding)
    if proof:
        expired = finding.verdict is Verdict.EXPIRED
        yield _labelled("proof", Span(proof, "dim" if expired else ""))
    since = _since(finding)
    if since:
        yield _labelled("since", Span(since))
    label = "where"
    for place in finding.occurrences[:PLACES]:
        yield _labelled(label, *_place(place))
        label = ""
    if len(finding.occurrences) > PLACES:
        yield _labelled("", Span(f"and {len(finding.occurrences) - PLACES} more", "dim"))
    steps = summary.steps(finding)
    if steps:
        yield _labelled("first", Span(readable(steps[0]), "bold"))


def _labelled(label: str, *spans: Span) -> Line:
    return [Span(f"{label:<{_LABEL}}", "dim"), *spans]


def _proof(finding: ReportedFinding) -> str:
    """Write the facts of the proof: expiry before all."""
    facts = dict(finding.proof)
    words = []
    expires = facts.pop("expires", None)
    if facts.pop("expired", None):
        words.append(f"EXPIRED {expires}" if expires else "EXPIRED")
    elif expires:
        words.append(f"expires {expires}")
    words += [f"{name} {_fact(value)}" for name, value in facts.items()]
    return readable("; ".join(words))


def _fact(value: Fact) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _since(finding: ReportedFinding) -> str:
    """Say since when history has it, and whether it still does."""
    dated = [place for place in finding.occurrences if place.date]
    if not dated:
        return ""
    first = min(dated, key=lambda place: place.date)
    text = f"{first.date[:10]}, commit {first.commit[:10]}"
    if any(place.in_head for place in finding.occurrences):
        return readable(text + ", still in HEAD")
    if any(not place.object for place in finding.occurrences):
        return readable(text + ", still on disk")
    return readable(text + ", no longer in HEAD")


def _place(place: ReportedOccurrence) -> list[Span]:
    on_disk = place.kind == "file" and not place.object
    where = f"{place.place}:{place.line}:{place.column}"
    spans = [Span(readable(where), "", place.path if on_disk else "")]
    notes = []
    if place.commit:
        head = "in HEAD" if place.in_head else "not in HEAD"
        notes.append(f"{place.commit[:10]} {place.date[:10]} {place.author}, {head}")
    elif place.object:
        notes.append(f"{place.kind} {place.object[:10]}")
    if place.refs:
        more = len(place.refs) - _REFS
        names = ", ".join(place.refs[:_REFS]) + (f" and {more} more" if more > 0 else "")
        notes.append(f"on {names}")
    elif place.reachable is False:
        notes.append("unreachable")
    if place.decoded:
        notes.append("inside " + ", ".join(place.decoded))
    if place.mode is not None and place.mode & 0o044:
        notes.append(f"readable by others ({place.mode:04o})")
    if place.allowed:
        notes.append(f"allowed by {place.allowed}")
    if notes:
        spans.append(Span("  " + readable("; ".join(notes)), "dim"))
    return spans


def _uncounted(told: list[ReportedFinding]) -> Iterator[Line]:
    """List, dimly, what is no reason to fail."""
    dim = [finding for finding in told if not finding.counts]
    for finding in dim[:_UNREAD]:
        why = "placeholder" if finding.confidence is Confidence.PLACEHOLDER else "allowed"
        where = ""
        if finding.occurrences:
            place = finding.occurrences[0]
            more = len(finding.occurrences) - 1
            where = f"  {place.place}:{place.line}" + (f" and {more} more" if more else "")
        text = f"{why:<12}{finding.title}  {finding.shown}{where}"
        yield [Span(readable(text), "dim")]
    if len(dim) > _UNREAD:
        yield [Span(f"and {len(dim) - _UNREAD} more placeholders or allowed credentials", "dim")]
    if dim:
        yield []


def _baseline(summary: Summary) -> Iterator[Line]:
    for fingerprint in summary.stale[:_UNREAD]:
        yield [Span(f"stale       {fingerprint} is in the baseline and was not found", "dim")]
    if len(summary.stale) > _UNREAD:
        yield [Span(f"and {len(summary.stale) - _UNREAD} more stale baseline entries", "dim")]
    if summary.stale:
        yield []


def _coverage(summary: Summary) -> Iterator[Line]:
    skipped = summary.publish_coverage().skipped
    unread = [skip for skip in skipped if skip.incomplete]
    for skip in unread[:_UNREAD]:
        yield [Span("not read  ", "yellow"), Span(readable(f"{skip.path}: {skip.reason}"))]
    if len(unread) > _UNREAD:
        yield [Span(f"and {len(unread) - _UNREAD} more not read", "yellow")]
    yield from _left_out([skip for skip in skipped if not skip.incomplete])


def _left_out(skipped: list[ReportedSkip]) -> Iterator[Line]:
    for reason, count in sorted(Counter(skip.reason for skip in skipped).items()):
        yield [Span(readable(f"left out  {count} by choice: {reason}"), "dim")]


def _counts(told: list[ReportedFinding], summary: Summary) -> Line:
    """Sum up in one line: what was found, what was read."""
    counted = [finding for finding in told if finding.counts]
    by_severity = Counter(finding.severity for finding in counted)
    found = f"{len(counted)} credential{'s' * (len(counted) != 1)}" if counted else "no credential"
    if counted:
        each = [f"{by_severity[level]} {level}" for level in Severity if by_severity[level]]
        found += f" ({', '.join(each)})"
    other = [
        (sum(finding.confidence is Confidence.PLACEHOLDER for finding in told), "placeholder"),
        (sum(finding.allowed for finding in told), "allowed"),
        (summary.known, "in the baseline"),
        (len(summary.stale), "stale"),
    ]
    found += "".join(f", {count} {what}" for count, what in other if count)
    coverage = summary.publish_coverage()
    read = [_units(phase, count) for phase, count in coverage.done.items() if count]
    read += [human_size(coverage.size)] if coverage.size else []
    line = [Span(found, "bold red" if counted else "bold green")]
    line.append(Span(f" in {', '.join(read) or 'nothing'}"))
    if not coverage.complete:
        line.append(Span("; incomplete", "bold yellow"))
    return line


def _units(phase: str, count: int) -> str:
    unit = _UNITS.get(phase, phase)
    return f"{count:,} {unit.removesuffix('s') if count == 1 else unit}"


def _draw(lines: list[Line], screen: Screen) -> str:
    """Colour, wrap and link the lines for a terminal."""
    from rich.console import Console
    from rich.text import Text as Drawn

    console = Console(
        force_terminal=True,
        width=screen.width,
        color_system="standard",
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.capture() as capture:
        for line in lines:
            spans = [(span.text, _terminal_style(span, screen)) for span in line]
            labelled = len(line) > 1 and len(line[0].text) == _LABEL and screen.width > 3 * _LABEL
            label = Drawn.assemble(spans.pop(0)) if labelled else Drawn()
            body = Drawn.assemble(*spans)
            for part in body.wrap(console, screen.width - len(label)) or [Drawn()]:
                part.rstrip()
                console.print(Drawn.assemble(label, part), soft_wrap=True)
                label = Drawn(" " * len(label))
    return capture.get()


def _terminal_style(span: Span, screen: Screen) -> str:
    style = span.style if screen.color else ""
    if span.path and screen.links and "://" not in span.path:
        path = (screen.root / span.path).as_uri()
        style = f"{style} link {path}".strip()
    return style


REPORT: Final = Text()
