# SPDX-License-Identifier: Apache-2.0
"""Read the parts of JSON web tokens, signed (JWT) and encrypted (JWE), without trusting them."""

import binascii
from typing import Any, Final

import msgspec

from stanch.detect.expiry import expiry_facts, moment
from stanch.model import Fact

_MAX_PART: Final = 32768
"""Characters of one part that are read."""


def part(text: bytes) -> dict[str, Any]:
    """Return the JSON object in one base64url part; empty if there is none."""
    if not text or len(text) > _MAX_PART:
        return {}
    padded = text.translate(_TO_STANDARD) + b"=" * (-len(text) % 4)
    try:
        found = msgspec.json.decode(binascii.a2b_base64(padded))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")


def claims(token: bytes) -> dict[str, Any]:
    """Return the claims of a signed token; empty if it is none."""
    parts = token.split(b".")
    if len(parts) != 3 or "alg" not in part(parts[0]):
        return {}
    return part(parts[1])


def claim_facts(found: dict[str, Any], now: float | None = None) -> dict[str, Fact]:
    """Return what the standard claims tell: `issuer`, `subject`, `created`, `expires`, `expired`.

    Args:
        found: The claims.
        now: The present, in seconds since 1970; the clock's by default.
    """
    facts: dict[str, Fact] = {}
    for claim, name in (("iss", "issuer"), ("sub", "subject")):
        if isinstance(found.get(claim), str):
            facts[name] = found[claim]
    issued = found.get("iat")
    if isinstance(issued, int | float) and not isinstance(issued, bool) and moment(issued):
        facts["created"] = moment(issued)
    return facts | expiry_facts(found.get("exp"), now)
