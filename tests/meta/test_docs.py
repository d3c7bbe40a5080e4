# SPDX-License-Identifier: Apache-2.0
"""The documentation says what the code does."""

import importlib.util
import re
import tomllib
import types
from pathlib import Path

import pytest
from tests.meta.source import PACKAGE, ROOT

from stanch.scan import registries

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def generator() -> types.ModuleType:
    """Return `docs/generate.py` as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["rules.md", "commands.md"])
def test_generated_pages_are_current(generator: types.ModuleType, name: str) -> None:
    """Each generated page is what `docs/generate.py` makes of the code now."""
    assert generator.pages()[name] == (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_every_rule_is_documented() -> None:
    """The page of rules names every registry and every rule."""
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    names = [registry.name for registry in registries()]
    names += [str(rule.id) for registry in registries() for rule in registry.rules]
    assert [] == [name for name in names if f"`{name}`" not in page]


def test_every_command_is_documented() -> None:
    """The page of commands has a section for every command."""
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    names = [path.stem for path in (ROOT / "src/stanch/cli").glob("[!_]*.py")]
    assert [] == [name for name in names if f"## stanch {name}\n" not in page]


def test_every_room_is_on_the_map() -> None:
    """ARCHITECTURE.md names every room, and draws the layers as import-linter holds them."""
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = [path.name for path in PACKAGE.iterdir() if path.suffix in ("", ".py")]
    private = ("__init__.py", "__main__.py", "__pycache__")
    assert [] == [
        room for room in rooms if room not in private and f"src/stanch/{room})" not in page
    ]

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    layers = [re.sub(r"[()]", "", layer) for layer in contract["layers"]]
    assert "\n".join(["```text", *layers, "```"]) in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file or folder that exists."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [] == [link for link in local if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_python_examples_are_valid(page: Path) -> None:
    """Every Python block of a page compiles, and names only public things of stanch."""
    import stanch

    for code in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        compile(code, str(page), "exec")
        used = set(re.findall(r"\bstanch\.([A-Za-z_]+)", code))
        assert set() == used - set(stanch.__all__)
