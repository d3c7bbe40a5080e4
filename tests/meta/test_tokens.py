# SPDX-License-Identifier: Apache-2.0
"""The repository holds no credential, not even a synthetic one, and names no registry's host."""

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from tests.meta.source import ROOT

from stanch.detect import Engine
from stanch.model import Confidence
from stanch.scan import Options, engine, registries


@cache
def _engine() -> Engine:
    return engine(Options())


def _files() -> Iterator[Path]:
    argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    for name in sorted(done.stdout.decode().split("\0")):
        path = ROOT / name
        if name and path.is_file():
            yield path


def test_checkout_scans_clean() -> None:
    """A scan of the checkout finds nothing above `placeholder`."""
    from stanch.detect.allow import allowed

    found = []
    for path in _files():
        data = path.read_bytes()
        for match in _engine().matches(data):
            if match.confidence is Confidence.PLACEHOLDER or allowed(data, *match.span):
                continue
            line = data.count(b"\n", 0, match.span[0]) + 1
            name = path.relative_to(ROOT)
            found.append(f"{name}:{line}: {match.rule}: {match.secret.preview()}")
    assert [] == found, "\n".join(found)


CODE_HOSTS: Final = {"github.com", "gitlab.com"}
"""Links to a specification or a source lead here too."""


def test_addresses_stand_in_their_registry_alone() -> None:
    """A public registry's address is written only in the registry's module and in tests."""
    hosts = {host.lstrip(".") for registry in registries() for host in registry.hosts}
    addresses = [f"//{host}".encode() for host in sorted(hosts - CODE_HOSTS)]
    found = []
    for path in _files():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(("src/stanch/registries/", "tests/")):
            continue
        data = path.read_bytes()
        found += [f"{name}: {address.decode()}" for address in addresses if address in data]
    assert [] == found, "\n".join(found)
