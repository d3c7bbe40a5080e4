# SPDX-License-Identifier: Apache-2.0
"""The types of git objects, as packs number them.

Source:
    https://git-scm.com/docs/gitformat-pack#_object_types (read 2026-11-22)
"""

from typing import Final

COMMIT: Final = 1
TREE: Final = 2
BLOB: Final = 3
TAG: Final = 4
OFS_DELTA: Final = 6
REF_DELTA: Final = 7

TYPE_NAMES: Final = {COMMIT: "commit", TREE: "tree", BLOB: "blob", TAG: "tag"}
