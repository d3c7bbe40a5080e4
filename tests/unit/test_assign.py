# SPDX-License-Identifier: Apache-2.0
"""The reader of assignments: every syntax in which a name is given a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.detect.assign import value_after

NAME = "ACME_TOKEN"
VALUE = "q7Rk2vXw9LmT4zBn"

WRITTEN = (
    # Configuration lines
    "ACME_TOKEN={}",
    "ACME_TOKEN = {}",
    "ACME_TOKEN: {}",
    'ACME_TOKEN="{}"',
    "ACME_TOKEN='{}'\n",
    "//npm.corp.example/:ACME_TOKEN={}\n",
    "acme.ACME_TOKEN {}\n",
    "acme config set ACME_TOKEN {}\n",
    # JSON, escaped or not
    '{{"ACME_TOKEN": "{}"}}',
    '{{"ACME_TOKEN":"{}","next":"x"}}',
    '\\{{\\"ACME_TOKEN\\": \\"{}\\"\\}}',
    '{{"run": "export ACME_TOKEN={}\\nmake"}}',
    '{{"name": "ACME_TOKEN", "value": "{}"}}',
    '{{\n  "name": "ACME_TOKEN",\n  "value": "{}"\n}}',
    # YAML
    "  ACME_TOKEN: {}  # a comment",
    "ACME_TOKEN: |\n  {}\n",
    "ACME_TOKEN: >-\n  {}\nnext: x\n",
    "- name: ACME_TOKEN\n  value: {}\n",
    '- name: ACME_TOKEN\n  value: "{}"\n',
    # XML
    "<ACME_TOKEN>{}</ACME_TOKEN>",
    "<ACME_TOKEN>\n    {}\n</ACME_TOKEN>",
    '<entry name="ACME_TOKEN" value="{}" />',
    '<add key="ACME_TOKEN" value="{}"/>',
    '<entry>\n  <name="ACME_TOKEN" />\n  <value="{}" />\n</entry>',
    "<name>ACME_TOKEN</name>\n<value>{}</value>",
    "<key>ACME_TOKEN</key>\n\t<string>{}</string>",
    # Logs in colour
    "\x1b[36mACME_TOKEN\x1b[0m=\x1b[32m{}\x1b[0m",
    "\x1b[1mACME_TOKEN\x1b[0m: {}\x1b[K",
    '\x1b[1mACME_TOKEN\x1b[0m = \x1b[33m"{}"\x1b[0m',
    # Shells and build files
    "export ACME_TOKEN={} make publish",
    "set ACME_TOKEN={}\r\n",
    '$env:ACME_TOKEN = "{}"',
    "setx ACME_TOKEN {}",
    "ENV ACME_TOKEN {}\n",
    "ENV ACME_TOKEN={} OTHER=1\n",
    'ARG ACME_TOKEN="{}"\n',
    "ACME_TOKEN := {}",
    "ACME_TOKEN ::= {}",
    "ACME_TOKEN :::= {}",
    "ACME_TOKEN ?= {}",
    "ACME_TOKEN += {}",
    "docker run -e ACME_TOKEN={} image",
    # Options of commands
    "tool --ACME_TOKEN {} publish",
    "tool --ACME_TOKEN={}",
    "tool -DACME_TOKEN='{}'",
    # Source code
    'ACME_TOKEN: str = "{}"',
    'const ACME_TOKEN: string = "{}";',
    'var ACME_TOKEN string = "{}"',
    "ACME_TOKEN := `{}`",
    'String ACME_TOKEN = "{}";',
    'let ACME_TOKEN: &str = "{}";',
    '$ACME_TOKEN .= "{}";',
    '$ACME_TOKEN ??= "{}";',
    "os.environ['ACME_TOKEN'] = '{}'",
    'process.env["ACME_TOKEN"] = "{}"',
    'System.setProperty("ACME_TOKEN", "{}");',
    "'ACME_TOKEN' => '{}',",
    'ACME_TOKEN = b"{}"',
    'if ACME_TOKEN == "{}":',
    # Tables, queries and prose
    "ACME_TOKEN,{},\n",
    "ACME_TOKEN is {}.",
    # Logs
    "2026-11-22T10:00:00Z + export ACME_TOKEN={}",
    "  ACME_TOKEN: {}\n2026-11-22T10:00:01Z done",
    "+ ACME_TOKEN={}\x1b[0m",
    # Headers and encoded forms
    "ACME_TOKEN: Bearer {}",
    "?ACME_TOKEN%3D{}&next=1",
    "\\u0022ACME_TOKEN\\u0022:\\u0022{}\\u0022",
    "&quot;ACME_TOKEN&quot;: &quot;{}&quot;",
)


def _read(text: str) -> str | None:
    data = text.encode()
    found = value_after(data, data.index(NAME.encode()) + len(NAME))
    return data[found.start : found.end].decode() if found else None


@pytest.mark.parametrize("text", WRITTEN)
def test_value_is_read_in_every_syntax(text: str) -> None:
    """The value is found, and nothing but the value."""
    assert VALUE == _read(text.format(VALUE))


@pytest.mark.parametrize(
    "text",
    [
        "ACME_TOKEN",
        "ACME_TOKEN=",
        "ACME_TOKEN=\n",
        'ACME_TOKEN=""',
        "ACME_TOKEN:\n\nnext: x",
        "echo $ACME_TOKEN publish-now",
        'tool "${ACME_TOKEN}" publish-now',
        "docker run -e ACME_TOKEN image:1",
        'throw new Error("ACME_TOKEN missing")',
        "ACME_TOKEN=`cat /run/token`",
        "one of ACME_TOKEN, OTHER_TOKEN",
        "'ACME_TOKEN=' + encode('word') + 'next'",
        'log("ACME_TOKEN=", token, "next")',
        "ACME_TOKEN)",
        "ACME_TOKEN;",
    ],
)
def test_nothing_is_read_where_nothing_is_assigned(text: str) -> None:
    """A name that is only used, or is given nothing, has no value."""
    assert _read(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ACME_TOKEN=${{ secrets.ACME_TOKEN }} make", "${{ secrets.ACME_TOKEN }}"),
        ("ACME_TOKEN: {{ acme.token }}\n", "{{ acme.token }}"),
        ("ACME_TOKEN=$OTHER_TOKEN\n", "$OTHER_TOKEN"),
        ("ACME_TOKEN=${OTHER:-none} x", "${OTHER:-none}"),
    ],
)
def test_references_are_read_whole(text: str, expected: str) -> None:
    """A reference is one value, blanks included, so that it can be told from a secret."""
    assert expected == _read(text)


def test_quotes_are_told() -> None:
    """Whether a value stood in quotes is known: words in quotes are not code."""
    quoted = value_after(b'TOKEN="some words"', 5)
    bare = value_after(b"TOKEN=some", 5)
    assert quoted is not None
    assert bare is not None
    assert (True, False) == (quoted.quoted, bare.quoted)


def test_value_out_of_reach_is_not_the_names() -> None:
    """What starts more than 4 KiB behind a name is not its value."""
    assert value_after(b"TOKEN:" + b" " * 5000 + b"q7Rk2vXw9LmT4zBn", 5) is None


@given(st.binary(max_size=600), st.integers(min_value=0, max_value=700))
def test_any_bytes_give_offsets_inside_them(data: bytes, name_end: int) -> None:
    """Whatever the bytes, the value is a run of them behind the name, or there is none."""
    found = value_after(data, min(name_end, len(data)))
    if found:
        assert min(name_end, len(data)) <= found.start < found.end <= len(data)


@given(
    st.text(alphabet="abcXYZ019_-+/", min_size=1, max_size=200),
    st.sampled_from(['"', "'", "`", '\\"', "&quot;"]),
    st.sampled_from(["=", ": ", " = ", " => ", ":="]),
)
def test_quoted_values_come_back(value: str, quote: str, sign: str) -> None:
    """What is written between quotes is what is read."""
    data = f"NAME{sign}{quote}{value}{quote} tail".encode()
    found = value_after(data, 4)
    assert found is not None
    assert value.encode() == data[found.start : found.end]
