# SPDX-License-Identifier: Apache-2.0
"""Git bundles, and packs by themselves: a history in one file, without an index.

Source:
    https://git-scm.com/docs/gitformat-bundle (read 2026-11-22)
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec

from stanch.errors import CorruptInputError, InputError
from stanch.gitdb.attribution import Gleaner, Story, attribute
from stanch.gitdb.forest import Forest
from stanch.gitdb.kinds import BLOB, COMMIT, TAG, TREE
from stanch.gitdb.naming import name_entries
from stanch.gitdb.pack import Pack
from stanch.gitdb.reader import Object
from stanch.gitdb.repository import is_hex
from stanch.gitdb.revisions import iso_time, parse_commit
from stanch.model import Occurrence

_HEADER_MAX: Final = 64 << 20
_TOLD_MAX: Final = 20
_TAGS_MAX: Final = 5

Visit = Callable[[int, bytes, bytes], None]
"""(type, binary name, bytes) of an object."""


class Bundle:
    """A bundle or a pack, whole in memory.

    Args:
        data: Its bytes.
        name: What it is called.

    Attributes:
        refs: Ref -> hex name; none in a pack.
        problems: What could not be read, as far as it is known.

    Raises:
        InputError: It is neither, or nothing of it can be read.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.refs: dict[str, str] = {}
        self.problems: list[str] = []
        self._size = 20
        start = 0
        if data.startswith(b"#"):
            start = self._header(data)
        elif hashlib.sha256(data[:-32]).digest() == data[-32:]:
            self._size = 32
        pack = Pack(Path(name), memoryview(data)[start:], self._size, indexed=False)
        self.problems += pack.problems
        name_entries(pack, lambda _: None)
        pack.kind[pack.kind == 0] = BLOB
        self._pack = pack
        self._forest = Forest(pack, lambda _: None)

    def _header(self, data: bytes) -> int:
        """Read a bundle's header; return where its pack starts."""
        end = data.find(b"\n\n", 0, _HEADER_MAX)
        if end < 0:
            raise CorruptInputError("the header of the bundle does not end")
        for line in data[:end].split(b"\n")[1:]:
            if line == b"@object-format=sha256":
                self._size = 32
            elif line.startswith(b"@filter="):
                self.problems.append("a filtered bundle: objects are missing by design")
            elif line[:1] == b"@" and not line.startswith(b"@object-format="):
                self.problems.append("the bundle needs a capability that is not known")
            name, _, ref = line.partition(b" ")
            if ref and is_hex(name) and len(name) == 2 * self._size:
                self.refs[os.fsdecode(ref)] = name.decode()
        return end + 2

    def walk(self, visit: Visit) -> None:
        """Call `visit` with every object; note in `problems` what cannot be rebuilt."""
        pack, kinds = self._pack, self._pack.kind

        def seen(position: int, data: bytes, _parent: int, _delta: bytes) -> None:
            visit(int(kinds[position]), pack.name(position), data)

        roots = pack.root == range(len(pack))
        damage = self._forest.walk(roots.nonzero()[0], seen)
        for one in damage[:_TOLD_MAX]:
            self.problems.append(f"{one.lost} objects are lost: {one.reason}")
        more = sum(one.lost for one in damage[_TOLD_MAX:])
        if more:
            self.problems.append(f"{more} more objects are lost")

    def read(self, name: str) -> Object | None:
        """Return an object by its hex name, or None."""
        position = self._pack.position(bytes.fromhex(name)) if name else -1
        if position < 0:
            return None
        try:
            return int(self._pack.kind[position]), self._forest.read(position)
        except InputError:
            return None

    def stories(self, wanted: Iterable[bytes]) -> dict[bytes, Story]:
        """Tell what the bundle's own history knows of some objects."""
        names = set(wanted)
        if not names:
            return {}
        gleaner = Gleaner(names, self._size)

        def note(kind: int, name: bytes, data: bytes) -> None:
            if kind == TREE:
                gleaner.tree(name, data)
            elif kind == COMMIT:
                gleaner.commit(name, data)

        problems = list(self.problems)
        self.walk(note)
        self.problems = problems
        return attribute(names, [gleaner.notes()], self.refs, self._peel, self._size)

    def tell(self, occurrence: Occurrence, story: Story) -> Occurrence:
        """Return a place with what history tells about its object."""
        author, date = self._author(story.introduced)
        inner = occurrence.archive_path
        return msgspec.structs.replace(
            occurrence,
            archive_path=(*story.paths[:1], *inner[1:]) if story.paths else inner,
            paths=story.paths,
            commit=story.introduced,
            author=author,
            date=date,
            last_commit=story.last,
            last_date=self._author(story.last)[1],
            refs=story.refs,
            reachable=bool(story.refs),
            in_head=story.in_head,
        )

    def _peel(self, name: str) -> list[str]:
        chain = [name]
        for _ in range(_TAGS_MAX):
            found = self.read(chain[-1])
            target = found[1][7 : 7 + len(name)] if found and found[0] == TAG else b""
            if not is_hex(target):
                break
            chain.append(target.decode())
        return chain

    def _author(self, commit: str) -> tuple[str, str]:
        found = self.read(commit)
        if found is None or found[0] != COMMIT:
            return "", ""
        try:
            parsed = parse_commit(bytes.fromhex(commit), found[1], self._size)
        except InputError:
            return "", ""
        return parsed.author, iso_time(parsed.authored)
