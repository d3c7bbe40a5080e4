# SPDX-License-Identifier: Apache-2.0
"""Checksums and structures, on the vectors that the issuers and others have published.

Each vector is written in two parts, so that this file holds no credential.
"""

import importlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.catalog import registries
from stanch.detect.checksum import (
    base62,
    crc32_base62,
    his2,
    marvin,
    marvin32,
    with_crc32_base62,
    with_his2,
)
from stanch.detect.rule import Check, Key, Shape
from stanch.model import Proof


def check_of(registry: str, rule: str) -> Check:
    """Return the offline check of a rule."""
    module = importlib.import_module(f"stanch.registries.{registry}")
    found = next(one for one in module.REGISTRY.rules if one.id == rule)
    assert isinstance(found, Shape | Key)
    assert found.check
    return found.check


def prove(registry: str, rule: str, token: str) -> Proof:
    """Run the offline check of a rule."""
    return check_of(registry, rule)(token.encode())


@pytest.mark.parametrize(
    "token",
    [
        "npm_" + "UEuirnhN6qyDNigmWWTIEHMNquQHF54FKSCV",
        "npm_" + "Alm0StFaK3t0kEN8uTval1DcRC32dc1Bscp5",
        "ghp_" + "gOopU03DASjFw8k3jiy4uJWh1t46Sd0P4bh3",
        "ghr_" + "OWOCPzqKuy3J4w53QpkLfffjBUJSh5yLnFHj7wiyR0NDadVOcykNkoqhoYYXM1yy2sOpAu0lG8fw",
    ],
)
def test_crc32_base62(token: str) -> None:
    """The last six characters are the base62 CRC-32 of the body, prefix left out."""
    assert Proof(valid=True) == crc32_base62(token.encode())


def test_crc32_base62_refuses() -> None:
    """A token with another ending is not proved, and the note says why."""
    proof = crc32_base62(("npm_" + "TCllNwh2WLQlMWVhybM1iQrsTj6rMQ0BOh6d").encode())
    assert not proof.valid
    assert "checksum does not match" == proof.facts["note"]


def test_base62_pads_on_the_left() -> None:
    """Small numbers are padded with zeros to the width asked for."""
    assert ["000000", "00001A", "4gfFC3"] == [base62(n, 6) for n in (0, 72, 2**32 - 1)]


def test_marvin() -> None:
    """The hash agrees with the vector that SymCrypt publishes."""
    assert 0x22C74339492769BF == marvin(b"abc", 0xD53CD9CECD0893B7)
    assert (0x22C74339 ^ 0x492769BF).to_bytes(4, "little") == marvin32(b"abc", 0xD53CD9CECD0893B7)


NUGET_V5 = "a" * 52 + "JQQJ99ALN5Z0000LZENeS003" + "NUGT3OrW"
DEVOPS = "6RtqHqPc66Y6DYbkydbrrFJTYnRoA7r40ts7LWS2SkINSFsRABxh" + "JQQJ99BFACAAAAALGcqjAAASAZDO3eqU"


@pytest.mark.parametrize("key", [NUGET_V5, DEVOPS])
def test_his2(key: str) -> None:
    """A common annotated key ends in its own Marvin checksum."""
    assert Proof(valid=True) == his2(key.encode())


@pytest.mark.parametrize(
    "key",
    [
        NUGET_V5[:80] + "XXXX",
        "b" + NUGET_V5[1:],
        NUGET_V5[:83],
        NUGET_V5[:52] + "JQQJ98" + NUGET_V5[58:],
        "é" + NUGET_V5[2:],
        "23IcywOgHQTktCPK7D1r1zLjJkRiDu9m1udhpuOnl9XKhUzybqlM" + "JQQJ98BAACAAAAATbLuLAAASAZDOWP7X",
    ],
)
def test_his2_refuses(key: str) -> None:
    """A changed, cut or foreign key is not proved."""
    assert not his2(key.encode()).valid


def test_nuget_v5_tells_owner_creation_and_expiry() -> None:
    """The published vector says: user 1337, 5 December 2024 at 13:30, short-lived, 15 minutes."""
    proof = prove("nuget", "nuget-api-key-v5", NUGET_V5)
    assert proof.valid
    assert {
        "generation": 5,
        "environment": "Z",
        "owner": "1337",
        "lifetime": "short",
        "created": "2024-12-05T13:30:00Z",
        "expires": "2024-12-05T13:45:00Z",
        "expired": True,
    } == proof.facts


@pytest.mark.parametrize("upper", [False, True])
def test_nuget_v4(*, upper: bool) -> None:
    """The structure of a fourth generation key holds in lower and in upper case."""
    key = "oy2" + "iuvoucviouojnrbzaqxjewdop3yseppnqlewvavhupm"
    assert prove("nuget", "nuget-api-key", key.upper() if upper else key).valid


@pytest.mark.parametrize(
    ("key", "note"),
    [
        ("oy2" + "dgb333j35kjjybcf99yzxo7hjyloera4anxn4ivcvle", "not base32"),
        ("oy2" + "iuvoucviouojnrbzbqxjewdop3yseppnqlewvavhupm", "structure does not match"),
        ("oy2" + "iuvoucviouojnrbzaqxjewdop3yseppnqlewvavhupn", "structure does not match"),
        ("oy2" + "a" * 43, "structure does not match"),
    ],
)
def test_nuget_v4_refuses(key: str, note: str) -> None:
    """Other alphabets, set padding bits and zero bytes are no key."""
    assert Proof(valid=False, facts={"note": note}) == prove("nuget", "nuget-api-key", key)


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ("gGK6jurSwKyl9V3Az19z7YEFQI9aoOOd", True),
        ("0000000000000000000000000000000w", True),
        ("00000000000000000000000000000000", False),
    ],
)
def test_crates_trusted_publishing(body: str, *, valid: bool) -> None:
    """The last character of a trusted publishing token is the XOR of the others, modulo 62."""
    proof = prove("cratesio", "cratesio-trusted-publishing-token", "cio_tp_" + body)
    assert valid is proof.valid
    assert 1800 == proof.facts["lifetime_s"]


@pytest.mark.parametrize(
    "token",
    [
        "zpczok4kqgnw5prpfy3ehiylbqvgbjfkdiqk" + "ejsxqamy7qbkep7q",
        "58oo4mvqr2tpw7b4w3loeckwfu5o6nw3sihf" + "ckvlwoxgqimlddza",
        "iyfmob6xjrfmit67anxbot64umfx2clwx7dz" + "5ynxi4q2z3uqegvq",
    ],
)
def test_azure_devops_legacy_refuses(token: str) -> None:
    """Scrambled tokens of other scanners' samples fail the woven checksum."""
    assert not prove("azure_devops", "azure-devops-legacy-token", token).valid


def test_azure_devops_tells_its_month() -> None:
    """A token of today says in which month it was made."""
    proof = prove("azure_devops", "azure-devops-access-token", DEVOPS)
    assert Proof(valid=True, facts={"created": "2025-06"}) == proof


CHECKED = [
    (registry.name, rule)
    for registry in registries()
    for rule in registry.rules
    if isinstance(rule, Shape) and rule.check
]


@pytest.mark.parametrize(("registry", "rule"), CHECKED, ids=lambda one: getattr(one, "id", one))
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_samples_hold(registry: str, rule: Shape, seed: int) -> None:
    """Every sample passes its shape's check, whatever the seed."""
    assert rule.check
    assert rule.check(rule.sample(random.Random(seed)).encode()).valid, registry


@pytest.mark.parametrize(("registry", "rule"), CHECKED, ids=lambda one: getattr(one, "id", one))
@settings(max_examples=20)
@given(data=st.data())
def test_checks_return(registry: str, rule: Shape, data: st.DataObject) -> None:
    """A check returns plain facts for whatever its pattern lets through."""
    token = data.draw(st.from_regex(rule.pattern, fullmatch=True))
    assert rule.check
    facts = rule.check(token.encode()).facts
    assert all(isinstance(fact, str | int | list) for fact in facts.values()), registry


@given(seed=st.integers(0, 2**32), at=st.integers(0, 51))
def test_azure_devops_legacy(seed: int, at: int) -> None:
    """The woven checksum holds for every sample, and not with one character changed."""
    check = check_of("azure_devops", "azure-devops-legacy-token")
    module = importlib.import_module("stanch.registries.azure_devops")
    made = next(one for one in module.REGISTRY.rules if one.id == "azure-devops-legacy-token")
    token = made.sample(random.Random(seed))
    assert Proof(valid=True, facts={"issued_to": "user"}) == check(token.encode())
    if at < 51:  # NOTE: four bits of the last character are padding.
        other = "b" if token[at] == "a" else "a"
        assert not check((token[:at] + other + token[at + 1 :]).encode()).valid


@given(body=st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=1))
def test_with_crc32_base62_round_trips(body: str) -> None:
    """What is built with a checksum passes it."""
    assert crc32_base62(with_crc32_base62("npm_", body).encode()).valid


@given(seed=st.integers(0, 2**32))
def test_with_his2_round_trips(seed: int) -> None:
    """What is built with a Marvin checksum passes it, and one changed bit does not."""
    rng = random.Random(seed)
    body = "".join(rng.choices("ABCDEFGHabcdefgh01234567", k=52)) + "JQQJ99" + "A" * 22
    key = with_his2(body)
    assert his2(key.encode()).valid
    assert not his2((chr(ord(key[0]) ^ 1) + key[1:]).encode()).valid
