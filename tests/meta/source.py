# SPDX-License-Identifier: Apache-2.0
"""The project's own source, parsed."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "src" / "stanch"


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield each module of the package: its path in the package, and its syntax tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_bytes())


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a chain of names and attributes, or ""."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        start = dotted(node.value)
        return f"{start}.{node.attr}" if start else ""
    return ""
