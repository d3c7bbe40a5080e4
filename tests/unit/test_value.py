# SPDX-License-Identifier: Apache-2.0
"""The sorting of values: secrets, references, documentation values, code and words."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.detect.sample import ALNUM, HEX, text, uuid4
from stanch.detect.value import Sort, entropy, is_placeholder, is_reference, sort

REFERENCES = (
    "",
    "${NPM_TOKEN}",
    "${NPM_TOKEN:-}",
    "$NPM_TOKEN",
    "$AUTH_TOKEN",
    "$npmToken",
    "$pass",
    "$mypass",
    "$repo_pw",
    "$deployValue",
    "$env:NPM_TOKEN",
    "$(cat token.txt)",
    "$(NpmToken)",
    "$1",
    "%NPM_TOKEN%",
    "%env(NPM_TOKEN)%",
    "${{ secrets.NPM_TOKEN }}",
    "${{ inputs.token || github.token }}",
    "{{ npm_token }}",
    "{{ .Values.registry.token }}",
    "{% if token %}",
    "#{ENV['TOKEN']}",
    "<%= ENV['TOKEN'] %>",
    "@npm.token@",
    "!Ref NpmToken",
    "!vault |",
    "__NPM_TOKEN__",
    "[[ token ]]",
    "{token}",
    "process.env.NPM_TOKEN",
    'os.environ["NPM_TOKEN"]',
    'System.getenv("NPM_TOKEN")',
    'getenv("NPM_TOKEN")',
    "var.npm_token",
    "local.npm_token",
    "secrets.NPM_TOKEN",
    "op://vault/npm/token",
    "vault://kv/npm",
    "${USER}:${PASSWORD}",
    "$USER:$PASSWORD",
    "npm_aBcD...7890",
    "release.${TOKEN}",
    "npm_${TOKEN}",
    "ci-${{ github.run_id }}",
    "{{ user }}-bot",
)

PLACEHOLDERS = (
    "x" * 36,
    "aaaaaaaaaaaaaaaa",
    "0123456789",
    "abcdefghijklmnop",
    "EXAMPLE-TOKEN-EXAMPLE",
    "your-token-here",
    "YOUR_NPM_TOKEN",
    "<your token>",
    "changeme",
    "change-me-please",
    "my-token",
    "mySecretToken",
    "password",
    "Passw0rd",
    "password123",
    "secret",
    "token",
    "test",
    "test-token",
    "dummy-value-1",
    "********",
    "REDACTED",
    "not-a-real-token",
    "fake-npm-token-1",
    "blahblahblah",
    "none",
    "true",
    "TODO",
    "deadbeef-cafebabe",
    "glpat-fake_q7Rk2vXw9LmT4zBnQ8cD5e",
    "ghp_FakeFakeFake4zBnQ8cD5eF2gH7jK9mN",
)

SECRETS = (
    "$ecret!Word9",
    "$ecret",
    "secr€t-9-w0rd",
    "q7Rk2vXw9LmT4zBn",
    "correct7horse",
    "P@ssw0rd!2024-acme",
    "Tr0ub4dor&3",
    "deadbeef0badcafe1f2e3d4c5b6a7988",
    "a8f5f167-f44f-4964-a998-8c31b1f6d5e2",
    "QWxhZGRpbjpvcGVuU2VzYW1l",
    "Qx7hG2kLm9pRt4VwZs/8fTqLw2",
    "/9j4AAQSkZJRgABAQ",
    "k3.secret.AQIDBAUGBwgJCgsM9z",
    "q7Rk2vXw9LmT4zBnfakeQ8cD5eF2gH7jK9mN",
    "q7Rk2vXw9LmTodoQ8cD5eF2gH7jK9mNvouR3s",
    "q7Rk2vXw9LmT-${REGION}",
    "q7Rk2vbLAhXw9LmT",
)

OTHERS = (
    "true-ish",
    "getToken",
    "token.value",
    "config_file_name",
    "getToken()",
    "new Token(x)",
    "await fetchToken()",
    "./secrets/token.txt",
    "/run/secrets/npm",
    "~/.npmrc",
    ".config/tool/credentials-v6",
    "//registry/:_authToken",
    "C:\\secrets\\token",
    "registry.corp.internal",
    "and",
    "^12.3.4",
    "1.2.3-beta.4",
    "86400",
    "0xdeadbeef",
    "_authToken",
    "2026-11-22",
    "30s",
    "--username",
    "(authentication",
    ":_auth,",
    "=>",
)


@pytest.mark.parametrize("value", REFERENCES)
def test_references_are_told(value: str) -> None:
    """A value that names where the secret is, or was masked, is a reference in quotes or not."""
    data = value.encode()
    assert (Sort.REFERENCE,) * 2 == (sort(data, quoted=True), sort(data, quoted=False))


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_documentation_values_are_told(value: str) -> None:
    """A value that stands in documentation in place of one is a placeholder."""
    assert sort(value.encode(), quoted=True) is Sort.PLACEHOLDER


@pytest.mark.parametrize("value", SECRETS)
def test_secrets_are_told(value: str) -> None:
    """A value that could authenticate is a secret, however it begins: `$ecret` is no variable."""
    data = value.encode()
    assert (Sort.SECRET,) * 2 == (sort(data, quoted=True), sort(data, quoted=False))


@pytest.mark.parametrize("value", OTHERS)
def test_code_and_words_are_told(value: str) -> None:
    """Bare code, paths, options, versions, numbers and words are nothing that authenticates."""
    assert sort(value.encode(), quoted=False) in {Sort.OTHER, Sort.REFERENCE}


@pytest.mark.parametrize(
    "value", ["the token used to publish", "OTHER_TOKEN", "release-bot", "npm_token_name"]
)
def test_names_and_sentences_in_quotes_are_told(value: str) -> None:
    """In quotes, several words are a name or a sentence."""
    assert sort(value.encode(), quoted=True) in {Sort.OTHER, Sort.PLACEHOLDER}


def test_one_word_in_quotes_can_be_a_password() -> None:
    """In quotes, one word may well be a password; bare it is an identifier."""
    assert (Sort.SECRET, Sort.OTHER) == (
        sort(b"swordfisherman", quoted=True),
        sort(b"swordfisherman", quoted=False),
    )


@pytest.mark.parametrize("seed", range(50))
def test_random_tokens_are_secrets(seed: int) -> None:
    """What a generator draws is a secret: letters and digits, hex, or a UUID."""
    rng = random.Random(seed)
    drawn = (text(rng, ALNUM, 24), text(rng, ALNUM, 40), text(rng, HEX, 32), uuid4(rng))
    assert {Sort.SECRET} == {sort(value.encode(), quoted=False) for value in drawn}


@pytest.mark.parametrize("seed", range(50))
def test_random_letters_are_told_from_words(seed: int) -> None:
    """Letters without a digit count as drawn at random when no word looks like them."""
    letters = text(random.Random(seed), ALNUM[10:], 30)
    assert sort(letters.encode(), quoted=False) is Sort.SECRET


@given(st.binary(max_size=2048), st.booleans())
def test_any_bytes_have_a_sort(value: bytes, quoted: bool) -> None:  # noqa: FBT001
    """Whatever the bytes, they have a sort, and the parts agree with the whole."""
    found = sort(value, quoted=quoted)
    if is_reference(value):
        assert found is Sort.REFERENCE
    elif value and found is not Sort.REFERENCE:
        assert is_placeholder(value) is (found is Sort.PLACEHOLDER)


@given(st.from_regex(r"[A-Z_][A-Z0-9_]{0,30}", fullmatch=True))
def test_every_variable_is_a_reference(name: str) -> None:
    """A shell's, a Windows' and a workflow's way to name a variable are references."""
    forms = (f"${name}", f"${{{name}}}", f"%{name}%", f"${{{{ secrets.{name} }}}}")
    assert {True} == {is_reference(form.encode()) for form in forms}


def test_entropy_counts_bits() -> None:
    """Entropy is 0 for nothing and for one byte, and 8 when every byte is different."""
    assert (0.0, 0.0, 1.0, 8.0) == (
        entropy(b""),
        entropy(b"aaaa"),
        entropy(b"abab"),
        entropy(bytes(range(256))),
    )
