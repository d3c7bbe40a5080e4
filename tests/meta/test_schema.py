# SPDX-License-Identifier: Apache-2.0
"""The published JSON schema is that of the code, and reports follow it."""

import io
import json
from typing import Any

import jsonschema
import pytest
from tests.meta.source import ROOT
from tests.report_samples import coverage, findings, hostile_findings, summary

from stanch.model import Occurrence, Skipped
from stanch.reports import ReportedFinding, ReportedOccurrence
from stanch.reports.json import REPORT, schema
from stanch.reports.jsonl import REPORT as LINES

PUBLISHED = ROOT / "docs" / "schema" / "scan-v1.json"

REQUIRED = {
    "rule",
    "aliases",
    "registry",
    "kind",
    "severity",
    "confidence",
    "verdict",
    "fingerprint",
    "preview",
    "proof",
    "occurrences",
}
"""What version 1 promises of a finding."""


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """Return the schema in the documentation."""
    read: dict[str, Any] = json.loads(PUBLISHED.read_bytes())
    return read


def test_schema_is_current(published: dict[str, Any]) -> None:
    """The published schema is what the structs give now."""
    assert schema() == published


def test_schema_promises_what_version_1_promises(published: dict[str, Any]) -> None:
    """No field that version 1 promises has gone."""
    finding = published["$defs"]["ReportedFinding"]
    assert set() == REQUIRED - set(finding["required"])
    place = published["$defs"]["ReportedOccurrence"]
    assert {"path", "line", "column", "span", "kind"} == set(place["required"])


def test_reports_follow_the_schema(published: dict[str, Any]) -> None:
    """A report with something of everything is valid."""
    jsonschema.Draft202012Validator.check_schema(published)
    read = coverage(Skipped("a.zip", "encrypted"))
    for found in ([], findings(), hostile_findings()):
        out = io.BytesIO()
        REPORT.write(found, summary(read, known=2, stale=("0" * 32,)), out)
        jsonschema.Draft202012Validator(published).validate(json.loads(out.getvalue()))


def test_lines_are_the_findings_of_the_object() -> None:
    """The lines of `jsonl` are the findings of `json`, and then the rest of it."""
    whole, lines = io.BytesIO(), io.BytesIO()
    REPORT.write(findings(), summary(), whole)
    LINES.write(findings(), summary(), lines)
    document = json.loads(whole.getvalue())
    *told, end = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert document.pop("findings") == told
    assert document == end


def test_every_field_of_an_occurrence_is_told() -> None:
    """What a finding knows of a place, a report can tell."""
    known = set(Occurrence.__struct_fields__)
    assert known == set(ReportedOccurrence.__struct_fields__)
    assert "secret" in ReportedFinding.__struct_fields__
