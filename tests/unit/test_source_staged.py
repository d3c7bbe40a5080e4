# SPDX-License-Identifier: Apache-2.0
"""`--staged`: what the next commit brings, however git keeps its index."""

from pathlib import Path

import pytest
from tests.conftest import MakeRepo, Stanch
from tests.history import Scanned, run, sample
from tests.repository import Repository

from stanch.errors import InputError, UsageError
from stanch.gitdb.staging import read_index_file
from stanch.sources.staged import SOURCE

A, B, C = (sample(number) for number in range(3))


def _staged(path: Path, index: Path | None = None) -> Scanned:
    return run(SOURCE, path, staged=True, index=index)


def _paths(scanned: Scanned) -> dict[str, bytes]:
    return {
        one.occurrence.path: one.secret.reveal()
        for one in scanned.located
        if one.secret is not None
    }


@pytest.fixture
def repository(make_repo: MakeRepo) -> Repository:
    """Return a repository with a commit that holds a token, checked out."""
    made = make_repo()
    made.commit({"old": b"key " + A, "dir/deep/kept": "x", "dir/script": "y"})
    made.check_out()
    return made


def test_only_what_is_new(repository: Repository) -> None:
    """Blobs that HEAD has at their place are not scanned; new and changed ones are."""
    assert ([], []) == _staged(repository.path)
    repository.stage({"new": b"key " + B, "dir/deep/kept": b"key " + C})
    (repository.path / "untracked").write_bytes(A)
    assert {"new": B, "dir/deep/kept": C} == _paths(_staged(repository.path))
    assert "staged" == _staged(repository.path).place(B).kind


def test_the_index_counts_and_not_the_file(repository: Repository) -> None:
    """What was staged is scanned, whatever the file holds by now."""
    repository.stage({"new": b"key " + B})
    (repository.path / "new").write_text("harmless")
    assert {"new": B} == _paths(_staged(repository.path))


def test_renames_modes_and_deletions(repository: Repository) -> None:
    """A renamed file counts as new; a changed mode or a deletion brings nothing."""
    repository.git("mv", "old", "renamed")
    assert {"renamed": A} == _paths(_staged(repository.path))
    repository.check_out()
    repository.git("update-index", "--chmod=+x", "old")
    repository.git("rm", "-q", "dir/script")
    assert ([], []) == _staged(repository.path)


def test_links_and_submodules(repository: Repository, make_repo: MakeRepo) -> None:
    """Where a link points is scanned; a submodule has no content here."""
    (repository.path / "link").symlink_to(f"to/{B.decode()}")
    inner = make_repo("inner")
    commit = inner.commit({"x": "y"})
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    repository.git("add", "link")
    scanned = _staged(repository.path)
    assert ({"link": B}, []) == (_paths(scanned), scanned.skipped)


def test_intent_to_add(repository: Repository) -> None:
    """A file that is only announced has no content yet."""
    (repository.path / "later").write_bytes(B)
    repository.git("add", "-N", "later")
    assert ([], []) == _staged(repository.path)
    repository.git("add", "later")
    assert {"later": B} == _paths(_staged(repository.path))


@pytest.mark.parametrize("version", ["2", "3", "4"])
@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_versions_of_the_index(version: str, object_format: str, make_repo: MakeRepo) -> None:
    """Indexes of versions 2, 3 and 4 are read, of either hash."""
    repository = make_repo(object_format=object_format)
    repository.commit({"dir/old": "x"})
    repository.check_out()
    repository.git("update-index", "--index-version", version)
    names = [f"dir/{'long' * number}/name{number}" for number in range(12)]
    repository.stage({**dict.fromkeys(names, "y"), "dir/key": b"key " + B})
    (repository.path / "later").write_text("z")
    repository.git("add", "-N", "later")
    entries = read_index_file(repository.git_dir / "index", 20 if object_format == "sha1" else 32)
    listed = repository.git("ls-files", "-z").decode().strip("\0").split("\0")
    assert listed == [entry.path.decode() for entry in entries]
    assert ["later"] == [entry.path.decode() for entry in entries if entry.intended]
    assert {"dir/key": B} == _paths(_staged(repository.path))


def test_a_merge_conflict(repository: Repository) -> None:
    """Every side of a conflict is scanned."""
    side = repository.commit(
        {"old": b"side " + B}, ref="refs/heads/side", parents=[_head(repository)]
    )
    repository.stage({"old": b"ours " + C})
    repository.git("commit", "-q", "-m", "m")
    with pytest.raises(AssertionError, match="merge"):
        repository.git("merge", "-q", side)
    stages = {entry.name for entry in read_index_file(repository.git_dir / "index", 20)}
    assert len(stages) == 5
    assert {A, B} <= _staged(repository.path).secrets


def _head(repository: Repository) -> str:
    return repository.git("rev-parse", "HEAD").decode()


def test_a_split_index(repository: Repository) -> None:
    """A split index is read with the index that it shares."""
    for number in range(200):
        (repository.path / f"f{number:03}").write_text("x")
    repository.git("add", ".")
    repository.git("update-index", "--split-index")
    repository.git("config", "splitIndex.maxPercentChange", "100")
    repository.stage({"f007": b"key " + B, "zz": b"key " + C, "f100": None})
    assert list(repository.git_dir.glob("sharedindex.*"))
    index = repository.git_dir / "index"
    entries = {entry.path.decode(): entry.name.hex() for entry in read_index_file(index, 20)}
    listed = repository.git("ls-files", "-s").decode().splitlines()
    assert entries == {line.split("\t")[1]: line.split()[1] for line in listed}
    assert {"f007": B, "zz": C} == _paths(_staged(repository.path))
    next(repository.git_dir.glob("sharedindex.*")).unlink()
    with pytest.raises(InputError):
        _staged(repository.path)


def test_a_sparse_index(make_repo: MakeRepo) -> None:
    """A folder that stands whole in a sparse index is compared with HEAD's."""
    repository = make_repo()
    repository.commit({"in/a": "x", "out/deep/b": "y", "out/c": b"key " + B})
    repository.check_out()
    repository.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    index = repository.git_dir / "index"
    assert [b"in/a", b"out/"] == [entry.path for entry in read_index_file(index, 20)]
    assert ([], []) == _staged(repository.path)
    repository.git("update-ref", "HEAD", repository.commit({"out/d": "z"}, ref="", parents=[]))
    assert {"out/c": B} == _paths(_staged(repository.path))


def test_before_the_first_commit(make_repo: MakeRepo) -> None:
    """With an unborn HEAD everything in the index is staged."""
    repository = make_repo()
    assert ([], []) == _staged(repository.path)
    repository.stage({"new": b"key " + A})
    assert {"new": A} == _paths(_staged(repository.path))


def test_from_a_folder_inside(repository: Repository) -> None:
    """From a folder of the work tree the whole index is meant, as with git."""
    repository.stage({"new": b"key " + B})
    assert {"new": B} == _paths(_staged(repository.path / "dir" / "deep"))


def test_a_worktree_has_an_index_of_its_own(repository: Repository, tmp_path: Path) -> None:
    """In a linked worktree its own index is read."""
    repository.git("worktree", "add", "-q", str(tmp_path / "linked"))
    repository.stage({"new": b"key " + B})
    assert ([], []) == _staged(tmp_path / "linked")


def test_outside_a_repository(tmp_path: Path) -> None:
    """Where there is no repository, the option makes no sense."""
    with pytest.raises(UsageError, match="in none"):
        _staged(tmp_path)


def test_another_index(repository: Repository, tmp_path: Path, stanch: Stanch) -> None:
    """The index that git names to its hooks is read; one that is not there is told."""
    other = tmp_path / "other.index"
    blob = repository.blob(b"key " + B)
    env = {"GIT_INDEX_FILE": str(other)}
    repository.git("read-tree", "HEAD", env=env)
    repository.git("update-index", "--add", "--cacheinfo", f"100644,{blob},new", env=env)
    assert {"new": B} == _paths(_staged(repository.path, other))
    assert set() == _staged(repository.path).secrets
    assert 1 == stanch("scan", "--staged", env=env, cwd=repository.path).returncode
    assert _staged(repository.path, tmp_path / "gone").incomplete
    env = {"GIT_INDEX_FILE": str(tmp_path / "gone")}
    assert 3 == stanch("scan", "--staged", env=env, cwd=repository.path).returncode


def test_an_unreadable_blob_never_passes(repository: Repository, stanch: Stanch) -> None:
    """A staged blob that is missing or damaged makes the result incomplete: 3."""
    repository.stage({"new": "one", "more": "two"})
    for name, spoil in (("new", True), ("more", False)):
        blob = repository.git("rev-parse", f":{name}").decode()
        path = repository.git_dir / "objects" / blob[:2] / blob[2:]
        path.chmod(0o600)
        if spoil:
            path.write_bytes(b"spoilt")
        else:
            path.unlink()
    scanned = _staged(repository.path)
    assert ["more", "new"] == [one.path for one in scanned.skipped]
    done = stanch("scan", "--staged", cwd=repository.path)
    assert 3 == done.returncode, done.stdout


def test_a_damaged_head(repository: Repository) -> None:
    """Where HEAD cannot be read, everything counts as staged, and that is told."""
    tree = repository.git("rev-parse", "HEAD:dir").decode()
    path = repository.git_dir / "objects" / tree[:2] / tree[2:]
    path.chmod(0o600)
    path.write_bytes(b"spoilt")
    repository.stage({"dir/script": b"key " + B})
    scanned = _staged(repository.path)
    assert {"dir/script": B} == _paths(scanned)
    assert scanned.incomplete
    (repository.git_dir / "HEAD").write_text("1" * 40)
    scanned = _staged(repository.path)
    assert {"old": A, "dir/script": B} == _paths(scanned)
    assert scanned.incomplete


def test_what_is_printed(repository: Repository, stanch: Stanch) -> None:
    """Nothing staged: 0; what was scanned is counted."""
    done = stanch("scan", "--staged", cwd=repository.path)
    assert 0 == done.returncode, done.stdout
    repository.stage({"new": "a", "more": "b"})
    done = stanch("scan", "--staged", cwd=repository.path)
    assert 0 == done.returncode, done.stdout
    assert b"2 staged blobs" in done.stdout
    repository.stage({"new": b"key " + B})
    assert 1 == stanch("scan", "--staged", cwd=repository.path).returncode


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"DIRC",
        b"DIRC\0\0\0\5\0\0\0\0" + bytes(20),
        b"DIRC\0\0\0\2\xff\xff\xff\xff" + bytes(200),
        b"DIRC\0\0\0\4\0\0\0\1" + bytes(62) + b"\xff" * 40,
        b"DIRC\0\0\0\2\0\0\0\0link\xff\xff\xff\xff" + b"\1" * 60,
        b"DIRC\0\0\0\2\0\0\0\1" + bytes(61),
    ],
)
def test_a_damaged_index(data: bytes, tmp_path: Path) -> None:
    """A damaged index is an input error."""
    (tmp_path / "index").write_bytes(data)
    with pytest.raises(InputError):
        read_index_file(tmp_path / "index", 20)


def test_paths_that_grow_without_end(tmp_path: Path) -> None:
    """A version 4 index whose paths grow with every entry is refused early."""
    entry = bytes(62) + b"\0"
    data = b"DIRC\0\0\0\4\0\0\x4e\x20" + b"".join(entry + b"abcdefgh\0" for _ in range(20_000))
    (tmp_path / "index").write_bytes(data + bytes(20))
    with pytest.raises(InputError, match="too long"):
        read_index_file(tmp_path / "index", 20)
