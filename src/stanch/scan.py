# SPDX-License-Identifier: Apache-2.0
"""Sources x rules -> findings."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

import msgspec

from stanch import catalog, discovery, parallel
from stanch.catalog import registries, rules
from stanch.detect import Engine, Rule
from stanch.errors import InputError, UsageError
from stanch.model import (
    CONFIDENCE_RANK,
    Finding,
    Located,
    Occurrence,
    Progress,
    RuleId,
    Skipped,
    Verdict,
)
from stanch.secret import PUBLIC_KEY, Fingerprint, Secret
from stanch.sources import Job, Source

__all__ = ["Coverage", "Options", "Scan", "engine", "merge", "registries", "rules", "scan"]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What to scan and how; every default is what the command does without options.

    Attributes:
        files: Scan files on disk.
        history: Scan git object databases.
        since: Only commits not reachable from this revision, or "".
        commits: Only commits in this `A..B` range, or "".
        staged: Only what git's index holds that HEAD does not.
        index: The index file to read for `staged`, where it is not the repository's own.
        archives: Open archives.
        decode: Look inside base64, hex, UTF-16 and percent-encoding.
        respect_gitignore: Leave out what `.gitignore` files name.
        exclude: Glob patterns of paths to leave out.
        inline_allow: Honour allow comments on the line of a finding.
        registries: Names of the registries to look for; empty for all.
        jobs: Processes to use; 0 for one per core.
        cache: Folder for compiled databases and for what a re-run may skip; None for no cache.
        key: HMAC key of the fingerprints.
        keep_secrets: Keep each credential in `Finding.secret`.
        environ: The environment's variables, for a scan of this machine; None leaves them out.
        home: The user's own folder, for a scan of this machine.
        placeholder: Tells whether a credential is one that the user allows as a placeholder.
        rules: Rules of the user's own, with their `registry` set.
    """

    files: bool = True
    history: bool = True
    since: str = ""
    commits: str = ""
    staged: bool = False
    index: Path | None = None
    archives: bool = True
    decode: bool = True
    respect_gitignore: bool = False
    exclude: tuple[str, ...] = ()
    inline_allow: bool = True
    registries: tuple[str, ...] = ()
    jobs: int = 0
    cache: Path | None = None
    key: bytes = PUBLIC_KEY
    keep_secrets: bool = False
    environ: Mapping[str, str] | None = None
    home: Path | None = None
    placeholder: Callable[[Secret], bool] | None = None
    rules: tuple[Rule, ...] = ()


class Coverage(msgspec.Struct):
    """What was read, and what was not.

    Attributes:
        targets: Targets asked for.
        done: Phase -> units done (files, objects, ...).
        size: Bytes scanned.
        skipped: Inputs not read, each with its reason.
    """

    targets: list[str] = []
    done: dict[str, int] = {}
    size: int = 0
    skipped: list[Skipped] = []

    @property
    def complete(self) -> bool:
        """Nothing was missed in which a credential could hide."""
        return not any(skipped.incomplete for skipped in self.skipped)


def engine(options: Options) -> Engine:
    """Build the engine that `options` ask for, from the cache if it is there."""
    return catalog.engine(
        options.registries, options.rules, decode=options.decode, cache=options.cache
    )


class Scan:
    """A scan under way: iterate over it for findings; `coverage` grows meanwhile.

    Each finding is yielded as soon as its places are known. A credential that turns up again
    later is yielded again, with the new places only: `merge` brings them together.

    Args:
        targets: Paths, or `-` for standard input.
        options: What to scan and how.
        progress: Called as work is done.
    """

    def __init__(
        self,
        targets: Iterable[str | Path],
        options: Options | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.options = options or Options()
        self.coverage = Coverage(targets=[str(target) for target in targets])
        self._progress = progress
        self._engine = engine(self.options)
        shared = {f for f in Job.__struct_fields__ if f in Options.__struct_fields__}
        values = {name: getattr(self.options, name) for name in shared}
        values["jobs"] = self.options.jobs or parallel.cores()
        self._job = Job(engine=self._engine, progress=self._report, **values)

    def rule(self, name: str) -> Rule:
        """Return the rule with this id.

        Raises:
            KeyError: This scan has none.
        """
        return self._engine.rule(RuleId(name))

    def mask(self, text: str) -> str:
        """Return `text` with each credential in it replaced by its masked form."""
        return mask(self._engine, text)

    def __iter__(self) -> Iterator[Finding]:
        for target in self.coverage.targets:
            yield from self._scan_target(target)

    def _report(self, progress: Progress) -> None:
        done = self.coverage.done
        done[progress.phase] = done.get(progress.phase, 0) + progress.done
        self.coverage.size += progress.size
        if self._progress:
            self._progress(progress)

    def _scan_target(self, target: str) -> Iterator[Finding]:
        if not target:
            raise UsageError("a target is empty; name a folder or a file, `.` or `-`")
        sources = sorted(
            cast("tuple[Source, ...]", discovery.plugins("stanch.sources", "SOURCE")),
            key=lambda source: source.order,
        )
        accepted = [source for source in sources if source.accepts(target, self._job)]
        if not accepted:
            raise UsageError(f"{target}: {_refusal(target, self.options)}")
        for source in accepted:
            try:
                for item in source.scan(target, self._job):
                    if isinstance(item, Skipped):
                        self.coverage.skipped.append(item)
                    else:
                        yield self._finding(item)
            except InputError as error:
                self.coverage.skipped.append(Skipped(target, str(error)))

    def _finding(self, item: Located) -> Finding:
        rule = self._engine.rule(item.rule)
        return Finding(
            rule=item.rule,
            aliases=rule.aliases,
            registry=item.registry,
            kind=rule.kind,
            title=rule.title,
            severity=rule.severity,
            confidence=item.confidence,
            verdict=Verdict.EXPIRED if item.facts.get("expired") else Verdict.UNKNOWN,
            fingerprint=item.fingerprint,
            preview=item.preview,
            proof=item.facts,
            occurrences=(item.occurrence,),
            secret=item.secret,
        )


def _refusal(target: str, options: Options) -> str:
    """Say why no source takes `target`."""
    path = Path(target)
    if path.exists() and not (path.is_file() or path.is_dir()):
        return "a device, a pipe or a socket; to scan what comes out of it, send it to `-`"
    if not path.exists():
        return "no such file or directory"
    return "nothing there to scan" if options.files else "no git repository, so no history to scan"


def scan(
    targets: str | Path | Iterable[str | Path] = ".",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Scan:
    """Scan `targets` for leaked registry credentials.

    Args:
        targets: One path or several; `-` is standard input.
        options: What to scan and how.
        progress: Called as work is done, from this process.

    Returns:
        An iterable of findings, which holds the coverage.

    Raises:
        UsageError: A target does not exist.

    Example:
        >>> for finding in scan("."):
        ...     print(finding.title, finding.preview)
    """
    several = [targets] if isinstance(targets, str | Path) else targets
    return Scan(several, options, progress)


def mask(engine: Engine, text: str) -> str:
    """Return `text` with each credential in it replaced by its masked form.

    Paths, names of branches and error messages can hold one too.

    Args:
        engine: Finds the credentials.
        text: What is to be shown.
    """
    data = text.encode("utf-8", "surrogateescape")
    for match in reversed(engine.matches(data)):
        start, end = match.span
        data = data[:start] + match.secret.preview().encode() + data[end:]
    return data.decode("utf-8", "surrogateescape")


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Bring the places of each credential together, worst credential first.

    Places on disk come first, then those in history, oldest first. What was found in an archive's
    own bytes and in a member of it is one place: the member.
    """
    merged: dict[Fingerprint, Finding] = {}
    for finding in findings:
        old = merged.get(finding.fingerprint)
        if old is None:
            merged[finding.fingerprint] = finding
            continue
        best = max(finding, old, key=lambda one: CONFIDENCE_RANK[one.confidence])
        merged[finding.fingerprint] = msgspec.structs.replace(
            best,
            proof={**finding.proof, **old.proof},
            occurrences=old.occurrences + finding.occurrences,
        )
    told = (
        msgspec.structs.replace(finding, occurrences=_places(finding.occurrences))
        for finding in merged.values()
    )
    return sorted(told, key=_worst_first)


def _places(occurrences: Iterable[Occurrence]) -> tuple[Occurrence, ...]:
    """Return each place once, in an order that does not depend on who found it first."""
    every = set(occurrences)
    opened = {
        (place.path, place.object, place.archive_path[:depth])
        for place in every
        for depth in range(len(place.archive_path))
    }
    kept = (p for p in every if (p.path, p.object, p.archive_path) not in opened)
    return tuple(sorted(kept, key=_place_order))


def _place_order(place: Occurrence) -> tuple[object, ...]:
    history = bool(place.object)
    return (
        history,
        place.date,
        place.path,
        place.archive_path,
        place.span,
        place.decoded,
        place.commit,
    )


def _worst_first(finding: Finding) -> tuple[int, int, str, str, str]:
    from stanch.model import SEVERITY_RANK

    return (
        -CONFIDENCE_RANK[finding.confidence],
        -SEVERITY_RANK[finding.severity],
        finding.registry,
        finding.rule,
        finding.fingerprint,
    )
