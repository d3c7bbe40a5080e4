# SPDX-License-Identifier: Apache-2.0
"""Checksums that more than one registry builds into its credentials."""

import zlib
from typing import Final

from stanch.model import Proof

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def base62(number: int, width: int) -> str:
    """Write `number` in base 62 (digits, upper, lower), left-padded with `0` to `width`."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits.rjust(width, "0")


def with_crc32_base62(prefix: str, body: str) -> str:
    """Return `prefix` + `body` + the body's checksum, as npm and GitHub build their tokens."""
    return prefix + body + base62(zlib.crc32(body.encode()), 6)


def crc32_base62(token: bytes) -> Proof:
    """Prove a token whose last six characters are the base62 CRC-32 of what stands before them.

    Args:
        token: The whole token; the prefix up to the first `_` is not part of the sum.

    Source:
        https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
        (read 2026-11-22)
    """
    body = token.partition(b"_")[2]
    if base62(zlib.crc32(body[:-6]), 6).encode() == body[-6:]:
        return Proof(valid=True)
    return Proof(valid=False, facts={"note": "checksum does not match"})
