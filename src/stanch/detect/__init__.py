# SPDX-License-Identifier: Apache-2.0
"""Bytes in, matches out: pure, no I/O, and no registry known by name.

The rules (`Shape`, `Key`, `Grammar`) come from the registries; `Engine` compiles their anchors
into one multi-pattern database and proves the few candidates in Python.
"""

from stanch.detect.engine import Engine, Kept
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape

__all__ = ["Capture", "Engine", "Grammar", "Kept", "Key", "Rule", "Shape"]
