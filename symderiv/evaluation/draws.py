"""Values that obey the declarations of a symbol: small rationals, exactly.

Random orthogonal matrices are products of a Cayley transform (rational) and random
signs, so that both determinants occur; labels and masks take generic values unless
they are averaged over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

import flint
import numpy as np

from symderiv.symbols import Symbol

ATTEMPTS = 40


@dataclass(frozen=True)
class Draw:
    """Where the entries come from: generic rationals, or plain ones for numbers that a reader takes in at a glance."""

    rng: Random
    plain: bool = False

    def entry(self, s: Symbol) -> Fraction:
        """One number of the sign that is declared."""
        if s.has("in (0, 1)"):
            return self.rng.choice(_HALVES) if self.plain else Fraction(self.rng.randint(1, 6), 7)
        if self.plain:
            value = Fraction(self.rng.randint(1, 3))
        elif self.rng.random() < 0.25:
            value = Fraction(self.rng.randint(1, 6), 7)
        else:
            value = Fraction(self.rng.randint(1, 7), self.rng.choice((1, 1, 2, 3)))
        return value if s.has("positive") else self.rng.choice((-1, 1)) * value


_HALVES = (Fraction(1, 2), Fraction(1, 4))


def draw_value(s: Symbol, shape: tuple[int, ...], draw: Draw) -> Any:
    """A value with every declared property; raises ValueError where none is found."""
    for _ in range(ATTEMPTS):
        value = _candidate(s, shape, draw)
        # of a diagonal matrix a sign is declared of the entries on the diagonal
        signed = value.diagonal() if s.has("diagonal") else value
        if len(s.properties) < 2 or all(_HOLDS[n](signed if n in _SIGNS else value) for n in s.properties):
            return value
    raise ValueError(f"no value of {s.name} was found that is {', '.join(sorted(s.properties))}")


def _candidate(s: Symbol, shape: tuple[int, ...], draw: Draw) -> Any:
    for name, make in _STRUCTURED:
        if s.has(name):
            return make(s, shape, draw)
    return _filled(shape, lambda: draw.entry(s))


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


def _filled(shape: tuple[int, ...], make: Any) -> Any:
    out = np.empty(shape, dtype=object)
    for k in np.ndindex(*shape):
        out[k] = make()
    return out


def _symmetric(s: Symbol, shape: tuple[int, ...], draw: Draw) -> Any:
    a = _filled(shape, lambda: draw.entry(s))
    return np.triu(a) + np.triu(a, 1).T


def _definite(s: Symbol, shape: tuple[int, ...], draw: Draw) -> Any:
    low = 1 if s.has("positive") else -2
    a = _filled(shape, lambda: Fraction(draw.rng.randint(low, 2)))
    return a @ a.T + _eye(shape[0])


def _eye(n: int) -> Any:
    out = np.full((n, n), Fraction(0), dtype=object)
    for k in range(n):
        out[k, k] = Fraction(1)
    return out


def _invertible(s: Symbol, shape: tuple[int, ...], draw: Draw) -> Any:
    lower = np.tril(_filled(shape, lambda: draw.entry(s)))
    upper = np.triu(_filled(shape, lambda: draw.entry(s)))
    return lower @ upper + _filled(shape, lambda: Fraction(0))


def _diagonal(s: Symbol, shape: tuple[int, ...], draw: Draw) -> Any:
    d = _filled(shape[:1], lambda: draw.entry(s))
    return _eye(shape[0]) * (np.abs(d) if s.has("spd") else d)


def _simplex(s: Symbol, shape: tuple[int, ...], draw: Draw) -> Any:
    raw = _filled(shape, lambda: Fraction(draw.rng.randint(1, 5)))
    return raw / raw.sum(axis=-1, keepdims=True)


def _orthogonal(s: Symbol, shape: tuple[int, ...], draw: Draw) -> Any:
    """(I − K)(I + K)⁻¹ with K skew, its columns with random signs, permuted; a tall one keeps some columns."""
    rows, columns = shape
    if columns > rows:
        raise ValueError("columns of an orthogonal matrix cannot outnumber its rows")
    if s.has("diagonal", "spd"):
        allowed = (1,) if s.has("spd", "positive") else (-1, 1)
        return _eye(rows) * _filled((rows,), lambda: Fraction(draw.rng.choice(allowed)))
    if s.has("symmetric"):
        v = _filled((rows,), lambda: Fraction(draw.rng.randint(1, 3)))
        return (_eye(rows) - 2 * np.outer(v, v) / (v @ v)) * draw.rng.choice((-1, 1))
    a = _filled((rows, rows), lambda: Fraction(draw.rng.randint(-2, 2)))
    skew = a - a.T
    q = _solve(_eye(rows) + skew, _eye(rows) - skew)
    signs = np.array([Fraction(draw.rng.choice((-1, 1))) for _ in range(rows)], dtype=object)
    order = draw.rng.sample(range(rows), rows)
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
