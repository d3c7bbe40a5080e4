# SPDX-License-Identifier: Apache-2.0
"""`stanch scan`: find leaked credentials and report them."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from stanch.cli import _environment, _options, _output
from stanch.cli._command import Command
from stanch.cli._group import CLEAN, FOUND, INCOMPLETE
from stanch.cli._request import Request

if TYPE_CHECKING:
    from stanch.cli._work import Work
    from stanch.model import Finding
    from stanch.reports import Report, Summary


def scan(**values: Any) -> None:
    """Find leaked registry credentials in TARGETs.

    A TARGET is a folder, a file, an archive, an image, a git work tree (its files and its whole
    history) or bare repository, or `-` for standard input. Without one, this folder is read.
    Nothing is sent anywhere.
    """
    request = Request(**values)
    request.check()
    if request.show_secrets:
        _output.check_private(request.output)
    if request.output:
        _output.check(request.output)
    code = _scan(request)
    raise click.exceptions.Exit(CLEAN if request.exit_zero else code)


def _scan(request: Request) -> int:
    """Scan, report, and return the exit code."""
    from stanch.cli._work import Work

    config = request.configuration()
    path = request.baseline or config.baseline
    known = None
    if path:
        from stanch.baseline import Baseline

        known = Baseline.load(path)
    work = Work(request, config, known)
    _report(request, work)
    if work.selection.failing:
        return FOUND
    return CLEAN if work.scan.coverage.complete else INCOMPLETE


def _report(request: Request, work: "Work") -> None:
    from stanch import discovery
    from stanch.cli._summary import summarize

    report: Report = discovery.plugin("stanch.reports", "REPORT", request.form)  # type: ignore[assignment]
    screen = None if request.output else _environment.screen(sys.stdout, request.color)
    summary = summarize(work, screen, show_secrets=request.show_secrets)
    findings = _told(report, work, summary)
    quiet = request.quiet and not request.output and not report.streams
    if quiet and not findings and work.scan.coverage.complete:
        return
    with _output.destination(request.output) as out:
        report.write(findings, summary, out)


def _told(report: "Report", work: "Work", summary: "Summary") -> "Iterable[Finding]":
    """Return the findings, after the last of which the summary is final."""
    from stanch.cli._summary import finish

    if not report.streams:
        findings = work.gather()
        finish(summary, work)
        return findings

    def stream() -> "Iterator[Finding]":
        yield from work.stream()
        finish(summary, work)

    return stream()


_EXAMPLES: Sequence[tuple[str, str]] = (
    ("stanch scan", "this folder and its whole git history"),
    ("stanch scan --no-history src .npmrc", "files only"),
    ("stanch scan --staged", "before a commit"),
    ("stanch scan --history-only --range main..HEAD", "a branch's commits"),
    ("docker save app | stanch scan -", "an image"),
    ("stanch scan --machine", "what this machine holds in plaintext"),
    ("stanch scan -f sarif -o stanch.sarif", "for code scanning"),
    ("stanch scan --baseline stanch.baseline", "only what is new"),
)
_ENDS: Sequence[tuple[str, str]] = (
    ("0", "clean"),
    ("1", "credentials found"),
    ("2", "wrong usage, or failure"),
    ("3", "nothing found, but not everything could be read"),
    ("130", "interrupted"),
)

COMMAND: Final = Command(
    "scan",
    callback=scan,
    params=[
        *_options.WHAT,
        *_options.WHICH,
        _options.baseline("Report only what FILE does not have."),
        *_options.HOW,
        *_options.END,
        *_options.WORK,
    ],
    help=scan.__doc__,
    short_help="Find leaked registry credentials.",
    examples=tuple(_EXAMPLES),
    ends=tuple(_ENDS),
)
