# SPDX-License-Identifier: Apache-2.0
"""The baseline."""

import json
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.baseline import Baseline, Entry
from stanch.errors import ConfigError, OutputError, StanchError
from stanch.model import Confidence, Finding, Occurrence, RuleId, Severity
from stanch.secret import Secret

SALT = bytes(range(16))
TODAY = date(2026, 11, 22)


def _finding(name: str, *paths: str, line: int = 1) -> Finding:
    secret = Secret(f"a credential called {name}".encode())
    return Finding(
        rule=RuleId("npm-access-token"),
        registry="npm",
        kind="access token",
        title="npm access token",
        severity=Severity.CRITICAL,
        confidence=Confidence.VERIFIED,
        fingerprint=secret.fingerprint(SALT),
        preview="npm_…",
        occurrences=tuple(Occurrence(path, line=line) for path in paths or ("a.txt",)),
    )


def _header() -> str:
    return json.dumps({"stanch-baseline": 1, "salt": SALT.hex()})


def _loaded(tmp_path: Path, *lines: str) -> Baseline:
    path = tmp_path / "x.baseline"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Baseline.load(path)


def test_accepted_findings_are_known_and_others_new() -> None:
    """A credential in the baseline is known, wherever it has moved to; any other is new."""
    baseline = Baseline(SALT).add([_finding("old")])
    split = baseline.split([_finding("old", "moved/b.txt", line=99), _finding("fresh")])
    assert [finding.fingerprint for finding in split.new] == [_finding("fresh").fingerprint]
    assert [finding.fingerprint for finding in split.known] == [_finding("old").fingerprint]
    assert split.stale == []


def test_entry_without_finding_is_stale() -> None:
    """An entry whose credential is gone is listed, and pruned."""
    baseline = Baseline(SALT).add([_finding("gone"), _finding("here")])
    split = baseline.split([_finding("here")])
    assert [entry.fingerprint for entry in split.stale] == [_finding("gone").fingerprint]
    pruned = baseline.pruned([_finding("here")])
    assert [entry.fingerprint for entry in pruned.entries] == [_finding("here").fingerprint]


def test_expired_entry_counts_as_new() -> None:
    """After its last day an entry accepts nothing; on that day it still does."""
    baseline = Baseline(SALT).add([_finding("x")], expires=date(2026, 11, 21))
    split = baseline.split([_finding("x")], TODAY)
    assert len(split.new) == 1
    assert split.known == []
    assert split.expired == list(baseline.entries)
    assert baseline.pruned([_finding("x")], TODAY).entries == ()
    assert baseline.split([_finding("x")], date(2026, 11, 21)).new == []


def test_path_limits_an_entry() -> None:
    """A credential accepted in some paths is new, with its other places, everywhere else."""
    baseline = Baseline(SALT).add([_finding("x")], path="tests/")
    split = baseline.split([_finding("x", "tests/a.txt", "src/b.txt")])
    assert [place.path for place in split.new[0].occurrences] == ["src/b.txt"]
    assert [place.path for place in split.known[0].occurrences] == ["tests/a.txt"]


def test_file_holds_nothing_that_moves(tmp_path: Path) -> None:
    """The file is one header and one line per credential: no path, line, time or credential."""
    path = tmp_path / "x.baseline"
    added = Baseline(SALT).add(
        [_finding("x", "secret/path.txt", line=987654321)], reason="a test key"
    )
    added.write(path)
    text = path.read_text()
    assert text.splitlines()[0] == _header().replace(" ", "")
    assert json.loads(text.splitlines()[1]) == {
        "fingerprint": _finding("x").fingerprint,
        "rule": "npm-access-token",
        "reason": "a test key",
    }
    assert "credential" not in text
    assert "987654321" not in text
    assert "path.txt" not in text


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    """Accepting what is accepted leaves every byte as it was, reasons included."""
    path = tmp_path / "x.baseline"
    Baseline(SALT).add([_finding("x")], reason="because", owner="me").write(path)
    before = path.read_bytes()
    Baseline.load(path).add([_finding("x", "elsewhere")], reason="again").write(path)
    assert before == path.read_bytes()


def test_new_baselines_have_salts_of_their_own() -> None:
    """Two new baselines tell nothing about each other."""
    assert Baseline.new().key != Baseline.new().key


def test_explain_says_what_each_entry_does() -> None:
    """Each entry is accepted, expired or stale, with the places it answers for."""
    baseline = (
        Baseline(SALT)
        .add([_finding("a")])
        .add([_finding("b")], expires=date(2020, 1, 1))
        .add([_finding("c")])
    )
    told = {
        explanation.entry.fingerprint: (explanation.status, len(explanation.occurrences))
        for explanation in baseline.explain([_finding("a", "x", "y"), _finding("b")], TODAY)
    }
    assert told == {
        _finding("a").fingerprint: ("accepted", 2),
        _finding("b").fingerprint: ("expired", 1),
        _finding("c").fingerprint: ("stale", 0),
    }


def test_utf_16_and_carriage_returns_are_read(tmp_path: Path) -> None:
    """A file that a shell rewrote as UTF-16 with CRLF is read all the same."""
    text = Baseline(SALT).add([_finding("x")]).text()
    path = tmp_path / "x.baseline"
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-16"))
    assert text == Baseline.load(path).text()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "x.baseline:2: not a line of JSON"),
        ("<<<<<<< HEAD", "x.baseline:2: a merge conflict"),
        ("[]", "x.baseline:2: not a JSON object"),
        ('{"fingerprint": "xyz"}', "x.baseline:2: fingerprint: not 32 hex digits"),
        ('{"rule": "x"}', "x.baseline:2: .*fingerprint"),
        ('{"fingerprint": "%s", "line": 3}' % ("0" * 32), "x.baseline:2: .*line"),
        ('{"fingerprint": "%s", "expires": "soon"}' % ("0" * 32), "x.baseline:2: expires"),
        ('{"fingerprint": "%s", "expires": "20261122"}' % ("0" * 32), "x.baseline:2: expires"),
        ('{"stanch-baseline": 1, "salt": "%s"}' % ("f" * 32), "x.baseline:2: a second salt"),
        ('{"stanch-baseline": 1, "salt": "zz"}', "x.baseline:2: salt"),
        ('{"stanch-baseline": 2, "salt": "%s"}' % ("f" * 32), "x.baseline:2: made by a newer"),
    ],
)
def test_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    """A line that cannot be meant is an error with its number."""
    with pytest.raises(ConfigError, match=message):
        _loaded(tmp_path, _header(), line)


def test_file_without_header_is_refused(tmp_path: Path) -> None:
    """Without a salt nothing could be compared."""
    with pytest.raises(ConfigError, match="no header line"):
        _loaded(tmp_path, "")
    with pytest.raises(ConfigError, match="nowhere"):
        Baseline.load(tmp_path / "nowhere")


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """Where a write fails, what was there stays, and nothing is left beside it."""
    folder = tmp_path / "folder.baseline"
    (folder / "inside").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"folder\.baseline"):
        Baseline(SALT).write(folder)
    assert sorted(os.listdir(tmp_path)) == ["folder.baseline"]
    with pytest.raises(OutputError, match="nowhere"):
        Baseline(SALT).write(tmp_path / "nowhere" / "x.baseline")


def test_write_keeps_a_link_and_a_mode(tmp_path: Path) -> None:
    """A baseline that is a link stays one; the file behind it keeps its mode."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("")
    real.chmod(0o600)
    link.symlink_to(real)
    Baseline(SALT).write(link)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert Baseline.load(real).entries == ()


_ENTRIES = st.builds(
    Entry,
    fingerprint=st.integers(0, 5).map(lambda number: f"{number:032x}"),
    rule=st.just("npm-access-token"),
    path=st.sampled_from(["", "tests/"]),
    reason=st.sampled_from(["", "why", "wörds\u2028\n"]),
    owner=st.sampled_from(["", "me"]),
    expires=st.sampled_from(["", "2026-01-01", "2030-01-01"]),
)


@given(entries=st.lists(_ENTRIES, max_size=12), order=st.randoms())
def test_text_is_that_of_the_set(entries: list[Entry], order: object) -> None:
    """The order and number of equal entries make no difference to the file."""
    shuffled = entries * 2
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Baseline(SALT, entries).text() == Baseline(SALT, shuffled).text()


@given(ours=st.lists(_ENTRIES, max_size=8), theirs=st.lists(_ENTRIES, max_size=8))
def test_union_of_lines_is_the_union(
    tmp_path_factory: pytest.TempPathFactory, ours: list[Entry], theirs: list[Entry]
) -> None:
    """What a union merge of two files makes is read as the union of both sets."""
    path = tmp_path_factory.getbasetemp() / "merged.baseline"
    path.write_text(
        Baseline(SALT, ours).text() + Baseline(SALT, theirs).text(), encoding="utf-8", newline=""
    )
    merged = Baseline.load(path)
    assert Baseline(SALT, ours + theirs).text() == merged.text()
    merged.write(path)
    assert merged.text() == Baseline.load(path).text()


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever bytes the file holds, nothing but our own errors comes of it."""
    path = tmp_path_factory.getbasetemp() / "any.baseline"
    path.write_bytes(_header().encode() + b"\n" + data)
    try:
        Baseline.load(path).text()
    except StanchError:
        return
