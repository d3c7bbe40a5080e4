# SPDX-License-Identifier: Apache-2.0
"""Checksums that more than one registry builds into its credentials."""

import base64
import binascii
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


def marvin(data: bytes, seed: int) -> int:
    """Return the 64-bit Marvin hash of `data`.

    Args:
        data: What to hash.
        seed: 64 bits; the low half starts the first word of the state.

    Source:
        https://github.com/microsoft/security-utilities (read 2026-11-22)
    """
    low, high = seed & 0xFFFFFFFF, seed >> 32
    whole = len(data) // 4 * 4
    words = [int.from_bytes(data[at : at + 4], "little") for at in range(0, whole, 4)]
    words += [int.from_bytes(data[whole:] + b"\x80", "little"), 0]
    for word in words:
        low = (low + word) & 0xFFFFFFFF
        high ^= low
        low = (_rotate(low, 20) + high) & 0xFFFFFFFF
        high = _rotate(high, 9) ^ low
        low = (_rotate(low, 27) + high) & 0xFFFFFFFF
        high = _rotate(high, 19)
    return high << 32 | low


def _rotate(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & 0xFFFFFFFF


def marvin32(data: bytes, seed: int) -> bytes:
    """Return the two halves of `marvin`, folded: four bytes, little-endian."""
    whole = marvin(data, seed)
    return ((whole >> 32) ^ (whole & 0xFFFFFFFF)).to_bytes(4, "little")


HIS2_SEED: Final = int.from_bytes(b"Default0", "big")


def his2_checksums(body: bytes) -> tuple[str, str]:
    """Return the endings that a common annotated key may have after its first 80 characters.

    Args:
        body: The first 80 characters of an 84-character key.

    Returns:
        The base62 form, and the base64 form that early issuers used.

    Raises:
        binascii.Error: `body` is not base64.
    """
    digest = marvin32(base64.b64decode(body, validate=True), HIS2_SEED)
    digits = base62(int.from_bytes(digest, "big"), 0).ljust(6, "0")
    return digits[:4], base64.b64encode(digest[:3]).decode()


def his2(key: bytes) -> Proof:
    """Prove a common annotated key: 84 characters, `JQQJ99` at 52, a checksum in the last four.

    Source:
        https://github.com/microsoft/security-utilities (read 2026-11-22)
    """
    if len(key) != 84 or key[52:58] != b"JQQJ99":
        return Proof(valid=False, facts={"note": "not the shape of a common annotated key"})
    try:
        endings = his2_checksums(key[:80])
    except binascii.Error:
        return Proof(valid=False, facts={"note": "not base64"})
    if key[80:].decode("latin-1") in endings:
        return Proof(valid=True)
    return Proof(valid=False, facts={"note": "checksum does not match"})


def with_his2(body: str) -> str:
    """Return the 80 characters `body` with the checksum that issuers append."""
    return body + his2_checksums(body.encode())[0]
