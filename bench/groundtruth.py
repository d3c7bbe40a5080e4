# SPDX-License-Identifier: Apache-2.0
"""Score the detection on labelled cases: recall, false reports, and the right registry.

A case is one JSON object a line: `id`, `set`, `registry`, `text`, `expect` (`flag` or `ignore`),
and optionally `filename` (the name it is scanned under) and `token` (the exact credential).

- *Found*: positives of the sets `core` and `forge` that are reported, at any confidence.
- *Reported*: negatives of every set that are reported above `placeholder`.
- *Right registry*: of the positives found, those that are put to the registry that the label names.
  Labels that name a file format instead, such as `netrc`, are left out.
- *Exact*: of the positives found whose exact credential is known, those reported with just it.

Usage: python bench/groundtruth.py CASES.jsonl [--format table|markdown|json] [--mode files|memory]
"""

import argparse
import json
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from stanch.model import Confidence
from stanch.scan import Options, Scan, engine, registries

HERE = Path(__file__).resolve().parent
POSITIVE_SETS = ("core", "forge")


class Case(msgspec.Struct, frozen=True):
    """One labelled text.

    Attributes:
        id: Names the case.
        set: `core`, `forge` or `generic`.
        registry: Registry, or kind of file, that the label is about.
        text: What to scan, with hosts in place of their stand-ins.
        positive: A credential is to be found.
        filename: Name to scan it under.
        token: The exact credential, or "".
    """

    id: str
    set: str
    registry: str
    text: str
    positive: bool
    filename: str
    token: str


class Report(msgspec.Struct, frozen=True):
    """One credential that was reported.

    Attributes:
        registry: Registry it was put to.
        rule: Rule that found it.
        confidence: How sure.
        token: The credential.
    """

    registry: str
    rule: str
    confidence: Confidence
    token: bytes


class Score(msgspec.Struct):
    """Counts of one registry's cases."""

    positives: int = 0
    found: int = 0
    named: int = 0
    right: int = 0
    known: int = 0
    exact: int = 0
    negatives: int = 0
    reported: int = 0


def stand_ins() -> dict[str, str]:
    """Return what each name in braces stands for, taken from the registries' own tables."""
    hosts = {registry.name: registry.hosts for registry in registries()}

    def pick(registry: str, *starts: str) -> str:
        plain = [host for host in hosts[registry] if host[0] != "."]
        return next((h for start in starts for h in plain if h.startswith(start)), plain[0])

    npm = pick("npm")
    domain = npm.partition(".")[2]
    return {
        "npm": npm,
        "npm-domain": domain,
        "npm-web": f"www.{domain}",
        "yarn-mirror": pick("npm", "registry.yarn"),
        "pypi": pick("pypi"),
        "pypi-upload": pick("pypi", "upload."),
        "pypi-files": pick("pypi", "files."),
        "testpypi": pick("pypi", "test."),
        "debian": "deb.example.org",
    }


def load(path: Path) -> list[Case]:
    """Read the labelled cases."""
    hosts = stand_ins()
    cases = []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry: dict[str, Any] = json.loads(line)
        text = entry["text"]
        for name, host in hosts.items():
            text = text.replace("{" + name + "}", host)
        cases.append(
            Case(
                id=entry["id"],
                set=entry["set"],
                registry=entry["registry"],
                text=text,
                positive=entry["expect"] == "flag",
                filename=Path(entry.get("filename") or "case.txt").name,
                token=entry.get("token") or "",
            )
        )
    return cases


def scan_files(cases: Iterable[Case]) -> Iterator[tuple[Case, list[Report]]]:
    """Write each case to a file of its name, and scan the folder as the command does."""
    with tempfile.TemporaryDirectory() as folder:
        by_folder = {}
        for number, case in enumerate(cases):
            place = Path(folder, str(number))
            place.mkdir()
            place.joinpath(case.filename).write_bytes(case.text.encode())
            by_folder[place.name] = case
        found = defaultdict(list)
        for finding in Scan([folder], Options(keep_secrets=True, history=False)):
            token = finding.secret.reveal() if finding.secret else b""
            report = Report(finding.registry, finding.rule, finding.confidence, token)
            for occurrence in finding.occurrences:
                found[Path(occurrence.path).relative_to(folder).parts[0]].append(report)
        for name, case in by_folder.items():
            yield case, found[name]


def scan_memory(cases: Iterable[Case]) -> Iterator[tuple[Case, list[Report]]]:
    """Give each case to the engine alone: quick, but without names, archives and sources."""
    finder = engine(Options())
    for case in cases:
        matches = finder.matches(case.text.encode())
        yield (
            case,
            [
                Report(
                    finder.registry(match.rule, str(match.facts.get("host", ""))),
                    match.rule,
                    match.confidence,
                    match.secret.reveal(),
                )
                for match in matches
            ],
        )


class Result(msgspec.Struct):
    """The whole score.

    Attributes:
        scores: Registry -> counts.
        misses: Positives that were not found.
        false: Negatives that were reported, with the rules that did.
        astray: Positives that were put to another registry, with which.
    """

    scores: dict[str, Score] = {}
    misses: list[Case] = []
    false: list[tuple[Case, list[str]]] = []
    astray: list[tuple[Case, list[str]]] = []

    @property
    def total(self) -> Score:
        """The sum over all registries."""
        rows = [msgspec.structs.astuple(score) for score in self.scores.values()]
        return Score(*(sum(column) for column in zip(*rows, strict=True)))


def judge(scanned: Iterable[tuple[Case, list[Report]]]) -> Result:
    """Count."""
    names = {registry.name for registry in registries()}
    result = Result()
    for case, reports in scanned:
        score = result.scores.setdefault(case.registry, Score())
        if not case.positive:
            loud = [r.rule for r in reports if r.confidence is not Confidence.PLACEHOLDER]
            score.negatives += 1
            score.reported += bool(loud)
            if loud:
                result.false.append((case, sorted(set(loud))))
        elif case.set in POSITIVE_SETS:
            score.positives += 1
            score.found += bool(reports)
            if not reports:
                result.misses.append(case)
                continue
            _judge_found(result, score, case, reports, names)
    return result


def _judge_found(
    result: Result, score: Score, case: Case, reports: list[Report], names: set[str]
) -> None:
    if case.registry in names:
        put_to = {report.registry for report in reports}
        score.named += 1
        score.right += case.registry in put_to
        if case.registry not in put_to:
            result.astray.append((case, sorted(put_to)))
    if case.token:
        score.known += 1
        score.exact += any(case.token.encode() == report.token for report in reports)


def share(part: int, whole: int) -> str:
    """Write a share as per cent; a dash for none of none."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def rows(result: Result) -> list[tuple[str, ...]]:
    """Return the table, its total last."""
    table = [*sorted(result.scores.items()), ("all", result.total)]
    return [
        (
            name,
            str(s.positives or "-"),
            str(s.found if s.positives else "-"),
            share(s.found, s.positives),
            share(s.right, s.named),
            share(s.exact, s.known),
            str(s.negatives or "-"),
            str(s.reported if s.negatives else "-"),
        )
        for name, s in table
    ]


HEAD = (
    "registry",
    "positives",
    "found",
    "recall",
    "right registry",
    "exact",
    "negatives",
    "reported",
)


def as_table(result: Result) -> Iterator[str]:
    """Yield a table for a terminal, then what went wrong."""
    table = [HEAD, *rows(result)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join([row[0].ljust(widths[0]), *cells])
    for case in result.misses:
        yield f"missed {case.id} {case.registry}: {case.text[:200]!r}"
    for case, why in result.false:
        yield f"false {case.id} {case.registry} by {', '.join(why)}: {case.text[:200]!r}"
    for case, why in result.astray:
        yield f"astray {case.id} {case.registry} as {', '.join(why)}: {case.text[:200]!r}"


def as_markdown(result: Result, count: int) -> Iterator[str]:
    """Yield the page of the documentation."""
    reasons = tomllib.loads((HERE / "groundtruth.toml").read_text(encoding="utf-8"))
    total = result.total
    yield reasons["page"]["head"].format(count=count).rstrip()
    yield ""
    yield "| " + " | ".join(HEAD) + " |"
    yield "|---|" + "--:|" * (len(HEAD) - 1)
    for row in rows(result):
        yield "| " + " | ".join(row) + " |"
    yield ""
    yield (
        f"In all, {share(total.found, total.positives)} of the positives are found, "
        f"{share(total.reported, total.negatives)} of the negatives are reported, and "
        f"{share(total.right, total.named)} of what is found is put to the right registry."
    )
    for title, entries in (
        ("Missed", [(case, "") for case in result.misses]),
        ("Reported although harmless", [(case, f"`{why[0]}`") for case, why in result.false]),
        ("Put to another registry", [(case, ", ".join(why)) for case, why in result.astray]),
    ):
        yield ""
        yield f"## {title}"
        yield ""
        if not entries:
            yield "None."
            continue
        yield "| case | label | by | reason |"
        yield "|---|---|---|---|"
        for case, why in entries:
            reason = reasons["reasons"].get(case.id, "not explained yet")
            yield f"| `{case.id}` | {case.registry} | {why or '-'} | {reason} |"


def as_json(result: Result) -> Iterator[str]:
    """Yield one JSON object."""
    yield json.dumps(
        {
            "registries": {n: msgspec.to_builtins(s) for n, s in sorted(result.scores.items())},
            "total": msgspec.to_builtins(result.total),
            "missed": [case.id for case in result.misses],
            "reported": {case.id: why for case, why in result.false},
            "astray": {case.id: why for case, why in result.astray},
        },
        indent=2,
    )


def main() -> None:
    """Read the arguments, score, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("cases", type=Path, help="labelled cases, one JSON object a line")
    parser.add_argument("--format", choices=("table", "markdown", "json"), default="table")
    parser.add_argument(
        "--mode",
        choices=("files", "memory"),
        default="files",
        help="files: the whole scan, under each case's file name; memory: the engine alone",
    )
    asked = parser.parse_args()
    cases = load(asked.cases)
    result = judge((scan_files if asked.mode == "files" else scan_memory)(cases))
    if asked.format == "markdown":
        lines = as_markdown(result, len(cases))
    else:
        lines = (as_table if asked.format == "table" else as_json)(result)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
