# SPDX-License-Identifier: Apache-2.0
"""The public API: what is promised is there, and costs nothing until it is used."""

import subprocess
import sys
from typing import Final

import pytest

import stanch as package

HEAVY: Final = ("click", "dulwich", "hyperscan", "msgspec", "numpy", "py7zr", "rich", "stanch.scan")
"""What `import stanch` must not load."""

PROMISED: Final = {
    "Confidence",
    "Coverage",
    "Finding",
    "Occurrence",
    "Options",
    "Severity",
    "Skipped",
    "StanchError",
    "Verdict",
    "merge",
    "scan",
}


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", package.__all__)
def test_every_name_resolves(name: str) -> None:
    """Each name in `__all__` can be got, and is listed by `dir`."""
    assert getattr(package, name) is not None
    assert name in dir(package)


def test_promised_names() -> None:
    """The names that the documentation uses are public."""
    assert set() == PROMISED - set(package.__all__)


def test_no_other_name_resolves() -> None:
    """A name that is not public raises AttributeError, as any module does."""
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        package.nonsense  # noqa: B018


def test_import_is_cheap() -> None:
    """`import stanch` loads nothing heavy."""
    code = f"import sys, stanch; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    assert "" == _python(code)


@pytest.mark.parametrize(
    "first",
    [
        "pass",
        "stanch.Options",
        "import stanch.scan",
        "from stanch.scan import rules",
        "from stanch import scan, merge",
    ],
)
def test_scan_is_the_function(first: str) -> None:
    """`stanch.scan` is the function, whatever was imported before."""
    assert "function" == _python(f"import stanch\n{first}\nprint(type(stanch.scan).__name__)")
