"""Instances of a scope: small sizes, and values that obey the declarations.

Sizes come in order of their sum, so that the first counterexample is a small
one; values come from small rationals.  Random orthogonal matrices are products
of a Cayley transform (rational) and random signs, so that both determinants
occur; labels and masks take generic values unless they are averaged over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import numpy as np

from symderiv.expressions import Expr
from symderiv.fields import FLOAT, Field, Point
from symderiv.outcomes import random_leaves
from symderiv.shapes import Dim
from symderiv.symbols import Symbol

MAX_SIZE = 3


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


def point(trees: Iterable[Expr], sizes: Mapping[str, int], field: Field, rng: Random) -> Point:
    """A random point over a field, batch of one; every declaration holds exactly."""
    at = Point(sizes, {}, field)
    rational = rational_values(leaves(*trees), sizes, rng)
    return at.with_values({s: _array(v, field) for s, v in rational.items()})


def batch(trees: Iterable[Expr], sizes: Mapping[str, int], count: int, rng: Random) -> Point:
    """``count`` random float64 points at once."""
    symbols = leaves(*trees)
    draws = [rational_values(symbols, sizes, rng) for _ in range(count)]
    values = {s: np.stack([np.asarray(d[s], dtype=float) for d in draws]) for s in symbols}
    return Point(sizes, values, FLOAT)


def _array(value: Any, field: Field) -> Any:
    flat = np.asarray(value, dtype=object)
    out = np.empty((1, *flat.shape), dtype=float if field is FLOAT else object)
    for k, x in np.ndenumerate(flat):
        out[(0, *k)] = field.number(Fraction(x))
    return out


def rational_values(symbols: Iterable[Expr], sizes: Mapping[str, int], rng: Random) -> dict[Expr, Any]:
    """Exact values for each symbol, as arrays of fractions."""
    return {e: _value(e.data, tuple(d if isinstance(d, int) else sizes[d] for d in e.shape), rng) for e in symbols}


def _entry(s: Symbol, rng: Random) -> Fraction:
    if s.has("in (0, 1)"):
        return Fraction(rng.randint(1, 6), 7)
    value = Fraction(rng.randint(1, 7), rng.choice((1, 1, 2, 3)))
    return value if s.has("positive") else rng.choice((-1, 1)) * value


def _value(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    for name, make in _STRUCTURED:
        if s.has(name):
            return make(s, shape, rng)
    return _filled(shape, lambda: _entry(s, rng))


def _filled(shape: tuple[int, ...], make: Any) -> Any:
    out = np.empty(shape, dtype=object)
    for k in np.ndindex(*shape):
        out[k] = make()
    return out


def _symmetric(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    a = _filled(shape, lambda: _entry(s, rng))
    return np.triu(a) + np.triu(a, 1).T


def _definite(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    a = _filled(shape, lambda: Fraction(rng.randint(-2, 2)))
    return a @ a.T + _filled(shape, lambda: Fraction(0)) + _eye(shape[0])


def _eye(n: int) -> Any:
    out = np.full((n, n), Fraction(0), dtype=object)
    for k in range(n):
        out[k, k] = Fraction(1)
    return out


def _invertible(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    lower = np.tril(_filled(shape, lambda: _entry(s, rng)))
    upper = np.triu(_filled(shape, lambda: _entry(s, rng)))
    return lower @ upper + _filled(shape, lambda: Fraction(0))


def _diagonal(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    return _eye(shape[0]) * _filled(shape[:1], lambda: _entry(s, rng))


def _simplex(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    raw = _filled(shape, lambda: Fraction(rng.randint(1, 5)))
    return raw / raw.sum(axis=-1, keepdims=True)


def _orthogonal(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    """(I − K)(I + K)⁻¹ with K skew, its columns with random signs, permuted; a tall one keeps some columns."""
    rows, columns = shape
    if columns > rows:
        raise ValueError("columns of an orthogonal matrix cannot outnumber its rows")
    a = _filled((rows, rows), lambda: Fraction(rng.randint(-2, 2)))
    skew = a - a.T
    q = _solve(_eye(rows) + skew, _eye(rows) - skew)
    signs = np.array([Fraction(rng.choice((-1, 1))) for _ in range(rows)], dtype=object)
    order = rng.sample(range(rows), rows)
    return (q * signs)[order][:, :columns]


def _solve(a: Any, b: Any) -> Any:
    """A⁻¹B by elimination over the rationals."""
    n = len(a)
    m = np.concatenate([a, b], axis=1)
    for k in range(n):
        pivot = next(r for r in range(k, n) if m[r, k] != 0)
        m[[k, pivot]] = m[[pivot, k]]
        m[k] = m[k] / m[k, k]
        for r in range(n):
            if r != k:
                m[r] = m[r] - m[r, k] * m[k]
    return m[:, n:]


_STRUCTURED = (
    ("orthogonal", _orthogonal),
    ("diagonal", _diagonal),
    ("simplex", _simplex),
    ("spd", _definite),
    ("symmetric", _symmetric),
    ("invertible", _invertible),
)
