# SPDX-License-Identifier: Apache-2.0
"""Packs such as any git could have written, and what lies beside them."""

import os
import struct
from pathlib import Path

import pytest
from tests.history import Scanned, sample, scan_history
from tests.packs import (
    COMMIT,
    TREE,
    Entry,
    copy,
    delta,
    empty_repository,
    index_bytes,
    insert,
    object_name,
    ofs,
    pack_bytes,
    ref,
    whole,
    write_loose,
    write_pack,
)

from stanch.gitdb.index import read_index, walk_pack
from stanch.gitdb.naming import name_entries
from stanch.gitdb.pack import Pack

A, B, C, D = (sample(number) for number in range(4))
ROOT = b"first line\n" * 40 + A + b"\n"


@pytest.fixture
def objects(tmp_path: Path) -> Path:
    """Return the object folder of an empty repository in `tmp_path`."""
    return empty_repository(tmp_path / "repository.git")


def _grown(base: bytes, token: bytes) -> tuple[bytes, bytes]:
    """Return a delta that replaces the token at the end of `base`, and what it makes."""
    keep = len(base) - len(token) - 1
    target = base[:keep] + token + b"\n"
    return delta(base, target, copy(0, keep), insert(token + b"\n")), target


def _chain() -> list[tuple[bytes, bytes]]:
    """Return (delta, text) of three versions, each made from the one before."""
    versions, text = [(b"", ROOT)], ROOT
    for token in (B, C):
        made, text = _grown(text, token)
        versions.append((made, text))
    return versions


def _named(*texts: bytes) -> set[tuple[str, bytes]]:
    """Return the expected pairs: each text ends with its token."""
    return {(object_name(text).hex(), text[-41:-1]) for text in texts}


def _check(path: Path, *texts: bytes) -> Scanned:
    scanned = scan_history(path)
    assert _named(*texts) == scanned.pairs
    assert [] == scanned.skipped
    assert len(texts) == len(scanned.located)
    return scanned


@pytest.mark.parametrize("index", [True, False], ids=["indexed", "bare"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
def test_deltas_by_name_in_any_order(
    order: tuple[int, ...],
    index: bool,  # noqa: FBT001
    objects: Path,
    tmp_path: Path,
) -> None:
    """Deltas of deltas that name their base are read, also where the base comes later."""
    versions = _chain()
    entries = [
        whole(ROOT),
        ref(object_name(ROOT), *versions[1]),
        ref(object_name(versions[1][1]), *versions[2]),
    ]
    write_pack(objects, [entries[i] for i in order], index=index)
    _check(tmp_path, *(text for _, text in versions))


@pytest.mark.parametrize("index", [True, False], ids=["indexed", "bare"])
def test_deltas_by_offset(objects: Path, tmp_path: Path, index: bool) -> None:  # noqa: FBT001
    """Deltas of deltas that give their base by offset are read."""
    versions = _chain()
    entries = [whole(ROOT), ofs(0, *versions[1]), ofs(1, *versions[2])]
    write_pack(objects, entries, index=index)
    _check(tmp_path, *(text for _, text in versions))


@pytest.mark.parametrize("how", [{"version": 1}, {"far": True}], ids=["version 1", "far"])
def test_indexes_of_any_form(how: dict[str, int], objects: Path, tmp_path: Path) -> None:
    """Indexes of version 1, and those with 64-bit offsets, are read."""
    versions = _chain()
    entries = [whole(ROOT), ofs(0, *versions[1]), ofs(1, *versions[2])]
    path = write_pack(objects, entries, **how)  # type: ignore[arg-type]
    names, offsets = read_index(path.with_suffix(".idx"), 20)
    assert sorted(entry.name for entry in entries) == [name.tobytes() for name in names]
    assert pack_bytes(entries)[1] == sorted(offsets.tolist())
    _check(tmp_path, *(text for _, text in versions))


def test_single_objects_are_read_by_either_index(objects: Path) -> None:
    """The reader of single objects finds them by an index of either version."""
    from stanch.gitdb.reader import Reader
    from stanch.gitdb.repository import open_repository

    versions = _chain()
    write_pack(objects, [whole(ROOT), ofs(0, *versions[1])], version=1)
    write_pack(objects, [whole(b"other"), ref(object_name(versions[1][1]), *versions[2])], far=True)
    repository = open_repository(objects.parent)
    assert repository is not None
    reader = Reader(repository)
    for _, text in versions:
        assert (3, text) == reader.read(object_name(text))
        assert [object_name(text)] == reader.expand(object_name(text).hex()[:7])
    assert reader.read(bytes(20)) is None


def test_a_base_in_another_pack(objects: Path, tmp_path: Path) -> None:
    """A delta whose base is in another pack, or loose, is read."""
    versions = _chain()
    write_loose(objects, ROOT)
    write_pack(objects, [ref(object_name(ROOT), *versions[1])])
    write_pack(objects, [ref(object_name(versions[1][1]), *versions[2])])
    _check(tmp_path, *(text for _, text in versions))


def test_a_base_in_a_pack_without_an_index(objects: Path, tmp_path: Path) -> None:
    """A delta is read whose base is in a pack that no index lists."""
    versions = _chain()
    write_pack(objects, [whole(ROOT), ofs(0, *versions[1])], index=False)
    write_pack(objects, [ref(object_name(versions[1][1]), *versions[2])])
    _check(tmp_path, *(text for _, text in versions))


def test_a_tree_made_from_one_elsewhere_keeps_its_type(objects: Path, tmp_path: Path) -> None:
    """A delta of a tree in another pack is a tree: what stands in it is attributed."""
    blob = whole(ROOT)
    old = b"100644 old\0" + bytes(20)
    new = old + b"100644 z\0" + blob.name
    made = delta(old, new, copy(0, len(old)), insert(new[len(old) :]))
    thin = ref(object_name(old, TREE), made, new)._replace(name=object_name(new, TREE))
    commit = (
        b"tree %s\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nm" % thin.name.hex().encode()
    )
    write_pack(objects, [whole(old, TREE)])
    write_pack(objects, [blob, thin, whole(commit, COMMIT)])
    (objects.parent / "refs" / "heads" / "main").write_bytes(
        object_name(commit, COMMIT).hex().encode()
    )
    place = scan_history(tmp_path).place(A)
    assert ("z",) == place.paths
    assert ("HEAD", "refs/heads/main") == place.refs


def test_an_object_in_several_places_is_told_once(objects: Path, tmp_path: Path) -> None:
    """What two packs hold, and a file too, is scanned once."""
    write_pack(objects, [whole(ROOT), whole(b"one")])
    write_pack(objects, [whole(ROOT), whole(b"two")])
    write_loose(objects, ROOT)
    _check(tmp_path, ROOT)


def test_an_object_twice_in_a_pack(objects: Path, tmp_path: Path) -> None:
    """A pack that holds an object twice, once as a delta of itself, is read."""
    same = ref(object_name(ROOT), delta(ROOT, ROOT, copy(0, len(ROOT))), ROOT)
    write_pack(objects, [whole(ROOT), same])
    scanned = scan_history(tmp_path)
    assert _named(ROOT) == scanned.pairs
    assert [] == scanned.skipped


def test_names_without_an_index(tmp_path: Path) -> None:
    """The names of a pack's objects are worked out, as an index would tell them."""
    versions = _chain()
    entries = [
        ref(object_name(versions[1][1]), *versions[2]),
        whole(ROOT),
        ofs(1, *versions[1]),
        whole(b"tree", TREE),
    ]
    data, offsets = pack_bytes(entries)
    assert offsets == walk_pack(data, 20).tolist()
    pack = Pack(tmp_path / "none.pack", data)
    name_entries(pack, lambda _: None)
    assert [entry.name for entry in entries] == [pack.name(i) for i in range(4)]
    assert [3, 3, 3, 2] == pack.kind.tolist()
    assert sorted(entry.name for entry in entries) == [name.tobytes() for name in pack.listed()]


def test_an_index_that_hides_objects(objects: Path, tmp_path: Path) -> None:
    """An index that lists a part of its pack is not believed, and that is told."""
    entries = [whole(ROOT), whole(b"seen")]
    path = write_pack(objects, entries)
    data, offsets = pack_bytes(entries)
    path.with_suffix(".idx").write_bytes(index_bytes(entries[1:], offsets[1:], data))
    scanned = scan_history(tmp_path)
    assert _named(ROOT) == scanned.pairs
    assert ["does not list all objects" in one.reason for one in scanned.skipped] == [True]


@pytest.mark.parametrize(
    "broken",
    [b"", b"\xfftOc", b"\xfftOc\0\0\0\3" + bytes(2000), b"\xfftOc\0\0\0\2" + b"\xff\0\0\0" * 256],
    ids=["empty", "cut", "version", "fan"],
)
def test_a_broken_index(broken: bytes, objects: Path, tmp_path: Path) -> None:
    """Where the index is broken, the pack is read without it, and that is told."""
    versions = _chain()
    path = write_pack(objects, [whole(ROOT), ref(object_name(ROOT), *versions[1])])
    path.with_suffix(".idx").write_bytes(broken)
    scanned = scan_history(tmp_path)
    assert _named(ROOT, versions[1][1]) == scanned.pairs
    assert [path.name in one.path for one in scanned.skipped] == [True]


def test_what_a_broken_fetch_left(objects: Path, tmp_path: Path) -> None:
    """Packs and objects under temporary names, and stray files, are scanned too."""
    half = pack_bytes([whole(ROOT), whole(b"never came")])[0]
    (objects / "pack" / "tmp_pack_Ab12cd").write_bytes(half[: len(half) - 30])
    made = write_loose(objects, b"loose " + B)
    made.rename(made.with_name("tmp_obj_Ab12cd"))
    (objects / "pack" / "notes.txt").write_bytes(C)
    (objects / "info" / "packs").write_bytes(D)
    scanned = scan_history(tmp_path)
    assert {A, B, C, D} == scanned.secrets
    assert ["tmp_pack" in one.path for one in scanned.skipped] == [True]


def test_tables_are_no_strays(objects: Path, tmp_path: Path) -> None:
    """Git's tables of numbers and names are not reported as strays."""
    path = write_pack(objects, [whole(b"x")])
    path.with_suffix(".rev").write_bytes(b"RIDX\n" + A)
    path.with_suffix(".bitmap").write_bytes(b"BITM\n" + A)
    (objects / "pack" / "multi-pack-index").write_bytes(b"MIDX\n" + A)
    (objects / "info" / "commit-graph").write_bytes(b"CGPH\n" + A)
    assert set() == scan_history(tmp_path).secrets
    (objects / "info" / "other").write_bytes(b"CGPH\n" + A)
    assert {A} == scan_history(tmp_path).secrets


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_nothing_waits_on_a_pipe(objects: Path, tmp_path: Path) -> None:
    """Pipes in the place of packs, indexes, objects and texts are told and not waited for."""
    kept = write_pack(objects, [whole(ROOT)])
    os.mkfifo(objects / "pack" / "pack-1.pack")
    os.mkfifo(objects / "pack" / "pack-1.idx")
    os.mkfifo(objects / "pack" / "pipe")
    (objects / "00").mkdir()
    os.mkfifo(objects / "00" / ("0" * 38))
    os.mkfifo(objects.parent / "packed-refs")
    os.mkfifo(objects / "info" / "alternates")
    assert kept.exists()
    scanned = scan_history(tmp_path)
    assert {A} == scanned.secrets
    assert scanned.incomplete


def test_links_are_not_followed(objects: Path, tmp_path: Path) -> None:
    """Links in the place of packs, folders and texts are told and not followed."""
    elsewhere = empty_repository(tmp_path / "elsewhere" / "hidden")
    real = write_pack(elsewhere, [whole(ROOT)])
    for suffix in (".pack", ".idx"):
        (objects / "pack" / f"pack-1{suffix}").symlink_to(real.with_suffix(suffix))
    (objects.parent / "config").unlink()
    (objects.parent / "config").symlink_to(tmp_path / "elsewhere" / "npmrc")
    (tmp_path / "elsewhere" / "npmrc").write_bytes(b"//npm.corp.example/:_authToken=" + B)
    scanned = scan_history(objects.parent)
    assert set() == scanned.secrets
    told = {one.path.rpartition(" ")[2] for one in scanned.skipped if one.incomplete}
    assert {"pack-1.pack", "config"} <= told


def test_a_pack_of_nothing(objects: Path, tmp_path: Path) -> None:
    """A pack without objects holds nothing, and nothing is missing."""
    write_pack(objects, [])
    scanned = scan_history(tmp_path)
    assert ([], []) == scanned


def test_a_size_that_spans_bytes(objects: Path, tmp_path: Path) -> None:
    """Sizes and distances that take several bytes are read."""
    far = [whole(struct.pack(">I", i) * 5000) for i in range(40)]
    large = b"x\n" * 150_000 + A + b"\n"
    made, target = _grown(large, B)
    entries: list[Entry] = [whole(large), *far, ofs(0, made, target)]
    write_pack(objects, entries)
    _check(tmp_path, large, target)
