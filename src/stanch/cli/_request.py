# SPDX-License-Identifier: Apache-2.0
"""What the command line of a command that scans asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from stanch.cli import _environment

if TYPE_CHECKING:
    from stanch.config import Config
    from stanch.scan import Options

MACHINE: Final = "machine:"
"""The target that stands for everything this user's machine holds in plaintext."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options, by their names; `stanch scan --help` says what they mean."""

    targets: tuple[str, ...] = ()
    history: bool = True
    history_only: bool = False
    since: str | None = None
    commits: str | None = None
    staged: bool = False
    machine: bool = False
    archives: bool = True
    decode: bool = True
    respect_gitignore: bool = False
    exclude: tuple[str, ...] = ()
    registries: tuple[str, ...] = ()
    confidence: str | None = None
    baseline: Path | None = None
    config: Path | None = None
    inline_allow: bool = True
    form: str = "text"
    output: Path | None = None
    show_secrets: bool = False
    color: str = "auto"
    quiet: bool = False
    no_progress: bool = False
    fail_on: str | None = None
    strict: bool = False
    exit_zero: bool = False
    jobs: int = 0
    no_cache: bool = False
    cache_dir: Path | None = None

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
        for name, given in (("--history-only", self.history_only), ("--machine", self.machine)):
            if self.staged and given:
                raise click.UsageError(f"--staged and {name} exclude each other")
        if self.commits and ".." not in self.commits:
            raise click.UsageError(f"--range: {self.commits!r} is not of the form A..B")
        if self.no_cache and self.cache_dir:
            raise click.UsageError("--no-cache and --cache-dir exclude each other")

    @property
    def narrowed(self) -> bool:
        """Only a part is scanned, or told: what is not found may still be there."""
        narrow = (self.since, self.commits, self.staged, self.history_only)
        return any((*narrow, self.registries, self.confidence))

    def all_targets(self) -> tuple[str, ...]:
        """Return the targets; this folder if none is named."""
        machine = (MACHINE,) if self.machine else ()
        return (*self.targets, *machine) or (".",)

    def options(self, config: "Config", key: bytes | None = None) -> "Options":
        """Return what the scan is to do.

        Args:
            config: The user's configuration.
            key: Key of the fingerprints; None for the project's own, or the public one.
        """
        from stanch.scan import Options
        from stanch.secret import PUBLIC_KEY

        machine = MACHINE in self.all_targets()
        key = key or _environment.fingerprint_key(config.key_env)
        return Options(
            files=not self.history_only,
            history=self.history,
            since=self.since or "",
            commits=self.commits or "",
            staged=self.staged,
            index=_environment.git_index() if self.staged else None,
            archives=self.archives,
            decode=self.decode,
            respect_gitignore=self.respect_gitignore,
            exclude=(*config.exclude, *self.exclude),
            inline_allow=self.inline_allow,
            registries=self.registries,
            jobs=self.jobs,
            cache=self._cache(),
            key=key or PUBLIC_KEY,
            keep_secrets=self.show_secrets,
            environ=_environment.variables() if machine else None,
            home=Path.home() if machine else None,
            placeholder=config.placeholder(),
            rules=config.shapes,
        )

    def configuration(self) -> "Config":
        """Return the configuration: the file asked for, or that of this folder's project.

        Raises:
            ConfigError: It says something that cannot be meant.
        """
        from stanch.config import load
        from stanch.errors import ConfigError
        from stanch.scan import rules

        config = load(self.config, _environment.here())
        if config.severities:
            known = {str(rule.id) for rule in (*rules(), *config.shapes)}
            unknown = sorted(set(config.severities) - known)
            if unknown:
                raise ConfigError(f"{config.path}: severities: no rule is called {unknown[0]!r}")
        return config

    def _cache(self) -> Path | None:
        if self.no_cache:
            return None
        return self.cache_dir or _environment.cache_folder()
