# SPDX-License-Identifier: Apache-2.0
"""GitLab's secret-detection report, version 15.

GitLab tracks one vulnerability per place, so each occurrence is one. Placeholders carry its flag
for likely false positives, and allowed credentials are left out.

Source:
    gitlab-org/security-products/security-report-schemas, secret-detection-report-format.json,
    15.0.1 (read 2026-11-22)
"""

import uuid
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

import msgspec

from stanch.model import Confidence
from stanch.reports import ATTACK, CWE, Report, ReportedFinding, ReportedOccurrence, Summary

_NAMESPACE: Final = uuid.UUID("5a0cf4a5-4b6b-5d6e-9a55-7a2a5d9be1f1")
"""Makes a place's id the same in every run."""
_NO_COMMIT: Final = "0000000"
"""The schema wants a commit even for a file that is in none."""
PLACES_MAX: Final = 200
"""Places listed per credential: each becomes a vulnerability that someone has to close."""
_NAME_MAX: Final = 255
_SOLUTION_MAX: Final = 7000
_MESSAGES: Final = 100
"""Unread inputs listed."""


class Gitlab(Report):
    """The report for GitLab's security dashboard."""

    name: ClassVar = "gitlab"
    title: ClassVar = "GitLab secret-detection report 15"

    def render(self, findings: Iterable[ReportedFinding], summary: Summary) -> Iterator[str]:
        """Yield the whole document."""
        vulnerabilities = []
        cut = 0
        for finding in findings:
            places = [place for place in finding.occurrences if not place.allowed]
            cut += max(len(places) - PLACES_MAX, 0)
            vulnerabilities += [
                _vulnerability(finding, place, summary) for place in places[:PLACES_MAX]
            ]
        tool = {
            "id": "stanch",
            "name": "stanch",
            "version": summary.version,
            "vendor": {"name": "stanch"},
        }
        document = {
            "version": "15.0.1",
            "scan": {
                "analyzer": tool,
                "scanner": tool,
                "type": "secret_detection",
                "start_time": summary.started[:19],
                "end_time": summary.ended[:19],
                "status": "success",
                "messages": _messages(summary, cut),
            },
            "vulnerabilities": vulnerabilities,
        }
        yield msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _vulnerability(
    finding: ReportedFinding, place: ReportedOccurrence, summary: Summary
) -> dict[str, object]:
    key = f"{finding.fingerprint}\0{place.place}\0{place.object}\0{place.span[0]}"
    vulnerability: dict[str, object] = {
        "id": str(uuid.uuid5(_NAMESPACE, key)),
        "name": finding.title[:_NAME_MAX],
        "description": (
            f"{finding.title} {finding.shown} ({finding.confidence}) in {place.place}, "
            f"fingerprint {finding.fingerprint}."
        ),
        "severity": finding.severity.capitalize(),
        "solution": "\n".join(summary.steps(finding))[:_SOLUTION_MAX],
        "identifiers": _identifiers(finding),
        "location": _location(place),
        "tracking": _tracking(finding, place),
    }
    if finding.confidence is Confidence.PLACEHOLDER:
        vulnerability["severity"] = "Info"
        vulnerability["flags"] = [
            {
                "type": "flagged-as-likely-false-positive",
                "origin": "stanch",
                "description": "A documentation value.",
            }
        ]
    return vulnerability


def _identifiers(finding: ReportedFinding) -> list[dict[str, str]]:
    own = {"type": "stanch_rule_id", "name": f"stanch {finding.rule}", "value": finding.rule}
    cwe = {"type": "cwe", "name": CWE.id, "value": CWE.id.removeprefix("CWE-"), "url": CWE.url}
    attack = {"type": "attack", "name": ATTACK.id, "value": ATTACK.id, "url": ATTACK.url}
    aliases = [{"type": "stanch_alias", "name": name, "value": name} for name in finding.aliases]
    return [own, cwe, attack, *aliases]


def _location(place: ReportedOccurrence) -> dict[str, object]:
    commit = {"sha": place.commit or _NO_COMMIT}
    if place.commit:
        commit |= {"author": place.author, "date": place.date}
    line = place.line if not place.archive_path else 1
    return {"file": place.path, "start_line": line, "end_line": line, "commit": commit}


def _tracking(finding: ReportedFinding, place: ReportedOccurrence) -> dict[str, object]:
    signature = {"algorithm": "credential", "value": finding.fingerprint}
    return {
        "type": "source",
        "items": [{"file": place.path, "start_line": place.line, "signatures": [signature]}],
    }


def _messages(summary: Summary, cut: int) -> list[dict[str, str]]:
    unread = [skip for skip in summary.publish_coverage().skipped if skip.incomplete]
    messages = [
        {"level": "warn", "value": f"not read: {skip.path}: {skip.reason}"}
        for skip in unread[:_MESSAGES]
    ]
    if len(unread) > _MESSAGES:
        more = len(unread) - _MESSAGES
        messages.append({"level": "warn", "value": f"not read: {more} more inputs"})
    if cut:
        text = f"{cut} places left out: at most {PLACES_MAX} are listed per credential"
        messages.append({"level": "info", "value": text})
    return messages


REPORT: Final = Gitlab()
