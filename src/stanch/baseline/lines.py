# SPDX-License-Identifier: Apache-2.0
"""The lines of a baseline file: one header, then one entry per credential."""

import codecs
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from stanch.disk.globs import Globs
from stanch.errors import ConfigError
from stanch.model import Occurrence

VERSION: Final = 1
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{32}")
_SALT: Final = re.compile(r"(?:[0-9a-f]{2}){16,64}")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One accepted credential.

    Attributes:
        fingerprint: Its identity, keyed with the baseline's salt.
        rule: Rule that found it, for people.
        path: Glob of the paths where it is accepted; "" for everywhere.
        reason: Why it is accepted.
        owner: Who answers for it.
        expires: Last day on which it is accepted, `YYYY-MM-DD`; "" for no end.
    """

    fingerprint: str
    rule: str = ""
    path: str = ""
    reason: str = ""
    owner: str = ""
    expires: str = ""

    def expired(self, today: date) -> bool:
        """Tell whether its last day is over."""
        return bool(self.expires) and date.fromisoformat(self.expires) < today

    def covers(self, occurrence: Occurrence) -> bool:
        """Tell whether the credential is accepted at that place."""
        return not self.path or Globs([self.path]).covers(occurrence.path)


def parse(data: bytes, path: Path) -> tuple[bytes, list[Entry]]:
    """Read a file's content: its salt, and its entries as they stand.

    Args:
        data: UTF-8, or UTF-16 with a byte-order mark.
        path: Where it comes from, for messages.

    Raises:
        ConfigError: A line says something that cannot be meant.
    """
    salt = ""
    entries = []
    for number, line in enumerate(_text(data, path).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        fields = _fields(line, where)
        if "stanch-baseline" not in fields:
            entries.append(_entry(fields, where))
            continue
        found = _salt(fields, where)
        if salt and salt != found:
            raise ConfigError(
                f"{where}: a second salt: two baselines were merged; keep one header and"
                " its entries, and run `stanch baseline write` for the rest"
            )
        salt = found
    if not salt:
        raise ConfigError(f"{path}: no header line; make a baseline by `stanch baseline write`")
    return bytes.fromhex(salt), entries


def text(salt: bytes, entries: Iterable[Entry]) -> str:
    """Return a file's content."""
    header = msgspec.json.encode({"stanch-baseline": VERSION, "salt": salt.hex()})
    lines = [header, *(msgspec.json.encode(entry) for entry in entries)]
    return "".join(line.decode() + "\n" for line in lines)


def united(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries sorted, one per credential and path.

    Where branches changed the same entry, the one that ends first is kept: the strict one.
    """
    united: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        place = (entry.fingerprint, entry.path)
        old = united.get(place)
        if old is None or _strictness(entry) < _strictness(old):
            united[place] = entry
    return tuple(united[place] for place in sorted(united))


def _strictness(entry: Entry) -> tuple[str, ...]:
    """Order versions of one entry; one with a reason wins over one without."""
    described = "0" if entry.reason else "1"
    return (entry.expires or "~", described, entry.reason, entry.owner, entry.rule)


def _text(data: bytes, path: Path) -> str:
    """Decode a baseline; shells have been seen to write it as UTF-16."""
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text") from None


def _fields(line: str, where: str) -> dict[str, object]:
    try:
        fields = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        conflict = line.startswith(("<<<<<<<", "=======", ">>>>>>>"))
        hint = "a merge conflict; keep both sides" if conflict else "not a line of JSON"
        raise ConfigError(f"{where}: {hint}") from None
    if not isinstance(fields, dict):
        raise ConfigError(f"{where}: not a JSON object")
    return fields


def _salt(fields: dict[str, object], where: str) -> str:
    if fields["stanch-baseline"] != VERSION:
        raise ConfigError(f"{where}: made by a newer stanch; this one reads version {VERSION}")
    salt = fields.get("salt")
    if not isinstance(salt, str) or not _SALT.fullmatch(salt):
        raise ConfigError(f"{where}: salt: not 16 to 64 bytes in hex digits")
    return salt


def _entry(fields: dict[str, object], where: str) -> Entry:
    try:
        entry = msgspec.convert(fields, Entry)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}") from None
    if not _FINGERPRINT.fullmatch(entry.fingerprint):
        raise ConfigError(f"{where}: fingerprint: not 32 hex digits")
    try:
        day = not entry.expires or bool(_DAY.fullmatch(entry.expires))
        entry.expired(date.min)
    except ValueError:
        day = False
    if not day:
        raise ConfigError(f"{where}: expires: not a day as YYYY-MM-DD")
    return entry
