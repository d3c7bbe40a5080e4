# SPDX-License-Identifier: Apache-2.0
"""The reader of PyPI's macaroons, with the library pypitoken as its oracle."""

import base64
import json
import random

import pypitoken
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.detect import Engine, Shape
from stanch.errors import CorruptInputError
from stanch.model import Confidence, Fact, Match, Proof
from stanch.registries.pypi import REGISTRY, macaroon

RULE = next(rule for rule in REGISTRY.rules if rule.id == "pypi-api-token")
assert isinstance(RULE, Shape)
SHAPE = RULE
ENGINE = Engine([RULE], decode=False)
UUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
PROJECTS = ["3f2504e0-4f89-41d3-9a0c-0305e82c33a1", "3f2504e0-4f89-41d3-9a0c-0305e82c33a2"]


def packet(kind: int, data: bytes) -> bytes:
    """Return one packet of the binary format."""
    length = []
    size = len(data)
    while size >= 0x80:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes((kind, *length, size)) + data


def build(*caveats: object, location: str = "pypi.org", identifier: str = UUID) -> str:
    """Return a token with caveats of any kind, with a signature that nobody could check."""
    raw = b"\x02" + packet(1, location.encode()) + packet(2, identifier.encode()) + b"\0"
    for caveat in caveats:
        text = caveat if isinstance(caveat, bytes) else json.dumps(caveat).encode()
        raw += packet(2, text) + b"\0"
    raw += b"\0" + packet(6, bytes(range(200, 232)))
    return "pypi-" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def prove(token: str) -> Proof:
    """Run the offline check of a token."""
    assert SHAPE.check
    return SHAPE.check(token.encode())


def only_match(text: str) -> Match:
    """Return the one match in `text`."""
    (match,) = ENGINE.matches(text.encode())
    return match


def test_agrees_with_the_oracle() -> None:
    """Tokens that pypitoken makes parse to the same instance, id and caveats."""
    for domain in ("pypi.org", "test.pypi.org", "warehouse.corp.example"):
        token = pypitoken.Token.create(domain=domain, identifier=UUID, key="a key")
        token.restrict(project_names=["left", "right"])
        token.restrict(project_ids=PROJECTS)
        token.restrict(user_id=UUID)
        token.restrict(not_before=1_700_000_000, not_after=1_700_000_900)
        proof = prove(token.dump())
        assert proof.valid
        assert {
            "instance": domain,
            "token": UUID,
            "scope": "projects",
            "projects": ["left", "right"],
            "project_ids": PROJECTS,
            "owner": UUID,
            "not_before": "2023-11-14T22:13:20Z",
            "expires": "2023-11-14T22:28:20Z",
            "expired": True,
        } == proof.facts


def test_oracle_reads_our_samples() -> None:
    """The oracle reads the samples that the rule makes."""
    for seed in range(20):
        sample = SHAPE.sample(random.Random(seed))
        token = pypitoken.Token.load(sample)
        proof = prove(sample)
        assert token.domain == proof.facts["instance"]
        assert token.identifier == proof.facts["token"]


LEGACY = {"version": 1, "permissions": "user"}


@pytest.mark.parametrize(
    ("caveats", "facts"),
    [
        ((), {"scope": "account, unless the server knows of limits"}),
        ((LEGACY,), {"scope": "account"}),
        (([3, UUID],), {"scope": "account", "owner": UUID}),
        (
            ({"version": 1, "permissions": {"projects": ["one"]}},),
            {"scope": "projects", "projects": ["one"]},
        ),
        (({"project_ids": PROJECTS},), {"scope": "projects", "project_ids": PROJECTS}),
        (
            ([1, ["a", "b"]], [1, ["b", "c"]]),
            {"scope": "projects", "projects": ["b"]},
        ),
        (
            ({"nbf": 1_700_000_000, "exp": 4_000_000_000}, [0, 1_800_000_000, 1_600_000_000]),
            {
                "scope": "account, unless the server knows of limits",
                "not_before": "2023-11-14T22:13:20Z",
                "expires": "2027-01-15T08:00:00Z",
            },
        ),
        (
            ([4, "publisher-7", {"ref": "refs/heads/main"}], [0, 1_700_000_900, 1_700_000_000]),
            {
                "scope": "publisher",
                "publisher": "publisher-7",
                "created": "2023-11-14T22:13:20Z",
                "not_before": "2023-11-14T22:13:20Z",
                "expires": "2023-11-14T22:28:20Z",
                "expired": True,
            },
        ),
        (
            (LEGACY, [9, "new"]),
            {"scope": "account", "note": "holds a caveat of an unknown kind"},
        ),
        (
            (LEGACY, b"not json"),
            {"scope": "account", "note": "holds a caveat that is not JSON"},
        ),
        (
            (LEGACY, b"[" * 100_000),
            {"scope": "account", "note": "holds a caveat that is not JSON"},
        ),
    ],
)
def test_facts(caveats: tuple[object, ...], facts: dict[str, Fact]) -> None:
    """Caveats of the old and the new style narrow each other, and give the facts."""
    proof = prove(build(*caveats))
    assert proof.valid
    told = dict(proof.facts)
    if "expired" not in facts:
        told.pop("expired", None)
    assert {"instance": "pypi.org", "token": UUID, **facts} == told


def test_length_does_not_matter() -> None:
    """A token with a hundred caveats is found whole."""
    token = build(*([1, [f"project-{n}"]] for n in range(100)))
    match = only_match(f"password = {token}\n")
    assert token.encode() == match.secret.reveal()
    assert Confidence.VERIFIED is match.confidence


@given(extra=st.text("ABCDEFghij0189-_", min_size=1, max_size=80), seed=st.integers(0, 2**32))
def test_glued_text_is_cut_off(extra: str, seed: int) -> None:
    """Characters of the same alphabet right after a token are not taken for a part of it."""
    token = SHAPE.sample(random.Random(seed))
    match = only_match(f"x={token}{extra}")
    assert token.encode() == match.secret.reveal()
    assert (2, 2 + len(token)) == match.span
    assert Confidence.VERIFIED is match.confidence


@given(seed=st.integers(0, 2**32), keep=st.integers(0, 140))
def test_truncated(seed: int, keep: int) -> None:
    """A token that is cut short is never verified, and is still found while it is long enough."""
    token = SHAPE.sample(random.Random(seed))[:keep]
    assert not prove(token).valid
    matches = ENGINE.matches(f"x = '{token}'".encode())
    assert (len(token) >= 68) is bool(matches)
    assert all(match.confidence is Confidence.FORMAT for match in matches)


def test_short_location_is_another_instance() -> None:
    """Any instance's token is known by its structure, whatever its host name."""
    proof = prove(build([3, UUID], location="a.b"))
    assert proof.valid
    assert "a.b" == proof.facts["instance"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x01",
        b"\x02",
        b"\x02\0",
        b"\x02" + packet(2, b"id") + b"\0\0" + packet(6, bytes(32)),
        b"\x02" + packet(1, b"a b") + packet(2, b"id") + b"\0\0" + packet(6, bytes(32)),
        b"\x02" + packet(2, b"id") + packet(1, b"pypi.org") + b"\0\0" + packet(6, bytes(32)),
        b"\x02" + packet(1, b"pypi.org") + packet(2, b"id") + b"\0\0" + packet(6, bytes(31)),
        b"\x02" + packet(1, b"pypi.org") + packet(2, b"id") + b"\0\0" + packet(5, bytes(32)),
        b"\x02" + packet(1, b"pypi.org") + b"\0" + packet(4, b"x") + b"\0\0",
        b"\x02\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x02\x01\xff\xff\xff\xff\x0fx",
        b"\x02\x09\x00",
    ],
)
def test_refuses(raw: bytes) -> None:
    """Bytes that are no whole macaroon of version 2 raise the project's own error."""
    with pytest.raises(CorruptInputError):
        macaroon(raw)


@given(raw=st.binary(max_size=300))
def test_hostile_bytes(raw: bytes) -> None:
    """Any bytes either parse within themselves or raise the project's own error."""
    try:
        found = macaroon(b"\x02" + raw)
    except CorruptInputError:
        return
    assert found.size <= len(raw) + 1


@given(body=st.text("AgEIcHlwaS5vcmcCJDU0_-09zZ", max_size=400))
def test_hostile_text(body: str) -> None:
    """Any text of the alphabet gives a proof, and a measure that lies within it."""
    token = f"pypi-AgE{body}"
    proof = prove(token)
    assert proof.valid or "note" in proof.facts
    assert SHAPE.measure
    assert 0 <= SHAPE.measure(token.encode()) <= len(token)


@given(
    location=st.from_regex(r"[a-z0-9.-]{1,60}", fullmatch=True),
    caveats=st.lists(st.binary(min_size=1, max_size=300), max_size=5),
)
def test_round_trip(location: str, caveats: list[bytes]) -> None:
    """What is built is read back, caveats of any bytes included."""
    token = build(*caveats, location=location)
    raw = base64.urlsafe_b64decode(token[5:] + "=" * (-len(token[5:]) % 4))
    found = macaroon(raw + b"rest")
    assert (location, UUID, tuple(caveats), len(raw)) == found
    assert prove(token).valid
