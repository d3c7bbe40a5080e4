# SPDX-License-Identifier: Apache-2.0
"""The commands beside `scan`, and the help of all."""

import json
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result
from tests.conftest import Stanch, Token

from stanch import __version__, cli
from stanch.cli._group import group


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments))


def _commands(
    command: click.Command = group, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _commands(inner, (*path, name))


@pytest.mark.parametrize("path", list(_commands()), ids=" ".join)
def test_help_shows_an_example(path: tuple[str, ...]) -> None:
    """The help of every command says what it does, and shows an example of it."""
    result = _run(*path, "--help")
    assert 0 == result.exit_code
    assert "Examples:" in result.stdout
    command = group
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name)  # type: ignore[assignment]
    assert command.help
    assert " ".join(["  stanch", *path]) in result.stdout.partition("Examples:")[2]


@pytest.mark.parametrize("path", list(_commands()), ids=" ".join)
def test_every_option_says_what_it_does(path: tuple[str, ...]) -> None:
    """Every option of every command has a help text."""
    command: click.Command = group
    for name in path:
        assert isinstance(command, click.Group)
        inner = command.get_command(click.Context(command), name)
        assert inner is not None
        command = inner
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [] == [option.name for option in options if not option.help]


def test_no_command_is_help() -> None:
    """Without a command the help is shown."""
    result = _run()
    assert 0 == result.exit_code
    assert result.stdout.startswith("Usage: stanch")


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(option: str, stanch: Stanch) -> None:
    """The version is told, whoever asks."""
    expected = f"stanch {__version__}\n"
    assert expected.encode() == stanch(option).stdout
    assert expected == _run(option).stdout


def test_main_returns_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """The entry point returns the exit code."""
    assert 0 == cli.main(["--version"])
    assert 2 == cli.main(["nonsense"])
    assert "stanch: error: No such command 'nonsense'" in capsys.readouterr().err


def test_rules_alone_lists_them() -> None:
    """`stanch rules` is `stanch rules list`: a line per rule."""
    from stanch.scan import rules

    lines = _run("rules").stdout.splitlines()
    assert len(rules()) == len(lines)
    assert _run("rules", "list").stdout.splitlines() == lines
    assert any(line.startswith("npm-access-token ") for line in lines)


def test_rules_of_one_registry() -> None:
    """The list can be narrowed to registries."""
    told = json.loads(_run("rules", "list", "--registry", "npm", "--format", "json").stdout)
    assert {"npm"} == {rule["registry"] for rule in told}


def test_rules_for_programs() -> None:
    """The JSON form tells everything that the text does."""
    (told,) = json.loads(_run("rules", "show", "npm-access-token", "-f", "json").stdout)
    assert ("CWE-798", "T1195.002") == (told["cwe"], told["attack"])
    assert "critical" == told["severity"]
    assert ["VNX-SEC-010"] == told["aliases"]
    assert told["flagged"]
    assert told["safe"]
    assert len(told["remediation"]) >= 4


@pytest.mark.parametrize("name", ["npm-access-token", "NPM-Access-Token"])
def test_a_rule_is_explained(name: str) -> None:
    """A rule's page has what it flags, what is safe, why it matters and what to do."""
    page = _run("rules", "show", name).stdout
    words = ("Flagged", "Safe", "What to do", "References", "CWE-798", "T1195.002", "critical")
    assert [] == [word for word in words if word not in page]
    assert "_authToken=npm_…" in page


@pytest.mark.parametrize(
    ("alias", "rules"),
    [
        ("VNX-SEC-010", {"npm-access-token", "pypi-api-token"}),
        ("vnx-sec-010", {"npm-access-token", "pypi-api-token"}),
        ("npmrc", {"npm-config-token"}),
    ],
)
def test_all_that_answer_to_an_alias_are_explained(alias: str, rules: set[str]) -> None:
    """An alias explains every rule that answers to it."""
    told = json.loads(_run("rules", "show", alias, "-f", "json").stdout)
    assert rules <= {rule["id"] for rule in told}


def test_an_unknown_rule_is_2() -> None:
    """An unknown rule is an error, which offers what is near."""
    result = _run("rules", "show", "npm-acces-token")
    assert 2 == result.exit_code
    assert "did you mean npm-access-token" in result.stderr


def test_no_page_tells_a_whole_sample(token: Token) -> None:
    """Examples are masked: no page holds what a scanner would report."""
    from stanch.scan import Options, engine

    page = _run("rules", "show", "npm-access-token").stdout
    assert token("npm-access-token")[:10] not in page
    matches = engine(Options()).matches(page.encode())
    assert [] == [one.rule for one in matches if one.confidence in ("verified", "format")]


def test_names_complete() -> None:
    """A shell completes the names of formats and registries."""
    from stanch.cli._plugins import PluginName

    context = click.Context(group)
    option = click.Option(["--x"])
    formats = PluginName("stanch.reports").shell_complete(context, option, "js")
    assert ["json", "jsonl"] == [item.value for item in formats]
