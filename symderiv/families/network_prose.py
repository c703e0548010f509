"""Filters told in a few fixed words, as questions about small networks tell them.

``"3 filters 2x2x1: [[1,1],[-1,-1]], [[1,-1],[1,-1]], 0"``, ``"3 filters 2x2x3: only tap (0,0): out1=4*ch1,
out2=18/5*ch2, out3=0"``.  Nested lists are taken as they are.
"""

from __future__ import annotations

import json
import re
from typing import Any

from symderiv.errors import ModelError, shorten
from symderiv.exact import read_exact, read_fraction

_HEAD = re.compile(r"\s*(\d+)\s+filters?\s+(\d+(?:\s*x\s*\d+)+)\s*:\s*(.*)", re.S)
_TAP = re.compile(r"only tap\s*\(([\d,\s]*)\)\s*:\s*(.*)", re.S)
_TERM = re.compile(r"out(\d+)\s*=\s*(.*?)\s*$", re.S)
_MAX_CELLS = 10_000


def filters(given: object, depth: int) -> Any:
    """Weights (filters, channels, kernel…) from nested lists or from the words above; ModelError for other words."""
    if isinstance(given, list):
        return given
    head = _HEAD.fullmatch(str(given))
    if head is None:
        raise ModelError(f"filters: {shorten(str(given))!r} does not read 'N filters KxKxC: …'; give nested lists")
    count, sizes = int(head[1]), [int(s) for s in head[2].split("x")]
    if count * _product(sizes) > _MAX_CELLS or sizes[-1] != depth:
        raise ModelError(f"filters: {count} of size {sizes} after {depth} channels; make the last size {depth}")
    tap = _TAP.fullmatch(head[3])
    items = _single_tap(tap[1], tap[2], count, sizes) if tap else _kernels(head[3], sizes)
    if len(items) != count:
        raise ModelError(f"filters: {count} are announced and {len(items)} are listed in {shorten(head[3])!r}")
    return items


def _product(sizes: list[int]) -> int:
    total = 1
    for size in sizes:
        total *= size
    return total


def _constant(sizes: list[int], value: Any) -> Any:
    return value if not sizes else [_constant(sizes[1:], value) for _ in range(sizes[0])]


def _kernels(text: str, sizes: list[int]) -> list[Any]:
    """Kernels separated by commas; each a bracketed list or one number for all taps; one list serves one channel."""
    items, level, start = [], 0, 0
    for i, letter in enumerate(text + ","):
        level += (letter == "[") - (letter == "]")
        if letter == "," and level == 0:
            items.append(text[start:i].strip())
            start = i + 1
    return [_kernel(item, sizes) for item in items if item]


def _kernel(item: str, sizes: list[int]) -> Any:
    if not item.startswith("["):
        return [_constant(sizes[:-1], read_fraction(item, "filter")) for _ in range(sizes[-1])]
    try:
        value = json.loads(re.sub(r"-?\d+(?:\.\d+)?(?:/\d+)?", lambda m: f'"{m[0]}"', item))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ModelError(f"filters: {shorten(item)!r} is not a nested list of numbers") from error
    depth, probe = 0, value
    while isinstance(probe, list) and probe:
        depth, probe = depth + 1, probe[0]
    return value if depth == len(sizes) else [value] * sizes[-1]


def _single_tap(place: str, terms: str, count: int, sizes: list[int]) -> list[Any]:
    """Filters that are zero but at one tap, told as ``out2=18/5*ch2 - ch1``."""
    where = [int(p) for p in place.split(",") if p.strip()]
    if len(where) != len(sizes) - 1 or any(p >= n for p, n in zip(where, sizes[:-1], strict=True)):
        raise ModelError(f"filters: tap ({place}) is not inside a kernel of size {sizes[:-1]}")
    names = [f"ch{c + 1}" for c in range(sizes[-1])]
    result = [[_constant(sizes[:-1], 0) for _ in names] for _ in range(count)]
    for part in terms.split(","):
        term = _TERM.fullmatch(part.strip())
        if term is None or not 1 <= int(term[1]) <= count:
            raise ModelError(f"filters: {shorten(part)!r} does not read 'out1=2*ch1' with an output up to {count}")
        value = read_exact(term[2], names, "filter")
        for c, name in enumerate(names):
            cell: Any = result[int(term[1]) - 1][c]
            for p in where[:-1]:
                cell = cell[p]
            cell[where[-1]] = value.diff(name)
    return result


def numbers_after(text: str, word: str) -> list[str] | None:
    """The numbers that follow a word: ``kernel [1,-2]``, ``stride 2``; None where there are none.

    >>> numbers_after("1-d circular, kernel [1,-2] on (x_i, x_{i+1})", "kernel")
    ['1', '-2']
    """
    listed = re.search(rf"{word}\s*=?\s*[\[(]([^\])]*)[\])]", text)
    if listed:
        return [part.strip() for part in listed[1].split(",")]
    single = re.search(rf"{word}\s*(?:=|of|is)?\s*(-?\d+(?:\.\d+)?(?:/\d+)?)", text)
    return [single[1]] if single else None
