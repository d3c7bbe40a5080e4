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
    amount,
    human_size,
    readable,
)

PLACES: Final = 5
"""Places shown per credential."""
_UNREAD: Final = 10
_REFS: Final = 3
_LONG: Final = 160
"""Columns from which the path of an unread input is cut in its middle."""
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
    yield from _uncounted(told, summary)
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
    label = ""
    for place in finding.occurrences[:PLACES]:
        before, label = label, _kind(place)
        yield _labelled(label if label != before else "", *_place(place, summary))
    if len(finding.occurrences) > PLACES:
        yield _labelled("", Span(f"and {len(finding.occurrences) - PLACES} more", "dim"))
    since = _since(finding)
    if since:
        yield _labelled("since", Span(since))
    proof = _proof(finding)
    if proof:
        expired = finding.verdict is Verdict.EXPIRED
        yield _labelled("proof", Span(proof, "dim" if expired else ""))
    steps = summary.steps(finding)
    if steps:
        yield _labelled("first", Span(readable(steps[0]), "bold"))
    words = [finding.confidence.value, finding.rule, *finding.aliases]
    yield _labelled("found", Span(", ".join(words)), Span(f"  {finding.fingerprint}", "dim"))


def _kind(place: ReportedOccurrence) -> str:
    """Return the label of a place: on disk, about to be committed, or in history."""
    if place.kind == "staged":
        return "staged"
    return "history" if place.object else "where"


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
    text = min(dated, key=lambda place: place.date).date[:10]
    if any(place.in_head for place in finding.occurrences):
        text += ", still in HEAD"
    elif any(not place.object for place in finding.occurrences):
        text += ", still on disk"
    elif any(place.in_head is False for place in finding.occurrences):
        text += ", not in HEAD"
    return readable(text)


def _place(place: ReportedOccurrence, summary: Summary) -> list[Span]:
    on_disk = place.kind == "file" and not place.object
    where = f"{_near(place.place, summary)}:{place.line}:{place.column}"
    spans = [Span(readable(where), "", place.path if on_disk else "")]
    notes = [*_story(place), *_notes(place, summary)]
    if notes:
        spans.append(Span("  " + readable("; ".join(notes)), "dim"))
    return spans


def _near(path: str, summary: Summary) -> str:
    """Return `path` from the folder that the user is in, where it lies below that."""
    return path.removeprefix(summary.root.rstrip("/") + "/") if summary.root else path


def _story(place: ReportedOccurrence) -> Iterator[str]:
    """Tell what history knows of a place."""
    if place.commit:
        yield f"commit {place.commit[:10]} {place.date[:10]} {place.author}"
    elif place.object and place.object[:10] not in place.place:
        yield f"blob {place.object[:10]}"
    if place.commit and place.in_head is not None:
        yield "still in HEAD" if place.in_head else "not in HEAD"
    if place.refs:
        # HEAD is told by itself, and names a branch that is listed too.
        names = [_short(name) for name in place.refs if name != "HEAD"] or ["HEAD"]
        more = len(names) - _REFS
        yield "reached from " + ", ".join(names[:_REFS]) + (f" and {more} more" * (more > 0))
    elif place.reachable is False:
        yield "unreachable"


def _short(ref: str) -> str:
    """Return the name of a ref as people write it."""
    for folder in ("refs/heads/", "refs/tags/", "refs/remotes/", "refs/"):
        if ref.startswith(folder):
            return ref.removeprefix(folder)
    return ref


def _notes(place: ReportedOccurrence, summary: Summary) -> Iterator[str]:
    if place.decoded:
        yield "inside " + ", ".join(place.decoded)
    # Every file of a work tree can be read by others: only on the user's own machine it matters.
    if place.mode is not None and place.mode & 0o044 and "machine" in summary.coverage.done:
        yield f"readable by others ({place.mode:04o})"
    if place.allowed:
        yield f"allowed by {place.allowed}"


def _uncounted(told: list[ReportedFinding], summary: Summary) -> Iterator[Line]:
    """List, dimly, what is no reason to fail."""
    dim = [finding for finding in told if not finding.counts]
    for finding in dim[:_UNREAD]:
        why = "placeholder" if finding.confidence is Confidence.PLACEHOLDER else "allowed"
        where = ""
        if finding.occurrences:
            place = finding.occurrences[0]
            more = len(finding.occurrences) - 1
            where = f"  {_near(place.place, summary)}:{place.line}"
            where += f" and {more} more" if more else ""
        text = f"{why:<12}{finding.title}  {finding.shown}{where}"
        yield [Span(readable(text), "dim")]
    if len(dim) > _UNREAD:
        yield [Span(f"and {len(dim) - _UNREAD} more placeholders or allowed credentials", "dim")]
    if dim:
        yield []


def _baseline(summary: Summary) -> Iterator[Line]:
    """List the entries of the baseline that do nothing, or no longer what they did."""
    for state, style, entries, why in (
        ("expired", "yellow", summary.expired, "is in the baseline, and its time is over"),
        ("stale", "dim", summary.stale, "is in the baseline and was not found"),
    ):
        for fingerprint in entries[:_UNREAD]:
            yield [Span(f"{state:<12}{fingerprint} {why}", style)]
        if len(entries) > _UNREAD:
            yield [Span(f"and {len(entries) - _UNREAD} more {state} baseline entries", style)]
    if summary.stale or summary.expired:
        yield []


def _coverage(summary: Summary) -> Iterator[Line]:
    skipped = summary.publish_coverage().skipped
    unread = [skip for skip in skipped if skip.incomplete]
    for skip in unread[:_UNREAD]:
        yield [Span("not read  ", "yellow"), Span(readable(_unread(skip, summary)))]
    if len(unread) > _UNREAD:
        yield [Span(f"and {len(unread) - _UNREAD} more not read", "yellow")]
    yield from _left_out([skip for skip in skipped if not skip.incomplete])


def _unread(skip: ReportedSkip, summary: Summary) -> str:
    path = _near(skip.path, summary)
    if len(path) > _LONG:
        path = f"{path[: _LONG // 2]}…{path[-_LONG // 2 :]}"
    return f"{path}: {skip.reason}"


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
    placeholders = sum(finding.confidence is Confidence.PLACEHOLDER for finding in told)
    other = [
        (placeholders, "placeholder" + "s" * (placeholders != 1)),
        (sum(finding.allowed for finding in told), "allowed"),
        (summary.known, "in the baseline"),
        (len(summary.stale), "stale"),
        (len(summary.expired), "expired"),
    ]
    found += "".join(f", {count} {what}" for count, what in other if count)
    coverage = summary.publish_coverage()
    read = [amount(phase, count) for phase, count in coverage.done.items() if count]
    read += [human_size(coverage.size)] if coverage.size else []
    line = [Span(found, "bold red" if counted else "bold green")]
    line.append(Span(f" in {', '.join(read) or 'nothing'}"))
    if not coverage.complete:
        line.append(Span("; incomplete", "bold yellow"))
    return line


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
