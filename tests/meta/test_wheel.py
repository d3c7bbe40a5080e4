# SPDX-License-Identifier: Apache-2.0
"""What users install: the wheel by itself, with nothing of the checkout around it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest
from tests.conftest import Token
from tests.meta.source import PACKAGE, ROOT

DEVELOPMENT: Final = (
    "_pytest",
    "codespell_lib",
    "coverage",
    "hatchling",
    "hypothesis",
    "importlinter",
    "jsonschema",
    "mypy",
    "pre_commit",
    "pypitoken",
    "pytest",
)
"""Packages that users do not have."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel's content, unpacked: for pure Python that is an installation."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    argv = [sys.executable, "-m", "pip", *build, "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(argv, check=True, capture_output=True)
    (wheel,) = folder.glob("stanch-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def _python(site: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code that imports stanch from `site`, with the development packages blocked."""
    block = f"import sys; sys.modules.update(dict.fromkeys({DEVELOPMENT!r}))\n"
    return subprocess.run(
        [sys.executable, "-c", block + code, *arguments],
        cwd=site.parent,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_wheel_holds_the_package(installed: Path) -> None:
    """The wheel has every module, the type marker and the licence, and nothing else at its root."""
    modules = {path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")}
    packed = {path.relative_to(installed / "stanch") for path in installed.rglob("stanch/**/*.py")}
    assert modules == packed
    assert (installed / "stanch" / "py.typed").exists()
    assert [] != list(installed.glob("*.dist-info/licenses/LICENSE"))
    assert {"stanch"} == {p.name for p in installed.iterdir() if p.suffix != ".dist-info"}


def test_wheel_is_what_runs(installed: Path) -> None:
    """The tests below really import the wheel."""
    done = _python(installed, "import stanch; print(stanch.__file__)")
    assert str(installed / "stanch" / "__init__.py") == done.stdout.strip()


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["rules"], ["scan", "--help"]])
def test_wheel_runs_without_development_packages(installed: Path, words: list[str]) -> None:
    """The command starts where nothing but its own dependencies is installed."""
    code = "from stanch.cli import main; sys.exit(main())"
    done = _python(installed, code, *words)
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout != ""


def test_wheel_finds(installed: Path, tmp_path: Path, token: Token) -> None:
    """The wheel scans: it finds a token, and says so by its exit code."""
    (tmp_path / "leak.txt").write_text(token("npm-access-token"))
    code = "from stanch.cli import main; sys.exit(main())"
    done = _python(installed, code, "scan", str(tmp_path))
    assert 1 == done.returncode, done.stderr
    assert "npm-access-token" in done.stdout
