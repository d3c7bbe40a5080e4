# SPDX-License-Identifier: Apache-2.0
"""Revisions, and what the commits of a range brought."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from stanch.errors import CorruptInputError, UsageError
from stanch.gitdb.kinds import COMMIT, TAG, TREE
from stanch.gitdb.reader import Reader

_FOLDER: Final = 0o040000
_GITLINK: Final = 0o160000
_STEP: Final = re.compile(r"(~|\^)(\d*)")
_PREFIXES: Final = ("", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/")
_PERSON: Final = re.compile(rb"\n(author|committer) (.*) (\d+) [-+]\d{4}(?=\n)")


class Commit(NamedTuple):
    """A commit.

    Attributes:
        name: Its binary name.
        tree: Binary name of its tree.
        parents: Binary names of its parents.
        author: `Name <mail>`.
        authored: Author time, seconds since 1970.
        committed: Committer time, seconds since 1970.
        data: The whole object.
    """

    name: bytes
    tree: bytes
    parents: tuple[bytes, ...]
    author: str
    authored: int
    committed: int
    data: bytes


class Entry(NamedTuple):
    """One entry of a tree: mode, name, and the binary name of the object."""

    mode: int
    path: bytes
    name: bytes


class Revisions:
    """The commits of a repository, read one by one.

    Args:
        reader: Reads its objects.
        refs: Ref -> hex name.
        hash_size: Bytes of a name.
    """

    def __init__(self, reader: Reader, refs: Mapping[str, str], hash_size: int) -> None:
        self._reader = reader
        self._refs = refs
        self._size = hash_size

    def resolve(self, text: str) -> bytes:
        """Return the binary name of the commit that `text` names.

        Args:
            text: A ref, a (short) hex name, either followed by `~2`, `^`, `^2`; or `HEAD`.

        Raises:
            UsageError: There is no such commit.
        """
        base = re.split(r"[~^]", text or "HEAD", maxsplit=1)[0] or "HEAD"
        name = self._peel(self._named(base), text)
        for kind, digits in _STEP.findall(text[len(base) :]):
            for _ in range(int(digits or 1) if kind == "~" else 1):
                parents = self.commit(name).parents
                wanted = int(digits or 1) if kind == "^" else 1
                if kind == "^" and wanted == 0:
                    break
                if len(parents) < wanted:
                    raise UsageError(f"{text}: no such revision: the history is not that long")
                name = parents[wanted - 1]
        return name

    def between(self, since: list[bytes], until: list[bytes]) -> Iterator[Commit]:
        """Yield the commits that `until` reaches and `since` does not, newest first."""
        hidden: set[bytes] = set()
        todo = list(since)
        while todo:
            name = todo.pop()
            if name not in hidden:
                hidden.add(name)
                commit = self._commit_or_none(name)
                todo += commit.parents if commit else ()
        todo = list(until)
        while todo:
            name = todo.pop(0)
            if name in hidden:
                continue
            hidden.add(name)
            commit = self._commit_or_none(name)
            if commit is not None:
                yield commit
                todo += commit.parents

    def commit(self, name: bytes) -> Commit:
        """Read a commit.

        Raises:
            CorruptInputError: It is missing or damaged.
        """
        commit = self._commit_or_none(name)
        if commit is None:
            raise CorruptInputError(f"commit {name.hex()[:12]} is missing")
        return commit

    def brought(self, commit: Commit) -> Iterator[tuple[bytes, bytes]]:
        """Yield (path, blob name) of what a commit holds and none of its parents has there."""
        parents = [self.commit(parent).tree for parent in commit.parents]
        yield from self._changed(commit.tree, parents, b"")

    def files(self, tree: bytes, path: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield (path, name) of every file below a tree."""
        yield from self._changed(tree, [], path)

    def entries(self, tree: bytes) -> list[Entry]:
        """Read a tree.

        Raises:
            CorruptInputError: It is missing or damaged.
        """
        found = self._reader.read(tree)
        if found is None or found[0] != TREE:
            raise CorruptInputError(f"tree {tree.hex()[:12]} is missing")
        return parse_tree(found[1], self._size)

    def _changed(
        self, tree: bytes, others: list[bytes], path: bytes
    ) -> Iterator[tuple[bytes, bytes]]:
        if tree in others:
            return
        sides = [{entry.path: entry for entry in self.entries(other)} for other in others]
        for entry in self.entries(tree):
            before = [side[entry.path] for side in sides if entry.path in side]
            if entry.mode == _GITLINK or any(old.name == entry.name for old in before):
                continue
            full = path + entry.path
            if entry.mode == _FOLDER:
                folders = [old.name for old in before if old.mode == _FOLDER]
                yield from self._changed(entry.name, folders, full + b"/")
            else:
                yield full, entry.name

    def _named(self, base: str) -> bytes:
        for prefix in _PREFIXES:
            if prefix + base in self._refs:
                return bytes.fromhex(self._refs[prefix + base])
        if f"refs/remotes/{base}/HEAD" in self._refs:
            return bytes.fromhex(self._refs[f"refs/remotes/{base}/HEAD"])
        if re.fullmatch(rf"[0-9a-f]{{4,{2 * self._size}}}", base.lower()):
            found = self._reader.expand(base.lower())
            if len(found) == 1:
                return found[0]
            if found:
                raise UsageError(f"{base}: more than one object starts so; give more digits")
        raise UsageError(f"{base}: no such revision here; name a branch, a tag or a commit")

    def _peel(self, name: bytes, text: str) -> bytes:
        for _ in range(5):
            found = self._reader.read(name)
            if found is None or found[0] not in (COMMIT, TAG):
                break
            if found[0] == COMMIT:
                return name
            name = bytes.fromhex(found[1][7 : 7 + 2 * self._size].decode("ascii", "replace"))
        raise UsageError(f"{text}: names no commit that is here")

    def _commit_or_none(self, name: bytes) -> Commit | None:
        found = self._reader.read(name)
        if found is None or found[0] != COMMIT:
            return None
        return parse_commit(name, found[1], self._size)


def parse_commit(name: bytes, data: bytes, hash_size: int) -> Commit:
    """Read a commit object's header.

    Raises:
        CorruptInputError: It is not a commit.
    """
    digits = 2 * hash_size
    head = data.partition(b"\n\n")[0] + b"\n"
    try:
        tree = bytes.fromhex(re.match(rb"tree ([0-9a-f]{%d})\n" % digits, head)[1].decode())  # type: ignore[index]
        found = re.findall(rb"(?m)^parent ([0-9a-f]{%d})$" % digits, head)
    except (TypeError, ValueError):
        raise CorruptInputError(f"commit {name.hex()[:12]} is damaged") from None
    people = {who: (mail, int(time)) for who, mail, time in _PERSON.findall(head)}
    author, authored = people.get(b"author", (b"", 0))
    committed = people.get(b"committer", (b"", 0))[1]
    parents = tuple(bytes.fromhex(one.decode()) for one in found)
    who = author.decode("utf-8", "replace")
    return Commit(name, tree, parents, who, authored, committed, data)


def parse_tree(data: bytes, hash_size: int) -> list[Entry]:
    """Read a tree object; entries after damage are lost."""
    found = re.findall(rb"(?s)([0-7]{5,6}) ([^\0]+)\0(.{%d})" % hash_size, data)
    return [Entry(int(mode, 8), path, name) for mode, path, name in found]


def iso_time(seconds: int) -> str:
    """Return a commit time as ISO 8601 in UTC."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(min(max(seconds, 0), 253402300799), UTC).isoformat()
