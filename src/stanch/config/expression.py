# SPDX-License-Identifier: Apache-2.0
"""Refuse regular expressions that could take for ever.

Python's engine tries every way in which variable repeats can share the text. That is harmless as
long as the ways are few: a repeat inside a repeat, or several open ones in a row, are not.
"""

import re
import warnings
from collections.abc import Iterable
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any, Final

from stanch.errors import ConfigError

LENGTH_MAX: Final = 1000
WAYS_MAX: Final = 1_000_000
_OPEN: Final = 4096
"""What an open-ended repeat counts as."""
_REPEATS: Final = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


def checked(pattern: str, where: str) -> str:
    """Return `pattern` if it can be used.

    Args:
        pattern: A regular expression on ASCII text.
        where: Where it stands, for messages.

    Raises:
        ConfigError: It is none, matches the empty text, or could take too long.
    """
    if len(pattern) > LENGTH_MAX:
        raise ConfigError(f"{where}: longer than {LENGTH_MAX} characters")
    if not pattern.isascii():
        raise ConfigError(f"{where}: not ASCII: {pattern!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled = re.compile(pattern.encode())
            ways = _ways(_parser.parse(pattern))
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ConfigError(f"{where}: {error}: {pattern!r}") from None
    if compiled.match(b""):
        raise ConfigError(f"{where}: matches nothing at all: {pattern!r}")
    if ways > WAYS_MAX:
        raise ConfigError(
            f"{where}: could take too long: {pattern!r}; leave one open repeat, bound the others"
            " as in {8,64}, or make them possessive as in ++"
        )
    return pattern


def _ways(items: Iterable[tuple[Any, Any]]) -> int:
    """Return a bound on the ways in which the repeats in a sequence can share the text."""
    ways = 1
    for operation, argument in items:
        ways *= _ways_of(operation, argument)
        if ways > WAYS_MAX:
            break
    return ways


def _ways_of(operation: Any, argument: Any) -> int:
    if operation in _REPEATS or operation is _constants.POSSESSIVE_REPEAT:
        least, most, body = argument
        inner = _ways(body)
        ways: int = inner ** min(int(most), 64)
        if operation is _constants.POSSESSIVE_REPEAT:
            return ways
        return ways * (min(int(most) - int(least), _OPEN) + 1)
    if operation is _constants.BRANCH:
        return sum(_ways(branch) for branch in argument[1])
    if operation in (_constants.SUBPATTERN, _constants.ASSERT, _constants.ASSERT_NOT):
        return _ways(argument[-1])
    if operation is _constants.ATOMIC_GROUP:
        return _ways(argument)
    backward = operation in (_constants.GROUPREF, _constants.GROUPREF_EXISTS)
    return WAYS_MAX + 1 if backward else 1
