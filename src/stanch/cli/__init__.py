# SPDX-License-Identifier: Apache-2.0
"""The command line: one file per command, and the only room that reads the environment.

A module of this folder whose name has no leading underscore is a command and ends with `COMMAND`.
"""

import sys
from collections.abc import Sequence

from stanch import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What follows the program's name; those of this process by default.

    Returns:
        The exit code: 0 clean, 1 findings, 2 error, 3 incomplete, 130 interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words in (["--version"], ["-V"]):
            # Scripts ask this often: it is answered before anything is imported.
            sys.stdout.write(f"stanch {__version__}\n")
            sys.stdout.flush()
            return 0
    except (AttributeError, OSError):
        pass  # No one reads it, or there is no room: said below, like every such failure.
    try:
        from stanch.cli._group import run
    except KeyboardInterrupt:
        sys.stderr.write("stanch: interrupted\n")
        return 130
    return run(words)
