# SPDX-License-Identifier: Apache-2.0
"""Sources: what stanch can read. One file each, found by `stanch.discovery`.

A source turns a target into places with credentials. `examine` is what they share: it scans one
run of bytes, opens it if it is an archive, and says where each match stands.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import msgspec

from stanch.detect import Engine
from stanch.detect.allow import allowed
from stanch.model import Blob, Located, Match, Occurrence, Origin, Progress, Skipped
from stanch.secret import PUBLIC_KEY, Secret
from stanch.unpack import is_archive, members


class Job(msgspec.Struct, frozen=True):
    """What a scan was asked to do; the same for every source.

    Attributes:
        engine: Finds credentials in bytes.
        files: Scan files on disk.
        history: Scan git object databases.
        since: Only commits not reachable from this revision, or "".
        commits: Only commits in this `A..B` range, or "".
        staged: Only what git's index holds that HEAD does not.
        archives: Open archives.
        respect_gitignore: Leave out what `.gitignore` files name.
        exclude: Glob patterns of paths to leave out.
        inline_allow: Honour allow comments on the line of a finding.
        jobs: Processes to use.
        cache: Folder for what a re-run may skip; None for no cache.
        key: HMAC key of the fingerprints.
        keep_secrets: Keep each credential in `Located.secret`.
        progress: Called as work is done; cheap, and never from another process.
    """

    engine: Engine
    files: bool = True
    history: bool = True
    since: str = ""
    commits: str = ""
    staged: bool = False
    archives: bool = True
    respect_gitignore: bool = False
    exclude: tuple[str, ...] = ()
    inline_allow: bool = True
    jobs: int = 1
    cache: Path | None = None
    key: bytes = PUBLIC_KEY
    keep_secrets: bool = False
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


def _no_secret(kind: type, value: object) -> object:
    raise TypeError(f"{kind} never crosses a pipe: {type(value)}")


_DECODER = msgspec.msgpack.Decoder(_Wire, dec_hook=_no_secret)


def locate(job: Job, origin: Origin, data: bytes, match: Match) -> Located:
    """Say where `match` stands, and mask it.

    Args:
        job: What is asked for.
        origin: Where `data` came from.
        data: The bytes that the match's span is an offset into.
        match: The match.
    """
    start, end = match.span
    line_start = data.rfind(b"\n", 0, start) + 1
    return Located(
        rule=match.rule,
        registry=job.engine.registry(match.rule, str(match.facts.get("host", ""))),
        confidence=match.confidence,
        fingerprint=match.secret.fingerprint(job.key),
        preview=match.secret.preview(),
        facts=match.facts,
        occurrence=Occurrence(
            path=origin.path,
            kind=origin.kind,
            line=data.count(b"\n", 0, start) + 1,
            column=start - line_start + 1,
            span=match.span,
            archive_path=origin.archive_path,
            decoded=match.decoded,
            object=origin.object,
            mode=origin.mode,
            allowed=allowed(data, start, end) if job.inline_allow else "",
        ),
        secret=match.secret if job.keep_secrets else None,
    )


def examine(job: Job, blob: Blob) -> Iterator[Located | Skipped]:
    """Scan one run of bytes, and what is packed in it.

    Yields:
        Each place with a credential, then each member that could not be read.
    """
    for match in job.engine.matches(blob.data):
        yield locate(job, blob.origin, blob.data, match)
    if not job.archives or not is_archive(blob.data):
        return
    for member in members(blob.data, blob.origin.path):
        if isinstance(member, Skipped):
            yield Skipped(f"{blob.origin.path}!{member.path}", member.reason, member.incomplete)
            continue
        origin = msgspec.structs.replace(blob.origin, archive_path=member.path)
        for match in job.engine.matches(member.data):
            yield locate(job, origin, member.data, match)
