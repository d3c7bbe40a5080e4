# SPDX-License-Identifier: Apache-2.0
"""No repository that is scanned chooses a program that runs."""

import os
import re
from pathlib import Path

import pytest
from tests.conftest import MakeRepo, Stanch
from tests.history import sample
from tests.repository import Repository

import stanch as stanch_package

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the traps are shell scripts")
TOKEN = sample(0)
HOOKS = [
    "pre-commit",
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "pre-auto-gc",
    "fsmonitor-watchman",
    "post-rewrite",
    "sendemail-validate",
    "post-merge",
    "update",
]


@pytest.fixture
def trapped(make_repo: MakeRepo, tmp_path: Path) -> Repository:
    """Return a repository whose every setting that can run a program makes a mark.

    It has a history with a token in it, something staged, and a promisor remote that misses an
    object.
    """
    repository = make_repo("trapped")
    repository.commit(
        {
            ".gitattributes": "* diff=trap filter=trap merge=trap\n",
            "old.txt": b"key " + TOKEN,
            "gone": "x",
        }
    )
    base = repository.commit({"old.txt": "y", "sub/new.txt": b"key " + sample(1)})
    repository.check_out()
    repository.stage({"staged.txt": b"key " + sample(2)})
    signed = repository.git("cat-file", "commit", base).replace(
        b"\n\n", b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n x\n -----END PGP SIGNATURE-----\n\n", 1
    )
    commit = repository.git("hash-object", "-w", "-t", "commit", "--stdin", stdin=signed + b"\n")
    repository.git("update-ref", "refs/heads/signed", commit.decode())
    lost = repository.git("rev-parse", "HEAD~1:gone").decode()
    (repository.git_dir / "objects" / lost[:2] / lost[2:]).unlink()
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/marked\n')
    trap.chmod(0o755)
    _set_traps(repository, trap)
    return repository


def _set_traps(repository: Repository, trap: Path) -> None:
    git_dir = repository.git_dir
    for folder in (git_dir / "hooks", repository.path / "hooks"):
        folder.mkdir(exist_ok=True)
        for hook in HOOKS:
            (folder / hook).symlink_to(trap)
    (repository.path / "included").write_text(f"[core]\n\tpager = {trap} included\n")
    with (git_dir / "config").open("a") as config:
        config.write(
            f"""
[core]
	fsmonitor = {trap} fsmonitor
	hooksPath = {repository.path / "hooks"}
	pager = {trap} pager
	editor = {trap} editor
	sshCommand = {trap} ssh
	askPass = {trap} askpass
	gitProxy = {trap} proxy
	alternateRefsCommand = {trap} alternates
	repositoryformatversion = 1
[extensions]
	partialClone = origin
[diff]
	external = {trap} diff
[diff "trap"]
	textconv = {trap} textconv
	command = {trap} command
[filter "trap"]
	smudge = {trap} smudge
	clean = {trap} clean
	process = {trap} process
	required = true
[merge "trap"]
	driver = {trap} driver
[gpg]
	program = {trap} gpg
[gpg "ssh"]
	program = {trap} gpg-ssh
[log]
	showSignature = true
[credential]
	helper = !{trap} credential
[alias]
	log = !{trap} alias
	cat-file = !{trap} alias
	rev-list = !{trap} alias
[include]
	path = {repository.path / "included"}
[remote "origin"]
	url = ext::{trap} remote
	promisor = true
	uploadpack = {trap} uploadpack
	vcs = trap
[uploadpack]
	packObjectsHook = {trap} packobjects
[protocol "ext"]
	allow = always
"""
        )


MODES = [
    ("--history-only",),
    ("--no-history",),
    (),
    ("--staged",),
    ("--since", "HEAD~1"),
    ("--range", "HEAD~1..signed"),
]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: " ".join(mode) or "all")
def test_nothing_runs(
    mode: tuple[str, ...], trapped: Repository, stanch: Stanch, tmp_path: Path
) -> None:
    """No setting, hook or attribute runs a program, and git itself is never started."""
    before = _state(trapped.path)
    bait = tmp_path / "bait"
    bait.mkdir()
    for name in ("git", "ssh", "gpg", "less", "sh", "git-remote-ext", "git-remote-trap"):
        (bait / name).write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/marked\n')
        (bait / name).chmod(0o755)
    done = stanch("scan", *mode, cwd=trapped.path, env={"PATH": str(bait)})
    assert done.returncode == 1, done.stderr
    assert not (tmp_path / "marked").exists()
    assert before == _state(trapped.path)


def test_the_traps_work(trapped: Repository, tmp_path: Path) -> None:
    """Git itself steps into the traps: they prove something."""
    with pytest.raises(AssertionError):
        trapped.git("cat-file", "-p", "HEAD~1:gone")
    with pytest.raises(AssertionError):
        trapped.git("diff", "HEAD")
    marked = (tmp_path / "marked").read_text()
    assert "fsmonitor" in marked or "clean" in marked or "process" in marked, marked


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of every file, to see that nothing was written."""
    return {
        str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.rglob("*")
    }


def test_nothing_knows_how_to_start_a_program() -> None:
    """No module of the product imports or calls what starts programs."""
    starters = re.compile(
        r"^\s*(?:import|from) (?:subprocess|pty|multiprocessing)\b"
        r"|\bos\.(?:system|popen|exec\w+|spawn\w+|posix_spawn\w*|startfile)\b",
        re.MULTILINE,
    )
    source = Path(stanch_package.__file__).parent
    guilty = [path for path in source.rglob("*.py") if starters.search(path.read_text())]
    assert [] == guilty
