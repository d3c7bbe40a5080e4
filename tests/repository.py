# SPDX-License-Identifier: Apache-2.0
"""Build git repositories with git's plumbing: the same bytes on every machine."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

EPOCH: Final = 1_700_000_000
"""Date of the first commit (2023-11-14, UTC); each further one is an hour later."""

ENVIRONMENT: Final = {
    "GIT_AUTHOR_NAME": "Ada Author",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Cy Committer",
    "GIT_COMMITTER_EMAIL": "cy@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "TZ": "UTC",
}

Files = Mapping[str, bytes | str | None]
"""Path -> content; None removes the path."""


class Repository:
    """A git repository under construction; it starts empty, on branch `main`.

    Args:
        path: Folder to make it in.
        bare: No work tree.
        object_format: `sha1` or `sha256`.
    """

    def __init__(self, path: Path, *, bare: bool = False, object_format: str = "sha1") -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._commits = 0
        self._absent = "0" * (64 if object_format == "sha256" else 40)
        words = ["--bare"] if bare else []
        self.git("init", "-q", "-b", "main", f"--object-format={object_format}", *words)

    @property
    def git_dir(self) -> Path:
        """The folder that holds the objects."""
        return self.path / os.fsdecode(self.git("rev-parse", "--git-dir"))

    def git(
        self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> bytes:
        """Run git here, deaf to the configuration of the machine; return what it prints.

        Args:
            arguments: Words after `git`.
            stdin: Bytes for its standard input.
            env: Variables on top of the fixed ones.
        """
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            input=stdin,
            capture_output=True,
            check=False,
            env={**kept, **ENVIRONMENT, "HOME": str(self.path), **(env or {})},
        )
        assert done.returncode == 0, f"git {arguments}: {done.stderr.decode(errors='replace')}"
        return done.stdout.strip()

    def blob(self, content: bytes | str) -> str:
        """Store a blob; return its id."""
        return self.git("hash-object", "-w", "--stdin", stdin=_bytes(content)).decode()

    def commit(
        self,
        files: Files,
        message: str = "Change",
        *,
        ref: str = "refs/heads/main",
        parents: Sequence[str] | None = None,
    ) -> str:
        """Commit changes on top of a ref, without touching a work tree; return the id.

        Args:
            files: What changes.
            message: The commit's message.
            ref: Ref that is moved to the commit; "" moves none: the commit is unreachable.
            parents: Parent commits; None takes what `ref` points to, if it exists.
        """
        if parents is None:
            old = self.git("for-each-ref", "--format=%(objectname)", ref) if ref else b""
            parents = [old.decode()] if old else []
        index = {"GIT_INDEX_FILE": str(self.git_dir.resolve() / "building.index")}
        self.git("read-tree", *(parents[:1] or ["--empty"]), env=index)
        lines = [self._index_line(path, content) for path, content in files.items()]
        self.git("update-index", "-z", "--index-info", stdin=b"".join(lines), env=index)
        tree = self.git("write-tree", env=index).decode()
        date = f"{EPOCH + 3600 * self._commits} +0000"
        self._commits += 1
        commit = self.git(
            "commit-tree",
            tree,
            *(word for parent in parents for word in ("-p", parent)),
            stdin=message.encode(),
            env={"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
        ).decode()
        if ref:
            self.git("update-ref", ref, commit)
        return commit

    def tag(self, name: str, target: str, message: str) -> str:
        """Make an annotated tag; return the tag object's id."""
        date = {"GIT_COMMITTER_DATE": f"{EPOCH} +0000"}
        self.git("tag", "-a", "-F", "-", name, target, stdin=message.encode(), env=date)
        return self.git("rev-parse", f"refs/tags/{name}").decode()

    def check_out(self) -> None:
        """Fill the index and the work tree from HEAD."""
        self.git("reset", "-q", "--hard")

    def stage(self, files: Files) -> None:
        """Write files to the work tree and the index, on top of what is there."""
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(_bytes(content))
        self.git("add", "--all", "--force", "--", *files)

    def pack(self, *options: str) -> None:
        """Put every object, unreachable ones included, into one pack with delta chains."""
        self.git("repack", "-q", "-a", "-d", "-f", "--keep-unreachable", *options)

    def _index_line(self, path: str, content: bytes | str | None) -> bytes:
        mode, blob = ("0", self._absent) if content is None else ("100644", self.blob(content))
        return f"{mode} {blob}\t{path}\0".encode()


def _bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content
