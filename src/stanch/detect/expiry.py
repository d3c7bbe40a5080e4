# SPDX-License-Identifier: Apache-2.0
"""Say when a credential ends, from the time that stands inside it."""

import time
from typing import Final

from stanch.model import Fact

_END_OF_TIME: Final = 253_402_300_800
"""Year 10000 in seconds since 1970: no honest credential lasts longer."""


def moment(epoch: float) -> str:
    """Write `epoch` (seconds since 1970) as ISO 8601 in UTC, or "" if it is no such time."""
    if not 0 < epoch < _END_OF_TIME:
        return ""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))


def expiry_facts(epoch: object, now: float | None = None) -> dict[str, Fact]:
    """Return the facts `expires` and `expired` of a credential.

    Args:
        epoch: When it ends, in seconds since 1970; anything that is no such time gives no facts.
        now: The present, in seconds since 1970; the clock's by default.
    """
    if isinstance(epoch, bool) or not isinstance(epoch, int | float):
        return {}
    expires = moment(epoch)
    if not expires:
        return {}
    return {"expires": expires, "expired": epoch <= (time.time() if now is None else now)}
