# SPDX-License-Identifier: Apache-2.0
"""The scoring of labelled cases."""

import importlib.util
import json
import types
from pathlib import Path

import pytest
from tests.conftest import Token
from tests.meta.source import ROOT


@pytest.fixture(scope="module")
def groundtruth() -> types.ModuleType:
    """Return `bench/groundtruth.py` as a module."""
    spec = importlib.util.spec_from_file_location("groundtruth", ROOT / "bench/groundtruth.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def cases(tmp_path: Path, token: Token) -> Path:
    """Return a file of labelled cases: each way in which one can end."""
    secret = token("npm-access-token")
    entries = [
        {"text": "//{npm}/:_authToken=" + secret, "expect": "flag", "token": secret},
        {"text": secret, "expect": "flag", "registry": "pypi"},
        {"text": secret, "expect": "flag", "registry": "netrc"},
        {"text": "nothing here", "expect": "flag", "filename": ".npmrc"},
        {"text": secret, "expect": "ignore"},
        {"text": "npm_" + "x" * 36, "expect": "ignore"},
        {"text": "nothing here", "expect": "flag", "set": "generic"},
    ]
    path = tmp_path / "cases.jsonl"
    defaults = {"set": "core", "registry": "npm"}
    lines = [json.dumps({"id": str(n)} | defaults | e) for n, e in enumerate(entries)]
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("mode", ["scan_files", "scan_memory"])
def test_cases_are_counted(groundtruth: types.ModuleType, cases: Path, mode: str) -> None:
    """Positives of core and forge count at any confidence, negatives above placeholder."""
    result = groundtruth.judge(getattr(groundtruth, mode)(groundtruth.load(cases)))
    total = result.total
    assert (4, 3, 2, 1) == (total.positives, total.found, total.named, total.right)
    assert (1, 1, 2, 1) == (total.known, total.exact, total.negatives, total.reported)
    assert (["3"], ["4"], ["1"]) == (
        [case.id for case in result.misses],
        [case.id for case, _ in result.false],
        [case.id for case, _ in result.astray],
    )


def test_hosts_come_from_the_registries(groundtruth: types.ModuleType, cases: Path) -> None:
    """A name in braces becomes the host of a registry's own table."""
    first = groundtruth.load(cases)[0]
    assert first.text.startswith("//registry.npmjs.org/:_authToken=")


@pytest.mark.parametrize("form", ["as_table", "as_json"])
def test_result_is_written(groundtruth: types.ModuleType, cases: Path, form: str) -> None:
    """Every form names what was missed."""
    result = groundtruth.judge(groundtruth.scan_memory(groundtruth.load(cases)))
    assert "3" in "\n".join(getattr(groundtruth, form)(result))


def test_page_gives_a_reason_for_each_miss(groundtruth: types.ModuleType, cases: Path) -> None:
    """The page lists every miss, and says so where no reason is given."""
    result = groundtruth.judge(groundtruth.scan_memory(groundtruth.load(cases)))
    assert "| `3` | npm | - | not explained yet |" in list(groundtruth.as_markdown(result, 7))
