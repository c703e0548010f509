"""What the writers of kernel code share: rolled segments, the tracks of operands, compiling.

In a segment that repeats, an operand's *track* is the row it has in every repeat.
The generated text holds generated identifiers and the operation table's own words
only; nothing a user wrote reaches it.  ``compiled`` is the one place where the
package compiles code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from symderiv.codegen.program import Program
from symderiv.nodes.rolling import Segment, segments

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
    return [piece for run in segments(signatures) for piece in _evened(program, run)]


def _evened(program: Program, run: Segment) -> list[Segment]:
    """A run without the repeat at either end that alone breaks the constant stride of a row.

    The first step of a recurrence often reads a constant where the others read the step before.
    """
    if run.repeats == 1:
        return [run]
    uneven = [t for tracks in tracks_of(program, run) for t in tracks if stride_of(t) is None]
    first = any(stride_of((cls, rows[1:])) is not None for cls, rows in uneven)
    last = any(stride_of((cls, rows[:-1])) is not None for cls, rows in uneven)
    inner = Segment(run.start + first * run.period, run.period, run.repeats - first - last)
    ends = [Segment(run.start, run.period, 1)] * first, [Segment(run.end - run.period, run.period, 1)] * last
    return [*ends[0], inner, *ends[1]]


def tracks_of(program: Program, segment: Segment) -> list[list[Track]]:
    """For each instruction of a segment's body, the track of each operand (arguments, then result)."""
    found = []
    for offset in range(segment.period):
        steps = program.operands[segment.start + offset : segment.end : segment.period]
        found.append([(column[0][0], tuple(row for _, row in column)) for column in zip(*steps, strict=True)])
    return found


def stride_of(track: Track) -> int | None:
    """The constant distance between a track's rows (0 where it stays), or None."""
    rows = track[1]
    stride = rows[1] - rows[0] if len(rows) > 1 else 0
    return stride if all(b - a == stride for a, b in zip(rows, rows[1:], strict=False)) else None


def stays_inside(program: Program, segment: Segment, tracks: list[list[Track]], offset: int) -> bool:
    """Whether a value is read only later in its own repeat, under its own track, so that it needs no store."""
    result = tracks[offset][-1]
    for repeat in range(segment.repeats):
        index = segment.start + repeat * segment.period + offset
        if program.last[index] >= segment.start + (repeat + 1) * segment.period:
            return False
    for later in range(offset + 1, segment.period):
        if any(overlap(track, result) for track in tracks[later][:-1]):
            return False
        if tracks[later][-1] == result or overlap(tracks[later][-1], result):
            break
    return True


def overlap(one: Track, other: Track) -> bool:
    """Whether two different tracks meet in some repeat."""
    return one[0] == other[0] and one != other and any(a == b for a, b in zip(one[1], other[1], strict=True))
