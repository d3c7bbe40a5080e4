# SPDX-License-Identifier: Apache-2.0
"""What every report must do."""

import base64
import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any, Final, cast
from urllib.parse import quote

import pytest
from tests.report_samples import (
    coverage,
    finding,
    findings,
    hostile_findings,
    npm_token,
    screen,
    summary,
)

from stanch import discovery
from stanch.model import Finding, Skipped
from stanch.reports import Report, Summary

REPORTS: Final = cast("tuple[Report, ...]", discovery.plugins("stanch.reports", "REPORT"))

pytestmark = pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)


def _written(report: Report, found: list[Finding], told: Summary) -> str:
    out = io.BytesIO()
    report.write(found, told, out)
    return out.getvalue().decode()


def _forms(token: str) -> Iterator[str]:
    """Yield the token's text in every usual encoding, as far as its neighbours cannot change it."""
    raw = token.encode()
    yield token
    yield token[::-1]
    yield raw.hex()
    yield raw.hex().upper()
    yield quote(token, safe="")
    yield "\0".join(token)
    for lead in range(3):
        yield base64.b64encode(bytes(lead) + raw)[4:-4].decode()


def _json_lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


PARSERS: Final[dict[str, Callable[[str], object]]] = {
    "json": json.loads,
    "jsonl": _json_lines,
    "sarif": json.loads,
    "gitlab": json.loads,
    "junit": ET.fromstring,
    "csv": lambda text: list(csv.reader(io.StringIO(text), strict=True)),
}


def test_it_says_what_it_is(report: Report) -> None:
    """A report has its module's name, and a title."""
    assert f"stanch.reports.{report.name}" == type(report).__module__
    assert report.title


@pytest.mark.parametrize("make", [findings, hostile_findings], ids=["plain", "hostile"])
def test_it_never_tells_a_credential(report: Report, make: Callable[[], list[Finding]]) -> None:
    """No credential is told in any encoding, wherever in a finding it stands."""
    found = make()
    text = _written(report, found, summary(coverage(Skipped(npm_token(5), f"a {npm_token(5)}"))))
    for number in range(1, 6):
        assert [] == [form for form in _forms(npm_token(number)) if form in text]


def test_it_never_tells_a_credential_on_a_terminal(report: Report) -> None:
    """A terminal is told no more than a pipe."""
    text = _written(report, findings() + hostile_findings(), summary(screen=screen(width=400)))
    for number in range(1, 6):
        assert [] == [form for form in _forms(npm_token(number)) if form in text]


def test_it_tells_credentials_when_asked(report: Report) -> None:
    """Asked to show credentials, a report tells each."""
    text = _written(report, [finding(npm_token(1))], summary(show_secrets=True))
    assert npm_token(1) in text


def test_it_is_deterministic(report: Report) -> None:
    """The same findings give the same bytes."""
    first = _written(report, findings(), summary())
    assert first == _written(report, findings(), summary())


@pytest.mark.parametrize("make", [list, findings, hostile_findings])
def test_it_parses(report: Report, make: Callable[[], list[Finding]]) -> None:
    """What a report writes is well formed, whatever names say."""
    text = _written(report, make(), summary(coverage(*_many_skips())))
    assert text.endswith("\n")
    PARSERS.get(report.name, str)(text)


def _many_skips() -> list[Skipped]:
    return [Skipped(f"{number}\x1b\udc80", "truncated <archive>\n") for number in range(300)]


def test_it_writes_no_control_character(report: Report) -> None:
    """A terminal that shows the report does nothing that a scanned name asks for."""
    text = _written(report, hostile_findings(), summary(coverage(*_many_skips())))
    assert [] == re.findall(r"[^\r\n -~\u00a0-\U0010ffff]", text)


def test_it_tells_each_of_many_places_or_says_how_many_more(report: Report) -> None:
    """A credential in very many places is told, and the report stays in bounds."""
    place = findings()[0].occurrences[0]
    text = _written(report, [finding(npm_token(1), *[place] * 3000)], summary())
    assert len(text) < 3000 * 600


def test_it_tells_an_unknown_rule(report: Report) -> None:
    """A finding of a rule or registry that no one describes is told all the same."""
    unknown = finding(npm_token(1), rule="other-rule", registry="other")
    assert "other-rule" in _written(report, [unknown], summary())
