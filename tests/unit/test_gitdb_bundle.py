# SPDX-License-Identifier: Apache-2.0
"""Git bundles and packs as files: as targets, in a tree, on a stream."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import MakeRepo, Stanch
from tests.history import Scanned, run, sample
from tests.packs import delta, insert, object_name, pack_bytes, ref, whole
from tests.repository import Repository

from stanch.sources.files import SOURCE

A, B, C = (sample(number) for number in range(3))


def _scan(path: Path, **options: bool) -> Scanned:
    return run(SOURCE, path, **options)


def _filled(repository: Repository) -> list[str]:
    commits = [repository.commit({"dir/a": b"text\n" * 50 + b"key %s\n" % one}) for one in (A, B)]
    repository.tag("v1", "main", "key " + C.decode())
    return commits


def _bundle(repository: Repository, *revisions: str, version: int = 2) -> Path:
    path = repository.path / "made.bundle"
    sha256 = repository.git("rev-parse", "--show-object-format") == b"sha256"
    version = 3 if sha256 else version
    repository.git("bundle", "create", "-q", f"--version={version}", str(path), *revisions)
    return path


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_bundle(object_format: str, make_repo: MakeRepo) -> None:
    """A bundle's objects are scanned, and attributed by its own history."""
    repository = make_repo(object_format=object_format)
    first, second = _filled(repository)
    scanned = _scan(_bundle(repository, "--all", "HEAD"))
    assert ({A, B, C}, []) == (scanned.secrets, scanned.skipped)
    place = scanned.place(A)
    assert (("dir/a",), first, first, False) == (
        place.archive_path,
        place.commit,
        place.last_commit,
        place.in_head,
    )
    assert ("HEAD", "refs/heads/main", "refs/tags/v1") == place.refs
    assert (second, True) == (scanned.place(B).commit, scanned.place(B).in_head)
    assert "Ada Author <ada@example.com>" == place.author
    assert ("tag", ("refs/tags/v1",)) == (scanned.place(C).kind, scanned.place(C).refs)


def test_a_bundle_in_a_tree_and_on_a_stream(make_repo: MakeRepo, stanch: Stanch) -> None:
    """A bundle is opened wherever it turns up, unless archives are not to be."""
    repository = make_repo()
    _filled(repository)
    path = _bundle(repository, "--all")
    (repository.path / "folder").mkdir()
    moved = path.rename(repository.path / "folder" / "harmless.bin")
    assert {A, B, C} == _scan(moved.parent).secrets
    assert set() == _scan(moved.parent, archives=False).secrets
    assert 1 == stanch("scan", "-", stdin=moved.read_bytes()).returncode


def test_a_bundle_that_needs_more(make_repo: MakeRepo) -> None:
    """Deltas whose base the bundle does not hold are told; the rest is scanned."""
    repository = make_repo()
    first, _ = _filled(repository)
    text = b"".join(b"line %d\n" % number for number in range(400))
    repository.commit({"long": text})
    base = repository.git("rev-parse", "HEAD").decode()
    repository.commit({"long": text + b"key " + sample(5), "new": b"key " + sample(6)})
    path = _bundle(repository, "main", f"^{base}")
    scanned = _scan(path)
    assert {sample(6)} == scanned.secrets
    assert scanned.incomplete
    assert "base object is missing" in scanned.skipped[0].reason
    whole_path = _bundle(repository, "main", f"^{first}")
    assert {sample(5), sample(6)} <= _scan(whole_path).secrets


def test_a_filtered_bundle_is_incomplete(make_repo: MakeRepo) -> None:
    """A bundle without its blobs is told to be incomplete."""
    repository = make_repo()
    _filled(repository)
    scanned = _scan(_bundle(repository, "--filter=blob:none", "--all", version=3))
    assert {C} == scanned.secrets
    assert ["filtered" in one.reason for one in scanned.skipped] == [True]


def test_a_pack_by_itself(make_repo: MakeRepo, tmp_path: Path) -> None:
    """A pack is scanned without an index, of either hash."""
    for object_format in ("sha1", "sha256"):
        repository = make_repo(object_format, object_format=object_format)
        _filled(repository)
        repository.pack()
        (pack,) = (repository.git_dir / "objects" / "pack").glob("*.pack")
        copied = tmp_path / f"{object_format}.bin"
        copied.write_bytes(pack.read_bytes())
        scanned = _scan(copied)
        assert ({A, B, C}, []) == (scanned.secrets, scanned.skipped)
        assert ("dir/a",) == scanned.place(A).archive_path


def test_archives_in_a_bundle(make_repo: MakeRepo) -> None:
    """An archive that a bundle holds is opened too."""
    import gzip

    repository = make_repo()
    repository.commit({"in/a.gz": gzip.compress(b"key " + A, mtime=0)})
    place = _scan(_bundle(repository, "--all")).place(A)
    assert ("in/a.gz", place.object[:12]) == place.archive_path


@pytest.mark.parametrize(
    "data",
    [
        b"# v2 git bundle\n",
        b"# v3 git bundle\n@unknown\n\n",
        b"# v2 git bundle\n\nPACK",
        b"# v2 git bundle\n" + b"zz refs/heads/x\n" * 10 + b"\nPACK\0\0\0\2\0\0\0\1x",
        b"PACK\0\0\0\2",
        b"PACK\0\0\0\2\xff\xff\xff\xff" + b"\xff" * 100,
        pack_bytes([ref(object_name(b"x"), delta(1, 1, insert(b"y")), b"y")])[0],
        pack_bytes([whole(b"x")])[0][:-24],
    ],
)
def test_a_damaged_bundle(data: bytes, tmp_path: Path) -> None:
    """What cannot be read is told, and nothing is raised."""
    (tmp_path / "x").write_bytes(data)
    assert _scan(tmp_path).incomplete


PACK = pack_bytes([whole(b"key " + A), whole(b"tree", 2), whole(b"tree zz", 1), whole(b"", 4)])[0]


@given(st.lists(st.tuples(st.integers(0, 1 << 10), st.integers(1, 255)), max_size=5))
@settings(max_examples=50)
def test_hostile_bundles(flips: list[tuple[int, int]]) -> None:
    """Flipped bytes raise nothing, and lose no token in silence."""
    raw = bytearray(b"# v2 git bundle\n" + b"1" * 40 + b" refs/heads/x\n\n" + PACK)
    for at, change in flips:
        raw[20 + at % (len(raw) - 20)] ^= change
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x").write_bytes(raw)
        scanned = _scan(Path(folder))
    assert A in scanned.secrets or scanned.incomplete
