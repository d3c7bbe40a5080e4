# SPDX-License-Identifier: Apache-2.0
"""Option values that are names of plug-ins: the folder says which there are."""

import importlib.util
from typing import Any

import click
from click.shell_completion import CompletionItem


class PluginName(click.ParamType[str]):
    """The name of a plug-in.

    Args:
        package: The plug-in folder.
    """

    name = "name"

    def __init__(self, package: str) -> None:
        self._package = package

    def names(self) -> list[str]:
        """Return every name, importing no plug-in."""
        from stanch import discovery

        return discovery.names(self._package)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return `value` if it is a name."""
        # Our own are recognised by their files: reading every entry point is slow.
        own = str(value).isidentifier() and str(value)[0] != "_"
        if own and importlib.util.find_spec(f"{self._package}.{value}"):
            return value
        names = self.names()
        if value not in names:
            self.fail(f"no {value!r} among {', '.join(names)}", param, ctx)
        return value

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Offer the names that start so."""
        return [CompletionItem(name) for name in self.names() if name.startswith(incomplete)]
