# SPDX-License-Identifier: Apache-2.0
"""Compiled Python: constants are found with their names, in the bytecode of every version."""

import py_compile
import random
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.marshal_samples import MAGIC, Function, pyc

from stanch.detect.pyc import as_text, assignments, is_pyc
from stanch.detect.sample import HEX, text

TOKEN = text(random.Random(20230301), HEX, 40)
WORDS = sorted(set(MAGIC) - {(2, 7), (3, 2), (3, 3), (3, 4), (3, 5)})

SOURCE = f"""
import requests
from github import Github as Hub

API_TOKEN = "module-value"
FIRST, SECOND = "first-value", "second-value"
LEFT = RIGHT = "chained-value"
ANNOTATED: str = "annotated-value"

class Client:
    password = "class-value"

    def __init__(self, user, url="https://api.github.com/", access_token="{TOKEN}"):
        self.token = "attribute-value"
        local_secret = "local-value"
        def inner(key="closure-default"):
            return user, key

def use(plain, *, api_key="keyword-only-value", other=3):
    global SHARED
    SHARED = "global-value"
    d = {{"password": "dict-value", "user": plain}}
    d["secret"] = "item-value"
    requests.get(headers={{"Authorization": "header-value"}}, auth=("__token__", "auth-value"))
    Hub(login_or_token="call-value", base=plain)
    return d.get("NPM_TOKEN", "fallback-value")

def typed(plain: int, token: "str | None" = "typed-value", *more: dict[str, int]) -> None:
    return None
"""

EXPECTED = {
    ("API_TOKEN", "module-value"),
    ("FIRST", "first-value"),
    ("SECOND", "second-value"),
    ("LEFT", "chained-value"),
    ("RIGHT", "chained-value"),
    ("ANNOTATED", "annotated-value"),
    ("password", "class-value"),
    ("access_token", TOKEN),
    ("token", "attribute-value"),
    ("local_secret", "local-value"),
    ("key", "closure-default"),
    ("api_key", "keyword-only-value"),
    ("SHARED", "global-value"),
    ("password", "dict-value"),
    ("secret", "item-value"),
    ("Authorization", "header-value"),
    ("__token__", "auth-value"),
    ("login_or_token", "call-value"),
    ("NPM_TOKEN", "fallback-value"),
    ("token", "typed-value"),
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The source above, compiled by the running interpreter."""
    folder: Path = tmp_path_factory.mktemp("compiled")
    source, target = folder / "leaky.py", folder / "leaky.pyc"
    source.write_text(SOURCE)
    py_compile.compile(str(source), str(target), doraise=True)
    return target.read_bytes()


def _pairs(data: bytes) -> set[tuple[str, str]]:
    return {(found.name.decode(), found.value.decode()) for found in assignments(data)}


def test_every_way_to_name_a_constant(compiled: bytes) -> None:
    """Assignments, attributes, defaults, keywords, keys and pairs are found; spans are exact."""
    assert is_pyc(compiled)
    assert set() == EXPECTED - _pairs(compiled)
    for found in assignments(compiled):
        assert found.value == compiled[found.start : found.end]


def test_text_has_the_default_argument_with_its_context(compiled: bytes) -> None:
    """An unprefixed token in a default argument stands in a line of text near its context."""
    written, rows = as_text(compiled)
    line = f'access_token = "{TOKEN}"\n'.encode()
    at = written.index(line)
    assert b"github" in written[at - 200 : at]
    assert b"leaky.py" in written[at - 200 : at]
    for start, origin, length in rows:
        assert written[start : start + length] == compiled[origin : origin + length]
    assert compiled.index(TOKEN.encode()) == next(
        origin for start, origin, _ in rows if start == at + len('access_token = "')
    )


def test_text_is_empty_for_other_files() -> None:
    """What is no compiled module has no text."""
    for data in (b"", b"import os\r\n", b"\xa7\x0d\r\n", b"\x7fELF\r\n" + bytes(40)):
        assert not is_pyc(data)
        assert (b"", []) == as_text(data)


@pytest.mark.parametrize("version", MAGIC)
def test_headers_of_every_version(version: tuple[int, int]) -> None:
    """The module is found behind the header of its version."""
    assert is_pyc(pyc(Function(), version))
    assert [] == list(assignments(pyc(Function(), version)))


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ((2, 7), b"d\0\0Z\0\0"),
        ((3, 2), b"d\0\0Z\0\0"),
        ((3, 3), b"d\0\0Z\0\0"),
        ((3, 4), b"d\0\0Z\0\0"),
        ((3, 5), b"d\0\0Z\0\0"),
        ((3, 6), b"d\0Z\0"),
        ((3, 8), b"d\0Z\0"),
        ((3, 10), b"d\0Z\0"),
        ((3, 11), b"\x97\0d\0Z\0"),
        ((3, 12), b"\x97\0d\0Z\0"),
        ((3, 13), bytes((149, 0, 83, 0, 114, 0))),
        ((3, 14), bytes((128, 0, 82, 0, 116, 0))),
        ((3, 15), b"unknown!"),
    ],
)
def test_module_variable_in_every_version(version: tuple[int, int], code: bytes) -> None:
    """A module's variable is paired with its constant; in unknown versions by order."""
    data = pyc(Function(code, ("the-value", None), ("password",)), version)
    assert {("password", "the-value")} == _pairs(data)


@pytest.mark.parametrize(
    ("version", "code", "consts"),
    [
        # LOAD_CONST default, LOAD_CONST code, [LOAD_CONST name,] MAKE_FUNCTION
        ((2, 7), b"d\0\0d\1\0\x84\1\0", ("tok",)),
        ((3, 2), b"d\0\0d\1\0\x84\1\0", ("tok",)),
        ((3, 5), b"d\0\0d\1\0d\2\0\x84\1\0", ("tok",)),
        ((3, 6), b"d\0d\1d\2\x84\1", (("tok",),)),
        ((3, 8), b"d\0d\1d\2\x84\1", (("tok",),)),
        ((3, 11), b"d\0d\1\x84\1", (("tok",),)),
        ((3, 12), b"d\0d\1\x84\1", (("tok",),)),
        ((3, 13), bytes((83, 0, 83, 1, 26, 0, 106, 1)), (("tok",),)),
        ((3, 14), bytes((82, 0, 82, 1, 23, 0, 108, 1)), (("tok",),)),
        ((3, 15), b"????", (("tok",),)),
    ],
)
def test_default_argument_in_every_version(
    version: tuple[int, int], code: bytes, consts: tuple[object, ...]
) -> None:
    """The default of the last parameter is paired with its name, not with the first one."""
    inner = Function(locals=("self", "access_token"), arguments=2, name="f")
    assert ("access_token", "tok") in _pairs(pyc(Function(code, (*consts, inner, "f")), version))


@pytest.mark.parametrize("version", [(3, 2), (3, 5)])
def test_old_keyword_only_defaults(version: tuple[int, int]) -> None:
    """Before 3.6, keyword-only defaults stand on the stack with their names."""
    inner = Function(locals=("plain", "api_key"), arguments=1, keywords=1, name="f")
    load = b"d\0\0d\1\0d\2\0d\3\0" + (b"d\4\0" if version >= (3, 3) else b"")
    outer = Function(load + b"\x84\1\1", ("positional", "api_key", "tok", inner, "f"))
    assert {("plain", "positional"), ("api_key", "tok")} == _pairs(pyc(outer, version))


def test_old_dicts_and_keywords() -> None:
    """Python 2 writes dict literals and call keywords key by key."""
    store_map = Function(b"i\1\0d\0\0d\1\x006", ("value", "password"))
    assert {("password", "value")} == _pairs(pyc(store_map, (2, 7)))
    call = Function(b"e\0\0d\0\0d\1\0\x83\0\1", ("password", "value"), ("f",))
    assert {("password", "value")} == _pairs(pyc(call, (2, 7)))


def test_arguments_beyond_a_byte() -> None:
    """EXTENDED_ARG is understood in word code and before it."""
    consts = (*["x"] * 300, "the-value")
    words = Function(b"\x90\1d\x2cZ\0", consts, ("password",))
    assert {("password", "the-value")} == _pairs(_wide_pyc(words, (3, 8)))
    narrow = Function(b"\x91\0\0d\x2c\1Z\0\0", consts, ("password",))
    assert {("password", "the-value")} == _pairs(pyc(narrow, (2, 7)))


def _wide_pyc(function: Function, version: tuple[int, int]) -> bytes:
    """Write constants that a small tuple cannot count."""
    small = pyc(function._replace(consts=()), version)
    wide = b"(" + struct.pack("<i", len(function.consts))
    wide += b"".join(b"z" + bytes((len(str(c)),)) + str(c).encode() for c in function.consts)
    return small.replace(b"\xa9\0", wide, 1)


def test_python_2_string_references() -> None:
    """A second use of an interned string in Python 2 is a reference to the first."""
    data = pyc(Function(b"d\0\0Z\0\0", ("password", 7), ("password",)), (2, 7))
    again = data.replace(b"(\1\0\0\0t\x08\0\0\0password", b"(\1\0\0\0R\0\0\0\0")
    assert len(again) < len(data)
    assert {("password", "password")} == _pairs(again)


def test_broken_module_keeps_what_was_read() -> None:
    """A module that is cut off behind its names still yields its pairs."""
    inner = Function(b"d\0Z\0", ("inner-value",), ("password",))
    data = pyc(Function(b"d\0Z\0", ("outer-value", inner), ("token",)), (3, 8))
    cut = data[: data.index(b"inner-value") + 40]
    assert ("password", "inner-value") in _pairs(cut)


def test_depth_is_bounded() -> None:
    """Tuples in tuples without end stop the reader, not the interpreter."""
    head = pyc(Function(), (3, 8))[:16]
    assert [] == list(assignments(head + b"\xe3" + bytes(24) + b")\1" * 500_000))


def test_shared_objects_cost_once() -> None:
    """References to one large tuple from many code objects do not multiply its cost."""
    empty = b")\0"
    names = b"\xa8" + struct.pack("<i", 20_000) + b"N" * 20_000
    before = b"c" + bytes(24) + b"s" + bytes(4) + empty
    after = empty * 3 + b"z\0z\0" + bytes(4) + b"s" + bytes(4)
    shared = b"r" + struct.pack("<i", 1)
    codes = before + names + after + (before + shared + after) * 20_000
    head = pyc(Function(), (3, 8))[:16] + b"\xe3" + bytes(24) + b"s" + bytes(4)
    assert [] == list(assignments(head + b"(" + struct.pack("<i", 20_001) + codes))


def test_a_million_objects_are_enough() -> None:
    """A file of nothing but objects is given up, not read to its end."""
    head = pyc(Function(), (3, 8))[:16] + b"\xe3" + bytes(24) + b"s" + bytes(4)
    body = b"N" * 5_000_000
    assert [] == list(assignments(head + b"(" + struct.pack("<i", len(body)) + body))


@given(version=st.sampled_from(sorted(MAGIC)), noise=st.binary(max_size=400))
@settings(max_examples=400, deadline=None)
def test_noise_raises_nothing(version: tuple[int, int], noise: bytes) -> None:
    """Whatever follows the header, reading raises nothing and spans are true."""
    size = 8 if version < (3, 3) else 12 if version < (3, 7) else 16
    data = (struct.pack("<H", MAGIC[version]) + b"\r\n").ljust(size, b"\0") + b"\xe3" + noise
    for found in assignments(data):
        assert found.value == data[found.start : found.end]


@given(changes=st.lists(st.tuples(st.integers(0, 1 << 14), st.integers(0, 7)), max_size=8))
@settings(max_examples=400, deadline=None)
def test_flipped_bits_raise_nothing(compiled: bytes, changes: list[tuple[int, int]]) -> None:
    """However bits of a module are flipped, reading raises nothing and the mapping holds."""
    changed = bytearray(compiled)
    for at, bit in changes:
        changed[at % len(changed)] ^= 1 << bit
    written, rows = as_text(bytes(changed))
    for start, origin, length in rows:
        assert written[start : start + length] == changed[origin : origin + length]


@given(
    version=st.sampled_from(WORDS),
    code=st.binary(max_size=200),
    consts=st.lists(
        st.one_of(st.text(max_size=20), st.none(), st.tuples(st.text(max_size=9))), max_size=6
    ),
)
@settings(max_examples=400, deadline=None)
def test_any_bytecode_is_read(version: tuple[int, int], code: bytes, consts: list[object]) -> None:
    """Any bytes as bytecode raise nothing."""
    data = pyc(Function(code, tuple(consts), ("name", "other"), ("local",)), version)
    for found in assignments(data):
        assert found.value == data[found.start : found.end]
