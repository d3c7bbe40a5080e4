# SPDX-License-Identifier: Apache-2.0
"""What every archive format looks like from outside."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import msgspec

from stanch.model import Skipped
from stanch.unpack.budget import Budget


class Entry(msgspec.Struct, frozen=True):
    """One file of one container.

    Attributes:
        name: As the container writes it; empty where it has no name of its own.
        data: Its bytes, as far as they could be read.
    """

    name: bytes | str
    data: bytes


class Format(ABC):
    """A container format. The module ends with `FORMAT: Final = TheClass()`."""

    @abstractmethod
    def magic(self, data: bytes) -> bool:
        """Tell, by a few byte comparisons, whether `data` is of this format."""

    @abstractmethod
    def entries(self, data: bytes, name: str, budget: Budget) -> Iterator[Entry | Skipped]:
        """Read the files of one container; links, devices and folders are none.

        Args:
            data: The container, whole.
            name: What it is called, for formats that do not name what they hold.
            budget: What reading may cost.

        Yields:
            Each file, damaged ones as far as they can be read, then why they are damaged. The path
            of a `Skipped` is the entry's name alone.

        Raises:
            CorruptInputError: Nothing more can be read; what came before holds.
            LimitExceededError: Reading on would pass a bound.
        """
