# SPDX-License-Identifier: Apache-2.0
"""Files and folders."""

import io
import os
import socket
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest
from tests.conftest import Token

from stanch import disk
from stanch.catalog import rules
from stanch.detect import Engine
from stanch.model import Located, Origin, Progress, Skipped
from stanch.sources import CONTEXT_BYTES, Job, examine_windows
from stanch.sources.files import SOURCE, read

ENGINE = Engine(rules(("npm",)))
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


def _scan(target: Path | str, job: Job | None = None) -> tuple[list[Located], list[Skipped]]:
    found: list[Located] = []
    skipped: list[Skipped] = []
    for item in SOURCE.scan(str(target), job or Job(ENGINE)):
        if isinstance(item, Located):
            found.append(item)
        else:
            skipped.append(item)
    return found, skipped


def _paths(found: list[Located], root: Path) -> list[str]:
    return sorted(item.occurrence.path.removeprefix(f"{root}/") for item in found)


@pytest.fixture
def secret(token: Token) -> str:
    """An npm token."""
    return token("npm-access-token")


@pytest.fixture
def line(secret: str) -> str:
    """A line with an npm token."""
    return f"//registry.example/:_authToken={secret}\n"


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_file_is_scanned(tmp_path: Path, line: str, jobs: int) -> None:
    """Whatever its name, its folder and its bytes, each file is read, once."""
    names = ["a.txt", ".hidden", "x/.env", "x/y/z/deep.bin", "x/no extension", "ü/ñ.txt"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\0\xff binary\n" + line.encode())
    done: list[Progress] = []
    found, skipped = _scan(tmp_path, Job(ENGINE, jobs=jobs, progress=done.append))
    assert sorted(names) == _paths(found, tmp_path)
    assert {(item.occurrence.line, item.occurrence.column) for item in found} == {(2, 32)}
    assert skipped == []
    assert sum(progress.done for progress in done) == len(names)


@pytest.mark.parametrize("jobs", [1, 4])
def test_many_files_are_each_scanned_once(tmp_path: Path, line: str, jobs: int) -> None:
    """Shared between processes or not, the walk finds every file and none twice."""
    for folder in range(60):
        (tmp_path / f"{folder}" / "sub").mkdir(parents=True)
        for number in range(12):
            (tmp_path / f"{folder}" / "sub" / f"{number}").write_text(line)
    wide = tmp_path / "wide"
    wide.mkdir()
    for number in range(1100):
        (wide / f"{number}").write_text(line)
    done: list[Progress] = []
    found, _ = _scan(tmp_path, Job(ENGINE, jobs=jobs, progress=done.append))
    assert len(set(_paths(found, tmp_path))) == len(found) == 60 * 12 + 1100
    assert sum(progress.done for progress in done) == 60 * 12 + 1100


def test_single_file_is_named_as_given(
    tmp_path: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is shown as the user named it; the current folder shows paths without a prefix."""
    (tmp_path / "a.txt").write_text(line)
    monkeypatch.chdir(tmp_path)
    assert [item.occurrence.path for item in _scan("a.txt")[0]] == ["a.txt"]
    assert [item.occurrence.path for item in _scan("./a.txt")[0]] == ["a.txt"]
    assert [item.occurrence.path for item in _scan(".")[0]] == ["a.txt"]
    assert [item.occurrence.path for item in _scan(tmp_path)[0]] == [f"{tmp_path}/a.txt"]


@posix
def test_mode_is_told(tmp_path: Path, line: str) -> None:
    """A finding tells the permission bits of its file."""
    path = tmp_path / "a"
    path.write_text(line)
    path.chmod(0o640)
    (found,) = _scan(tmp_path)[0]
    assert found.occurrence.mode == 0o640


@posix
def test_links_are_never_followed(tmp_path: Path, line: str) -> None:
    """Links out of the target are told and left alone; those inside add nothing."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text(line)
    target = tmp_path / "target"
    target.mkdir()
    (target / "file").write_text(line)
    (target / "to-folder").symlink_to(outside)
    (target / "to-file").symlink_to(outside / "secret")
    (target / "up").symlink_to("../outside")
    (target / "inside").symlink_to("file")
    (target / "loop").symlink_to(".")
    (target / "dangling").symlink_to("nothing")
    found, skipped = _scan(target)
    assert _paths(found, target) == ["file"]
    assert sorted(item.path.rpartition("/")[2] for item in skipped) == [
        "to-file",
        "to-folder",
        "up",
    ]
    assert {(item.reason, item.incomplete) for item in skipped} == {
        ("link out of the target", False)
    }


@posix
def test_link_as_target_is_followed(tmp_path: Path, line: str) -> None:
    """A link that the user names is what the user means."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_text(line)
    (tmp_path / "link").symlink_to("real")
    found, _ = _scan(tmp_path / "link")
    assert [item.occurrence.path for item in found] == [f"{tmp_path}/link/a"]


@posix
def test_folder_swapped_for_a_link_is_not_entered(tmp_path: Path) -> None:
    """A folder that became a link after it was listed is not entered."""
    (tmp_path / "link").symlink_to("/")
    top = disk.open_folder(str(tmp_path))
    try:
        with pytest.raises(OSError, match=r".") as error:
            disk.open_folder("link", top)
        assert disk.skipped("link", error.value).incomplete is False
        with pytest.raises(OSError, match=r"."):
            disk.open_file("link", top)
    finally:
        disk.close(top)


@posix
def test_special_files_are_never_opened(tmp_path: Path) -> None:
    """Pipes, sockets and devices are told, and nobody waits for them."""
    os.mkfifo(tmp_path / "pipe")
    short = socket.socket(socket.AF_UNIX)
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        os.fchdir(here)
        short.bind("socket")
    finally:
        os.close(here)
        short.close()
    expected = ["pipe", "socket"]
    try:
        os.mknod(tmp_path / "device", stat.S_IFCHR | 0o600, os.makedev(1, 5))
        expected.insert(0, "device")
    except (PermissionError, OSError):
        pass
    found, skipped = _scan(tmp_path)
    assert found == []
    assert expected == sorted(item.path.rpartition("/")[2] for item in skipped)
    assert not any(item.incomplete for item in skipped)


@posix
def test_pipe_in_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    """A file that became a pipe after it was listed is opened without waiting, and not read."""
    os.mkfifo(tmp_path / "pipe")
    top = disk.open_folder(str(tmp_path))
    data, status = disk.load("pipe", top, 100)
    disk.close(top)
    assert data is None
    assert stat.S_ISFIFO(status.st_mode)


@posix
@pytest.mark.skipif(os.name != "nt" and os.geteuid() == 0, reason="root may read everything")
def test_unreadable_is_incomplete(tmp_path: Path, line: str) -> None:
    """What may not be read makes the result incomplete; the rest is scanned."""
    (tmp_path / "open").write_text(line)
    closed = tmp_path / "closed"
    closed.write_text(line)
    closed.chmod(0)
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0)
    try:
        found, skipped = _scan(tmp_path)
    finally:
        folder.chmod(0o700)
    assert _paths(found, tmp_path) == ["open"]
    assert sorted(item.path.rpartition("/")[2] for item in skipped) == ["closed", "folder"]
    assert {(item.reason, item.incomplete) for item in skipped} == {("permission denied", True)}


def test_errors_are_told_apart() -> None:
    """What vanished is no gap; what may not or cannot be read is one."""
    assert disk.skipped("x", FileNotFoundError(2, "")).incomplete is False
    assert disk.skipped("x", PermissionError(13, "")).reason == "permission denied"
    assert disk.skipped("x", OSError(5, "")).incomplete is True


@posix
def test_names_that_are_no_text_are_escaped(tmp_path: Path, line: str) -> None:
    """Undecodable bytes and control characters in a name are shown escaped."""
    for name in (b"\xff\xfe.txt", b"new\nline", b"\x1b[31mred"):
        with open(os.fsencode(tmp_path) + b"/" + name, "w") as file:
            file.write(line)
    found, _ = _scan(tmp_path)
    assert _paths(found, tmp_path) == [r"\x1b[31mred", r"\xff\xfe.txt", r"new\nline"]


def test_names_are_scanned_and_masked(tmp_path: Path, secret: str, line: str) -> None:
    """A credential in the name of a file or folder is found, and shown nowhere."""
    (tmp_path / f"{secret}.txt").write_text(line)
    (tmp_path / f"dir-{secret}").mkdir()
    (tmp_path / f"dir-{secret}" / "inner").write_text(line)
    found, _ = _scan(tmp_path)
    kinds = sorted(item.occurrence.kind for item in found)
    assert kinds == ["file", "file", "name", "name"]
    assert not any(secret in item.occurrence.path for item in found)
    assert any(item.occurrence.path.endswith("/inner") for item in found)


def test_masked_name_survives_being_handed_over(tmp_path: Path, secret: str) -> None:
    """A file that is scanned after the walk is shown masked too."""
    path = tmp_path / f"{secret}.bin"
    path.write_bytes(b"\0" * (5 << 20) + secret.encode())
    found, _ = _scan(tmp_path)
    assert sorted(item.occurrence.kind for item in found) == ["file", "name"]
    assert not any(secret in item.occurrence.path for item in found)


@posix
def test_link_destinations_are_scanned(tmp_path: Path, secret: str) -> None:
    """A credential in what a link says is found."""
    (tmp_path / "link").symlink_to(f"nowhere/{secret}")
    (found,) = _scan(tmp_path)[0]
    assert (found.occurrence.kind, found.occurrence.path) == ("link", f"{tmp_path}/link")


@posix
def test_deep_tree_is_walked(tmp_path: Path, line: str) -> None:
    """Folders may nest deeper than a path may be long, or than files may be open."""
    depth = 700
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("folder", dir_fd=here)
        below = os.open("folder", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    file = os.open("token", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=here)
    os.write(file, line.encode())
    os.close(file)
    os.close(here)
    try:
        found, skipped = _scan(tmp_path)
        assert skipped == []
        assert found[0].occurrence.path == f"{tmp_path}/{'folder/' * depth}token"
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / "folder")], check=True)


def test_exclude_leaves_out_and_tells_once(tmp_path: Path, line: str) -> None:
    """An excluded folder is told once, not file by file; `!` takes a name back."""
    for name in ("vendor/a", "vendor/b/c", "src/x.lock", "src/keep.lock", "src/code"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line)
    job = Job(ENGINE, exclude=("vendor/", "*.lock", "!keep.lock"))
    found, skipped = _scan(tmp_path, job)
    assert _paths(found, tmp_path) == ["src/code", "src/keep.lock"]
    assert sorted(item.path.removeprefix(f"{tmp_path}/") for item in skipped) == [
        "src/x.lock",
        "vendor",
    ]
    assert {(item.reason, item.incomplete) for item in skipped} == {("excluded", False)}


@pytest.fixture
def ignoring(tmp_path: Path, line: str) -> Path:
    """A work tree with ignore files at three levels."""
    (tmp_path / ".git" / "info").mkdir(parents=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("by-exclude\n")
    (tmp_path / ".gitignore").write_text("*.log\n/build/\n")
    for name in ("a.log", "by-exclude", "build/x", "sub/build/x", "sub/keep.log", "sub/b.log"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line)
    (tmp_path / "sub" / ".gitignore").write_text("!keep.log\n")
    return tmp_path


def test_gitignore_is_honoured_by_choice(ignoring: Path) -> None:
    """`.gitignore` files, nested ones and `.git/info/exclude` count only when asked for."""
    assert len(_scan(ignoring)[0]) == 6
    found, skipped = _scan(ignoring, Job(ENGINE, respect_gitignore=True))
    assert _paths(found, ignoring) == ["sub/build/x", "sub/keep.log"]
    assert sorted(item.path.removeprefix(f"{ignoring}/") for item in skipped) == [
        "a.log",
        "build",
        "by-exclude",
        "sub/b.log",
    ]
    assert {item.reason for item in skipped} == {"ignored by .gitignore"}


def test_gitignore_above_the_target_counts(ignoring: Path) -> None:
    """In a folder of a work tree, what the work tree ignores is ignored."""
    found, _ = _scan(ignoring / "sub", Job(ENGINE, respect_gitignore=True))
    assert _paths(found, ignoring) == ["sub/build/x", "sub/keep.log"]


def test_git_objects_are_left_to_the_git_source(tmp_path: Path, line: str) -> None:
    """Git's own files are scanned, its object database is not; a look-alike is."""
    names = {
        ".git/HEAD": True,
        ".git/config": True,
        ".git/packed-refs": True,
        ".git/logs/HEAD": True,
        ".git/hooks/pre-push": True,
        ".git/objects/pack/pack-1.pack": False,
        ".git/objects/ab/cdef": False,
        ".git/objects/info/packs": False,
        ".git/objects/odd/file": True,
        ".git/modules/sub/HEAD": True,
        ".git/modules/sub/objects/pack/x": False,
        ".git/odd/HEAD": True,
        ".git/odd/objects/pack/x": True,
        "data/objects/pack/x": True,
    }
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line)
    found, skipped = _scan(tmp_path)
    assert sorted(name for name, scanned in names.items() if scanned) == _paths(found, tmp_path)
    assert skipped == []
    _, skipped = _scan(tmp_path, Job(ENGINE, history=False))
    assert sorted(item.path.removeprefix(f"{tmp_path}/") for item in skipped) == [
        ".git/modules/sub/objects",
        ".git/objects",
    ]


@pytest.mark.parametrize(
    "job",
    [
        Job(ENGINE, files=False),
        Job(ENGINE, staged=True),
        Job(ENGINE, since="HEAD~1"),
        Job(ENGINE, commits="a..b"),
    ],
)
def test_narrowed_scans_read_no_files(tmp_path: Path, job: Job) -> None:
    """Where only history or staged changes are asked for, no file is read."""
    assert not SOURCE.accepts(str(tmp_path), job)


def test_accepts_folders_and_files_only(tmp_path: Path) -> None:
    """A folder or a file is ours; standard input, a device and what is not there are not."""
    (tmp_path / "a").write_text("")
    assert SOURCE.accepts(str(tmp_path), Job(ENGINE))
    assert SOURCE.accepts(str(tmp_path / "a"), Job(ENGINE))
    assert not SOURCE.accepts(str(tmp_path / "b"), Job(ENGINE))
    assert not SOURCE.accepts("-", Job(ENGINE))
    assert not SOURCE.accepts(os.devnull, Job(ENGINE))


def test_archives_are_opened(tmp_path: Path, line: str) -> None:
    """Members of an archive are scanned, whatever the archive is called, unless not asked for."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/.npmrc", line)
    (tmp_path / "picture.png").write_bytes(buffer.getvalue())
    (found,) = _scan(tmp_path)[0]
    assert found.occurrence.archive_path == ("inner/.npmrc",)
    assert _scan(tmp_path, Job(ENGINE, archives=False))[0] == []


@pytest.mark.parametrize("border", [-50, -20, -1, 0, 1, 30])
def test_token_across_a_window_border_is_found_once(secret: str, border: int) -> None:
    """In a file of many windows each credential has the span and line it has in the whole."""
    window = 5 * CONTEXT_BYTES
    at = window - CONTEXT_BYTES + border
    filler = (b"x" * 99 + b"\n") * (2 * window // 100)
    data = bytearray(filler)
    wanted = []
    for start in (10, at, at + window, len(data) - 60):
        data[start - 1 : start + len(secret) + 1] = b" " + secret.encode() + b" "
        wanted.append(start)
    source = io.BytesIO(bytes(data))
    items = [
        item
        for item in examine_windows(Job(ENGINE), Origin("x"), source.read, "files", window)
        if isinstance(item, Located)
    ]
    assert [item.occurrence.span[0] for item in items] == [w for w in wanted if w < len(data)]
    for item in items:
        start = item.occurrence.span[0]
        assert item.occurrence.line == data.count(b"\n", 0, start) + 1
        assert item.occurrence.column == start - data.rfind(b"\n", 0, start)


@posix
def test_huge_file_is_scanned_in_windows(tmp_path: Path, secret: str) -> None:
    """A file too long to be held whole is scanned to its end, with spans into the whole."""
    path = tmp_path / "huge"
    size = read.HUGE_BYTES + 1000
    with path.open("wb") as file:
        block = b"x" * 1023 + b"\n"
        for _ in range(size // 1024):
            file.write(block)
        at = file.tell()
        file.write(f" {secret}\n".encode())
    done: list[Progress] = []
    for jobs in (1, 2):
        ((found,), skipped) = _scan(tmp_path, Job(ENGINE, jobs=jobs, progress=done.append))
        assert found.occurrence.span == (at + 1, at + 1 + len(secret))
        assert found.occurrence.line == size // 1024 + 1
        assert skipped == []
    assert sum(progress.size for progress in done) == 2 * path.stat().st_size


@posix
def test_sparse_file_is_a_gap(tmp_path: Path) -> None:
    """A file that claims terabytes and holds nothing is told, not read."""
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    found, skipped = _scan(tmp_path)
    assert found == []
    assert "sparse" in skipped[0].reason
    assert skipped[0].incomplete


def test_folders_can_be_walked_by_path(
    tmp_path: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where folders cannot be opened, they are walked by path, and links are still refused."""
    monkeypatch.setattr(disk, "_RELATIVE", False)
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_text(line)
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "b")
    found, _ = _scan(tmp_path)
    assert _paths(found, tmp_path) == ["a/b/c"]
    with pytest.raises(OSError, match=r"."):
        disk.open_folder("link", str(tmp_path / "a"))
    with pytest.raises(OSError, match=r"."):
        disk.open_file("link", str(tmp_path / "a"))
