# SPDX-License-Identifier: Apache-2.0
"""SARIF 2.1.0, within the limits of GitHub's code scanning.

One result per credential, whose places are its locations: GitHub annotates the first, so one that
is in the work tree comes first. Columns count bytes, which is what SARIF's default counts wherever
a line is ASCII. A member of an archive has a line of its own, so the archive's region is its start
and the member is a logical location. No snippet is written, since a snippet is the credential.

Source:
    https://docs.oasis-open.org/sarif/sarif/v2.1.0/ (read 2026-11-22)
    https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/
    sarif-support-for-code-scanning (read 2026-11-22)
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import quote

import msgspec

from stanch.model import Confidence, Severity
from stanch.reports import (
    ATTACK,
    CWE,
    Reference,
    Report,
    ReportedFinding,
    ReportedOccurrence,
    Summary,
)

RESULTS_MAX: Final = 25_000
"""GitHub refuses a run with more."""
RESULTS_SHOWN: Final = 5_000
"""GitHub keeps this many of a run, the most severe first."""
LOCATIONS_MAX: Final = 100
"""GitHub shows this many of a result, and refuses more than 1,000."""
TAGS_MAX: Final = 20
"""GitHub takes this many of a rule."""
COMPRESSED_MAX: Final = 10_000_000 - 100_000
"""GitHub refuses a file above 10 MB when gzip-compressed; some is kept for what is not results."""
_NOTES_MAX: Final = 100

_SCORE: Final = {
    Severity.CRITICAL: "9.8",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.1",
}
_LEVEL: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}

Json = dict[str, Any]


class Sarif(Report):
    """The report for code-scanning services."""

    name: ClassVar = "sarif"
    title: ClassVar = "SARIF 2.1.0"

    def render(self, findings: Iterable[ReportedFinding], summary: Summary) -> Iterator[str]:
        """Yield the whole log."""
        told = list(findings)
        rules = sorted({finding.rule for finding in told})
        index = {rule: number for number, rule in enumerate(rules)}
        results, cut = _fit([_result(finding, index, summary) for finding in told[:RESULTS_MAX]])
        if len(told) > RESULTS_MAX:
            cut.append(f"{len(told) - RESULTS_MAX} results left out: at most {RESULTS_MAX} fit")
        if len(results) > RESULTS_SHOWN:
            cut.append(f"{len(results)} results: GitHub keeps the {RESULTS_SHOWN} most severe")
        trimmed = sum(len(finding.occurrences) > LOCATIONS_MAX for finding in told)
        if trimmed:
            cut.append(f"{trimmed} results have more places than the {LOCATIONS_MAX} listed")
        by_id = {finding.rule: finding for finding in told}
        log = {
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
            "sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": _driver([by_id[rule] for rule in rules], summary)},
                    "taxonomies": [_taxonomy(CWE), _taxonomy(ATTACK)],
                    "invocations": [_invocation(summary, cut)],
                    "results": results,
                }
            ],
        }
        yield msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def _fit(results: list[Json]) -> tuple[list[Json], list[str]]:
    """Return as many results as GitHub's size allows, and what to say of the others."""
    encoded = [msgspec.json.encode(result) for result in results]
    # NOTE: the log is written indented; the white space costs little when compressed.
    if sum(map(len, encoded)) < COMPRESSED_MAX // 2:
        return results, []
    compressor = zlib.compressobj(1)
    size = 0
    for number, text in enumerate(encoded):
        pretty = msgspec.json.format(text, indent=2)
        size += len(compressor.compress(pretty))
        size += len(compressor.flush(zlib.Z_SYNC_FLUSH)) if number % 100 == 0 else 0
        if size > COMPRESSED_MAX - 100_000:
            return results[:number], [f"{len(results) - number} results left out: 10 MB is full"]
    return results, []


def _driver(examples: Sequence[ReportedFinding], summary: Summary) -> Json:
    return {
        "name": "stanch",
        "version": summary.version,
        "semanticVersion": summary.version,
        "rules": [_rule(example, summary) for example in examples],
        "supportedTaxonomies": [_component(CWE, 0), _component(ATTACK, 1)],
    }


def _rule(example: ReportedFinding, summary: Summary) -> Json:
    """Describe a rule by what it is, or by one of its findings if a third party left it out."""
    rule = summary.rules.get(example.rule)
    registry = rule.registry if rule else example.registry
    steps = summary.remediation.get(registry, ())
    tags = ("security", "external/cwe/cwe-798", "external/attack/t1195.002", *example.aliases)
    return {
        "id": example.rule,
        "name": "".join(word.capitalize() for word in example.rule.split("-")),
        "shortDescription": {"text": example.title},
        "fullDescription": {"text": f"{example.title}: a leaked {example.kind}."},
        "help": {
            "text": "\n".join(steps) or "Revoke the credential.",
            "markdown": "\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1))
            or "Revoke the credential.",
        },
        "defaultConfiguration": {"level": _LEVEL[example.severity]},
        "relationships": [
            {
                "target": {"id": reference.id, "toolComponent": _component(reference, number)},
                "kinds": ["superset"],
            }
            for number, reference in enumerate((CWE, ATTACK))
        ],
        "properties": {
            "tags": list(tags[:TAGS_MAX]),
            "precision": "very-high" if getattr(rule, "check", None) else "high",
            "security-severity": _SCORE[example.severity],
        },
    }


def _component(reference: Reference, number: int) -> Json:
    return {"name": reference.catalogue, "index": number}


def _taxonomy(reference: Reference) -> Json:
    return {
        "name": reference.catalogue,
        "organization": "MITRE",
        "shortDescription": {"text": f"MITRE {reference.catalogue}"},
        "taxa": [
            {
                "id": reference.id,
                "name": reference.name,
                "shortDescription": {"text": reference.name},
                "helpUri": reference.url,
            }
        ],
    }


def _invocation(summary: Summary, cut: Sequence[str]) -> Json:
    skipped = summary.publish_coverage().skipped
    notes = [
        {
            "level": "warning" if skip.incomplete else "note",
            "message": {"text": f"{skip.path}: {skip.reason}"},
            "descriptor": {"id": "not-read"},
        }
        for skip in sorted(skipped, key=lambda skip: not skip.incomplete)[:_NOTES_MAX]
    ]
    if len(skipped) > _NOTES_MAX:
        cut = [*cut, f"{len(skipped) - _NOTES_MAX} more inputs were not read"]
    notes += [
        {"level": "warning", "message": {"text": text}, "descriptor": {"id": "cut"}} for text in cut
    ]
    invocation: Json = {"executionSuccessful": True, "toolExecutionNotifications": notes}
    if summary.started:
        invocation["startTimeUtc"] = summary.started
    if summary.ended:
        invocation["endTimeUtc"] = summary.ended
    return invocation


def _result(finding: ReportedFinding, index: dict[str, int], summary: Summary) -> Json:
    places = sorted(finding.occurrences, key=_first)[:LOCATIONS_MAX]
    placeholder = finding.confidence is Confidence.PLACEHOLDER
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "kind": "informational" if placeholder else "fail",
        "level": "none" if placeholder else _LEVEL[finding.severity],
        "message": {"text": _message(finding, summary)},
        "locations": [_location(number, place) for number, place in enumerate(places)],
        "partialFingerprints": {"credential/v1": finding.fingerprint},
        "properties": {
            "registry": finding.registry,
            "confidence": finding.confidence,
            "verdict": finding.verdict,
            "places": len(finding.occurrences),
            "proof": finding.proof,
        },
    }
    if finding.allowed:
        comment = finding.occurrences[0].allowed if finding.occurrences else ""
        result["suppressions"] = [
            {"kind": "inSource", "status": "accepted", "justification": comment}
        ]
    return result


def _first(place: ReportedOccurrence) -> tuple[bool, bool]:
    """Sort what a checked-out tree shows before what only history holds."""
    return (bool(place.object) and not place.in_head, bool(place.archive_path))


def _message(finding: ReportedFinding, summary: Summary) -> str:
    steps = summary.steps(finding)
    if finding.confidence is Confidence.PLACEHOLDER:
        return f"{finding.title} {finding.shown}: a placeholder, not a credential."
    text = f"{finding.title} {finding.shown} ({finding.confidence})."
    history = [place for place in finding.occurrences if place.commit]
    gone = history and not any(place.in_head for place in history)
    if gone and len(history) == len(finding.occurrences):
        text += f" Not in HEAD, but in history since commit {history[0].commit[:12]}."
    return f"{text} {steps[0]}" if steps else text


def _location(number: int, place: ReportedOccurrence) -> Json:
    region: Json = {"startLine": 1}
    if not place.archive_path:
        start, end = place.span
        region = {
            "startLine": place.line,
            "startColumn": place.column,
            "byteOffset": start,
            "byteLength": end - start,
        }
    location: Json = {
        "id": number,
        "physicalLocation": {"artifactLocation": {"uri": _uri(place.path)}, "region": region},
    }
    if place.archive_path:
        full = "!".join((place.path, *place.archive_path))
        location["logicalLocations"] = [
            {"name": place.archive_path[-1], "fullyQualifiedName": full, "kind": "member"}
        ]
    told = {name: getattr(place, name) for name in _TOLD}
    properties = {name: value for name, value in told.items() if value not in ("", (), None)}
    if place.archive_path:
        properties |= {"line": place.line, "column": place.column}
    if properties:
        location["properties"] = properties
    return location


_TOLD: Final = (
    "archive_path",
    "decoded",
    "object",
    "commit",
    "author",
    "date",
    "in_head",
    "reachable",
    "refs",
)


def _uri(path: str) -> str:
    """Write a path as a URI reference: relative ones start at the root of the repository."""
    path = path.removeprefix("./")
    if path.startswith("/"):
        return "file://" + quote(path)
    if path[1:3] == ":/":
        return "file:///" + quote(path, safe="/:")
    return quote(path) or "."


REPORT: Final = Sarif()
