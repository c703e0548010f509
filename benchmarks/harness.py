"""What the benchmarks share: peers measured interleaved in one run, medians, ratios, growth, a table and JSON."""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any


def installed(module: str) -> bool:
    """Whether a peer can be measured."""
    return importlib.util.find_spec(module) is not None


# a pool of threads that waits busily would slow whoever is measured next
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("KMP_BLOCKTIME", "0")
SHORT, MOST = 0.05, 30  # seconds in a row for a short task, and how often it runs at most


def interleaved(tasks: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """The median time of every task, run in turn so that a busy machine slows all of them alike.

    A short task runs several times in a row; the first of them finds the caches as its neighbour left them
    and does not count.
    """
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            found = [_timed(task)]
            while sum(found) < SHORT and len(found) < MOST:
                found.append(_timed(task))
            times[name] += found[1:] or found
    return {name: statistics.median(found) for name, found in times.items()}


def _timed(task: Callable[[], Any]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def slope(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The growth exponent: the least-squares slope of log time over log size."""
    xs, ys = [math.log(s) for s in sizes], [math.log(t) for t in seconds]
    mean_x, mean_y = statistics.fmean(xs), statistics.fmean(ys)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum((x - mean_x) ** 2 for x in xs)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as aligned text."""
    cells = [[f"{c:.4g}" if isinstance(c, float) else str(c) for c in row] for row in [list(header), *rows]]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells)


def options(description: str | None) -> argparse.Namespace:
    """The options every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="small sizes only")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each; the median counts (3)")
    parser.add_argument("--json", metavar="FILE", help="write the numbers there as well")
    return parser.parse_args()


def report(found: dict[str, Any], file: str | None) -> None:
    """Write the numbers as JSON where asked for."""
    if file:
        with open(file, "w", encoding="utf-8") as out:
            json.dump(found, out, indent=1)
        print(f"written to {file}", file=sys.stderr)
