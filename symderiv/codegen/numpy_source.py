"""Kernel code for NumPy: ufunc calls with ``out`` buffers, rolled over repeats."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from symderiv.codegen.program import Program, called
from symderiv.codegen.rows import B, G, Operand, X
from symderiv.codegen.source import Source, Track, compiled, rolled, stride_of, tracks_of
from symderiv.elementwise import array_function
from symderiv.nodes.operations import OPERATIONS
from symderiv.nodes.rolling import Segment

LETTERS = {X: "x", G: "g", B: "b"}
LONGEST_PART = 400  # lines of straight code in one function: compilers are not linear in its length

Part = Callable[[list[Any], list[Any], list[Any]], None]


def numpy_parts(program: Program, checked: bool) -> list[Part]:
    """Functions of (input, output, buffer rows) that run the program on one block."""
    source = Source()
    functions = {code: f"f{code}" for code in sorted(set(program.codes))}
    for code, name in functions.items():
        ufunc = OPERATIONS[code].ufunc
        source.names[name] = array_function(ufunc, checked) if ufunc else called(code)
    count = 0
    for segment in rolled(program):
        write = _straight if segment.repeats == 1 else _loop
        body = write(program, segment, functions, source)
        for first in range(0, len(body), LONGEST_PART):
            source.lines += [f"def part{count}(x, g, b):", *body[first : first + LONGEST_PART]]
            count += 1
    names = compiled(source)
    return [names[f"part{k}"] for k in range(count)]


def _operand(operand: Operand) -> str:
    return f"{LETTERS[operand[0]]}[{operand[1]}]"


def _straight(program: Program, segment: Segment, functions: dict[int, str], _: Source) -> list[str]:
    return [
        f" {functions[program.codes[i]]}({', '.join(map(_operand, program.operands[i]))})"
        for i in range(segment.start, segment.end)
    ]


def _loop(program: Program, segment: Segment, functions: dict[int, str], source: Source) -> list[str]:
    """One loop over the repeats; rows that differ from repeat to repeat are walked in a zip."""
    variables: dict[Track, str] = {}
    walking: list[str] = []
    head: list[str] = []
    calls: list[str] = []
    for offset, tracks in enumerate(tracks_of(program, segment)):
        for track in tracks:
            if track not in variables:
                variables[track] = name = f"r{len(variables)}"
                if stride_of(track) == 0:
                    head.append(f" {name} = {_operand((track[0], track[1][0]))}")
                else:
                    walking.append(name)
                    head.append(f" w{name} = {_walk(track, source)}")
        arguments = ", ".join(variables[track] for track in tracks)
        calls.append(f"{functions[program.codes[segment.start + offset]]}({arguments})")
    rows = ", ".join(f"w{name}" for name in walking)
    over = f"{', '.join(walking)}, in zip({rows})" if walking else f"_ in range({segment.repeats})"
    return [*head, f" for {over}:", *(f"  {call}" for call in calls)]


def _walk(track: Track, source: Source) -> str:
    """The rows of a track: a slice where they have a constant stride, else picked by a table."""
    letter, rows, stride = LETTERS[track[0]], track[1], stride_of(track)
    if stride:
        stop = rows[-1] + (1 if stride > 0 else -1)
        return f"{letter}[{rows[0]}:{stop if stop >= 0 else ''}:{stride}]"
    name = f"pick{len(source.names)}"
    source.names[name] = itemgetter(*rows)
    return f"{name}({letter})"
