# SPDX-License-Identifier: Apache-2.0
"""What the command takes from the environment."""

import io
import sys
from pathlib import Path

import pytest

from stanch.cli import _environment as environment


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}, Path("/c/stanch")),
        ("linux", {"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache/stanch"),
        ("linux", {}, Path.home() / ".cache/stanch"),
        ("darwin", {}, Path.home() / "Library/Caches/stanch"),
        ("darwin", {"XDG_CACHE_HOME": "/c"}, Path("/c/stanch")),
        ("win32", {"LOCALAPPDATA": "/l"}, Path("/l/stanch/cache")),
        ("win32", {}, Path.home() / "AppData/Local/stanch/cache"),
        ("linux", {"STANCH_CACHE_DIR": "/mine", "XDG_CACHE_HOME": "/c"}, Path("/mine")),
    ],
)
def test_cache_stands_where_the_platform_has_caches(
    platform: str, variables: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache is in the platform's folder for caches, or where STANCH_CACHE_DIR says."""
    monkeypatch.setattr(sys, "platform", platform)
    assert folder == environment.cache_folder(variables)


def test_key_is_the_users_own() -> None:
    """STANCH_KEY, or what the configuration names, is the fingerprints' key; empty is none."""
    assert b"k" == environment.fingerprint_key("", {"STANCH_KEY": "k"})
    assert b"c" == environment.fingerprint_key("CORP", {"CORP": "c"})
    assert b"k" == environment.fingerprint_key("CORP", {"CORP": "c", "STANCH_KEY": "k"})
    assert environment.fingerprint_key("CORP", {"STANCH_KEY": ""}) is None


def test_a_hook_has_an_index_of_its_own() -> None:
    """The index is the one that git names in a hook's environment."""
    assert Path("x/index") == environment.git_index({"GIT_INDEX_FILE": "x/index"})
    assert environment.git_index({}) is None


def test_variables_are_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables to scan are those of the process."""
    monkeypatch.setenv("STANCH_TEST", "x")
    assert "x" == environment.variables()["STANCH_TEST"]


@pytest.mark.parametrize("value", ["0", "1700000000"])
def test_clock_can_be_stopped(value: str) -> None:
    """SOURCE_DATE_EPOCH stops the clock, for reports that can be reproduced."""
    times = {"0": "1970-01-01T00:00:00Z", "1700000000": "2023-11-14T22:13:20Z"}
    assert times[value] == environment.clock({"SOURCE_DATE_EPOCH": value})()


@pytest.mark.parametrize("value", ["", "x", "-5", "9" * 40])
def test_clock_ignores_what_is_no_time(value: str) -> None:
    """Anything else leaves the clock running."""
    assert environment.clock({"SOURCE_DATE_EPOCH": value})() > "2026"


@pytest.mark.parametrize(
    ("variables", "shown"),
    [({}, True), ({"CI": "true"}, False), ({"CI": "false"}, True), ({"TERM": "dumb"}, False)],
)
def test_progress_is_for_people(variables: dict[str, str], *, shown: bool) -> None:
    """Progress is shown on a terminal that someone watches."""
    assert shown == environment.interactive(Terminal(), variables)
    assert not environment.interactive(io.StringIO(), variables)


def test_a_closed_stream_is_no_terminal() -> None:
    """A stream that was closed is no terminal."""
    closed = io.StringIO()
    closed.close()
    assert not environment.interactive(closed, {})


@pytest.mark.parametrize(
    ("choice", "variables", "color"),
    [
        ("auto", {}, True),
        ("auto", {"NO_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": ""}, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True),
        ("never", {}, False),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("always", {"NO_COLOR": "1"}, True),
    ],
)
def test_colour_is_as_asked(choice: str, variables: dict[str, str], *, color: bool) -> None:
    """Colours follow the option, then the environment."""
    screen = environment.screen(Terminal(), choice, variables)
    assert screen is not None
    assert color == screen.color


def test_pipes_get_plain_text() -> None:
    """A pipe or a dumb terminal is not drawn on, unless colours are forced."""
    assert environment.screen(io.StringIO(), "auto", {}) is None
    assert environment.screen(Terminal(), "auto", {"TERM": "dumb"}) is None
    assert environment.screen(io.StringIO(), "always", {}) is not None
    assert environment.screen(io.StringIO(), "auto", {"FORCE_COLOR": "1"}) is not None


@pytest.mark.parametrize(
    ("variables", "links"),
    [
        ({}, False),
        ({"TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM_PROGRAM": "WezTerm", "TERM": "tmux-256color"}, False),
        ({"TERM_PROGRAM": "WezTerm", "CI": "1"}, False),
        ({"VTE_VERSION": "6003"}, True),
        ({"VTE_VERSION": "4800"}, False),
        ({"VTE_VERSION": "x"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"WT_SESSION": "1"}, True),
        ({"FORCE_HYPERLINK": "1"}, True),
        ({"FORCE_HYPERLINK": "0", "WT_SESSION": "1"}, False),
    ],
)
def test_links_are_for_terminals_that_show_them(variables: dict[str, str], *, links: bool) -> None:
    """Hyperlinks are written for terminals known to show them."""
    screen = environment.screen(Terminal(), "auto", variables)
    assert screen is not None
    assert links == screen.links


@pytest.mark.parametrize(("value", "on"), [("", False), ("0", False), ("1", True)])
def test_debugging_is_asked_for(value: str, monkeypatch: pytest.MonkeyPatch, *, on: bool) -> None:
    """STANCH_DEBUG turns debugging on."""
    monkeypatch.setenv("STANCH_DEBUG", value)
    assert on == environment.debugging()
