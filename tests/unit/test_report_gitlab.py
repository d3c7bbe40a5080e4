# SPDX-License-Identifier: Apache-2.0
"""GitLab's report has the shape that GitLab asks for."""

import io
import json
import re
from typing import Any

from tests.report_samples import coverage, finding, findings, npm_token, summary

from stanch.model import Finding, Skipped
from stanch.reports import Summary, gitlab


def _report(found: list[Finding], told: Summary | None = None) -> dict[str, Any]:
    out = io.BytesIO()
    gitlab.REPORT.write(found, told or summary(), out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def test_scan_is_described() -> None:
    """The scan has every field that the schema requires, and times without a zone."""
    scan = _report([])["scan"]
    assert {"analyzer", "scanner", "type", "start_time", "end_time", "status"} <= set(scan)
    assert ("secret_detection", "success") == (scan["type"], scan["status"])
    for field in ("start_time", "end_time"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", scan[field])
    for field in ("analyzer", "scanner"):
        assert all(scan[field][name] for name in ("id", "name", "version", "vendor"))


def test_each_place_is_a_vulnerability() -> None:
    """Each place that no comment allows is one vulnerability, with its commit or a stand-in."""
    told = _report(findings())["vulnerabilities"]
    files = ["@@INPUT@@/.npmrc", "pkg.tgz", "lib/token.js", "-", "README.md"]
    assert files == [one["location"]["file"] for one in told]
    shas = ["0000000", "cd" * 20, "cd" * 20, "0000000", "0000000"]
    assert shas == [one["location"]["commit"]["sha"] for one in told]
    assert len(told) == len({one["id"] for one in told})
    for one in told:
        assert one["severity"] in ("Info", "Unknown", "Low", "Medium", "High", "Critical")
        assert "stanch_rule_id" == one["identifiers"][0]["type"]
        assert "raw_source_code_extract" not in one


def test_placeholders_are_flagged() -> None:
    """A placeholder is marked as a likely false positive, and is mere information."""
    told = _report(findings())["vulnerabilities"][-1]
    assert "Info" == told["severity"]
    assert "flagged-as-likely-false-positive" == told["flags"][0]["type"]


def test_limits_say_what_was_cut() -> None:
    """A credential in very many places, and very many unread inputs, are cut with a message."""
    place = findings()[0].occurrences[0]
    read = coverage(*[Skipped(f"{number}", "corrupt") for number in range(150)])
    report = _report([finding(npm_token(1), *[place] * 250)], summary(read))
    assert gitlab.PLACES_MAX == len(report["vulnerabilities"])
    messages = [message["value"] for message in report["scan"]["messages"]]
    expected = [
        "not read: 50 more inputs",
        "50 places left out: at most 200 are listed per credential",
    ]
    assert expected == messages[-2:]
