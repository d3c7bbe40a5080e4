# SPDX-License-Identifier: Apache-2.0
"""The few opcodes that name or move constants, for every version of CPython since 2.7.

Source:
    Lib/opcode.py of CPython 2.7 to 3.12, Lib/_opcode_metadata.py of 3.13 and 3.14 (read 2026-11-22)
"""

from functools import cache
from typing import Final, NamedTuple


class Family(NamedTuple):
    """How some versions write instructions.

    Attributes:
        words: Every instruction takes two bytes.
        handled: (opcode, what it does) for those that name or move constants.
        passed: Opcodes that do nothing.
        extended: The opcode that makes the next argument longer.
    """

    words: bool
    handled: tuple[tuple[int, str], ...]
    passed: frozenset[int]
    extended: int


_PASSED: Final = ("nop", "cache", "precall")

_OLD: Final = {
    "const": 100,
    "name": 90,
    "global": 97,
    "fast": 125,
    "attr": 95,
    "deref": 137,
    "subscr": 60,
    "tuple": 102,
    "unpack": 92,
    "import": 108,
    "load_attr": 106,
    "load": 124,
    "load_name": 101,
    "load_global": 116,
    "load_deref": 136,
    "load_closure": 135,
    "pop": 1,
    "make": 132,
    "nop": 9,
    "extended": 144,
}
_PY2: Final = _OLD | {
    "extended": 145,
    "dup": 4,
    "store_map": 54,
    "call_packed": 131,
    "closure": 134,
    "map_add_value_first": 147,
}
_PY30: Final = _PY2 | {"extended": 144}
_PY35: Final = {k: v for k, v in _PY30.items() if k != "store_map"} | {"map": 105}
_PY36: Final = _OLD | {
    "dup": 4,
    "map": 105,
    "key_map": 156,
    "call": 131,
    "call_method": 161,
    "call_names": 141,
    "map_add_value_first": 147,
}
_PY38: Final = {k: v for k, v in _PY36.items() if k != "map_add_value_first"} | {"map_add": 147}
_PY311: Final = _OLD | {
    "deref": 138,
    "load_deref": 137,
    "load_closure": 136,
    "dup": 120,
    "map": 105,
    "key_map": 156,
    "kw_names": 172,
    "call": 171,
    "map_add": 147,
    "cache": 0,
    "precall": 166,
}
_PY312: Final = {k: v for k, v in _PY311.items() if k != "precall"}
_PY313: Final = {
    "const": 83,
    "name": 114,
    "global": 113,
    "fast": 110,
    "fast_load": 111,
    "fast_fast": 112,
    "attr": 108,
    "deref": 109,
    "subscr": 39,
    "tuple": 52,
    "unpack": 117,
    "import": 75,
    "load_attr": 82,
    "load": 85,
    "load_name": 92,
    "load_global": 91,
    "load_deref": 84,
    "pop": 32,
    "load_two": 88,
    "make": 26,
    "set_attribute": 106,
    "nop": 30,
    "extended": 71,
    "dup": 61,
    "map": 48,
    "key_map": 46,
    "call": 53,
    "call_names": 57,
    "map_add": 95,
    "cache": 0,
}
_PY314: Final = {
    "const": 82,
    "name": 116,
    "global": 115,
    "fast": 112,
    "fast_load": 113,
    "fast_fast": 114,
    "attr": 110,
    "deref": 111,
    "subscr": 38,
    "tuple": 51,
    "unpack": 119,
    "import": 73,
    "load_attr": 80,
    "load": 84,
    "load_borrow": 86,
    "load_check": 88,
    "load_name": 93,
    "load_global": 92,
    "load_deref": 83,
    "pop": 31,
    "load_two": 89,
    "load_two_borrow": 87,
    "make": 23,
    "set_attribute": 108,
    "nop": 27,
    "extended": 69,
    "dup": 59,
    "map": 47,
    "call": 52,
    "call_names": 55,
    "map_add": 98,
    "cache": 0,
}
_FAMILIES: Final = (
    ((2, 0), _PY2),
    ((3, 0), _PY30),
    ((3, 5), _PY35),
    ((3, 6), _PY36),
    ((3, 8), _PY38),
    ((3, 11), _PY311),
    ((3, 12), _PY312),
    ((3, 13), _PY313),
    ((3, 14), _PY314),
    ((3, 15), None),
)
"""Operations from each version on; None for versions whose opcodes are not known."""


@cache
def family_of(version: tuple[int, int]) -> Family | None:
    """Return how `version` writes instructions; None if its opcodes are not known."""
    table = [table for first, table in _FAMILIES if first <= version][-1]
    if table is None:
        return None
    idle = {*_PASSED, "extended"}
    return Family(
        words=version >= (3, 6),
        handled=tuple((opcode, name) for name, opcode in table.items() if name not in idle),
        passed=frozenset(table[name] for name in _PASSED if name in table),
        extended=table["extended"],
    )
