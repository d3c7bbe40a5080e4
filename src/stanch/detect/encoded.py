# SPDX-License-Identifier: Apache-2.0
"""Credentials in other clothes: base64 at every alignment, hex, UTF-16, percent, JSON strings.

An encoded credential is found by an encoded anchor: `forms` writes a literal in every encoding, so
the one multi-pattern pass finds these too. `view` then decodes the run of encoded text around a
hit, once, and maps offsets back.
"""

import base64
import binascii
import bisect
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from stanch.detect.pattern import Pattern

MAX_RUN: Final = 1 << 20
"""Bytes of encoded text that are decoded around one hit."""

_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_HEX: Final = b"0123456789abcdefABCDEF"
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_RESERVED: Final = frozenset(b"!\"#$%&'()*+,/:;<=>?@[\\]^`{|} ")
"""What percent-encoding changes; it leaves letters, digits and `-._~` alone."""
_LEAD: Final = (0, 2, 3)
"""Characters of the first quad that the bytes before the anchor decide, by alignment."""


class Form(NamedTuple):
    """A literal, as an encoding writes it.

    Attributes:
        literal: The encoded bytes.
        name: `base64/0`, `base64/1`, `base64/2` (by alignment), `hex`, `utf-16` or `percent`.
        caseless: The encoding has letters of no fixed case.
    """

    literal: bytes
    name: str
    caseless: bool = False


class View(NamedTuple):
    """A decoded run.

    Attributes:
        encoding: Name for the decode chain.
        data: The decoded bytes.
        start: Where the run starts in the encoded bytes.
        end: Where it ends.
        offsets: Encoded offset of each part, with the decoded offset where it starts.
        scale: (encoded, decoded) bytes per unit inside a part.
    """

    encoding: str
    data: bytes
    start: int
    end: int
    offsets: tuple[tuple[int, int], ...]
    scale: tuple[int, int]

    def encoded_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the encoded `[start, end)` that covers the decoded one."""
        return self._encoded(start, up=False), self._encoded(end - 1, up=True)

    def decoded_offset(self, offset: int) -> int:
        """Return where the byte at the encoded `offset` stands in the decoded run.

        Every byte of an escape stands where what it writes begins.
        """
        part = bisect.bisect_right(self.offsets, offset, key=lambda pair: pair[1]) - 1
        decoded, encoded = self.offsets[max(part, 0)]
        wide, narrow = self.scale
        if 0 <= part < len(self.offsets) - 1:
            after, next_encoded = self.offsets[part + 1]
            if (after - decoded) * wide != (next_encoded - encoded) * narrow:
                return decoded
        return min(decoded + (offset - encoded) * narrow // wide, len(self.data))

    def _encoded(self, offset: int, *, up: bool) -> int:
        part = bisect.bisect_right(self.offsets, offset, key=lambda pair: pair[0]) - 1
        decoded, encoded = self.offsets[max(part, 0)]
        wide, narrow = self.scale
        within = (offset - decoded) + (1 if up else 0)
        units = -(-within * wide // narrow) if up else within * wide // narrow
        return min(encoded + units, self.end)


def forms(literal: bytes, depth: int = 3) -> Iterator[Form]:
    """Yield `literal` (4 bytes or more) as every encoding writes it.

    Args:
        literal: The plain anchor.
        depth: How often base64 may be applied to itself.
    """
    if len(literal) < 4:
        return
    yield Form(literal.hex().encode(), "hex", caseless=True)
    yield Form(b"\0".join(bytes((byte,)) for byte in literal), "utf-16")
    escaped = b"".join(
        b"%%%02X" % byte if byte in _RESERVED else bytes((byte,)) for byte in literal
    )
    if escaped != literal:
        yield Form(escaped, "percent", caseless=True)
    level = [literal]
    for _ in range(depth):
        found = [form for text in level for form in _base64_forms(text)]
        yield from found
        level = [form.literal for form in found]


def _base64_forms(literal: bytes) -> Iterator[Form]:
    for lead in range(3):
        text = base64.b64encode(bytes(lead) + literal + bytes(2))
        stable = text[_LEAD[lead] : (lead + len(literal)) * 8 // 6]
        if len(stable) >= 4:
            yield Form(stable, f"base64/{lead}")


def view(data: bytes, form: str, start: int, end: int) -> View | None:
    """Decode the encoded run around the anchor at `[start, end)`.

    Args:
        data: The bytes that hold it.
        form: The anchor's `Form.name`.
        start: Where the encoded anchor starts.
        end: Where it ends.

    Returns:
        The decoded run, or None if what stands there does not decode.
    """
    if form.startswith("base64"):
        return _base64_view(data, int(form[-1]), start, end)
    if form == "hex":
        return _hex_view(data, start, end)
    if form == "utf-16":
        return _utf16_view(data, start, end)
    return _percent_view(data, start, end)


def _run(data: bytes, start: int, end: int, alphabet: bytes) -> tuple[int, int]:
    """Widen `[start, end)` to the whole run of `alphabet` around it, within `MAX_RUN`."""
    step = 4096
    left = start
    while left > 0 and start - left < MAX_RUN // 2:
        low = max(0, left - step)
        rest = len(data[low:left].rstrip(alphabet))
        left = low + rest
        if rest:
            break
    right = end
    while right < len(data) and right - end < MAX_RUN:
        chunk = data[right : right + step]
        rest = len(chunk) - len(chunk.lstrip(alphabet))
        right += rest
        if rest < len(chunk):
            break
    return left, right


_WRAP_BACK: Final = Pattern(rb"(?:\r?\n|\\r\\n|\\n)[ \t]*$")
_WRAP: Final = Pattern(rb"(?:\r?\n|\\r\\n|\\n)[ \t]*(?=[A-Za-z0-9+/_-]{4})")
_MIN_LINE: Final = 40
"""A shorter line is a word, not a line of wrapped base64."""


def _base64_parts(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Return the lines of one base64 text around `[start, end)`, first to last."""
    left, right = _run(data, start, end, _BASE64)
    parts = deque([(left, right)])
    total = right - left
    while total < MAX_RUN and (wrap := _WRAP.match(data, parts[-1][1], parts[-1][1] + 256)):
        if parts[-1][1] - parts[-1][0] < _MIN_LINE:
            break
        part = _run(data, wrap.end(), wrap.end(), _BASE64)
        parts.append((wrap.end(), part[1]))
        total += part[1] - wrap.end()
    while total < MAX_RUN:
        window = max(0, parts[0][0] - 64)
        wrap = _WRAP_BACK.search(data[window : parts[0][0]])
        if wrap is None:
            break
        stop = window + wrap.start()
        part = _run(data, stop, stop, _BASE64)
        if stop - part[0] < _MIN_LINE:
            break
        parts.appendleft((part[0], stop))
        total += stop - part[0]
    return list(parts)


def _base64_view(data: bytes, lead: int, start: int, end: int) -> View | None:
    parts = _base64_parts(data, start, end)
    text = b"".join(data[a:b] for a, b in parts)
    before = 0
    for a, b in parts:
        if a <= start < b:
            before += start - a
            break
        before += b - a
    skip = (before - _LEAD[lead]) % 4
    text = text[skip:].translate(_STANDARD)
    text += b"=" * (-len(text) % 4) if len(text) % 4 != 1 else b""
    try:
        decoded = binascii.a2b_base64(text[: len(text) // 4 * 4])
    except binascii.Error:
        return None
    offsets = []
    position = -skip
    for a, b in parts:
        # NOTE: a part begins mid-quad unless its line length is a multiple of four.
        offsets.append((max(position, 0) * 3 // 4, a + max(-position, 0)))
        position += b - a
    return View("base64", decoded, parts[0][0], parts[-1][1], tuple(offsets), (4, 3))


def _hex_view(data: bytes, start: int, end: int) -> View | None:
    left, right = _run(data, start, end, _HEX)
    left += (start - left) % 2
    right -= (right - left) % 2
    decoded = binascii.unhexlify(data[left:right])
    return View("hex", decoded, left, right, ((0, left),), (2, 1))


_UTF16_RIGHT: Final = Pattern(rb"(?:[\x09\x0a\x0d\x20-\x7e]\0)*[\x09\x0a\x0d\x20-\x7e]?")
_UTF16_LEFT: Final = Pattern(rb"(?:\0[\x09\x0a\x0d\x20-\x7e])*")


def _utf16_view(data: bytes, start: int, end: int) -> View | None:
    match = _UTF16_RIGHT.match(data, start, min(len(data), start + MAX_RUN))
    right = match.end() if match else end
    low = max(0, start - MAX_RUN // 2)
    # The left side, read backwards: zero, character, zero, character.
    back = _UTF16_LEFT.match(data[low:start][::-1])
    left = start - (back.end() if back else 0)
    encoding = "utf-16-be" if _big_endian(data, left) else "utf-16-le"
    return View(encoding, data[left:right:2], left, right, ((0, left),), (2, 1))


def _big_endian(data: bytes, offset: int) -> bool:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data[:2] == b"\xfe\xff"
    return offset % 2 == 1


_URL_TEXT: Final = bytes(c for c in range(33, 127) if chr(c) not in "\"'`<>{}|\\^")
_PERCENT: Final = Pattern(rb"%([0-9A-Fa-f]{2})")


def _percent_view(data: bytes, start: int, end: int) -> View | None:
    left, right = _run(data, start, end, _URL_TEXT)
    out = bytearray()
    offsets = []
    at = left
    for escape in _PERCENT.finditer(data, left, right):
        if escape.start() > at:
            offsets.append((len(out), at))
            out += data[at : escape.start()]
        # The escape is a part of its own, so that every offset inside a part is one to one.
        offsets.append((len(out), escape.start()))
        out.append(int(escape[1], 16))
        at = escape.end()
    offsets.append((len(out), at))
    out += data[at:right]
    return View("percent", bytes(out), left, right, tuple(offsets), (1, 1))


_JSON_ESCAPE: Final = Pattern(rb'\\(?:(["\\/bfnrt])|u([0-9A-Fa-f]{4}))')
_JSON_CHARS: Final = {b'"': b'"', b"\\": b"\\", b"/": b"/", b"b": b"\b", b"f": b"\f"} | {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
}
_JSON_REACH: Final = 16384


def json_view(data: bytes, start: int, end: int) -> View | None:
    """Undo one layer of JSON (or C) string escapes on the line around `[start, end)`.

    Returns:
        The unescaped text, or None if that line has no escape within 16 KiB.
    """
    left = max(data.rfind(b"\n", 0, start) + 1, start - _JSON_REACH)
    newline = data.find(b"\n", end, end + _JSON_REACH)
    right = newline if newline >= 0 else min(len(data), end + _JSON_REACH)
    if data.find(b"\\", left, right) < 0:
        return None
    out = bytearray()
    offsets = []
    at = left
    for escape in _JSON_ESCAPE.finditer(data, left, right):
        offsets.append((len(out), at))
        out += data[at : escape.start()]
        offsets.append((len(out), escape.start()))
        plain, code = escape.groups()
        out += _JSON_CHARS[plain] if plain else chr(int(code, 16)).encode("utf-8", "replace")
        at = escape.end()
    offsets.append((len(out), at))
    out += data[at:right]
    return View("json-string", bytes(out), left, right, tuple(offsets), (1, 1))
