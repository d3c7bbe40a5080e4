# SPDX-License-Identifier: Apache-2.0
"""Compiled modules of any version of Python, written by hand: a marshal writer for tests."""

import struct
from typing import NamedTuple

MAGIC = {
    (2, 7): 62211,
    (3, 2): 3180,
    (3, 3): 3230,
    (3, 4): 3310,
    (3, 5): 3351,
    (3, 6): 3379,
    (3, 7): 3394,
    (3, 8): 3413,
    (3, 10): 3439,
    (3, 11): 3495,
    (3, 12): 3531,
    (3, 13): 3571,
    (3, 14): 3627,
    (3, 15): 3655,
}


class Function(NamedTuple):
    """What a test says of a code object."""

    code: bytes = b""
    consts: tuple[object, ...] = ()
    names: tuple[str, ...] = ()
    locals: tuple[str, ...] = ()
    arguments: int = 0
    keywords: int = 0
    filename: str = "module.py"
    name: str = "<module>"


def _int(value: int) -> bytes:
    return struct.pack("<i", value)


def dump(value: object, version: tuple[int, int]) -> bytes:
    """Write `value` as that version's marshal does."""
    if isinstance(value, Function):
        return _function(value, version)
    if isinstance(value, str):
        body = value.encode()
        if version < (3, 4):
            return (b"t" if version < (3, 0) else b"u") + _int(len(body)) + body
        return b"\xfa" + bytes((len(body),)) + body
    if isinstance(value, tuple):
        body = b"".join(dump(item, version) for item in value)
        if version < (3, 4):
            return b"(" + _int(len(value)) + body
        return b"\xa9" + bytes((len(value),)) + body
    return _plain(value)


def _plain(value: object) -> bytes:
    if isinstance(value, bytes):
        return b"s" + _int(len(value)) + value
    return b"i" + _int(value) if isinstance(value, int) else b"N"


def _function(function: Function, version: tuple[int, int]) -> bytes:
    counts = [function.arguments]
    if version >= (3, 8):
        counts.append(0)
    if version >= (3, 0):
        counts.append(function.keywords)
    if version < (3, 11):
        counts.append(len(function.locals))
    counts += [8, 64]
    parts: list[object] = [function.code, function.consts, function.names, function.locals]
    parts += [b"\x20" * len(function.locals)] if version >= (3, 11) else [(), ()]
    parts += [function.filename, function.name]
    parts += [function.name] if version >= (3, 11) else []
    tail = _int(1) + dump(b"", version) * (2 if version >= (3, 11) else 1)
    head = b"c" if version < (3, 4) else b"\xe3"
    return (
        head + b"".join(map(_int, counts)) + b"".join(dump(part, version) for part in parts) + tail
    )


def pyc(function: Function, version: tuple[int, int]) -> bytes:
    """Return a whole `.pyc` file."""
    size = 8 if version < (3, 3) else 12 if version < (3, 7) else 16
    head = struct.pack("<H", MAGIC[version]) + b"\r\n"
    return head.ljust(size, b"\0") + dump(function, version)
