# SPDX-License-Identifier: Apache-2.0
"""Where a report goes."""

import os
import stat
from pathlib import Path

import pytest

from stanch.cli._output import check_private, destination
from stanch.errors import OutputError, UsageError


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """A report takes its place when it is whole, readable by its owner alone."""
    path = tmp_path / "report"
    with destination(path) as out:
        out.write(b"half")
        assert not path.exists()
    assert b"half" == path.read_bytes()
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(tmp_path.iterdir())


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    """If writing fails, the older report is untouched and nothing else is left."""
    path = tmp_path / "report"
    path.write_bytes(b"old")

    def fail() -> None:
        with destination(path) as out:
            out.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert b"old" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def _link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


def _fifo(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(("make", "words"), [(_link, "symbolic link"), (_fifo, "no regular file")])
def test_links_and_devices_are_refused(make: object, words: str, tmp_path: Path) -> None:
    """A report is not written through a link, nor to a pipe, device or folder."""
    path = tmp_path / "report"
    assert callable(make)
    make(path)
    with pytest.raises(OutputError, match=words), destination(path):
        pass
    assert [path] == list(tmp_path.iterdir())


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """A report does not replace a folder."""
    with pytest.raises(OutputError, match="no regular file"), destination(tmp_path):
        pass


@pytest.mark.parametrize("path", ["missing/report", "file/report"])
def test_a_place_that_cannot_be_is_refused(path: str, tmp_path: Path) -> None:
    """A report whose folder is missing, or is a file, is refused by name."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="choose another --output"), destination(tmp_path / path):
        pass


def test_credentials_go_to_a_file_of_ours(tmp_path: Path) -> None:
    """With an output file, which is always private, credentials may be shown."""
    check_private(tmp_path / "report")


@pytest.mark.usefixtures("capsys")
def test_credentials_do_not_go_into_a_pipe() -> None:
    """Standard output that is neither a terminal nor a private file gets no credential."""
    with pytest.raises(UsageError, match="--show-secrets"):
        check_private(None)
