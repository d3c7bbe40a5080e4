# SPDX-License-Identifier: Apache-2.0
"""Standard input."""

import gzip
import io
import sys
import tarfile
from collections.abc import Callable

import pytest
from tests.conftest import Token

from stanch.catalog import rules
from stanch.detect import Engine
from stanch.errors import InputError
from stanch.model import Located, Progress, Skipped
from stanch.sources import WINDOW_BYTES, Job, stream

ENGINE = Engine(rules(("npm",)))

Feed = Callable[..., list[Located | Skipped]]


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Return what scans bytes as standard input."""

    def scan(data: bytes, job: Job | None = None) -> list[Located | Skipped]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return list(stream.SOURCE.scan("-", job or Job(ENGINE)))

    return scan


def _located(items: list[Located | Skipped]) -> list[Located]:
    return [item for item in items if isinstance(item, Located)]


def test_only_a_dash_is_standard_input() -> None:
    """`-` is standard input; nothing else is."""
    assert stream.SOURCE.accepts("-", Job(ENGINE))
    assert not stream.SOURCE.accepts("./-", Job(ENGINE))


def test_stream_is_scanned(feed: Feed, token: Token) -> None:
    """A credential in a stream is found with its line, whatever bytes are around it."""
    data = b"\xff\0\n\nNPM_TOKEN=" + token("npm-access-token").encode() + b"\r\n\xfe"
    (found,) = _located(feed(data))
    place = found.occurrence
    assert (place.path, place.kind, place.line, place.column) == ("-", "stream", 3, 11)


def test_empty_stream_is_clean(feed: Feed) -> None:
    """No bytes, no findings, no gaps."""
    assert feed(b"") == []


def test_long_stream_is_scanned_to_its_end(feed: Feed, token: Token) -> None:
    """A stream longer than one window is scanned to its end; all its bytes are counted."""
    secret = token("npm-access-token").encode()
    data = b"x" * 79 + b"\n"
    data = data * (WINDOW_BYTES // 80 + 1) + secret + b"\n"
    done: list[Progress] = []
    (found,) = _located(feed(data, Job(ENGINE, progress=done.append)))
    assert found.occurrence.line == WINDOW_BYTES // 80 + 2
    assert found.occurrence.span[1] == len(data) - 1
    assert sum(progress.size for progress in done) == len(data)
    assert sum(progress.done for progress in done) == 1


def _archive(text: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("package/.npmrc")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return gzip.compress(buffer.getvalue())


def test_archive_on_a_stream_is_opened(feed: Feed, token: Token) -> None:
    """An archive that comes as a stream is opened like a file."""
    data = _archive(f"_authToken={token('npm-access-token')}\n".encode())
    (found,) = _located(feed(data))
    assert found.occurrence.path == "-"
    assert found.occurrence.archive_path[-1] == "package/.npmrc"
    assert feed(data, Job(ENGINE, archives=False)) == []


def test_archive_too_long_to_hold_is_a_gap(
    feed: Feed, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive over the bound is told, and its own bytes are scanned all the same."""
    monkeypatch.setattr(stream, "SPOOL_BYTES_MAX", 1000)
    secret = token("npm-access-token").encode()
    data = _archive(b"x") + b"\0" * 2000 + b" " + secret + b" "
    items = feed(data)
    gaps = [item for item in items if isinstance(item, Skipped)]
    assert ["-"] == [gap.path for gap in gaps]
    assert gaps[0].incomplete
    (found,) = _located(items)
    assert found.occurrence.span[1] == len(data) - 1


def test_closed_stream_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a standard input nothing can be read, and that is said."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="closed"):
        list(stream.SOURCE.scan("-", Job(ENGINE)))
