# SPDX-License-Identifier: Apache-2.0
"""Read `user:password` pairs as HTTP Basic authentication writes them."""

import base64
import binascii
from typing import Final

from stanch.detect.pattern import Pattern

_BASE64: Final = Pattern(rb"[A-Za-z0-9+/_-]{4,4096}={0,2}")
_TEXT: Final = Pattern(rb"(?:[\x20-\x7e]|[\xc2-\xf4][\x80-\xbf]{1,3})+")
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")


def decoded(value: bytes) -> bytes | None:
    """Return the text that the base64 `value` holds, or None if it holds no text."""
    if not _BASE64.fullmatch(value):
        return None
    plain = value.rstrip(b"=").translate(_STANDARD)
    try:
        text = binascii.a2b_base64(plain + b"=" * (-len(plain) % 4))
    except binascii.Error:
        return None
    return text if _TEXT.fullmatch(text) else None


def pair(value: bytes) -> tuple[str, bytes] | None:
    """Return user and password of the base64 `value`, or None if it is no such pair."""
    user, colon, password = (decoded(value) or b"").partition(b":")
    if not colon or not (user or password):
        return None
    return user.decode("utf-8", "replace"), password


def encoded(user: str, password: str) -> str:
    """Return the base64 form of `user:password`."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()
