# SPDX-License-Identifier: Apache-2.0
"""SARIF: its shape, and the limits of those who read it."""

import io
import json
from typing import Any, Final

import jsonschema
import pytest
from tests.report_samples import (
    committed,
    coverage,
    finding,
    findings,
    hostile_findings,
    npm_token,
    summary,
)

from stanch.model import Finding, Occurrence, Skipped
from stanch.reports import Summary, sarif

_TEXT: Final = {"type": "object", "required": ["text"], "properties": {"text": {"minLength": 1}}}
_LEVEL: Final = {"enum": ["none", "note", "warning", "error"]}
_LIST: Final = {"type": "array", "uniqueItems": True}
_TIME: Final = {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
_REFERENCE_PROPERTIES: Final = {"name": {"type": "string"}, "index": {"minimum": 0}}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


_COMPONENT: Final = _object(["name", "index"], **_REFERENCE_PROPERTIES)
_REGION: Final = _object(
    ["startLine"],
    startLine={"type": "integer", "minimum": 1},
    startColumn={"type": "integer", "minimum": 1},
    byteOffset={"type": "integer", "minimum": 0},
    byteLength={"type": "integer", "minimum": 0},
)
_LOCATION: Final = _object(
    ["physicalLocation"],
    id={"type": "integer", "minimum": 0},
    physicalLocation=_object(
        ["artifactLocation", "region"],
        artifactLocation=_object(["uri"], uri={"type": "string", "pattern": r"^[!-~]+$"}),
        region=_REGION,
    ),
    logicalLocations={
        **_LIST,
        "items": _object(
            ["name"],
            name={"type": "string"},
            fullyQualifiedName={"type": "string"},
            kind={"type": "string"},
        ),
    },
    properties={"type": "object"},
)
_RESULT: Final = _object(
    ["ruleId", "ruleIndex", "message", "locations", "partialFingerprints"],
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    kind={"enum": ["fail", "informational"]},
    level=_LEVEL,
    message=_TEXT,
    locations={**_LIST, "minItems": 1, "maxItems": 100, "items": _LOCATION},
    partialFingerprints={"additionalProperties": {"type": "string"}},
    properties={"type": "object"},
    suppressions={
        **_LIST,
        "items": _object(
            ["kind"],
            kind={"enum": ["inSource", "external"]},
            status={"enum": ["accepted", "underReview", "rejected"]},
            justification={"type": "string"},
        ),
    },
)
_RULE: Final = _object(
    ["id", "shortDescription", "help", "properties"],
    id={"type": "string"},
    name={"type": "string", "pattern": "^[A-Za-z0-9]+$"},
    shortDescription=_TEXT,
    fullDescription=_TEXT,
    help=_TEXT,
    defaultConfiguration=_object([], level=_LEVEL),
    relationships={
        **_LIST,
        "items": _object(
            ["target"],
            target=_object(["id"], id={"type": "string"}, toolComponent=_COMPONENT),
            kinds={**_LIST, "items": {"type": "string"}},
        ),
    },
    properties={
        "required": ["tags", "security-severity"],
        "properties": {
            "tags": {**_LIST, "maxItems": 20},
            "precision": {"enum": ["very-high", "high", "medium", "low"]},
            "security-severity": {"type": "string", "pattern": r"^(10|\d)\.\d$"},
        },
    },
)
_TAXONOMY: Final = _object(
    ["name", "taxa"],
    name={"type": "string"},
    organization={"type": "string"},
    shortDescription=_TEXT,
    taxa={
        **_LIST,
        "items": _object(
            ["id"],
            id={"type": "string"},
            name={"type": "string"},
            shortDescription=_TEXT,
            helpUri={"format": "uri"},
        ),
    },
)
_INVOCATION: Final = _object(
    ["executionSuccessful"],
    executionSuccessful={"type": "boolean"},
    startTimeUtc=_TIME,
    endTimeUtc=_TIME,
    toolExecutionNotifications={
        "type": "array",
        "items": _object(
            ["message"],
            message=_TEXT,
            level=_LEVEL,
            descriptor=_object(["id"], id={"type": "string"}),
        ),
    },
)
SUBSET: Final = _object(
    ["version", "runs"],
    **{"$schema": {"format": "uri"}},
    version={"const": "2.1.0"},
    runs={
        "type": "array",
        "items": _object(
            ["tool", "results"],
            tool=_object(
                ["driver"],
                driver=_object(
                    ["name"],
                    name={"type": "string"},
                    version={"type": "string"},
                    semanticVersion={"type": "string"},
                    rules={**_LIST, "items": _RULE},
                    supportedTaxonomies={**_LIST, "items": _COMPONENT},
                ),
            ),
            taxonomies={**_LIST, "items": _TAXONOMY},
            invocations={"type": "array", "items": _INVOCATION},
            results={"type": "array", "items": _RESULT},
        ),
    },
)
"""The part of SARIF 2.1.0 that the report uses, and what code scanning asks beyond it."""


def _run(found: list[Finding], told: Summary | None = None) -> dict[str, Any]:
    out = io.BytesIO()
    sarif.REPORT.write(found, told or summary(), out)
    log = json.loads(out.getvalue())
    jsonschema.Draft202012Validator(SUBSET).validate(log)
    run: dict[str, Any] = log["runs"][0]
    return run


def _notes(run: dict[str, Any]) -> list[str]:
    notes = run["invocations"][0]["toolExecutionNotifications"]
    return [note["message"]["text"] for note in notes]


@pytest.mark.parametrize("found", [[], findings(), hostile_findings()])
def test_log_has_the_shape_of_sarif(found: list[Finding]) -> None:
    """The log has the shape that SARIF and code scanning ask for."""
    run = _run(found, summary(coverage(Skipped("a.zip", "encrypted"))))
    assert ["a.zip: encrypted"] == _notes(run)
    for result in run["results"]:
        assert result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]


def test_a_result_is_known_by_its_credential() -> None:
    """The fingerprint is the credential's own, so it survives moves; code scanning adds its own."""
    (result,) = _run([finding(npm_token(1))])["results"]
    assert {"credential/v1": finding(npm_token(1)).fingerprint} == result["partialFingerprints"]


def test_no_result_has_a_snippet() -> None:
    """No snippet is written, since a snippet is the credential."""
    assert "snippet" not in json.dumps(_run(findings()))


def test_a_place_in_the_work_tree_comes_first() -> None:
    """Code scanning annotates the first location: one that the checked-out tree has."""
    gone = committed("old.js", in_head=False)
    there = committed("new.js", in_head=True)
    (result,) = _run([finding(npm_token(1), gone, there)])["results"]
    uris = [place["physicalLocation"]["artifactLocation"]["uri"] for place in result["locations"]]
    assert ["new.js", "old.js"] == uris


def test_what_only_history_holds_says_so() -> None:
    """A credential that HEAD no longer has names the commit that introduced it."""
    (result,) = _run([finding(npm_token(1), committed("old.js", in_head=False))])["results"]
    assert "Not in HEAD" in result["message"]["text"]
    assert "cd" * 20 == result["locations"][0]["properties"]["commit"]


def test_placeholders_and_allowed_are_no_failures() -> None:
    """A placeholder is information; an allow comment is a suppression in the source."""
    _, _, placeholder, allowed = _run(findings())["results"]
    assert ("informational", "none") == (placeholder["kind"], placeholder["level"])
    assert "inSource" == allowed["suppressions"][0]["kind"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü.txt", "a%20b/%C3%BC.txt"),
        ("./a", "a"),
        ("/etc/npmrc", "file:///etc/npmrc"),
        ("C:/Users/x/.npmrc", "file:///C:/Users/x/.npmrc"),
        ("a:b", "a%3Ab"),
        ("", "."),
    ],
)
def test_paths_become_uri_references(path: str, uri: str) -> None:
    """Relative paths stay relative, absolute ones become file URIs, and both are escaped."""
    (result,) = _run([finding(npm_token(1), Occurrence(path=path))])["results"]
    assert uri == result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_locations_are_limited_and_it_says_so() -> None:
    """At most 100 places of a credential are written; a note says that there are more."""
    places = [Occurrence(path=f"{number}.txt") for number in range(150)]
    run = _run([finding(npm_token(1), *places)])
    assert 100 == len(run["results"][0]["locations"])
    assert 150 == run["results"][0]["properties"]["places"]
    assert ["1 results have more places than the 100 listed"] == _notes(run)


def test_results_are_limited_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the limits the most severe results stay, and notes say what was cut."""
    monkeypatch.setattr(sarif, "RESULTS_MAX", 3)
    monkeypatch.setattr(sarif, "RESULTS_SHOWN", 2)
    run = _run([finding(npm_token(number)) for number in range(5)])
    assert 3 == len(run["results"])
    expected = [
        "2 results left out: at most 3 fit",
        "3 results: GitHub keeps the 2 most severe",
    ]
    assert expected == _notes(run)


def test_size_is_limited_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that would be too large when compressed is cut at the least severe end."""
    monkeypatch.setattr(sarif, "COMPRESSED_MAX", 104_000)
    run = _run([finding(npm_token(number)) for number in range(400)])
    assert 0 < len(run["results"]) < 400
    assert [f"{400 - len(run['results'])} results left out: 10 MB is full"] == _notes(run)


def test_unread_inputs_are_limited_and_it_says_so() -> None:
    """The first inputs that were not read are listed, those that matter before the others."""
    skipped = [Skipped(f"{number}", "excluded", incomplete=False) for number in range(150)]
    notes = _notes(_run([], summary(coverage(*skipped, Skipped("x", "corrupt")))))
    assert "x: corrupt" == notes[0]
    assert "51 more inputs were not read" == notes[-1]
