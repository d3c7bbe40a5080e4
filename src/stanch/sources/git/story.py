# SPDX-License-Identifier: Apache-2.0
"""What history tells about the objects that hit, put into the places that are reported."""

from collections.abc import Callable, Iterator
from functools import cache

import msgspec

from stanch.errors import InputError
from stanch.gitdb.attribution import Notes, Story, attribute
from stanch.gitdb.database import Database
from stanch.gitdb.kinds import COMMIT, TAG
from stanch.gitdb.repository import is_hex
from stanch.gitdb.revisions import iso_time, parse_commit
from stanch.model import Located, Occurrence


def attributed(
    database: Database,
    found: list[Located],
    hit: set[bytes],
    notes: list[Notes],
    refs: dict[str, str],
) -> Iterator[Located]:
    """Yield what was found, with what history tells about it.

    Args:
        database: Where the objects are.
        found: Places in objects.
        hit: Binary names of those objects.
        notes: Notes on all trees and commits.
        refs: Ref -> hex name.
    """
    if not found:
        return

    def peel(name: str) -> list[str]:
        return _peel(database, name)

    @cache
    def author(commit: str) -> tuple[str, str]:
        return _author(database, commit)

    stories = attribute(hit, notes, refs, peel, database.hash_size)
    for item in found:
        name = bytes.fromhex(item.occurrence.object)
        occurrence = _tell(item.occurrence, stories[name], author)
        yield msgspec.structs.replace(item, occurrence=occurrence)


def _peel(database: Database, name: str) -> list[str]:
    """Return a hex name and, for a tag object, what that points at, and so on."""
    chain = [name]
    for _ in range(5):
        found = database.read(chain[-1])
        target = found[1][7 : 7 + len(name)] if found and found[0] == TAG else b""
        if not is_hex(target):
            break
        chain.append(target.decode())
    return chain


def _tell(
    occurrence: Occurrence, story: Story, author_of: Callable[[str], tuple[str, str]]
) -> Occurrence:
    author, date = author_of(story.introduced)
    _, last_date = author_of(story.last)
    path = story.paths[0] if story.paths else occurrence.path
    return msgspec.structs.replace(
        occurrence,
        path=path,
        paths=story.paths,
        commit=story.introduced,
        author=author,
        date=date,
        last_commit=story.last,
        last_date=last_date,
        refs=story.refs,
        reachable=bool(story.refs),
        in_head=story.in_head,
    )


def _author(database: Database, commit: str) -> tuple[str, str]:
    """Return a commit's author and author date (ISO 8601, UTC)."""
    found = database.read(commit)
    if found is None or found[0] != COMMIT:
        return "", ""
    try:
        parsed = parse_commit(bytes.fromhex(commit), found[1], database.hash_size)
    except InputError:
        return "", ""
    return parsed.author, iso_time(parsed.authored)
