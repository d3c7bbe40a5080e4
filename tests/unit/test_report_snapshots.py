# SPDX-License-Identifier: Apache-2.0
"""The exact reports, so that a change of them is seen."""

import io
import json

import msgspec
import pytest
from tests.report_samples import (
    committed,
    coverage,
    finding,
    findings,
    npm_token,
    screen,
    summary,
)

from stanch.model import Finding, Occurrence, Skipped
from stanch.reports import Summary, csv, human_size, junit, markdown, sarif, text
from stanch.reports import json as json_report

STEPS = {"npm": ("Revoke it.", "Audit what was published.", "Remove it.", "Publish without it.")}


def _written(
    report: json_report.Json | text.Text | sarif.Sarif | junit.Junit | csv.Csv | markdown.Markdown,
    found: list[Finding],
    told: Summary,
) -> str:
    out = io.BytesIO()
    report.write(found, told, out)
    return out.getvalue().decode()


def _told(*skipped: Skipped) -> Summary:
    return summary(coverage(*skipped), remediation=STEPS)


TEXT = """\
critical  npm access token  @@PREVIEW1@@
where     @@INPUT@@/.npmrc:3:34
history   pkg.tgz!package/.npmrc:2:5  commit cdcdcdcdcd 2021-03-04 \
Jane Roe <jane@corp.example>; not in HEAD; reached from main, v1
          lib/token.js:2:5  commit cdcdcdcdcd 2021-03-04 \
Jane Roe <jane@corp.example>; still in HEAD; reached from main, v1; inside base64
since     2021-03-04, still in HEAD
first     Revoke it.
found     verified, npm-access-token, VNX-SEC-010  @@FINGERPRINT1@@

high      npm access token  @@PREVIEW2@@
where     standard input:7:1
proof     EXPIRED 2025-01-02T00:00:00Z; projects left-pad
first     Revoke it.
found     verified, npm-access-token, VNX-SEC-010  @@FINGERPRINT2@@

placeholder npm access token  @@PREVIEW3@@  README.md:9
allowed     npm access token  @@PREVIEW4@@  t.py:4

not read  a.zip: encrypted
left out  2 by choice: excluded
2 credentials (1 critical, 1 high), 1 placeholder, 1 allowed in 1,234 files, 47,610 git objects, \
859 MB; incomplete
"""


def _masked(written: str) -> str:
    """Put names in place of what a synthetic token decides."""
    for number in range(1, 5):
        one = finding(npm_token(number))
        written = written.replace(one.preview, f"@@PREVIEW{number}@@")
        written = written.replace(one.fingerprint, f"@@FINGERPRINT{number}@@")
    return written


def test_text() -> None:
    """The text groups by credential: what, where, since when, what to do first; then coverage."""
    skipped = [Skipped("a.zip", "encrypted"), *[Skipped("x", "excluded", incomplete=False)] * 2]
    assert TEXT == _masked(_written(text.REPORT, findings(), _told(*skipped)))


def test_text_of_nothing() -> None:
    """A clean scan is one line."""
    expected = "no credential in 1,234 files, 47,610 git objects, 859 MB\n"
    assert expected == _written(text.REPORT, [], _told())


def test_text_says_how_many_more() -> None:
    """A long list is cut, and says by how much."""
    place = findings()[0].occurrences[0]
    written = _written(text.REPORT, [finding(npm_token(1), *[place] * 22)], _told())
    assert text.PLACES == written.count("@@INPUT@@/.npmrc:3:34")
    assert "          and 17 more\n" in written


def test_text_cuts_what_is_not_counted() -> None:
    """Placeholders, unread inputs and stale entries are listed up to ten, then counted."""
    dim = [finding(npm_token(3), confidence=findings()[2].confidence)] * 15
    told = summary(
        coverage(*[Skipped(f"{number}.zip", "corrupt") for number in range(12)]),
        known=3,
        stale=tuple(f"{number:032x}" for number in range(11)),
    )
    written = _written(text.REPORT, dim, told)
    assert "and 5 more placeholders or allowed credentials\n" in written
    assert "and 2 more not read\n" in written
    assert "and 1 more stale baseline entries\n" in written
    assert "no credential, 15 placeholders, 3 in the baseline, 11 stale in" in written


def test_text_on_a_terminal() -> None:
    """A terminal gets the same words, wrapped under their label, in colour and with links."""
    told = summary(remediation=STEPS, screen=screen(width=60))
    written = _written(text.REPORT, findings()[1:2], told)
    assert "\x1b[31mhigh      \x1b[0m" in written
    told = summary(remediation=STEPS, screen=screen(width=60, color=False, links=False))
    plain = _masked(_written(text.REPORT, findings()[:1], told)).splitlines()
    assert "\x1b" not in "".join(plain)
    where = plain.index("where     @@INPUT@@/.npmrc:3:34")
    assert "history   pkg.tgz!package/.npmrc:2:5  commit cdcdcdcdcd" == plain[where + 1]
    assert plain[where + 2].startswith("          2021-03-04 Jane Roe")


def _where(place: Occurrence, **changes: object) -> str:
    told = msgspec.structs.replace(_told(), **changes)
    written = _written(text.REPORT, [finding(npm_token(1), place)], told)
    return written.splitlines()[1]


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (committed("r", in_head=True, kind="commit"), "r: message of commit ababababab:2:5  "),
        (committed(".", in_head=True, kind="tag"), "message of tag ababababab:2:5  "),
        (committed(".", in_head=True, kind="tree"), "names in tree ababababab:2:5  "),
        (committed(".", in_head=True, commit=""), "blob ababababab:2:5  "),
        (committed("a", in_head=True, paths=("a",)), "a:2:5  "),
    ],
)
def test_text_names_what_has_no_path(place: Occurrence, shown: str) -> None:
    """A message in a repository is named as what it is, and never by the folder alone."""
    assert _where(place).startswith(f"history   {shown}")


def test_text_tells_an_unreachable_object() -> None:
    """An object that no ref reaches says so, without a commit."""
    place = committed(".", in_head=False, commit="", date="", refs=(), reachable=False)
    assert "history   blob ababababab:2:5  unreachable" == _where(place)


def test_text_tells_what_is_staged() -> None:
    """What is about to be committed is neither on disk nor in history."""
    place = Occurrence(path="a", kind="staged", object="ab" * 20, line=1, column=2)
    assert "staged    a:1:2  blob ababababab" == _where(place)


def test_text_says_nothing_of_head_that_is_not_known() -> None:
    """A scan of a range does not know whether HEAD has a commit's message."""
    place = committed(".", in_head=True, kind="commit")
    place = msgspec.structs.replace(place, in_head=None)
    assert "HEAD" not in _where(place)


def test_text_writes_paths_from_here() -> None:
    """What lies below the current folder is named from there."""
    place = Occurrence(path="/home/user/app/.npmrc", line=1, column=2)
    assert "where     app/.npmrc:1:2" == _where(place, root="/home/user")
    assert "where     /home/user/app/.npmrc:1:2" == _where(place, root="/home/us")
    assert "where     home/user/app/.npmrc:1:2" == _where(place, root="/")


def test_text_tells_modes_of_this_machine_alone() -> None:
    """Every file of a work tree can be read by others; a user's own credentials should not."""
    place = Occurrence(path="a", mode=0o644)
    assert "where     a:1:1" == _where(place)
    read = msgspec.structs.replace(coverage(), done={"machine": 1})
    assert "where     a:1:1  readable by others (0644)" == _where(place, coverage=read)


def test_text_cuts_endless_paths() -> None:
    """The reason why something was not read stays in sight, however long its path is."""
    written = _written(text.REPORT, [], _told(Skipped("d/" * 5000, "too deep")))
    line = next(line for line in written.splitlines() if line.startswith("not read"))
    assert line.endswith("d/: too deep")
    assert 200 > len(line)


def test_text_tells_expired_entries() -> None:
    """An entry of the baseline whose time is over is told beside what it accepted."""
    told = summary(expired=("ab" * 16,))
    written = _written(text.REPORT, [finding(npm_token(1))], told)
    assert f"expired     {'ab' * 16} is in the baseline, and its time is over\n" in written
    assert "1 credential (1 critical), 1 expired in" in written


JSON = {
    "schema": "stanch.scan/v1",
    "tool": {"name": "stanch", "version": "0.1.0"},
    "started": "2026-11-22T10:00:00Z",
    "ended": "2026-11-22T10:00:02Z",
    "findings": [
        {
            "rule": "npm-access-token",
            "aliases": ["VNX-SEC-010"],
            "registry": "npm",
            "kind": "access token",
            "title": "npm access token",
            "severity": "critical",
            "confidence": "verified",
            "verdict": "unknown",
            "fingerprint": "@@FINGERPRINT1@@",
            "preview": "@@PREVIEW1@@",
            "proof": {},
            "occurrences": [
                {
                    "path": "@@INPUT@@/.npmrc",
                    "line": 3,
                    "column": 34,
                    "span": [90, 130],
                    "kind": "file",
                    "mode": 0o644,
                },
                {
                    "path": "pkg.tgz",
                    "line": 2,
                    "column": 5,
                    "span": [12, 52],
                    "kind": "blob",
                    "archive_path": ["package/.npmrc"],
                    "object": "ab" * 20,
                    "commit": "cd" * 20,
                    "author": "Jane Roe <jane@corp.example>",
                    "date": "2021-03-04T05:06:07Z",
                    "refs": ["refs/heads/main", "refs/tags/v1"],
                    "reachable": True,
                    "in_head": False,
                },
                {
                    "path": "lib/token.js",
                    "line": 2,
                    "column": 5,
                    "span": [12, 52],
                    "kind": "blob",
                    "decoded": ["base64"],
                    "object": "ab" * 20,
                    "commit": "cd" * 20,
                    "author": "Jane Roe <jane@corp.example>",
                    "date": "2021-03-04T05:06:07Z",
                    "refs": ["refs/heads/main", "refs/tags/v1"],
                    "reachable": True,
                    "in_head": True,
                },
            ],
        }
    ],
    "coverage": {
        "targets": ["@@INPUT@@"],
        "complete": False,
        "done": {"files": 1234, "history": 47610},
        "size": 859_000_000,
        "skipped": [{"path": "a.zip", "reason": "encrypted", "incomplete": True}],
    },
}


def test_json() -> None:
    """The JSON holds what the schema promises, and leaves out what does not apply."""
    told = _told(Skipped("a.zip", "encrypted"))
    assert JSON == json.loads(_masked(_written(json_report.REPORT, findings()[:1], told)))


SARIF_RESULT = {
    "ruleId": "npm-access-token",
    "ruleIndex": 0,
    "kind": "fail",
    "level": "error",
    "message": {"text": "npm access token @@PREVIEW2@@ (verified). Revoke it."},
    "locations": [
        {
            "id": 0,
            "physicalLocation": {
                "artifactLocation": {"uri": "-"},
                "region": {
                    "startLine": 7,
                    "startColumn": 1,
                    "byteOffset": 200,
                    "byteLength": 40,
                },
            },
        }
    ],
    "partialFingerprints": {"credential/v1": "@@FINGERPRINT2@@"},
    "properties": {
        "registry": "npm",
        "confidence": "verified",
        "verdict": "expired",
        "places": 1,
        "proof": {
            "expires": "2025-01-02T00:00:00Z",
            "expired": True,
            "projects": ["left-pad"],
        },
    },
}


def test_sarif() -> None:
    """A SARIF result tells what to do, where, and how sure stanch is."""
    log = json.loads(_masked(_written(sarif.REPORT, findings()[1:2], _told())))
    assert [SARIF_RESULT] == log["runs"][0]["results"]
    (rule,) = log["runs"][0]["tool"]["driver"]["rules"]
    assert "1. Revoke it.\n2. Audit what was published." in rule["help"]["markdown"]
    tags = ["security", "external/cwe/cwe-798", "external/attack/t1195.002", "VNX-SEC-010"]
    assert tags == rule["properties"]["tags"]


JUNIT = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="stanch" tests="4" failures="1" errors="1" skipped="2" \
timestamp="2026-11-22T10:00:00Z">
    <testcase classname="stanch.npm.npm-access-token" \
name="npm access token @@PREVIEW2@@ @@FINGERPRINT2@@">
      <failure message="npm access token @@PREVIEW2@@, verified" type="high">standard input:7:1
Revoke it.
Audit what was published.
Remove it.
Publish without it.</failure>
    </testcase>
    <testcase classname="stanch.npm.npm-access-token" \
name="npm access token @@PREVIEW3@@ @@FINGERPRINT3@@">
      <skipped message="placeholder"/>
    </testcase>
    <testcase classname="stanch.npm.npm-access-token" \
name="npm access token @@PREVIEW4@@ @@FINGERPRINT4@@">
      <skipped message="allowed by comment"/>
    </testcase>
    <testcase classname="stanch.coverage" name="a.zip">
      <error message="encrypted"/>
    </testcase>
  </testsuite>
</testsuites>
"""


def test_junit() -> None:
    """A credential is a failure, a placeholder is skipped, an unread input is an error."""
    told = _told(Skipped("a.zip", "encrypted"))
    assert JUNIT == _masked(_written(junit.REPORT, findings()[1:], told))


def test_csv_guards_formulas() -> None:
    """A cell that a spreadsheet would take for a formula is quoted."""
    lines = _written(csv.REPORT, findings()[1:2], _told()).splitlines()
    assert "rule,registry,kind,severity" == lines[0][:27]
    assert ",'-,7,1,200,240," in lines[1]


MARKDOWN = """\
# stanch: 1 leaked registry credential

| severity | credential | preview | confidence | places |
|---|---|---|---|--:|
| high | npm access token | `@@PREVIEW2@@` | verified | 1 |

## 🟠 npm access token `@@PREVIEW2@@`

Rule `npm-access-token`, fingerprint `@@FINGERPRINT2@@`.

- `standard input:7`

What to do, in this order:

1. Revoke it.
2. Audit what was published.
3. Remove it.
4. Publish without it.

1 placeholder not counted.

1 allowed by comment, not counted.

Read: 1,234 files, 47,610 git objects.

**Incomplete: 1 not read.**

- `a.zip`: encrypted
"""


def test_markdown() -> None:
    """Markdown has a table, a section per credential, and the coverage."""
    told = _told(Skipped("a.zip", "encrypted"))
    assert MARKDOWN == _masked(_written(markdown.REPORT, findings()[1:], told))


def test_sizes() -> None:
    """Sizes are told in decimal units, with two figures at least."""
    sizes = {0: "0 B", 999: "999 B", 1500: "1.5 kB", 25_000: "25 kB", 859_000_000: "859 MB"}
    sizes |= {999_700: "1.0 MB", 2 * 10**12: "2.0 TB"}
    assert sizes == {size: human_size(size) for size in sizes}
