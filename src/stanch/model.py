# SPDX-License-Identifier: Apache-2.0
"""The frozen nouns: what the rooms hand each other."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NewType

import msgspec

from stanch.secret import Fingerprint, Secret

RuleId = NewType("RuleId", str)
"""The id of a shape or key that some registry declares, such as `npm-access-token`."""

Fact = str | int | bool | list[str]
"""One thing that a proof yields; never a credential."""


class Confidence(StrEnum):
    """How sure stanch is that a match is a credential, strongest first."""

    VERIFIED = "verified"
    """Offline structure or checksum proves the format."""
    FORMAT = "format"
    """The pattern matches; nothing more could be proved, or the checksum failed."""
    CONTEXT = "context"
    """Known by the key it stands under."""
    PLACEHOLDER = "placeholder"
    """A documentation value."""


CONFIDENCE_RANK: Final = {c: i for i, c in enumerate(reversed(Confidence))}
"""Confidence -> 0 (placeholder) .. 3 (verified), for comparisons."""


class Severity(StrEnum):
    """How bad a live credential of a kind is, worst first."""

    CRITICAL = "critical"
    """It can publish."""
    HIGH = "high"
    """It can read private packages, or more than packages."""
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


SEVERITY_RANK: Final = {s: i for i, s in enumerate(reversed(Severity))}
"""Severity -> 0 (info) .. 4 (critical), for comparisons."""


class Verdict(StrEnum):
    """What is known of a credential's life."""

    LIVE = "live"
    RESTRICTED = "restricted"
    EXPIRED = "expired"
    DEAD = "dead"
    UNKNOWN = "unknown"


class Proof(msgspec.Struct, frozen=True):
    """What the offline check of one credential found.

    Attributes:
        valid: The structure or checksum holds.
        facts: What the structure tells: `scope`, `projects`, `owner`, `created`, `expires` (ISO
            8601, UTC), `expired`, `instance`, ... A `note` says why a check failed.
    """

    valid: bool
    facts: Mapping[str, Fact] = {}


class Match(msgspec.Struct, frozen=True):
    """One credential in one run of bytes.

    Attributes:
        rule: The shape or key that matched.
        span: `[start, end)` in the bytes that were scanned: of the encoded text, if it was encoded.
        secret: The credential itself, decoded.
        confidence: How sure.
        facts: What the proof yields, and `host` or `user` where the context tells.
        decoded: The chain of encodings, outermost first: `("base64", "utf-16-le")`.
    """

    rule: RuleId
    span: tuple[int, int]
    secret: Secret
    confidence: Confidence
    facts: Mapping[str, Fact] = {}
    decoded: tuple[str, ...] = ()


class Origin(msgspec.Struct, frozen=True):
    """Where a run of bytes came from.

    Attributes:
        path: Path as the user would name it; POSIX separators, undecodable bytes escaped.
        archive_path: Members from the outermost archive inwards.
        kind: `file`, `blob`, `commit`, `tag`, `tree`, `ref`, `config`, `stream`, `variable`, ...
        object: Hex id of the git object, or "".
        mode: Permission bits of a file on disk, or None.
    """

    path: str
    archive_path: tuple[str, ...] = ()
    kind: str = "file"
    object: str = ""
    mode: int | None = None


class Blob(msgspec.Struct, frozen=True):
    """Bytes to scan, and where they came from.

    Attributes:
        origin: Where they came from.
        data: The bytes, whole.
    """

    origin: Origin
    data: bytes


class Skipped(msgspec.Struct, frozen=True):
    """An input that was not read, or not wholly.

    Attributes:
        path: What was skipped, as the user would name it.
        reason: Why, in words a user understands.
        incomplete: A credential could hide there: the result is *incomplete*. False for what was
            left out by the user's own choice.
    """

    path: str
    reason: str
    incomplete: bool = True


class Occurrence(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place where a credential stands.

    Attributes:
        path: File, member's outermost file, or name of the stream.
        kind: As in `Origin`.
        line: 1-based line of the span's start.
        column: 1-based column of the span's start, in bytes.
        span: `[start, end)` in bytes, of the encoded text if it was encoded.
        archive_path: Members from the outermost archive inwards.
        decoded: Chain of encodings, outermost first.
        object: Hex id of the git object.
        commit: Hex id of the commit that introduced it.
        author: That commit's author, `Name <mail>`.
        date: That commit's author date, ISO 8601 in UTC.
        last_commit: Hex id of the newest commit that has it.
        last_date: That commit's date.
        paths: Every path under which history holds the object.
        refs: Refs that reach it; empty for an unreachable object.
        reachable: Some ref reaches it. None outside git.
        in_head: HEAD's tree has it. None outside git.
        mode: Permission bits of a file on disk.
        allowed: The inline comment that allows it, or "".
    """

    path: str
    kind: str = "file"
    line: int = 1
    column: int = 1
    span: tuple[int, int] = (0, 0)
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


class Located(msgspec.Struct, frozen=True):
    """One match at one place, fit to cross a process border: it holds no credential.

    Attributes:
        rule: Id of the rule that matched.
        registry: Registry it belongs to.
        confidence: How sure.
        fingerprint: Keyed identity of the credential.
        preview: Masked form.
        facts: What the proof and the context tell.
        occurrence: The place.
        secret: The credential itself, only when the caller asked to keep it.
    """

    rule: RuleId
    registry: str
    confidence: Confidence
    fingerprint: Fingerprint
    preview: str
    occurrence: Occurrence
    facts: Mapping[str, Fact] = {}
    secret: Secret | None = None


class Progress(msgspec.Struct, frozen=True):
    """How far the work on one target has come.

    Attributes:
        phase: What is being done: `files`, `history`, `attribution`.
        done: Units done since the last report of this phase.
        total: Units in all, or 0 where that is not known.
        size: Bytes done since the last report.
    """

    phase: str
    done: int
    total: int = 0
    size: int = 0


class Finding(msgspec.Struct, frozen=True):
    """One credential, with all its places.

    Attributes:
        rule: Id of the shape or key.
        aliases: Names that other tools give the rule.
        registry: Name of the registry it authenticates to.
        kind: Kind of credential, such as `access token`.
        title: One line for people.
        severity: How bad it is if it is live.
        confidence: The best of its occurrences.
        verdict: From the offline facts alone unless the registry was asked.
        fingerprint: Keyed identity.
        preview: Masked form.
        proof: What the offline check gave.
        occurrences: Places: in the order found, or as `stanch.merge` sorts them.
        secret: The credential, kept only when the caller asked for it; never reported.
    """

    rule: RuleId
    registry: str
    kind: str
    title: str
    severity: Severity
    confidence: Confidence
    fingerprint: Fingerprint
    preview: str
    occurrences: tuple[Occurrence, ...]
    aliases: tuple[str, ...] = ()
    verdict: Verdict = Verdict.UNKNOWN
    proof: Mapping[str, Fact] = {}
    secret: Secret | None = None
