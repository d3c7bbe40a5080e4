# SPDX-License-Identifier: Apache-2.0
"""Say who brought an object into history, where it stood, and what still reaches it.

While trees and commits are scanned anyway, `Gleaner` notes which tree holds which; afterwards
`attribute` follows the notes upwards, from the few objects that hit to the commits that have them.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from stanch.detect.database import Database

_FEW: Final = 8
"""Objects that are looked for one by one; more of them are looked for all at once."""
_PATHS_MAX: Final = 50
_PATH_MAX: Final = 4096
"""Characters of a path's folders that are kept; the last of them, as trees may nest endlessly."""
_REFS_MAX: Final = 50


class Notes(msgspec.Struct, array_like=True):
    """What one lot of trees and commits told; fit to cross a process border.

    Attributes:
        holders: Names of the trees below, one after the other.
        counts: int32 [trees]: how many subtrees and wanted objects of each are noted.
        entries: int32 [sum of counts]: those subtrees and objects, by their place in what follows:
            the versions of a folder mostly hold the same, so each entry is told once.
        held: Names of the entries' objects, one after the other.
        called: What each is called, joined by zero bytes.
        commits: Rows of (name, tree, parents ..., committer time).
    """

    holders: bytes
    counts: bytes
    entries: bytes
    held: bytes
    called: bytes
    commits: list[tuple[bytes, bytes, list[bytes], int]]


class Story(NamedTuple):
    """What history tells about one object.

    Attributes:
        introduced: Hex name of the oldest commit that brought it, or "".
        last: Hex name of the newest commit that has it, or "".
        paths: Every path it stood under, at most 50.
        refs: Refs that reach a commit with it, branches first, at most 50.
        in_head: HEAD's tree has it.
    """

    introduced: str
    last: str
    paths: tuple[str, ...]
    refs: tuple[str, ...]
    in_head: bool


class Gleaner:
    """Takes notes from trees and commits as they pass by.

    Args:
        wanted: Binary names of the objects to attribute.
        hash_size: Bytes of a name.
    """

    def __init__(self, wanted: Iterable[bytes], hash_size: int) -> None:
        self._size = hash_size
        size = str(hash_size).encode()
        self._wanted = frozenset(wanted)
        self._few = sorted(self._wanted) if len(self._wanted) <= _FEW else []
        literals = [b"".join(b"\\x%02x" % byte for byte in name) for name in self._wanted]
        self._hits = Database((literal, False) for literal in literals).hits
        self._subtrees = re.compile(rb"(?s)40000 ([^\0]*\0.{%b})" % size)
        self._entries = re.compile(rb"(?s)[0-7]{5,6} ([^\0]+\0.{%b})" % size)
        self._committer = re.compile(rb"\ncommitter [^\n]*> (\d+)")
        self.clear()

    def clear(self) -> None:
        """Forget what was noted."""
        self._text: list[bytes] = []
        self._commits: list[tuple[bytes, bytes, list[bytes], int]] = []

    def tree(self, name: bytes, data: bytes) -> None:
        """Note a tree's subtrees, and which wanted objects it holds."""
        self.trees()(name, data)

    def trees(self) -> Callable[[bytes, bytes], None]:
        """Return what notes a tree until `clear`: it runs for every tree, so all is bound here.

        All trees of a lot are read at once, later; an entry without a name says whose come next.
        A tree that holds neither subtrees nor anything wanted leads nowhere.
        """
        text, few, hits = self._text, self._few, self._hits
        # The zeros are for a damaged tree, whose last entry would else swallow the mark.
        mark = bytes(self._size) + b"40000 \0"
        size, wanted, entries = self._size, self._wanted, self._entries

        def note(name: bytes, data: bytes) -> None:
            held = False
            if few:
                for one in few:
                    if one in data:
                        held = True
            elif hits(data):
                held = True
            if held:
                found = [one for one in entries.findall(data) if one[-size:] in wanted]
                data += b"".join([b"40000 " + one for one in found])
            if held or b"40000 " in data:
                text.append(mark + name + data)

        return note

    def commit(self, name: bytes, data: bytes) -> None:
        """Note a commit's tree, parents and time."""
        digits = 2 * self._size
        try:
            tree = bytes.fromhex(data[5 : 5 + digits].decode("ascii"))
            at = 6 + digits
            parents = []
            while data[at : at + 7] == b"parent ":
                parents.append(bytes.fromhex(data[at + 7 : at + 7 + digits].decode("ascii")))
                at += 8 + digits
        except ValueError:
            return
        when = self._committer.search(data, at)
        self._commits.append((name, tree, parents, int(when[1][:12]) if when else 0))

    def notes(self) -> Notes:
        """Return what was noted since the last `clear`."""
        size = self._size
        found = self._subtrees.findall(b"".join(self._text))
        marks = [i for i, one in enumerate(found) if one[0] == 0]
        holders = b"".join([found[i][1:] for i in marks])
        counts = np.diff(np.array([*marks, len(found)], dtype=np.int32)) - 1
        table: dict[bytes, int] = {}
        entries = [table.setdefault(one, len(table)) for one in found if one[0]]
        return Notes(
            holders=holders,
            counts=counts.astype(np.int32).tobytes(),
            entries=np.array(entries, dtype=np.int32).tobytes(),
            held=b"".join([one[-size:] for one in table]),
            called=b"\0".join([one[: -size - 1] for one in table]),
            commits=self._commits,
        )


class _Graph:
    """Commits by position, parents before children."""

    def __init__(self, notes: Iterable[Notes]) -> None:
        rows = {row[0]: row for note in notes for row in note.commits}
        self.rows = list(rows.values())
        index = {name: i for i, name in enumerate(rows)}
        self.index = index
        self.parents = [[index[p] for p in row[2] if p in index] for row in self.rows]
        self.order = _parents_first(self.parents)


def _parents_first(parents: list[list[int]]) -> list[int]:
    children: list[list[int]] = [[] for _ in parents]
    waiting = [len(ups) for ups in parents]
    for child, ups in enumerate(parents):
        for parent in ups:
            children[parent].append(child)
    ready = [i for i, count in enumerate(waiting) if not count]
    for node in ready:
        for child in children[node]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return ready


def attribute(
    wanted: Iterable[bytes],
    notes: list[Notes],
    refs: Mapping[str, str],
    peel: Callable[[str], Sequence[str]],
    hash_size: int,
) -> dict[bytes, Story]:
    """Follow the notes from each wanted object up to the commits and refs that have it.

    Args:
        wanted: Binary names of blobs, trees, commits or tags.
        notes: Notes on all trees and commits.
        refs: Ref -> hex name.
        peel: Follows a hex name that is no commit: a tag, to what it names, and so on.
        hash_size: Bytes of a name.

    Returns:
        A story per wanted object; an empty one where nothing holds it.
    """
    targets = sorted(set(wanted))
    bits = {name: 1 << i for i, name in enumerate(targets)}
    graph = _Graph(notes)
    holders = _Holders(targets, notes, hash_size)
    masks = holders.masks()
    has = [masks.get(row[1], 0) | bits.get(row[0], 0) for row in graph.rows]
    first, last = _ends(graph, has, targets)
    reach = list(has)
    for node in graph.order:
        for parent in graph.parents[node]:
            reach[node] |= reach[parent]
    reached = _refs_by_target(refs, peel, graph, reach, targets, bits)
    head = graph.index.get(bytes.fromhex(refs.get("HEAD", "")), -1)
    in_head = has[head] if head >= 0 else 0
    paths = holders.paths({row[1] for row in graph.rows})
    return {
        name: Story(
            introduced=first.get(i, ""),
            last=last.get(i, ""),
            paths=paths[i],
            refs=tuple(reached[i]),
            in_head=bool(in_head >> i & 1),
        )
        for i, name in enumerate(targets)
    }


class _Holders:
    """The trees above the targets: who holds them, who holds those, up to the roots.

    Everything is a node: first the targets, then the trees that were noted. A tree that is itself
    a target is two nodes, and the first is held by whatever holds the second.
    """

    def __init__(self, targets: list[bytes], notes: list[Notes], size: int) -> None:
        self._size = size
        self._targets = targets
        noted = [note for note in notes if note.holders]
        self._trees = b"".join(note.holders for note in noted)
        counts = np.frombuffer(b"".join(note.counts for note in noted), dtype=np.int32)
        held = b"".join(note.held for note in noted)
        holder = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        entry = _entries(noted, size)
        as_tree = _find(held, self._trees, size)
        as_target = _find(held, b"".join(targets), size)
        # Climb: a tree is above the targets if it holds one, or a tree that is.
        above = np.zeros(len(counts) + 1, dtype=bool)
        above[holder[(as_target >= 0)[entry]]] = True
        known = -1
        while known != (known := int(above.sum())):
            above[holder[(above[as_tree] & (as_tree >= 0))[entry]]] = True
        words = [w for note in noted if note.held for w in note.called.split(b"\0")]
        self.ups: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
        base = len(targets)
        for kind, shift in ((as_target, 0), (as_tree, base)):
            matters = (kind >= 0) & (above[kind] if shift else True)
            edges = np.nonzero(matters[entry])[0]
            rows = entry[edges]
            nodes, ups = (kind[rows] + shift).tolist(), (holder[edges] + base).tolist()
            for node, up, row in zip(nodes, ups, rows.tolist(), strict=True):
                self.ups[node].append((up, words[row]))
        self._order = self._bottom_up()

    def _bottom_up(self) -> list[int]:
        """Return the nodes, each after all that it holds."""
        below: dict[int, int] = defaultdict(int)
        for ups in self.ups.values():
            for up, _ in ups:
                below[up] += 1
        order = [node for node in self.ups if node not in below]
        for node in order:
            for up, _ in self.ups.get(node, ()):
                below[up] -= 1
                if not below[up]:
                    order.append(up)
        return order

    def _name(self, node: int) -> bytes:
        base = len(self._targets)
        if node < base:
            return self._targets[node]
        at = (node - base) * self._size
        return self._trees[at : at + self._size]

    def masks(self) -> dict[bytes, int]:
        """Return, per tree, the set of targets in or below it, as bits."""
        sets: dict[int, int] = defaultdict(int)
        for node in range(len(self._targets)):
            sets[node] = 1 << node
        for node in self._order:
            own = sets[node]
            for up, _ in self.ups.get(node, ()):
                sets[up] |= own
        masks: dict[bytes, int] = defaultdict(int)
        for node, own in sets.items():
            masks[self._name(node)] |= own
        return masks

    def paths(self, roots: set[bytes]) -> list[tuple[str, ...]]:
        """Return the paths of each target, at most 50 each, sorted.

        Args:
            roots: Names of the trees that commits have.
        """
        known: dict[int, frozenset[str]] = {}
        top = frozenset(("",))
        none: frozenset[str] = frozenset()
        for node in reversed(self._order):
            steps = {(word, known.get(up, none)) for up, word in self.ups.get(node, ())}
            found = set(top) if node >= len(self._targets) and self._name(node) in roots else set()
            for word, folders in steps:
                if len(found) > _PATHS_MAX:
                    break
                own = word.decode("utf-8", "backslashreplace")
                found |= {f"{folder[-_PATH_MAX:]}/{own}" if folder else own for folder in folders}
            known[node] = top if found == top else frozenset(found)
        return [
            tuple(sorted(path for path in known.get(node, none) if path))[:_PATHS_MAX]
            for node in range(len(self._targets))
        ]


def _entries(notes: list[Notes], size: int) -> NDArray[np.int32]:
    """Bring the entries of all notes over one table: int32 [edges]."""
    parts = [np.empty(0, dtype=np.int32)]
    start = 0
    for note in notes:
        parts.append(np.frombuffer(note.entries, dtype=np.int32) + np.int32(start))
        start += len(note.held) // size
    return np.concatenate(parts)


def _find(names: bytes, among: bytes, size: int) -> NDArray[np.int64]:
    """Return, for each name, its position in another list of names, or -1: int64 [n].

    Names are compared by their first eight bytes, and then whole.
    """
    heads, others = _heads(names, size), _heads(among, size)
    if not len(others) or not len(heads):
        return np.full(len(heads), -1, dtype=np.int64)
    order = np.argsort(others, kind="stable")
    at = np.minimum(np.searchsorted(others[order], heads), len(others) - 1)
    found = order[at]
    rows = np.frombuffer(names, dtype=np.uint8).reshape(-1, size)
    targets = np.frombuffer(among, dtype=np.uint8).reshape(-1, size)
    maybe = np.nonzero(others[found] == heads)[0]
    same = (rows[maybe] == targets[found[maybe]]).all(axis=1)
    out = np.full(len(heads), -1, dtype=np.int64)
    out[maybe[same]] = found[maybe[same]]
    return out


def _heads(names: bytes, size: int) -> NDArray[np.uint64]:
    """Return the first eight bytes of each name as a number: uint64 [n]."""
    rows = np.frombuffer(names, dtype=np.uint8).reshape(-1, size)
    return np.ascontiguousarray(rows[:, :8]).view(np.uint64).ravel()


def _ends(
    graph: _Graph, has: list[int], targets: list[bytes]
) -> tuple[dict[int, str], dict[int, str]]:
    """Return the oldest commit that brought each target, and the newest that has it."""
    first: dict[int, str] = {}
    last: dict[int, str] = {}
    by_time = sorted(range(len(has)), key=lambda i: graph.rows[i][3])
    for node in by_time:
        new = has[node]
        if new:
            for parent in graph.parents[node]:
                new &= ~has[parent]
            for bit in _bits(new):
                first.setdefault(bit, graph.rows[node][0].hex())
    open_bits = (1 << len(targets)) - 1
    for node in reversed(by_time):
        new = has[node] & open_bits
        if new:
            open_bits &= ~new
            for bit in _bits(new):
                last[bit] = graph.rows[node][0].hex()
    return first, last


def _bits(mask: int) -> Iterable[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _refs_by_target(
    refs: Mapping[str, str],
    peel: Callable[[str], Sequence[str]],
    graph: _Graph,
    reach: list[int],
    targets: list[bytes],
    bits: Mapping[bytes, int],
) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in targets]
    open_bits = (1 << len(targets)) - 1
    for ref in sorted(refs, key=_ref_order):
        mask = 0
        name = bytes.fromhex(refs[ref])
        chain = [name] if name in graph.index else [bytes.fromhex(n) for n in peel(refs[ref])]
        for name in chain:
            mask |= reach[graph.index[name]] if name in graph.index else bits.get(name, 0)
        for bit in _bits(mask & open_bits):
            found[bit].append(ref)
            if len(found[bit]) >= _REFS_MAX:
                open_bits &= ~(1 << bit)
    return found


def _ref_order(ref: str) -> tuple[int, str]:
    for rank, prefix in enumerate(("HEAD", "refs/heads/", "refs/tags/", "refs/remotes/")):
        if ref.startswith(prefix):
            return rank, ref
    return 9, ref
