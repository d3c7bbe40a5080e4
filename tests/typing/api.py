# SPDX-License-Identifier: Apache-2.0
"""Read by mypy, never run: what users' own type checks see of the public API."""

from pathlib import Path
from typing import assert_type

import stanch

scan = stanch.scan("here", stanch.Options(history=False, jobs=1))
assert_type(scan, stanch.Scan)
assert_type(scan.coverage, stanch.Coverage)
assert_type(scan.coverage.complete, bool)
assert_type(stanch.scan([Path("a"), "b"]), stanch.Scan)

for finding in scan:
    assert_type(finding, stanch.Finding)
    assert_type(finding.severity, stanch.Severity)
    assert_type(finding.confidence, stanch.Confidence)
    assert_type(finding.verdict, stanch.Verdict)
    assert_type(finding.fingerprint, stanch.Fingerprint)
    assert_type(finding.secret, stanch.Secret | None)
    for occurrence in finding.occurrences:
        assert_type(occurrence, stanch.Occurrence)
        assert_type(occurrence.span, tuple[int, int])

assert_type(stanch.merge(scan), list[stanch.Finding])
for skipped in scan.coverage.skipped:
    assert_type(skipped, stanch.Skipped)

try:
    list(stanch.scan("nowhere"))
except stanch.UsageError as error:
    assert_type(error, stanch.UsageError)
except stanch.StanchError as error:
    assert_type(error, stanch.StanchError)


def report(progress: stanch.Progress) -> None:
    """Show that a callback's type is public too."""
    assert_type(progress.done, int)


stanch.scan(".", progress=report)
