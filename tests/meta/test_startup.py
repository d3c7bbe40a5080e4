# SPDX-License-Identifier: Apache-2.0
"""What is not imported until it is needed: start-up counts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("numpy", "rich", "hyperscan", "msgspec", "dulwich", "py7zr", "zstandard", "click")


def _imported(*arguments: str | Path, cwd: Path) -> set[str]:
    """Run the command and return the top-level names of the modules it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "stanch", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "XDG_CACHE_HOME": str(cwd / "cache"), "CI": ""},
    )
    assert done.returncode in (0, 1), done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version_imports_nothing_heavy(option: str, tmp_path: Path) -> None:
    """`stanch --version` imports none of the libraries that the work needs."""
    assert set() == _imported(option, cwd=tmp_path) & set(HEAVY)


@pytest.mark.parametrize("arguments", [("--help",), ("scan", "--help"), ("rules", "--help")])
def test_help_imports_no_engine(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Help imports none of the libraries that the work needs, beside the command line's own."""
    allowed = {"click", "msgspec"}
    assert set() == _imported(*arguments, cwd=tmp_path) & set(HEAVY) - allowed


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "sarif"])
def test_a_scan_into_a_pipe_draws_nothing(form: str, tmp_path: Path) -> None:
    """A scan whose report goes to a pipe does not import what draws, nor 7-Zip's reader."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.txt").write_text("nothing here\n")
    imported = _imported("scan", "--no-history", "-f", form, "tree", cwd=tmp_path)
    assert set() == imported & {"rich", "py7zr"}


def test_a_scan_imports_only_its_report(tmp_path: Path) -> None:
    """A scan imports the report that was asked for, and no other."""
    (tmp_path / "a.txt").write_text("nothing here\n")
    code = (
        "import sys\nfrom stanch.cli import main\n"
        "main(['scan', '--no-history', '-f', 'json', 'a.txt', '--no-cache', '-o', 'r'])\n"
        "print(*sorted(m for m in sys.modules if m.startswith('stanch.reports.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "stanch.reports.json\n" == done.stdout
