# SPDX-License-Identifier: Apache-2.0
"""What a report tells beside the findings."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeVar, cast

from stanch import __version__
from stanch.cli import _environment
from stanch.cli._work import Work
from stanch.discovery import plugin
from stanch.registries import Registry
from stanch.reports import Screen, Summary
from stanch.scan import registries, rules

_Value = TypeVar("_Value")


def summarize(work: Work, screen: Screen | None, *, show_secrets: bool) -> Summary:
    """Return the summary of a scan; `finish` it when the scan has ended.

    Args:
        work: The scan.
        screen: The terminal that the report is drawn on.
        show_secrets: Tell each credential itself.
    """
    return Summary(
        version=__version__,
        coverage=work.scan.coverage,
        started=work.started,
        rules=_Lazy(work.scan.rule, lambda: [rule.id for rule in rules()]),
        remediation=_Lazy(lambda name: _registry(name).remediation, _names),
        registries=_Lazy(lambda name: _registry(name).title, _names),
        mask=lru_cache(maxsize=1 << 16)(work.scan.mask),
        show_secrets=show_secrets,
        root=_environment.here().as_posix(),
        screen=screen,
    )


class _Lazy(Mapping[str, _Value]):
    """What is known by a name, looked up when it is asked for: a clean scan asks for nothing.

    Args:
        load: Returns the value for a name, or raises LookupError.
        names: Returns all names.
    """

    def __init__(self, load: Callable[[str], _Value], names: Callable[[], Iterable[str]]) -> None:
        self._load = lru_cache(maxsize=None)(load)
        self._names = names

    def __getitem__(self, name: str) -> _Value:
        try:
            return self._load(name)
        except LookupError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(list(self._names()))


def _names() -> list[str]:
    return [registry.name for registry in registries()]


def _registry(name: str) -> Registry:
    with contextlib.suppress(LookupError):
        found = cast("Registry", plugin("stanch.registries", "REGISTRY", name.replace("-", "_")))
        if found.name == name:
            return found
    return {registry.name: registry for registry in registries()}[name]


def finish(summary: Summary, work: Work) -> None:
    """Fill in what is known only when the scan has ended."""
    summary.ended = work.ended
    summary.known = work.selection.known
    summary.stale = work.selection.stale()
    summary.expired = work.selection.expired()
