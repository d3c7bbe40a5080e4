# SPDX-License-Identifier: Apache-2.0
"""Laws of the archive readers: nothing raised, bounds kept, nothing invented."""

import bz2
import gzip
import lzma

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.archive_samples import PLAIN, ar_of, read, seven_zip_of, tar_of, zip_of

from stanch.unpack import Limits, archive_kind, is_archive

LIMITS = Limits(entry_bytes=1 << 16, ratio_free_bytes=1 << 18, entries=300, time_s=5)
WHOLE = {
    "zip": zip_of(),
    "tar": tar_of(),
    "gzip": gzip.compress(tar_of()),
    "bzip2": bz2.compress(tar_of()),
    "xz": lzma.compress(tar_of()),
    "zstd": zstandard.compress(tar_of()),
    "ar": ar_of(),
    "7z": seven_zip_of(),
    "nested": zip_of([("t.tgz", gzip.compress(tar_of([("s.7z", seven_zip_of())])))]),
}
HEADS = [b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08", b"BZh91AY&SY", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"]
HEADS += [b"!<arch>\n", b"7z\xbc\xaf\x27\x1c\0\4"]

edits = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.integers(0, 255), st.sampled_from("sdi")),
    min_size=1,
    max_size=12,
)
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=120)
files = st.lists(
    st.tuples(names, st.binary(max_size=2000)), max_size=8, unique_by=lambda file: file[0]
)


def _edited(data: bytes, changes: list[tuple[int, int, str]]) -> bytes:
    changed = bytearray(data)
    for at, byte, kind in changes:
        place = at % (len(changed) + 1)
        if kind == "i":
            changed[place:place] = bytes((byte,))
        elif place < len(changed):
            changed[place : place + 1] = bytes((byte,)) if kind == "s" else b""
    return bytes(changed)


def _check(data: bytes) -> None:
    found, skipped = read(data, "x", LIMITS)
    assert all(len(body) <= max(LIMITS.entry_bytes, len(data)) + 512 for _, body in found)
    assert all("".join(path).isprintable() for path, _ in found)
    assert all(item.incomplete and item.path.startswith("x") for item in skipped)


@pytest.mark.parametrize("kind", WHOLE)
@given(changes=edits)
@settings(max_examples=60, deadline=None)
def test_damaged_archives(kind: str, changes: list[tuple[int, int, str]]) -> None:
    """However an archive is damaged, reading it raises nothing and keeps its bounds."""
    _check(_edited(WHOLE[kind], changes))


@given(head=st.sampled_from(HEADS), tail=st.binary(max_size=600))
@settings(max_examples=300, deadline=None)
def test_noise_behind_a_magic_number(head: bytes, tail: bytes) -> None:
    """Noise that starts as an archive does raises nothing."""
    _check(head + tail)


@given(data=st.binary(max_size=700))
def test_is_archive_agrees_with_its_kind(data: bytes) -> None:
    """`is_archive` says yes exactly where there is a kind."""
    assert is_archive(data) == bool(archive_kind(data))


@given(content=files)
@settings(deadline=None)
def test_tar_round_trip(content: list[tuple[str, bytes]]) -> None:
    """What the standard library packs into a tar comes out again, in order."""
    _, skipped = read(tar_of(content))
    found = [body for path, body in read(tar_of(content))[0] if len(path) == 1]
    plain = [body for _, body in content]
    if not any(is_archive(body) for body in plain):
        assert ([], plain) == (skipped, found)


@given(content=files, cut=st.integers(0, 4000))
@settings(deadline=None)
def test_cut_zip_invents_nothing(content: list[tuple[str, bytes]], cut: int) -> None:
    """Every member of a cut stored zip is a run of bytes that stands in it."""
    data = zip_of(content, 0)[:cut]
    for _, body in read(data)[0]:
        assert body in data


def test_every_cut_of_every_kind() -> None:
    """Cut after any byte of its first and last hundred, an archive raises nothing."""
    for data in WHOLE.values():
        for cut in [*range(100), *range(max(100, len(data) - 100), len(data))]:
            _check(data[:cut])
    assert PLAIN
