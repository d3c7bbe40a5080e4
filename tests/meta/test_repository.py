# SPDX-License-Identifier: Apache-2.0
"""The repositories that other tests are built on."""

from pathlib import Path

import pytest
from tests.repository import Repository


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_same_ids_every_time(tmp_path: Path, object_format: str) -> None:
    """The same calls give the same object ids, whatever the machine's git is set to."""
    ids = []
    for name in ("one", "two"):
        repo = Repository(tmp_path / name, object_format=object_format)
        first = repo.commit({"a.txt": "1\n", "b/c.txt": "2\n"}, "Start")
        second = repo.commit({"a.txt": None, "b/c.txt": "3\n"})
        lost = repo.commit({"lost.txt": "4\n"}, ref="", parents=[first])
        tag = repo.tag("v1", second, "Release")
        repo.pack()
        ids.append((first, second, lost, tag))
        assert b"b/c.txt" == repo.git("ls-tree", "-r", "--name-only", "HEAD")
        assert b"commit" == repo.git("cat-file", "-t", lost)
    assert ids[0] == ids[1]


def test_staged_files_are_in_the_index_alone(tmp_path: Path) -> None:
    """Staging after a commit leaves HEAD as it was."""
    repo = Repository(tmp_path / "repo")
    repo.commit({"a.txt": "1\n"})
    repo.check_out()
    repo.stage({"a.txt": "2\n", "new.txt": "3\n"})
    assert b"a.txt\nnew.txt" == repo.git("diff", "--cached", "--name-only")
    assert b"a.txt" == repo.git("ls-tree", "--name-only", "HEAD")
