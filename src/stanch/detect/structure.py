# SPDX-License-Identifier: Apache-2.0
"""Walk nested settings, however they are written.

One walker serves JSON, JSON inside JSON strings (escaped any number of times), Python and PHP
literals, HCL and flow YAML; another serves block YAML. Neither needs the rest of the document to
be well-formed, so a file cut in half, a heredoc or a log line still yields what it holds.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

_MAX_DEPTH: Final = 16
_SPACES: Final = rb"(?:\s|\\+[nrt])*"

_TOKEN: Final = rb"""(?x)
    (?P<quote>\\*["'])(?P<text>[^\n]{0,16384}?)(?<!\\)(?P=quote)
  | (?P<mark>=>|[{}\[\]:=,])
  | (?P<bare>[^\s{}\[\],:="'\\]+)
"""
_SKIP: Final = rb"(?:\s|\\+[nrt/](?![\"']))+"

_YAML_LINE: Final = rb"""(?x)
    (?P<indent>[ \t]*) (?:-[ ]+)?
    (?P<kq>["']?)(?P<key>[^\s"'\#][^"'\n]{0,300}?)(?P=kq)[ \t]*:
    (?: [ \t]+ (?P<vq>["']?)(?P<value>[^\n]{0,16384}?)(?P=vq) )?
    [ \t]* (?:[ ]\#[^\n]*)? \r?(?:\n|\Z)
"""


class Leaf(NamedTuple):
    """One text value in a nested setting.

    Attributes:
        path: Keys that lead to it, outermost first; "" for the items of a list.
        start: Offset of its first byte.
        end: Offset past its last byte.
    """

    path: tuple[bytes, ...]
    start: int
    end: int


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def leaves(data: bytes, start: int, limit: int) -> Iterator[Leaf]:
    """Yield the text values of the setting whose key ends at `start`.

    Args:
        data: The text.
        start: Offset past the key, which may still need its closing quote and its `:` or `=`.
        limit: Offset where to stop reading.
    """
    opened = _compiled(rb"\\*[\"']?" + _SPACES + rb"(?:=>|:|=)?" + _SPACES + rb"\{").match(
        data, start, limit
    )
    if opened:
        yield from _braced(data, opened.end(), limit)
        return
    block = _compiled(rb"[\"']?:[ \t]*(?:#[^\n]*)?\r?\n").match(data, start, limit)
    if block:
        yield from _indented(data, start, block.end(), limit)


def _braced(data: bytes, at: int, limit: int) -> Iterator[Leaf]:
    path: list[bytes] = []
    in_list = [False]
    key = word = b""
    assigned = False
    while at < limit:
        skipped = _compiled(_SKIP).match(data, at, limit)
        if skipped:
            at = skipped.end()
            continue
        token = _compiled(_TOKEN).match(data, at, limit)
        if token is None:
            return
        at = token.end()
        mark = token["mark"]
        if mark is None:
            name = "text" if token["text"] is not None else "bare"
            word = token[name]
            if token["text"] is not None and (assigned or in_list[-1]):
                yield Leaf((*path, key if assigned else b""), *token.span(name))
                assigned = False
        elif mark in b"{[":
            if len(path) >= _MAX_DEPTH:
                return
            path.append(key if assigned else b"")
            in_list.append(mark == b"[")
            assigned = False
        elif mark in b"}]":
            if not path:
                return
            path.pop()
            in_list.pop()
            assigned = False
        elif mark == b",":
            assigned = False
        else:
            key, assigned = word, True


def _indented(data: bytes, name_end: int, at: int, limit: int) -> Iterator[Leaf]:
    line = data[data.rfind(b"\n", 0, name_end) + 1 : name_end]
    base = len(line) - len(line.lstrip(b" \t"))
    above: list[tuple[int, bytes]] = []
    while at < limit:
        match = _compiled(_YAML_LINE).match(data, at, limit)
        if match is None:
            return
        at = match.end()
        indent = len(match["indent"])
        if indent <= base:
            return
        while above and above[-1][0] >= indent:
            above.pop()
        if match["value"]:
            yield Leaf((*(key for _, key in above), match["key"]), *match.span("value"))
        elif len(above) >= _MAX_DEPTH:
            return
        else:
            above.append((indent, match["key"]))
