# SPDX-License-Identifier: Apache-2.0
"""stanch: find leaked package-registry credentials.

    import stanch

    scan = stanch.scan(".", stanch.Options(history=False))
    for finding in scan:
        print(finding.title, finding.preview)
    print("all read" if scan.coverage.complete else scan.coverage.skipped)

Names are loaded when they are first used, so that `import stanch` costs next to nothing.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stanch.errors import (
        ConfigError,
        CorruptInputError,
        InputError,
        LimitExceededError,
        OutputError,
        StanchError,
        UsageError,
    )
    from stanch.model import (
        Confidence,
        Finding,
        Occurrence,
        Progress,
        Severity,
        Skipped,
        Verdict,
    )
    from stanch.scan import Coverage, Options, Scan, merge, scan
    from stanch.secret import Fingerprint, Secret

__version__ = "0.1.0"

__all__ = [
    "Confidence",
    "ConfigError",
    "CorruptInputError",
    "Coverage",
    "Finding",
    "Fingerprint",
    "InputError",
    "LimitExceededError",
    "Occurrence",
    "Options",
    "OutputError",
    "Progress",
    "Scan",
    "Secret",
    "Severity",
    "Skipped",
    "StanchError",
    "UsageError",
    "Verdict",
    "__version__",
    "merge",
    "scan",
]

_ROOMS: Final = {
    "errors": (
        "ConfigError",
        "CorruptInputError",
        "InputError",
        "LimitExceededError",
        "OutputError",
        "StanchError",
        "UsageError",
    ),
    "model": (
        "Confidence",
        "Finding",
        "Occurrence",
        "Progress",
        "Severity",
        "Skipped",
        "Verdict",
    ),
    "scan": ("Coverage", "Options", "Scan", "merge", "scan"),
    "secret": ("Fingerprint", "Secret"),
}


def __getattr__(name: str) -> object:
    for room, names in _ROOMS.items():
        if name in names:
            value: object = getattr(importlib.import_module(f"stanch.{room}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps `stanch.scan` the function, whoever imports the module of the same name."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "scan" and isinstance(value, ModuleType):
            value = value.scan
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
