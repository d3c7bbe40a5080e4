# SPDX-License-Identifier: Apache-2.0
"""One multi-pattern pass over the bytes, then proof of the few candidates.

`Engine.hits` is the hot path: it finds every anchor of every rule, in every encoding.
`Engine.resolve` turns hits into matches. It looks only at hits, and a hit is a literal of at most
`Engine.reach` bytes: that is what makes exact scanning of a delta's edits possible.
"""

import bisect
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from stanch.detect import assign, encoded, value
from stanch.detect.anchor import Anchor, collect
from stanch.detect.database import Database, Hit
from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Check, Grammar, Key, Rule, Shape
from stanch.model import CONFIDENCE_RANK, Confidence, Fact, Match, RuleId
from stanch.secret import Secret

MAX_DEPTH: Final = 3
"""Encodings inside encodings that are undone."""

_KEY_REACH: Final = (2048, 8192)
"""Bytes before and after a key's name that it may look at."""

_MEMO_MAX: Final = 8192

_BEFORE: Final = 300
"""Bytes before a credential in which one may start that runs into it."""

_PYC_MARK: Final = b"\r\n"
"""Third and fourth byte of every compiled Python module."""

_PROBE: Final = 120
"""Encoded bytes on either side of an encoded anchor that must decode to an anchor."""

_LEFT_ESCAPE: Final = Pattern(
    rb"(?:\\[nrtbfv0]|\\+u00[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}|&\w{2,5};"
    rb"|\x1b?\[[0-9;]{0,12}m)$"
)
_NAME_TAIL: Final = Pattern(rb"[A-Za-z0-9_.-]{0,24}")
_FREE_TAIL: Final = Pattern(rb"[A-Za-z0-9_.-]{0,100}")
_ABOUT: Final = Pattern(
    rb"[A-Za-z0-9_.-]*?(?:(?<=[a-z0-9])(?=[A-Z])|[_.-]|^)(?i:name|id|file|path|url|uri|host|type"
    rb"|expir\w*|ttl|days|scopes?|length|len|regex|pattern|prefix|version|arn|hash|sha\d*|count"
    rb"|status|help|description|label|title|format|header|page|docs?|location|age|email"
    rb"|user(?:name)?|commit|revision|rev|ref|branch|checksum|digest|ident|exception|error|provider|manager|handler|request|response|info)"
)
"""The rest of a name that tells of a credential but does not hold it: `NPM_TOKEN_FILE`."""
_TOKEN_NAME: Final = Pattern(rb"(?i)token|api[-_.]?key")
_TOKEN: Final = Pattern(rb"[A-Za-z0-9._~+/=:%@|!$\\\x80-\xff-]+")
"""What a token is written in: it is sent in a header, unlike a password (RFC 6750, 2.1)."""
_HOST: Final = Pattern(
    rb"(?:https?:)?//(?:[^\s/@\"']*@)?([A-Za-z0-9.-]+(?::\d+)?)[^\s\"']*[\"']?\]?[\s\S]{0,3}$"
)


class Kept(NamedTuple):
    """What an engine works out from its rules, kept for a later start.

    Attributes:
        ids: Ids of the rules, in order.
        anchors: As `Engine.anchors`; may be read only when one is asked for.
        reach: As `Engine.reach`.
        database: What `Engine.serialized` returned.
    """

    ids: Sequence[str]
    anchors: Sequence[Anchor]
    reach: int
    database: bytes


class Engine:
    """Find credentials in bytes.

    Args:
        rules: What to look for, each with its `registry` set.
        hosts: Host -> registry; a leading dot takes every subdomain.
        decode: Also look inside base64, hex, UTF-16 and percent-encoding.
        kept: What an earlier engine for the same arguments knew; None works it out.
        key: Hash of everything that decides what is found; "" works it out from the anchors.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        hosts: Mapping[str, str] | None = None,
        *,
        decode: bool = True,
        kept: Kept | None = None,
        key: str = "",
    ) -> None:
        self.rules = rules
        self._hosts = dict(hosts or {})
        if kept is None:
            self.anchors: Sequence[Anchor] = collect(rules, decode=decode)
            self.reach = max((anchor.width for anchor in self.anchors), default=1)
            ids: Iterable[str] = (rule.id for rule in rules)
        else:
            self.anchors, self.reach, ids = kept.anchors, kept.reach, kept.ids
        self._positions = {RuleId(name): i for i, name in enumerate(ids)}
        self._database = Database(self._patterns(), kept.database if kept else None)
        self._key = key
        self._memo: dict[tuple[int, int, int], tuple[Match, ...]] = {}
        self.hits = self._database.hits

    def _patterns(self) -> Iterator[tuple[bytes, bool]]:
        for anchor in self.anchors:
            escaped = b"".join(b"\\x%02x" % byte for byte in anchor.literal)
            yield anchor.expression.encode() or escaped, anchor.caseless

    @property
    def fresh(self) -> bool:
        """The database was compiled now: worth storing."""
        return self._database.fresh

    def serialized(self) -> bytes:
        """Return the compiled database, for a later start."""
        return self._database.dump()

    @property
    def key(self) -> str:
        """Hash of everything that decides what is found: a key for caches."""
        if not self._key:
            digest = hashlib.sha256()
            for anchor in self.anchors:
                digest.update(repr(anchor).encode())
            self._key = digest.hexdigest()[:32]
        return self._key

    def rule(self, name: RuleId) -> Rule:
        """Return the rule with this id."""
        return self.rules[self._positions[name]]

    def matches(self, data: bytes) -> list[Match]:
        """Return the credentials in `data`, in order of their spans, none overlapping."""
        hits = self.hits(data)
        return self.resolve(data, hits) if hits else []

    def resolve(self, data: bytes, hits: Iterable[Hit], depth: int = 0) -> list[Match]:
        """Turn anchor hits into matches.

        Args:
            data: The whole object that the hits are offsets into.
            hits: What `hits(data)` returned, in any order.
            depth: Encodings already undone.
        """
        found: dict[tuple[tuple[int, int], str], Match] = {}
        decoded: set[tuple[str, int, int]] = set()
        # NOTE: the longest name first: of equal matches, the most specific rule is kept.
        for number, end in sorted(hits, key=lambda hit: -len(self.anchors[hit[0]].literal)):
            anchor = self.anchors[number]
            start = end - len(anchor.literal)
            if anchor.form:
                matches = self._decoded(data, anchor.form, start, end, depth, decoded)
            else:
                matches = self._plain(data, anchor, start, end)
            for match in matches:
                old = found.get((match.span, match.rule))
                if old is None or _rank(match) > _rank(old):
                    found[match.span, match.rule] = match
        if not depth and data[2:4] == _PYC_MARK:
            found |= {(match.span, match.rule): match for match in self._constants(data)}
        return self._strongest(found.values())

    def _constants(self, data: bytes) -> Iterator[Match]:
        """Match a compiled module's constants under the names that they stand under."""
        from stanch.detect.pyc import as_text, is_pyc

        text, rows = as_text(data) if is_pyc(data) else (b"", [])
        starts = [row[0] for row in rows]
        for match in self.resolve(text, self.hits(text), depth=1):
            start, end = match.span
            at = bisect.bisect_right(starts, start) - 1
            if at < 0:
                continue
            row_start, file_start, length = rows[at]
            if end <= row_start + length:
                shift = file_start - row_start
                span = (start + shift, end + shift)
                chain = ("python-bytecode", *match.decoded)
                yield Match(match.rule, span, match.secret, match.confidence, match.facts, chain)

    def registry(self, rule: RuleId, host: str) -> str:
        """Return the registry a match of `rule` belongs to, given the host beside it."""
        return self.host_registry(host) or self.rule(rule).registry

    def host_registry(self, host: str) -> str:
        """Return the registry that claims `host`, or ""."""
        host = host.lower().partition(":")[0]
        if host in self._hosts:
            return self._hosts[host]
        parts = host.split(".")
        for start in range(len(parts)):
            claimed = self._hosts.get("." + ".".join(parts[start:]))
            if claimed:
                return claimed
        return ""

    def _plain(self, data: bytes, anchor: Anchor, start: int, end: int) -> Iterator[Match]:
        for position in anchor.rules:
            rule = self.rules[position]
            if isinstance(rule, Shape):
                match = _shape_match(rule, data, start)
                if match:
                    yield match
            else:
                yield from self._around(position, rule, data, start, end)

    def _around(
        self, position: int, rule: Rule, data: bytes, start: int, end: int
    ) -> Iterator[Match]:
        """Read the text around an anchor; the same text is read once.

        A file's history repeats the same lines hundreds of times, and so do lock files and logs.
        """
        before, after = rule.reach if isinstance(rule, Grammar) else _KEY_REACH
        low = max(0, start - before)
        window = data[low : end + after]
        start, end = start - low, end - low
        key = (position, start, hash(window))
        known = self._memo.get(key)
        if known is None:
            if isinstance(rule, Key):
                match = _key_match(rule, window, start, end)
                known = (match,) if match else ()
            else:
                assert isinstance(rule, Grammar)
                known = tuple(self._grammar_matches(rule, window, start, end))
            if len(self._memo) >= _MEMO_MAX:
                self._memo.clear()
            self._memo[key] = known
        for match in known:
            span = (match.span[0] + low, match.span[1] + low)
            yield Match(
                match.rule, span, match.secret, match.confidence, match.facts, match.decoded
            )

    def _decoded(
        self,
        data: bytes,
        form: str,
        start: int,
        end: int,
        depth: int,
        seen: set[tuple[str, int, int]],
    ) -> Iterator[Match]:
        if depth >= MAX_DEPTH:
            return
        if any(form == done and low <= start and end <= high for done, low, high in seen):
            return
        # Four letters of base64 turn up by chance in a long text: decode a little of it first.
        low = max(0, start - _PROBE)
        near = encoded.view(data[low : end + _PROBE], form, start - low, end - low)
        if near is None or not self.hits(near.data):
            return
        view = encoded.view(data, form, start, end)
        if view is None:
            return
        seen.add((form, view.start, view.end))
        for match in self.resolve(view.data, self.hits(view.data), depth + 1):
            yield Match(
                rule=match.rule,
                span=view.encoded_span(*match.span),
                secret=match.secret,
                confidence=match.confidence,
                facts=match.facts,
                decoded=(view.encoding, *match.decoded),
            )

    def _grammar_matches(self, rule: Grammar, data: bytes, start: int, end: int) -> Iterator[Match]:
        empty = True
        for capture in rule.find(data, start, end):
            match = self._captured(rule, data, capture)
            empty = False
            if match:
                yield match
        if not empty:
            return
        # NOTE: an expression's hit has no literal to look for in the unescaped text.
        view = encoded.json_view(data, start, end) if start < end else None
        if view is None:
            return
        inside = view.decoded_offset(start), view.decoded_offset(end)
        plain = encoded.json_view(data[start:end], 0, end - start)
        # NOTE: `\twine` holds no `twine` but a tab and `wine`.
        if view.data[slice(*inside)] != (plain.data if plain else data[start:end]):
            return
        for capture in rule.find(view.data, *inside):
            match = self._captured(rule, view.data, capture)
            if match:
                span = view.encoded_span(*match.span)
                chain = (view.encoding, *match.decoded)
                yield Match(match.rule, span, match.secret, match.confidence, match.facts, chain)

    def _captured(self, rule: Grammar, data: bytes, capture: Capture) -> Match | None:
        if rule.only_known_hosts and not capture.known and not self.host_registry(capture.host):
            return None
        start, end = capture.span
        raw = capture.value if capture.value is not None else data[start:end]
        sort = value.sort(raw, quoted=True)
        if sort is value.Sort.REFERENCE or (sort is value.Sort.OTHER and len(raw) < 3):
            return None
        facts: dict[str, Fact] = dict(capture.facts)
        if capture.host:
            facts["host"] = capture.host
        if capture.user:
            facts["user"] = capture.user
        confidence, facts = _prove(rule.check, raw, facts, Confidence.CONTEXT)
        if sort is value.Sort.PLACEHOLDER and confidence is not Confidence.VERIFIED:
            confidence = Confidence.PLACEHOLDER
        return Match(RuleId(rule.id), capture.span, Secret(raw), confidence, facts, capture.decoded)

    def _strongest(self, matches: Iterable[Match]) -> list[Match]:
        """Keep, of overlapping matches, the one that tells most."""

        def worth(match: Match) -> tuple[int, int, int]:
            rule = self.rule(match.rule)
            kind = 2 if isinstance(rule, Shape) else 1 if isinstance(rule, Grammar) else 0
            return (_rank(match), kind, match.span[1] - match.span[0])

        kept: list[Match] = []
        ends: list[int] = []
        for match in sorted(matches, key=worth, reverse=True):
            start, end = match.span
            at = bisect.bisect_right(ends, start)
            if at == len(kept) or kept[at].span[0] >= end:
                kept.insert(at, match)
                ends.insert(at, end)
        return kept


def _rank(match: Match) -> int:
    return CONFIDENCE_RANK[match.confidence]


@lru_cache(maxsize=4096)
def _compiled(pattern: str, flags: int = 0) -> re.Pattern[bytes]:
    return re.compile(pattern.encode(), flags)


def _bounded(data: bytes, start: int, left: str) -> bool:
    """Tell whether a credential may start at `start`: no word runs into it from the left."""
    if start == 0 or not left or not _compiled(f"[{left}]").match(data, start - 1):
        return True
    return _LEFT_ESCAPE.search(data[max(0, start - 16) : start]) is not None


def _near(needs: str, data: bytes, start: int, end: int, reach: int) -> bool:
    window = data[max(0, start - reach) : end + reach]
    return _compiled(needs, re.IGNORECASE).search(window) is not None


def _prove(
    check: Check | None, raw: bytes, facts: dict[str, Fact], unproved: Confidence
) -> tuple[Confidence, dict[str, Fact]]:
    if check is None:
        return unproved, facts
    proof = check(raw)
    return (Confidence.VERIFIED if proof.valid else unproved), facts | dict(proof.facts)


def _shape_at(rule: Shape, data: bytes, start: int) -> re.Match[bytes] | None:
    """Match a shape where it may start and end; a proof speaks louder than what runs into it."""
    bounded = _bounded(data, start, rule.left) or _follows(rule, data, start)
    found = _compiled(f"(?:{rule.pattern}){_right(rule)}").match(data, start) if bounded else None
    if found is None and rule.check and rule.summed:
        found = _compiled(rule.pattern).match(data, start)
        if found and not rule.check(found.group()).valid:
            return None
    return found


def _right(rule: Shape) -> str:
    """Return what must follow a credential: no word, or the start of the next credential."""
    if not rule.right:
        return ""
    next_one = "|".join(map(re.escape, rule.anchors)) if not rule.offset else ""
    return f"(?:(?![{rule.right}])|(?={next_one}))" if next_one else f"(?![{rule.right}])"


def _follows(rule: Shape, data: bytes, start: int) -> bool:
    """Tell whether another credential of the same shape ends at `start`."""
    if rule.offset:
        return False
    before = max(data.rfind(one.encode(), max(0, start - _BEFORE), start) for one in rule.anchors)
    return before >= 0 and _compiled(rule.pattern).fullmatch(data, before, start) is not None


def _shape_match(rule: Shape, data: bytes, anchor: int) -> Match | None:
    start = anchor - rule.offset
    found = _shape_at(rule, data, start) if start >= 0 else None
    if found is None:
        return None
    raw = found.group()
    if rule.measure and (size := rule.measure(raw)):
        raw = raw[:size]
    confidence, facts = _prove(rule.check, raw, {}, Confidence.FORMAT)
    if confidence is not Confidence.VERIFIED:
        body = raw[rule.offset + 4 :] if len(raw) > 12 else raw
        if value.is_placeholder(body) or value.is_placeholder(raw):
            confidence = Confidence.PLACEHOLDER
        elif rule.entropy and value.entropy(raw) < rule.entropy:
            return None
        # What a placeholder itself lacks (`reach` is 0) says nothing; what stands around it does.
        told = rule.reach or confidence is not Confidence.PLACEHOLDER
        if rule.needs and told and not _near(rule.needs, data, start, found.end(), rule.reach):
            return None
    span = (start, start + len(raw))
    return Match(RuleId(rule.id), span, Secret(raw), confidence, facts)


def _is_prose(data: bytes, start: int, end: int, begin: int) -> bool:
    """Tell whether words merely follow each other: "the npm token c0ffee..."."""
    return b" " in data[start:end] and not data[end:begin].strip(b" \t`'\"*")


def _key_match(rule: Key, data: bytes, start: int, end: int) -> Match | None:
    if (rule.whole or rule.exact) and not _bounded(data, start, "A-Za-z0-9_"):
        return None
    tail = (_FREE_TAIL if rule.tail else _NAME_TAIL).match(data, end)
    if rule.tail and not (tail and _compiled(rule.tail, re.IGNORECASE).fullmatch(tail.group())):
        return None
    if not rule.whole and tail:
        if _ABOUT.fullmatch(tail.group()):
            return None
        end = tail.end()
    elif tail and tail.end() > end and data[end : end + 1] not in (b".", b"-"):
        return None
    if rule.needs and not _near(rule.needs, data, start, end, rule.reach):
        return None
    assigned = assign.value_after(data, end)
    if assigned is None or _is_prose(data, start, end, assigned.start):
        return None
    raw = data[assigned.start : assigned.end]
    span = (assigned.start, assigned.end)
    if rule.value:
        found = _compiled(rule.value).fullmatch(raw)
        if found is None:
            return None
    sort = value.sort(raw, quoted=assigned.quoted)
    facts: dict[str, Fact] = {}
    host = _HOST.search(data[max(data.rfind(b"\n", 0, start), start - 300, 0) : start])
    if host:
        facts["host"] = host[1].decode("latin-1")
    if sort is value.Sort.REFERENCE or (sort is value.Sort.OTHER and not rule.value):
        return None
    free = sort is value.Sort.SECRET and not rule.value
    if free and _TOKEN_NAME.search(data, start, end) and not _TOKEN.fullmatch(raw):
        return None
    confidence, facts = _prove(rule.check, raw, facts, Confidence.CONTEXT)
    if sort is value.Sort.PLACEHOLDER and confidence is not Confidence.VERIFIED:
        confidence = Confidence.PLACEHOLDER
    return Match(RuleId(rule.id), span, Secret(raw), confidence, facts)
