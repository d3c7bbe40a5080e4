# SPDX-License-Identifier: Apache-2.0
"""Parts for synthetic credentials: always from a generator that the caller seeds."""

import random
import string
import uuid
from typing import Final

ALNUM: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
HEX: Final = "0123456789abcdef"
BASE64URL: Final = ALNUM + "-_"


def text(rng: random.Random, alphabet: str, length: int) -> str:
    """Return `length` characters drawn from `alphabet`."""
    return "".join(rng.choices(alphabet, k=length))


def uuid4(rng: random.Random) -> str:
    """Return a random UUID, version 4."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
