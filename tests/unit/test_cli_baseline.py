# SPDX-License-Identifier: Apache-2.0
"""`stanch baseline`, and scans with a baseline or a configuration."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.conftest import Token

from stanch.cli._group import group

QUICK = ("--no-history",)


@pytest.fixture(autouse=True)
def _shared_cache(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compile the rules once for all tests."""
    monkeypatch.setenv("STANCH_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def leaky(tmp_path: Path, token: Token, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return this folder, in which one token has leaked."""
    monkeypatch.chdir(tmp_path)
    _leak(tmp_path / ".npmrc", token("npm-access-token"))
    return tmp_path


def _leak(path: Path, secret: str) -> None:
    path.write_text(f"//npm.corp.example/:_authToken={secret}\n")


def _scan(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["scan", *QUICK, *arguments])


def _baseline(command: str, *arguments: str) -> Result:
    return CliRunner().invoke(group, ["baseline", command, *QUICK, *arguments])


def test_what_is_known_does_not_fail(leaky: Path, token: Token) -> None:
    """A scan with a baseline tells and fails on only what is new; `--fail-on any` on all."""
    written = _baseline("write")
    assert (0, "stanch.baseline: 1 added, 1 in all\n") == (written.exit_code, written.stdout)
    known = _scan("--baseline", "stanch.baseline")
    assert 0 == known.exit_code, known.output
    assert "no credential, 1 in the baseline in" in known.stdout
    assert 1 == _scan("--baseline", "stanch.baseline", "--fail-on", "any").exit_code
    _leak(leaky / "new", token("npm-access-token", 1))
    for form in ("json", "jsonl"):
        new = _scan("--baseline", "stanch.baseline", "-f", form)
        assert 1 == new.exit_code
        assert 1 == new.stdout.count('"fingerprint"')
        assert '"known"' in new.stdout


def test_a_baseline_never_churns(leaky: Path) -> None:
    """Written again, or after code has moved, the file is the same; it holds no secret."""
    _baseline("write")
    first = (leaky / "stanch.baseline").read_bytes()
    (leaky / ".npmrc").rename(leaky / "moved")
    again = _baseline("write", "--reason", "another")
    assert "0 added, 1 in all" in again.stdout
    assert first == (leaky / "stanch.baseline").read_bytes()


def test_placeholders_and_allowed_need_no_entry(leaky: Path) -> None:
    """What does not fail a run is not written."""
    _leak(leaky / "doc", "npm_" + "x" * 36)
    text = (leaky / ".npmrc").read_text().strip()
    (leaky / ".npmrc").write_text(text + " # stanch:allow\n")
    assert "0 added, 0 in all" in _baseline("write").stdout


def test_terms_are_kept(leaky: Path) -> None:
    """Reason, owner, last day and paths are written, and explained."""
    terms = ("--reason", "revoked", "--owner", "qa", "--path", "*.txt", "--expires", "2030-01-31")
    _baseline("write", *terms)
    told = _baseline("explain").stdout
    for term in ("revoked", "qa", "*.txt", "2030-01-31", "stale"):
        assert term in told
    _leak(leaky / "a.txt", (leaky / ".npmrc").read_text().strip().partition("=")[2])
    (told,) = json.loads(_baseline("explain", "-f", "json").stdout)
    assert "accepted" == told["status"]
    assert ["a.txt"] == [place["path"] for place in told["occurrences"]]
    # The same credential in another place is new.
    assert 1 == _scan("--baseline", "stanch.baseline").exit_code


def test_what_is_over_fails_again(leaky: Path) -> None:
    """After its last day an entry accepts nothing, and is pruned."""
    _baseline("write", "--expires", "2020-01-31")
    assert leaky.exists()
    assert 1 == _scan("--baseline", "stanch.baseline").exit_code
    assert "expired" in _baseline("explain").stdout
    assert "1 dropped, 0 in all" in _baseline("prune").stdout


def test_stale_entries_are_listed_and_pruned(leaky: Path) -> None:
    """An entry that no finding answers to is listed by a whole scan, and pruned."""
    _baseline("write")
    assert "0 dropped, 1 in all" in _baseline("prune").stdout
    (leaky / ".npmrc").unlink()
    assert "was not found" in _scan("--baseline", "stanch.baseline").stdout
    partly = _scan("--baseline", "stanch.baseline", "--registry", "npm")
    assert "was not found" not in partly.stdout
    assert "1 dropped, 0 in all" in _baseline("prune").stdout


def test_nothing_is_pruned_that_may_still_be_there(leaky: Path) -> None:
    """With unread inputs, or a part of a scan, nothing is pruned."""
    _baseline("write")
    first = (leaky / "stanch.baseline").read_bytes()
    (leaky / ".npmrc").unlink()
    assert 2 == _baseline("prune", "--registry", "npm").exit_code
    (leaky / "a.tgz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\x03broken")
    unread = _baseline("prune")
    assert 3 == unread.exit_code
    assert "not pruned" in unread.stderr
    assert "a.tgz" in unread.stderr
    assert first == (leaky / "stanch.baseline").read_bytes()


def test_an_entry_is_explained_by_its_start(leaky: Path, token: Token) -> None:
    """The first digits of a fingerprint choose an entry; many places are cut."""
    for number in range(8):
        _leak(leaky / f"{number}", token("npm-access-token"))
    _leak(leaky / "other", token("npm-access-token", 1))
    _baseline("write")
    lines = (leaky / "stanch.baseline").read_text().splitlines()[1:]
    fingerprints = [json.loads(line)["fingerprint"] for line in lines]
    for fingerprint in fingerprints:
        told = _baseline("explain", "--fingerprint", fingerprint[:12]).stdout
        assert [one in told for one in fingerprints] == [one == fingerprint for one in fingerprints]
    assert "and 4 more" in _baseline("explain").stdout
    assert token("npm-access-token") not in _baseline("explain").stdout
    unknown = _baseline("explain", "--fingerprint", "zz")
    assert 2 == unknown.exit_code
    assert "no entry starts with zz" in unknown.stderr


@pytest.mark.parametrize("command", ["prune", "explain"])
@pytest.mark.usefixtures("leaky")
def test_a_missing_baseline_is_2(command: str) -> None:
    """Without its file a command fails, and says which."""
    result = _baseline(command)
    assert 2 == result.exit_code
    assert "stanch.baseline: No such file" in result.stderr


@pytest.mark.usefixtures("leaky")
def test_a_missing_baseline_fails_a_scan() -> None:
    """A scan whose baseline is missing fails."""
    result = _scan("--baseline", "missing")
    assert 2 == result.exit_code
    assert "missing: No such file" in result.stderr


def test_configuration_is_the_projects_own(leaky: Path) -> None:
    """Excludes, severities and the level that fails come from this folder's configuration."""
    (leaky / ".git").mkdir()
    config = leaky / ".stanch.toml"
    config.write_text('fail_on = "high"\n[severities]\nnpm-access-token = "low"\n')
    result = _scan()
    assert 0 == result.exit_code, result.output
    assert "low       npm access token" in result.stdout
    assert 1 == _scan("--fail-on", "low").exit_code
    config.write_text('exclude = [".npmrc"]\n')
    assert 0 == _scan().exit_code
    assert 1 == _scan("--config", "/dev/null").exit_code


def test_configuration_names_the_baseline(leaky: Path) -> None:
    """A baseline named in the configuration is used by every command."""
    (leaky / ".git").mkdir()
    (leaky / ".stanch.toml").write_text('baseline = "known.baseline"\n')
    assert "known.baseline: 1 added" in _baseline("write").stdout
    assert 0 == _scan().exit_code


def test_configuration_of_a_target_is_not_loaded(leaky: Path) -> None:
    """What is scanned cannot say what is not to be found in it."""
    target = leaky / "target"
    target.mkdir()
    (target / ".git").mkdir()
    (target / ".stanch.toml").write_text('exclude = ["**"]\n')
    (leaky / ".npmrc").rename(target / ".npmrc")
    assert 1 == _scan("target").exit_code


def test_configuration_errors_are_2(leaky: Path) -> None:
    """A configuration that cannot be meant is an error that names it."""
    (leaky / "c.toml").write_text('[severities]\nnpm-acces-token = "low"\n')
    result = _scan("--config", "c.toml")
    assert 2 == result.exit_code
    assert "c.toml: severities: no rule is called 'npm-acces-token'" in result.stderr
    assert 2 == _scan("--config", "missing.toml").exit_code


def test_own_placeholders_and_shapes(leaky: Path) -> None:
    """The configuration's placeholders are none of the leaks, and its shapes are."""
    secret = (leaky / ".npmrc").read_text().strip().partition("=")[2]
    (leaky / "c.toml").write_text(f'exclude = ["c.toml"]\n[placeholders]\nvalues = ["{secret}"]\n')
    assert 0 == _scan("--config", "c.toml").exit_code
    (leaky / ".npmrc").write_text("corp-83b1f0c62da97e4504bd\n")
    shape = '[[shapes]]\nid = "corp-token"\npattern = "corp-[0-9a-f]{20}"\n'
    (leaky / "c.toml").write_text(shape)
    result = _scan("--config", "c.toml", "-f", "sarif")
    assert 1 == result.exit_code
    assert "corp-token" in result.stdout


def test_levels_are_those_of_the_configuration() -> None:
    """The command's levels are the configuration's."""
    import click

    from stanch.cli._options import END
    from stanch.config import FAIL_ON

    (option,) = [one for one in END if one.name == "fail_on"]
    assert isinstance(option.type, click.Choice)
    assert set(FAIL_ON) == set(option.type.choices)
