# SPDX-License-Identifier: Apache-2.0
"""Every error that stanch raises on purpose.

The tree::

    StanchError
    ├── UsageError
    │   └── ConfigError
    ├── InputError
    │   ├── CorruptInputError
    │   └── LimitExceededError
    └── OutputError
"""


class StanchError(Exception):
    """Root of the tree: catch this to catch everything stanch means to raise.

    Args:
        message: What failed, on what, and what to do next. Never holds a credential.
    """


class UsageError(StanchError):
    """The request itself cannot be met: a wrong option, a target that does not exist."""


class ConfigError(UsageError):
    """A configuration file or baseline says something that cannot be meant."""


class InputError(StanchError):
    """An input could not be read; the result without it is incomplete, never clean."""


class CorruptInputError(InputError):
    """The bytes do not follow the format that they announce."""


class LimitExceededError(InputError):
    """Reading on would pass a bound on size, ratio, depth, entries or time."""


class OutputError(StanchError):
    """A report could not be written where it was asked for."""
