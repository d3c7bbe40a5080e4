# SPDX-License-Identifier: Apache-2.0
"""Bytes that come in chunks, taken in the sizes that a format wants."""

from collections.abc import Iterable

from stanch.errors import InputError


class Stream:
    """A cursor over chunks, which are read only as far as they are asked for.

    Args:
        chunks: Any sizes. An `InputError` they raise ends the stream, and is kept in `error`.
            A `bytearray` among them may not change while it is read.
    """

    __slots__ = ("_buffer", "_chunks", "_position", "error")

    def __init__(self, chunks: Iterable[bytes | bytearray]) -> None:
        self._chunks = iter(chunks)
        self._buffer = memoryview(b"")
        self._position = 0
        self.error: InputError | None = None

    def _more(self) -> bool:
        """Get the next chunk in place of the one that is used up."""
        self._position = 0
        try:
            self._buffer = memoryview(next(self._chunks, b""))
        except InputError as error:
            self.error = error
            self._buffer = memoryview(b"")
        if not self._buffer:
            self._chunks = iter(())
        return bool(self._buffer)

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes, or as many as there are, without taking them."""
        found = self.take(size)
        if len(found) <= self._position:
            self._position -= len(found)
        else:
            # They came in several chunks.
            self._buffer = memoryview(found + self._buffer[self._position :])
            self._position = 0
        return found

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes; fewer where the stream ends or breaks."""
        end = self._position + size
        if end <= len(self._buffer):
            found = self._buffer[self._position : end].tobytes()
            self._position = end
            return found
        parts = [self._buffer[self._position :]]
        missing = end - len(self._buffer)
        while missing > 0 and self._more():
            parts.append(self._buffer[:missing])
            self._position = len(parts[-1])
            missing -= self._position
        if missing > 0:
            self._buffer, self._position = memoryview(b""), 0
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """Pass over `size` bytes; return how many there were."""
        left = size
        while left > len(self._buffer) - self._position:
            left -= len(self._buffer) - self._position
            if not self._more():
                return size - left
        self._position += left
        return size
