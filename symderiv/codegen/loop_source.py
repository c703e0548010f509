"""Kernel code as plain loops, for numba: repeats outside, one fused loop over the points of a block inside."""

from __future__ import annotations

from symderiv.codegen.program import B, G, Program, X
from symderiv.codegen.source import Source, Track, overlap, rolled, stays_inside, stride_of, tracks_of
from symderiv.nodes.operations import OPERATIONS
from symderiv.nodes.rolling import Segment

FUSED = 4  # straight instructions in one loop: with more rows the compiler gives up proving them apart


def loop_source(program: Program) -> tuple[Source, list[int]] | None:
    """``run(x, g, b, size, table)`` as plain loops, and its table of rows; None where a row has no scalar form."""
    if any(not OPERATIONS[code].scalar for code in program.codes):
        return None
    table: list[int] = []
    lines = [
        "def run(x, g, b, size, table):",
        " total = x.shape[1]",
        " for low in range(0, total, size):",
        "  high = min(total, low + size)",
        "  n = high - low",
    ]
    for segment in rolled(program):
        lines += _loop(program, segment, table)
    return Source(lines), table


_VIEWS = {X: "x[{}, low:high]", G: "g[{}, low:high]", B: "b[{}, :n]"}


def _loop(program: Program, segment: Segment, table: list[int]) -> list[str]:
    """One segment: rows are looked up once per repeat, then one fused loop over the points of the block."""
    if segment.repeats == 1 and segment.period > FUSED:
        pieces = [Segment(i, min(FUSED, segment.end - i), 1) for i in range(segment.start, segment.end, FUSED)]
        return [line for piece in pieces for line in _loop(program, piece, table)]
    tracks = tracks_of(program, segment)
    variables: dict[Track, str] = {}
    written: dict[Track, str] = {}
    views: list[str] = []
    body: list[str] = []

    def view(track: Track) -> str:
        if track not in variables:
            variables[track] = f"r{len(variables)}"
            views.append(f"{variables[track]} = " + _VIEWS[track[0]].format(_row(track, table)))
        return variables[track]

    for offset, (*arguments, result) in enumerate(tracks):
        texts = [written[t] if t in written else f"{view(t)}[j]" for t in arguments]
        scalar = OPERATIONS[program.codes[segment.start + offset]].scalar
        body.append(f"v{offset} = " + scalar.format(*(f"({t})" for t in texts)))
        if not (result[0] == B and stays_inside(program, segment, tracks, offset)):
            body.append(f"{view(result)}[j] = v{offset}")
        written = {t: v for t, v in written.items() if not overlap(t, result)}
        written[result] = f"v{offset}"
    indent = "   " if segment.repeats > 1 else "  "
    head = [f"  for t in range({segment.repeats}):"] if segment.repeats > 1 else []
    return [*head, *(indent + v for v in views), f"{indent}for j in range(n):", *(f"{indent} {line}" for line in body)]


def _row(track: Track, table: list[int]) -> str:
    rows = track[1]
    if len(set(rows)) == 1:
        return str(rows[0])
    stride = stride_of(track)
    if stride is not None:
        return f"{rows[0]} + {stride} * t"
    table.extend(rows)
    return f"table[{len(table) - len(rows)} + t]"
