# SPDX-License-Identifier: Apache-2.0
"""Files on disk: folders, to any depth, and single files.

Every file is opened by its name in an open folder, and no link is ever followed, so what is read
lies in the target even while someone moves things about in it.
"""

import os
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch import disk
from stanch.model import Located, Skipped
from stanch.sharing import share
from stanch.sources import Job, Source, received
from stanch.sources.files.folder import FILES, FOLDER, task
from stanch.sources.files.walk import Walk


class Files(Source):
    """Files and folders on disk."""

    name: ClassVar = "files"
    title: ClassVar = "files and folders"
    order: ClassVar = 10

    def accepts(self, target: str, job: Job) -> bool:
        """Tell whether files are asked for and `target` is a folder or a regular file."""
        narrowed = job.staged or job.since or job.commits
        if not job.files or narrowed or target == "-":
            return False
        return os.path.isdir(target) or os.path.isfile(target)

    def scan(self, target: str, job: Job) -> Iterator[Located | Skipped]:
        """Scan every file in `target`, or `target` itself."""
        if os.path.isdir(target):
            walk = Walk(target, job)
            first = task(FOLDER, "", disk.shown_target(target))
        else:
            root, name = os.path.split(os.path.realpath(target))
            walk = Walk(root, job, (name, disk.shown_target(target)))
            first = task(FILES, "", "", [name])
        yield from received(job, share([first], walk.work, job.jobs))


SOURCE: Final = Files()
