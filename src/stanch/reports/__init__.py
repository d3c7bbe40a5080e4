# SPDX-License-Identifier: Apache-2.0
"""Reports: how findings are told. One file each, found by `stanch.discovery`.

A report never sees a credential: `Report.write` hands it findings that `Summary.publish` has
masked, and every text in them is safe to encode.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Final, NamedTuple, Protocol

import msgspec

from stanch.model import Confidence, Fact, Finding, Occurrence, Severity, Skipped, Verdict

if TYPE_CHECKING:
    from stanch.detect.rule import Rule


class Reference(NamedTuple):
    """An entry of a public catalogue of weaknesses or techniques.

    Attributes:
        catalogue: Name of the catalogue.
        id: The entry's id there.
        name: What the entry is called.
        url: Its page.
    """

    catalogue: str
    id: str
    name: str
    url: str


CWE: Final = Reference(
    "CWE",
    "CWE-798",
    "Use of Hard-coded Credentials",
    "https://cwe.mitre.org/data/definitions/798.html",
)
ATTACK: Final = Reference(
    "ATT&CK",
    "T1195.002",
    "Supply Chain Compromise: Compromise Software Supply Chain",
    "https://attack.mitre.org/techniques/T1195/002/",
)


class Coverage(Protocol):
    """What was read, and what was not: as a scan keeps it."""

    @property
    def targets(self) -> Sequence[str]:
        """Targets asked for."""

    @property
    def done(self) -> Mapping[str, int]:
        """Phase -> units done."""

    @property
    def size(self) -> int:
        """Bytes scanned."""

    @property
    def skipped(self) -> Sequence[Skipped]:
        """Inputs not read, each with its reason."""

    @property
    def complete(self) -> bool:
        """Nothing was missed in which a credential could hide."""


class Tool(msgspec.Struct, frozen=True):
    """What made the report.

    Attributes:
        name: `stanch`.
        version: Its version.
    """

    name: str
    version: str


_PATHLESS: Final = {
    "commit": "message of commit {}",
    "tag": "message of tag {}",
    "tree": "names in tree {}",
    "blob": "blob {}",
}
"""What a git object is called that no path leads to."""


class ReportedOccurrence(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place, as reports tell it; what does not apply is left out.

    Attributes:
        path: File, outermost archive, or name of the stream.
        line: 1-based line of the span's start, in the innermost member.
        column: 1-based column of the span's start, in bytes.
        span: `[start, end)` in bytes, of the encoded text if it was encoded.
        kind: `file`, `blob`, `commit`, `stream`, `variable`, ...
        archive_path: Members from the outermost archive inwards.
        decoded: Chain of encodings, outermost first.
        object: Hex id of the git object.
        commit: Hex id of the commit that introduced it.
        author: That commit's author.
        date: That commit's author date, ISO 8601 in UTC.
        last_commit: Hex id of the newest commit that has it.
        last_date: That commit's date.
        paths: Every path under which history holds the object.
        refs: Refs that reach it.
        reachable: Some ref reaches it.
        in_head: HEAD's tree has it.
        mode: Permission bits of a file on disk.
        allowed: The comment on its line that allows it.
    """

    path: str
    line: int
    column: int
    span: tuple[int, int]
    kind: str
    archive_path: tuple[str, ...] = ()
    decoded: tuple[str, ...] = ()
    object: str = ""
    commit: str = ""
    author: str = ""
    date: str = ""
    last_commit: str = ""
    last_date: str = ""
    paths: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    reachable: bool | None = None
    in_head: bool | None = None
    mode: int | None = None
    allowed: str = ""

    @property
    def place(self) -> str:
        """The path with the members of archives after it, each behind a `!`.

        A message in a repository has no path, and gets the name of what it belongs to.
        """
        return "!".join((self._first, *self.archive_path))

    @property
    def _first(self) -> str:
        if self.kind == "stream" and self.path == "-":
            return "standard input"
        named = self.paths or self.archive_path or (self.kind == "blob" and self.commit)
        if not self.object or named or self.kind not in _PATHLESS:
            return self.path
        what = _PATHLESS[self.kind].format(self.object[:10])
        return what if self.path == "." else f"{self.path}: {what}"


class ReportedFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One credential, as reports tell it.

    Attributes:
        rule: Id of the rule that found it.
        aliases: Names that other tools give the rule.
        registry: Registry it authenticates to.
        kind: Kind of credential.
        title: One line for people.
        severity: How bad it is if it is live.
        confidence: How sure stanch is that it is a credential.
        verdict: What is known of its life.
        fingerprint: Keyed identity, the same in every report.
        preview: Masked form; stars alone if it is short.
        proof: What the offline check gave.
        occurrences: Places: on disk first, then in history, oldest first; as found in a stream.
        allowed: Every place has a comment that allows it: listed, and never a reason to fail.
        secret: The credential, only where the user asked to see it.
    """

    rule: str
    aliases: tuple[str, ...]
    registry: str
    kind: str
    title: str
    severity: Severity
    confidence: Confidence
    verdict: Verdict
    fingerprint: str
    preview: str
    proof: dict[str, Fact]
    occurrences: tuple[ReportedOccurrence, ...]
    allowed: bool = False
    secret: str = ""

    @property
    def shown(self) -> str:
        """The credential if the user asked to see it, else its masked form."""
        return self.secret or self.preview

    @property
    def counts(self) -> bool:
        """It is more than a placeholder, and no comment allows it."""
        return self.confidence is not Confidence.PLACEHOLDER and not self.allowed


class ReportedSkip(msgspec.Struct, frozen=True):
    """An input that was not read.

    Attributes:
        path: What was skipped.
        reason: Why.
        incomplete: A credential could hide there.
    """

    path: str
    reason: str
    incomplete: bool


class ReportedCoverage(msgspec.Struct, frozen=True):
    """What was read, and what was not, as reports tell it.

    Attributes:
        targets: Targets asked for.
        complete: Nothing was missed in which a credential could hide.
        done: Phase -> units done.
        size: Bytes scanned.
        skipped: Inputs not read.
    """

    targets: tuple[str, ...]
    complete: bool
    done: dict[str, int]
    size: int
    skipped: tuple[ReportedSkip, ...]


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """The terminal that a report is drawn on.

    Attributes:
        width: Columns.
        color: Colours are wanted.
        links: It shows OSC 8 hyperlinks.
        root: Folder that relative paths start from.
    """

    width: int
    color: bool
    links: bool
    root: Path


class Summary(msgspec.Struct, kw_only=True):
    """What a report tells beside the findings.

    For a streamed report `coverage`, `ended` and the baseline's figures are final only when the
    findings have all come.

    Attributes:
        version: stanch's version.
        coverage: What was read, and what was not.
        started: When the scan started: ISO 8601, UTC, to the second.
        ended: When it ended.
        rules: Rule id -> rule.
        remediation: Registry -> steps in order.
        registries: Registry -> its name as people write it.
        mask: Masks credentials that stand in a path or a name.
        show_secrets: Tell each credential itself.
        known: Credentials left out because the baseline has them.
        stale: Fingerprints that the baseline has and the scan did not find.
        expired: Fingerprints that were found, and that the baseline accepts no longer.
        root: Folder that relative paths start from, or "".
        screen: The terminal drawn on, or None for a pipe or file.
    """

    version: str
    coverage: Coverage
    started: str = ""
    ended: str = ""
    rules: "Mapping[str, Rule]" = {}
    remediation: Mapping[str, tuple[str, ...]] = {}
    registries: Mapping[str, str] = {}
    mask: Callable[[str], str] = str
    show_secrets: bool = False
    known: int = 0
    stale: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    root: str = ""
    screen: Screen | None = None

    @property
    def tool(self) -> Tool:
        """Name and version, as reports tell them."""
        return Tool("stanch", self.version)

    def steps(self, finding: ReportedFinding) -> tuple[str, ...]:
        """Return what to do about `finding`, in order."""
        registry = finding.registry
        if registry not in self.remediation and finding.rule in self.rules:
            registry = self.rules[finding.rule].registry
        return self.remediation.get(registry, ())

    def registry(self, name: str) -> str:
        """Return the name of a registry as people write it."""
        return self.registries.get(name, name)

    def publish(self, finding: Finding) -> ReportedFinding:
        """Return `finding` as a report may tell it."""
        return ReportedFinding(
            rule=finding.rule,
            aliases=finding.aliases,
            registry=finding.registry,
            kind=finding.kind,
            title=finding.title,
            severity=finding.severity,
            confidence=finding.confidence,
            verdict=finding.verdict,
            fingerprint=finding.fingerprint,
            preview=_encodable(finding.preview),
            proof={key: self._fact(value) for key, value in finding.proof.items()},
            occurrences=tuple(self._occurrence(place) for place in finding.occurrences),
            allowed=all(place.allowed for place in finding.occurrences),
            secret=self._revealed(finding),
        )

    def publish_coverage(self) -> ReportedCoverage:
        """Return the coverage as a report may tell it."""
        coverage = self.coverage
        return ReportedCoverage(
            targets=tuple(self._text(target) for target in coverage.targets),
            complete=coverage.complete,
            done=dict(coverage.done),
            size=coverage.size,
            skipped=tuple(
                ReportedSkip(self._text(skip.path), self._text(skip.reason), skip.incomplete)
                for skip in coverage.skipped
            ),
        )

    def _revealed(self, finding: Finding) -> str:
        if not self.show_secrets or finding.secret is None:
            return ""
        return finding.secret.reveal().decode("utf-8", "backslashreplace")

    def _text(self, text: str) -> str:
        text = _encodable(text)
        return text if self.show_secrets else self.mask(text)

    def _fact(self, fact: Fact) -> Fact:
        if isinstance(fact, str):
            return self._text(fact)
        return [self._text(item) for item in fact] if isinstance(fact, list) else fact

    def _occurrence(self, place: Occurrence) -> ReportedOccurrence:
        values = {name: getattr(place, name) for name in place.__struct_fields__}
        for name in _FREE_TEXT:
            value = values[name]
            if isinstance(value, str):
                values[name] = self._text(value) if value else value
            else:
                values[name] = tuple(self._text(part) for part in value)
        return ReportedOccurrence(**values)


_FREE_TEXT: Final = ("path", "archive_path", "author", "paths", "refs", "allowed")
"""Fields of an occurrence in which the scanned data may say anything."""


_UNSAFE: Final = {code: f"\\x{code:02x}" for code in range(0x7F, 0xA0)}
"""Control characters that JSON need not escape, and that a terminal would act on."""


def _encodable(text: str) -> str:
    """Write as escapes the surrogates, which no encoding takes, and controls above ASCII."""
    if text.isprintable():
        return text
    return text.encode("utf-8", "backslashreplace").decode().translate(_UNSAFE)


class Report(ABC):
    """A way of telling findings.

    A subclass sets the class variables; the module ends with `REPORT: Final = TheClass()`.

    Attributes:
        name: What `--format` calls it: the module's name.
        title: What it is, for people.
        streams: It tells each finding as it comes. A credential that turns up again later is told
            again, with the new places. Otherwise each credential is told once, worst first.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    streams: ClassVar[bool] = False

    @abstractmethod
    def render(self, findings: Iterable[ReportedFinding], summary: Summary) -> Iterator[str]:
        """Yield the report's text, piece by piece; the same input gives the same text.

        Args:
            findings: What was found, masked.
            summary: Everything else; final only once `findings` is exhausted.
        """

    def write(self, findings: Iterable[Finding], summary: Summary, out: BinaryIO) -> None:
        """Write the report in UTF-8.

        Args:
            findings: What was found.
            summary: Everything else.
            out: Where to write; flushed after each piece of a streamed report.
        """
        for piece in self.render((summary.publish(finding) for finding in findings), summary):
            out.write(piece.encode("utf-8", "backslashreplace"))
            if self.streams:
                out.flush()


def readable(text: str) -> str:
    """Write what a terminal would act on, or a reader could not see, as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


_UNITS: Final = {
    "history": "git objects",
    "objects": "git objects",
    "remembered": "git objects scanned before",
    "staged": "staged blobs",
    "machine": "machine places",
}
"""What the units of a phase are called, where that is not its name."""


def amount(phase: str, count: int) -> str:
    """Write how much of a phase was done for people: `1,234 files`."""
    unit = _UNITS.get(phase, phase)
    return f"{count:,} {unit.removesuffix('s') if count == 1 else unit}"


def human_size(size: int) -> str:
    """Write a number of bytes for people: `859 MB`."""
    number = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 999.5:
            return f"{number:.0f} {unit}" if number >= 10 or unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
