"""Which row each value of a program lives in: an input, an output, or a buffer that is used again.

A value goes to a buffer that is free after the last use of another one, so that a
long chain needs two and they stay in cache.  A value that is kept for long (a
forward value that the backward pass reads again) waits in an output row that is
written only later: it costs no memory of its own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

# classes of rows an operand can live in: an input, an output, a buffer
X, G, B = 0, 1, 2
Operand = tuple[int, int]
NEARBY = 32  # a value read again within so many instructions is better off in a buffer that is in cache


@dataclass
class Rows:
    """``operands[i]``: rows of the arguments of instruction i and, last, of its result; the rest as in Program."""

    operands: list[tuple[Operand, ...]] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    constants: dict[int, float] = field(default_factory=dict)
    buffers: int = 0


def allocate(
    arguments: Sequence[tuple[int, ...]],
    results: Sequence[int],
    fixed: dict[int, Operand | float],
    wanted: dict[int, int],
    waiting: bool,
) -> Rows:
    """Rows for virtual values: instruction i makes ``results[i]`` of ``arguments[i]``.

    ``fixed`` values are inputs (a row) and constants (a number), ``wanted`` ones go to an output row.
    Only with ``waiting`` may output rows hold other values before their own.
    """
    rows = Rows()
    last: dict[int, int] = {}
    for index, read in enumerate(arguments):
        for argument in read:
            last[argument] = index
    rows.last = [len(results) if r in wanted else last.get(r, -1) for r in results]
    place: dict[int, Operand] = {}
    for value, where in fixed.items():
        if isinstance(where, tuple):
            place[value] = where
        elif value in last:
            place[value] = (B, rows.buffers)
            rows.constants[rows.buffers] = where
            rows.buffers += 1
    later = _Later([(i, wanted[r]) for i, r in enumerate(results) if r in wanted] if waiting else [])
    free: list[int] = []
    for index, (read, result) in enumerate(zip(arguments, results, strict=True)):
        operands = [place[a] for a in read]
        # the left argument is freed last and so reused first: sums accumulate in place
        for argument in reversed(read):
            if last.get(argument) == index and argument not in fixed and place[argument][0] == B:
                free.append(place[argument][1])
                last[argument] = -1
        kept = rows.last[index]
        waits = later.take(kept) if result not in wanted and kept - index > NEARBY else None
        if result in wanted:
            place[result] = (G, wanted[result])
        elif waits is not None:
            place[result] = (G, waits)
        elif free:
            place[result] = (B, free.pop())
        else:
            place[result] = (B, rows.buffers)
            rows.buffers += 1
        rows.operands.append((*operands, place[result]))
    return rows


class _Later:
    """Output rows by the instruction that writes them; each is lent out once, to a value that is read until then."""

    def __init__(self, writes: list[tuple[int, int]]) -> None:
        self.at = [index for index, _ in writes]
        self.row = [row for _, row in writes]
        self.next = list(range(len(writes) + 1))  # the first row from here on that is not lent

    def take(self, until: int) -> int | None:
        """The row that is written soonest at or after the instruction ``until``, which may write where it reads."""
        found = bisect_left(self.at, until)
        while self.next[found] != found:
            self.next[found] = found = self.next[self.next[found]]
        if found == len(self.at):
            return None
        self.next[found] = found + 1
        return self.row[found]
