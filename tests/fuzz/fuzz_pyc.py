# SPDX-License-Identifier: Apache-2.0
"""Fuzz the reader of compiled Python."""

import sys

from tests.fuzz.mutate import run

from stanch.detect.pyc import as_text, assignments


def target(data: bytes) -> None:
    """Read `data` as a compiled module; every span must be true."""
    for found in assignments(data):
        assert found.value == data[found.start : found.end]
    text, rows = as_text(data)
    for start, origin, length in rows:
        assert text[start : start + length] == data[origin : origin + length]


if __name__ == "__main__":
    sys.exit(run(target, "pyc"))
