# SPDX-License-Identifier: Apache-2.0
"""Small archives for tests, built by the standard library: an oracle apart from our readers."""

import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

import py7zr

from stanch.model import Skipped
from stanch.unpack import Limits, Member, members

Files = Iterable[tuple[str, bytes]]
PLAIN = (("a.txt", b"alpha " * 50), ("d/b.txt", b"beta " * 900), ("empty", b""))


def zip_of(files: Files = PLAIN, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    """Return a zip archive of `files`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
        archive.comment = comment
    return buffer.getvalue()


def streamed_zip_of(files: Files = PLAIN) -> bytes:
    """Return a zip archive whose sizes stand behind the data, as written to a pipe."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: Any, /) -> int:
            self.written += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
    return bytes(pipe.written)


def tar_of(files: Files = PLAIN, form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar archive of `files`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def ar_of(files: Files = PLAIN) -> bytes:
    """Return an ar archive of `files`, as `dpkg-deb` writes one."""
    parts = [b"!<arch>\n"]
    for name, data in files:
        head = f"{name + '/':<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n"
        parts += [head.encode(), data, b"\n" * (len(data) % 2)]
    return b"".join(parts)


def seven_zip_of(files: Files = PLAIN, filters: list[dict[str, int]] | None = None) -> bytes:
    """Return a 7z archive of `files`."""
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", filters=filters) as archive:
        for name, data in files:
            archive.writestr(data, name)
    return buffer.getvalue()


def read(
    data: bytes,
    name: str = "x",
    limits: Limits | None = None,
    clock: Callable[[], float] | None = None,
) -> tuple[list[tuple[tuple[str, ...], bytes]], list[Skipped]]:
    """Return the members of an archive, and what was skipped."""
    found: list[tuple[tuple[str, ...], bytes]] = []
    skipped: list[Skipped] = []
    for item in members(data, name, limits, *([clock] if clock else [])):
        if isinstance(item, Member):
            found.append((item.path, item.data))
        else:
            skipped.append(item)
    return found, skipped


LZMA1 = [{"id": lzma.FILTER_LZMA1}]
