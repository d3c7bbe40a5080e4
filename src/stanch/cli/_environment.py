# SPDX-License-Identifier: Apache-2.0
"""What the environment says: folders, terminal, clock. The only readers of it."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from stanch.reports import Screen

_LINKING: Final = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio")
"""Values of TERM_PROGRAM of terminals that show OSC 8 hyperlinks."""
_LINKING_TERMS: Final = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm")
_VTE_LINKS: Final = 5000
"""First VTE version (0.50) that shows hyperlinks without a crash."""
_WIDTH_MIN: Final = 20


def debugging() -> bool:
    """Tell whether errors are to show where they arose."""
    return os.environ.get("STANCH_DEBUG", "") not in ("", "0")


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for caches, as the platform has it."""
    if environment.get("STANCH_CACHE_DIR"):
        return Path(environment["STANCH_CACHE_DIR"])
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "stanch" / "cache"
    if sys.platform == "darwin" and not environment.get("XDG_CACHE_HOME"):
        return Path.home() / "Library" / "Caches" / "stanch"
    base = Path(environment.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    # The specification says to ignore a relative path.
    return (base if base.is_absolute() else Path.home() / ".cache") / "stanch"


def variables() -> dict[str, str]:
    """Return the environment itself, to be scanned."""
    return dict(os.environ)


def git_index(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the index that git has a hook read: `git commit -a` makes one of its own."""
    index = environment.get("GIT_INDEX_FILE", "")
    return Path(index) if index else None


def fingerprint_key(name: str = "", environment: Mapping[str, str] = os.environ) -> bytes | None:
    """Return the project's own HMAC key, if it has one.

    Args:
        name: The variable that the project's configuration names, or "".
        environment: The environment.
    """
    key = environment.get("STANCH_KEY", "") or (environment.get(name, "") if name else "")
    return key.encode("utf-8", "surrogateescape") if key else None


def clock(environment: Mapping[str, str] = os.environ) -> Callable[[], str]:
    """Return what tells the time, ISO 8601 in UTC; SOURCE_DATE_EPOCH stops it."""
    fixed = environment.get("SOURCE_DATE_EPOCH", "")

    def now() -> str:
        seconds = int(fixed) if fixed.isdecimal() and len(fixed) < 12 else time.time()
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

    return now


def here() -> Path:
    """Return the folder that relative paths start from."""
    try:
        return Path.cwd()
    except OSError:  # It was removed: no path starts there any more.
        return Path("/")


def interactive(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a person watches `stream`: for a progress display."""
    if environment.get("CI", "") not in ("", "0", "false"):
        return False
    return _terminal(stream) and environment.get("TERM") != "dumb"


def screen(
    stream: TextIO, color: str = "auto", environment: Mapping[str, str] = os.environ
) -> "Screen | None":
    """Return the terminal that `stream` is, or None for a pipe or file.

    Args:
        stream: Where a report is to go.
        color: `auto`, `always` (also when it is no terminal) or `never`.
        environment: The environment.
    """
    forced = color == "always" or (
        color == "auto" and environment.get("FORCE_COLOR", "") not in ("", "0")
    )
    terminal = _terminal(stream)
    if not forced and (not terminal or environment.get("TERM") == "dumb"):
        return None
    import shutil

    from stanch.reports import Screen

    return Screen(
        width=max(shutil.get_terminal_size((100, 24)).columns, _WIDTH_MIN),
        color=forced or (color == "auto" and not environment.get("NO_COLOR")),
        links=terminal and _links(environment),
        root=here(),
    )


def _terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # It is closed, by someone or from the start.
        return False


def _links(environment: Mapping[str, str]) -> bool:
    """Tell whether the terminal shows OSC 8 hyperlinks, as far as it says who it is."""
    forced = environment.get("FORCE_HYPERLINK", "")
    if forced:
        return forced != "0"
    if environment.get("CI") or environment.get("TERM", "").startswith(("screen", "tmux")):
        return False
    vte = environment.get("VTE_VERSION", "")
    return (
        environment.get("TERM_PROGRAM") in _LINKING
        or environment.get("TERM", "").startswith(_LINKING_TERMS)
        or (vte.isdecimal() and int(vte) >= _VTE_LINKS)
        or any(environment.get(name) for name in ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM"))
    )
