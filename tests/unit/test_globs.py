# SPDX-License-Identifier: Apache-2.0
"""Path patterns."""

import pytest
from dulwich.ignore import Pattern as Oracle
from hypothesis import given
from hypothesis import strategies as st

from stanch.disk.globs import Globs, checked, parse
from stanch.errors import ConfigError


@pytest.mark.parametrize(
    ("glob", "path", "folder", "named"),
    [
        ("*.pyc", "a/b/c.pyc", False, True),
        ("*.pyc", "a/b/c.py", False, False),
        ("/top", "top", False, True),
        ("/top", "a/top", False, False),
        ("a/b", "a/b", False, True),
        ("a/b", "x/a/b", False, False),
        ("build/", "x/build", True, True),
        ("build/", "x/build", False, False),
        ("**/deep", "deep", False, True),
        ("**/deep", "a/b/deep", False, True),
        ("a/**/z", "a/z", False, True),
        ("a/**/z", "a/b/c/z", False, True),
        ("a/**", "a/b/c", False, True),
        ("a/**", "a", True, False),
        ("a/**/b/**/c", "a/x/b/y/z/c", False, True),
        ("a/**/b/**/c", "a/x/y/z/c", False, False),
        ("a*b*c", "aXbYbZc", False, True),
        ("a*b*c", "aXbYbZ", False, False),
        ("?.txt", "a.txt", False, True),
        ("?.txt", "ab.txt", False, False),
        ("[a-c]x", "bx", False, True),
        ("[!a-c]x", "bx", False, False),
        ("[!a-c]x", "dx", False, True),
        ("[[:digit:]]x", "7x", False, True),
        ("[]]x", "]x", False, True),
        (r"\#x", "#x", False, True),
        (r"\!x", "!x", False, True),
        (r"a\*", "a*", False, True),
        (r"a\*", "ab", False, False),
        (r"a\ ", "a ", False, True),
        ("a ", "a", False, True),
    ],
)
def test_pattern_means_what_git_says(glob: str, path: str, folder: bool, named: bool) -> None:  # noqa: FBT001
    """Each form of gitignore(5) names what its page says, and nothing else."""
    assert named == bool(Globs([glob]).verdict(path, folder=folder))


def test_last_matching_line_decides() -> None:
    """A later `!` line takes back what an earlier one named."""
    globs = Globs(["# comment", "", "*.env", "!sample.env"])
    assert globs.verdict("x.env", folder=False) is True
    assert globs.verdict("sample.env", folder=False) is False
    assert globs.verdict("other", folder=False) is None


def test_covers_looks_at_every_folder_above() -> None:
    """A file is covered by a pattern that names a folder above it."""
    assert Globs(["vendor/"]).covers("a/vendor/b/c")
    assert not Globs(["vendor/"]).covers("a/vendored/b/c")


@pytest.mark.parametrize("line", ["[a", "a\\", "[[:nonsense:]]", "", "# only a comment", "/"])
def test_impossible_pattern_is_refused(line: str) -> None:
    """What is no pattern is left out of a file, and refused where the user wrote it for us."""
    assert parse(line) is None
    with pytest.raises(ConfigError, match="not a path pattern"):
        checked([line], "here")


def test_hostile_pattern_costs_little() -> None:
    """Many wildcards do not multiply their cost."""
    globs = Globs(["*a" * 60 + "b", "**/a/" * 30 + "b"])
    assert globs.verdict("a" * 250, folder=False) is None
    assert globs.verdict("/".join("a" * 500), folder=False) is None


_PARTS = st.text(alphabet="ab*?", min_size=1, max_size=4)
_PATHS = st.lists(st.text(alphabet="ab", min_size=1, max_size=3), min_size=1, max_size=4)


@given(parts=st.lists(_PARTS | st.just("**"), min_size=1, max_size=4), path=_PATHS)
def test_agrees_with_another_reader(parts: list[str], path: list[str]) -> None:
    """Random patterns give the verdict that dulwich gives, where dulwich follows git."""
    glob = "/".join(part if part == "**" else part.replace("**", "*") for part in parts)
    if "**/**" in glob or glob in ("**", "*/**") or (glob.startswith("**/") and "**" in glob[2:]):
        return
    joined = "/".join(path)
    expected = Oracle(glob.encode()).match(joined.encode())
    assert expected == bool(Globs([glob]).verdict(joined, folder=False))


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_a_pattern_or_none(line: str, path: str) -> None:
    """Whatever an ignore file holds, reading it raises nothing."""
    Globs([line]).verdict(path, folder=True)
