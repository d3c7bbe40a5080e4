# SPDX-License-Identifier: Apache-2.0
"""Which parts of an object a delta changed, and that a token across their borders is found."""

import base64
from pathlib import Path

import pytest
from tests.history import engine, sample, scan_history
from tests.packs import Entry, copy, delta, empty_repository, insert, ofs, whole, write_pack

from stanch.errors import CorruptInputError
from stanch.gitdb.apply import apply
from stanch.gitdb.delta import edits, target_size
from stanch.sources.git import lot as source

FILL = b"some text that stands still\n" * 200
TOKEN = sample(0)


@pytest.mark.parametrize(
    "token",
    [
        TOKEN,
        base64.b64encode(b"key " + TOKEN),
        TOKEN.hex().encode(),
        TOKEN.decode().encode("utf-16-le"),
    ],
    ids=["plain", "base64", "hex", "utf-16"],
)
def test_a_token_split_at_any_byte(
    token: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that two instructions join is found, wherever it is cut and however each is made."""
    monkeypatch.setattr(source, "WINDOWED", 64)
    entries: list[Entry] = []
    texts: list[bytes] = []
    for cut in range(1, min(len(token), 24)):
        head, tail = token[:cut], token[cut:]
        # No half of it may be told by itself, or the whole object would be looked at.
        base = FILL + b"(" + head + b")" + FILL + b"[" + tail + b"]" + FILL
        entries.append(whole(base))
        texts.append(base)
        root = len(entries) - 1
        at_head, at_tail = len(FILL) + 1, 2 * len(FILL) + len(head) + 3
        for first in (copy(at_head, len(head)), insert(head)):
            for second in (copy(at_tail, len(tail)), insert(tail)):
                mark = b" %d " % len(entries)
                target = base[:5000] + mark + token + mark + base[5000:]
                steps = [insert(mark), first, second, insert(mark)]
                steps = [copy(0, 5000), *steps, copy(5000, len(base) - 5000)]
                entries.append(ofs(root, delta(base, target, *steps), target))
                texts.append(target)
    write_pack(empty_repository(tmp_path / "r"), entries)
    expected = {
        (entry.name.hex(), match.secret.reveal())
        for entry, text in zip(entries, texts, strict=True)
        for match in engine().matches(text)
    }
    assert len(expected) >= 4 * (min(len(token), 24) - 1)
    assert expected == scan_history(tmp_path).pairs


def test_only_what_changed_is_looked_at() -> None:
    """The windows are the inserted bytes and the borders, each with its reach."""
    base = b"x" * 100_000
    steps = (copy(0, 50_000), insert(b"new"), copy(50_000, 50_000))
    made = delta(base, 100_003, *steps)
    size, at = target_size(made)
    assert 100_003 == size
    assert [(0, 10), (49_990, 50_013)] == edits(made, at, size, 10)


def test_a_rewritten_object_has_no_windows() -> None:
    """Where more than half changed, the whole object is to be looked at."""
    made = delta(b"", 1000, *(insert(b"y" * 80) + copy(0, 20) for _ in range(10)))
    size, at = target_size(made)
    assert edits(made, at, size, 1) is None


@pytest.mark.parametrize("length", [1, 0xFF, 0x100, 0xFFFF, 0x10000, 0x10001, 0xFFFFFF])
def test_copies_of_any_length(length: int) -> None:
    """A copy's length is read as it is applied, 65,536 bytes without a length among them."""
    base = bytes(0x1000000)
    made = delta(base, length + 1, copy(0, length), insert(b"z"))
    assert apply(base, made) == base[:length] + b"z"
    size, at = target_size(made)
    windows = edits(made, at, size, 4)
    assert windows is None or (length + 1, length + 1) in [(end, size) for _, end in windows]


@pytest.mark.parametrize("made", [b"", b"\x80", b"\x05", b"\x05\x80"])
def test_a_delta_that_ends_in_its_header(made: bytes) -> None:
    """A delta that ends inside its header is corrupt."""
    with pytest.raises(CorruptInputError):
        target_size(made)


@pytest.mark.parametrize(
    "made",
    [
        delta(5, 5, copy(3, 4)),
        delta(5, 5, insert(b"abc")),
        delta(5, 5, b"\x00"),
        delta(5, 5, b"\x09ab"),
        delta(6, 5, copy(0, 5)),
        delta(5, 5, b"\xff"),
        delta(5, (1 << 27) + 1, copy(0, 5)),
    ],
    ids=["beyond", "short", "reserved", "cut", "base", "torn", "large"],
)
def test_a_delta_that_does_not_fit(made: bytes) -> None:
    """A delta that does not make what it says is corrupt."""
    with pytest.raises(CorruptInputError):
        apply(b"12345", made)
