# SPDX-License-Identifier: Apache-2.0
"""The pre-commit hook, run by the real pre-commit.

pre-commit installs stanch from a snapshot of the checkout into an environment of its own. That
environment takes the dependencies from the one that runs the tests, so nothing is downloaded.
"""

import os
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import MakeRepo, Token
from tests.meta.source import ROOT
from tests.repository import ENVIRONMENT, Repository

SHIPPED = (".pre-commit-hooks.yaml", "LICENSE", "README.md", "pyproject.toml", "src")


def _snapshot(repo: Repository) -> str:
    files = [path for name in SHIPPED for path in (ROOT / name, *(ROOT / name).rglob("*"))]
    kept = [path for path in files if path.is_file() and "__pycache__" not in path.parts]
    return repo.commit({path.relative_to(ROOT).as_posix(): path.read_bytes() for path in kept})


class Hooked:
    """A repository with the hook installed.

    Args:
        repo: The repository.
        environment: Variables for git and pre-commit.
    """

    def __init__(self, repo: Repository, environment: dict[str, str]) -> None:
        self.repo = repo
        self._environment = environment

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a program in the repository."""
        return subprocess.run(
            argv,
            cwd=self.repo.path,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def commit(self) -> tuple[int, str]:
        """Run `git commit`; return its exit code and all that was printed."""
        done = self.run("git", "commit", "-m", "Change")
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def hooked(make_repo: MakeRepo, require_tool: Callable[[str], str], tmp_path: Path) -> Hooked:
    """Return a repository whose commits go through the hook."""
    pre_commit = require_tool("pre-commit")
    source = make_repo("source")
    revision = _snapshot(source)
    repo = make_repo("user")
    hook = f"repos:\n- repo: {source.path}\n  rev: {revision}\n  hooks:\n  - id: stanch\n"
    repo.commit({".pre-commit-config.yaml": hook})
    repo.check_out()
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "HOME": str(tmp_path),
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        # NOTE: pip reads this variable upside down: 0 turns the isolation off.
        "PIP_NO_BUILD_ISOLATION": "0",
    }
    result = Hooked(repo, environment)
    done = result.run(pre_commit, "install", "--install-hooks")
    assert 0 == done.returncode, done.stdout + done.stderr
    return result


def test_hook_guards_commits(hooked: Hooked, token: Token) -> None:
    """The hook passes a clean commit, refuses one that adds a token, and never shows the token."""
    hooked.repo.stage({"README.md": "Set `NPM_TOKEN`.\n"})
    code, printed = hooked.commit()
    assert 0 == code, printed

    leaked = token("npm-access-token")
    hooked.repo.stage({".npmrc": f"//npm.example/:_authToken={leaked}\n"})
    code, printed = hooked.commit()
    assert 1 == code, printed
    assert "npm-access-token" in printed
    assert ".npmrc" in printed
    assert leaked not in printed

    hooked.repo.stage({".npmrc": "//npm.example/:_authToken=${NPM_TOKEN}\n"})
    code, printed = hooked.commit()
    assert 0 == code, printed
