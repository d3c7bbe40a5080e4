# SPDX-License-Identifier: Apache-2.0
"""Git repositories as git lays them out: every object and every text of theirs is scanned."""

import os
import shutil
from pathlib import Path
from typing import Any, Final

import pytest
from tests.conftest import MakeRepo, Stanch
from tests.history import Scanned, run, sample, scan_history, told_by_git
from tests.packs import empty_repository, whole, write_loose, write_pack
from tests.repository import Repository

import stanch as api

TOKENS: Final = [sample(number) for number in range(12)]


def _text(number: int) -> bytes:
    return b"//npm.corp.example/:_authToken=%s\n" % TOKENS[number]


def _filled(repository: Repository, first: int = 0, count: int = 2) -> Repository:
    """Commit some tokens, one version of a file each."""
    for number in range(first, first + count):
        repository.commit({"a/.npmrc": b"# text\n" * 20 + _text(number)})
    return repository


def _check(repository: Repository, path: Path | None = None) -> Scanned:
    """Check that a scan finds what git tells, and that nothing is missing."""
    scanned = scan_history(path or repository.path)
    assert told_by_git(repository) == {pair for pair in scanned.pairs if pair[0]}
    assert [] == scanned.skipped
    told = [one for one in scanned.located if one.occurrence.object]
    objects = [(one.occurrence.object, one.fingerprint) for one in told]
    assert len(objects) == len(set(objects))
    return scanned


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("layout", ["loose", "packed", "both", "several", "midx"])
def test_layouts(layout: str, object_format: str, make_repo: MakeRepo) -> None:
    """Loose objects, one pack, several, with or without a multi-pack-index, of either hash."""
    repository = _filled(make_repo(object_format=object_format))
    if layout != "loose":
        repository.pack()
    if layout in ("both", "several", "midx"):
        _filled(repository, 2, 1)
    if layout in ("several", "midx"):
        repository.git("repack", "-q")
        repository.git("prune-packed")
    if layout == "midx":
        repository.git("multi-pack-index", "write")
        repository.git("commit-graph", "write", "--reachable")
    assert {TOKENS[0], TOKENS[1]} <= _check(repository).secrets


def test_bare(make_repo: MakeRepo) -> None:
    """A bare repository is found, as itself and in a folder."""
    repository = _filled(make_repo("in/it.git", bare=True))
    for path in (repository.path, repository.path.parent):
        assert set(TOKENS[:2]) == _check(repository, path).secrets


def test_empty(make_repo: MakeRepo) -> None:
    """Repositories without an object, or with an unborn HEAD, are clean."""
    assert ([], []) == scan_history(make_repo("new").path)
    other = make_repo("unborn")
    other.commit({"a": _text(0)}, ref="refs/heads/other")
    place = scan_history(other.path).place(TOKENS[0])
    assert (False, ("refs/heads/other",)) == (place.in_head, place.refs)


def test_alternates(make_repo: MakeRepo, tmp_path: Path) -> None:
    """Objects of alternates, absolute, relative, chained and in a circle, are scanned."""
    first = _filled(make_repo("first"), 0, 1)
    second = _filled(make_repo("second"), 1, 1)
    third = _filled(make_repo("third"), 2, 1)
    info = [one.git_dir / "objects" / "info" for one in (first, second, third)]
    (info[0] / "alternates").write_text("# comment\n../../../second/.git/objects\n")
    (info[1] / "alternates").write_text(f'"{third.git_dir.resolve()}/object\\163"\n')
    (info[2] / "alternates").write_text(f"{first.git_dir.resolve()}/objects\n")
    scanned = scan_history(first.path)
    assert set(TOKENS[:3]) == scanned.secrets
    assert [] == scanned.skipped
    (info[1] / "alternates").write_text(f"{tmp_path}/gone\n")
    scanned = scan_history(first.path)
    assert set(TOKENS[:2]) == scanned.secrets
    assert ["alternate is not here" in one.reason for one in scanned.skipped] == [True]


def test_worktrees(make_repo: MakeRepo, tmp_path: Path) -> None:
    """A linked worktree leads to the repository's objects, and has refs of its own."""
    repository = _filled(make_repo())
    repository.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"), "HEAD~1")
    place = scan_history(tmp_path / "linked").place(TOKENS[0])
    assert place.in_head
    refs = {ref for ref in place.refs if "ORIG_HEAD" not in ref}
    assert {"HEAD", "refs/heads/main", "main-worktree/HEAD"} == refs
    place = _check(repository).place(TOKENS[0])
    refs = {ref for ref in place.refs if "ORIG_HEAD" not in ref}
    assert {"HEAD", "refs/heads/main", "worktrees/linked/HEAD"} == refs
    assert 2 == len(scan_history(tmp_path).located)


def test_a_pointer_to_nowhere_is_told(tmp_path: Path) -> None:
    """A worktree or submodule whose repository is not here makes the result incomplete."""
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    scanned = scan_history(tmp_path)
    assert [str(tmp_path / ".git")] == [one.path for one in scanned.skipped]
    assert scanned.incomplete


def test_submodules(make_repo: MakeRepo) -> None:
    """The git folders of submodules are scanned, once, checked out or not."""
    inner = _filled(make_repo("inner"), 0, 1)
    outer = _filled(make_repo("outer"), 1, 1)
    outer.check_out()
    outer.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub"
    )
    for _ in range(2):
        scanned = scan_history(outer.path)
        assert set(TOKENS[:2]) == scanned.secrets
        assert 2 == len(scanned.located)
        shutil.rmtree(outer.path / "sub", ignore_errors=True)


def test_a_shallow_clone_is_incomplete(make_repo: MakeRepo, tmp_path: Path, stanch: Stanch) -> None:
    """A shallow clone with nothing in it is incomplete: 3."""
    origin = make_repo("origin")
    for text in ("a", "b", "c"):
        origin.commit({"file": text})
    clone = tmp_path / "clone"
    origin.git("clone", "-q", "--depth=1", f"file://{origin.path}", str(clone))
    assert ["shallow clone" in one.reason for one in scan_history(clone).skipped] == [True]
    done = stanch("scan", clone)
    assert 3 == done.returncode, done.stdout
    assert b"shallow clone" in done.stdout


def test_a_partial_clone_is_incomplete(make_repo: MakeRepo, tmp_path: Path, stanch: Stanch) -> None:
    """A partial clone is incomplete, and nothing is fetched for it: 3."""
    origin = make_repo("origin")
    origin.commit({"file": "a"})
    origin.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    origin.git(
        "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{origin.path}", str(clone)
    )
    before = sorted(clone.rglob("*"))
    assert ["partial clone" in one.reason for one in scan_history(clone).skipped] == [True]
    assert 3 == stanch("scan", "--history-only", clone).returncode
    assert before == sorted(clone.rglob("*"))


def test_what_no_branch_reaches(make_repo: MakeRepo) -> None:
    """Unreachable commits, stashes, notes, reflog-only commits and tag messages are scanned."""
    repository = make_repo()
    repository.commit({"file": "one"})
    repository.commit({"gone": _text(0)}, ref="")
    repository.check_out()
    (repository.path / "file").write_bytes(_text(1))
    repository.git("stash", "-q")
    repository.git("notes", "add", "-m", _text(2).decode(), "HEAD")
    repository.tag("v1", "HEAD", _text(3).decode())
    repository.commit({"file": _text(4)})
    repository.git("update-ref", "--create-reflog", "refs/heads/main", "HEAD~1")
    repository.commit({"file": "x"}, "Message with " + TOKENS[5].decode())
    scanned = _check(repository)
    assert set(TOKENS[:6]) == scanned.secrets
    assert [False] == [scanned.place(TOKENS[0]).reachable]
    assert ("refs/stash",) == scanned.place(TOKENS[1]).refs
    assert ("refs/notes/commits",) == scanned.place(TOKENS[2]).refs
    assert ("tag", ("refs/tags/v1",)) == (
        scanned.place(TOKENS[3]).kind,
        scanned.place(TOKENS[3]).refs,
    )
    assert ("commit", True) == (scanned.place(TOKENS[5]).kind, scanned.place(TOKENS[5]).reachable)


def test_names_in_trees(make_repo: MakeRepo) -> None:
    """Credentials in names of files and folders are found, with the path of their tree."""
    repository = make_repo()
    repository.commit({f"in/{TOKENS[0].decode()}/x": "a", f"{TOKENS[1].decode()}.txt": "b"})
    repository.pack()
    (repository.git_dir / "building.index").unlink()
    scanned = _check(repository)
    assert set(TOKENS[:2]) == scanned.secrets
    assert ("tree", "in") == (scanned.place(TOKENS[0]).kind, scanned.place(TOKENS[0]).path)


def _told_once(repository: Path, *, files: bool) -> dict[bytes, list[str]]:
    """Return where each token is found in a scan of everything."""
    options = api.Options(files=files, registries=("npm",), keep_secrets=True, jobs=1)
    found: dict[bytes, list[str]] = {}
    for finding in api.scan(repository, options):
        assert finding.secret is not None
        kinds = found.setdefault(finding.secret.reveal(), [])
        kinds += [place.path for place in finding.occurrences]
    return found


@pytest.mark.parametrize("files", [True, False], ids=["all", "history only"])
@pytest.mark.parametrize("bare", [True, False], ids=["bare", "work tree"])
def test_texts_of_the_repository(bare: bool, files: bool, make_repo: MakeRepo) -> None:  # noqa: FBT001
    """Configuration, names of refs, reflogs and messages are scanned once, in either mode."""
    repository = make_repo(bare=bare)
    repository.commit({"file": "x"})
    git_dir = repository.git_dir
    (git_dir / "building.index").unlink()
    repository.git("config", "core.logAllRefUpdates", "false")
    with (git_dir / "config").open("ab") as config:
        config.write(b'[remote "origin"]\n\turl = https://me:%s@npm.pkg.github.com/x\n' % TOKENS[0])
    repository.git("branch", TOKENS[1].decode())
    repository.git("branch", "packed/" + TOKENS[2].decode())
    repository.git("pack-refs", "--all")
    repository.git("branch", "loose/" + TOKENS[3].decode())
    (git_dir / "logs" / "refs").mkdir(parents=True, exist_ok=True)
    (git_dir / "logs" / "refs" / "stash").write_bytes(b"0 1 Me <m> 1 +0000\tWIP %s\n" % TOKENS[4])
    (git_dir / "COMMIT_EDITMSG").write_bytes(TOKENS[5])
    (git_dir / "info" / "exclude").write_bytes(TOKENS[6])
    (git_dir / "worktrees" / "w").mkdir(parents=True)
    (git_dir / "worktrees" / "w" / "config.worktree").write_bytes(TOKENS[7])
    (git_dir / "objects" / "pack" / "stray").write_bytes(TOKENS[8])
    found = _told_once(repository.path, files=files)
    assert dict.fromkeys(TOKENS[:9], 1) == {one: len(places) for one, places in found.items()}
    assert found[TOKENS[0]][0].endswith("config")


def test_texts_outside_the_target(make_repo: MakeRepo, tmp_path: Path) -> None:
    """The texts of a repository that lies outside the target are scanned with its history."""
    repository = _filled(make_repo(), 0, 1)
    repository.git("worktree", "add", "-q", str(tmp_path / "linked"))
    (repository.git_dir / "COMMIT_EDITMSG").write_bytes(TOKENS[5])
    found = _told_once(tmp_path / "linked", files=True)
    assert {TOKENS[0]: 2, TOKENS[5]: 1} == {one: len(places) for one, places in found.items()}


def test_a_link_in_the_place_of_a_repository(make_repo: MakeRepo, tmp_path: Path) -> None:
    """A `.git` that is a link is told and not followed."""
    repository = _filled(make_repo(), 0, 1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".git").symlink_to(repository.path / ".git")
    scanned = scan_history(tmp_path / "other")
    assert set() == scanned.secrets
    assert scanned.incomplete


def test_a_repository_without_a_head(make_repo: MakeRepo) -> None:
    """A repository that has lost its HEAD is scanned all the same."""
    repository = _filled(make_repo(), 0, 1)
    (repository.git_dir / "HEAD").unlink()
    assert set(TOKENS[:1]) == scan_history(repository.path).secrets


def test_head_as_a_link(make_repo: MakeRepo) -> None:
    """A HEAD that is a link to a ref, as it was once, is understood."""
    repository = _filled(make_repo(), 0, 1)
    head = repository.git_dir / "HEAD"
    head.unlink()
    head.symlink_to("refs/heads/main")
    assert scan_history(repository.path).place(TOKENS[0]).in_head


def test_refs_that_name_no_object(make_repo: MakeRepo) -> None:
    """Damaged refs, packed ones among them, cost nothing but themselves."""
    repository = _filled(make_repo(), 0, 1)
    heads = repository.git_dir / "refs" / "heads"
    for name, text in {
        "a": b"zzzz",
        "b": b"\xff\xfe",
        "c": b"",
        "d": b"ref: refs/heads/d",
        "e": b"0" * 40,
        "f": "²".encode() * 20,
        "g": b"ab" * 19,
    }.items():
        (heads / name).write_bytes(text)
    (repository.git_dir / "packed-refs").write_bytes(b"# x\nnot hex\n^z\n\xff refs/heads/h\n")
    place = scan_history(repository.path).place(TOKENS[0])
    assert ("HEAD", "refs/heads/main") == place.refs


def test_damaged_tags_and_commits(tmp_path: Path) -> None:
    """Objects that are no tag or commit inside cost no attribution of the rest, and no error."""
    objects = empty_repository(tmp_path / "r")
    blob = whole(_text(0))
    tree = whole(b"100644 file\0" + blob.name, 2)
    head = b"tree %s\n" % tree.name.hex().encode()
    good = head + b"author Ada <a> 86400 +0000\ncommitter C <c> 5 +0000\n\nm"
    commits = [
        whole(data, 1)
        for data in (
            b"",
            b"tree zz",
            head,
            head + b"parent " + b"z" * 40 + b"\n",
            head + b"author A <a> " + b"9" * 5000 + b" +0000\n\n",
            head + b"parent " + bytes.hex(b"\1" * 20).encode() + b"\n" + good[len(head) :],
            good,
        )
    ]
    tags = [whole(data, 4) for data in (b"", b"object zzzz", b"object " + b"z" * 40 + b"\n")]
    write_pack(objects, [blob, tree, *commits, *tags])
    for number, entry in enumerate((*commits, *tags)):
        (objects.parent / "refs" / "heads" / f"b{number}").write_text(entry.name.hex())
    scanned = scan_history(tmp_path)
    assert [] == scanned.skipped
    place = scanned.place(TOKENS[0])
    assert ("file",) == place.paths
    assert "refs/heads/b6" in place.refs
    assert "refs/heads/b7" not in place.refs


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_what_a_user_may_not_read(make_repo: MakeRepo) -> None:
    """Folders and packs that may not be read are told."""
    repository = _filled(make_repo(), 0, 1)
    (repository.git_dir / "objects" / "pack").chmod(0)
    assert scan_history(repository.path).incomplete
    (repository.git_dir / "objects" / "pack").chmod(0o700)


def test_reports_of_work(make_repo: MakeRepo) -> None:
    """Every object is counted once, and the bytes of all."""
    from stanch.model import Progress

    repository = _filled(make_repo())
    repository.pack()
    (loose,) = [repository.blob(b"x" * 100)]
    told: list[Progress] = []
    from stanch.sources.git import SOURCE

    run(SOURCE, repository.path, files=False, progress=told.append)
    names = repository.git("cat-file", "--batch-all-objects", "--batch-check").split(b"\n")
    assert loose.encode() in b" ".join(names)
    assert len(names) == sum(one.done for one in told)
    assert sum(int(line.split()[2]) for line in names) == sum(one.size for one in told)


def test_several_processes(make_repo: MakeRepo) -> None:
    """Two processes find what one finds."""
    repository = _filled(make_repo(), 0, 6)
    repository.pack()
    _filled(repository, 6, 2)
    alone = scan_history(repository.path)
    together = scan_history(repository.path, jobs=2)
    assert sorted(map(repr, alone.located)) == sorted(map(repr, together.located))


def test_archives_in_history(make_repo: MakeRepo) -> None:
    """An archive in history is opened, packed or loose."""
    import gzip

    repository = make_repo()
    repository.commit({"a.gz": gzip.compress(_text(0), mtime=0)})
    for _ in range(2):
        scanned = scan_history(repository.path, archives=True)
        assert 1 == len(scanned.place(TOKENS[0]).archive_path)
        assert "a.gz" == scanned.place(TOKENS[0]).path
        assert set() == scan_history(repository.path).secrets
        repository.pack()


def test_a_loose_object_under_a_wrong_name(tmp_path: Path) -> None:
    """A loose object whose name is not its hash is scanned by the name it has."""
    objects = empty_repository(tmp_path / "r")
    write_loose(objects, _text(0)).rename(objects / "pack" / ("1" * 38))
    (objects / "11").mkdir()
    (objects / "pack" / ("1" * 38)).rename(objects / "11" / ("1" * 38))
    assert {("1" * 40, TOKENS[0])} == scan_history(tmp_path).pairs


def test_a_repository_in_a_repository_is_named(tmp_path: Path, make_repo: MakeRepo) -> None:
    """What the history of a nested repository holds is told under that repository's folder."""
    _filled(make_repo("outer/vendor/inner"), count=1)
    places = [
        place.path
        for finding in api.scan(tmp_path / "outer", api.Options(files=False))
        for place in finding.occurrences
        if place.object
    ]
    assert ["vendor/inner/a/.npmrc"] == places


def test_a_folder_of_a_repository_says_where_its_history_is(make_repo: MakeRepo) -> None:
    """A scan of a part of a work tree says that history was not read."""
    repository = make_repo()
    repository.commit({"sub/a.txt": b"nothing"})
    (repository.path / "sub").mkdir()
    work = api.scan(repository.path / "sub")
    assert [] == list(work)
    assert [False] == [skipped.incomplete for skipped in work.coverage.skipped]
    assert "scan that to read its history" in work.coverage.skipped[0].reason


@pytest.mark.parametrize("how", [{"files": False}, {"commits": "HEAD~1..HEAD"}, {"staged": True}])
def test_excluded_paths_are_left_out_of_history(how: dict[str, Any], make_repo: MakeRepo) -> None:
    """`exclude` holds for history, ranges and what is staged, and is told as the user's choice."""
    repository = make_repo()
    repository.commit({"readme": b"nothing"})
    repository.commit({"vendor/a": _text(0), "own/b": _text(1)})
    if how.get("staged"):
        repository.git("update-ref", "HEAD", "HEAD~1")
        how = how | {"index": repository.git_dir / "building.index"}
    work = api.scan(repository.path, api.Options(exclude=("vendor/",), registries=("npm",), **how))
    assert ["own/b"] == [place.path for finding in work for place in finding.occurrences]
    assert [False] == [skipped.incomplete for skipped in work.coverage.skipped]
