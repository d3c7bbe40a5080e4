#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check, on real repositories, that the history scan finds what reading every object finds.

python bench/equality.py PATH [PATH ...]

Every object that `git cat-file --batch-all-objects --batch` prints is scanned whole, and the set of
(object, rule, place, credential) is compared with that of the history scan.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from stanch.scan import Options, Scan, engine

Place = tuple[str, str, tuple[int, int], str]


def main() -> int:
    """Compare each repository on the command line; return how many differ."""
    return sum(not same(path) for path in sys.argv[1:])


def same(path: str) -> bool:
    """Tell whether both ways find the same in one repository; print what differs."""
    options = Options(files=False, archives=False)
    told = {
        (place.object, str(finding.rule), place.span, str(finding.fingerprint))
        for finding in Scan([path], options)
        for place in finding.occurrences
        if place.object
    }
    find = engine(options)
    read: set[Place] = set()
    objects = 0
    for name, data in every_object(path):
        objects += 1
        for match in find.matches(data):
            read.add((name, str(match.rule), match.span, str(match.secret.fingerprint())))
    print(f"{Path(path).name}: {objects} objects, {len(read)} places", end="")
    print(", the same" if told == read else f", {len(told ^ read)} DIFFER")
    for place in sorted(told ^ read)[:20]:
        print("  only", "told" if place in told else "read", *place)
    return told == read


def every_object(path: str) -> Iterator[tuple[str, bytes]]:
    """Yield (hex name, bytes) of every object, as git reads them."""
    argv = ["git", "-C", path, "cat-file", "--batch-all-objects", "--batch", "--buffer"]
    with subprocess.Popen([*argv, "--unordered"], stdout=subprocess.PIPE) as git:
        assert git.stdout is not None
        while head := git.stdout.readline():
            name, _, size = head.split()
            data = git.stdout.read(int(size) + 1)[:-1]
            yield name.decode(), data


if __name__ == "__main__":
    sys.exit(main())
