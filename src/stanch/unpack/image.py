# SPDX-License-Identifier: Apache-2.0
"""Name the place in a container image's configuration: `config`, `Env[3]`.

The configuration is recognised by its content, so it makes no difference whether it came out of an
OCI layout, a `docker save` archive or a registry's cache.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

_SIZE_MAX: Final = 4 << 20
_DEPTH_MAX: Final = 64
_TOKEN: Final = rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]'


class _Text(NamedTuple):
    """One string of a JSON document."""

    start: int
    end: int
    place: tuple[str, ...]


def place(data: bytes, offset: int) -> tuple[str, ...]:
    """Return where in an image configuration `offset` stands; empty where `data` is none.

    Args:
        data: A file that starts with `{`.
        offset: Offset of a match.
    """
    if len(data) > _SIZE_MAX:
        return ()
    for text in _texts(data):
        if text.start <= offset < text.end:
            return text.place
    return ()


@lru_cache(maxsize=2)
def _texts(data: bytes) -> tuple[_Text, ...]:
    """Return the strings of an image configuration with their places; none of another file."""
    if b'"rootfs"' not in data and b'"container_config"' not in data:
        return ()
    texts: list[_Text] = []
    path: list[str | int] = []
    closed = b""
    key: _Text | None = None
    for token in re.finditer(_TOKEN, data, re.DOTALL):
        sort = token[0][:1]
        if sort == b'"':
            closed = token[0]
            key = _Text(token.start(), token.end(), _named(path))
            texts.append(key)
        elif sort == b":" and path and key is not None:
            name = closed[1:-1].decode("utf-8", "backslashreplace")
            texts[-1] = key._replace(place=_named([*path[:-1], name]))
            path[-1] = name
        elif sort == b"{":
            path.append("")
        elif sort == b"[":
            path.append(0)
        elif sort == b"," and path:
            last = path[-1]
            path[-1] = last + 1 if isinstance(last, int) else ""
        elif sort in b"}]" and path:
            path.pop()
        if len(path) > _DEPTH_MAX:
            return ()
    return tuple(texts)


def _named(path: list[str | int]) -> tuple[str, ...]:
    """Write a path for people: `["config", "Env", 3]` is `("config", "Env[3]")`."""
    names: list[str] = []
    for part in path:
        if isinstance(part, int) and names:
            names[-1] += f"[{part}]"
        else:
            names.append(str(part))
    return tuple(names)
