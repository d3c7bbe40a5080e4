# SPDX-License-Identifier: Apache-2.0
"""The reader of command lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.detect.command import capture_after, line, option_values

VALUE = "q7Rk2vXw9LmT4zBn"


def _values(text: str) -> list[str]:
    data = text.encode()
    found = option_values(data, 4, ("--token", "-t"), host="corp.example")
    return [data[slice(*capture.span)].decode() for capture in found]


@pytest.mark.parametrize(
    "text",
    [
        "acme publish --token {}",
        "acme publish --token={} more",
        "acme publish -t {} more",
        "acme publish -t '{}'",
        'acme publish --token "{}"\n',
        "acme publish \\\n  --verbose \\\n  --token {}\n",
        "acme publish \\\r\n  --token {}\r\n",
        '"acme publish --token {}"',
    ],
)
def test_option_is_read(text: str) -> None:
    """An option's value is read in quotes or not, and over continued lines."""
    assert [VALUE] == _values(text.format(VALUE))


@pytest.mark.parametrize(
    "text",
    [
        "acme publish --token $TOKEN",
        'acme publish --token "$PUBLISH_TOKEN"',
        "acme publish --token",
        "acme publish --token-file {}",
        "acme publish\nother --token {}",
        "acme publish; other --token {}",
        "acme publish --tokens {}",
    ],
)
def test_other_options_and_commands_are_not(text: str) -> None:
    """References, longer options and the next command's options are left alone."""
    assert [] == _values(text.format(VALUE))


def test_host_is_passed_on() -> None:
    """What the caller knows of the command stands in the capture."""
    (found,) = option_values(f"acme --token {VALUE}".encode(), 4, ("--token",), host="a", user="b")
    assert ("a", "b") == (found.host, found.user)


def test_command_ends_in_reach() -> None:
    """A command is read for 1 KiB."""
    assert (2, 1026) == line(b"a " + b"b" * 5000, 2)


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=400))
def test_any_bytes_give_spans_inside_them(data: bytes, start: int) -> None:
    """Whatever the bytes, spans lie inside them, and nothing is raised."""
    start = min(start, len(data))
    spans = [capture.span for capture in option_values(data, start, ("-t", "--token"))]
    after = capture_after(data, start)
    spans += [after.span] if after else []
    assert all(0 <= low < high <= len(data) for low, high in spans)
