# SPDX-License-Identifier: Apache-2.0
"""The options of commands that scan."""

from pathlib import Path
from typing import Any, Final

import click

from stanch.cli._command import Option
from stanch.cli._plugins import PluginName

_SEVERITIES: Final = ("critical", "high", "medium", "low", "info")
_CONFIDENCES: Final = ("verified", "format", "context", "placeholder")

_FILE: Final = click.Path(path_type=Path)


def _option(*names: str, section: str, **how: Any) -> Option:
    return Option(list(names), section=section, **how)


WHAT: Final[list[click.Parameter]] = [
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
"""What to read."""
WHICH: Final[list[click.Parameter]] = [
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
"""What to find."""
HOW: Final[list[click.Parameter]] = [
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
"""How to tell it."""
END: Final[list[click.Parameter]] = [
    _option(*names, section="Result", **how)
    for names, how in (
        (
            ("--fail-on",),
            {
                "type": click.Choice((*_SEVERITIES, "new", "any")),
                "help": "Exit 1 for this severity and worse; `new`: for whatever the baseline "
                "has not (default); `any`: for what it has too.",
            },
        ),
        (("--strict",), {"is_flag": True, "help": "Placeholders count too."}),
        (("--exit-zero",), {"is_flag": True, "help": "Exit 0 whatever is found or left unread."}),
    )
]
"""What the exit code says."""
WORK: Final[list[click.Parameter]] = [
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
"""How to work."""


def baseline(text: str, default: str | None = None) -> Option:
    """Return the option that names a baseline.

    Args:
        text: Its help.
        default: The file where none is named.
    """
    return _option(
        "-b",
        "--baseline",
        section="Baseline",
        type=_FILE,
        metavar="FILE",
        envvar="STANCH_BASELINE",
        default=Path(default) if default else None,
        help=text,
    )
