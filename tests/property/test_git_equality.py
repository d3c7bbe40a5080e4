# SPDX-License-Identifier: Apache-2.0
"""Law: a history scan finds what scanning each object by itself finds, no more and no less."""

import base64
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import MakeRepo
from tests.history import Pair, engine, sample, scan_history, told_by_git
from tests.packs import Entry, copy, delta, empty_repository, insert, ofs, ref, whole, write_pack
from tests.repository import Repository

from stanch.sources.git import lot as source

TOKENS = [sample(number) for number in range(4)] + [sample(0, "pypi-api-token")]
LINES = [b"//npm.corp.example/:_authToken=%s\n" % token for token in TOKENS]
ENCODED = [base64.b64encode(b"key " + TOKENS[0] + b" end"), TOKENS[1].hex().encode()]
WHOLES = [*TOKENS, *LINES, *ENCODED]

edits = st.lists(
    st.tuples(
        st.sampled_from(["whole", "half", "complete", "delete", "move", "repeat", "spoil", "text"]),
        st.integers(0, 1 << 16),
        st.integers(0, 1 << 16),
        st.integers(0, len(WHOLES) - 1),
    ),
    min_size=4,
    max_size=24,
)


@pytest.fixture(params=[source.WINDOWED, 64], ids=["usual", "early"])
def windowed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the size from which objects are scanned only where their delta changed them."""
    monkeypatch.setattr(source, "WINDOWED", request.param)
    return int(request.param)


def _text(seed: int, size: int) -> bytes:
    rng = random.Random(seed)
    words = [rng.randbytes(rng.randint(1, 6)).hex() for _ in range(200)]
    out = bytearray()
    while len(out) < size:
        out += " ".join(rng.choices(words, k=8)).encode() + b"\n"
    return bytes(out[:size])


def _edited(text: bytes, edit: tuple[str, int, int, int]) -> bytes:
    """Change a text in one place: with tokens, parts of tokens, and moves of what is there."""
    sort, first, second, number = edit
    at = first % (len(text) + 1)
    other = second % (len(text) + 1)
    token = WHOLES[number]
    cut = second % len(token)
    if sort == "whole":
        return text[:at] + token + text[at:]
    if sort == "half":
        part = token[:cut] if first & 1 else token[cut:]
        return text[:at] + part + text[at:]
    if sort == "complete":
        # Make a whole of the first half of this token that stands there.
        for cut in range(len(token) - 1, 5, -1):
            found = text.find(token[:cut])
            if found >= 0:
                return text[: found + cut] + token[cut:] + text[found + cut :]
        return text[:at] + token[:9] + text[at:]
    if sort == "spoil":
        found = text.find(token[:8])
        return text[: found + 9] + text[found + 10 :] if found >= 0 else text
    if sort == "delete":
        low, high = sorted((at, min(other, at + 3000)))
        return text[:low] + text[high:]
    if sort == "move":
        low, high = sorted((at, other))
        high = min(high, low + 5000)
        return text[:low] + text[high:] + text[low:high]
    if sort == "repeat":
        low = min(at, other)
        return text + text[low : low + 4000]
    return text[:at] + _text(second, second % 2000) + text[at:]


def _versions(seed: int, size: int, changes: list[tuple[str, int, int, int]]) -> list[bytes]:
    versions = [_text(seed, size)]
    for number, edit in enumerate(changes):
        # Now and then an older version is the one that is changed.
        old = versions[-1 - (edit[2] % 3 if number % 4 == 3 and len(versions) > 3 else 0)]
        versions.append(_edited(old, edit)[: 4 * size + 4000])
    return versions


def _imported(folder: Path, versions: list[bytes]) -> Repository:
    """Commit the versions of one file, and of the file beside it, in one process."""
    repository = Repository(folder)
    out = bytearray()
    for number, text in enumerate(versions):
        out += b"commit refs/heads/main\ncommitter C <c@example.com> %d +0000\n" % (
            1_700_000_000 + number
        )
        out += b"data %d\n%s\nM 100644 inline %s\ndata %d\n%s\n" % (
            len(TOKENS[number % 5]),
            TOKENS[number % 5],
            b"a/file" if number % 2 else b"b/%s" % TOKENS[2],
            len(text),
            text,
        )
    repository.git("fast-import", "--quiet", stdin=bytes(out))
    return repository


@given(seed=st.integers(0, 99), size=st.sampled_from([600, 9000, 40_000, 70_000]), changes=edits)
@settings(max_examples=8)
def _holds_for_git(seed: int, size: int, changes: list[tuple[str, int, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repository = _imported(Path(folder), _versions(seed, size, changes))
        repository.git("repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50")
        scanned = scan_history(Path(folder))
        assert told_by_git(repository) == scanned.pairs
        assert [] == scanned.skipped


def test_deltas_made_by_git(windowed: int) -> None:
    """Random edits, packed by git with deep chains, are found as object by object."""
    assert windowed
    _holds_for_git()


def test_long_history_of_a_large_file(make_repo: MakeRepo) -> None:
    """A file over the window size, its token completed and spoilt by edits, is found exactly."""
    made = make_repo("made")
    changes = [("half", 20_000, 18, 0), ("complete", 0, 0, 0), ("text", 500, 40, 0)] * 2
    changes += [("spoil", 0, 0, 0), ("whole", 30_000, 0, 1), ("move", 29_000, 31_000, 0)]
    repository = _imported(made.path / "in", _versions(1, 60_000, changes))
    repository.git("repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50")
    listed = repository.git("verify-pack", "-v", *_indexes(repository)).splitlines()
    # A delta's line tells its own size, not that of the object.
    deltas = [line for line in listed if len(line.split()) == 7 and b"blob" in line]
    assert len(deltas) > 4
    scanned = scan_history(repository.path)
    assert told_by_git(repository) == scanned.pairs
    assert {TOKENS[0], TOKENS[1]} <= scanned.secrets


def _indexes(repository: Repository) -> list[str]:
    return [str(path) for path in (repository.git_dir / "objects" / "pack").glob("*.idx")]


joins = st.tuples(
    st.sampled_from(["insert, copy", "copy, insert", "copy, copy", "insert, insert"]),
    st.integers(0, len(WHOLES) - 1),
    st.integers(1, 3),
)
copies = st.tuples(st.just("copy"), st.integers(0, 1 << 17), st.integers(1, 9_000))
inserts = st.tuples(
    st.just("insert"),
    st.integers(0, len(WHOLES) - 1),
    st.tuples(st.integers(0, 60), st.integers(0, 200)),
)
instructions = st.lists(joins | copies | joins | inserts, min_size=1, max_size=4)
shapes = st.lists(st.tuples(st.integers(0, 3), st.booleans(), instructions), min_size=1, max_size=8)


def _made(base: bytes, plan: list[tuple[object, ...]]) -> tuple[bytes, bytes]:
    """Return a delta of `base` after a plan, and what it makes."""
    # Most of what changes stays as it is: only then is less than all of it looked at.
    steps = [copy(0, len(base))] if base else []
    target = base
    for sort, first, second in plan:
        if sort == "copy":
            assert isinstance(first, int)
            assert isinstance(second, int)
            start = first % max(len(base), 1)
            size = min(second, len(base) - start)
            if size:
                steps.append(copy(start, size))
                target += base[start : start + size]
        elif sort == "insert":
            assert isinstance(first, int)
            assert isinstance(second, tuple)
            part = WHOLES[first][second[0] : sum(second)]
            if part:
                steps.append(insert(part))
                target += part
        else:
            assert isinstance(sort, str)
            assert isinstance(first, int)
            assert isinstance(second, int)
            token = WHOLES[first]
            for how, part in zip(sort.split(", "), (token[:second], token[second:]), strict=True):
                at = base.find(part)
                steps.append(copy(at, len(part)) if how == "copy" and at >= 0 else insert(part))
                target += part
    return delta(base, target, *steps), target


def _forest(
    root: bytes, plans: list[tuple[int, bool, list[tuple[object, ...]]]]
) -> Iterator[tuple[Entry, bytes]]:
    texts = [root]
    yield whole(root), root
    for parent, by_name, plan in plans:
        at = parent % len(texts)
        made, text = _made(texts[at], plan)
        texts.append(text[:300_000])
        if len(text) > 300_000:
            yield whole(texts[-1]), texts[-1]
        elif by_name:
            yield ref(whole(texts[at]).name, made, text), text
        else:
            yield ofs(at, made, text), text


def _halves(token: bytes, cut: int) -> tuple[bytes, bytes]:
    return token[:cut], token[cut:]


@given(seed=st.integers(0, 9), size=st.sampled_from([40_000, 300, 0]), plans=shapes)
@settings(max_examples=100)
def _holds_for_hand_made(
    seed: int, size: int, plans: list[tuple[int, bool, list[tuple[object, ...]]]]
) -> None:
    root = _text(seed, size)
    root = root[: size // 2] + TOKENS[seed % 3][: 4 * seed if seed > 6 else 0] + root[size // 2 :]
    if seed % 2:
        # Halves of tokens, for instructions to join.
        halves = [half for one in TOKENS[:4] for cut in (1, 2, 3) for half in _halves(one, cut)]
        root = b" ".join([root, *halves])
    made = list(_forest(root, plans))
    texts = {entry.name: text for entry, text in made}
    expected: set[Pair] = {
        (name.hex(), match.secret.reveal())
        for name, text in texts.items()
        for match in engine().matches(text)
    }
    with tempfile.TemporaryDirectory() as folder:
        objects = empty_repository(Path(folder) / "r")
        write_pack(objects, [entry for entry, _ in made], index=bool(seed % 3))
        scanned = scan_history(Path(folder))
    assert expected == scanned.pairs
    assert [] == scanned.skipped


def test_deltas_made_by_hand(windowed: int) -> None:
    """Tokens split over any instructions, in trees of deltas by offset and by name, are found."""
    assert windowed
    _holds_for_hand_made()
