#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measure `stanch scan` beside its peers and the physical references, in one run.

python bench/scan.py history pip=PATH [NAME=PATH ...]   whole histories, beside `git cat-file`
python bench/scan.py tree NAME=PATH ...                 files on disk, beside `rg -uuu`
python bench/scan.py start                              start-up, beside `python -c pass`
python bench/scan.py verify                             does each contender find what is planted?

Contenders take turns (A B C, A B C, ...), so that a busy spell of the machine hits them alike.
One round before the first is thrown away: it fills the page cache, and the peers' caches of
compiled rules. stanch keeps its compiled rules, too, but what it remembers of a corpus is deleted
before each run, except as `stanch again`; `stanch, first start` keeps nothing at all. Raw numbers
go to bench/results/.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import contenders
import measure
from contenders import Contender

RESULTS = Path(__file__).resolve().parent / "results"


def main() -> int:
    """Measure what the command line asks for; write the results."""
    options = parse()
    programs = contenders.find(options.peer_venv) if options.peer_venv else {}
    if options.peers is not None:
        programs = {name: path for name, path in programs.items() if name in options.peers}
    corpora = dict(_named(text) for text in options.corpora)
    result: dict[str, object] = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": measure.machine(),
        "versions": _versions(programs),
        "runs": options.runs,
    }
    if options.mode == "verify":
        return verify(programs)
    if options.mode == "start":
        with contenders.planted(staged=True) as repository:
            ways = list(contenders.starts(Path(repository.folder)))
            result["start"] = compare(options, ways, "")
    else:
        history = options.mode == "history"
        ways = [
            *contenders.references(history=history),
            *contenders.stanch(history=history),
            *contenders.peers(programs, history=history),
        ]
        for name, path in corpora.items():
            print(f"# {name}", flush=True)
            facts = _facts(path, history=history)
            result[name] = {"corpus": facts, **compare(options, ways, str(path))}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{options.name or options.mode}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    return 0


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mode", choices=["history", "tree", "start", "verify"])
    parser.add_argument("corpora", nargs="*", metavar="NAME=PATH", help="what to scan")
    parser.add_argument("--runs", type=int, default=5, help="runs that count (default: 5)")
    parser.add_argument("--name", default="", help="name of the result file (default: the mode)")
    parser.add_argument("--only", default="", help="only contenders whose name contains this")
    parser.add_argument("--peer-venv", type=Path, help="virtual environment with the peers")
    parser.add_argument("--peers", type=lambda text: text.split(","), help="only these peers")
    parser.add_argument(
        "--timeout-s", type=float, default=0, help="drop contenders slower than this"
    )
    parser.add_argument("--memory", action="store_true", help="also sample the whole tree's memory")
    return parser.parse_args()


def compare(
    options: argparse.Namespace, ways: Sequence[Contender], target: str
) -> dict[str, object]:
    """Run every contender in turn, several times; return medians, raw numbers and ratios."""
    ways = [way for way in ways if options.only in way.name]
    runs: dict[str, list[measure.Run]] = {way.name: [] for way in ways}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(options.runs + 1):
            for way in list(ways):
                run = once(way, target, Path(folder))
                if turn or options.runs == 0:
                    runs[way.name].append(run)
                print(f"{turn} {way.name:32} {run.wall_s:8.3f} s", flush=True)
                if 0 < options.timeout_s < run.wall_s:
                    runs[way.name] = [run]
                    ways = [other for other in ways if other is not way]
        summaries = {name: measure.summary(several) for name, several in runs.items() if several}
        if options.memory:
            for way in ways:
                tree = measure.peak(way.call(target), _environment(way, folder), Path(folder))
                summaries[way.name]["tree"] = tree
    report(summaries)
    return {
        "commands": {way.name: _shown(way) for way in ways},
        "results": summaries,
        "ratios": ratios(summaries),
    }


def once(way: Contender, target: str, folder: Path) -> measure.Run:
    """Run one contender once; stop everything if it does not work."""
    if way.name not in ("stanch, first start", "stanch again"):
        for kept in folder.glob("stanch/history-*"):
            kept.unlink()
    run = measure.run(way.call(target), _environment(way, str(folder)), folder)
    if run.code not in way.codes:
        sys.exit(f"{way.name}: exit code {run.code}: {' '.join(_shown(way))}")
    return run


def ratios(summaries: Mapping[str, Mapping[str, object]]) -> dict[str, float]:
    """Return each contender's median wall time as a ratio to the first one's."""
    first = next(iter(summaries.values()))["wall_s"]
    return {name: round(one["wall_s"] / first, 3) for name, one in summaries.items()}  # type: ignore[operator]


def report(summaries: Mapping[str, Mapping[str, object]]) -> None:
    """Print the medians."""
    relative = ratios(summaries)
    for name, one in summaries.items():
        rss = int(str(one["rss_bytes"])) / 1e6
        print(f"{name:34} {one['wall_s']:8} s  {relative[name]:8.3f} x  {rss:8.0f} MB")


def verify(programs: dict[str, str]) -> int:
    """Check that each contender finds the two planted tokens, in history and in files."""
    failed = 0
    with contenders.planted() as repository:
        for history in (True, False):
            ways = [
                *contenders.stanch(history=history),
                *contenders.peers(programs, history=history),
            ]
            for way in ways:
                found = _finds(way, repository)
                failed += not found
                where = "history" if history else "files"
                print(f"{'found' if found else 'MISSED':6} {where:7} {way.name}")
    return failed


def _finds(way: Contender, repository: contenders.Planted) -> bool:
    argv = [*way.call(repository.folder), *contenders.loud(way)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=repository.folder)
    shown = done.stdout + done.stderr
    return done.returncode in way.codes and all(mark in shown for mark in repository.marks)


def _environment(way: Contender, folder: str) -> dict[str, str]:
    """Give stanch a cache of its own; the peers keep theirs."""
    return {"XDG_CACHE_HOME": folder} if way.name.startswith("stanch") else {}


def _named(text: str) -> tuple[str, Path]:
    name, sign, path = text.partition("=")
    if not sign:
        name, path = Path(text).resolve().name, text
    return name, Path(path).resolve()


def _shown(way: Contender) -> list[str]:
    """Return a command as others can repeat it: programs and files by name, no folders."""
    return [Path(word).name if word.startswith("/") else word for word in way.argv]


def _versions(programs: Mapping[str, str]) -> dict[str, str]:
    import stanch

    tools = {"git": "git", "rg": "rg", **programs}
    return {"stanch": stanch.__version__} | {
        name: contenders.version(path, name) for name, path in tools.items()
    }


def _facts(path: Path, *, history: bool) -> dict[str, object]:
    if not history:
        files = [file for file in path.rglob("*") if file.is_file() and not file.is_symlink()]
        return {"files": len(files), "bytes": sum(file.stat().st_size for file in files)}
    argv = ["git", "-C", str(path), "count-objects", "-v"]
    text = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    counts = dict(line.split(": ") for line in text.splitlines() if ": " in line)
    return {name: int(counts[name]) for name in ("count", "in-pack", "packs", "size-pack")}


if __name__ == "__main__":
    sys.exit(main())
