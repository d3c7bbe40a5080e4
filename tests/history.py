# SPDX-License-Identifier: Apache-2.0
"""Scan histories in tests, and scan the same by way of git."""

import random
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.repository import Repository

from stanch import catalog
from stanch.detect import Engine, Shape
from stanch.model import Located, Occurrence, Skipped
from stanch.sources import Job

Pair = tuple[str, bytes]
"""(hex name of an object, credential in it)."""


@cache
def engine() -> Engine:
    """Return the engine for a few registries: enough to be found, and quick to compile."""
    return catalog.engine(("npm", "pypi", "rubygems"))


@cache
def sample(number: int, rule: str = "npm-access-token") -> bytes:
    """Return a credential, the same for the same number."""
    found = next(one for one in engine().rules if one.id == rule)
    assert isinstance(found, Shape)
    return found.sample(random.Random(f"{rule} {number}")).encode()


class Scanned(NamedTuple):
    """What a scan told."""

    located: list[Located]
    skipped: list[Skipped]

    @property
    def pairs(self) -> set[Pair]:
        """Objects and the credentials in them."""
        return {(one.occurrence.object, one.secret.reveal()) for one in self.located if one.secret}

    @property
    def secrets(self) -> set[bytes]:
        """The credentials."""
        return {one.secret.reveal() for one in self.located if one.secret}

    @property
    def incomplete(self) -> bool:
        """Something was not read."""
        return any(one.incomplete for one in self.skipped)

    def place(self, secret: bytes) -> Occurrence:
        """Return the only place of a credential."""
        (found,) = [one for one in self.located if one.secret and one.secret.reveal() == secret]
        return found.occurrence


def scan_history(path: Path, **options: Any) -> Scanned:
    """Scan the history below a folder, in this process."""
    from stanch.sources.git import SOURCE

    return run(SOURCE, path, **{"files": False, "archives": False, **options})


def run(source: Any, path: Path, **options: Any) -> Scanned:
    """Scan with one source, in this process unless `jobs` says otherwise."""
    job = Job(engine=engine(), keep_secrets=True, **{"jobs": 1, **options})
    assert source.accepts(str(path), job)
    items = list(source.scan(str(path), job))
    return Scanned(
        [item for item in items if isinstance(item, Located)],
        [item for item in items if isinstance(item, Skipped)],
    )


def told_by_git(repository: Repository) -> set[Pair]:
    """Return what scanning each object by itself finds, as git prints them all."""
    data = repository.git("cat-file", "--batch-all-objects", "--batch", "--buffer") + b"\n"
    found: set[Pair] = set()
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        name, _, size = data[at:end].split()
        content = data[end + 1 : end + 1 + int(size)]
        found |= {(name.decode(), one.secret.reveal()) for one in engine().matches(content)}
        at = end + 2 + int(size)
    return found
