"""Kinds of numbers, and points to evaluate at.

float64 in batches, exact rationals, or balls that enclose the true value: each
is one row with its own functions, inverse, determinant and comparison.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from symderiv.evaluation.jets import Array
from symderiv.expressions import Expr
from symderiv.shapes import Dim, Shape


class Undefined(ArithmeticError):
    """The expression has no value at this point (a pole, a kink, a logarithm of a negative number)."""


@dataclass(frozen=True)
class Field:
    """A kind of number: how to make one, and how to take functions of arrays of them."""

    name: str
    number: Callable[[Fraction], Any]
    functions: Mapping[str, Callable[[Array], Array]]
    inverse: Callable[[Array], Array]
    determinant: Callable[[Array], Array]
    compare: Callable[[Any], int]  # −1, 0 or 1; raises Undefined where the sign is not known


def _flint_matrix(make: Callable[..., Any], pick: Callable[[Any], Any]) -> Callable[[Array], Array]:
    def apply(a: Array) -> Array:
        n = a.shape[-1]
        flat = a.reshape(-1, n, n)
        out = []
        for block in flat:
            try:
                out.append(pick(make(n, n, list(block.reshape(-1)))))
            except ZeroDivisionError:
                raise Undefined("a matrix is not invertible") from None
        return out

    return apply


def _flint_inverse(make: Callable[..., Any]) -> Callable[[Array], Array]:
    invert = _flint_matrix(make, lambda m: m.inv().entries())
    return lambda a: np.array(invert(a), dtype=object).reshape(a.shape)


def _flint_determinant(make: Callable[..., Any]) -> Callable[[Array], Array]:
    expand = _flint_matrix(make, lambda m: m.det())

    def apply(a: Array) -> Array:
        out = np.empty(a.shape[:-2], dtype=object)
        out.reshape(-1)[:] = expand(a)
        return out

    return apply


def _sign_exact(x: Any) -> int:
    return (x > 0) - (x < 0)


def _sign_ball(x: Any) -> int:
    if isinstance(x, flint.arb):
        return 1 if x > 0 else -1 if x < 0 else 0
    return _sign_exact(x)


def _objects(f: Callable[[Any], Any]) -> Callable[[Array], Array]:
    return np.frompyfunc(f, 1, 1)


def _ball(name: str) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        if name == "exp" and not abs(flint.arb(x)) < MAX_EXPONENT:
            raise Undefined("the argument of exp is too large here")
        value = getattr(flint.arb(x), name)()
        if not value.is_finite():
            raise Undefined(f"{name} has no finite value here")
        return value

    return f


def _quiet(f: Callable[..., Array]) -> Callable[..., Array]:
    def g(*a: Array) -> Array:
        with np.errstate(all="ignore"):
            return f(*a)

    return g


def _float_inverse(a: Array) -> Array:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return np.full_like(a, np.nan)


def _float_erf(a: Array) -> Array:
    return np.vectorize(math.erf, otypes=[float])(a)


FLOAT = Field(
    "float64", float,
    {
        "exp": _quiet(np.exp), "log": _quiet(np.log), "sin": np.sin, "cos": np.cos,
        "sqrt": _quiet(np.sqrt), "tanh": np.tanh, "erf": _float_erf,
    },
    _float_inverse, np.linalg.det, lambda x: int(np.sign(x)),
)  # fmt: skip
EXACT = Field(
    "exact rationals", lambda q: flint.fmpq(q.numerator, q.denominator), {},
    _flint_inverse(flint.fmpq_mat), _flint_determinant(flint.fmpq_mat), _sign_exact,
)  # fmt: skip
BALLS = Field(
    "ball arithmetic", lambda q: flint.arb(flint.fmpq(q.numerator, q.denominator)),
    {n: _objects(_ball(n)) for n in ("exp", "log", "sin", "cos", "sqrt", "tanh", "erf")},
    _flint_inverse(flint.arb_mat), _flint_determinant(flint.arb_mat), _sign_ball,
)  # fmt: skip

MAX_EXPONENT = 10**5  # a larger power of e takes time and says nothing
BALLS_PI = flint.arb.pi()
MAX_LEVEL = 2  # derivatives of derivatives, no deeper
LEADING = MAX_LEVEL + 1  # axes in front of an array's own: the levels, then the batch


@dataclass
class Point:
    """Sizes, symbol values (arrays with a leading batch axis) and a field: where an expression is evaluated."""

    sizes: Mapping[str, int]
    values: Mapping[Expr, Array]
    field: Field
    depth: int = 0
    memo: dict[Expr, Array] = dataclasses.field(default_factory=dict)

    def size(self, d: Dim) -> int:
        """A dimension as an integer."""
        return d if isinstance(d, int) else self.sizes[d]

    def shape(self, s: Shape) -> tuple[int, ...]:
        """A symbolic shape as integers."""
        return tuple(map(self.size, s))

    def with_values(self, more: Mapping[Expr, Array], deeper: int = 0) -> Point:
        """The same point with some symbols exchanged."""
        return Point(self.sizes, {**self.values, **more}, self.field, self.depth + deeper)

    def number(self, value: Fraction | int) -> Array:
        """A scalar as an array with a batch axis."""
        made = self.field.number(Fraction(value))
        out = np.empty(1, dtype=float if self.field is FLOAT else object)
        out[0] = made
        return out
