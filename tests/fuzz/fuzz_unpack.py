# SPDX-License-Identifier: Apache-2.0
"""Fuzz the archive readers."""

import sys

from tests.fuzz.mutate import run

from stanch.unpack import Limits, Member, is_archive, members

LIMITS = Limits(entry_bytes=1 << 20, ratio_free_bytes=1 << 20, entries=2000, time_s=4)


def target(data: bytes) -> None:
    """Open `data`; whatever it is, only members and reports come out."""
    total = 0
    for item in members(data, "x", LIMITS):
        if isinstance(item, Member):
            total += len(item.data)
            assert "".join(item.path).isprintable()
        else:
            assert item.path.startswith("x")
    assert is_archive(data) or total == 0
    assert total <= 2 * LIMITS.depth * max(LIMITS.ratio_free_bytes, LIMITS.ratio * len(data))


if __name__ == "__main__":
    sys.exit(run(target, "unpack"))
