# SPDX-License-Identifier: Apache-2.0
"""One JSON object: schema, tool, findings and coverage.

`docs/schema/scan-v1.json` describes it; the structs here are what it is generated from.
"""

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final, Literal

import msgspec

from stanch.reports import Report, ReportedCoverage, ReportedFinding, Summary, Tool


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """The whole report.

    Attributes:
        schema: Changes only when a reader of the old one could be misled.
        tool: What made it.
        started: When the scan started: ISO 8601, UTC.
        ended: When it ended.
        findings: Credentials, worst first.
        coverage: What was read, and what was not.
        known: Credentials left out because the baseline has them.
        stale: Fingerprints that the baseline has and the scan did not find.
    """

    schema: Literal["stanch.scan/v1"]
    tool: Tool
    started: str
    ended: str
    findings: tuple[ReportedFinding, ...]
    coverage: ReportedCoverage
    known: int = 0
    stale: tuple[str, ...] = ()


def schema() -> dict[str, Any]:
    """Return the JSON schema of the report: what `docs/schema/scan-v1.json` holds."""
    made = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "stanch.scan/v1",
        "title": "Report of stanch scan, version 1",
        **msgspec.json.schema(Document),
    }
    for noun in made["$defs"].values():
        _describe(noun)
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(made))
    return plain


def _describe(noun: dict[str, Any]) -> None:
    """Give each property the words that the docstring has for it."""
    first, _, rest = inspect.cleandoc(noun.get("description", "")).partition("\n")
    noun["description"] = first
    for name, text in re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", rest, re.MULTILINE):
        if name in noun.get("properties", {}):
            noun["properties"][name]["description"] = re.sub(r"\s+", " ", text)


class Json(Report):
    """The report for programs."""

    name: ClassVar = "json"
    title: ClassVar = "one JSON object"

    def render(self, findings: Iterable[ReportedFinding], summary: Summary) -> Iterator[str]:
        """Yield the object, indented."""
        told = tuple(findings)
        document = Document(
            schema="stanch.scan/v1",
            tool=summary.tool,
            started=summary.started,
            ended=summary.ended,
            findings=told,
            coverage=summary.publish_coverage(),
            known=summary.known,
            stale=summary.stale,
        )
        yield msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


REPORT: Final = Json()
