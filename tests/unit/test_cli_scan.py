# SPDX-License-Identifier: Apache-2.0
"""`stanch scan`, from its options to its exit code."""

import base64
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.conftest import Stanch, Token

from stanch.cli._group import group


@pytest.fixture(autouse=True)
def _shared_cache(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compile the rules once for all tests."""
    monkeypatch.setenv("STANCH_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return an empty folder to scan."""
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def leaky(tree: Path, token: Token) -> Path:
    """Return a folder whose `.npmrc` holds a token."""
    secret = token("npm-access-token")
    (tree / ".npmrc").write_text(f"//npm.corp.example/:_authToken={secret}\n")
    return tree


def _scan(*arguments: str | Path, env: dict[str, str] | None = None) -> Result:
    """Run `stanch scan` in this process."""
    words = ["scan", "--no-history", *map(str, arguments)]
    return CliRunner().invoke(group, words, env=env)


def _json(*arguments: str | Path) -> Any:
    return json.loads(_scan("-f", "json", *arguments).stdout)


def _placeholder(folder: Path) -> None:
    (folder / "README").write_text("//npm.corp.example/:_authToken=npm_" + "x" * 36 + "\n")


def test_clean_is_0(tree: Path) -> None:
    """Nothing found, all read: 0."""
    (tree / "a.txt").write_text("//npm.corp.example/:_authToken=${NPM_TOKEN}\n")
    result = _scan(tree)
    assert 0 == result.exit_code, result.output
    assert result.stdout.startswith("no credential in 1 file")


def test_found_is_1(leaky: Path) -> None:
    """A credential: 1, and the report says what, where and what to do."""
    result = _scan(leaky)
    assert 1 == result.exit_code, result.output
    assert ".npmrc:1:" in result.stdout
    assert "Revoke" in result.stdout


def test_placeholders_are_listed_and_fail_only_when_strict(tree: Path) -> None:
    """A placeholder is listed, and fails the run only with --strict."""
    _placeholder(tree)
    result = _scan(tree)
    assert 0 == result.exit_code
    assert "placeholder" in result.stdout
    assert 1 == _scan(tree, "--strict").exit_code


@pytest.mark.parametrize(("least", "code"), [("critical", 1), ("low", 1), ("any", 1), ("new", 1)])
def test_fail_on_a_severity(least: str, code: int, leaky: Path) -> None:
    """A credential of the severity or worse fails the run."""
    assert code == _scan(leaky, "--fail-on", least).exit_code


def test_less_severe_does_not_fail(tree: Path, token: Token) -> None:
    """A credential below the severity is listed, and does not fail the run."""
    from stanch.model import Severity
    from stanch.scan import rules

    mild = [rule for rule in rules() if rule.severity is not Severity.CRITICAL]
    if not mild:
        pytest.skip("every rule is critical")
    for rule in mild:
        for text in rule.flagged:
            (tree / "a").write_text(text.replace("{token}", token(str(rule.id))))
            found = _json(tree, "--fail-on", "critical")["findings"]
            severities = {one["severity"] for one in found}
            if found and "critical" not in severities:
                assert 0 == _scan(tree, "--fail-on", "critical").exit_code
                return


def test_allowed_is_listed_and_does_not_fail(leaky: Path) -> None:
    """A credential that a comment allows does not fail the run, unless comments are ignored."""
    text = (leaky / ".npmrc").read_text().rstrip()
    (leaky / ".npmrc").write_text(f"{text} # stanch:allow\n")
    assert 0 == _scan(leaky).exit_code
    assert "allowed" in _scan(leaky).stdout
    assert _json(leaky)["findings"][0]["allowed"]
    assert 1 == _scan(leaky, "--no-inline-allow").exit_code


def test_confidence_leaves_out_what_is_less_sure(tree: Path) -> None:
    """Findings below the confidence are neither listed nor counted."""
    _placeholder(tree)
    result = _scan(tree, "--confidence", "format", "--strict")
    assert 0 == result.exit_code
    assert "placeholder" not in result.stdout


def test_registry_narrows(leaky: Path) -> None:
    """Only the named registries' credentials are looked for."""
    assert 0 == _scan(leaky, "--registry", "pypi").exit_code
    assert 1 == _scan(leaky, "--registry", "pypi", "--registry", "npm").exit_code


def test_exclude_leaves_out_and_says_so(leaky: Path) -> None:
    """An excluded path is not read, and is told under coverage without making it incomplete."""
    result = _scan(leaky, "--exclude", ".npmrc")
    assert 0 == result.exit_code
    assert "left out" in result.stdout


def test_exit_zero(leaky: Path) -> None:
    """With --exit-zero findings do not fail the run."""
    result = _scan(leaky, "--exit-zero")
    assert 0 == result.exit_code
    assert "npm access token" in result.stdout


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_unreadable_is_3_for_a_user(tree: Path) -> None:
    """Nothing found, but a file could not be read: 3."""
    (tree / "a").write_text("x")
    (tree / "a").chmod(0)
    assert 3 == _scan(tree).exit_code


def test_incomplete_is_3(tree: Path) -> None:
    """Nothing found, but an archive is cut short: 3, and the report says what was not read."""
    (tree / "a.tgz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\x03broken")
    result = _scan(tree)
    assert 3 == result.exit_code, result.output
    assert "not read" in result.stdout
    assert "incomplete" in result.stdout
    assert 0 == _scan(tree, "--exit-zero").exit_code
    assert 0 == _scan(tree, "--no-archives").exit_code


def test_incomplete_with_findings_is_1(leaky: Path) -> None:
    """A credential found is 1, whatever could not be read."""
    (leaky / "a.tgz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\x03broken")
    assert 1 == _scan(leaky).exit_code


def test_a_missing_target_is_2(tmp_path: Path) -> None:
    """A target that does not exist: 2, and one line says which."""
    result = _scan(tmp_path / "missing")
    assert 2 == result.exit_code
    assert result.stderr.startswith("stanch: error: ")
    assert "missing: no such file" in result.stderr
    assert 1 == result.stderr.count("\n")
    assert "" == result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--no-such-option",),
        ("--format", "nonsense"),
        ("--format", "../json"),
        ("--registry", "nonsense"),
        ("--fail-on", "nonsense"),
        ("--jobs", "-1"),
        ("--since", "a", "--range", "a..b"),
        ("--range", "a"),
        ("--history-only",),
        ("--since", "x"),
        ("--staged", "--history-only"),
        ("--staged", "--machine"),
        ("--no-cache", "--cache-dir", "x"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(arguments: tuple[str, ...], tree: Path) -> None:
    """Wrong usage: 2, and one line that says what to try."""
    result = _scan(*arguments, tree)
    assert 2 == result.exit_code
    assert result.stderr.startswith("stanch: error: ")
    assert result.stderr.endswith("try `stanch scan --help`\n")
    assert 1 == result.stderr.count("\n")


def test_a_credential_typed_as_a_target_is_masked(token: Token) -> None:
    """A credential typed where a path or value belongs is not repeated."""
    secret = token("npm-access-token")
    for arguments in ([secret], ["--fail-on", secret], [f"--{secret}"]):
        result = _scan(*arguments)
        assert 2 == result.exit_code
        assert secret not in result.output
        assert secret[:4] in result.stderr


def test_output_is_private_and_whole(leaky: Path, tmp_path: Path) -> None:
    """--output writes the report to a file of mode 0600, and nothing to standard output."""
    path = tmp_path / "report.json"
    result = _scan(leaky, "-f", "json", "-o", path)
    assert (1, "") == (result.exit_code, result.stdout)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert "stanch.scan/v1" == json.loads(path.read_bytes())["schema"]


def test_output_through_a_link_is_refused_before_the_scan(leaky: Path, tmp_path: Path) -> None:
    """A link is refused as output, and what it points to stays as it was."""
    (tmp_path / "real").write_text("mine")
    (tmp_path / "link").symlink_to("real")
    result = _scan(leaky, "-o", tmp_path / "link")
    assert 2 == result.exit_code
    assert "symbolic link" in result.stderr
    assert "mine" == (tmp_path / "real").read_text()


def test_quiet_says_nothing_when_clean(tree: Path, leaky: Path) -> None:
    """--quiet writes nothing if nothing is found, and the report otherwise."""
    assert "npm access token" in _scan(leaky, "-q").stdout
    (leaky / ".npmrc").unlink()
    assert "" == _scan(tree, "-q").output


def test_secrets_do_not_go_into_a_pipe(leaky: Path, stanch: Stanch, token: Token) -> None:
    """--show-secrets into a pipe: 2, and nothing is told."""
    done = stanch("scan", "--no-history", "--show-secrets", leaky)
    assert 2 == done.returncode
    assert b"--show-secrets" in done.stderr
    assert token("npm-access-token").encode() not in done.stdout + done.stderr


@pytest.mark.parametrize(("mode", "code"), [(0o600, 1), (0o644, 2)])
def test_secrets_go_to_a_private_file(
    mode: int, code: int, leaky: Path, tmp_path: Path, token: Token
) -> None:
    """--show-secrets writes to standard output if that is a file of mode 0600."""
    path = tmp_path / "out"
    path.touch()
    path.chmod(mode)
    argv = [sys.executable, "-m", "stanch", "scan", "--no-history"]
    with path.open("wb") as out:
        argv += ["--show-secrets", str(leaky)]
        done = subprocess.run(argv, stdout=out, stderr=subprocess.PIPE, check=False)
    assert code == done.returncode, done.stderr
    assert (code == 1) == (token("npm-access-token") in path.read_text())


def test_secrets_go_to_an_output_file(leaky: Path, tmp_path: Path, token: Token) -> None:
    """--show-secrets with --output tells each credential."""
    path = tmp_path / "report"
    assert 1 == _scan(leaky, "--show-secrets", "-f", "json", "-o", path).exit_code
    assert token("npm-access-token") == json.loads(path.read_bytes())["findings"][0]["secret"]


def test_a_credential_in_a_name_is_masked(tree: Path, token: Token) -> None:
    """A file named by a credential is found, and its name is masked in the report."""
    secret = token("npm-access-token", 3)
    (tree / f"{secret}.txt").write_text(f"x {secret}")
    result = _scan(tree, "-f", "jsonl")
    assert 1 == result.exit_code
    assert secret not in result.output


def test_stdin_is_a_target(stanch: Stanch, token: Token) -> None:
    """`-` scans standard input."""
    secret = token("npm-access-token").encode()
    done = stanch("scan", "-f", "json", "-", stdin=b"log " + base64.b64encode(b"x " + secret))
    assert 1 == done.returncode, done.stderr
    (finding,) = json.loads(done.stdout)["findings"]
    assert ["base64"] == finding["occurrences"][0]["decoded"]


def test_decoding_can_be_off(tree: Path, token: Token) -> None:
    """--no-decode does not look inside encodings."""
    secret = base64.b64encode(b"x " + token("npm-access-token").encode())
    (tree / "a").write_bytes(secret)
    assert 1 == _scan(tree).exit_code
    assert 0 == _scan(tree, "--no-decode").exit_code


def test_lines_come_before_the_end(leaky: Path) -> None:
    """`jsonl` is a line per finding, then one with the coverage."""
    *found, end = [json.loads(line) for line in _scan(leaky, "-f", "jsonl").stdout.splitlines()]
    assert ["npm-access-token"] == [one["rule"] for one in found]
    assert end["coverage"]["complete"]
    assert end["ended"] >= end["started"] > "2026"


def test_key_changes_the_fingerprint(leaky: Path) -> None:
    """STANCH_KEY gives a project fingerprints of its own."""
    told = [
        json.loads(_scan(leaky, "-f", "json", env={"STANCH_KEY": key}).stdout)["findings"][0]
        for key in ("", "a", "a", "b")
    ]
    public, first, again, other = [one["fingerprint"] for one in told]
    assert first == again
    assert 3 == len({public, first, other})


def test_a_closed_pipe_is_0(leaky: Path) -> None:
    """A reader that stops reading is no failure."""
    for number in range(400):
        (leaky / f"{number}").write_bytes((leaky / ".npmrc").read_bytes())
    argv = [sys.executable, "-m", "stanch", "scan", "-f", "jsonl", "--no-history"]
    running = subprocess.Popen(
        [*argv, "--jobs", "1", str(leaky)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    assert b"" == running.stderr.read()
    running.stderr.close()
    assert 0 == running.wait()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_interrupted_is_130(tmp_path: Path) -> None:
    """An interrupt: 130, one line, no report."""
    import signal

    path = tmp_path / "report"
    argv = [sys.executable, "-m", "stanch", "scan", "-o", str(path), "-"]
    running = subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdin is not None
    assert running.stderr is not None
    # The scan waits for its input; once it does, the command has been set up.
    _wait_until_reading(running.pid)
    running.send_signal(signal.SIGINT)
    assert b"stanch: interrupted\n" == running.stderr.read()
    running.stderr.close()
    assert 130 == running.wait()
    running.stdin.close()
    assert [] == list(tmp_path.iterdir())


def _wait_until_reading(pid: int) -> None:
    """Wait until the process sleeps in a read of its standard input."""
    where = Path(f"/proc/{pid}/syscall")
    if not where.exists():
        pytest.skip("needs /proc")
    for _ in range(3000):
        # System call 0 (x86-64) or 63 (arm64) is read; its first argument is the descriptor.
        if where.read_text().split()[:2] in (["0", "0x0"], ["63", "0x0"]):
            return
        time.sleep(0.01)
    pytest.fail("the scan never read its input")


def test_a_defect_shows_no_traceback(monkeypatch: pytest.MonkeyPatch, leaky: Path) -> None:
    """An error that no one foresaw is one line, unless STANCH_DEBUG asks where."""
    import stanch.cli._summary as summary

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("defect")

    monkeypatch.setattr(summary, "summarize", broken)
    plain = _scan(leaky)
    assert 2 == plain.exit_code
    assert 1 == plain.stderr.count("\n")
    assert "unexpected RuntimeError" in plain.stderr
    told = _scan(leaky, env={"STANCH_DEBUG": "1"})
    assert "RuntimeError: defect\n" in told.stderr
    assert "in broken" in told.stderr
