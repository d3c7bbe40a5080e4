# SPDX-License-Identifier: Apache-2.0
"""Read single objects by name: loose, packed, or in an alternate. Imports nothing heavy."""

import mmap
import os
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Final

from stanch.errors import CorruptInputError, InputError, LimitExceededError
from stanch.gitdb.kinds import OFS_DELTA, REF_DELTA, TYPE_NAMES
from stanch.gitdb.reading import is_folder, is_regular, map_regular, read_regular
from stanch.gitdb.repository import Repository

_TYPES: Final = {name.encode(): kind for kind, name in TYPE_NAMES.items()}
MAX_OBJECT: Final = 512 << 20
_CACHED_MAX: Final = 32 << 20
_CHAIN_MAX: Final = 100_000
_ELSEWHERE_MAX: Final = 50
"""Objects of other packs that one object may be made from."""
_DIGITS_MAX: Final = 20

Object = tuple[int, bytes]
"""(type as in a pack: 1 commit, 2 tree, 3 blob, 4 tag; bytes)."""


class Reader:
    """Objects of one repository, by binary name.

    Args:
        repository: Where they are.
    """

    def __init__(self, repository: Repository) -> None:
        self._hash_size = repository.hash_size
        self._dirs = repository.object_dirs()
        self._packs: list[_Indexed] | None = None
        self._cache: OrderedDict[tuple[int, int], Object] = OrderedDict()
        self._cached = 0
        self._elsewhere = 0
        self._broken: set[tuple[int, int]] = set()

    def read(self, name: bytes) -> Object | None:
        """Return an object, or None if the repository does not have it.

        Raises:
            InputError: It is there, and every copy of it is damaged.
        """
        self._elsewhere = 0
        return self._read(name)

    def _read(self, name: bytes) -> Object | None:
        damage: InputError | None = None
        for folder in self._dirs:
            path = folder / name[:1].hex() / name[1:].hex()
            if is_regular(path):
                try:
                    return read_loose(path)
                except InputError as error:
                    damage = error
        for number, pack in enumerate(self._opened()):
            offset = pack.find(name)
            if offset is not None:
                try:
                    return self._packed(number, pack, offset)
                except InputError as error:
                    damage = error
        if damage:
            raise damage
        return None

    def expand(self, prefix: str) -> list[bytes]:
        """Return the names that start with the hex digits of `prefix`."""
        found: set[bytes] = set()
        for folder in self._dirs:
            loose = folder / prefix[:2]
            if is_folder(loose):
                names = [prefix[:2] + entry for entry in os.listdir(loose)]
                found.update(bytes.fromhex(n) for n in names if n.startswith(prefix) and _hex(n))
        for pack in self._opened():
            found.update(pack.expand(prefix))
        return sorted(found)

    def _opened(self) -> "list[_Indexed]":
        if self._packs is None:
            self._packs = []
            for folder in self._dirs:
                if not is_folder(folder / "pack"):
                    continue
                for index in sorted((folder / "pack").glob("*.idx")):
                    try:
                        self._packs.append(_Indexed(index, self._hash_size))
                    except (InputError, OSError, ValueError):
                        continue
        return self._packs

    def _packed(self, number: int, pack: "_Indexed", offset: int) -> Object:
        passed: dict[int, None] = {}
        try:
            return self._chained(number, pack, offset, passed)
        except InputError:
            # What is made from any of these fails sooner.
            self._broken.update((number, one) for one in passed)
            raise

    def _chained(
        self, number: int, pack: "_Indexed", offset: int, passed: dict[int, None]
    ) -> Object:
        chain: list[bytes] = []
        while True:
            if offset in passed or (number, offset) in self._broken:
                raise CorruptInputError("it is made from something damaged, or from itself")
            passed[offset] = None
            known = self._cache.get((number, offset))
            if known is not None:
                kind, data = known
                break
            kind, base, data = pack.entry(offset)
            if base is None:
                self._remember((number, offset), (kind, data))
                break
            chain.append(data)
            if len(chain) > _CHAIN_MAX:
                raise LimitExceededError("a delta chain is too long")
            if isinstance(base, bytes):
                found = pack.find(base)
                if found is None:
                    # Damaged packs may send a chain back and forth between them.
                    self._elsewhere += 1
                    whole = self._read(base) if self._elsewhere < _ELSEWHERE_MAX else None
                    if whole is None:
                        raise CorruptInputError("the base of a delta is missing")
                    kind, data = whole
                    break
                offset = found
            else:
                offset = base
        return kind, _rebuild(data, chain)

    def _remember(self, key: tuple[int, int], value: Object) -> None:
        self._cache[key] = value
        self._cached += len(value[1])
        while self._cached > _CACHED_MAX and self._cache:
            self._cached -= len(self._cache.popitem(last=False)[1][1])


def _rebuild(data: bytes, chain: list[bytes]) -> bytes:
    if not chain:
        return data
    from stanch.gitdb.apply import apply

    for delta in reversed(chain):
        data = apply(data, delta)
    return data


def read_loose(path: Path) -> Object:
    """Read a loose object.

    Raises:
        CorruptInputError: It does not inflate, or its header is wrong.
        LimitExceededError: It is larger than `MAX_OBJECT`.
    """
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(read_regular(path, MAX_OBJECT), MAX_OBJECT)
    except zlib.error as error:
        raise CorruptInputError(f"{path.parent.name}{path.name}: loose object damaged") from error
    head, _, body = data.partition(b"\0")
    kind, _, size = head.partition(b" ")
    if kind not in _TYPES or not size.isdigit() or len(size) > _DIGITS_MAX:
        raise CorruptInputError(f"{path.parent.name}{path.name}: not a loose object")
    if int(size) > MAX_OBJECT - 64:
        raise LimitExceededError(f"object of {int(size)} bytes is larger than the limit")
    if len(body) != int(size):
        raise CorruptInputError(f"{path.parent.name}{path.name}: loose object cut short")
    return _TYPES[kind], body


def _hex(text: str) -> bool:
    return len(text) % 2 == 0 and all(c in "0123456789abcdef" for c in text)


class _Indexed:
    """A pack and its index, mapped; one object costs a binary search."""

    def __init__(self, index: Path, hash_size: int) -> None:
        self._hash_size = hash_size
        self._index = map_regular(index)
        self._pack = map_regular(index.with_suffix(".pack"))
        # Version 1 has neither a magic nor tables: each row is an offset and a name.
        self._second = self._index[:8] == b"\xfftOc\0\0\0\2"
        start = 8 if self._second else 0
        self._fan = memoryview(self._index)[start : start + 1024]
        self._count = int.from_bytes(self._fan[1020:1024], "big")
        self._names = start + 1024 if self._second else 1028
        self._stride = hash_size if self._second else hash_size + 4
        self._offsets = 1032 + self._count * (hash_size + 4)
        self._far = self._offsets + 4 * self._count

    def _name(self, position: int) -> bytes:
        start = self._names + position * self._stride
        return self._index[start : start + self._hash_size]

    def _range(self, first: int) -> tuple[int, int]:
        low = int.from_bytes(self._fan[4 * first - 4 : 4 * first], "big") if first else 0
        return low, int.from_bytes(self._fan[4 * first : 4 * first + 4], "big")

    def _bisect(self, name: bytes) -> int:
        low, high = self._range(name[0])
        high = min(high, self._count)
        while low < high:
            middle = (low + high) // 2
            if self._name(middle) < name:
                low = middle + 1
            else:
                high = middle
        return low

    def find(self, name: bytes) -> int | None:
        """Return the pack offset of `name`, or None."""
        position = self._bisect(name)
        if position >= self._count or self._name(position) != name:
            return None
        start = self._offsets + 4 * position if self._second else 1024 + self._stride * position
        offset = int.from_bytes(self._index[start : start + 4], "big")
        if self._second and offset & 0x80000000:
            start = self._far + 8 * (offset & 0x7FFFFFFF)
            offset = int.from_bytes(self._index[start : start + 8], "big")
        return offset

    def expand(self, prefix: str) -> list[bytes]:
        """Return the names that start with the hex digits of `prefix`, at most 2 of them."""
        low = bytes.fromhex(prefix.ljust(2 * self._hash_size, "0"))
        found: list[bytes] = []
        position = self._bisect(low)
        while position < self._count and len(found) < 2:
            name = self._name(position)
            if not name.hex().startswith(prefix):
                break
            found.append(name)
            position += 1
        return found

    def entry(self, offset: int) -> tuple[int, int | bytes | None, bytes]:
        """Return (type, base offset or name or None, inflated data) of the entry at `offset`."""
        data, at = self._pack, offset
        try:
            byte = data[at]
            kind, size, shift = byte >> 4 & 7, byte & 15, 4
            while byte & 0x80 and shift < 64:
                at += 1
                byte = data[at]
                size |= (byte & 0x7F) << shift
                shift += 7
            at += 1
            base: int | bytes | None = None
            if kind == OFS_DELTA:
                byte = data[at]
                back = byte & 0x7F
                while byte & 0x80 and not back >> 63:
                    at += 1
                    byte = data[at]
                    back = (back + 1) << 7 | (byte & 0x7F)
                at += 1
                if not 0 < back <= offset:
                    raise CorruptInputError("a delta points outside its pack")
                base = offset - back
            elif kind == REF_DELTA:
                base = data[at : at + self._hash_size]
                at += self._hash_size
        except IndexError:
            raise CorruptInputError("a pack entry ends inside its header") from None
        if size > MAX_OBJECT:
            raise LimitExceededError(f"object of {size} bytes is larger than the limit")
        return kind, base, _inflate(data, at, size)


def _inflate(data: mmap.mmap, at: int, size: int) -> bytes:
    stream = zlib.decompressobj()
    out = b""
    step = size + (size >> 3) + 64
    try:
        # One byte more than announced is asked for, so that the stream has to come to its end.
        while len(out) <= size and at < len(data) and not stream.eof:
            out += stream.decompress(data[at : at + step], size + 1 - len(out))
            at += step
    except zlib.error as error:
        raise CorruptInputError("the data does not inflate") from error
    if len(out) != size or not stream.eof:
        raise CorruptInputError("the data inflates to another size than announced")
    return out
