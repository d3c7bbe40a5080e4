# SPDX-License-Identifier: Apache-2.0
"""Every rule of every registry, and the engine that looks for them.

Building the engine means importing all registries and compiling thousands of literals. Both are
done once and kept in the cache folder; a later start reads them back, and imports a registry only
when one of its anchors is found.
"""

import hashlib
import os
import stat
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, cast, overload

import msgspec

from stanch import __version__, discovery
from stanch.detect import Engine, Kept
from stanch.detect.anchor import Anchor
from stanch.detect.rule import Rule
from stanch.errors import UsageError
from stanch.registries import Registry

_PACKAGE: Final = "stanch.registries"
_KEEP: Final = 8
"""Compiled databases kept; the oldest go."""


def registries() -> tuple[Registry, ...]:
    """Return every registry, our own and third parties'."""
    return cast("tuple[Registry, ...]", discovery.plugins(_PACKAGE, "REGISTRY"))


def rules(names: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Return the rules of the named registries, or of all.

    Raises:
        UsageError: There is no registry of that name.
    """
    return tuple(rule for _, rule in _indexed(names))


def hosts() -> dict[str, str]:
    """Return every host that a registry claims, with that registry's name."""
    return {host: registry.name for registry in registries() for host in registry.hosts}


def engine(
    names: Sequence[str] = (),
    own: Sequence[Rule] = (),
    *,
    decode: bool = True,
    cache: Path | None = None,
) -> Engine:
    """Build the engine, from the cache where it is there.

    Args:
        names: Registries to look for; empty for all.
        own: Rules of the user's own.
        decode: Look inside encodings.
        cache: Folder for compiled databases; None builds afresh.

    Raises:
        UsageError: There is no registry of that name.
    """
    key = _key(names, own, decode=decode)
    path = None if cache is None else cache / f"engine-{key}"
    kept = _read(path) if path else None
    if kept is not None:
        before = Kept(kept.ids, _LazyAnchors(kept.anchors), kept.reach, kept.database)
        return Engine(_LazyRules(kept.places, own), kept.hosts, kept=before, key=key)
    known = _indexed(names)
    built = Engine((*(rule for _, rule in known), *own), hosts(), decode=decode, key=key)
    if path:
        places = [place for place, _ in known]
        ids = [str(rule.id) for rule in built.rules]
        anchors = msgspec.Raw(msgspec.msgpack.encode(list(built.anchors)))
        _write(path, _Kept(places, ids, anchors, built.reach, hosts(), built.serialized()))
    return built


class _Kept(msgspec.Struct, array_like=True):
    """What the cache holds.

    Attributes:
        places: Of each rule: its registry's plug-in name, and its position there.
        ids: Of each rule: its id.
        anchors: As in `Engine`, encoded.
        reach: As in `Engine`.
        hosts: Host -> registry.
        database: The compiled literals.
    """

    places: list[tuple[str, int]]
    ids: list[str]
    anchors: msgspec.Raw
    reach: int
    hosts: dict[str, str]
    database: bytes


class _LazyAnchors(Sequence[Anchor]):
    """The anchors, decoded when one of them is first hit."""

    def __init__(self, encoded: msgspec.Raw) -> None:
        self._encoded = encoded

    @cached_property
    def _all(self) -> list[Anchor]:
        return msgspec.msgpack.decode(self._encoded, type=list[Anchor])

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> Anchor: ...
    @overload
    def __getitem__(self, index: slice) -> list[Anchor]: ...
    def __getitem__(self, index: int | slice) -> Anchor | list[Anchor]:
        return self._all[index]


class _LazyRules(Sequence[Rule]):
    """The rules, each imported when it is first asked for."""

    def __init__(self, places: list[tuple[str, int]], own: Sequence[Rule]) -> None:
        self._places = places
        self._own = own
        self._known: dict[int, Rule] = {}

    def __len__(self) -> int:
        return len(self._places) + len(self._own)

    @overload
    def __getitem__(self, index: int) -> Rule: ...
    @overload
    def __getitem__(self, index: slice) -> list[Rule]: ...
    def __getitem__(self, index: int | slice) -> Rule | list[Rule]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index >= len(self._places):
            return self._own[index - len(self._places)]
        rule = self._known.get(index)
        if rule is None:
            plugin, position = self._places[index]
            registry = cast("Registry", discovery.plugin(_PACKAGE, "REGISTRY", plugin))
            rule = self._known[index] = _owned(registry, registry.rules[position])
        return rule


def _owned(registry: Registry, rule: Rule) -> Rule:
    return msgspec.structs.replace(rule, registry=registry.name)


def _indexed(names: Sequence[str]) -> list[tuple[tuple[str, int], Rule]]:
    """Return every rule with its plug-in's name and its position there."""
    found = []
    missing = {_hyphened(name) for name in names}
    wanted = frozenset(missing)
    for plugin in discovery.names(_PACKAGE):
        registry = cast("Registry", discovery.plugin(_PACKAGE, "REGISTRY", plugin))
        name = _hyphened(registry.name)
        missing.discard(name)
        if not names or name in wanted:
            for position, rule in enumerate(registry.rules):
                found.append(((plugin, position), _owned(registry, rule)))
    if missing:
        # To look for nothing and find nothing would pass for a clean scan.
        raise UsageError(f"no registry is called {min(missing)!r}")
    return found


def _hyphened(name: str) -> str:
    """Return a registry's name as reports tell it; its module has underscores."""
    return name.replace("_", "-")


def _key(names: Sequence[str], own: Sequence[Rule], *, decode: bool) -> str:
    """Hash everything that decides what is found, without importing any of it."""
    digest = hashlib.sha256()

    def add(*parts: object) -> None:
        digest.update(repr(parts).encode())

    add(__version__, sys.version_info[:2], sys.platform, sorted(map(_hyphened, names)), decode)
    add([msgspec.structs.asdict(rule) | {"sample": "", "find": "", "check": ""} for rule in own])
    here = Path(__file__).parent
    for folder in ("registries", "detect"):
        with os.scandir(here / folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    add(folder, entry.name, status.st_size, status.st_mtime_ns)
    for path in sys.path:
        # A folder's time changes when a package that may bring plug-ins is installed there.
        if path.endswith("-packages"):
            add(path, os.stat(path).st_mtime_ns if os.path.isdir(path) else 0)
    return digest.hexdigest()[:32]


def _read(path: Path) -> _Kept | None:
    try:
        status = path.stat()
        if hasattr(os, "getuid") and (
            status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        ):
            # Somebody else could have written it, and a database is trusted code.
            return None
        kept = msgspec.msgpack.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return None
    return kept


def _write(path: Path, kept: _Kept) -> None:
    """Store for a later start; a cache that cannot be written is no failure."""
    from stanch.disk.replace import replace

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(str(path), msgspec.msgpack.encode(kept), mode=0o600)
        old = sorted(path.parent.glob("engine-*"), key=lambda one: one.stat().st_mtime)
        for one in old[:-_KEEP]:
            one.unlink(missing_ok=True)
    except OSError:
        return
