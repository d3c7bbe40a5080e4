# SPDX-License-Identifier: Apache-2.0
"""The only thing that may hold a credential."""

import hashlib
import hmac
from typing import Final, NewType, NoReturn

Fingerprint = NewType("Fingerprint", str)
"""32 lower-case hex digits: the first half of a keyed HMAC-SHA256 of a credential."""

PUBLIC_KEY: Final = b"stanch fingerprint v1"
"""Key used when the user sets none: fingerprints then agree between machines.

A credential with little entropy is stretched first (see `fingerprint`), so that a report does
not hand a guesser a fast oracle.
"""

_STRETCH_BELOW: Final = 20
_PREVIEW_MIN: Final = 16


class Secret:
    """A credential that prints its fingerprint and never its value.

    It cannot be formatted, pickled, copied, encoded as JSON or compared with `<`. `reveal` is the
    one way out, and a test counts who calls it.

    Args:
        value: The credential's bytes.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """Return the credential itself: for the code that must send or compare it."""
        return self._value

    def fingerprint(self, key: bytes = PUBLIC_KEY) -> Fingerprint:
        """Identify the credential without telling it.

        Args:
            key: The HMAC key; the public one when the project has none of its own.

        Returns:
            32 hex digits. Credentials shorter than 20 bytes are stretched with scrypt
            (n=2^11, r=8: about 5 ms), since their space can be searched.
        """
        value = self._value
        if len(value) < _STRETCH_BELOW:
            value = hashlib.scrypt(value, salt=key, n=1 << 11, r=8, p=1, dklen=32)
        return Fingerprint(hmac.new(key, value, hashlib.sha256).hexdigest()[:32])

    def preview(self) -> str:
        """Return a masked form that a person can tell apart: at most 4 bytes a side.

        Returns:
            `npm_…a1B2` style text; only stars for credentials under 16 bytes.
        """
        value = self._value.decode("latin-1")
        if len(value) < _PREVIEW_MIN:
            return "********"
        keep = 4 if len(value) >= 2 * _PREVIEW_MIN else 2
        shown = "".join(c if c.isprintable() and c.isascii() else "?" for c in value)
        return f"{shown[:4]}…{shown[-keep:]}"

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __repr__(self) -> str:
        return f"Secret({self.fingerprint()})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        raise TypeError("a Secret cannot be formatted; use preview() or fingerprint()")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")
