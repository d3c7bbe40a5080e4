# SPDX-License-Identifier: Apache-2.0
"""This user's machine."""

import os
from pathlib import Path

import pytest
from tests.conftest import Token

from stanch.catalog import rules
from stanch.detect import Engine
from stanch.model import Located, Progress, Skipped
from stanch.sources import Job
from stanch.sources.machine import SOURCE, found
from stanch.sources.machine.places import MOVED, PLACES

ENGINE = Engine(rules(("npm",)))


def _scan(home: Path, **environ: str) -> tuple[list[Located], list[Skipped]]:
    items = list(SOURCE.scan("machine:", Job(ENGINE, home=home, environ=environ)))
    located = [item for item in items if isinstance(item, Located)]
    # The machine that runs the tests has places of its own, outside this home.
    return (
        [item for item in located if item.occurrence.path.startswith((str(home), "environment:"))],
        [item for item in items if isinstance(item, Skipped) and item.path.startswith(str(home))],
    )


def _write(home: Path, name: str, text: str = "") -> Path:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _found(home: Path, platform: str = "linux", **environ: str) -> list[str]:
    here = f"{home}{os.sep}"
    return sorted(
        path.removeprefix(here) for path in found(home, environ, platform) if path.startswith(here)
    )


def test_only_machine_is_the_machine() -> None:
    """The target `machine:` is this machine; no path is."""
    assert SOURCE.accepts("machine:", Job(ENGINE))
    assert not SOURCE.accepts("machine", Job(ENGINE))


def test_files_are_found_with_their_modes(tmp_path: Path, token: Token) -> None:
    """A credential in a known place is found, and the mode of its file told."""
    path = _write(tmp_path, ".npmrc", f"_authToken={token('npm-access-token')}\n")
    path.chmod(0o644)
    located, skipped = _scan(tmp_path)
    assert [(item.occurrence.path, item.occurrence.mode) for item in located] == [
        (str(path), 0o644)
    ]
    assert skipped == []


def test_variables_are_named(tmp_path: Path, token: Token) -> None:
    """A credential in the environment is found by the variable's name."""
    (item,), _ = _scan(tmp_path, PATH="/bin", NPM_TOKEN=token("npm-access-token"))
    assert (item.occurrence.path, item.occurrence.kind) == ("environment:NPM_TOKEN", "variable")


def test_without_home_and_environment_nothing_of_the_user_is_read() -> None:
    """The source reads neither the environment nor the home folder by itself."""
    done: list[Progress] = []
    list(SOURCE.scan("machine:", Job(ENGINE, progress=done.append)))
    assert done[0].done == 0
    home = os.path.expanduser("~") + os.sep
    assert not any(path.startswith(home) for path in found(None, {}) if home != "/root/")


def test_missing_is_no_gap(tmp_path: Path) -> None:
    """A home without any of the places is clean, and nothing is told as skipped."""
    assert _scan(tmp_path) == ([], [])


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX modes")
def test_unreadable_is_a_gap(tmp_path: Path) -> None:
    """A place that may not be read makes the result incomplete."""
    path = _write(tmp_path, ".npmrc", "x")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root may read everything")
    _, skipped = _scan(tmp_path)
    assert [(item.path, item.reason) for item in skipped] == [(str(path), "permission denied")]


@pytest.mark.parametrize(
    "name",
    [
        ".npmrc",
        ".yarnrc.yml",
        ".bunfig.toml",
        ".config/pnpm/auth.ini",
        ".npm/_logs/2026-11-22-debug-0.log",
        ".pypirc",
        ".config/pip/pip.conf",
        ".config/uv/uv.toml",
        ".local/share/uv/credentials/credentials.toml",
        ".config/pypoetry/auth.toml",
        ".config/pdm/config.toml",
        ".config/hatch/config.toml",
        ".condarc",
        ".continuum/anaconda-client/tokens/x.token",
        ".cargo/credentials.toml",
        ".gem/credentials",
        ".bundle/config",
        ".nuget/NuGet/NuGet.Config",
        ".m2/settings.xml",
        ".gradle/gradle.properties",
        ".composer/auth.json",
        ".docker/config.json",
        ".config/containers/auth.json",
        ".config/helm/registry/config.json",
        ".config/gh/hosts.yml",
        ".config/glab-cli/config.yml",
        ".git-credentials",
        ".netrc",
        ".cache/huggingface/token",
        ".terraform.d/credentials.tfrc.json",
        ".hex/hex.config",
        ".config/dart/pub-tokens.json",
        ".luarocks/upload_config.lua",
        ".pause",
        ".ansible/galaxy_token",
        ".jfrog/jfrog-cli.conf.v6",
        ".gitlab-runner/config.toml",
        ".bash_history",
        ".zsh_history",
        ".local/share/fish/fish_history",
    ],
)
def test_place_is_known(tmp_path: Path, name: str) -> None:
    """Each tool's own file is looked at."""
    _write(tmp_path, name)
    assert _found(tmp_path) == [name]


def test_platforms_have_folders_of_their_own(tmp_path: Path) -> None:
    """On macOS and Windows the folders of those systems count too."""
    mac = "Library/Application Support/pypoetry/auth.toml"
    windows = "AppData/Roaming/NuGet/NuGet.Config"
    _write(tmp_path, mac)
    _write(tmp_path, windows)
    assert _found(tmp_path, "darwin") == [mac]
    assert _found(tmp_path, "win32") == [windows]
    assert _found(tmp_path, "linux") == []


def test_variables_move_places(tmp_path: Path) -> None:
    """Where a variable says that a file is elsewhere, it is looked for there too."""
    _write(tmp_path, "else/where/credentials.toml")
    _write(tmp_path, "my.npmrc")
    _write(tmp_path, "conf/pip/pip.conf")
    assert _found(
        tmp_path,
        CARGO_HOME=str(tmp_path / "else" / "where"),
        NPM_CONFIG_USERCONFIG=str(tmp_path / "my.npmrc"),
        XDG_CONFIG_HOME=str(tmp_path / "conf"),
    ) == ["conf/pip/pip.conf", "else/where/credentials.toml", "my.npmrc"]
    assert _found(tmp_path, NPM_CONFIG_USERCONFIG="my.npmrc") == []


def test_a_file_in_two_places_is_read_once(tmp_path: Path) -> None:
    """A place that is reached in two ways counts once; the user's own links are followed."""
    real = _write(tmp_path, "dotfiles/npmrc")
    try:
        (tmp_path / ".npmrc").symlink_to(real)
    except OSError:
        pytest.skip("links are not allowed here")
    assert _found(tmp_path, NPM_CONFIG_USERCONFIG=str(real)) == ["dotfiles/npmrc"]
    assert _found(tmp_path) == [".npmrc"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe where a file should be is passed over."""
    os.mkfifo(tmp_path / ".npmrc")
    assert _scan(tmp_path) == ([], [])


def test_home_with_glob_characters_is_taken_as_it_is(tmp_path: Path) -> None:
    """A home folder whose name looks like a pattern is only itself."""
    home = tmp_path / "[ab]*"
    home.mkdir()
    _write(home, ".npmrc")
    assert _found(home) == [".npmrc"]


def test_places_are_written_once_and_well() -> None:
    """Each place starts with a known base, and no place is listed twice."""
    places = [place for _, listed in PLACES for place in listed]
    assert len(places) == len(set(places))
    assert {place.partition("/")[0] for place in places} == {
        "~",
        "CONFIG",
        "DATA",
        "CACHE",
        "SYSTEM",
    }
    assert len(MOVED) == len(set(MOVED))
