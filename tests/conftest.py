# SPDX-License-Identifier: Apache-2.0
"""Fixtures that every folder of tests may use. Those that make something return factories."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings
from tests.repository import Repository

IN_CI = os.environ.get("CI") == "true"

settings.register_profile("local", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if IN_CI else "local")


class Token(Protocol):
    """Makes a synthetic credential."""

    def __call__(self, rule: str, number: int = 0) -> str:
        """Return the sample `number` of a rule, always the same one."""


class Stanch(Protocol):
    """Runs the command as a user would."""

    def __call__(
        self,
        *arguments: str | Path,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Return the finished process, with what it wrote; never raises for an exit code."""


class MakeRepo(Protocol):
    """Makes an empty git repository."""

    def __call__(
        self, name: str = "repo", *, bare: bool = False, object_format: str = "sha1"
    ) -> Repository:
        """Return a repository in a folder of its own, to be filled."""


def _require(name: str) -> str:
    """Return where a program is; skip the test without it, or fail it where CI=true."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found:
        return found
    reason = f"needs the program {name!r}, which is not installed"
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str], str]:
    """Return what finds a program, or skips; in CI a missing one is a failure."""
    return _require


@pytest.fixture
def rng() -> random.Random:
    """Return a generator with a fixed seed."""
    return random.Random(20261122)


@pytest.fixture(scope="session")
def token() -> Token:
    """Return what makes credentials, by rule id."""
    from stanch.detect import Grammar, Key, Shape
    from stanch.scan import rules

    by_id = {rule.id: rule for rule in rules()}

    def make(rule: str, number: int = 0) -> str:
        declared = by_id[rule]
        assert isinstance(declared, Grammar | Key | Shape)
        return declared.sample(random.Random(f"{rule} {number}"))

    return make


@pytest.fixture
def stanch(tmp_path_factory: pytest.TempPathFactory) -> Stanch:
    """Return what runs the command, with a home and a cache of its own."""
    home = tmp_path_factory.mktemp("home")

    def run(
        *arguments: str | Path,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        fixed = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "NO_COLOR": "1"}
        return subprocess.run(
            [sys.executable, "-m", "stanch", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            check=False,
            env={**kept, **fixed, **(env or {})},
            cwd=cwd or home,
        )

    return run


@pytest.fixture
def make_repo(tmp_path: Path) -> MakeRepo:
    """Return what makes git repositories."""
    _require("git")

    def make(name: str = "repo", *, bare: bool = False, object_format: str = "sha1") -> Repository:
        return Repository(tmp_path / name, bare=bare, object_format=object_format)

    return make
