# SPDX-License-Identifier: Apache-2.0
"""Revisions, and what the commits of a range brought."""

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from stanch.errors import CorruptInputError, InputError, UsageError
from stanch.gitdb.kinds import COMMIT, TAG, TREE
from stanch.gitdb.reader import Reader
from stanch.gitdb.repository import is_hex

_FOLDER: Final = 0o040000
_GITLINK: Final = 0o160000
_STEP: Final = re.compile(r"(~|\^)(\d{1,9}|\{commit\}|\{\})?")
_STEPS: Final = re.compile(rf"(?:{_STEP.pattern})*")
_PREFIXES: Final = ("", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/")
_PERSON: Final = re.compile(rb"\n(author|committer) (.*) (\d{1,18}) [-+]\d{4}(?=\n)")
_PATH_MAX: Final = 4096
_SLOP: Final = 5
"""Hidden commits to look beyond, since clocks are not always right; as many as git takes."""


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
        shallow: Binary names of commits whose parents were not fetched.

    Attributes:
        lost: What could not be read on the way: (object, reason).
    """

    def __init__(
        self,
        reader: Reader,
        refs: Mapping[str, str],
        hash_size: int,
        shallow: frozenset[bytes] = frozenset(),
    ) -> None:
        self._reader = reader
        self._refs = refs
        self._size = hash_size
        self._shallow = shallow
        self.lost: list[tuple[str, str]] = []
        self._trees: dict[bytes, dict[bytes, Entry]] = {}
        self._folder: tuple[bytes, bytes, dict[bytes, Entry]] = (b"", b"", {})

    def resolve(self, text: str) -> bytes:
        """Return the binary name of the commit that `text` names.

        Args:
            text: A ref, a (short) hex name, either followed by `~2`, `^`, `^2`; `HEAD` or `@`.

        Raises:
            UsageError: There is no such commit.
        """
        base = re.split(r"[~^]", text, maxsplit=1)[0]
        steps = text[len(base) :]
        if not _STEPS.fullmatch(steps):
            raise UsageError(f"{text}: a revision is a name, then ~ or ^ and a number")
        name = self._peel(self._named("HEAD" if base in ("", "@") else base), text)
        for kind, digits in _STEP.findall(steps):
            if digits[:1] == "{" or (kind == "^" and digits == "0"):
                continue
            for _ in range(int(digits or 1) if kind == "~" else 1):
                parents = self.commit(name).parents
                wanted = int(digits or 1) if kind == "^" else 1
                if len(parents) < wanted:
                    raise UsageError(f"{text}: no such revision: the history is not that long")
                name = parents[wanted - 1]
        return name

    def between(self, since: list[bytes], until: list[bytes]) -> list[Commit]:
        """Return the commits that `until` reaches and `since` does not, newest first.

        Only as much of the history is read as is needed to tell.
        """
        known: dict[bytes, Commit] = {}
        lost: dict[bytes, str] = {}
        hidden: set[bytes] = set()
        queue: list[tuple[int, bytes]] = []
        self._enter((*until, *since), known, queue, lost)
        self._hide(since, known, hidden)
        slop = _SLOP
        found: list[Commit] = []
        while queue and slop:
            _, name = heapq.heappop(queue)
            commit = known[name]
            if name in hidden:
                self._hide(commit.parents, known, hidden)
                if all(one in hidden for _, one in queue):
                    slop -= 1
            else:
                found.append(commit)
                slop = _SLOP
            self._enter(commit.parents, known, queue, lost)
        self.lost += [(_shown(name), why) for name, why in lost.items() if name not in hidden]
        return [commit for commit in found if commit.name not in hidden]

    def _enter(
        self,
        names: Iterable[bytes],
        known: dict[bytes, Commit],
        queue: list[tuple[int, bytes]],
        lost: dict[bytes, str],
    ) -> None:
        for name in names:
            if name in known:
                continue
            try:
                known[name] = self.commit(name)
            except InputError as error:
                lost[name] = str(error)
            else:
                heapq.heappush(queue, (-known[name].committed, name))

    def _hide(
        self, names: Iterable[bytes], known: Mapping[bytes, Commit], hidden: set[bytes]
    ) -> None:
        """Mark commits and those of their ancestors that were read already."""
        todo = list(names)
        while todo:
            name = todo.pop()
            if name not in hidden:
                hidden.add(name)
                todo += known[name].parents if name in known else ()

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
        """Yield (path, blob name) of what a commit holds and none of its parents has there.

        A folder that a commit holds several times is told once. Trees and parents that cannot be
        read are noted in `lost`; without a parent, more is yielded.
        """
        parents = [self._commit_or_lost(parent) for parent in commit.parents]
        yield from self._changed(commit.tree, tuple(one.tree for one in parents if one), b"")

    def files(self, tree: bytes, path: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield (path, name) of every file below a tree, each folder once."""
        yield from self._changed(tree, (), path)

    def at(self, tree: bytes, path: bytes) -> bytes | None:
        """Return the name of what a tree holds at `path`, or None.

        The folder of the last call is remembered: asking in order is quick.
        """
        folder, _, last = path.rpartition(b"/")
        if self._folder[:2] != (tree, folder):
            held = self._held(tree)
            for part in folder.split(b"/") if folder else ():
                below = held.get(part)
                held = self._held(below.name) if below and below.mode == _FOLDER else {}
            self._folder = (tree, folder, held)
        entry = self._folder[2].get(last)
        return entry.name if entry else None

    def _held(self, tree: bytes) -> dict[bytes, Entry]:
        known = self._trees.get(tree)
        if known is None:
            known = self._trees[tree] = {e.path: e for e in self._entries(tree)}
        return known

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
        self, tree: bytes, others: tuple[bytes, ...], path: bytes
    ) -> Iterator[tuple[bytes, bytes]]:
        todo = [(tree, others, path)]
        seen: set[tuple[bytes, tuple[bytes, ...]]] = set()
        while todo:
            tree, others, path = todo.pop()
            if tree in others or (tree, others) in seen:
                continue
            seen.add((tree, others))
            sides = [{entry.path: entry for entry in self._entries(other)} for other in others]
            for entry in self._entries(tree):
                before = [side[entry.path] for side in sides if entry.path in side]
                if entry.mode == _GITLINK or any(old.name == entry.name for old in before):
                    continue
                full = path + entry.path
                if entry.mode == _FOLDER:
                    folders = tuple(old.name for old in before if old.mode == _FOLDER)
                    todo.append((entry.name, folders, full[-_PATH_MAX:] + b"/"))
                else:
                    yield full, entry.name

    def _entries(self, tree: bytes) -> list[Entry]:
        try:
            return self.entries(tree)
        except InputError as error:
            self.lost.append((f"tree {tree.hex()[:12]}", str(error)))
            return []

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
            target = found[1][7 : 7 + 2 * self._size]
            if not is_hex(target):
                break
            name = bytes.fromhex(target.decode())
        raise UsageError(f"{text}: names no commit that is here")

    def _commit_or_none(self, name: bytes) -> Commit | None:
        found = self._reader.read(name)
        if found is None or found[0] != COMMIT:
            return None
        commit = parse_commit(name, found[1], self._size)
        return commit._replace(parents=()) if name in self._shallow else commit

    def _commit_or_lost(self, name: bytes) -> Commit | None:
        try:
            return self.commit(name)
        except InputError as error:
            self.lost.append((_shown(name), str(error)))
            return None


def _shown(commit: bytes) -> str:
    return f"commit {commit.hex()[:12]}"


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
