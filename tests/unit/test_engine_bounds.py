# SPDX-License-Identifier: Apache-2.0
"""Where a credential of a known form may start and end, and what a proof is worth."""

import random
from functools import cache

import pytest

from stanch.catalog import hosts, rules
from stanch.detect import Engine
from stanch.detect.checksum import with_crc32_base62
from stanch.detect.sample import ALNUM, BASE64URL, HEX, text
from stanch.model import Confidence, Match


@cache
def _engine() -> Engine:
    return Engine(rules(), hosts())


def _found(line: str) -> list[Match]:
    return _engine().matches(line.encode())


def _github(seed: int) -> str:
    return with_crc32_base62("ghp_", text(random.Random(seed), ALNUM, 30))


def test_credentials_that_run_into_each_other_are_found() -> None:
    """One credential right behind another is a credential of its own."""
    first, second = _github(1), _github(2)
    found = [match.secret.reveal().decode() for match in _found(first + second + " end")]
    assert [first, second] == found


def test_a_checksum_outweighs_what_runs_into_a_credential() -> None:
    """A credential whose checksum holds is found inside a word."""
    token = _github(3)
    (match,) = _found(f"our{token}")
    assert (token.encode(), Confidence.VERIFIED) == (match.secret.reveal(), match.confidence)


def test_an_unproved_form_inside_a_word_is_none() -> None:
    """Without a proof, what runs into a word is part of the word."""
    body = text(random.Random(4), ALNUM, 36)
    assert [] == _found(f"ourghp_{body}")


def test_a_proof_outweighs_a_word_of_placeholders() -> None:
    """A credential whose checksum holds is none of the documentation, whatever it spells."""
    rng = random.Random(5)
    made = with_crc32_base62("npm_", text(rng, ALNUM, 13) + "Fake" + text(rng, ALNUM, 13))
    (match,) = _found(f"NPM_TOKEN={made}")
    assert Confidence.VERIFIED is match.confidence


@pytest.mark.parametrize(
    "line",
    [
        "NPM_TOKEN='what is this?'",
        "NPM_" + "TOKEN = q7Rk2vXw9LmT?zBnQ8cD5e",
    ],
)
def test_a_token_has_the_letters_of_a_token(line: str) -> None:
    """What cannot be sent as a bearer token is not one, whatever the name says."""
    assert [] == _found(line)


def test_code_between_two_strings_is_no_value() -> None:
    """What stands between the end of one string and the start of the next is code."""
    assert [] == _found("const ask = 'npm password: '\nconst user = 'npm user name: '\n")


def test_a_password_has_any_letters() -> None:
    """A password may hold what a token may not."""
    password = "q7Rk" + "2v?w9LmT<zBn"
    (match,) = _found(f"NEXUS_PASSWORD='{password}'")
    assert password.encode() == match.secret.reveal()


@pytest.mark.parametrize("line", ["npm token: {}", "NuGet API key = '{}'", "rubygems secret is {}"])
def test_a_name_is_also_written_in_words(line: str) -> None:
    """The words of a name may stand apart, where a sign gives it a value."""
    password = text(random.Random(7), ALNUM, 20) + "a7"
    assert [password.encode()] == [one.secret.reveal() for one in _found(line.format(password))]


def test_words_without_a_sign_are_prose() -> None:
    """A credential-like word behind a name in words alone is part of a sentence."""
    assert [] == _found("the npm token " + text(random.Random(8), HEX, 16))


def test_wide_prefixed_forms_stay_cheap() -> None:
    """A long row of prefixes is read once each."""
    row = "ghp_" * 4000 + text(random.Random(6), HEX + BASE64URL, 8)
    assert [] == _found(row)
