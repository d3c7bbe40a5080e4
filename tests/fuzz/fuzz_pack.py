# SPDX-License-Identifier: Apache-2.0
"""Fuzz the readers of git's formats: packs, indexes, deltas, objects, index files, refs, bundles.

The first byte of an input says which parser it is for; the rest is its file.
"""

import contextlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.fuzz.mutate import run
from tests.fuzz.pack_seeds import SHARED_NAME, staged

from stanch.errors import InputError
from stanch.gitdb.apply import apply
from stanch.gitdb.attribution import Gleaner
from stanch.gitdb.bundle import Bundle
from stanch.gitdb.database import Database
from stanch.gitdb.delta import edits, target_size
from stanch.gitdb.kinds import BLOB
from stanch.gitdb.reader import read_loose
from stanch.gitdb.refs import read_refs
from stanch.gitdb.reftable import read_table
from stanch.gitdb.repository import Repository
from stanch.gitdb.revisions import parse_commit, parse_tree
from stanch.gitdb.staging import read_index_file

_FOLDER: Final = tempfile.TemporaryDirectory(prefix="fuzz-pack-")
_ROOT: Final = Path(_FOLDER.name)
_PACKS: Final = _ROOT / "objects" / "pack"
_PACKS.mkdir(parents=True)
(_ROOT / "HEAD").write_text("ref: refs/heads/main\n")
(_ROOT / SHARED_NAME).write_bytes(staged(2, split=False))


def _written(name: str, data: bytes) -> Path:
    path = _ROOT / name
    path.write_bytes(data)
    return path


def _repository() -> Repository:
    return Repository(_ROOT, _ROOT, _ROOT)


def fuzz_pack(data: bytes) -> None:
    """Rebuild all that a pack holds; its index, if any, follows a four-byte length."""
    size = int.from_bytes(data[:4], "big")
    pack, index = data[4 : 4 + size], data[4 + size :]
    path = _written("objects/pack/pack-1.pack", pack)
    path.with_suffix(".idx").unlink(missing_ok=True)
    if index:
        path.with_suffix(".idx").write_bytes(index)
    database = Database(_repository())
    told = len(database.problems)
    for forest in database.forests:
        seen: list[int] = []

        def visit(
            position: int, data: bytes, parent: int, delta: bytes, seen: list[int] = seen
        ) -> None:
            assert parent in (-1, *seen)
            seen.append(position)
            if delta:
                edits(delta, target_size(delta)[1], len(data), 40)

        roots = forest.pack.root == range(len(forest.pack))
        damage = forest.walk(roots.nonzero()[0], visit)
        told += len(damage)
        # Every entry is rebuilt once, or lost once and told.
        assert len(forest.pack) == len(seen) + sum(one.lost for one in damage)
        assert len(seen) == len(set(seen))
    for forest in database.forests:
        for position in range(min(len(forest.pack), 50)):
            try:
                database.reader.read(forest.pack.name(position) or bytes(20))
            except InputError:
                continue


def fuzz_delta(data: bytes) -> None:
    """Apply a delta to a base; what the delta did not touch is what it was."""
    size = int.from_bytes(data[:2], "big")
    base, delta = data[2 : 2 + size], data[2 + size :]
    try:
        made = apply(base, delta)
    except InputError:
        return
    total, at = target_size(delta)
    assert total == len(made)
    windows = edits(delta, at, len(made), 3)
    if windows is None:
        return
    last = -1
    for start, end in windows:
        assert 0 <= start <= end <= len(made) + 3
        assert start > last
        last = end
    # Any four bytes that no window holds whole stand in the base too.
    held = {at for start, end in windows for at in range(start, end - 3)}
    for start in range(max(0, len(made) - 3)):
        assert start in held or made[start : start + 4] in base


def fuzz_objects(data: bytes) -> None:
    """Read a commit and a tree, as revisions and as notes for attribution."""
    parse_tree(data, 20)
    with contextlib.suppress(InputError):
        parse_commit(bytes(20), data, 20)
    for wanted in ([b"\1" * 20], [bytes([i]) * 20 for i in range(20)]):
        gleaner = Gleaner(wanted, 20)
        gleaner.tree(bytes(20), data)
        gleaner.commit(bytes(20), data)
        gleaner.tree(b"\2" * 20, data[::-1])
        gleaner.notes()


def fuzz_index(data: bytes) -> None:
    """Read an index file."""
    read_index_file(_written("index", data), 20)


def fuzz_loose(data: bytes) -> None:
    """Read a loose object."""
    read_loose(_written("objects/loose", data))


def fuzz_reftable(data: bytes) -> None:
    """Read a reftable."""
    read_table(_written("table.ref", data), 20)


def fuzz_refs(data: bytes) -> None:
    """Read packed refs, a HEAD, a configuration and alternates."""
    names = ("packed-refs", "HEAD", "config", "shallow", "objects/info/alternates")
    (_ROOT / "objects" / "info").mkdir(exist_ok=True)
    for name, part in zip(names, data.split(b"\xff", 4), strict=False):
        _written(name, part)
    repository = _repository()
    for name in read_refs(repository)[0].values():
        bytes.fromhex(name)
    repository.gaps()
    repository.shallow()
    for name in ("config", "objects/info/alternates"):
        _written(name, b"")


def fuzz_bundle(data: bytes) -> None:
    """Read a bundle, and attribute one of its blobs."""
    bundle = Bundle(data, "x")
    names: list[bytes] = []

    def visit(kind: int, name: bytes, data: bytes) -> None:
        assert isinstance(data, bytes)
        if kind == BLOB:
            names.append(name)

    bundle.walk(visit)
    bundle.stories(names[:3])


PARSERS: Final[tuple[Callable[[bytes], None], ...]] = (
    fuzz_pack,
    fuzz_delta,
    fuzz_objects,
    fuzz_index,
    fuzz_loose,
    fuzz_reftable,
    fuzz_refs,
    fuzz_bundle,
)


def target(data: bytes) -> None:
    """Give an input to the parser that its first byte names; input errors are no defect."""
    try:
        PARSERS[data[0] % len(PARSERS) if data else 0](data[1:])
    except InputError:
        return


if __name__ == "__main__":
    sys.exit(run(target, "pack"))
