# SPDX-License-Identifier: Apache-2.0
"""What a person at a terminal sees."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.conftest import Token

pty = pytest.importorskip("pty")

COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")
AS_IF: Final = """
import sys
import stanch.cli._progress as progress
progress._QUIET_S = %s
progress._EVERY_S = 0
from stanch.cli import main
sys.exit(main())
"""
"""The command, as if work that takes so many seconds were quick."""
SLOW: Final = AS_IF % 0
QUICK: Final = AS_IF % 1e9


@pytest.fixture(autouse=True)
def _shared_cache(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compile the rules once for all tests."""
    monkeypatch.setenv("STANCH_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def tree(tmp_path: Path, token: Token) -> Path:
    """Return a folder with a token in it."""
    (tmp_path / ".npmrc").write_text(f"//npm.corp.example/:_authToken={token('npm-access-token')}")
    return tmp_path


def _variables(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "STANCH_CACHE_DIR")}
    return {**kept, "TERM": "xterm-256color", "HOME": str(home)}


def _at_terminal(
    *arguments: str, cwd: Path, code: str = "", width: int = 80, env: dict[str, str] | None = None
) -> tuple[int, str]:
    """Run the command on a terminal; return its exit code and what the terminal was sent."""
    import fcntl
    import struct
    import termios

    keyboard, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    start = ["-c", code] if code else ["-m", "stanch"]
    kept = _variables(cwd)
    running = subprocess.Popen(
        [sys.executable, *start, "scan", "--no-history", *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=cwd,
        env={**kept, **(env or {})},
    )
    os.close(terminal)
    sent = b""
    try:
        while chunk := os.read(keyboard, 65536):
            sent += chunk
    except OSError:
        pass  # Linux says so when the last writer is gone.
    os.close(keyboard)
    return running.wait(), sent.decode()


def test_a_terminal_gets_colour(tree: Path) -> None:
    """On a terminal the report is coloured."""
    code, sent = _at_terminal(cwd=tree)
    assert 1 == code
    assert COLOR.search(sent)
    assert "npm access token" in COLOR.sub("", sent)


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"}), (("--color", "never"), {})],
    ids=["NO_COLOR", "dumb", "never"],
)
def test_no_colour_is_respected(
    arguments: tuple[str, ...], variables: dict[str, str], tree: Path
) -> None:
    """Whoever wants no colour gets none."""
    code, sent = _at_terminal(*arguments, cwd=tree, env=variables)
    assert 1 == code
    assert "npm access token" in sent
    assert "\x1b" not in sent


def test_a_pipe_gets_plain_text(tree: Path) -> None:
    """Into a pipe there is no colour and no progress, unless colour is forced."""
    argv = [sys.executable, "-m", "stanch", "scan", "--no-history"]
    env = _variables(tree)
    done = subprocess.run(argv, capture_output=True, cwd=tree, env=env, check=False)
    assert (1, b"") == (done.returncode, done.stderr)
    assert b"\x1b" not in done.stdout
    argv += ["--color", "always"]
    done = subprocess.run(argv, capture_output=True, cwd=tree, env=env, check=False)
    assert b"\x1b[" in done.stdout


def test_lines_fit_the_terminal(tree: Path) -> None:
    """Long lines are wrapped at the width of the terminal."""
    (tree / ("long-" * 20 + "name")).write_text((tree / ".npmrc").read_text())
    _, sent = _at_terminal(cwd=tree, width=60)
    lines = COLOR.sub("", sent).split("\r\n")
    assert max(map(len, lines)) <= 60


def test_files_are_links_where_links_are_shown(tree: Path) -> None:
    """A terminal that shows hyperlinks gets one for each file."""
    _, sent = _at_terminal(cwd=tree, env={"TERM_PROGRAM": "WezTerm"})
    assert f";{(tree / '.npmrc').as_uri()}\x1b\\" in sent
    _, sent = _at_terminal(cwd=tree)
    assert "\x1b]8" not in sent


def test_secrets_are_shown_on_a_terminal(tree: Path, token: Token) -> None:
    """--show-secrets shows them on a terminal."""
    code, sent = _at_terminal("--show-secrets", cwd=tree, width=200)
    assert 1 == code
    assert token("npm-access-token") in COLOR.sub("", sent)


def test_progress_is_shown_and_taken_away(tree: Path) -> None:
    """Work that takes long shows progress, and leaves nothing of it."""
    _, sent = _at_terminal(cwd=tree, code=SLOW)
    progress, _, report = sent.rpartition("\r\x1b[K")
    assert "files" in progress
    assert "npm access token" in report
    assert "npm access token" not in progress


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [(("--no-progress",), {}), (("--quiet",), {}), ((), {"CI": "true"})],
    ids=["option", "quiet", "CI"],
)
def test_progress_can_be_off(
    arguments: tuple[str, ...], variables: dict[str, str], tree: Path
) -> None:
    """Whoever wants no progress gets none."""
    _, sent = _at_terminal(*arguments, cwd=tree, code=SLOW, env=variables)
    assert "\x1b[K" not in sent


def test_quick_work_shows_no_progress(tree: Path) -> None:
    """Work that is quick shows no progress."""
    _, sent = _at_terminal(cwd=tree, code=QUICK)
    assert "\x1b[K" not in sent
