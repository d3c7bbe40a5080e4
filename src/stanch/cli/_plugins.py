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
        """Return every name as reports write it, importing no plug-in."""
        from stanch import discovery

        return [_written(name) for name in discovery.names(self._package)]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name of the plug-in that is called `value`, with hyphens or underscores."""
        from stanch import discovery

        # Our own are recognised by their files: reading every entry point is slow.
        own = str(value).replace("-", "_")
        public = own.isidentifier() and own[0] != "_"
        if public and importlib.util.find_spec(f"{self._package}.{own}"):
            return own
        known = {_written(name): name for name in discovery.names(self._package)}
        if _written(str(value)) not in known:
            self.fail(f"no {value!r} among {', '.join(known)}", param, ctx)
        return known[_written(str(value))]

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Offer the names that start so."""
        return [CompletionItem(name) for name in self.names() if name.startswith(incomplete)]


def _written(name: str) -> str:
    """Return the name of a plug-in as reports write it."""
    return name.replace("_", "-")
