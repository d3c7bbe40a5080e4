# SPDX-License-Identifier: Apache-2.0
"""Apply deltas: dulwich's compiled function, or its Python one where there is no wheel."""

from collections.abc import Callable
from typing import Final, cast

from dulwich.errors import ApplyDeltaError

from stanch.errors import CorruptInputError, LimitExceededError
from stanch.gitdb.delta import target_size

try:
    # NOTE: dulwich.pack exports the same function, and takes 20 ms longer to import.
    from dulwich._pack import apply_delta as _apply_delta  # type: ignore[import-not-found]
except ImportError:  # a platform without a compiled dulwich
    from dulwich.pack import apply_delta as _apply_delta

MAX_OBJECT: Final = 512 << 20
"""Bytes of one object; a larger one is skipped and said so."""

apply_parts = cast("Callable[[bytes, bytes], list[bytes]]", _apply_delta)
"""(base, delta) -> the object in parts. Only for deltas that are `modest`."""

APPLY_ERRORS: Final = (ApplyDeltaError, ValueError, IndexError)
"""What `apply_parts` raises for a delta that does not fit."""


def modest(delta: bytes) -> bool:
    """Tell, by the length of its size field, that a delta makes less than 2^28 bytes.

    Raises:
        IndexError: The delta ends inside its header.
    """
    at = 0
    while delta[at] & 0x80:
        at += 1
    at += 1
    return delta[at] < 0x80 or delta[at + 1] < 0x80 or delta[at + 2] < 0x80 or delta[at + 3] < 0x80


def apply(base: bytes, delta: bytes) -> bytes:
    """Return the object that `delta` makes of `base`.

    Raises:
        CorruptInputError: The delta does not fit its base.
        LimitExceededError: The object would pass `MAX_OBJECT`.
    """
    size, _ = target_size(delta)
    if size > MAX_OBJECT:
        raise LimitExceededError(f"object of {size} bytes is larger than the limit")
    try:
        parts = apply_parts(base, delta)
    except APPLY_ERRORS as error:
        raise CorruptInputError("a delta does not fit its base") from error
    return b"".join(parts)
