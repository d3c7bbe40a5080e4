# SPDX-License-Identifier: Apache-2.0
"""Places in an image's configuration."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stanch.unpack import image

CONFIG = {
    "architecture": "amd64",
    "config": {
        "Env": ["PATH=/bin", 'QUOTED="x"', "NPM_TOKEN=needle-env"],
        "Labels": {"org.example": "needle-label"},
        "Cmd": None,
    },
    "history": [{"created_by": "RUN true"}, {"created_by": "RUN login needle-history"}],
    "rootfs": {"type": "layers", "diff_ids": ["sha256:00"]},
}


def _place(document: Any, needle: bytes, **how: Any) -> tuple[str, ...]:
    data = json.dumps(document, **how).encode()
    return image.place(data, data.index(needle))


def test_places_are_named() -> None:
    """Variables, labels and history lines are named as people know them."""
    for how in ({}, {"indent": 2}, {"separators": (",", ":")}):
        assert _place(CONFIG, b"needle-env", **how) == ("config", "Env[2]")
        assert _place(CONFIG, b"needle-label", **how) == ("config", "Labels", "org.example")
        assert _place(CONFIG, b"needle-history", **how) == ("history[1]", "created_by")


def test_other_json_has_no_places() -> None:
    """A file that is no image configuration gets no place."""
    assert _place({"config": {"Env": ["needle"]}}, b"needle") == ()


def test_offset_outside_any_string_has_no_place() -> None:
    """Between the strings there is no place to name."""
    assert image.place(json.dumps(CONFIG).encode(), 0) == ()


@given(st.binary(max_size=200), st.integers(0, 220))
def test_any_bytes_are_read(data: bytes, offset: int) -> None:
    """Hostile bytes raise nothing."""
    image.place(b'{"rootfs":' + data, offset)


def test_deep_nesting_is_given_up() -> None:
    """Nesting without end costs nothing."""
    assert image.place(b'{"rootfs":' + b"[" * 100_000 + b'"x"', 100_011) == ()
