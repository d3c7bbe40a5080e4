# SPDX-License-Identifier: Apache-2.0
"""`stanch scan`: find leaked credentials and report them."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from stanch.cli import _environment, _output
from stanch.cli._command import Command, Option
from stanch.cli._group import CLEAN, FOUND, INCOMPLETE
from stanch.cli._plugins import PluginName
from stanch.cli._request import Request

if TYPE_CHECKING:
    from stanch.cli._progress import Display
    from stanch.cli._selection import Selection
    from stanch.reports import Report, Summary
    from stanch.scan import Scan

_SEVERITIES: Final = ("critical", "high", "medium", "low", "info")
_CONFIDENCES: Final = ("verified", "format", "context", "placeholder")

_FILE: Final = click.Path(path_type=Path)


def _option(*names: str, section: str, **how: Any) -> Option:
    return Option(list(names), section=section, **how)


_WHAT: Final = [
    click.Argument(["targets"], nargs=-1, metavar="[TARGET]..."),
    *(
        _option(*names, section="What to read", **how)
        for names, how in (
            (("--history/--no-history",), {"default": True, "help": "Git's object database."}),
            (("--history-only",), {"is_flag": True, "help": "Only git's object database."}),
            (("--since",), {"metavar": "REV", "help": "Only commits that REV does not reach."}),
            (("--range", "commits"), {"metavar": "A..B", "help": "Only commits in A..B."}),
            (("--staged",), {"is_flag": True, "help": "Only what is staged for commit."}),
            (("--machine",), {"is_flag": True, "help": "This user's machine, in plaintext."}),
            (("--archives/--no-archives",), {"default": True, "help": "Open archives."}),
            (("--decode/--no-decode",), {"default": True, "help": "Look inside encodings."}),
            (("--respect-gitignore",), {"is_flag": True, "help": "Leave out ignored files."}),
            (
                ("--exclude",),
                {"multiple": True, "metavar": "GLOB", "help": "Leave these paths out; repeat."},
            ),
        )
    ),
]
_WHICH: Final = [
    _option(*names, section="What to find", **how)
    for names, how in (
        (
            ("--registry", "registries"),
            {
                "multiple": True,
                "metavar": "NAME",
                "type": PluginName("stanch.registries"),
                "help": "Only this registry's credentials; repeat.",
            },
        ),
        (
            ("--confidence",),
            {"type": click.Choice(_CONFIDENCES), "help": "Report only what is at least this sure."},
        ),
        (
            ("--baseline",),
            {
                "type": _FILE,
                "metavar": "FILE",
                "envvar": "STANCH_BASELINE",
                "help": "Report only what FILE does not have.",
            },
        ),
        (
            ("--config",),
            {
                "type": _FILE,
                "metavar": "FILE",
                "envvar": "STANCH_CONFIG",
                "help": "Configuration; by default that of this folder's project.",
            },
        ),
        (
            ("--no-inline-allow", "inline_allow"),
            {"flag_value": False, "default": True, "help": "Ignore allow comments."},
        ),
    )
]
_HOW: Final = [
    _option(*names, section="Report", **how)
    for names, how in (
        (
            ("-f", "--format", "form"),
            {
                "default": "text",
                "metavar": "FORMAT",
                "type": PluginName("stanch.reports"),
                "help": "Form of the report.",
            },
        ),
        (
            ("-o", "--output"),
            {"type": _FILE, "metavar": "FILE", "help": "Write FILE, whole or not at all."},
        ),
        (
            ("--show-secrets",),
            {"is_flag": True, "help": "Unmask; only to a terminal or a 0600 file."},
        ),
        (
            ("--color",),
            {
                "type": click.Choice(("auto", "always", "never")),
                "default": "auto",
                "help": "Colours.",
            },
        ),
        (("-q", "--quiet"), {"is_flag": True, "help": "Write nothing if nothing is found."}),
        (("--no-progress",), {"is_flag": True, "help": "Show no progress."}),
    )
]
_END: Final = [
    _option(*names, section="Result", **how)
    for names, how in (
        (
            ("--fail-on",),
            {
                "type": click.Choice((*_SEVERITIES, "new", "any")),
                "default": "new",
                "help": "Exit 1 for this severity and worse; `new`: for whatever the baseline "
                "has not (default); `any`: for that too.",
            },
        ),
        (("--strict",), {"is_flag": True, "help": "Placeholders count too."}),
        (("--exit-zero",), {"is_flag": True, "help": "Exit 0 whatever is found or left unread."}),
    )
]
_WORK: Final = [
    _option(*names, section="Work", **how)
    for names, how in (
        (
            ("-j", "--jobs"),
            {
                "type": click.IntRange(0, 1024),
                "default": 0,
                "metavar": "N",
                "envvar": "STANCH_JOBS",
                "help": "Processes; 0 for one per core.",
            },
        ),
        (("--no-cache",), {"is_flag": True, "help": "Neither read nor write a cache."}),
        (
            ("--cache-dir",),
            {"type": _FILE, "metavar": "DIR", "help": "Cache (or set STANCH_CACHE_DIR)."},
        ),
    )
]


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
    _no_core_dump()
    code = _scan(request)
    raise click.exceptions.Exit(CLEAN if request.exit_zero else code)


def _scan(request: Request) -> int:
    """Scan, report, and return the exit code."""
    from stanch.cli._selection import Selection
    from stanch.cli._summary import summarize
    from stanch.scan import Scan

    display = _display(request)
    work = Scan(request.all_targets(), request.options(), display)
    selection = Selection(request)
    now = _environment.clock()
    summary = summarize(work, now(), show_secrets=request.show_secrets)
    if request.output is None:
        summary.screen = _environment.screen(sys.stdout, request.color)
    findings = _Run(work, selection, summary, now, display)
    try:
        _report(request, findings)
    finally:
        if display:
            display.clear()
    if selection.failing:
        return FOUND
    return CLEAN if work.coverage.complete else INCOMPLETE


class _Run:
    """The findings to tell, as they come; once they have, the summary is final.

    Args:
        work: The scan.
        selection: Says which are told, and which fail the run.
        summary: Finished at the end.
        now: Tells the time.
        display: Is cleared before each finding.
    """

    def __init__(
        self,
        work: "Scan",
        selection: "Selection",
        summary: "Summary",
        now: Any,
        display: "Display | None",
    ) -> None:
        self.work = work
        self.selection = selection
        self.summary = summary
        self._now = now
        self._display = display

    def stream(self) -> Iterator[Any]:
        """Yield each finding as it comes."""
        for finding in self.work:
            for told in self.selection.select([finding]):
                if self._display:
                    self._display.clear()
                yield told
        self._finish()

    def gathered(self) -> list[Any]:
        """Return each credential once, worst first."""
        from stanch.scan import merge

        told = self.selection.select(merge(self.work))
        self._finish()
        if self._display:
            self._display.clear()
        return told

    def _finish(self) -> None:
        self.summary.ended = self._now()
        self.summary.known = self.selection.known
        self.summary.stale = self.selection.stale()


def _report(request: Request, run: _Run) -> None:
    from stanch import discovery

    report: Report = discovery.plugin("stanch.reports", "REPORT", request.form)  # type: ignore[assignment]
    findings: Iterable[Any] = run.stream() if report.streams else run.gathered()
    quiet = request.quiet and not report.streams
    if quiet and request.output is None and not findings and run.work.coverage.complete:
        return
    with _output.destination(request.output) as out:
        report.write(findings, run.summary, out)


def _display(request: Request) -> "Display | None":
    if request.quiet or request.no_progress or not _environment.interactive(sys.stderr):
        return None
    from stanch.cli._progress import Display

    return Display(sys.stderr)


def _no_core_dump() -> None:
    """Keep credentials out of a core file, should a library crash."""
    try:
        import resource
    except ImportError:  # Windows writes none.
        return
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


_EXAMPLES: Sequence[tuple[str, str]] = (
    ("stanch scan", "this folder and its whole git history"),
    ("stanch scan --no-history src .npmrc", "files only"),
    ("stanch scan --staged", "before a commit"),
    ("stanch scan --history-only --range main..HEAD", "a branch's commits"),
    ("docker save app | stanch scan -", "an image"),
    ("stanch scan --machine", "what this machine holds in plaintext"),
    ("stanch scan -f sarif -o stanch.sarif", "for code scanning"),
    ("stanch scan --baseline .stanch-baseline", "only what is new"),
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
    params=[*_WHAT, *_WHICH, *_HOW, *_END, *_WORK],
    help=scan.__doc__,
    short_help="Find leaked registry credentials.",
    examples=tuple(_EXAMPLES),
    ends=tuple(_ENDS),
)
