#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Print raw results as the Markdown tables of the README.

python bench/table.py bench/results/history.json
"""

import json
import sys
from pathlib import Path
from typing import Any


def main(paths: list[str]) -> int:
    """Print a table for every corpus of every result file."""
    for path in paths:
        result = json.loads(Path(path).read_text())
        machine = result["machine"]
        print(f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']};")
        print(f"medians of {result['runs']} runs on {result['date']}.\n")
        for name, corpus in result.items():
            if isinstance(corpus, dict) and "results" in corpus:
                table(name, corpus)
    return 0


def table(name: str, corpus: dict[str, Any]) -> None:
    """Print one table: wall time, its ratio to the first row, and memory."""
    facts = ", ".join(f"{key} {value:,}" for key, value in corpus.get("corpus", {}).items())
    print(f"**{name}**" + (f" ({facts})" if facts else "") + "\n")
    first = next(iter(corpus["results"]))
    print(f"| | wall | ratio to {first} | memory |\n|---|---:|---:|---:|")
    for way, one in corpus["results"].items():
        memory = one.get("tree", {}).get("pss_bytes", one["rss_bytes"]) / 1e6
        ratio = corpus["ratios"][way]
        print(f"| {way} | {one['wall_s']:.2f} s | {ratio:.2f} | {memory:.0f} MB |")
    print()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
