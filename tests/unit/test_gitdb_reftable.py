# SPDX-License-Identifier: Apache-2.0
"""Refs and reflogs in reftables: git 2.45 and later can keep them so."""

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import MakeRepo
from tests.history import sample, scan_history
from tests.repository import Repository

from stanch.errors import InputError
from stanch.gitdb.refs import read_refs
from stanch.gitdb.reftable import Log, read_table
from stanch.gitdb.repository import open_repository

A, B, C = (sample(number) for number in range(3))
Value = str | None
"""A hex name, `ref: ` and a ref, or None for a deleted ref."""


def _varint(value: int) -> bytes:
    out = [value & 0x7F]
    value >>= 7
    while value:
        value -= 1
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(reversed(out))


def _keyed(last: bytes, key: bytes, kind: int) -> bytes:
    shared = 0
    while shared < min(len(last), len(key)) and last[shared] == key[shared]:
        shared += 1
    return _varint(shared) + _varint((len(key) - shared) << 3 | kind) + key[shared:]


def _ref_records(refs: dict[bytes, Value]) -> bytes:
    out, last = b"", b""
    for ref, value in sorted(refs.items()):
        if value is None:
            out += _keyed(last, ref, 0) + _varint(0)
        elif value.startswith("ref: "):
            out += _keyed(last, ref, 3) + _varint(0) + _varint(len(value) - 5) + value[5:].encode()
        elif "^" in value:
            out += _keyed(last, ref, 2) + _varint(0) + bytes.fromhex(value.replace("^", ""))
        else:
            out += _keyed(last, ref, 1) + _varint(0) + bytes.fromhex(value)
        last = ref
    return out


def _log_records(logs: list[Log], size: int) -> bytes:
    out, last = b"", b""
    for number, log in enumerate(sorted(logs)):
        key = log.ref + b"\0" + struct.pack(">Q", (1 << 64) - 1 - number)
        name, mail = log.who[:-1].split(b" <")
        out += _keyed(last, key, 1) + bytes(2 * size) + _varint(len(name)) + name
        out += _varint(len(mail)) + mail + _varint(1_700_000_000) + b"\0\0"
        out += _varint(len(log.message)) + log.message
        last = key
    return out


def make_table(
    refs: dict[bytes, Value], logs: list[Log] | None = None, *, size: int = 20, block: int = 0
) -> bytes:
    """Return a reftable.

    Args:
        refs: The refs, in one block, or in one per ref where there is a block size.
        logs: Entries of reflogs.
        size: Bytes of an object name.
        block: Block size; 0 for blocks of any size.
    """
    head = b"REFT" + bytes([1 if size == 20 else 2]) + block.to_bytes(3, "big") + bytes(16)
    head += b"" if size == 20 else b"s256"
    out = head
    groups = [{ref: value} for ref, value in sorted(refs.items())] if block else [refs]
    for group in groups if refs else []:
        start = 0 if len(out) == len(head) else len(out)
        records = _ref_records(group)
        body = records + (len(out) - start + 4).to_bytes(3, "big") + b"\0\1"
        out += b"r" + (len(out) - start + 4 + len(body)).to_bytes(3, "big") + body
        out = out.ljust(start + block, b"\0") if block else out
    log_at = 0
    for log in logs or []:
        log_at = log_at or (0 if len(out) == len(head) else len(out))
        start = 0 if len(out) == len(head) else len(out)
        body = _log_records([log], size) + b"\0\0\4\0\1"
        out += b"g" + (len(out) - start + 4 + len(body)).to_bytes(3, "big") + zlib.compress(body)
    footer = head + bytes(24) + struct.pack(">QQ", log_at, 0)
    return out + footer + struct.pack(">I", zlib.crc32(footer))


def _store(repository: Repository, *contents: bytes) -> None:
    """Turn a repository's refs into reftables."""
    folder = repository.git_dir / "reftable"
    folder.mkdir()
    for number, data in enumerate(contents):
        (folder / f"{number}.ref").write_bytes(data)
    (folder / "tables.list").write_text("".join(f"{n}.ref\n" for n in range(len(contents))))
    (repository.git_dir / "HEAD").write_text("ref: refs/heads/.invalid\n")
    for path in (repository.git_dir / "refs" / "heads").iterdir():
        path.unlink()


@pytest.mark.parametrize("block", [0, 256])
@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_refs(object_format: str, block: int, make_repo: MakeRepo) -> None:
    """Refs of every kind are read, a later table wins, and objects are attributed by them."""
    repository = make_repo(object_format=object_format)
    first = repository.commit({"a": b"key " + A})
    second = repository.commit({"a": "x"})
    size = len(first) // 2
    refs: dict[bytes, Value] = {
        b"HEAD": "ref: refs/heads/main",
        b"refs/heads/main": first,
        b"refs/heads/gone": first,
        b"refs/tags/v": f"{second}^{first}",
    }
    later: dict[bytes, Value] = {b"refs/heads/main": second, b"refs/heads/gone": None}
    tables = [make_table(one, size=size, block=block) for one in (refs, later)]
    _store(repository, *tables)
    opened = open_repository(repository.path)
    assert opened is not None
    expected = {"HEAD": second, "refs/heads/main": second, "refs/tags/v": second}
    assert (expected, []) == read_refs(opened)
    place = scan_history(repository.path).place(A)
    assert (False, ("HEAD", "refs/heads/main", "refs/tags/v")) == (place.in_head, place.refs)


def test_names_and_logs(make_repo: MakeRepo) -> None:
    """Credentials in names, which share prefixes, and in compressed logs, are found."""
    repository = make_repo()
    commit = repository.commit({"a": "x"})
    near = A[:-3] + bytes(reversed(A[-3:]))
    refs: dict[bytes, Value] = {b"refs/heads/" + A: commit, b"refs/heads/" + near: commit}
    logs = [
        Log(b"refs/heads/x", b"Me <me@example.com>", b"commit: key " + B),
        Log(b"refs/heads/y", b"Me <me@example.com>", b"commit: key " + C),
    ]
    _store(repository, make_table(refs, logs))
    table = read_table(repository.git_dir / "reftable" / "0.ref", 20)
    assert logs == table.logs
    secrets = scan_history(repository.path).secrets
    assert {A, B, C} <= secrets
    assert 4 == len(secrets)
    (repository.git_dir / "reftable" / "0.ref").write_bytes(make_table({}, logs))
    assert {B, C} == scan_history(repository.path).secrets


def test_a_damaged_table_is_told(make_repo: MakeRepo) -> None:
    """A table that is damaged or missing makes the result incomplete."""
    repository = make_repo()
    commit = repository.commit({"a": b"key " + A})
    _store(repository, make_table({b"refs/heads/main": commit}), b"REFT")
    scanned = scan_history(repository.path)
    assert ("refs/heads/main",) == scanned.place(A).refs
    assert ["1.ref" in one.path for one in scanned.skipped] == [True]
    (repository.git_dir / "reftable" / "tables.list").unlink()
    assert scan_history(repository.path).incomplete


TABLE = make_table(
    {b"refs/heads/a": "1" * 40, b"refs/heads/b": "ref: refs/heads/a", b"refs/tags/c": None},
    [Log(b"refs/heads/x", b"Me <me@example.com>", b"message")],
)


@given(st.lists(st.tuples(st.integers(0, 1 << 12), st.integers(0, 255)), max_size=8), st.integers())
def test_hostile_tables(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]], cut: int
) -> None:
    """Damage of any kind is an input error, or goes unseen; nothing else is raised."""
    raw = bytearray(TABLE)
    for at, value in flips:
        raw[at % len(raw)] = value
    path: Path = tmp_path_factory.getbasetemp() / "hostile.ref"
    path.write_bytes(raw[: cut % (2 * len(raw))])
    try:
        read_table(path, 20)
    except InputError:
        return
