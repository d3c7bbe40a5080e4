# SPDX-License-Identifier: Apache-2.0
"""What is told about an object agrees with what git tells, on random histories."""

import random
from collections.abc import Callable
from typing import Final, NamedTuple

import pytest
from tests.conftest import MakeRepo
from tests.history import sample, scan_history
from tests.repository import Repository

from stanch.model import Occurrence

FILES: Final = ["a.txt", "dir/b.txt", "dir/deep/c.txt", "d"]
TOKENS: Final = [sample(number) for number in range(6)]


class _History(NamedTuple):
    """A repository with a random history.

    Attributes:
        repository: The repository.
        hits: Hex names of the blobs that hold a token.
        commits: Hex names of all commits, unreachable ones too, with their times.
    """

    repository: Repository
    hits: dict[str, bytes]
    commits: dict[str, int]


def _random(repository: Repository, seed: int) -> _History:
    """Import commits that add, change, move and remove files, on branches that merge."""
    rng = random.Random(seed)
    out = bytearray()
    commits: list[tuple[int, dict[str, str]]] = []
    for mark in range(1, 25):
        count = rng.choice([1, 1, 1, 1, 2, 2, 3]) if len(commits) > 4 else 1
        parents = rng.sample(commits[-6:], min(count, len(commits)))
        if rng.random() < 0.05:
            parents = []
        files = dict(parents[0][1]) if parents else {}
        for _, other in parents[1:]:
            files.update({path: text for path, text in other.items() if rng.random() < 0.5})
        _change(rng, files)
        who = f"A{mark} <a{mark}@example.com> {1_700_000_000 + 60 * mark} +0000\n"
        out += f"commit refs/heads/b{rng.randrange(4)}\nmark :{mark}\n".encode()
        out += f"author {who}committer {who}data 2\nm\n".encode()
        for number, (parent, _) in enumerate(parents):
            out += f"{'merge' if number else 'from'} :{parent}\n".encode()
        out += b"deleteall\n"
        for path, text in sorted(files.items()):
            out += f"M 100644 inline {path}\ndata {len(text)}\n{text}\n".encode()
        commits.append((mark, files))
    out += b"tag v1\nfrom :9\ntagger T <t> 1 +0000\ndata 1\nt\nreset refs/tags/light\nfrom :5\n\n"
    repository.git("fast-import", "--quiet", "--force", stdin=bytes(out))
    repository.git("symbolic-ref", "HEAD", f"refs/heads/b{rng.randrange(4)}")
    hits: dict[str, bytes] = {}
    times: dict[str, int] = {}
    listed = repository.git(
        "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"
    )
    for line in listed.decode().splitlines():
        name, kind = line.split()
        if kind == "blob":
            blob = repository.git("cat-file", "blob", name)
            hits.update((name, token) for token in TOKENS if token in blob)
        elif kind == "commit":
            times[name] = int(repository.git("show", "-s", "--format=%ct", name))
    return _History(repository, hits, times)


def _change(rng: random.Random, files: dict[str, str]) -> None:
    for _ in range(rng.randint(1, 3)):
        path = rng.choice(FILES)
        change = rng.random()
        if change < 0.2:
            files.pop(path, None)
        elif change < 0.4 and path in files:
            files[rng.choice(FILES)] = files.pop(path)
        elif change < 0.7:
            files[path] = f"key {rng.choice(TOKENS).decode()}\n"
        else:
            files[path] = f"text {rng.randrange(3)}\n"


def _holders(history: _History, name: str) -> set[str]:
    """Return the commits whose tree has an object."""
    found = set()
    for commit in history.commits:
        if name in history.repository.git("ls-tree", "-r", commit).decode():
            found.add(commit)
    return found


def _check(history: _History, name: str, place: Occurrence) -> None:
    git = history.repository.git
    holders = _holders(history, name)
    times = history.commits
    fresh = {
        commit
        for commit in holders
        if not holders & set(git("rev-list", "--parents", "-1", commit).decode().split()[1:])
    }
    assert min(fresh, key=times.__getitem__) == place.commit
    assert max(holders, key=times.__getitem__) == place.last_commit
    told = git("log", "-1", "--format=%an <%ae> %aI", place.commit).decode()
    assert told == f"{place.author} {place.date}"
    paths = {
        line.partition("\t")[2]
        for commit in holders
        for line in git("ls-tree", "-r", commit).decode().splitlines()
        if name in line
    }
    assert paths == set(place.paths)
    assert place.path in paths
    refs = {
        ref
        for commit in fresh
        for ref in git("for-each-ref", "--format=%(refname)", f"--contains={commit}")
        .decode()
        .split()
    }
    assert refs == set(place.refs) - {"HEAD"}
    in_head = name in git("ls-tree", "-r", "HEAD").decode()
    assert in_head == place.in_head
    assert bool(refs) == place.reachable


@pytest.mark.parametrize("seed", range(3))
def test_random_histories(seed: int, make_repo: MakeRepo) -> None:
    """Introducing and last commit, author, date, paths, refs and HEAD are as git tells them."""
    history = _random(make_repo(), seed)
    if seed % 2:
        history.repository.pack()
    scanned = scan_history(history.repository.path)
    assert set(history.hits.values()) == scanned.secrets
    places = {one.occurrence.object: one.occurrence for one in scanned.located}
    assert set(history.hits) == set(places)
    for name, place in places.items():
        _check(history, name, place)


def test_introduced_as_git_finds_it(make_repo: MakeRepo) -> None:
    """The introducing commit is the oldest that `git log --find-object` shows."""
    repository = make_repo()
    repository.commit({"a": "x"})
    text = b"key " + TOKENS[0] + b"\n"
    first = repository.commit({"a": text})
    repository.commit({"a": None, "b": text})
    last = repository.commit({"c": "y"})
    repository.commit({"b": None})
    place = scan_history(repository.path).place(TOKENS[0])
    shown = repository.git("log", "--all", "--format=%H", f"--find-object={place.object}")
    assert shown.decode().split()[-1] == first == place.commit
    assert (last, ("a", "b"), False) == (place.last_commit, place.paths, place.in_head)


def test_a_token_that_a_merge_brings(make_repo: MakeRepo) -> None:
    """A blob that a merge alone has is introduced by the merge."""
    repository = make_repo()
    base = repository.commit({"a": "x"})
    side = repository.commit({"b": "y"}, ref="refs/heads/side")
    merge = repository.commit({"c": TOKENS[0]}, parents=[base, side])
    assert merge == scan_history(repository.path).place(TOKENS[0]).commit


def test_commits_tags_and_trees_are_attributed(make_repo: MakeRepo) -> None:
    """A token in a message or a name is told with the refs that reach it."""
    repository = make_repo()
    commit = repository.commit({"a": "x"}, "key " + TOKENS[0].decode())
    repository.commit({f"sub/{TOKENS[1].decode()}": "x"})
    repository.tag("v", commit, "key " + TOKENS[2].decode())
    (repository.git_dir / "building.index").unlink()
    scanned = scan_history(repository.path)
    assert commit == scanned.place(TOKENS[0]).commit
    assert ("HEAD", "refs/heads/main", "refs/tags/v") == scanned.place(TOKENS[0]).refs
    assert ("sub",) == scanned.place(TOKENS[1]).paths
    assert ("", ("refs/tags/v",)) == (
        scanned.place(TOKENS[2]).commit,
        scanned.place(TOKENS[2]).refs,
    )


def _many_paths(number: int) -> dict[str, bytes]:
    return {f"folder{i}/name{i}": b"key " + TOKENS[0] for i in range(number)}


@pytest.mark.parametrize(("made", "told"), [(3, 3), (60, 50)])
def test_paths_are_bounded(made: int, told: int, make_repo: MakeRepo) -> None:
    """At most fifty paths of an object are told."""
    repository = make_repo()
    repository.commit(_many_paths(made))
    assert told == len(scan_history(repository.path).place(TOKENS[0]).paths)


def test_trees_that_nest_endlessly(make_repo: MakeRepo) -> None:
    """Of a path that is too long, the end is told."""
    from tests.packs import whole, write_pack

    blob = whole(b"key " + TOKENS[0])
    entries, entry = [blob], b"100644 file\0"
    for number in range(1500):
        entries.append(whole(entry + entries[-1].name, 2))
        entry = b"40000 a-folder-with-a-name-%d\0" % number
    tree = entries[-1].name.hex().encode()
    entries.append(whole(b"tree %s\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nm" % tree, 1))
    repository = make_repo()
    write_pack(repository.git_dir / "objects", entries)
    place = scan_history(repository.path).place(TOKENS[0])
    assert place.path.endswith("/a-folder-with-a-name-1/a-folder-with-a-name-0/file")
    assert len(place.path) < 5000
    assert entries[-1].name.hex() == place.commit


def _bomb(make: Callable[[bytes, int], str]) -> str:
    """Return a commit whose tree has ten to the tenth paths to one blob."""
    below = make(b"key " + TOKENS[0], 3)
    entry = b"100644 %d\0"
    for _ in range(10):
        name = bytes.fromhex(below)
        below = make(b"".join(entry % i + name for i in range(10)), 2)
        entry = b"40000 %d\0"
    head = b"tree %s\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nm" % below.encode()
    return make(head, 1)


def test_a_tree_bomb(make_repo: MakeRepo) -> None:
    """A tree with billions of paths costs no more than its ten objects."""
    from tests.packs import write_loose

    repository = make_repo()
    objects = repository.git_dir / "objects"

    def make(data: bytes, kind: int) -> str:
        path = write_loose(objects, data, kind)
        return path.parent.name + path.name

    commit = _bomb(make)
    (repository.git_dir / "refs" / "heads" / "main").write_text(commit)
    place = scan_history(repository.path).place(TOKENS[0])
    assert (50, commit, True) == (len(place.paths), place.commit, place.in_head)
