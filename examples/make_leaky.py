#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make a small project that leaks, with its git history, to try stanch on.

    python examples/make_leaky.py [FOLDER]        (default: examples/leaky)

Every credential is synthetic: made from a fixed seed, with a valid checksum where its kind has one,
and never issued by anyone. The same seed on the same Python makes the same commits.
"""

import base64
import gzip
import importlib.util
import io
import json
import marshal
import os
import random
import shutil
import struct
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

from stanch.detect import Shape
from stanch.registries import Registry
from stanch.registries.dockerhub import REGISTRY as DOCKERHUB
from stanch.registries.npm import REGISTRY as NPM
from stanch.registries.pypi import REGISTRY as PYPI
from stanch.registries.rubygems import REGISTRY as RUBYGEMS

MARK = ".made-by-make-leaky"
START = 1_735_689_600
"""Date of the first commit: 2025-01-01, UTC. Each further one is a day later."""


class Project:
    """A folder and its git repository.

    Args:
        folder: Where to make it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._days = 0
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """Run git, deaf to this machine's own configuration; return what it prints."""
        date = f"{START + 86_400 * self._days} +0000"
        fixed = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_DATE": date,
        }
        for role in ("AUTHOR", "COMMITTER"):
            fixed |= {f"GIT_{role}_NAME": "Robin Example", f"GIT_{role}_EMAIL": "robin@example.com"}
        argv = ["git", "-c", "core.autocrlf=false", *arguments]
        done = subprocess.run(
            argv, cwd=self.folder, env=fixed, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files into the work tree."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str, files: Mapping[str, str | bytes]) -> str:
        """Write files and commit them a day later; return the commit's id."""
        self._days += 1
        self.write(files)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", f"--message={message}")
        return self.git("rev-parse", "HEAD")


def sample(registry: Registry, rng: random.Random) -> str:
    """Return a synthetic credential of a registry's first shape."""
    return next(rule for rule in registry.rules if isinstance(rule, Shape)).sample(rng)


def npmrc(token: str) -> str:
    """Return an npm configuration that holds a token."""
    return f"save-exact=true\n//{NPM.hosts[0]}/:_authToken={token}\n"


def archive(name: str, content: str) -> bytes:
    """Return a gzipped tar with one file: what `npm pack` leaves behind."""
    raw = io.BytesIO()
    data = content.encode()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)


def bytecode(rng: random.Random) -> bytes:
    """Return compiled Python whose source is gone, with a token as a default argument."""
    token = f"{rng.getrandbits(160):040x}"
    source = f'def upload(path, github_token="{token}"):\n    return path, github_token\n'
    code = compile(source, "release/upload.py", "exec")
    header = importlib.util.MAGIC_NUMBER + struct.pack("<LLL", 0, START, len(source))
    return header + marshal.dumps(code)


def workflow(token: str) -> str:
    """Return a workflow with references, which are safe, and one literal, which is not."""
    steps = [
        "NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}",
        "TWINE_PASSWORD: ${{ secrets.PYPI_TOKEN }}",
        f"GEM_HOST_API_KEY: {token}",
    ]
    lines = [f"      - run: ./release.sh\n        env:\n          {step}\n" for step in steps]
    head = "on: push\njobs:\n  release:\n    runs-on: ubuntu-latest\n    steps:\n"
    return head + "".join(lines)


def secret_manifest(token: str) -> str:
    """Return a Kubernetes secret: base64 is an encoding, not a protection."""
    value = base64.b64encode(npmrc(token).encode()).decode()
    head = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: npm\ndata:\n"
    return f"{head}  .npmrc: {value}\n"


def docker_config(rng: random.Random) -> str:
    """Return docker's configuration after `docker login`."""
    login = f"robin:{sample(DOCKERHUB, rng)}"
    auths = {"registry.example.com": {"auth": base64.b64encode(login.encode()).decode()}}
    return json.dumps({"auths": auths}, indent=2) + "\n"


SAFE = {
    "README.md": "# Leaky\n\nSet `_authToken=${NPM_TOKEN}` in your `.npmrc`, or use\n"
    f"`npm_{'x' * 36}` in examples.\n",
    "safe.npmrc": "//npm.example.com/:_authToken=${NPM_TOKEN}\n"
    "# 6ba7b810-9dad-41d1-80b4-00c04fd430c8 is the id of a ticket\n",
    "publish.sh": "#!/bin/sh\nexport TWINE_USERNAME=__token__\n"
    'export TWINE_PASSWORD="${PYPI_TOKEN}"\ntwine upload dist/*\n',
}
"""What must not be reported, or only as a placeholder."""


def make(folder: Path, seed: int = 1) -> None:
    """Make the project.

    Args:
        folder: A folder that does not exist yet, or that an earlier run made.
        seed: Decides every credential.
    """
    if folder.exists():
        if not (folder / ".git" / MARK).exists():
            raise SystemExit(f"{folder}: exists, and was not made by this script")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    rng = random.Random(seed)
    project = Project(folder)
    (folder / ".git" / MARK).touch()

    project.commit("Start", SAFE)
    project.commit("Set up publishing", {".npmrc": npmrc(sample(NPM, rng))})
    project.commit("Read the npm token from the environment", {".npmrc": npmrc("${NPM_TOKEN}")})
    project.commit(
        "Upload to the package index",
        {"tools/upload.py": f'import os\n\nPASSWORD = "{sample(PYPI, rng)}"\n'},
    )
    project.commit(
        "Release by workflow",
        {
            ".github/workflows/release.yml": workflow(sample(RUBYGEMS, rng)),
            "deploy/secret.yaml": secret_manifest(sample(NPM, rng)),
        },
    )
    project.commit(
        "Keep what was built",
        {
            "ci/config.json": docker_config(rng),
            "dist/leaky-1.0.0.tgz": archive("package/.npmrc", npmrc(sample(NPM, rng))),
            f"release/__pycache__/upload.{sys.implementation.cache_tag}.pyc": bytecode(rng),
        },
    )
    project.git("tag", "--annotate", "v1.0.0", f"--message=Published with {sample(PYPI, rng)}")

    project.commit("Add a key by mistake", {"oops.txt": f"key: {sample(RUBYGEMS, rng)}\n"})
    project.git("reset", "--quiet", "--hard", "HEAD~1")
    project.write({"publish.sh": f"export NPM_TOKEN={sample(NPM, rng)}\n"})
    project.git("stash", "--quiet")
    project.git("reflog", "expire", "--expire=all", "HEAD", "main")
    project.git("update-ref", "-d", "ORIG_HEAD")


if __name__ == "__main__":
    default = Path(__file__).resolve().parent / "leaky"
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else default)
