"""Repeated structure: runs of a sequence that repeat with a short period.

An unrolled recurrence is, instruction by instruction, the same few lines over
and over.  ``segments`` cuts a sequence of signatures into runs (start, period,
repeats), so that the code made from them has a loop where the graph has time
steps and its length does not depend on their number.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

LONGEST_PERIODS = (48, 400)  # the second is tried where the first covers too little
FEWEST_REPEATS = 4


@dataclass(frozen=True)
class Segment:
    """``repeats`` copies of ``period`` instructions from ``start`` on; straight-line code has repeats 1."""

    start: int
    period: int
    repeats: int

    @property
    def end(self) -> int:
        """One past the last instruction."""
        return self.start + self.period * self.repeats


def segments(signatures: Sequence[Hashable]) -> list[Segment]:
    """Cover a sequence from left to right with repeated runs and the straight pieces between them.

    >>> [(run.start, run.period, run.repeats) for run in segments(list("xabababababy"))]
    [(0, 1, 1), (1, 2, 5), (11, 1, 1)]
    """
    numbers: dict[Hashable, int] = {}
    sequence = np.fromiter((numbers.setdefault(s, len(numbers)) for s in signatures), np.int32, len(signatures))
    found: list[Segment] = []
    at = 0
    runs: list[Segment] = []
    for longest in LONGEST_PERIODS:
        runs = _best_runs(sequence, longest)
        if sum(run.end - run.start for run in runs) >= 0.8 * len(sequence):
            break
    for run in runs:
        if run.start > at:
            found.append(Segment(at, run.start - at, 1))
        found.append(run)
        at = run.end
    if at < len(sequence):
        found.append(Segment(at, len(sequence) - at, 1))
    return found


def _best_runs(sequence: np.ndarray, longest: int) -> list[Segment]:
    """Non-overlapping runs, the ones that cover most chosen first, short periods before their multiples."""
    candidates: list[tuple[int, int, int]] = []
    length = len(sequence)
    for period in range(1, min(longest, length // FEWEST_REPEATS) + 1):
        same = np.zeros(length - period + 2, bool)
        same[1:-1] = sequence[period:] == sequence[:-period]
        edges = np.flatnonzero(same[1:] != same[:-1])
        starts, ends = edges[0::2], edges[1::2]
        long = ends - starts >= (FEWEST_REPEATS - 1) * period
        candidates += [(int(s), int(e) + period, period) for s, e in zip(starts[long], ends[long], strict=True)]
    candidates.sort(key=lambda c: (c[0] - c[1], c[2]))
    taken = np.zeros(length + 1, bool)
    runs: list[Segment] = []
    for start, end, period in candidates:
        covered = np.flatnonzero(taken[start:end])
        if covered.size:
            # keep the longer free end of a run that another one has cut
            first, last = start + int(covered[0]), start + int(covered[-1]) + 1
            start, end = (start, first) if first - start >= end - last else (last, end)
        repeats = (end - start) // period
        if repeats >= FEWEST_REPEATS:
            runs.append(Segment(start, period, repeats))
            taken[start : start + repeats * period] = True
    return sorted(runs, key=lambda run: run.start)
