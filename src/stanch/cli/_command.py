# SPDX-License-Identifier: Apache-2.0
"""Commands whose help has examples, and options in sections."""

from typing import Any, Final

import click

from stanch.cli._plugins import PluginName

_REST: Final = "Options"


class Option(click.Option):
    """An option that stands in a section of the help.

    Args:
        section: The section's title.
    """

    def __init__(self, *args: Any, section: str = _REST, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the two columns of the help, with the names of the plug-ins to choose from."""
        record = super().get_help_record(ctx)
        if record is None or not isinstance(self.type, PluginName) or self.multiple:
            return record
        return record[0], f"{record[1]} One of: {', '.join(self.type.names())}."


class Command(click.Command):
    """A command whose help ends with examples.

    Args:
        examples: (command line, what it does) pairs.
        ends: Exit codes and their meaning, where the command has its own.
    """

    def __init__(
        self,
        *args: Any,
        examples: tuple[tuple[str, str], ...] = (),
        ends: tuple[tuple[str, str], ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.ends = ends

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Argument):
                continue  # The description tells what it is.
            record = parameter.get_help_record(ctx)
            if record is not None:
                sections.setdefault(getattr(parameter, "section", _REST), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records, col_max=26)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes."""
        for title, pairs in (("Examples", self.examples), ("Exit codes", self.ends)):
            if pairs:
                with formatter.section(title):
                    formatter.write_dl(list(pairs), col_max=50)
        super().format_epilog(ctx, formatter)


class Group(Command, click.Group):
    """A command of commands."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        Command.format_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)
