"""Source text of kernels, from a program's rolled segments.

Two writers over the same segments: NumPy calls with ``out`` buffers, and plain
loops for numba.  In a segment that repeats, an operand that stays is read once,
one that walks through rows with a constant stride is a slice, any other follows
a table.  The text holds generated identifiers and the operation table's own
words only; nothing a user wrote reaches it.  ``compiled`` is the one place where
the package compiles code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from symderiv.elementwise import array_function
from symderiv.kernel_program import B, G, Operand, Program, X, called
from symderiv.operations import OPERATIONS
from symderiv.rolling import Segment, segments

LETTERS = {X: "x", G: "g", B: "b"}
FUSED = 4  # straight instructions in one loop: with more rows the compiler gives up proving them apart
LONGEST_PART = 400  # lines of straight code in one function: compilers are not linear in its length

Track = tuple[int, tuple[int, ...]]  # class of rows, and the row in every repeat


@dataclass
class Source:
    """Lines of a module, and the names it may use."""

    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)


def compiled(source: Source) -> dict[str, Any]:
    """Run the generated module and return its names."""
    exec(compile("\n".join(source.lines), "<symderiv kernel>", "exec"), source.names)
    return source.names


def rolled(program: Program) -> list[Segment]:
    """The program's segments: instructions repeat where operations and classes of rows do."""
    signatures = [
        (code, *(cls for cls, _ in operands)) for code, operands in zip(program.codes, program.operands, strict=True)
    ]
    return segments(signatures)


def tracks_of(program: Program, segment: Segment) -> list[list[Track]]:
    """For each instruction of a segment's body, the track of each operand (arguments, then result)."""
    found = []
    for offset in range(segment.period):
        steps = program.operands[segment.start + offset : segment.end : segment.period]
        found.append([(column[0][0], tuple(row for _, row in column)) for column in zip(*steps, strict=True)])
    return found


# --- NumPy ---------------------------------------------------------------------


def numpy_parts(program: Program, checked: bool) -> list[Callable[[list[Any], list[Any], list[Any]], None]]:
    """Functions of (input rows, output rows, buffer rows) that run the program on one block, in order."""
    source = Source()
    functions = {code: f"f{code}" for code in set(program.codes)}
    for code, name in functions.items():
        ufunc = OPERATIONS[code].ufunc
        source.names[name] = array_function(ufunc, checked) if ufunc else called(code)
    count = 0
    for segment in rolled(program):
        body = _numpy_straight(program, segment, functions)
        if segment.repeats > 1:
            body = _numpy_loop(program, segment, functions, source)
        for first in range(0, len(body), LONGEST_PART):
            source.lines += [f"def part{count}(x, g, b):", *body[first : first + LONGEST_PART]]
            count += 1
    names = compiled(source)
    return [names[f"part{k}"] for k in range(count)]


def _operand(operand: Operand) -> str:
    return f"{LETTERS[operand[0]]}[{operand[1]}]"


def _numpy_straight(program: Program, segment: Segment, functions: dict[int, str]) -> list[str]:
    if segment.repeats > 1:
        return []
    return [
        f" {functions[program.codes[i]]}({', '.join(map(_operand, program.operands[i]))})"
        for i in range(segment.start, segment.end)
    ]


def _numpy_loop(program: Program, segment: Segment, functions: dict[int, str], source: Source) -> list[str]:
    variables: dict[Track, str] = {}
    walking: list[tuple[str, str]] = []
    lines: list[str] = []
    calls: list[str] = []
    for offset, tracks in enumerate(tracks_of(program, segment)):
        for track in tracks:
            if track in variables:
                continue
            variables[track] = name = f"r{len(variables)}"
            if len(set(track[1])) == 1:
                lines.append(f" {name} = {LETTERS[track[0]]}[{track[1][0]}]")
            else:
                walking.append((name, _walk(track, source)))
        arguments = ", ".join(variables[track] for track in tracks)
        calls.append(f"  {functions[program.codes[segment.start + offset]]}({arguments})")
    if walking:
        targets = ", ".join(name for name, _ in walking)
        lines.append(f" for {targets}, in zip({', '.join(rows for _, rows in walking)}):")
    else:
        lines.append(f" for _ in range({segment.repeats}):")
    return lines + calls


def _walk(track: Track, source: Source) -> str:
    """The rows of a track: a slice where they have a constant stride, else picked by a table."""
    letter, rows = LETTERS[track[0]], track[1]
    stride = rows[1] - rows[0]
    if stride and all(b - a == stride for a, b in zip(rows, rows[1:], strict=False)):
        stop = rows[-1] + (1 if stride > 0 else -1)
        return f"{letter}[{rows[0]}:{stop if stop >= 0 else ''}:{stride}]"
    name = f"pick{len(source.names)}"
    source.names[name] = itemgetter(*rows)
    return f"{name}({letter})"


# --- loops for numba -------------------------------------------------------------


def loop_source(program: Program, checked: bool) -> tuple[Source, list[int]] | None:
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
        if not _stays_inside(program, segment, tracks, offset):
            body.append(f"{view(result)}[j] = v{offset}")
        written = {t: v for t, v in written.items() if not _may_overlap(t, result)}
        written[result] = f"v{offset}"
    indent = "   " if segment.repeats > 1 else "  "
    head = [f"  for t in range({segment.repeats}):"] if segment.repeats > 1 else []
    return [*head, *(indent + v for v in views), f"{indent}for j in range(n):", *(f"{indent} {line}" for line in body)]


def _row(track: Track, table: list[int]) -> str:
    rows = track[1]
    if len(set(rows)) == 1:
        return str(rows[0])
    stride = rows[1] - rows[0]
    if all(b - a == stride for a, b in zip(rows, rows[1:], strict=False)):
        return f"{rows[0]} + {stride} * t"
    table.extend(rows)
    return f"table[{len(table) - len(rows)} + t]"


def _may_overlap(one: Track, other: Track) -> bool:
    return one[0] == other[0] and one != other and any(a == b for a, b in zip(one[1], other[1], strict=True))


def _stays_inside(program: Program, segment: Segment, tracks: list[list[Track]], offset: int) -> bool:
    """Whether a value is read only later in its own repeat, always under the same track, so that it needs no store."""
    result = tracks[offset][-1]
    if result[0] != B:
        return False
    for repeat in range(segment.repeats):
        index = segment.start + repeat * segment.period + offset
        if program.last[index] >= segment.start + (repeat + 1) * segment.period:
            return False
    for later in range(offset + 1, segment.period):
        if any(track != result and _may_overlap(track, result) for track in tracks[later][:-1]):
            return False
        if tracks[later][-1] == result or _may_overlap(tracks[later][-1], result):
            break
    return True
