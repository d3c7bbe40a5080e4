# SPDX-License-Identifier: Apache-2.0
"""What a second scan of a repository reads, and what it tells."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import MakeRepo
from tests.history import sample
from tests.repository import Repository

import stanch as api
from stanch import parallel
from stanch.errors import InputError

TOKENS = [sample(number) for number in range(6)]
Told = dict[str, list[tuple[str, str]]]


class _Scans:
    """Scans of one repository with one cache."""

    def __init__(self, repository: Repository, cache: Path) -> None:
        self.repository = repository
        self._options = api.Options(files=False, cache=cache, registries=("npm",), jobs=1)

    def __call__(self) -> tuple[Told, int]:
        """Return each preview's places (object, commit), and how many objects were read."""
        scan = api.scan(self.repository.path, self._options)
        told: Told = {}
        for finding in scan:
            places = told.setdefault(finding.preview, [])
            places += [(place.object, place.commit) for place in finding.occurrences]
        return told, scan.coverage.done.get("objects", 0)


@pytest.fixture
def scans(make_repo: MakeRepo, tmp_path: Path) -> _Scans:
    """Return scans of a repository with three tokens in its history."""
    repository = make_repo()
    for number in range(3):
        repository.commit({"a": b"key " + TOKENS[number]})
    return _Scans(repository, tmp_path / "cache")


def test_only_what_is_new_is_read(scans: _Scans) -> None:
    """A second scan reads nothing, one after a commit only that, and both tell everything."""
    first, read = scans()
    assert (3, 9) == (len(first), read)
    assert (first, 0) == scans()
    scans.repository.commit({"b": b"key " + TOKENS[3]})
    told, read = scans()
    assert (4, 3) == (len(told), read)
    assert [1, 1, 1, 1] == [len(places) for places in told.values()]
    assert first.items() <= told.items()


def test_after_a_repack(scans: _Scans) -> None:
    """When the same objects stand elsewhere, each is told once."""
    first, _ = scans()
    for options in ((), ("--window=1",)):
        scans.repository.pack(*options)
        assert first == scans()[0]
        scans.repository.commit({"c": str(options)})
        assert first == scans()[0]


def test_what_was_purged_is_told_no_more(scans: _Scans) -> None:
    """A token whose object is gone is not told from memory."""
    scans()
    git = scans.repository.git
    git("update-ref", "refs/heads/main", "HEAD~2")
    git("reflog", "expire", "--expire=now", "--all")
    (scans.repository.git_dir / "building.index").unlink()
    git("gc", "-q", "--prune=now")
    told, _ = scans()
    assert 1 == len(told)
    assert {TOKENS[0][-4:].decode()} == {preview[-4:] for preview in told}


def test_refs_that_moved(scans: _Scans) -> None:
    """What reaches an object is told anew, though nothing is read."""
    before = _refs(scans)
    scans.repository.git("tag", "now")
    assert _refs(scans) == before | {"refs/tags/now"}


def _refs(scans: _Scans) -> set[str]:
    found = api.scan(scans.repository.path, scans._options)
    return {ref for finding in found for place in finding.occurrences for ref in place.refs}


def test_a_worker_that_died_is_not_remembered(
    scans: _Scans, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was lost with a worker is read by the next scan, and not taken for scanned."""

    def dies(*_: object) -> Iterator[bytes]:
        raise InputError("a worker process died")
        yield b""

    with monkeypatch.context() as patch:
        patch.setattr(parallel, "run", dies)
        assert ({}, 0) == scans()
    told, read = scans()
    assert (3, 9) == (len(told), read)
