# SPDX-License-Identifier: Apache-2.0
"""Streams that are closed, full or gone, and targets and folders that are none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Stanch, Token

pytestmark = pytest.mark.skipif(os.name != "posix", reason="descriptors and folders of POSIX")

FULL = Path("/dev/full")


def _run(*arguments: str, shell: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell does that redirects it; `"$@"` is the command."""
    argv = [sys.executable, "-m", "stanch", *arguments]
    return subprocess.run(
        ["/bin/sh", "-c", shell, "sh", *argv],
        input="",
        capture_output=True,
        check=False,
        text=True,
        cwd=cwd,
    )


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", ["--version", "rules", "--help", "scan -"])
def test_a_full_disk_is_2(words: str) -> None:
    """What cannot be written is an error of one line."""
    done = _run(*words.split(), shell='"$@" > /dev/full')
    assert (2, "stanch: error: No space left on device\n") == (done.returncode, done.stderr)


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_names_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that does not fit is told by its name, and nothing is left of it."""
    from stanch.cli._output import destination
    from stanch.errors import OutputError

    monkeypatch.setattr("tempfile.mkstemp", lambda *_: (os.open(FULL, os.O_WRONLY), "/nonexistent"))
    with (
        pytest.raises(OutputError, match=r"report: No space left on device; choose another"),
        destination(tmp_path / "report") as out,
    ):
        out.write(b"x")


@pytest.mark.parametrize("words", ["--version", "rules"])
def test_a_reader_that_has_gone_is_0(words: str) -> None:
    """A broken pipe is no error, whatever was asked."""
    done = _run(words, shell='{ "$@"; echo $? >&2; } | { exec <&-; cat >&2 /dev/null; }')
    assert "0\n" == done.stderr


def test_a_closed_standard_output_is_told() -> None:
    """A report that has nowhere to go is no clean scan."""
    done = _run("scan", "-", shell='"$@" >&-')
    assert 2 == done.returncode
    assert "stanch: error: standard output is closed; use --output FILE\n" == done.stderr


def test_a_report_file_needs_no_standard_output(tmp_path: Path) -> None:
    """With --output, a closed standard output does not matter."""
    done = _run("scan", "-", "-o", str(tmp_path / "report"), shell='"$@" >&-')
    assert (0, "") == (done.returncode, done.stderr)
    assert "no credential" in (tmp_path / "report").read_text()


def test_secrets_need_a_standard_output() -> None:
    """Credentials are not shown to whoever opens a closed descriptor."""
    done = _run("scan", "--show-secrets", "-", shell='"$@" >&-')
    assert 2 == done.returncode
    assert "--show-secrets" in done.stderr


def test_a_removed_folder_is_told(tmp_path: Path) -> None:
    """Where the current folder was removed, the error says so; a stream can still be scanned."""
    done = _run("scan", shell='rmdir "$PWD" && "$@"', cwd=_made(tmp_path))
    assert 2 == done.returncode
    assert "stanch: error: the current folder does not exist any more\n" == done.stderr
    done = _run("scan", "-", shell='rmdir "$PWD" && "$@"', cwd=_made(tmp_path))
    assert (0, "") == (done.returncode, done.stderr)


def _made(folder: Path) -> Path:
    made = folder / "gone"
    made.mkdir()
    return made


def test_a_pipe_is_no_target(tmp_path: Path, stanch: Stanch) -> None:
    """A pipe as a target is refused without being opened, and told how to be scanned."""
    os.mkfifo(tmp_path / "pipe")
    done = stanch("scan", tmp_path / "pipe")
    assert 2 == done.returncode
    assert b"a device, a pipe or a socket; to scan what comes out of it, send it to `-`" in (
        done.stderr
    )


def test_an_empty_target_is_refused(stanch: Stanch) -> None:
    """An empty target is a variable that was not set, not this folder."""
    done = stanch("scan", "")
    assert 2 == done.returncode
    assert b"stanch: error: a target is empty" in done.stderr


def test_a_refusal_says_what_is_missing(tmp_path: Path, stanch: Stanch) -> None:
    """A target that is not there is told apart from one that holds nothing of what was asked."""
    done = stanch("scan", tmp_path / "gone")
    assert done.stderr.endswith(b"gone: no such file or directory\n")
    done = stanch("scan", "--history-only", tmp_path)
    assert 2 == done.returncode
    assert done.stderr.endswith(b": no git repository, so no history to scan\n")


def test_an_interrupt_while_starting_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An interrupt before the command runs is one line too."""
    from stanch import cli

    class Interrupted:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "stanch.cli._group":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "stanch.cli._group", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    assert 130 == cli.main(["rules"])
    assert "stanch: interrupted\n" == capsys.readouterr().err


def test_a_registry_is_called_as_reports_call_it(stanch: Stanch) -> None:
    """`--registry` takes the name that a report tells."""
    done = stanch("rules", "list", "--registry", "azure-devops")
    assert 0 == done.returncode
    assert done.stdout.startswith(b"azure-devops-")


def test_an_expired_entry_is_told(tmp_path: Path, stanch: Stanch, token: Token) -> None:
    """A credential whose acceptance has ended is reported, with the reason why."""
    (tmp_path / "a").write_text(token("npm-access-token"))
    stanch("baseline", "write", "--expires", "2020-01-01", cwd=tmp_path)
    done = stanch("scan", "--baseline", "stanch.baseline", cwd=tmp_path)
    assert 1 == done.returncode
    assert b"is in the baseline, and its time is over" in done.stdout
