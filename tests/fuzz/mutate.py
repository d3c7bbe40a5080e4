# SPDX-License-Identifier: Apache-2.0
"""Run a fuzz target: guided by coverage where atheris is installed, else by plain mutation."""

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

Target = Callable[[bytes], None]
"""Takes any bytes; raising anything is a defect."""

SEEDS = Path(__file__).parent / "seeds"
SLOW_S = 5.0
"""An input that takes longer is a defect as well."""
TOKENS = (b"PK\3\4", b"PK\1\2", b"PK\5\6", b"\xff\xff\xff\xff", b"\0\0\0\0", b"ustar\0", b"\x80")


def mutated(rng: random.Random, seeds: list[bytes]) -> bytes:
    """Return a seed with a few random edits, sometimes with a piece of another one."""
    data = bytearray(rng.choice(seeds))
    for _ in range(1 << rng.randrange(5)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at:at] = rng.choice(TOKENS)
        elif kind == 2:
            del data[at : at + rng.randrange(64)]
        elif kind == 3:
            data[at : at + 4] = rng.randbytes(4)
        elif kind == 4:
            other = rng.choice(seeds)
            start = rng.randrange(len(other) + 1)
            data[at:at] = other[start : start + rng.randrange(512)]
        else:
            end = at + rng.randrange(32)
            data[at:at] = data[at:end]
    return bytes(data)


def _plain(target: Target, seeds: list[bytes], seconds: float, number: int) -> int:
    """Mutate for so many seconds; write down the first input that fails."""
    rng = random.Random(number)
    stop = time.monotonic() + seconds
    runs = 0
    while time.monotonic() < stop:
        data = mutated(rng, seeds) if runs >= len(seeds) else seeds[runs]
        runs += 1
        start = time.monotonic()
        try:
            target(data)
            slow = time.monotonic() - start > SLOW_S
        except Exception:  # noqa: BLE001 - anything at all is what is looked for.
            traceback.print_exc()
            slow = True
        if slow:
            failed = Path(f"crash-{number}-{runs}.bin")
            failed.write_bytes(data)
            sys.stdout.write(f"failed or slow after {runs} runs; the input is in {failed}\n")
            return 1
    sys.stdout.write(f"{runs} runs, nothing failed\n")
    return 0


def run(target: Target, name: str) -> int:
    """Run `target` over the seeds in `seeds/<name>` and what becomes of them.

    Args:
        target: The function to fuzz.
        name: Folder of seeds.

    Returns:
        The exit code: 1 if something failed.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers")
    parser.add_argument("--plain", action="store_true", help="do not use atheris")
    parser.add_argument("inputs", nargs="*", type=Path, help="only run these, once each")
    options = parser.parse_args()
    if options.inputs:
        for path in options.inputs:
            target(path.read_bytes())
        return 0
    folder = SEEDS / name
    if options.plain or find_spec("atheris") is None:
        seeds = [path.read_bytes() for path in sorted(folder.iterdir())]
        return _plain(target, seeds, options.seconds, options.seed)
    import atheris

    atheris.instrument_all()
    flags = [f"-max_total_time={options.seconds:.0f}", f"-seed={options.seed}", "-timeout=5"]
    atheris.Setup([sys.argv[0], *flags, str(folder)], target)
    atheris.Fuzz()
    return 0
