# SPDX-License-Identifier: Apache-2.0
"""Damaged and hostile object databases: nothing is raised, what is lost is told, the rest found."""

import random
import tempfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.history import Scanned, sample, scan_history
from tests.packs import (
    BLOB,
    OFS,
    REF,
    Entry,
    copy,
    delta,
    empty_repository,
    index_bytes,
    insert,
    number,
    object_name,
    ofs,
    pack_bytes,
    ref,
    whole,
    write_loose,
    write_pack,
)

from stanch.gitdb import forest, naming

A, B, C = (sample(number) for number in range(3))


@pytest.fixture
def objects(tmp_path: Path) -> Path:
    """Return the object folder of an empty repository in `tmp_path`."""
    return empty_repository(tmp_path / "repository.git")


def _text(token: bytes, size: int = 400) -> bytes:
    return random.Random(token).randbytes(size).hex().encode() + b"\n" + token + b"\n"


def _lost(scanned: Scanned) -> int:
    return sum(one.incomplete for one in scanned.skipped)


def _damage(path: Path, entries: list[Entry], position: int, at: int = 8) -> None:
    """Spoil the compressed data of an entry."""
    data, offsets = pack_bytes(entries)
    raw = bytearray(data)
    raw[offsets[position] + at] ^= 0x55
    path.write_bytes(raw)


@pytest.mark.parametrize("index", [True, False], ids=["indexed", "bare"])
def test_a_truncated_pack(index: bool, objects: Path, tmp_path: Path) -> None:  # noqa: FBT001
    """What stands before the cut is found; that there is a cut is told."""
    entries = [whole(_text(one)) for one in (A, B, C)]
    path = write_pack(objects, entries, index=index)
    offsets = pack_bytes(entries)[1]
    for end in (offsets[2] + 40, offsets[2], offsets[1] + 3):
        path.write_bytes(path.read_bytes()[:end])
        scanned = scan_history(tmp_path)
        assert {A, B} - ({B} if end < offsets[2] else set()) == scanned.secrets
        assert _lost(scanned)


def test_a_damaged_entry_costs_what_is_made_from_it(objects: Path, tmp_path: Path) -> None:
    """One damaged entry loses itself and its deltas, each told; all else is found."""
    text = _text(A)
    made = delta(text, len(text) + 42, copy(0, len(text)), insert(b"\n" + B + b"\n"))
    entries = [
        whole(text),
        ofs(0, made, text + b"\n" + B + b"\n"),
        whole(_text(C)),
    ]
    _damage(write_pack(objects, entries), entries, 0)
    scanned = scan_history(tmp_path)
    assert {C} == scanned.secrets
    told = sorted(one.path.rpartition(" ")[2] for one in scanned.skipped)
    assert sorted(entry.name.hex()[:12] for entry in entries[:2]) == told


@pytest.mark.parametrize("loose", [True, False], ids=["loose", "packed"])
def test_another_copy_of_what_is_damaged(loose: bool, objects: Path, tmp_path: Path) -> None:  # noqa: FBT001
    """An object that is damaged in one place and whole in another is scanned, and not missing."""
    entries = [whole(_text(A)), whole(_text(B))]
    _damage(write_pack(objects, entries), entries, 0)
    if loose:
        write_loose(objects, _text(A))
    else:
        write_pack(objects, [whole(_text(A)), whole(b"more")])
    scanned = scan_history(tmp_path)
    assert {A, B} == scanned.secrets
    assert [] == scanned.skipped
    assert 2 == len(scanned.located)


def test_a_damaged_loose_object(objects: Path, tmp_path: Path) -> None:
    """Loose objects that are empty, cut, garbage, or lie about themselves are told."""
    write_loose(objects, _text(A))
    spoilt = [
        b"",
        b"garbage",
        zlib.compress(b"blob 5\0abc"),
        zlib.compress(b"blob 3\0abcde"),
        zlib.compress(b"nothing"),
        zlib.compress(b"blob " + b"9" * 9000 + b"\0x"),
        zlib.compress(b"blob 99999999999\0x"),
        zlib.compress(b"thing 1\0x"),
        zlib.compress(b"blob 100\0" + b"x" * 100)[:-8],
    ]
    for position, data in enumerate(spoilt):
        write_loose(objects, b"%d" % position).write_bytes(data)
    scanned = scan_history(tmp_path)
    assert {A} == scanned.secrets
    assert len(spoilt) == _lost(scanned)


@pytest.mark.parametrize("name", ["pack-1.pack", "pack-1.idx"])
def test_empty_files(name: str, objects: Path, tmp_path: Path) -> None:
    """A pack or index of no bytes is told, and what else there is is found."""
    write_loose(objects, _text(A))
    path = write_pack(objects, [whole(_text(B))])
    path.rename(path.with_name("pack-1.pack"))
    path.with_suffix(".idx").rename(path.with_name("pack-1.idx"))
    path.with_name(name).write_bytes(b"")
    scanned = scan_history(tmp_path)
    assert ({A, B} if name.endswith("idx") else {A}) == scanned.secrets
    assert 1 == _lost(scanned)


@pytest.mark.parametrize("index", [True, False], ids=["indexed", "bare"])
@pytest.mark.parametrize("length", [1, 2, 3, 2000])
def test_loops_of_deltas(length: int, index: bool, objects: Path, tmp_path: Path) -> None:  # noqa: FBT001
    """Deltas made from each other in a circle, and what hangs on it, are told; nothing hangs."""
    names = [object_name(b"%d" % i) for i in range(length + 2)]
    ring = [
        Entry(REF, delta(1, 1, insert(b"x")), names[i], names[(i + 1) % length])
        for i in range(length)
    ]
    tail = [Entry(REF, delta(1, 1, insert(b"x")), names[length + i], names[i]) for i in (0, 1)]
    write_pack(objects, [*ring, *tail, whole(_text(A))], index=index)
    scanned = scan_history(tmp_path)
    assert {A} == scanned.secrets
    told = sum(int(one.path.split()[-3]) if "more" in one.path else 1 for one in scanned.skipped)
    assert length + 2 == told


def test_loops_between_packs(objects: Path, tmp_path: Path) -> None:
    """Deltas of two packs that are made from each other are told; nothing hangs."""
    one, two = object_name(b"one"), object_name(b"two")
    same = delta(1, 1, insert(b"x"))
    write_pack(objects, [Entry(REF, same, one, two), whole(_text(A))])
    write_pack(objects, [Entry(REF, same, two, one), whole(_text(B))])
    scanned = scan_history(tmp_path)
    assert {A, B} == scanned.secrets
    assert 2 == _lost(scanned)


@pytest.mark.parametrize(
    "hostile",
    [
        Entry(BLOB, b"x" * 50, object_name(b"1"), size=1 << 43),
        Entry(BLOB, b"x" * 50, object_name(b"1"), size=1 << 61),
        Entry(BLOB, b"x" * 50, object_name(b"1"), size=49),
        Entry(BLOB, b"x" * 50, object_name(b"1"), size=51),
        Entry(BLOB, b"", object_name(b"1"), size=7),
        Entry(BLOB, b"", object_name(b"1"), raw=b"\xff" * 40),
        Entry(OFS, number(1 << 50) + number(1 << 50), object_name(b"1"), 0),
        Entry(OFS, number(811) + number(1 << 40) + copy(0, 5), object_name(b"1"), 0),
        Entry(OFS, number(811) + number(1 << 27) + copy(0, 5), object_name(b"1"), 0),
        Entry(OFS, delta(811, 900, copy(800, 100)), object_name(b"1"), 0),
        Entry(OFS, b"\x80" * 30, object_name(b"1"), 0),
        Entry(REF, b"", object_name(b"1"), bytes(20)),
        Entry(REF, delta(1, 1, insert(b"x")), object_name(b"1"), b"\xff" * 20),
    ],
    ids=lambda entry: f"{entry.kind}-{entry.size}-{len(entry.data)}",
)
@pytest.mark.parametrize("index", [True, False], ids=["indexed", "bare"])
def test_a_hostile_entry(
    hostile: Entry,
    index: bool,  # noqa: FBT001
    objects: Path,
    tmp_path: Path,
) -> None:
    """An entry that announces what it does not hold is told; the others are found."""
    # Without an index nothing tells where entry 2 starts but the end of the hostile one.
    entries = [whole(_text(A)), hostile, whole(_text(B))]
    write_pack(objects, entries, index=index)
    scanned = scan_history(tmp_path)
    assert A in scanned.secrets
    assert index <= (B in scanned.secrets)
    assert scanned.incomplete


@pytest.mark.parametrize("kind", [0, 5])
def test_an_unknown_type(kind: int, objects: Path, tmp_path: Path) -> None:
    """What has no type that git knows is scanned like a file."""
    text = _text(A)
    write_pack(objects, [Entry(kind, text, object_name(text)), whole(_text(B))])
    assert {A, B} == scan_history(tmp_path).secrets


def test_a_pack_that_announces_more_than_it_has(objects: Path, tmp_path: Path) -> None:
    """Four billion announced objects cost nothing; what is there is found."""
    entries = [whole(_text(A))]
    data, offsets = pack_bytes(entries, count=(1 << 32) - 1)
    path = objects / "pack" / "pack-1.pack"
    path.write_bytes(data)
    assert {A} == scan_history(tmp_path).secrets
    path.with_suffix(".idx").write_bytes(index_bytes(entries, offsets, data))
    scanned = scan_history(tmp_path)
    assert {A} == scanned.secrets
    assert scanned.incomplete


def _deep(depth: int) -> list[Entry]:
    """Return a chain of deltas that ends with a token."""
    text = _text(A, 2000)
    entries = [whole(text)]
    for i in range(depth):
        line = b"\n" + (sample(3) if i == depth - 1 else b"%08d" % i) + b"\n"
        target = text[:4000] + line
        entries.append(ofs(i, delta(text, target, copy(0, 4000), insert(line)), target))
        text = target
    return entries


@pytest.mark.parametrize("index", [True, False], ids=["indexed", "bare"])
def test_a_chain_of_ten_thousand(index: bool, objects: Path, tmp_path: Path) -> None:  # noqa: FBT001
    """A delta chain ten thousand deep is read to its end."""
    write_pack(objects, _deep(10_000), index=index)
    scanned = scan_history(tmp_path)
    assert {A, sample(3)} == scanned.secrets
    assert [] == scanned.skipped


@pytest.mark.parametrize("index", [True, False], ids=["indexed", "bare"])
def test_memory_is_given_back(
    index: bool,  # noqa: FBT001
    objects: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With less memory than its open chains need, a pack is read all the same."""
    monkeypatch.setattr(forest, "HELD_MAX", 10_000)
    monkeypatch.setattr(naming, "_HELD_MAX", 10_000)
    texts = [_text(A, 2000)]
    entries = [whole(texts[0])]
    # Every node has two children that have children: all the way up stays open.
    for node in range(60):
        for side in (0, 1):
            token = b"\n" + sample(10 + 2 * node + side) + b"\n"
            target = texts[node][:4000] + token
            made = delta(texts[node], target, copy(0, 4000), insert(token))
            entries.append(ofs(node, made, target))
            texts.append(target)
    write_pack(objects, entries, index=index)
    scanned = scan_history(tmp_path)
    assert {sample(10 + i) for i in range(120)} | {A} == scanned.secrets
    assert [] == scanned.skipped


TEXT = _text(A)
GROWN = TEXT[:459] + b"\n" + B + b"\n"
FLIPPED = [
    whole(TEXT),
    ofs(0, delta(TEXT, GROWN, copy(0, 459), insert(GROWN[459:])), GROWN),
    ref(object_name(TEXT), delta(TEXT, 5, copy(3, 5)), TEXT[3:8]),
    whole(b"tree %d\n" % 0 + b"parent \nauthor", 1),
    whole(b"100644 x\0" + bytes(20) + b"40000 y\0" + bytes(19), 2),
    whole(b"object zzz\ntype commit\n", 4),
    whole(_text(C)),
]
PACK, OFFSETS = pack_bytes(FLIPPED)
INDEX = index_bytes(FLIPPED, OFFSETS, PACK)
flips = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(1, 255)), max_size=6)


@given(pack=flips, index=flips, cut=st.integers(0, 1 << 12), indexed=st.booleans())
@settings(max_examples=120)
def test_flipped_bytes(
    pack: list[tuple[int, int]],
    index: list[tuple[int, int]],
    cut: int,
    indexed: bool,  # noqa: FBT001
) -> None:
    """Random damage raises nothing, and a token that is lost is never lost in silence."""
    with tempfile.TemporaryDirectory() as folder:
        objects = empty_repository(Path(folder) / "r")
        path = objects / "pack" / "pack-1.pack"
        spoilt = _spoilt(PACK, pack)
        path.write_bytes(spoilt[: len(spoilt) - cut] if cut < 200 else spoilt)
        if indexed:
            path.with_suffix(".idx").write_bytes(_spoilt(INDEX, index))
        main = objects.parent / "refs" / "heads" / "main"
        main.write_bytes(FLIPPED[5].name.hex().encode())
        scanned = scan_history(Path(folder))
    if not {A, B, C} <= scanned.secrets:
        assert scanned.incomplete


def _spoilt(data: bytes, flips: list[tuple[int, int]]) -> bytes:
    raw = bytearray(data)
    for at, change in flips:
        raw[at % len(raw)] ^= change
    return bytes(raw)


@given(data=st.binary(max_size=300), index=st.binary(max_size=300))
@settings(max_examples=60)
def test_random_bytes(data: bytes, index: bytes) -> None:
    """Random bytes after the magic raise nothing."""
    with tempfile.TemporaryDirectory() as folder:
        objects = empty_repository(Path(folder) / "r")
        path = objects / "pack" / "pack-1.pack"
        path.write_bytes(b"PACK\0\0\0\2\0\0\0\7" + data)
        path.with_suffix(".idx").write_bytes(b"\xfftOc\0\0\0\2" + bytes(1023) + b"\7" + index)
        scan_history(Path(folder))
