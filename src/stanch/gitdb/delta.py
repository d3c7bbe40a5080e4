# SPDX-License-Identifier: Apache-2.0
"""What a delta changes, without applying it.

Source:
    https://git-scm.com/docs/gitformat-pack#_deltified_representation (read 2026-11-22)
"""

from stanch.errors import CorruptInputError

Windows = list[tuple[int, int]]
"""Half-open byte ranges of the rebuilt object, in order, none overlapping."""


def target_size(delta: bytes) -> tuple[int, int]:
    """Return the size of the object that `delta` makes, and where its instructions start.

    Raises:
        CorruptInputError: The delta ends inside its header.
    """
    try:
        at = 0
        while delta[at] & 0x80:
            at += 1
        at += 1
        size = shift = 0
        while True:
            byte = delta[at]
            at += 1
            size |= (byte & 0x7F) << shift
            if byte < 0x80:
                return size, at
            shift += 7
    except IndexError:
        raise CorruptInputError("a delta ends inside its header") from None


def edits(delta: bytes, at: int, size: int, reach: int) -> Windows | None:
    """Return every part of the rebuilt object that is not one copied run of its base.

    A literal of at most `reach` + 1 bytes that stands nowhere in the base can only stand in one of
    these windows: inside inserted bytes, or across the border of two instructions.

    Args:
        delta: The delta; it must have applied cleanly.
        at: Where its instructions start.
        size: Size of the rebuilt object.
        reach: Bytes of context on each side.

    Returns:
        The windows, or None where they would cover more than half of the object.
    """
    windows: Windows = []
    low = high = -1
    covered = 0
    out = 0
    end = len(delta)
    limit = size // 2
    while at < end:
        op = delta[at]
        at += 1
        start = out
        if op < 0x80:
            at += op
            out += op
            left, right = start - reach, out + reach
        else:
            if op & 1:
                at += 1
            if op & 2:
                at += 1
            if op & 4:
                at += 1
            if op & 8:
                at += 1
            length = 0
            if op & 16:
                length = delta[at]
                at += 1
            if op & 32:
                length |= delta[at] << 8
                at += 1
            if op & 64:
                length |= delta[at] << 16
                at += 1
            out += length or 0x10000
            left, right = start - reach, start + reach
        if left <= high:
            high = right
            continue
        if high >= 0:
            windows.append((max(0, low), high))
            covered += high - low
            if covered > limit:
                return None
        low, high = left, right
    # The end of the object borders on nothing, but the last window may reach past it.
    if high >= 0:
        windows.append((max(low, 0), min(high, size)))
    return windows
