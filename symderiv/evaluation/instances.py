"""Instances of a scope: small sizes, and values that obey the declarations.

Sizes come in order of their sum, so that the first counterexample is a small
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod
from random import Random
from typing import Any

import numpy as np

from symderiv.errors import LimitError
from symderiv.evaluation.draws import Draw, draw_value
from symderiv.evaluation.fields import FLOAT, Field, Point
from symderiv.evaluation.outcomes import random_leaves
from symderiv.expressions import Expr, symbol
from symderiv.shapes import Dim
from symderiv.symbols import Symbol

MAX_SIZE = 3
MAX_ENTRIES = 400  # of one symbol: differentiating by it takes the square of this


def leaves(*trees: Expr) -> list[Expr]:
    """Every symbol that is not random, in order of first occurrence, also inside the laws of random ones."""
    found: dict[Expr, None] = {}
    seen: set[Expr] = set()

    def visit(t: Expr) -> None:
        if t in seen:
            return
        seen.add(t)
        if t.op == "sym":
            for _, value in t.data.law:
                if isinstance(value, Expr):
                    visit(value)
            if not t.data.random:
                found[t] = None
        if t.op == "differential" and len(t.args) == 2:
            visit(symbol(Symbol(f"d{t.args[1].data.name}", t.args[1].shape)))
        for a in t.args:
            visit(a)

    for tree in trees:
        visit(tree)
    return list(found)


def dimensions(*trees: Expr) -> list[str]:
    """Every symbolic size that occurs."""
    found: dict[str, None] = {}
    seen: set[Expr] = set()

    def note(shape: Iterable[Dim]) -> None:
        found.update({d: None for d in shape if isinstance(d, str)})

    def visit(t: Expr) -> None:
        if t in seen:
            return
        seen.add(t)
        note(t.shape)
        if t.op == "dim":
            note((t.data,))
        for a in t.args:
            visit(a)

    for tree in (*trees, *leaves(*trees), *(r for t in trees for r in random_leaves(t))):
        visit(tree)
    return list(found)


def size_choices(names: list[str], most: int = MAX_SIZE) -> Iterator[dict[str, int]]:
    """Assignments of sizes 1 … most, smallest sum first; mixed sizes come before large ones."""
    for sizes in sorted(product(range(1, most + 1), repeat=len(names)), key=lambda s: (sum(s), max(s, default=0), s)):
        yield dict(zip(names, sizes, strict=True))


def point(
    trees: Iterable[Expr], sizes: Mapping[str, int], field: Field, rng: Random, plain: bool = False
) -> Point:
    """A random point over a field, batch of one; every declaration holds exactly; ``plain``: in small whole numbers."""
    trees = list(trees)
    at = Point(sizes, {}, field)
    rational = rational_values(leaves(*trees), sizes, Draw(rng, plain), implied(trees))
    return at.with_values({s: _array(v, field) for s, v in rational.items()})


def batch(
    trees: Iterable[Expr], sizes: Mapping[str, int], count: int, rng: Random, most: int = MAX_ENTRIES
) -> Point:
    """``count`` random float64 points at once; raises as ``rational_values`` does."""
    trees = list(trees)
    symbols, also = leaves(*trees), implied(trees)
    draws = [rational_values(symbols, sizes, Draw(rng), also, most) for _ in range(count)]
    values = {s: np.stack([np.asarray(d[s], dtype=float) for d in draws]) for s in symbols}
    return Point(sizes, values, FLOAT)


def _array(value: Any, field: Field) -> Any:
    flat = np.asarray(value, dtype=object)
    out = np.empty((1, *flat.shape), dtype=float if field is FLOAT else object)
    for k, x in np.ndenumerate(flat):
        out[(0, *k)] = field.number(Fraction(x))
    return out


def rational_values(
    symbols: Iterable[Expr],
    sizes: Mapping[str, int],
    draw: Draw,
    also: Mapping[Expr, str] | None = None,
    most: int = MAX_ENTRIES,
) -> dict[Expr, Any]:
    """Exact values for each symbol, as arrays of fractions; ``also`` adds a property to some.

    Raises LimitError for arrays of more than ``most`` entries, ValueError where properties contradict each other.
    """
    values = {}
    for e in symbols:
        shape = tuple(d if isinstance(d, int) else sizes[d] for d in e.shape)
        if prod(shape) > most:
            raise LimitError(f"{e.data.name} has {prod(shape)} entries; instances have at most {most}")
        extra = frozenset({also[e]}) if also and e in also else frozenset[str]()
        s = replace(e.data, properties=e.data.properties | extra) if extra - e.data.properties else e.data
        values[e] = draw_value(s, shape, draw)
    return values


def implied(trees: Iterable[Expr]) -> dict[Expr, str]:
    """What a law says about a symbol that is one of its parameters: p in (0, 1), std > 0, q on the simplex …"""
    found = {}
    for s in {r for t in trees for r in random_leaves(t)}:
        for name, value in s.data.law:
            if isinstance(value, Expr) and value.op == "sym" and not value.data.random:
                wanted = "positive" if name == "cov" and len(value.shape) < 2 else _IMPLIED.get(name)
                if wanted is not None:
                    found[value] = wanted
    return found


_IMPLIED = {"p": "in (0, 1)", "std": "positive", "cov": "spd", "q": "simplex"}


def support_draw(s: Expr, shape: tuple[int, ...], rng: Random, count: int) -> Any:
    """``count`` floating draws over the support of a law, whatever its parameters; of a uniform one over [0, 1].

    A draw is often extreme: entries that are all equal, or far out in the tails of a normal law.
    """
    name = s.data.distribution.name
    spread, shift = rng.choice(((3, 0), (3, 0), (30, 0), (3, 900), (3, -900)))
    raw = np.array([rng.gauss(shift, spread) for _ in range(count * prod(shape))]).reshape(count, *shape)
    if name == "one_hot":
        return (raw == raw.max(axis=-1, keepdims=True)).astype(float)
    if name in ("bernoulli", "rademacher"):
        return (raw > 0).astype(float) if name == "bernoulli" else np.sign(raw)
    return 1 / (1 + np.exp(-np.clip(raw, -12, 12))) if name == "uniform" else raw
