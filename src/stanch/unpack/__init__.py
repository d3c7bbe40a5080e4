# SPDX-License-Identifier: Apache-2.0
"""Open archives in memory: bounded, nothing extracted to disk, no link followed.

A format is one file here that ends with `FORMAT`, and one line of `_HEADS`: it is imported only
when something of its kind turns up.
"""

import importlib
import time
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from stanch.errors import InputError
from stanch.model import Skipped
from stanch.unpack.budget import Budget, Limits
from stanch.unpack.format import Entry, Format

__all__ = ["Limits", "Member", "archive_kind", "is_archive", "members"]

_HEADS: Final = (
    (b"PK\x03\x04", "zip", "zip"),
    (b"PK\x05\x06", "zip", "zip"),
    (b"\x1f\x8b\x08", "gzip", "compressed"),
    (b"\xfd7zXZ\0", "xz", "compressed"),
    (b"\x28\xb5\x2f\xfd", "zstd", "compressed"),
    (b"BZh", "bzip2", "compressed"),
    (b"!<arch>\n", "ar", "ar"),
    (b"7z\xbc\xaf\x27\x1c", "7z", "seven_zip"),
)
"""How a kind starts, its name, and the module that reads it."""

_STARTS: Final = tuple(head for head, _, _ in _HEADS)
_NAME_MOST: Final = 4096


class Member(msgspec.Struct, frozen=True):
    """One file in an archive.

    Attributes:
        path: Names from the outermost archive inwards, fit to be shown: control characters are
            escaped. The tar in a compressed tar has no name of its own.
        data: Its bytes, as far as they could be read.
    """

    path: tuple[str, ...]
    data: bytes


def is_archive(data: bytes) -> bool:
    """Tell, by a few byte comparisons and never by name, whether `members` can open `data`."""
    if data.startswith(_STARTS) or data[257:262] == b"ustar" or data[-22:-18] == b"PK\x05\x06":
        return _find(data) is not None
    return data[154:156] == b"\0 " and _find(data) is not None


def archive_kind(data: bytes) -> str:
    """Return `zip`, `tar`, `gzip`, `bzip2`, `xz`, `zstd`, `ar` or `7z`; "" for anything else."""
    found = _find(data)
    return found[0] if found else ""


def _find(data: bytes) -> tuple[str, Format] | None:
    for head, kind, module in _HEADS:
        if data.startswith(head):
            format_ = _load(module)
            return (kind, format_) if format_.magic(data) else None
    if data[257:262] == b"ustar" or data[154:156] == b"\0 ":
        format_ = _load("tar")
        if format_.magic(data):
            return "tar", format_
    if data[-22:-18] == b"PK\x05\x06":
        return "zip", _load("zip")
    return None


def _load(module: str) -> Format:
    found = importlib.import_module(f"stanch.unpack.{module}").FORMAT
    assert isinstance(found, Format)
    return found


def members(
    data: bytes,
    path: str,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Member | Skipped]:
    """Yield every file packed in `data`, those of archives in archives included.

    A nested archive that can be opened is not yielded itself, only what it holds; one that turns
    out to hold nothing readable is.

    Args:
        data: The outermost archive.
        path: Its name: it starts the path of each `Skipped`, with `!` before each member's name,
            and names what a compressed file holds.
        limits: Bounds on all of it together.
        clock: Monotonic seconds.

    Yields:
        Members as they are read, and what could not be read or would pass a bound. Hostile bytes
        raise nothing.
    """
    found = _find(data)
    if found is None:
        return
    budget = Budget(limits or Limits(), len(data), clock)
    yield from _Walk(path).container(data, found, (), budget, 1)


class _Walk:
    """A depth-first walk through one outermost archive.

    Args:
        path: What the outermost archive is called.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def container(
        self,
        data: bytes,
        found: tuple[str, Format],
        path: tuple[str, ...],
        budget: Budget,
        depth: int,
    ) -> Iterator[Member | Skipped]:
        """Read one container, and those in it."""
        own = path[-1] if path else self._path.rpartition("/")[2]
        empty = True
        try:
            for entry in found[1].entries(data, own, budget):
                empty = False
                if isinstance(entry, Skipped):
                    inner = (*path, display(entry.path)) if entry.path else path
                    yield self._skipped(inner, entry.reason)
                    continue
                inner = (*path, display(entry.name))
                yield from self._entry(entry, inner, budget, depth)
                if budget.exhausted:
                    if not path:
                        yield self._skipped(path, budget.exhausted)
                    return
        except InputError as error:
            if empty and path:
                yield Member(path, data)
            yield self._skipped(path, str(error))

    def _entry(
        self, entry: Entry, path: tuple[str, ...], budget: Budget, depth: int
    ) -> Iterator[Member | Skipped]:
        found = _find(entry.data)
        if found is None:
            yield Member(path, entry.data)
        elif depth >= budget.limits.depth:
            yield Member(path, entry.data)
            yield self._skipped(path, f"is nested more than {depth} deep")
        else:
            nested = budget.nested(len(entry.data))
            yield from self.container(entry.data, found, path, nested, depth + 1)

    def _skipped(self, path: tuple[str, ...], reason: str) -> Skipped:
        return Skipped("!".join((self._path, *path)), reason)


def display(name: bytes | str) -> str:
    """Return a name from an archive, fit for a terminal and never used as a path.

    Args:
        name: As the archive writes it.

    Returns:
        The name with everything unprintable escaped, cut at 4,096 characters.
    """
    text = name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
    text = text[:_NAME_MOST]
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
