# SPDX-License-Identifier: Apache-2.0
"""`stanch baseline`: accept what is known, so that only new credentials fail a run."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from stanch.cli import _options
from stanch.cli._command import Command, Group, Option
from stanch.cli._group import INCOMPLETE
from stanch.cli._request import Request

if TYPE_CHECKING:
    from stanch.baseline import Baseline, Explanation
    from stanch.cli._work import Work
    from stanch.model import Finding

_FILE: Final = "stanch.baseline"
_PLACES: Final = 5
"""Places shown per entry."""


def baseline() -> None:
    """Keep the credentials that are known and accepted in a file.

    The file has a sorted line per credential: its fingerprint and why it is accepted; no place, no
    time, no secret. `stanch scan --baseline FILE` then tells only what is new.
    """


def write(**values: Any) -> None:
    """Accept what a scan of TARGETs finds; what was accepted before stays as it is.

    Placeholders, and what a comment allows, need no entry and get none.
    """
    from stanch.baseline import Baseline

    terms = {name: values.pop(name) for name in ("reason", "owner", "expires", "path")}
    request, path = _request(values)
    known = Baseline.load(path) if path.exists() else Baseline.new()
    found, work = _findings(request, known)
    grown = known.add([one for one in found if _counts(one)], **_clean(terms))
    grown.write(path)
    added = len(grown.entries) - len(known.entries)
    click.echo(f"{path}: {added} added, {len(grown.entries)} in all")
    _end(work)


def prune(**values: Any) -> None:
    """Drop the entries that a scan of TARGETs does not find, and those whose time is over."""
    from stanch.baseline import Baseline

    request, path = _request(values)
    if request.narrowed:
        raise click.UsageError("a part of a scan cannot tell what is gone; prune with a whole one")
    known = Baseline.load(path)
    found, work = _findings(request, known)
    if not work.scan.coverage.complete:
        click.echo(f"{path}: not pruned, since not everything could be read", err=True)
        _end(work)
    kept = known.pruned(found)
    if kept.entries != known.entries:
        kept.write(path)
    gone = len(known.entries) - len(kept.entries)
    click.echo(f"{path}: {gone} dropped, {len(kept.entries)} in all")


def explain(**values: Any) -> None:
    """Say what each entry does in a scan of TARGETs: which credential it accepts, and where."""
    from stanch.baseline import Baseline

    prefix = values.pop("fingerprint").lower()
    form = values.pop("form")
    request, path = _request(values)
    known = Baseline.load(path)
    if prefix and not any(entry.fingerprint.startswith(prefix) for entry in known.entries):
        raise click.UsageError(f"{path}: no entry starts with {prefix}")
    found, work = _findings(request, known)
    told = [one for one in known.explain(found) if one.entry.fingerprint.startswith(prefix)]
    _tell(told, {str(one.fingerprint): one for one in found}, work, form)
    _end(work)


def _request(values: dict[str, Any]) -> tuple[Request, Path]:
    """Return what was asked, and the baseline it is about."""
    request = Request(**values)
    request.check()
    return request, request.baseline or request.configuration().baseline or Path(_FILE)


def _findings(request: Request, known: "Baseline") -> "tuple[list[Finding], Work]":
    """Scan with the baseline's key; return everything found, accepted or not."""
    from stanch.cli._work import Work

    work = Work(request, request.configuration(), key=known.key)
    return work.gather(), work


def _counts(finding: "Finding") -> bool:
    from stanch.model import Confidence

    placeholder = finding.confidence is Confidence.PLACEHOLDER
    return not placeholder and not all(place.allowed for place in finding.occurrences)


def _clean(terms: dict[str, Any]) -> dict[str, Any]:
    expires: dt.datetime | None = terms["expires"]
    return {**terms, "expires": expires.date() if expires else None}


def _end(work: "Work") -> None:
    """Say so if something could not be read, and exit accordingly."""
    unread = [skip for skip in work.scan.coverage.skipped if skip.incomplete]
    if unread:
        from stanch.reports import readable

        first = readable(work.scan.mask(f"{unread[0].path}: {unread[0].reason}"))
        click.echo(f"stanch: incomplete: {len(unread)} not read, the first {first}", err=True)
        raise click.exceptions.Exit(INCOMPLETE)


def _tell(told: "list[Explanation]", found: "dict[str, Finding]", work: "Work", form: str) -> None:
    from stanch.reports import readable

    if form == "json":
        _tell_json(told, work)
        return
    for one in told:
        entry = one.entry
        finding = found.get(entry.fingerprint)
        preview = f"  {finding.preview}" if finding else ""
        click.echo(f"{entry.fingerprint}  {one.status:<8}  {readable(entry.rule + preview)}")
        terms = {name: getattr(entry, name) for name in ("reason", "owner", "expires", "path")}
        for name, value in terms.items():
            if value:
                click.echo(f"  {name:<8}{readable(value)}")
        for place in one.occurrences[:_PLACES]:
            where = "!".join((place.path, *place.archive_path))
            click.echo(f"  where   {readable(work.scan.mask(where))}:{place.line}")
        if len(one.occurrences) > _PLACES:
            click.echo(f"          and {len(one.occurrences) - _PLACES} more")


def _tell_json(told: "list[Explanation]", work: "Work") -> None:
    import msgspec

    answer = [
        {
            "entry": one.entry,
            "status": one.status,
            "occurrences": [
                {
                    "path": work.scan.mask(place.path),
                    "archive_path": [work.scan.mask(name) for name in place.archive_path],
                    "line": place.line,
                    "object": place.object,
                }
                for place in one.occurrences
            ],
        }
        for one in told
    ]
    click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())


_TERMS: Final[list[click.Parameter]] = [
    Option(["--reason"], section="Baseline", default="", help="Why they are accepted."),
    Option(["--owner"], section="Baseline", default="", help="Who answers for them."),
    Option(
        ["--expires"],
        section="Baseline",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="YYYY-MM-DD",
        help="Last day on which they are.",
    ),
    Option(
        ["--path"],
        section="Baseline",
        default="",
        metavar="GLOB",
        help="Accept them only in these paths.",
    ),
]


def _params(help_text: str, *more: click.Parameter) -> list[click.Parameter]:
    own = _options.baseline(f"{help_text} [default: {_FILE}]")
    return [*_options.WHAT, *_options.WHICH, own, *more, *_options.WORK]


COMMAND: Final = Group(
    "baseline",
    callback=baseline,
    help=baseline.__doc__,
    examples=(
        ("stanch baseline write", "accept what this folder holds now"),
        ("stanch scan --baseline stanch.baseline", "tell only what is new"),
    ),
)
COMMAND.add_command(
    Command(
        "write",
        callback=write,
        params=_params("File to write.", *_TERMS),
        help=write.__doc__,
        examples=(
            ("stanch baseline write", f"into {_FILE}"),
            ("stanch baseline write --reason 'revoked' --expires 2027-01-31", "for a while"),
            ("stanch baseline write --path 'tests/**' --owner qa", "in some paths only"),
        ),
    )
)
COMMAND.add_command(
    Command(
        "prune",
        callback=prune,
        params=_params("File to prune."),
        help=prune.__doc__,
        examples=(("stanch baseline prune", "after credentials are gone"),),
    )
)
COMMAND.add_command(
    Command(
        "explain",
        callback=explain,
        params=_params(
            "File to explain.",
            Option(
                ["--fingerprint"],
                section="Baseline",
                default="",
                metavar="HEX",
                help="Only entries that start so.",
            ),
            Option(
                ["-f", "--format", "form"],
                section="Report",
                type=click.Choice(("text", "json")),
                default="text",
                help="Form of the answer.",
            ),
        ),
        help=explain.__doc__,
        examples=(
            ("stanch baseline explain", "every entry"),
            ("stanch baseline explain --fingerprint 892dd0", "one"),
        ),
    )
)
