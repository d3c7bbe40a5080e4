# SPDX-License-Identifier: Apache-2.0
"""Bounds on what an archive may cost, and what is shown of hostile names."""

import gzip
import io
import itertools
import struct
import tarfile
import zipfile

import zstandard
from tests.archive_samples import PLAIN, ar_of, read, seven_zip_of, tar_of, zip_of

from stanch.unpack import Limits

SMALL = Limits(entry_bytes=1 << 20, ratio_free_bytes=1 << 20)


def test_ratio_stops_a_bomb_and_keeps_what_was_read() -> None:
    """A file that expands too far is read up to the bound, then reported as incomplete."""
    for bomb in (gzip.compress(bytes(64 << 20)), zstandard.compress(bytes(64 << 20))):
        found, skipped = read(bomb, "bomb", Limits(ratio_free_bytes=1 << 20))
        assert sum(len(data) for _, data in found) < 64 << 20
        assert ["bomb"] == [item.path for item in skipped]
        assert "200 times" in skipped[0].reason
        assert skipped[0].incomplete


def test_a_nested_bomb_does_not_hide_what_follows() -> None:
    """A bomb inside an archive costs its own share; its siblings are read."""
    bomb = gzip.compress(bytes(4 << 20))
    found, skipped = read(zip_of([("bomb.gz", bomb), ("after.txt", b"here")]), "x", SMALL)
    assert (("after.txt",), b"here") in found
    assert ["x!bomb.gz"] == [item.path for item in skipped]


def test_overlapping_files_are_counted_each_time() -> None:
    """A zip whose files share their bytes stops at the ratio, by the bytes that are made."""
    kernel = zip_of([("f", bytes(1 << 20))])
    local = kernel[: kernel.index(b"PK\1\2")]
    record = kernel[len(local) : kernel.index(b"PK\5\6")]
    # Each header calls all headers after it its extra field, so that all share one file's data.
    heads = [local[:28] + struct.pack("<H", 31 * (200 - i)) + b"f" for i in range(200)]
    body = b"".join(heads) + local
    records = b"".join(record[:42] + struct.pack("<I", 31 * i) + b"f" for i in range(200))
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 200, 200, len(records), len(body), 0)
    found, skipped = read(body + records + end, "x", SMALL)
    assert 0 < sum(len(data) for _, data in found) <= 8 << 20
    assert "200 times" in skipped[-1].reason


def test_depth() -> None:
    """Archives nested beyond the bound stay closed, are scanned as they are, and are reported."""
    data = b"core"
    for level in range(12):
        data = zip_of([(f"level{level}", data)], zipfile.ZIP_STORED)
    found, skipped = read(data)
    assert 8 == len(found[0][0])
    assert found[0][1].startswith(b"PK")
    assert "8 deep" in skipped[0].reason


def test_compressed_in_compressed_ends() -> None:
    """Gzip in gzip in gzip ends at the bound."""
    data = b"core"
    for _ in range(30):
        data = gzip.compress(data)
    found, skipped = read(data, "x.gz")
    assert 1 == len(found) == len(skipped)


def test_entries() -> None:
    """After too many entries the archive is reported, and those read before are kept."""
    data = tar_of([(f"f{i}", b"x") for i in range(50)])
    found, skipped = read(data, "x", Limits(entries=20))
    assert 20 == len(found)
    assert "20 entries" in skipped[0].reason


def test_entries_count_across_nested_archives() -> None:
    """The bound on entries is for all nested archives together."""
    inner = tar_of([(f"f{i}", b"x") for i in range(15)])
    found, skipped = read(
        zip_of([("a", inner), ("b", inner), ("c", inner)]), "x", Limits(entries=25)
    )
    assert len(found) < 25
    assert ["x!b", "x"] == [item.path for item in skipped]


def test_time() -> None:
    """When the time is over, reading stops and says so."""
    ticks = itertools.count()
    data = tar_of([(f"f{i}", b"x") for i in range(2000)])
    found, skipped = read(data, "x", Limits(time_s=3), clock=lambda: float(next(ticks)))
    assert 0 < len(found) < 2000
    assert "3 seconds" in skipped[0].reason


def test_large_entry_is_read_in_part() -> None:
    """Of an entry beyond the bound the first bytes are read; what follows it is read whole."""
    limits = Limits(entry_bytes=1000)
    files = [("large", b"L" * 5000), ("after", b"small")]
    for data in (
        tar_of(files),
        gzip.compress(tar_of(files)),
        ar_of(files),
        zip_of(files),
        zip_of(files, zipfile.ZIP_STORED),
        seven_zip_of(files),
    ):
        found, skipped = read(data, "x", limits)
        assert [(("large",), b"L" * 1000), (("after",), b"small")] == found
        assert ["x!large"] == [item.path for item in skipped]


def test_large_compressed_file_is_read_in_part() -> None:
    """A compressed file beyond the bound is read in part, and reported."""
    found, skipped = read(gzip.compress(b"L" * 5000), "x", Limits(entry_bytes=1000))
    assert [(("x",), b"L" * 1000)] == found
    assert "1000 bytes" in skipped[0].reason


def test_huge_declared_sizes_cost_nothing() -> None:
    """A tar header that claims terabytes yields what is there and is reported."""
    info = tarfile.TarInfo("huge")
    info.size = 8 << 40
    data = info.tobuf(tarfile.GNU_FORMAT) + b"little"
    found, skipped = read(data)
    assert [(("huge",), b"little")] == found
    assert skipped
    zipped = bytearray(zip_of([("f", b"text" * 100)]))
    at = zipped.index(b"PK\1\2")
    zipped[at + 24 : at + 28] = b"\xfe\xff\xff\xff"
    assert ([(("f",), b"text" * 100)], []) == read(bytes(zipped))


def test_truncated_archives_keep_what_is_there() -> None:
    """Cut anywhere, an archive yields a prefix of its files, and says that it is not whole."""
    for whole in (tar_of(), gzip.compress(tar_of()), ar_of()):
        names = [path for path, _ in read(whole)[0]]
        for cut in range(0, min(len(whole) - 1100, 4000), 97):
            found, skipped = read(whole[:cut])
            assert names[: len(found)] == [path for path, _ in found] or not found[-1][0][0]
            assert found == [] or skipped or cut % 512 == 0


def test_damaged_header_does_not_lose_the_rest() -> None:
    """What follows a damaged tar header is a member by itself."""
    data = bytearray(tar_of([("a", b"first"), ("b", b"second")]))
    data[1024:1536] = b"\xff" * 512
    found, skipped = read(bytes(data))
    assert (("a",), b"first") == found[0]
    assert b"second" in found[1][1]
    assert "damaged" in skipped[0].reason


def test_unreadable_nested_archive_is_a_member_itself() -> None:
    """A nested archive of which nothing can be read is scanned as it is."""
    found, skipped = read(zip_of([("fake.gz", b"\x1f\x8b\x08 not gzip at all")]), "x")
    assert [(("fake.gz",), b"\x1f\x8b\x08 not gzip at all")] == found
    assert ["x!fake.gz"] == [item.path for item in skipped]


def test_names_are_shown_and_never_used() -> None:
    """Absolute and climbing names are kept as text; control and bidi characters are escaped."""
    files = [
        ("/etc/passwd", b"1"),
        ("../../up", b"2"),
        ("\x1b[2Jboo\r\n", b"3"),
        ("a\u202eb", b"4"),
    ]
    found, _ = read(tar_of(files))
    shown = [path[0] for path, _ in found]
    assert ["/etc/passwd", "../../up", "\\x1b[2Jboo\\r\\n", "a\\u202eb"] == shown


def test_undecodable_and_endless_names() -> None:
    """A name that is no UTF-8 is escaped, an endless one is cut."""
    info = tarfile.TarInfo("x")
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[:2] = b"\xff\xfe"
    found, _ = read(bytes(block) + bytes(1024))
    assert "\\udcff\\udcfe" == found[0][0][0]
    found, _ = read(tar_of([("n" * 100_000, b"")]))
    assert 4096 == len(found[0][0][0])


def test_duplicate_names_are_all_read() -> None:
    """Two files of one name are two members."""
    files = [("same", b"1"), ("same", b"2")]
    assert [b"1", b"2"] == [data for _, data in read(tar_of(files))[0]]
    assert [b"1", b"2"] == [data for _, data in read(ar_of(files))[0]]
    buffer = io.BytesIO(zip_of([("same", b"1"), ("samf", b"2")]).replace(b"samf", b"same"))
    assert [b"1", b"2"] == [data for _, data in read(buffer.getvalue())[0]]


def test_a_zip_that_holds_itself_ends() -> None:
    """A zip that opens to a zip, again and again, ends at the depth or the ratio."""
    data = zip_of(PLAIN)
    for _ in range(40):
        data = zip_of([("again.zip", data), ("again2.zip", data)])
    found, skipped = read(data, "x", Limits(entries=2000))
    assert len(found) <= 2000
    assert skipped
