# SPDX-License-Identifier: Apache-2.0
"""A baseline: the credentials that are known and accepted, so that only new ones fail a run.

One sorted line of JSON per credential: its fingerprint, its rule, and why it is accepted. Nothing
that changes when code moves, and nothing secret. The first line holds the salt that keys the
fingerprints; scan with it as `Options.key`, and the fingerprints of findings compare directly.

Files that two branches changed merge by union: put `*.baseline merge=union` in `.gitattributes`.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from stanch.baseline.lines import Entry, parse, text, united
from stanch.disk.replace import replace
from stanch.errors import ConfigError, OutputError
from stanch.model import Finding, Occurrence

__all__ = ["Baseline", "Entry", "Explanation", "Split", "Status"]

_SIZE_MAX: Final = 64 << 20

Status = Literal["accepted", "expired", "stale"]


class Split(NamedTuple):
    """Findings as a baseline sees them.

    Attributes:
        new: Not in the baseline, or no longer accepted. A credential that is accepted only in some
            places stands here with the others.
        known: Accepted, with the places where it is.
        stale: Entries that no finding answers to.
        expired: Entries whose last day is over, though the credential is still there.
    """

    new: list[Finding]
    known: list[Finding]
    stale: list[Entry]
    expired: list[Entry]


class Explanation(NamedTuple):
    """What an entry does now.

    Attributes:
        entry: The entry.
        status: `accepted`, `expired`, or `stale` where no finding answers to it.
        occurrences: The places it answers for.
    """

    entry: Entry
    status: Status
    occurrences: tuple[Occurrence, ...]


class Baseline:
    """A set of accepted credentials, and the key of their fingerprints.

    Args:
        salt: Random bytes.
        entries: Accepted credentials, in any order, the same one more than once if need be.
    """

    def __init__(self, salt: bytes, entries: Iterable[Entry] = ()) -> None:
        self.salt = salt
        self.entries = united(entries)

    @classmethod
    def new(cls) -> "Baseline":
        """Return an empty baseline with a salt of its own."""
        return cls(os.urandom(16))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Baseline":
        """Read a baseline.

        Args:
            path: The file; UTF-8, or UTF-16 with a byte-order mark.

        Raises:
            ConfigError: It cannot be read, or a line says something that cannot be meant.
        """
        path = Path(path)
        try:
            with path.open("rb") as file:
                data = file.read(_SIZE_MAX + 1)
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from None
        if len(data) > _SIZE_MAX:
            raise ConfigError(f"{path}: over {_SIZE_MAX >> 20} MiB; this is no baseline")
        return cls(*parse(data, path))

    @property
    def key(self) -> bytes:
        """The HMAC key to scan with."""
        return self.salt

    def split(self, findings: Iterable[Finding], today: date | None = None) -> Split:
        """Tell new findings from accepted ones.

        Args:
            findings: Findings of a scan with `key`, each credential once.
            today: The day that expiry is compared with; None for now, in UTC.
        """
        today = today or datetime.now(UTC).date()
        split = Split([], [], [], [])
        answered: set[Entry] = set()
        by_fingerprint: dict[str, list[Entry]] = {}
        for entry in self.entries:
            by_fingerprint.setdefault(entry.fingerprint, []).append(entry)
        for finding in findings:
            entries = by_fingerprint.get(finding.fingerprint, [])
            new: list[Occurrence] = []
            known: list[Occurrence] = []
            for occurrence in finding.occurrences:
                covering = [entry for entry in entries if entry.covers(occurrence)]
                answered.update(covering)
                live = any(not entry.expired(today) for entry in covering)
                (known if live else new).append(occurrence)
            if new or not known:
                split.new.append(msgspec.structs.replace(finding, occurrences=tuple(new)))
            if known:
                split.known.append(msgspec.structs.replace(finding, occurrences=tuple(known)))
        for entry in self.entries:
            if entry not in answered:
                split.stale.append(entry)
            elif entry.expired(today):
                split.expired.append(entry)
        return split

    def add(
        self,
        findings: Iterable[Finding],
        *,
        reason: str = "",
        owner: str = "",
        expires: date | None = None,
        path: str = "",
    ) -> "Baseline":
        """Return a baseline that accepts `findings` too; what was accepted stays as it is.

        Args:
            findings: Findings of a scan with `key`.
            reason: Why they are accepted.
            owner: Who answers for them.
            expires: Last day on which they are.
            path: Glob of the paths where they are; "" for everywhere.
        """
        kept = {(entry.fingerprint, entry.path) for entry in self.entries}
        added = [
            Entry(
                finding.fingerprint,
                str(finding.rule),
                path,
                reason,
                owner,
                expires.isoformat() if expires else "",
            )
            for finding in findings
            if (str(finding.fingerprint), path) not in kept
        ]
        return Baseline(self.salt, (*self.entries, *added))

    def pruned(self, findings: Iterable[Finding], today: date | None = None) -> "Baseline":
        """Return a baseline without stale and expired entries."""
        split = self.split(findings, today)
        gone = {*split.stale, *split.expired}
        return Baseline(self.salt, (entry for entry in self.entries if entry not in gone))

    def explain(
        self, findings: Iterable[Finding], today: date | None = None
    ) -> Iterator[Explanation]:
        """Yield what each entry does now, in their order."""
        findings = list(findings)
        split = self.split(findings, today)
        stale, expired = set(split.stale), set(split.expired)
        for entry in self.entries:
            status: Status = "accepted"
            if entry in stale:
                status = "stale"
            elif entry in expired:
                status = "expired"
            places = tuple(
                occurrence
                for finding in findings
                if finding.fingerprint == entry.fingerprint
                for occurrence in finding.occurrences
                if entry.covers(occurrence)
            )
            yield Explanation(entry, status, places)

    def text(self) -> str:
        """Return the file's content: the same for the same set, whatever made it."""
        return text(self.salt, self.entries)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the file at once or not at all; a link to it stays a link.

        Raises:
            OutputError: It could not be written; what was there is untouched.
        """
        try:
            replace(os.fspath(path), self.text().encode())
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror}") from None
