# SPDX-License-Identifier: Apache-2.0
"""`--since` and `--range`: what some commits brought, and how revisions are named."""

import random
from collections import Counter
from pathlib import Path

import pytest
from tests.conftest import MakeRepo, Stanch
from tests.history import Scanned, run, sample
from tests.packs import whole, write_pack
from tests.repository import Repository

from stanch.errors import UsageError
from stanch.gitdb.reader import Reader
from stanch.gitdb.repository import open_repository
from stanch.gitdb.revisions import Revisions
from stanch.sources.commits import SOURCE

TOKENS = [sample(number) for number in range(8)]


def _key(number: int) -> bytes:
    return b"key %s\n" % TOKENS[number]


def _scan(path: Path, *, since: str = "", commits: str = "") -> Scanned:
    return run(SOURCE, path, since=since, commits=commits)


def _revisions(repository: Repository) -> Revisions:
    opened = open_repository(repository.path)
    assert opened is not None
    size = opened.hash_size
    return Revisions(Reader(opened), opened.refs(), size, opened.shallow())


@pytest.fixture
def line(make_repo: MakeRepo) -> Repository:
    """Return a repository with four commits in a line, each of which brings a token."""
    repository = make_repo()
    for number in range(4):
        repository.commit({f"f{number}": _key(number)}, f"m{number}")
    return repository


def test_since(line: Repository) -> None:
    """Only what commits after the revision brought is found."""
    assert set(TOKENS[2:4]) == _scan(line.path, since="HEAD~2").secrets
    assert set() == _scan(line.path, since="HEAD").secrets
    place = _scan(line.path, since="@~1").place(TOKENS[3])
    head = line.git("rev-parse", "HEAD").decode()
    told = (place.path, place.commit, place.in_head, place.paths, place.reachable)
    assert ("f3", head, True, ("f3",), True) == told
    assert place.author == "Ada Author <ada@example.com>"
    assert place.date == place.last_date == "2023-11-14T22:13:20+00:00".replace("14T22", "15T01")


@pytest.mark.parametrize(
    ("commits", "first", "end"),
    [
        ("HEAD~3..HEAD~1", 1, 3),
        ("HEAD~1..", 3, 4),
        ("..HEAD~2", 0, 0),
        ("main~2..main", 2, 4),
        ("HEAD..HEAD~2", 0, 0),
    ],
)
def test_range(commits: str, first: int, end: int, line: Repository) -> None:
    """A range takes what its end reaches and its start does not; an open end is HEAD."""
    assert set(TOKENS[first:end]) == _scan(line.path, commits=commits).secrets


def test_what_was_removed_again(line: Repository) -> None:
    """What a commit in the range brought is found, though a later one removed it."""
    line.commit({"gone": _key(5)})
    line.commit({"gone": None})
    place = _scan(line.path, since="HEAD~2").place(TOKENS[5])
    assert ("gone", False) == (place.path, place.in_head)


def test_messages(line: Repository) -> None:
    """Messages of commits in the range are scanned."""
    commit = line.commit({"x": "y"}, "key " + TOKENS[6].decode())
    place = _scan(line.path, since="HEAD^").place(TOKENS[6])
    assert ("commit", commit) == (place.kind, place.object)


def test_merges(line: Repository) -> None:
    """A merge brings what none of its parents has; its branches bring their own."""
    base = line.git("rev-parse", "HEAD~1").decode()
    side = line.commit({"side": _key(4)}, parents=[base], ref="refs/heads/side")
    tip = line.git("rev-parse", "HEAD").decode()
    line.commit({"side": _key(4), "both": _key(5)}, parents=[tip, side])
    assert {TOKENS[4], TOKENS[5]} == _scan(line.path, since="HEAD^1").secrets
    assert {TOKENS[3], TOKENS[5]} == _scan(line.path, since="HEAD^2").secrets
    assert {TOKENS[4]} == _scan(line.path, commits="HEAD^..HEAD^2").secrets
    assert side == _scan(line.path, since="main~1").place(TOKENS[4]).commit


def test_roots(line: Repository) -> None:
    """A commit without parents brings all that it holds."""
    line.commit({"root": _key(4), "in/deep/root": _key(5)}, parents=[], ref="refs/heads/other")
    assert {TOKENS[4], TOKENS[5]} <= _scan(line.path, commits="main..other").secrets


def test_names_of_revisions(line: Repository) -> None:
    """Branches, tags, remotes, full and short ids and steps name what they name in git."""
    line.tag("v1", "HEAD~1", "message")
    line.git("tag", "light", "HEAD~2")
    line.git("update-ref", "refs/remotes/origin/main", "HEAD~3")
    line.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    line.git("pack-refs", "--all")
    revisions = _revisions(line)
    head = line.git("rev-parse", "HEAD").decode()
    names = ["main", "refs/heads/main", "heads/main", "HEAD", "@", "v1", "tags/v1", "light"]
    names += ["origin", "origin/main", head, head[:7], head[:8].upper(), "v1^{}", "v1^{commit}"]
    names += ["HEAD~", "HEAD~2", "HEAD^", "HEAD^^", "HEAD~1^1~1", "HEAD^0", "main~0", "v1~1"]
    for name in names:
        told = line.git("rev-parse", f"{name}^{{commit}}").decode()
        assert told == revisions.resolve(name).hex(), name


@pytest.mark.parametrize(
    "name",
    [
        "nonsense",
        "HEAD~9",
        "HEAD^2",
        "HEAD@{1}",
        "HEAD~x",
        "HEAD^{tree}",
        ":/m1",
        "0000000",
        "abc",
        "~",
        "HEAD~99999999999",
        "²",
        "",
    ],
)
def test_unknown_revisions(name: str, line: Repository) -> None:
    """A revision that is not here, or is not understood, is a usage error that names it."""
    revisions = _revisions(line)
    if name in ("~", ""):
        assert revisions.resolve(name)
        return
    with pytest.raises(UsageError) as caught:
        revisions.resolve(name)
    assert name[:4] in str(caught.value)


def test_blobs_and_trees_name_no_commit(line: Repository) -> None:
    """The id of a blob or tree is refused: it names no commit."""
    for name in ("HEAD:f0", "HEAD^{tree}"):
        with pytest.raises(UsageError, match="no commit"):
            _revisions(line).resolve(line.git("rev-parse", name).decode())


def test_short_ids_that_are_not_unique(line: Repository) -> None:
    """A short id that several objects start with is refused, with the advice to give more."""
    entries = [whole(b"%d" % number) for number in range(2000)]
    write_pack(line.git_dir / "objects", entries)
    starts = Counter(entry.name.hex()[:4] for entry in entries)
    (start, count), *_ = starts.most_common(1)
    assert count > 1
    with pytest.raises(UsageError, match="more digits"):
        _revisions(line).resolve(start)


@pytest.mark.parametrize("commits", ["a...b", "HEAD...HEAD", "HEAD..HEAD..HEAD"])
def test_other_ranges_are_refused(commits: str, line: Repository) -> None:
    """Only the two-dot form is a range."""
    with pytest.raises(UsageError, match=r"A\.\.B"):
        _scan(line.path, commits=commits)


def test_through_the_command(line: Repository, stanch: Stanch, tmp_path: Path) -> None:
    """Found: 1; nothing new: 0; an unknown revision, or no repository: 2, and one line."""
    assert 1 == stanch("scan", "--since", "HEAD~1", line.path).returncode
    assert 0 == stanch("scan", "--since", "HEAD", line.path).returncode
    for arguments in (("--since", "nope", line.path), ("--range", "HEAD..nope", line.path)):
        done = stanch("scan", *arguments)
        assert 2 == done.returncode
        assert b"stanch: error: nope: no such revision" in done.stderr
        assert 1 == done.stderr.count(b"\n")
    (tmp_path / "plain").mkdir()
    assert 2 == stanch("scan", "--since", "HEAD", tmp_path / "plain").returncode


def test_a_shallow_clone(line: Repository, tmp_path: Path) -> None:
    """In a shallow clone the oldest commits bring all they hold, and that is told."""
    clone = tmp_path / "clone"
    line.git("clone", "-q", "--depth=2", f"file://{line.path}", str(clone))
    tip = line.git("rev-parse", "HEAD~1").decode()
    scanned = _scan(clone, since=tip)
    assert {TOKENS[3]} == scanned.secrets
    assert ["shallow" in one.reason for one in scanned.skipped] == [True]
    other = Repository(tmp_path / "new")
    other.commit({"x": "y"})
    (clone / ".git" / "objects" / "info" / "alternates").write_text(
        f"{other.path.resolve()}/.git/objects\n"
    )
    base = other.git("rev-parse", "HEAD").decode()
    assert set(TOKENS[:4]) == _scan(clone, since=base).secrets


def test_missing_objects_are_told(line: Repository) -> None:
    """Commits, trees and blobs of the range that are missing or damaged are told."""
    lost = [line.git("rev-parse", name).decode() for name in ("HEAD~1", "HEAD~2:f1", "HEAD^{tree}")]
    for name in lost:
        path = line.git_dir / "objects" / name[:2] / name[2:]
        path.chmod(0o600)
        path.write_bytes(b"spoilt")
    scanned = _scan(line.path, commits="main~0..main")
    assert ([], []) == scanned
    commit = line.commit({"new": _key(5)}, parents=[], ref="refs/heads/new")
    scanned = _scan(line.path, commits=f"{commit}..main")
    told = " ".join(one.path for one in scanned.skipped)
    assert lost[0][:12] in told
    assert lost[2][:12] in told


def test_as_git_lists_them(make_repo: MakeRepo) -> None:
    """Ranges of random histories hold the commits that `git rev-list` lists."""
    repository = make_repo()
    rng = random.Random(7)
    out = bytearray()
    for mark in range(1, 60):
        out += b"commit refs/heads/b%d\nmark :%d\n" % (mark, mark)
        # The clocks of some are wrong.
        time = 1_700_000_000 + 60 * mark - (rng.randrange(300) if mark % 7 == 0 else 0)
        out += b"committer C <c@example.com> %d +0000\ndata 1\nm\n" % time
        parents = rng.sample(range(max(1, mark - 6), mark), min(mark - 1, rng.choice([1, 1, 2])))
        for number, parent in enumerate(parents):
            out += b"%s :%d\n" % (b"merge" if number else b"from", parent)
    repository.git("fast-import", "--quiet", stdin=bytes(out))
    revisions = _revisions(repository)
    for _ in range(25):
        low, high = (f"b{rng.randrange(1, 60)}" for _ in range(2))
        listed = repository.git("rev-list", f"{low}..{high}").decode().split()
        found = revisions.between([revisions.resolve(low)], [revisions.resolve(high)])
        assert sorted(listed) == sorted(commit.name.hex() for commit in found)
        times = [commit.committed for commit in found]
        assert len(times) < 3 or times[0] >= times[-1]
