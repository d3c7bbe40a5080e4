# SPDX-License-Identifier: Apache-2.0
"""The top command: finds the others when they are used, and turns errors into one clear line."""

import importlib
import os
import pkgutil
import re
import sys
from collections.abc import Sequence
from typing import Any, Final, cast

import click

from stanch import __version__
from stanch.cli._environment import cache_folder, debugging
from stanch.errors import StanchError

CLEAN: Final = 0
FOUND: Final = 1
FAILED: Final = 2
INCOMPLETE: Final = 3
INTERRUPTED: Final = 130

_EPILOG: Final = """\b
Examples:
  stanch scan                         this folder and its whole git history
  stanch scan --machine               what this user's machine holds in plaintext
  stanch rules show npm-access-token  what a rule finds, and what to do about it
"""


class Group(click.Group):
    """Commands that are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the modules that are commands."""
        folder = importlib.import_module("stanch.cli").__path__
        return sorted(info.name for info in pkgutil.iter_modules(folder) if info.name[0] != "_")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command `cmd_name`."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"stanch.cli.{cmd_name}")
        return cast("click.Command", module.COMMAND)

    def main(self, args: Sequence[str] | None = None, *_args: Any, **_extra: Any) -> Any:
        """Run, and exit: what click's own test runner calls."""
        sys.exit(run(list(args or ())))


@click.group(
    cls=Group,
    epilog=_EPILOG,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(
    __version__, "-V", "--version", prog_name="stanch", message="stanch %(version)s"
)
@click.pass_context
def group(ctx: click.Context) -> None:
    """Find leaked package-registry credentials, and say what to do about them."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code; print one line for an error."""
    if "_STANCH_COMPLETE" in os.environ:
        click.Group.main(group, arguments, prog_name="stanch")
    try:
        with group.make_context("stanch", arguments) as context:
            group.invoke(context)
        if sys.stdout:  # Whoever closed it wants no answer.
            sys.stdout.flush()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except BrokenPipeError:
        # The reader has seen enough. Python's own flush at exit must find somewhere to write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLEAN
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence prints no traceback.
        return _failed(_message(error), error)
    return CLEAN


def _message(error: Exception) -> str:
    """Say in one line what went wrong."""
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, StanchError):
        return str(error)
    if isinstance(error, OSError):
        if not error.filename and not _here_exists():
            return "the current folder does not exist any more"
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        return f"{where}{error.strerror or type(error).__name__}"
    return f"unexpected {type(error).__name__}: this is a defect; STANCH_DEBUG=1 shows where"


def _here_exists() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def _usage(error: click.ClickException) -> str:
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    if not context:
        return message
    joint = " " if message.endswith("?") else "; "
    return f"{message}{joint}try `{context.command_path} --help`"


def _failed(message: str, error: BaseException) -> int:
    _complain(f"error: {_masked(message)}")
    if debugging():
        import traceback

        # The frames tell where. The message may quote what was scanned, so it is masked.
        click.echo("".join(traceback.format_tb(error.__traceback__)), err=True, nl=False)
        click.echo(f"{type(error).__name__}: {_masked(str(error))}", err=True)
    return FAILED


def _complain(message: str) -> None:
    try:
        click.echo(f"stanch: {message}", err=True)
    except BrokenPipeError:
        return


_TOKEN_LIKE: Final = re.compile(r"[A-Za-z0-9+/=_.-]{16}")


def _masked(message: str) -> str:
    """Mask a credential that was typed where a path or an option belongs."""
    from stanch.reports import readable

    if _TOKEN_LIKE.search(message):
        from stanch.scan import Options, engine, mask

        message = mask(engine(Options(cache=cache_folder())), message)
    return readable(message.encode("utf-8", "backslashreplace").decode())
