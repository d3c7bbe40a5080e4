# SPDX-License-Identifier: Apache-2.0
"""Allow comments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.detect.allow import allowed

RULE = ("npm-access-token", "VNX-SEC-010", "npmrc")


def _on_line(comment: str, before: str = "", after: str = "") -> str:
    text = f"{before}token = SECRET {comment}\n{after}".encode()
    start = text.index(b"SECRET")
    return allowed(text, start, start + 6, *RULE)


@pytest.mark.parametrize(
    ("comment", "name"),
    [
        ("# stanch:allow", "stanch:allow"),
        ("// gitleaks:allow", "gitleaks:allow"),
        ("/* betterleaks:allow */", "betterleaks:allow"),
        ("# trufflehog:ignore", "trufflehog:ignore"),
        ("# kingfisher:ignore", "kingfisher:ignore"),
        ("# pragma: allowlist secret", "pragma: allowlist secret"),
        ("# pragma: whitelist secret", "pragma: whitelist secret"),
        ("<!-- ggignore -->", "ggignore"),
        ("// secretlint-disable-line", "secretlint-disable-line"),
        ("# GITLEAKS:ALLOW", "gitleaks:allow"),
    ],
)
def test_comment_on_the_line_allows(comment: str, name: str) -> None:
    """Each form that users already have allows a finding on its line, and is named."""
    assert name == _on_line(comment)


@pytest.mark.parametrize(
    "comment", ["", "# allow", "# ggignored", "# pragma: allowlist", "# secretlint-disable"]
)
def test_other_comments_allow_nothing(comment: str) -> None:
    """What only looks like an allow comment leaves the finding alone."""
    assert _on_line(comment) == ""


def test_comment_on_another_line_allows_nothing() -> None:
    """A same-line comment does not reach the line below or above it."""
    assert _on_line("", before="# gitleaks:allow\n", after="# gitleaks:allow\n") == ""


@pytest.mark.parametrize(
    "comment", ["pragma: allowlist nextline secret", "secretlint-disable-next-line"]
)
def test_next_line_comment_allows_the_line_below(comment: str) -> None:
    """A next-line comment allows the line below it, not its own and not the one after."""
    assert comment == _on_line("", before=f"# {comment}\n")
    assert _on_line(f"# {comment}") == ""
    assert _on_line("", before=f"# {comment}\n\n") == ""


@pytest.mark.parametrize(
    ("words", "covered"),
    [
        ("npm-access-token", True),
        ("VNX-SEC-010", True),
        ("npmrc", True),
        ("pypi-api-token", False),
        ("pypi-api-token, npm-access-token", True),
        ("revoked last week", True),
        ("npm-access-token because of the docs", True),
        ("pypi-api-token not this one", False),
    ],
)
def test_rule_ids_limit_our_own_comment(words: str, covered: bool) -> None:  # noqa: FBT001
    """`stanch:allow ID` covers that rule alone; words that are no ids are a reason."""
    assert ("stanch:allow" if covered else "") == _on_line(f"# stanch:allow {words}")


def test_name_never_repeats_what_follows() -> None:
    """The name holds nothing of the line but the comment's own form."""
    assert _on_line("# stanch:allow npm_something_private") == "stanch:allow"


def test_comment_in_utf_16_allows() -> None:
    """A comment counts in UTF-16 text, where each letter is two bytes."""
    text = "a\nSECRET # gitleaks:allow\n".encode("utf-16-le")
    start = text.index("SECRET".encode("utf-16-le"))
    assert allowed(text, start, start + 12, *RULE) == "gitleaks:allow"


def test_long_line_is_looked_at_only_nearby() -> None:
    """On a line of megabytes only a comment close to the finding counts."""
    far = b"x" * 100_000 + b"SECRET" + b"x" * 100_000 + b" gitleaks:allow"
    assert allowed(far, 100_000, 100_006, *RULE) == ""
    near = b"x" * 100_000 + b"SECRET gitleaks:allow" + b"x" * 100_000
    assert allowed(near, 100_000, 100_006, *RULE) == "gitleaks:allow"


@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 200))
def test_any_bytes_are_read(data: bytes, start: int, end: int) -> None:
    """Whatever stands around a finding, looking for a comment raises nothing."""
    allowed(data, min(start, len(data)), min(end, len(data)), *RULE)
