# SPDX-License-Identifier: Apache-2.0
"""Write the seeds anew: `python -m tests.fuzz.write_seeds`. They hold no credential."""

import bz2
import gzip
import io
import lzma
import zipfile

import py7zr
import zstandard
from tests.archive_samples import PLAIN, ar_of, seven_zip_of, streamed_zip_of, tar_of, zip_of
from tests.fuzz.mutate import SEEDS
from tests.fuzz.pack_seeds import seeds as pack_seeds
from tests.marshal_samples import MAGIC, Function, pyc


def _plain_header_7z() -> bytes:
    """Return a 7z archive whose header is not packed: mutations reach it."""
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", filters=[{"id": py7zr.FILTER_LZMA2}]) as archive:
        archive.set_encoded_header_mode(False)
        for name, data in PLAIN:
            archive.writestr(data, name)
    return buffer.getvalue()


def _archives() -> dict[str, bytes]:
    tar = tar_of(PLAIN)
    return {
        "deflated.zip": zip_of(PLAIN, comment=b"comment"),
        "stored.zip": zip_of(PLAIN, zipfile.ZIP_STORED),
        "lzma.zip": zip_of(PLAIN, zipfile.ZIP_LZMA),
        "streamed.zip": streamed_zip_of(PLAIN),
        "plain.tar": tar,
        "long.tar": tar_of([("d/" * 200 + "f", b"x")], 1),
        "a.tar.gz": gzip.compress(tar, mtime=0),
        "a.tar.bz2": bz2.compress(tar),
        "a.tar.xz": lzma.compress(tar),
        "a.tar.zst": zstandard.compress(tar),
        "a.log.gz": gzip.compress(b"log line\n" * 20, mtime=0),
        "a.deb": ar_of([("debian-binary", b"2.0\n"), ("data.tar.gz", gzip.compress(tar, mtime=0))]),
        "packed.7z": seven_zip_of(PLAIN),
        "plain.7z": _plain_header_7z(),
        "nested.zip": zip_of([("t.tgz", gzip.compress(tar_of([("s.7z", _plain_header_7z())])))]),
    }


def _modules() -> dict[str, bytes]:
    inner = Function(
        b"d\0\0Z\0\0d\0Z\0}\0", ("inner", 3), ("name",), ("self", "arg"), 2, 1, name="f"
    )
    codes = {
        (2, 7): b"d\0\0Z\0\0i\1\0d\0\0d\1\x006d\1\0d\2\0\x84\1\0Z\0\0",
        (3, 5): b"d\0\0Z\0\0d\1\0d\2\0d\3\0\x84\1\0Z\0\0",
        (3, 8): b"d\0Z\0d\4d\2d\3\x84\1Z\0d\0d\1d\4\x9c\2\\\2",
        (3, 11): b"\x97\0d\0Z\0d\4d\2\x84\1Z\0\xac\4\xa6\0\xab\2",
        (3, 13): bytes((149, 0, 83, 0, 114, 0, 83, 4, 83, 2, 26, 0, 106, 1, 57, 2)),
        (3, 14): bytes((128, 0, 82, 0, 116, 0, 82, 4, 82, 2, 23, 0, 108, 1, 55, 2)),
        (3, 15): b"????",
    }
    consts = ("value", "https://host.example/x", inner, "f", ("name", "arg"), None)
    assert set(codes) <= set(MAGIC)
    return {
        f"py{major}{minor}.bin": pyc(Function(code, consts, ("name", "mod")), (major, minor))
        for (major, minor), code in codes.items()
    }


def main() -> None:
    """Write every seed."""
    groups = (("unpack", _archives()), ("pyc", _modules()), ("pack", pack_seeds()))
    for folder, seeds in groups:
        (SEEDS / folder).mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (SEEDS / folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
