"""Kernel code for NumPy: ufunc calls with ``out`` buffers, rolled over repeats.

Where a loop only adds products to a sum (the contributions to a shared weight),
the products are left out of it and summed by one ``einsum`` over a chunk of
repeats while their factors are still in cache: one pass instead of two, and no
call for each product.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from symderiv.codegen.program import B, G, Operand, Program, X, called
from symderiv.codegen.source import Source, Track, compiled, rolled, stays_inside, stride_of, tracks_of
from symderiv.elementwise import array_function
from symderiv.nodes.operations import CODES, OPERATIONS
from symderiv.nodes.rolling import Segment

LETTERS = {X: "x", G: "g", B: "b"}
LONGEST_PART = 400  # lines of straight code in one function: compilers are not linear in its length
CHUNK = 16  # repeats whose products are summed at once

Part = Callable[[list[Any], list[Any], list[Any], Any, Any], None]


@dataclass(frozen=True)
class Accumulation:
    """``total += left * right`` in every repeat: the body's instructions ``product`` and ``add``."""

    product: int
    add: int
    left: Track
    right: Track
    total: Track


def numpy_parts(program: Program, checked: bool) -> list[Part]:
    """Functions of (input, output, buffer rows; the last two also as matrices) that run the program on one block."""
    source = Source(names={"einsum": np.einsum, "finite": _finite})
    functions = {code: f"f{code}" for code in sorted(set(program.codes))}
    for code, name in functions.items():
        ufunc = OPERATIONS[code].ufunc
        source.names[name] = array_function(ufunc, checked) if ufunc else called(code)
    count = 0
    for segment in rolled(program):
        body = (
            _straight(program, segment, functions)
            if segment.repeats == 1
            else _loop(program, segment, functions, source, checked)
        )
        for first in range(0, len(body), LONGEST_PART):
            source.lines += [f"def part{count}(x, g, b, g2, b2):", *body[first : first + LONGEST_PART]]
            count += 1
    names = compiled(source)
    return [names[f"part{k}"] for k in range(count)]


def _finite(row: Any) -> None:
    """einsum reports no floating-point flags, so its sums are looked at."""
    if not np.isfinite(row.sum()) and not np.isfinite(row).all():
        raise FloatingPointError


def _operand(operand: Operand) -> str:
    return f"{LETTERS[operand[0]]}[{operand[1]}]"


def _straight(program: Program, segment: Segment, functions: dict[int, str]) -> list[str]:
    return [
        f" {functions[program.codes[i]]}({', '.join(map(_operand, program.operands[i]))})"
        for i in range(segment.start, segment.end)
    ]


def _loop(program: Program, segment: Segment, functions: dict[int, str], source: Source, checked: bool) -> list[str]:
    tracks = tracks_of(program, segment)
    sums = _accumulations(program, segment, tracks)
    skipped = {s.product for s in sums} | {s.add for s in sums}
    variables: dict[Track, str] = {}
    walking: list[str] = []
    head: list[str] = []
    calls: list[str] = []
    for offset in range(segment.period):
        if offset in skipped:
            continue
        for track in tracks[offset]:
            if track not in variables:
                variables[track] = name = f"r{len(variables)}"
                if stride_of(track) == 0:
                    head.append(f" {name} = {_operand((track[0], track[1][0]))}")
                else:
                    walking.append(name)
                    head.append(f" w{name} = {_walk(track, source)}")
        arguments = ", ".join(variables[track] for track in tracks[offset])
        calls.append(f"{functions[program.codes[segment.start + offset]]}({arguments})")
    if not sums:
        rows = ", ".join(f"w{name}" for name in walking)
        over = f"{', '.join(walking)}, in zip({rows})" if walking else f"_ in range({segment.repeats})"
        return [*head, f" for {over}:", *(f"  {call}" for call in calls)]
    return head + _chunked(segment, walking, calls, sums, checked)


def _chunked(
    segment: Segment, walking: list[str], calls: list[str], sums: list[Accumulation], checked: bool
) -> list[str]:
    """The loop in chunks of repeats, each followed by the sums of its products."""
    lines = []
    for k, total in enumerate(sums):
        lines += [f" p{k} = {_matrix(total.left)}", f" q{k} = {_matrix(total.right)}"]
        lines += [f" s{k} = {_operand((total.total[0], total.total[1][0]))}"]
    lines.append(f" for k in range(0, {segment.repeats}, {CHUNK}):")
    rows = ", ".join(f"w{name}[k:k + {CHUNK}]" for name in walking)
    if calls:
        over = f"{', '.join(walking)}, in zip({rows})" if walking else f"_ in range({segment.repeats})[k:k + {CHUNK}]"
        lines += [f"  for {over}:", *(f"   {call}" for call in calls)]
    for k in range(len(sums)):
        lines.append(f"  s{k} += einsum('tb,tb->b', p{k}[k:k + {CHUNK}], q{k}[k:k + {CHUNK}])")
    return lines + ([f" finite(s{k})" for k in range(len(sums))] if checked else [])


def _accumulations(program: Program, segment: Segment, tracks: list[list[Track]]) -> list[Accumulation]:
    """The sums of products that can leave the loop: factors with a constant stride, not overwritten meanwhile."""
    found = []
    for product in range(segment.period):
        if program.codes[segment.start + product] != CODES["mul"]:
            continue
        left, right, made = tracks[product]
        adds = [q for q in range(product + 1, segment.period) if made in tracks[q][:-1]]
        if len(adds) != 1 or program.codes[segment.start + adds[0]] != CODES["add"]:
            continue
        add = adds[0]
        total = tracks[add][-1]
        others = [t for offset, row in enumerate(tracks) if offset not in (product, add) for t in row]
        in_place = tracks[add][:-1] in ([total, made], [made, total]) and stride_of(total) == 0
        alone = total not in others and total != made and not any(_meets(total, t) for t in [*others, left, right])
        # input rows need not lie in one matrix
        factors = all(t[0] != X and stride_of(t) and _kept(t, product, add, tracks) for t in (left, right))
        if in_place and alone and factors and stays_inside(program, segment, tracks, product):
            found.append(Accumulation(product, add, left, right, total))
    return found


def _kept(factor: Track, product: int, add: int, tracks: list[list[Track]]) -> bool:
    """Whether no instruction writes a factor's row from the repeat that reads it on."""
    read_at = {row: repeat for repeat, row in enumerate(factor[1])}
    for offset, row in enumerate(tracks):
        if offset in (product, add) or row[-1][0] != factor[0]:
            continue
        for repeat, written in enumerate(row[-1][1]):
            at = read_at.get(written)
            if at is not None and (repeat, offset) > (at, product):
                return False
    return True


def _meets(one: Track, other: Track) -> bool:
    return one[0] == other[0] and not set(one[1]).isdisjoint(other[1])


def _slice(track: Track) -> str | None:
    rows, stride = track[1], stride_of(track)
    if not stride:
        return None
    stop = rows[-1] + (1 if stride > 0 else -1)
    return f"[{rows[0]}:{stop if stop >= 0 else ''}:{stride}]"


def _matrix(track: Track) -> str:
    return f"{LETTERS[track[0]]}2{_slice(track)}"


def _walk(track: Track, source: Source) -> str:
    """The rows of a track: a slice where they have a constant stride, else picked by a table."""
    letter = LETTERS[track[0]]
    sliced = _slice(track)
    if sliced:
        return letter + sliced
    name = f"pick{len(source.names)}"
    source.names[name] = itemgetter(*track[1])
    return f"{name}({letter})"
