# SPDX-License-Identifier: Apache-2.0
"""The example project leaks as its script says, and stanch finds all of it and nothing else."""

import importlib.util
import types
from pathlib import Path

import pytest
from tests.conftest import Stanch
from tests.meta.source import ROOT

import stanch


@pytest.fixture(scope="module")
def example() -> types.ModuleType:
    """Return `examples/make_leaky.py` as a module."""
    spec = importlib.util.spec_from_file_location("example", ROOT / "examples" / "make_leaky.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def findings(
    example: types.ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> list[stanch.Finding]:
    """Return what a scan of the project finds."""
    folder = tmp_path_factory.mktemp("example") / "leaky"
    example.make(folder)
    return stanch.merge(stanch.scan(folder))


LEAKS = [
    ("npm", ".npmrc"),
    ("pypi", "tools/upload.py"),
    ("rubygems", ".github/workflows/release.yml"),
    ("npm", "deploy/secret.yaml"),
    ("dockerhub", "ci/config.json"),
    ("npm", "dist/leaky-1.0.0.tgz"),
    ("github", "release/__pycache__/upload"),
    ("npm", "publish.sh"),
]


@pytest.mark.parametrize(("registry", "path"), LEAKS)
def test_leak_is_found(findings: list[stanch.Finding], registry: str, path: str) -> None:
    """Each leak is found, under its registry and its path."""
    found = {
        (finding.registry, path)
        for finding in findings
        for place in finding.occurrences
        for path in (place.path, *place.paths)
        if finding.confidence is not stanch.Confidence.PLACEHOLDER
    }
    assert any(registry == name and path in place for name, place in found), found


def test_unreachable_commit_is_read(findings: list[stanch.Finding]) -> None:
    """The credential in a commit that no ref reaches is found, and said to be unreachable."""
    lost = {
        finding.registry
        for finding in findings
        if all(place.reachable is False for place in finding.occurrences)
    }
    assert {"rubygems"} == lost


def test_tag_message_is_read(findings: list[stanch.Finding]) -> None:
    """The credential in the message of a tag is found."""
    kinds = {place.kind for finding in findings for place in finding.occurrences}
    assert "tag" in kinds


def test_nothing_else_is_found(findings: list[stanch.Finding]) -> None:
    """One finding per leaked credential, lost and tagged ones too, and nothing more."""
    sure = [f for f in findings if f.confidence is not stanch.Confidence.PLACEHOLDER]
    assert len(LEAKS) + 2 == len(sure)


def test_readme_shows_what_is_printed(
    example: types.ModuleType, stanch: Stanch, tmp_path: Path
) -> None:
    """The findings that the README shows are what the command prints."""
    example.make(tmp_path / "examples" / "leaky")
    done = stanch("scan", "examples/leaky", cwd=tmp_path)
    assert 1 == done.returncode, done.stderr
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    block = shown.partition("```text\n")[2].partition("\n```")[0]
    printed = done.stdout.decode()
    assert [] == [part for part in block.split("\n\n") if part != "[...]" and part not in printed]


def test_only_its_own_folder_is_replaced(example: types.ModuleType, tmp_path: Path) -> None:
    """The script refuses to replace a folder that it did not make."""
    with pytest.raises(SystemExit, match="was not made by this script"):
        example.make(tmp_path)
