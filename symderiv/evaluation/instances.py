"""Instances of a scope: small sizes, and values that obey the declarations.

Sizes come in order of their sum, so that the first counterexample is a small
one; values come from small rationals.  Random orthogonal matrices are products
of a Cayley transform (rational) and random signs, so that both determinants
occur; labels and masks take generic values unless they are averaged over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod
from random import Random
from typing import Any

import flint
import numpy as np

from symderiv.errors import LimitError
from symderiv.evaluation.fields import FLOAT, Field, Point
from symderiv.evaluation.outcomes import random_leaves
from symderiv.expressions import Expr, symbol
from symderiv.shapes import Dim
from symderiv.symbols import Symbol

MAX_SIZE = 3
MAX_ENTRIES = 400  # of one symbol: differentiating by it takes the square of this
ATTEMPTS = 40


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


def point(trees: Iterable[Expr], sizes: Mapping[str, int], field: Field, rng: Random) -> Point:
    """A random point over a field, batch of one; every declaration holds exactly."""
    trees = list(trees)
    at = Point(sizes, {}, field)
    rational = rational_values(leaves(*trees), sizes, rng, implied(trees))
    return at.with_values({s: _array(v, field) for s, v in rational.items()})


def batch(trees: Iterable[Expr], sizes: Mapping[str, int], count: int, rng: Random) -> Point:
    """``count`` random float64 points at once."""
    trees = list(trees)
    symbols, also = leaves(*trees), implied(trees)
    draws = [rational_values(symbols, sizes, rng, also) for _ in range(count)]
    values = {s: np.stack([np.asarray(d[s], dtype=float) for d in draws]) for s in symbols}
    return Point(sizes, values, FLOAT)


def _array(value: Any, field: Field) -> Any:
    flat = np.asarray(value, dtype=object)
    out = np.empty((1, *flat.shape), dtype=float if field is FLOAT else object)
    for k, x in np.ndenumerate(flat):
        out[(0, *k)] = field.number(Fraction(x))
    return out


def rational_values(
    symbols: Iterable[Expr], sizes: Mapping[str, int], rng: Random, also: Mapping[Expr, str] | None = None
) -> dict[Expr, Any]:
    """Exact values for each symbol, as arrays of fractions; ``also`` adds a property to some.

    Raises LimitError for arrays beyond ``MAX_ENTRIES``, ValueError where properties contradict each other.
    """
    values = {}
    for e in symbols:
        shape = tuple(d if isinstance(d, int) else sizes[d] for d in e.shape)
        if prod(shape) > MAX_ENTRIES:
            raise LimitError(f"{e.data.name} has {prod(shape)} entries; instances have at most {MAX_ENTRIES}")
        extra = frozenset({also[e]}) if also and e in also else frozenset[str]()
        s = replace(e.data, properties=e.data.properties | extra) if extra - e.data.properties else e.data
        values[e] = _value(s, shape, rng)
    return values


def _entry(s: Symbol, rng: Random) -> Fraction:
    small = rng.random() < 0.25
    if s.has("in (0, 1)"):
        return Fraction(rng.randint(1, 6), 7)
    value = Fraction(rng.randint(1, 6), 7) if small else Fraction(rng.randint(1, 7), rng.choice((1, 1, 2, 3)))
    return value if s.has("positive") else rng.choice((-1, 1)) * value


def _value(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    """A value with every declared property; raises ValueError where none is found."""
    for _ in range(ATTEMPTS):
        value = _candidate(s, shape, rng)
        # of a diagonal matrix a sign is declared of the entries on the diagonal
        signed = value.diagonal() if s.has("diagonal") else value
        if len(s.properties) < 2 or all(_HOLDS[n](signed if n in _SIGNS else value) for n in s.properties):
            return value
    raise ValueError(f"no value of {s.name} was found that is {', '.join(sorted(s.properties))}")


def _candidate(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    for name, make in _STRUCTURED:
        if s.has(name):
            return make(s, shape, rng)
    return _filled(shape, lambda: _entry(s, rng))


def _entries(a: Any) -> Any:
    return np.asarray(a, dtype=object).reshape(-1)


def _is_diagonal(a: Any) -> bool:
    return all(i == j or x == 0 for (i, j), x in np.ndenumerate(a))


def _determinant(a: Any) -> Any:
    n = len(a)
    return flint.fmpq_mat(n, n, [flint.fmpq(x.numerator, x.denominator) for x in a.reshape(-1)]).det()


_SIGNS = ("positive", "nonzero", "in (0, 1)")
_HOLDS: dict[str, Callable[[Any], bool]] = {
    "positive": lambda a: all(x > 0 for x in _entries(a)),
    "nonzero": lambda a: all(x != 0 for x in _entries(a)),
    "in (0, 1)": lambda a: all(0 < x < 1 for x in _entries(a)),
    "simplex": lambda a: bool(np.all(a >= 0) and np.all(a.sum(axis=-1) == 1)),
    "symmetric": lambda a: bool(np.all(a == a.T)),
    "spd": lambda a: bool(np.all(a == a.T)) and all(_determinant(a[:k, :k]) > 0 for k in range(1, len(a) + 1)),
    "invertible": lambda a: _determinant(a) != 0,
    "orthogonal": lambda a: bool(np.all(a.T @ a == _eye(a.shape[1]))),
    "diagonal": _is_diagonal,
}


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
    """``count`` floating draws over the support of a law, whatever its parameters; of a uniform one over [0, 1]."""
    name = s.data.distribution.name
    raw = np.array([rng.gauss(0, 3) for _ in range(count * int(np.prod(shape, dtype=int)))]).reshape(count, *shape)
    if name == "one_hot":
        return (raw == raw.max(axis=-1, keepdims=True)).astype(float)
    if name in ("bernoulli", "rademacher"):
        return (raw > 0).astype(float) if name == "bernoulli" else np.sign(raw)
    return 1 / (1 + np.exp(-raw)) if name == "uniform" else raw


def _filled(shape: tuple[int, ...], make: Any) -> Any:
    out = np.empty(shape, dtype=object)
    for k in np.ndindex(*shape):
        out[k] = make()
    return out


def _symmetric(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    a = _filled(shape, lambda: _entry(s, rng))
    return np.triu(a) + np.triu(a, 1).T


def _definite(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    low = 1 if s.has("positive") else -2
    a = _filled(shape, lambda: Fraction(rng.randint(low, 2)))
    return a @ a.T + _eye(shape[0])


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
    d = _filled(shape[:1], lambda: _entry(s, rng))
    return _eye(shape[0]) * (np.abs(d) if s.has("spd") else d)


def _simplex(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    raw = _filled(shape, lambda: Fraction(rng.randint(1, 5)))
    return raw / raw.sum(axis=-1, keepdims=True)


def _orthogonal(s: Symbol, shape: tuple[int, ...], rng: Random) -> Any:
    """(I − K)(I + K)⁻¹ with K skew, its columns with random signs, permuted; a tall one keeps some columns."""
    rows, columns = shape
    if columns > rows:
        raise ValueError("columns of an orthogonal matrix cannot outnumber its rows")
    if s.has("diagonal", "spd"):
        return _eye(rows) * _filled((rows,), lambda: Fraction(1 if s.has("spd", "positive") else rng.choice((-1, 1))))
    if s.has("symmetric"):
        v = _filled((rows,), lambda: Fraction(rng.randint(1, 3)))
        return (_eye(rows) - 2 * np.outer(v, v) / (v @ v)) * rng.choice((-1, 1))
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
