# SPDX-License-Identifier: Apache-2.0
"""Bring the places of one credential together."""

import io
import tarfile
from pathlib import Path

import msgspec
import pytest
from tests.conftest import Stanch, Token
from tests.report_samples import committed, finding, npm_token

import stanch as api
from stanch.model import Occurrence

DISK = Occurrence(path="b", line=1)


def test_places_have_one_order_whoever_found_them_first() -> None:
    """Places on disk come first, then those in history, oldest first; each is told once."""
    old = committed("z", in_head=False, date="2019-01-01T00:00:00Z")
    new = committed("a", in_head=True)
    other = msgspec.structs.replace(DISK, path="a")
    for places in ((new, DISK, old, other), (other, old, DISK, new, DISK, old)):
        (merged,) = api.merge(finding(npm_token(1), place) for place in places)
        assert (other, DISK, old, new) == merged.occurrences


def test_credentials_of_one_kind_stand_together() -> None:
    """Among equally bad credentials those of one registry follow each other."""
    found = [finding(npm_token(number), DISK) for number in range(8)]
    mixed = [msgspec.structs.replace(one, registry="ab"[n % 2]) for n, one in enumerate(found)]
    assert "aaaabbbb" == "".join(one.registry for one in api.merge(mixed))


@pytest.mark.parametrize("inner", [("m",), ("a.tar", "m")])
def test_a_member_is_told_instead_of_its_archive(inner: tuple[str, ...]) -> None:
    """The bytes of an archive that is not compressed hold the credential of a member too."""
    member = msgspec.structs.replace(DISK, archive_path=inner)
    own = [msgspec.structs.replace(DISK, archive_path=inner[:n]) for n in range(len(inner))]
    beside = msgspec.structs.replace(DISK, path="c")
    (merged,) = api.merge(finding(npm_token(1), place) for place in (*own, member, beside))
    assert (member, beside) == merged.occurrences


def test_an_archive_without_compression_is_told_once(
    tmp_path: Path, stanch: Stanch, token: Token
) -> None:
    """A credential in a tar file is told by its member, and by its line in there."""
    data = f"\n\na={token('npm-access-token')}\n".encode()
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        member = tarfile.TarInfo("etc/.npmrc")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    done = stanch("scan", "a.tar", cwd=tmp_path)
    places = [line for line in done.stdout.decode().splitlines() if "a.tar" in line]
    assert ["where     a.tar!etc/.npmrc:3:3"] == places
