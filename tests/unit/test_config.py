# SPDX-License-Identifier: Apache-2.0
"""The user's configuration."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.config import Config, load, project_root
from stanch.config.expression import checked
from stanch.detect import Engine
from stanch.errors import ConfigError
from stanch.model import Severity
from stanch.secret import Secret

FULL = r"""
exclude = ["vendor/", "!vendor/ours"]
fail_on = "high"
baseline = "stanch.baseline"
key_env = "PROJECT_STANCH_KEY"

[severities]
npm-access-token = "low"

[placeholders]
values = ["letmein-example"]
patterns = ["fake_[0-9]{4,8}"]

[[shapes]]
id = "corp-deploy-token"
title = "Corp deploy token"
pattern = "corp_[A-Za-z0-9]{16}"
severity = "critical"
registry = "corp"
example = "corp_0123456789abcdef"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A work tree."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "src" / "deep").mkdir(parents=True)
    return tmp_path


def _load(project: Path, text: str) -> Config:
    (project / ".stanch.toml").write_text(text)
    return load(None, project / "src" / "deep")


def test_everything_is_read(project: Path) -> None:
    """Each key says what the documentation says."""
    config = _load(project, FULL)
    assert config.path == project / ".stanch.toml"
    assert config.exclude == ("vendor/", "!vendor/ours")
    assert config.fail_on == "high"
    assert config.baseline == project / "stanch.baseline"
    assert config.key_env == "PROJECT_STANCH_KEY"
    assert config.severities == {"npm-access-token": Severity.LOW}
    (shape,) = config.shapes
    assert (shape.id, shape.registry, shape.severity) == (
        "corp-deploy-token",
        "corp",
        Severity.CRITICAL,
    )
    assert shape.anchors == ("corp_",)
    assert shape.sample(random.Random(0)) == "corp_0123456789abcdef"


def test_own_shape_finds(project: Path) -> None:
    """A shape of the user's own works in the engine like any other."""
    engine = Engine(_load(project, FULL).shapes)
    (match,) = engine.matches(b"token: corp_0123456789abcdef\n")
    assert match.span == (7, 28)


def test_placeholders_are_told(project: Path) -> None:
    """Exact values and whole matches of patterns are placeholders; nothing else is."""
    placeholder = _load(project, FULL).placeholder()
    assert placeholder is not None
    assert placeholder(Secret(b"letmein-example"))
    assert placeholder(Secret(b"fake_12345"))
    assert not placeholder(Secret(b"fake_12345x"))
    assert not placeholder(Secret(b"letmein"))


def test_no_file_is_an_empty_configuration(project: Path) -> None:
    """Without a file nothing is configured."""
    assert load(None, project) == Config()
    assert Config().placeholder() is None


def test_pyproject_is_read(project: Path) -> None:
    """`[tool.stanch]` of pyproject.toml counts where there is no `.stanch.toml`."""
    (project / "pyproject.toml").write_text('[tool.stanch]\nfail_on = "any"\n')
    assert load(None, project).fail_on == "any"
    assert load(project / "pyproject.toml", Path("/")).fail_on == "any"
    (project / ".stanch.toml").write_text("")
    assert load(None, project).fail_on == ""


def test_pyproject_without_our_table_is_none(project: Path) -> None:
    """A pyproject.toml that does not speak of stanch configures nothing."""
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert load(None, project) == Config()


def test_named_file_wins(project: Path, tmp_path: Path) -> None:
    """`--config` names the one file that is read."""
    (project / ".stanch.toml").write_text('fail_on = "any"')
    other = tmp_path / "other.toml"
    other.write_text('fail_on = "new"')
    assert load(other, project).fail_on == "new"


def test_root_is_the_work_tree_or_the_folder_itself(tmp_path: Path) -> None:
    """Outside a work tree only the folder itself is looked at, never those above."""
    (tmp_path / ".stanch.toml").write_text('fail_on = "any"')
    below = tmp_path / "below"
    below.mkdir()
    assert project_root(below) == below
    assert load(None, below) == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("excludes = []", "unknown key `excludes`"),
        ("[placeholders]\nvalue = []", r"unknown key `value`.*placeholders"),
        ("[[shapes]]\nid='a-b'\npattern='abc_x'\nregex='x'", r"unknown key `regex`.*shapes"),
        ("fail_on = 'sometimes'", "fail_on: not one of"),
        ("fail_on = 3", "fail_on"),
        ("[severities]\nx = 'awful'", "awful"),
        ("exclude = ['[z']", "exclude: not a path pattern"),
        ("[[shapes]]\nid='Bad'\npattern='abc_x'", r"shapes\[0\].id"),
        ("[[shapes]]\nid='a-b'\npattern='(a+)+b'", r"shapes\[0\].pattern: could take too long"),
        ("[[shapes]]\nid='a-b'\npattern='[a'", r"shapes\[0\].pattern"),
        ("[[shapes]]\nid='a-b'\npattern='[0-9]{20}'", r"shapes\[0\].anchors"),
        ("[[shapes]]\nid='a-b'\npattern='ab_[0-9]'\nanchors=['a']", r"shapes\[0\].anchors"),
        ("[[shapes]]\nid='a-b'\npattern='abc_[0-9]'\noffset=2", r"shapes\[0\].offset"),
        ("[[shapes]]\nid='a-b'\npattern='abc_[0-9]'\nexample='abc_x'", r"shapes\[0\].example"),
        ("[[shapes]]\nid='a-b'\npattern='abc_x'\n" * 2, "two with the id 'a-b'"),
        ("[placeholders]\npatterns=['.*']", r"placeholders.patterns\[0\]: matches nothing"),
        ("a = [", r"\.stanch\.toml"),
    ],
)
def test_mistake_is_named(project: Path, text: str, message: str) -> None:
    """A mistake is an error that names the file and the key."""
    with pytest.raises(ConfigError, match=message) as error:
        _load(project, text)
    assert ".stanch.toml" in str(error.value)


def test_missing_named_file_is_an_error(tmp_path: Path) -> None:
    """A file that the user names must be there."""
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml", tmp_path)


@pytest.mark.parametrize(
    "pattern",
    [
        "corp_[a-z0-9]{20,40}",
        r"eyJ[\w-]++\.[\w-]++\.[\w-]++",
        "(?:-[a-f0-9]{4}){3}",
        "(?:foo|bar){2}x",
        "a[a-z]*",
    ],
)
def test_cheap_expression_is_taken(pattern: str) -> None:
    """What people write for credentials is taken."""
    assert pattern == checked(pattern, "here")


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+b", "a+a+a+b", "(?:a|aa){9,}b", r"(a)\1", "a" * 2000, "é", "(?=(a+)+b)c", "(", "x*"],
)
def test_costly_expression_is_refused(pattern: str) -> None:
    """What could take for ever, or is no expression, is refused."""
    with pytest.raises(ConfigError, match="here"):
        checked(pattern, "here")


@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_refused(pattern: str) -> None:
    """Whatever stands in the file, the answer is the expression or a ConfigError."""
    try:
        checked(pattern, "here")
    except ConfigError:
        return
    re.compile(pattern)


@given(st.binary(max_size=60))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever bytes the file holds, the answer is a configuration or a ConfigError."""
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data)
    try:
        load(path, path.parent)
    except ConfigError:
        return
