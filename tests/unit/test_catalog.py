# SPDX-License-Identifier: Apache-2.0
"""Which registries a scan looks for."""

from pathlib import Path

import pytest
from tests.conftest import Stanch, Token

import stanch as api
from stanch.catalog import registries, rules

SEVERAL_WORDS = tuple(one.name for one in registries() if "-" in one.name)


@pytest.mark.parametrize("name", SEVERAL_WORDS)
def test_a_name_of_several_words(name: str) -> None:
    """A registry is found by the name that reports tell, and by that of its module."""
    assert rules([name])
    assert rules([name]) == rules([name.replace("-", "_")])


@pytest.mark.parametrize("name", ["nonsense", "", "npm "])
def test_an_unknown_registry_is_refused(name: str, tmp_path: Path) -> None:
    """To look for nothing is no clean scan, whether or not there is a cache."""
    for cache in (None, tmp_path, tmp_path):
        with pytest.raises(api.UsageError, match="no registry is called"):
            api.scan(tmp_path, api.Options(registries=("npm", name), cache=cache))


@pytest.mark.parametrize("name", ["azure-devops", "azure_devops"])
def test_the_command_looks_for_it(name: str, tmp_path: Path, stanch: Stanch, token: Token) -> None:
    """`--registry` with a name of several words finds that registry's credentials."""
    (tmp_path / "a").write_text(token("azure-devops-access-token"))
    assert 1 == stanch("scan", "--registry", name, tmp_path).returncode
    assert b" azure-devops," in stanch("scan", "--registry", "nope", tmp_path).stderr
