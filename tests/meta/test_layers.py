# SPDX-License-Identifier: Apache-2.0
"""What may happen where: layers, secrets, environment, output."""

import ast
import subprocess
from collections.abc import Callable
from typing import Final

import pytest
from tests.meta.source import ROOT, dotted, modules

REVEALERS: Final = (
    "cli/",
    "config/__init__.py",  # Compared with the placeholders that the user allows.
    "registries/",
    "reports/__init__.py",  # `--show-secrets`.
    "sources/__init__.py",  # A kept secret on the wire between our own processes.
)
"""Where a credential may leave its `Secret`."""

OUTSIDE: Final = ("os.environ", "os.environb", "os.getenv", "sys.exit", "sys.argv")
"""What only the command may touch."""


def test_layers_hold(require_tool: Callable[[str], str]) -> None:
    """Import-linter's contracts are kept."""
    argv = [require_tool("lint-imports"), "--no-logo", "--no-cache"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout


def _uses(tree: ast.Module) -> set[str]:
    found = {dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    calls = {dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return found | (calls & {"print", "input", "exit", "quit", "breakpoint"})


@pytest.mark.parametrize(("name", "tree"), [pytest.param(n, t, id=n) for n, t in modules()])
def test_only_the_command_touches_the_outside(name: str, tree: ast.Module) -> None:
    """Only the command reads the environment, prints or exits."""
    if name.startswith("cli/") or name == "__main__.py":
        return
    forbidden = {*OUTSIDE, "print", "input", "exit", "quit", "breakpoint"}
    assert set() == _uses(tree) & forbidden


@pytest.mark.parametrize(("name", "tree"), [pytest.param(n, t, id=n) for n, t in modules()])
def test_no_stray_reveal(name: str, tree: ast.Module) -> None:
    """A credential leaves its `Secret` only in the modules that are named here."""
    reveals = any(isinstance(n, ast.Attribute) and n.attr == "reveal" for n in ast.walk(tree))
    assert not reveals or name.startswith(REVEALERS)


def test_no_unsafe_loading() -> None:
    """No module imports what runs or loads foreign code: pickle, marshal, shelve, or calls eval."""
    for name, tree in modules():
        imported = {
            alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            (node.module or "").partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        calls = {dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert set() == imported & {"pickle", "marshal", "shelve", "dill"}, name
        assert set() == calls & {"eval", "exec", "os.system"}, name
