"""Kernel code as plain loops, for numba: repeats outside, one fused loop over the points of a block inside.

Results leave a block row by row (``streams.send``), and the input rows of a loop
over repeats are asked for ahead of their turn.
"""

from __future__ import annotations

from dataclasses import dataclass

from symderiv.codegen.program import Program
from symderiv.codegen.rows import B, G, X
from symderiv.codegen.source import Source, Track, overlap, rolled, stays_inside, stride_of, tracks_of
from symderiv.nodes.operations import OPERATIONS
from symderiv.nodes.rolling import Segment

FUSED = 4  # straight instructions in one loop: with more rows the compiler gives up proving them apart
AHEAD = 4  # repeats between asking for an input row and reading it

_VIEWS = {X: "x[{}, low:high]", B: "b[{}, :n]"}
_ADDRESSES = {X: "x0 + ({}) * xs + low * item", G: "g0 + ({}) * gs + low * item", B: "b0 + ({}) * bs"}
_HEAD = [
    "def run(x, g, b, start, stop, size, table, far, looks):",
    *(f" {a}0, {a}s = integer({a}.ctypes.data), {a}.strides[0]" for a in "xgb"),
    " item, zero = x.itemsize, x.dtype.type(0)",
    " weight = 0.0",
    " begin()",
    " for low in range(start, stop, size):",
    "  high = min(stop, low + size)",
    "  n = high - low",
    "  if looks:",
    "   for k in range(x.shape[0]):",
    "    weight += weigh(x0 + k * xs + low * item, n, zero)",
]


@dataclass
class Loops:
    """Generated loops, the table of rows they look up, and the buffers they need."""

    source: Source
    table: list[int]
    buffers: int


def loop_source(program: Program) -> Loops | None:
    """``run(…)`` as plain loops; None where an operation has no scalar form.

    ``run(x, g, b, start, stop, size, table, far, looks)`` does the points from start to stop in blocks of
    ``size`` and returns whether the processor reported something, and the sum of the results in which a NaN
    shows, with ``looks`` of all inputs too.  Wants a program whose results are copied.
    """
    if any(not OPERATIONS[code].scalar for code in program.codes):
        return None
    loops = Loops(Source(), [], program.buffers)
    loops.source.lines += _HEAD
    for segment in rolled(program):
        if segment.repeats > 1:
            loops.source.lines += _loop(program, segment, loops)
        else:
            for first in range(segment.start, segment.end, FUSED):
                piece = Segment(first, min(FUSED, segment.end - first), 1)
                loops.source.lines += _loop(program, piece, loops)
    loops.source.lines += [" return settle(), weight"]
    return loops


def _loop(program: Program, segment: Segment, loops: Loops) -> list[str]:
    """One segment: rows are looked up once per repeat, then one fused loop over the points of the block."""
    tracks = tracks_of(program, segment)
    variables: dict[Track, str] = {}
    written: dict[Track, str] = {}
    still: list[str] = []  # the same row in every repeat
    views: list[str] = []
    body: list[str] = []
    early: list[str] = []  # rows sent as they stand before the loop over the points
    staged = 0  # copies of rows that are written again before they are sent
    sends: list[str] = []

    def view(track: Track) -> str:
        if track not in variables:
            variables[track] = f"r{len(variables)}"
            where = views if stride_of(track) != 0 else still
            where.append(f"{variables[track]} = " + _VIEWS[track[0]].format(_row(track, loops.table)))
            if track[0] == X and stride_of(track) and segment.repeats > AHEAD:
                soon = _ADDRESSES[X].format(_row(track, loops.table, AHEAD))
                views.append(f"if t + {AHEAD} < {segment.repeats}: prefetch({soon}, n * item)")
        return variables[track]

    def address(track: Track) -> str:
        return _ADDRESSES[track[0]].format(_row(track, loops.table))

    sent = {offset: row[0] for offset, row in enumerate(tracks) if row[-1][0] == G}
    for offset, (*arguments, result) in enumerate(tracks):
        if offset in sent and not (_writes(tracks[:offset], sent[offset]) and _writes(tracks[offset:], sent[offset])):
            queue = sends if _writes(tracks[:offset], sent[offset]) else early
            queue += _send(program, result, address(result), address(sent[offset]))
            continue
        texts = [written[t] if t in written else f"{view(t)}[j]" for t in arguments]
        scalar = OPERATIONS[program.codes[segment.start + offset]].scalar
        body.append(f"v{offset} = " + scalar.format(*(f"({t})" for t in texts)))
        if offset in sent:
            stage = program.buffers + staged
            still.append(f"s{staged} = " + _VIEWS[B].format(stage))
            body.append(f"s{staged}[j] = v{offset}")
            sends += _send(program, result, address(result), _ADDRESSES[B].format(stage))
            staged += 1
        elif result in sent.values() or not stays_inside(program, segment, tracks, offset):
            body.append(f"{view(result)}[j] = v{offset}")
        written = {t: v for t, v in written.items() if not overlap(t, result)}
        written[result] = f"v{offset}"
    loops.buffers = max(loops.buffers, program.buffers + staged)
    loop = ["for j in range(n):", *(f" {line}" for line in body)] if body else []
    repeat = [*views, *early, *loop, *sends]
    if segment.repeats > 1:
        repeat = [f"for t in range({segment.repeats}):", *(f" {line}" for line in repeat)]
    return [f"  {line}" for line in [*still, *repeat]]


def _send(program: Program, result: Track, target: str, row: str) -> list[str]:
    """Send a row into a result; it is weighed where a NaN shows: in the value, and with a kink in every result."""
    weighing = [f"weight += weigh({row}, n, zero)"] if program.jumps or 0 in result[1] else []
    return [*weighing, f"send({target}, {row}, n, far, zero)"]


def _writes(part: list[list[Track]], row: Track) -> bool:
    """Whether an instruction of the same repeat writes a row."""
    return any(tracks[-1] == row or overlap(tracks[-1], row) for tracks in part)


def _row(track: Track, table: list[int], ahead: int = 0) -> str:
    rows = track[1]
    if len(set(rows)) == 1:
        return str(rows[0])
    stride = stride_of(track)
    if stride is not None:
        return f"{rows[0] + ahead * stride} + {stride} * t"
    table.extend(rows)
    return f"table[{len(table) - len(rows)} + t]"
