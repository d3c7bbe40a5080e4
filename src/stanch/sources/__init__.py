# SPDX-License-Identifier: Apache-2.0
"""Sources: what stanch can read. One file each, found by `stanch.discovery`.

A source turns a target into places with credentials. `examine` is what they share: it scans one
run of bytes, opens it if it is an archive, and says where each match stands.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Final

import msgspec

from stanch.detect import Engine
from stanch.detect.allow import allowed
from stanch.detect.database import Hit
from stanch.errors import InputError
from stanch.model import Blob, Confidence, Located, Match, Occurrence, Origin, Progress, Skipped
from stanch.secret import PUBLIC_KEY, Fingerprint, Secret
from stanch.unpack import is_archive, members

_BUNDLES: Final = (b"# v2 git bundle\n", b"# v3 git bundle\n", b"PACK\0\0\0\2")
"""How git's bundles and packs start."""

WINDOW_BYTES: Final = 32 << 20
"""Bytes that are scanned at once of what is too long to be held whole."""

CONTEXT_BYTES: Final = 64 << 10
"""Bytes that a match may look at on either side of where it starts, across windows."""


class Job(msgspec.Struct, frozen=True):
    """What a scan was asked to do; the same for every source.

    Attributes:
        engine: Finds credentials in bytes.
        files: Scan files on disk.
        history: Scan git object databases.
        since: Only commits not reachable from this revision, or "".
        commits: Only commits in this `A..B` range, or "".
        staged: Only what git's index holds that HEAD does not.
        index: The index file to read for `staged`, where it is not the repository's own.
        archives: Open archives.
        respect_gitignore: Leave out what `.gitignore` files name.
        exclude: Glob patterns of paths to leave out.
        inline_allow: Honour allow comments on the line of a finding.
        jobs: Processes to use.
        cache: Folder for what a re-run may skip; None for no cache.
        key: HMAC key of the fingerprints.
        keep_secrets: Keep each credential in `Located.secret`.
        environ: The environment's variables, for a scan of this machine; None when not asked.
        home: The user's own folder, for a scan of this machine.
        placeholder: Tells whether a credential is one that the user allows as a placeholder.
        progress: Called as work is done; cheap, and never from another process.
    """

    engine: Engine
    files: bool = True
    history: bool = True
    since: str = ""
    commits: str = ""
    staged: bool = False
    index: Path | None = None
    archives: bool = True
    respect_gitignore: bool = False
    exclude: tuple[str, ...] = ()
    inline_allow: bool = True
    jobs: int = 1
    cache: Path | None = None
    key: bytes = PUBLIC_KEY
    keep_secrets: bool = False
    environ: Mapping[str, str] | None = None
    home: Path | None = None
    placeholder: Callable[[Secret], bool] | None = None
    progress: Callable[[Progress], None] = lambda _progress: None


class Source(ABC):
    """A kind of target.

    The module ends with `SOURCE: Final = TheClass()`.

    Attributes:
        name: The module's name.
        title: What it reads, for people.
        order: Sources are asked in this order whether a target is theirs.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    order: ClassVar[int] = 50

    @abstractmethod
    def accepts(self, target: str, job: Job) -> bool:
        """Tell whether this source has something to read in `target`.

        Several sources may share a target: a work tree is files and a git history.
        """

    @abstractmethod
    def scan(self, target: str, job: Job) -> Iterator[Located | Skipped]:
        """Scan `target`; yield places as they are found, and every input that was not read.

        Raises:
            InputError: Nothing of the target could be read.
        """


def pack(item: Located | Skipped) -> bytes:
    """Encode for the pipe between a worker and its parent, both ours and both in memory."""
    if isinstance(item, Skipped):
        return msgspec.msgpack.encode((None, item, b""))
    value = item.secret.reveal() if item.secret else b""
    return msgspec.msgpack.encode((msgspec.structs.replace(item, secret=None), None, value))


class _Wire(msgspec.Struct, array_like=True):
    located: Located | None
    skipped: Skipped | None
    value: bytes


def unpack(message: bytes) -> Located | Skipped:
    """Undo `pack`."""
    wire = _DECODER.decode(message)
    if wire.located is None:
        assert wire.skipped is not None
        return wire.skipped
    if wire.value:
        return msgspec.structs.replace(wire.located, secret=Secret(wire.value))
    return wire.located


def pack_progress(progress: Progress) -> bytes:
    """Encode for the same pipe; `received` knows the two apart."""
    return b"P" + msgspec.msgpack.encode(progress)


def received(job: Job, messages: Iterable[bytes]) -> Iterator[Located | Skipped]:
    """Decode what workers packed; hand their progress to `job.progress`."""
    for message in messages:
        # NOTE: what `pack` returns is an array, which never starts with a `P`.
        if message[:1] == b"P":
            job.progress(msgspec.msgpack.decode(message[1:], type=Progress))
        else:
            yield unpack(message)


def _no_secret(kind: type, value: object) -> object:
    raise TypeError(f"{kind} never crosses a pipe: {type(value)}")


_DECODER = msgspec.msgpack.Decoder(_Wire, dec_hook=_no_secret)


class Cursor:
    """Counts lines forward through bytes, so that many matches cost one pass.

    Args:
        offset: Bytes of the whole that come before those the spans are offsets into.
        lines: Newlines among them.
        line_start: Where their last line starts, as an offset into the whole.
    """

    __slots__ = ("_at", "_line", "_line_start", "offset")

    def __init__(self, offset: int = 0, lines: int = 0, line_start: int = 0) -> None:
        self.offset = offset
        self._at = 0
        self._line = lines + 1
        self._line_start = line_start - offset

    def place(self, data: bytes, start: int) -> tuple[int, int]:
        """Return line and column, both from 1, of `start`, which must not go back."""
        self._line += data.count(b"\n", self._at, start)
        newline = data.rfind(b"\n", self._at, start)
        if newline >= 0:
            self._line_start = newline + 1
        self._at = start
        return self._line, start - self._line_start + 1

    def forward(self, data: bytes, size: int) -> "Cursor":
        """Return the cursor for what is left of `data` once its first `size` bytes are gone."""
        line, column = self.place(data, size)
        offset = self.offset + size
        return Cursor(offset, line - 1, offset - column + 1)


@lru_cache(maxsize=4096)
def _fingerprint(secret: Secret, key: bytes) -> Fingerprint:
    """Remember fingerprints: those of short credentials are slow on purpose."""
    return secret.fingerprint(key)


def locate(
    job: Job, origin: Origin, data: bytes, match: Match, cursor: Cursor | None = None
) -> Located:
    """Say where `match` stands, and mask it.

    Args:
        job: What is asked for.
        origin: Where `data` came from.
        data: The bytes that the match's span is an offset into.
        match: The match.
        cursor: Counts the lines; pass the same for every match of `data`, in order.
    """
    start, end = match.span
    cursor = cursor or Cursor()
    line, column = cursor.place(data, start)
    rule = job.engine.rule(match.rule)
    archive_path = origin.archive_path
    if data[:1] == b"{":
        from stanch.unpack import image

        archive_path += image.place(data, start)
    confidence = match.confidence
    if job.placeholder and job.placeholder(match.secret):
        confidence = Confidence.PLACEHOLDER
    return Located(
        rule=match.rule,
        registry=job.engine.registry(match.rule, str(match.facts.get("host", ""))),
        confidence=confidence,
        fingerprint=_fingerprint(match.secret, job.key),
        preview=match.secret.preview(),
        facts=match.facts,
        occurrence=Occurrence(
            path=origin.path,
            kind=origin.kind,
            line=line,
            column=column,
            span=(start + cursor.offset, end + cursor.offset),
            archive_path=archive_path,
            decoded=match.decoded,
            object=origin.object,
            mode=origin.mode,
            allowed=allowed(data, start, end, rule.id, *rule.aliases) if job.inline_allow else "",
        ),
        secret=match.secret if job.keep_secrets else None,
    )


def examine(job: Job, blob: Blob, hits: Iterable[Hit] | None = None) -> Iterator[Located | Skipped]:
    """Scan one run of bytes, and what is packed in it.

    Args:
        job: What is asked for.
        blob: The bytes.
        hits: What `job.engine.hits` returned for them, where that is known already.

    Yields:
        Each place with a credential, then each member that could not be read.
    """
    for item in examine_steps(job, blob, hits):
        if item is not None:
            yield item


def examine_steps(
    job: Job, blob: Blob, hits: Iterable[Hit] | None = None
) -> Iterator[Located | Skipped | None]:
    """Do the same as `examine`; also yield None after each member, to let the caller breathe."""
    yield from _places(job, blob.origin, blob.data, hits)
    if not job.archives or not is_container(blob.data):
        return
    if blob.data.startswith(_BUNDLES):
        yield from _bundled(job, blob)
        return
    for member in members(blob.data, blob.origin.path):
        if isinstance(member, Skipped):
            yield member
        else:
            origin = msgspec.structs.replace(blob.origin, archive_path=member.path)
            yield from _places(job, origin, member.data)
        yield None


def is_container(data: bytes) -> bool:
    """Tell whether `examine` finds something packed in `data`; its first 512 bytes will do."""
    return data.startswith(_BUNDLES) or is_archive(data)


def _bundled(job: Job, blob: Blob) -> Iterator[Located | Skipped]:
    """Scan the objects of a git bundle or a pack, and attribute them by its own history."""
    from stanch.gitdb.bundle import Bundle
    from stanch.gitdb.kinds import TYPE_NAMES

    found: list[Located | Skipped] = []

    def visit(kind: int, name: bytes, data: bytes) -> None:
        own = (*blob.origin.archive_path, name.hex()[:12])
        origin = Origin(blob.origin.path, own, TYPE_NAMES[kind], name.hex(), blob.origin.mode)
        found.extend(_places(job, origin, data))
        if not is_archive(data):
            return
        for member in members(data, "/".join((origin.path, *own))):
            if isinstance(member, Skipped):
                found.append(member)
            else:
                inner = msgspec.structs.replace(origin, archive_path=own + member.path)
                found.extend(_places(job, inner, member.data))

    try:
        bundle = Bundle(blob.data, blob.origin.path)
        bundle.walk(visit)
    except InputError as error:
        yield Skipped(blob.origin.path, str(error))
        return
    yield from (Skipped(blob.origin.path, problem) for problem in bundle.problems)
    hit = {bytes.fromhex(item.occurrence.object) for item in found if isinstance(item, Located)}
    stories = bundle.stories(hit) if hit else {}
    for item in found:
        if isinstance(item, Located):
            story = stories[bytes.fromhex(item.occurrence.object)]
            place = bundle.tell(item.occurrence, story)
            yield msgspec.structs.replace(item, occurrence=place)
        else:
            yield item


def _places(
    job: Job, origin: Origin, data: bytes, hits: Iterable[Hit] | None = None
) -> Iterator[Located]:
    found = job.engine.hits(data) if hits is None else hits
    if not found:
        return
    cursor = Cursor()
    for match in job.engine.resolve(data, found):
        yield locate(job, origin, data, match, cursor)


def examine_windows(
    job: Job,
    origin: Origin,
    read: Callable[[int], bytes],
    phase: str,
    window: int = WINDOW_BYTES,
) -> Iterator[Located | Progress]:
    """Scan bytes that are too many to be held whole; spans and lines are those of the whole.

    Args:
        job: What is asked for.
        origin: Where the bytes come from.
        read: Returns up to so many bytes; none at the end.
        phase: Names the work in the `Progress` that comes after each window.
        window: Bytes to hold at once; more than four times `CONTEXT_BYTES`.
    """
    cursor = Cursor()
    data, first, last = b"", True, False
    while not last:
        data, last = _filled(data, read, window)
        begin = 0 if first else CONTEXT_BYTES
        end = len(data) if last else len(data) - CONTEXT_BYTES
        counter = cursor.forward(data, 0)
        for match in job.engine.matches(data):
            if begin <= match.span[0] < end:
                yield locate(job, origin, data, match, counter)
        yield Progress(phase, 0, size=max(0, end - begin))
        if not last:
            gone = len(data) - 2 * CONTEXT_BYTES
            cursor = cursor.forward(data, gone)
            data, first = data[gone:], False


def _filled(data: bytes, read: Callable[[int], bytes], window: int) -> tuple[bytes, bool]:
    """Read on until `window` bytes are there; tell whether that was the end."""
    parts = [data]
    missing = window - len(data)
    while missing > 0:
        part = read(missing)
        if not part:
            return b"".join(parts), True
        parts.append(part)
        missing -= len(part)
    return b"".join(parts), False
