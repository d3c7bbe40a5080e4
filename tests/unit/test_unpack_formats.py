# SPDX-License-Identifier: Apache-2.0
"""Every archive format that is read, against archives that other libraries wrote."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

import inflate64
import py7zr
import pytest
import zstandard
from tests.archive_samples import (
    PLAIN,
    ar_of,
    read,
    seven_zip_of,
    streamed_zip_of,
    tar_of,
    zip_of,
)

from stanch.unpack import archive_kind, is_archive

EXPECTED = [((name,), data) for name, data in PLAIN]
LONG = "deep/" * 50 + "file.txt"


def test_no_archive_is_recognised_in_plain_bytes() -> None:
    """Text, nothing at all, an ELF head and a git bundle are no archives."""
    for data in (b"", b"text", b"\x7fELF" + bytes(600), b"# v2 git bundle\n", b"BZhello" * 100):
        assert not is_archive(data)
        assert archive_kind(data) == ""
        assert read(data) == ([], [])


@pytest.mark.parametrize(
    "method",
    [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
)
def test_zip_methods(method: int) -> None:
    """Stored, deflated, bzip2 and LZMA files of a zip are read whole."""
    data = zip_of(method=method)
    assert archive_kind(data) == "zip"
    assert (EXPECTED, []) == read(data)


def _zip_by_hand(method: int, packed: bytes, plain: bytes, flags: int = 0) -> bytes:
    """Return a zip of one file `f`, for methods that the standard library cannot write."""
    crc = zlib.crc32(plain)
    local = struct.pack(
        "<4sHHHHHIIIHH",
        b"PK\3\4", 20, flags, method, 0, 0, crc, len(packed), len(plain), 1, 0,
    )  # fmt: skip
    body = local + b"f" + packed
    central = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\1\2", 20, 20, flags, method, 0, 0, crc, len(packed), len(plain), 1, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    central += b"f"
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), len(body), 0)
    return body + central + end


def test_zip_with_newer_methods() -> None:
    """Deflate64, zstd and xz files of a zip are read whole."""
    plain = b"some text " * 400
    deflater = inflate64.Deflater()
    packed = deflater.deflate(plain) + deflater.flush()
    assert ([(("f",), plain)], []) == read(_zip_by_hand(9, packed, plain))
    assert ([(("f",), plain)], []) == read(_zip_by_hand(93, zstandard.compress(plain), plain))
    assert ([(("f",), plain)], []) == read(_zip_by_hand(95, lzma.compress(plain), plain))


def test_zip_that_cannot_be_read_is_skipped() -> None:
    """Encrypted files and unknown methods are reported, and make the result incomplete."""
    for data, reason in (
        (_zip_by_hand(0, b"cipher", b"cipher", flags=1), "encrypted"),
        (_zip_by_hand(77, b"cipher", b"cipher"), "method 77"),
    ):
        found, skipped = read(data, "w.zip")
        assert [] == found
        assert ["w.zip!f"] == [item.path for item in skipped]
        assert reason in skipped[0].reason
        assert skipped[0].incomplete


def test_zip_behind_a_program() -> None:
    """A zip with something in front of it is found by its end."""
    data = b"#!/usr/bin/env python3\n" + zip_of()
    assert is_archive(data)
    assert (EXPECTED, []) == read(data)


def test_zip_comment_is_read() -> None:
    """The comment of an archive is a member of its own."""
    found, _ = read(zip_of(comment=b"a comment"))
    assert (("(comment)",), b"a comment") in found


def test_zip_written_to_a_pipe() -> None:
    """Sizes behind the data are read from the directory."""
    assert (EXPECTED, []) == read(streamed_zip_of())


@pytest.mark.parametrize("make", [zip_of, streamed_zip_of])
def test_zip_without_its_directory(make: object) -> None:
    """Files of a zip whose end is missing are found by their own headers."""
    data = make()  # type: ignore[operator]
    found, skipped = read(data[: data.index(b"PK\x01\x02")])
    assert EXPECTED == found
    assert "directory" in skipped[0].reason


def test_zip64() -> None:
    """Sizes in the zip64 field count."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("f", "w", force_zip64=True) as file:
        file.write(b"wide")
    assert ([(("f",), b"wide")], []) == read(buffer.getvalue())


def test_zip64_sizes_in_the_directory() -> None:
    """Sizes and offsets that do not fit 32 bits come from the extra field, behind others."""
    plain = _zip_by_hand(0, b"wide", b"wide")
    start, end = plain.index(b"PK\1\2"), plain.index(b"PK\5\6")
    record = bytearray(plain[start:end])
    record[20:28] = b"\xff" * 8
    extra = struct.pack("<HHI", 9, 4, 0) + struct.pack("<HHQQ", 1, 16, 4, 4)
    record[30:32] = struct.pack("<H", len(extra))
    last = bytearray(plain[end:])
    last[12:16] = struct.pack("<I", len(record) + len(extra))
    data = plain[:start] + bytes(record) + extra + bytes(last)
    assert ([(("f",), b"wide")], []) == read(data)


def test_zip64_directory() -> None:
    """The zip64 end record tells where the directory is."""
    plain = _zip_by_hand(0, b"wide", b"wide")
    start, end = plain.index(b"PK\1\2"), plain.index(b"PK\5\6")
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, end - start, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    last = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert ([(("f",), b"wide")], []) == read(plain[:end] + record + locator + last)


def test_zip_file_that_an_update_left_behind() -> None:
    """A file that the directory no longer lists is read too."""
    old = zip_of([("old", b"left behind")])
    data = old[: old.index(b"PK\x01\x02")] + zip_of([("new", b"current")])
    found, skipped = read(data)
    assert {(("old",), b"left behind"), (("new",), b"current")} == set(found)
    assert [] == skipped


def test_zip_links_and_folders_are_no_files() -> None:
    """A symbolic link in a zip is not followed, and its target is not content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system = 3
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.mkdir("folder")
    assert ([], []) == read(buffer.getvalue())


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_dialects(form: int) -> None:
    """ustar, GNU and pax tars are read, long names included."""
    files = [*PLAIN, ("d/" * 60 + "f.txt", b"long")]
    data = tar_of(files, form)
    assert archive_kind(data) == "tar"
    assert ([((name,), body) for name, body in files], []) == read(data)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_names_beyond_the_header(form: int) -> None:
    """Names that no header field can hold come from the extended header."""
    assert ([((LONG,), b"x"), (("next",), b"y")], []) == read(
        tar_of([(LONG, b"x"), ("next", b"y")], form)
    )


def test_tar_without_magic() -> None:
    """A version 7 tar is recognised by its checksum."""
    info = tarfile.TarInfo("old.txt")
    info.size = 3
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[257:512] = bytes(255)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    data = bytes(block) + b"v7\n".ljust(512, b"\0") + bytes(1024)
    assert archive_kind(data) == "tar"
    assert ([(("old.txt",), b"v7\n")], []) == read(data)


def test_a_checksum_that_is_no_number_is_no_tar() -> None:
    """Digits that are not octal where a tar has its checksum make no archive, and raise nothing."""
    data = bytearray(600)
    data[148:156] = b"000899\0 "
    assert not is_archive(bytes(data))


def test_tar_links_and_devices_are_no_files() -> None:
    """Links, devices, folders and FIFOs yield nothing, and what follows them is read."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind in (
            tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE,
        ):  # fmt: skip
            info = tarfile.TarInfo("odd")
            info.type = kind
            info.linkname = "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("file")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"text"))
    assert ([(("file",), b"text")], []) == read(buffer.getvalue())


def test_sparse_tar_is_read_as_stored() -> None:
    """The stored parts of an old GNU sparse file are read, its map is not."""
    info = tarfile.TarInfo("sparse")
    info.size = 5
    info.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[482] = 1
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    data = bytes(block) + bytes(512) + b"parts".ljust(512, b"\0") + tar_of([("next", b"n")])
    assert ([(("sparse",), b"parts"), (("next",), b"n")], []) == read(data)


@pytest.mark.parametrize(
    ("kind", "compress"),
    [
        ("gzip", gzip.compress),
        ("bzip2", bz2.compress),
        ("xz", lzma.compress),
        ("zstd", zstandard.compress),
    ],
)
def test_compressed_tar_and_file(kind: str, compress: object) -> None:
    """A compressed tar shows its files; anything else compressed is one file."""
    packed = compress(tar_of())  # type: ignore[operator]
    assert archive_kind(packed) == kind
    assert (EXPECTED, []) == read(packed)
    two = compress(b"first,") + compress(b"second")  # type: ignore[operator]
    suffix = {"gzip": "gz", "bzip2": "bz2", "xz": "xz", "zstd": "zst"}[kind]
    assert ([(("ci.log",), b"first,second")], []) == read(two, f"logs/ci.log.{suffix}")


def test_gzip_keeps_its_name() -> None:
    """The name in a gzip header is used."""
    buffer = io.BytesIO()
    with gzip.GzipFile("original.log", "wb", fileobj=buffer) as file:
        file.write(b"line")
    assert ([(("original.log",), b"line")], []) == read(buffer.getvalue(), "renamed.gz")


def test_same_gzip_member_around_another() -> None:
    """A member between two equal ones is not lost to the shortcut for single members."""
    outer = gzip.compress(b"same")
    found, _ = read(outer + gzip.compress(b"other") + outer)
    assert b"sameothersame" == found[0][1]


def test_gem() -> None:
    """A gem is a tar with a compressed tar in it."""
    gem = tar_of([("data.tar.gz", gzip.compress(tar_of())), ("metadata.gz", gzip.compress(b"m"))])
    found, skipped = read(gem)
    assert [("data.tar.gz", name) for name, _ in PLAIN] == [path for path, _ in found[:3]]
    assert (("metadata.gz", "metadata"), b"m") == found[3]
    assert [] == skipped


def test_image_layers_show_the_layer_and_the_path() -> None:
    """A member of an image layer names the layer's digest and the path in the layer."""
    digest = "blobs/sha256/" + "ab" * 32
    image = tar_of([(digest, tar_of([("app/.npmrc", b"key=value")])), ("index.json", b"{}")])
    found, _ = read(image, "image.tar")
    assert [((digest, "app/.npmrc"), b"key=value"), (("index.json",), b"{}")] == found


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress, zstandard.compress])
def test_deb(compress: object) -> None:
    """A Debian package shows the files of its control and data archives."""
    inner = compress(tar_of([("./etc/pip.conf", b"[global]")]))  # type: ignore[operator]
    deb = ar_of([("debian-binary", b"2.0\n"), ("data.tar.x", inner)])
    assert archive_kind(deb) == "ar"
    found, skipped = read(deb)
    assert [
        (("debian-binary",), b"2.0\n"),
        (("data.tar.x", "./etc/pip.conf"), b"[global]"),
    ] == found
    assert [] == skipped


def test_ar_long_names() -> None:
    """Long names are read in the System V and the BSD way."""
    names = b"a-rather-long-name.o/\n"
    bsd = b"bsd-rather-long-name"
    parts = [("/", b"symbols"), ("//", names), ("/0", b"one")]
    data = ar_of(parts).replace(b"///", b"// ").replace(b"/0/", b"/0 ")
    data += f"{'#1/20':<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{23:<10}`\n".encode() + bsd + b"two"
    found, _ = read(data)
    assert [(("a-rather-long-name.o",), b"one"), (("bsd-rather-long-name",), b"two")] == found[-2:]


@pytest.mark.parametrize(
    "filters",
    [
        None,
        [{"id": py7zr.FILTER_COPY}],
        [{"id": py7zr.FILTER_LZMA2, "preset": 1}],
        [{"id": py7zr.FILTER_LZMA, "preset": 1}],
        [{"id": py7zr.FILTER_BZIP2}],
        [{"id": py7zr.FILTER_DEFLATE}],
        [{"id": py7zr.FILTER_ZSTD, "level": 3}],
        [{"id": py7zr.FILTER_DELTA}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
        [{"id": py7zr.FILTER_ARM}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
    ],
)
def test_seven_zip_methods(filters: list[dict[str, int]] | None) -> None:
    """7z archives of every method that is read show their files."""
    data = seven_zip_of(filters=filters)
    assert archive_kind(data) == "7z"
    found, skipped = read(data)
    assert sorted(EXPECTED) == sorted(found)
    assert [] == skipped


def test_seven_zip_that_cannot_be_read_is_skipped() -> None:
    """Encrypted and PPMd-packed files are named in the report."""
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", password="word") as archive:
        archive.writestr(b"hidden", "secret.txt")
    found, skipped = read(buffer.getvalue(), "s.7z")
    assert ([], ["s.7z!secret.txt"]) == (found, [item.path for item in skipped])
    assert "encrypted" in skipped[0].reason
    ppmd = seven_zip_of([("p.txt", b"text")], [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}])
    found, skipped = read(ppmd, "s.7z")
    assert ([], ["s.7z!p.txt"]) == (found, [item.path for item in skipped])


def test_empty_archives_are_whole() -> None:
    """Archives of nothing yield nothing, and nothing is missing."""
    for data in (zip_of([]), tar_of([]), ar_of([]), seven_zip_of([])):
        assert ([], []) == read(data)


def test_nesting_of_all_kinds() -> None:
    """Archives in archives are opened in any combination, and the path names each of them."""
    seven = seven_zip_of([("deep.txt", b"found")])
    whole = zip_of([("a.tgz", gzip.compress(tar_of([("b.deb", ar_of([("c.7z", seven)]))])))])
    assert ([(("a.tgz", "b.deb", "c.7z", "deep.txt"), b"found")], []) == read(whole)
