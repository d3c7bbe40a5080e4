# SPDX-License-Identifier: Apache-2.0
"""What the command line of `stanch scan` asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from stanch.cli import _environment

if TYPE_CHECKING:
    from stanch.scan import Options

MACHINE: Final = "machine:"
"""The target that stands for everything this user's machine holds in plaintext."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of `stanch scan`, by their names; its help says what they mean."""

    targets: tuple[str, ...]
    history: bool
    history_only: bool
    since: str | None
    commits: str | None
    staged: bool
    machine: bool
    archives: bool
    decode: bool
    respect_gitignore: bool
    exclude: tuple[str, ...]
    registries: tuple[str, ...]
    confidence: str | None
    baseline: Path | None
    config: Path | None
    inline_allow: bool
    form: str
    output: Path | None
    show_secrets: bool
    color: str
    quiet: bool
    no_progress: bool
    fail_on: str
    strict: bool
    exit_zero: bool
    jobs: int
    no_cache: bool
    cache_dir: Path | None

    def check(self) -> None:
        """Refuse options that contradict each other.

        Raises:
            click.UsageError: They do.
        """
        narrow = [
            name
            for name, given in (
                ("--since", self.since),
                ("--range", self.commits),
                ("--staged", self.staged),
            )
            if given
        ]
        if len(narrow) > 1:
            raise click.UsageError(f"{' and '.join(narrow)} exclude each other")
        if not self.history and (self.history_only or (narrow and not self.staged)):
            other = "--history-only" if self.history_only else narrow[0]
            raise click.UsageError(f"--no-history leaves nothing for {other} to read")
        if self.staged and self.history_only:
            raise click.UsageError("--staged and --history-only exclude each other")
        if self.commits and ".." not in self.commits:
            raise click.UsageError(f"--range: {self.commits!r} is not of the form A..B")
        if self.no_cache and self.cache_dir:
            raise click.UsageError("--no-cache and --cache-dir exclude each other")

    def all_targets(self) -> tuple[str, ...]:
        """Return the targets; this folder if none is named."""
        machine = (MACHINE,) if self.machine else ()
        return (*self.targets, *machine) or (".",)

    def options(self) -> "Options":
        """Return what the scan is to do."""
        import msgspec

        from stanch.scan import Options

        options = Options(
            files=not self.history_only,
            history=self.history,
            since=self.since or "",
            commits=self.commits or "",
            staged=self.staged,
            archives=self.archives,
            decode=self.decode,
            respect_gitignore=self.respect_gitignore,
            exclude=self.exclude,
            inline_allow=self.inline_allow,
            registries=self.registries,
            jobs=self.jobs,
            cache=self._cache(),
            keep_secrets=self.show_secrets,
        )
        key = _environment.fingerprint_key()
        return msgspec.structs.replace(options, key=key) if key else options

    def _cache(self) -> Path | None:
        if self.no_cache:
            return None
        return self.cache_dir or _environment.cache_folder()
