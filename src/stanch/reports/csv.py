# SPDX-License-Identifier: Apache-2.0
"""One row per place, for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from stanch.reports import Report, ReportedFinding, ReportedOccurrence, Summary, readable

_COLUMNS: Final = (
    "rule",
    "registry",
    "kind",
    "severity",
    "confidence",
    "verdict",
    "fingerprint",
    "preview",
    "path",
    "line",
    "column",
    "start",
    "end",
    "archive_path",
    "decoded",
    "object",
    "commit",
    "author",
    "date",
    "in_head",
    "allowed",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula."""


class Csv(Report):
    """The report for spreadsheets."""

    name: ClassVar = "csv"
    title: ClassVar = "one row per place"

    def render(self, findings: Iterable[ReportedFinding], summary: Summary) -> Iterator[str]:
        """Yield the header, then the rows of each finding."""
        columns = (*_COLUMNS, "secret") if summary.show_secrets else _COLUMNS
        yield _row(columns)
        for finding in findings:
            for place in finding.occurrences:
                cells = _cells(finding, place)
                yield _row([_safe(str(cells[column])) for column in columns])


def _cells(finding: ReportedFinding, place: ReportedOccurrence) -> dict[str, object]:
    cells: dict[str, object] = {}
    for noun in (finding, place):
        cells |= {name: getattr(noun, name) for name in noun.__struct_fields__}
    cells["kind"] = finding.kind
    cells["start"], cells["end"] = place.span
    cells["archive_path"] = "!".join(place.archive_path)
    cells["decoded"] = ">".join(place.decoded)
    cells["in_head"] = "" if place.in_head is None else str(place.in_head).lower()
    return cells


def _safe(cell: str) -> str:
    cell = readable(cell)
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


REPORT: Final = Csv()
