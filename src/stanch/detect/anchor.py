# SPDX-License-Identifier: Apache-2.0
"""The literals that rules are found by, each once, in every encoding."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from stanch.detect import encoded
from stanch.detect.rule import Grammar, Key, Rule, Shape

_STEM: Final = 10
"""Bytes of an anchor that are encoded: enough to start decoding, and names often share them."""


class Anchor(NamedTuple):
    """A literal in the database: who it may start, or the encoding it is written in.

    Attributes:
        literal: Its bytes.
        caseless: It matches in any case.
        rules: Positions of the rules it may start.
        form: The encoding it is written in (see `encoded.forms`), or "".
        expression: What is matched instead of a literal, which is then empty.
    """

    literal: bytes
    caseless: bool
    rules: tuple[int, ...]
    form: str
    expression: str = ""

    @property
    def width(self) -> int:
        """Bytes that a match of it has at most."""
        if self.expression:
            from re import _parser  # type: ignore[attr-defined]

            return int(_parser.parse(self.expression).getwidth()[1])
        return len(self.literal)


def collect(rules: Sequence[Rule], *, decode: bool) -> list[Anchor]:
    """Collect the literals of all rules, each once, in every form."""
    plain: dict[tuple[bytes, bool], list[int]] = {}
    written: dict[tuple[bytes, bool], str] = {}
    wide: dict[str, list[int]] = {}
    for position, rule in enumerate(rules):
        for literal, caseless in _literals(rule):
            plain.setdefault((literal, caseless), []).append(position)
        for expression in getattr(rule, "expressions", ()):
            wide.setdefault(expression, []).append(position)
        if decode and getattr(rule, "encoded", False):
            # A credential that has a shape is looked for however deep it is nested; names are
            # many and are not, unless the rule asks for it.
            depth = 3 if isinstance(rule, Shape) or getattr(rule, "nested", False) else 1
            for literal in _as_written(rule):
                for form in encoded.forms(literal[:_STEM], depth):
                    if form.name == "hex" and isinstance(rule, Key):
                        continue  # Thousands of names, and nobody dumps a configuration in hex.
                    written.setdefault((form.literal, form.caseless), form.name)
    anchors = [Anchor(text, case, tuple(who), "") for (text, case), who in plain.items()]
    anchors += [Anchor(text, case, (), name) for (text, case), name in written.items()]
    anchors += [
        Anchor(b"", caseless=False, rules=tuple(who), form="", expression=text)
        for text, who in wide.items()
    ]
    return anchors


def _literals(rule: Rule) -> Iterator[tuple[bytes, bool]]:
    if isinstance(rule, Key):
        for name in rule.names:
            for spelling in {name} if rule.exact else spellings(name):
                yield spelling.encode(), not rule.exact
    elif isinstance(rule, Shape | Grammar):
        for anchor in rule.anchors:
            literal = anchor.lower() if rule.caseless else anchor
            yield literal.encode(), rule.caseless


def _as_written(rule: Rule) -> set[bytes]:
    """Return the literals whose encoded forms are looked for: encodings keep the case."""
    if isinstance(rule, Key):
        cases = {(name, name.lower(), name.upper()) for name in rule.names}
        return {case.encode() for three in cases for case in three}
    anchors = rule.anchors if isinstance(rule, Shape | Grammar) else ()
    return {anchor.encode() for anchor in anchors}


def spellings(name: str) -> set[str]:
    """Return the ways in which `name` is written, in lower case."""
    words = [word for word in re.split(r"[_\-.]", name.lower()) if word]
    lead = name[0] if name[0] == "_" else ""
    return {lead + separator.join(words) for separator in ("_", "-", ".", "", " ")}
