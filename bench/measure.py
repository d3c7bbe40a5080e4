# SPDX-License-Identifier: Apache-2.0
"""Run programs and measure them: wall time, processor time and memory."""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """What one run cost.

    Attributes:
        wall_s: From start to exit, in seconds.
        cpu_s: Processor time of the process and the children it waited for, in seconds.
        rss_bytes: Peak resident memory of the largest single process of the tree.
        code: Exit code.
    """

    wall_s: float
    cpu_s: float
    rss_bytes: int
    code: int


def run(argv: Sequence[str], environment: Mapping[str, str], folder: Path) -> Run:
    """Run a program with its output thrown away; wait for it.

    Args:
        argv: Program and arguments.
        environment: Variables to add to this process's own.
        folder: Where to run it.
    """
    started = time.perf_counter()
    child = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | environment,
        cwd=folder,
    )
    _, status, usage = os.wait4(child.pid, 0)
    wall_s = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    scale = 1 if platform.system() == "Darwin" else 1024
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * scale, child.returncode)


def peak(argv: Sequence[str], environment: Mapping[str, str], folder: Path) -> dict[str, int]:
    """Run a program and sample the memory of its whole process tree (Linux only).

    Sampling costs time, so this is never the run that is timed.

    Returns:
        Peaks over all samples, in bytes: `pss_bytes`, each process's fair share of what it has
        in memory, file mappings included; `anonymous_bytes`, the part that no file backs.
    """
    child = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | environment,
        cwd=folder,
    )
    peaks = {"pss_bytes": 0, "anonymous_bytes": 0}
    while child.poll() is None:
        shares = [_shares(pid) for pid in _tree(child.pid)]
        for name, field in (("pss_bytes", "Pss:"), ("anonymous_bytes", "Pss_Anon:")):
            peaks[name] = max(peaks[name], sum(share.get(field, 0) for share in shares))
        time.sleep(0.02)
    return peaks


def _tree(pid: int) -> list[int]:
    try:
        text = "".join(p.read_text() for p in Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:
        return [pid]
    return [pid, *(found for child in text.split() for found in _tree(int(child)))]


def _shares(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    words = [line.split() for line in lines]
    return {name: int(size) * 1024 for name, size, *_ in words}


def summary(runs: Sequence[Run]) -> dict[str, object]:
    """Return the medians and the raw numbers of several runs of one program."""
    return {
        "wall_s": round(statistics.median(r.wall_s for r in runs), 4),
        "cpu_s": round(statistics.median(r.cpu_s for r in runs), 4),
        "rss_bytes": int(statistics.median(r.rss_bytes for r in runs)),
        "codes": sorted({r.code for r in runs}),
        "raw_wall_s": [round(r.wall_s, 4) for r in runs],
        "raw_cpu_s": [round(r.cpu_s, 4) for r in runs],
        "raw_rss_bytes": [r.rss_bytes for r in runs],
    }


def machine() -> dict[str, object]:
    """Return what of this machine decides the figures; nothing that names it."""
    model = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if "model name" in line)
        memory = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    except (OSError, StopIteration):
        memory = 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": model,
        "cores": cores,
        "memory_bytes": memory,
        "system": platform.system(),
        "python": platform.python_version(),
    }
