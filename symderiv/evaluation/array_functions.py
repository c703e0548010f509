"""Functions of arrays over any field of numbers, with their derivatives: what ``numeric`` evaluates with."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from symderiv.errors import LimitError
from symderiv.evaluation import jets
from symderiv.evaluation.fields import BALLS, BALLS_PI, FLOAT, Point, Undefined
from symderiv.evaluation.jets import Array

MAX_POWER = 2000


def number_power(base: Array, q: Fraction, at: Point) -> Array:
    if q.denominator == 1:
        n = abs(q.numerator)
        if n > MAX_POWER:
            raise LimitError(f"a power of {n} is beyond the limit of {MAX_POWER}")
        result = _whole_power(base, n) if n else jets.linear(lambda x: x * 0 + 1, jets.plain(base))
        return reciprocal(result, at) if q < 0 else result
    if q.denominator == 2:
        return number_power(smooth("sqrt", base, at), Fraction(q.numerator), at)
    log = smooth("log", base, at)
    return smooth("exp", jets.linear(lambda x: x * at.field.number(q), log), at)


def _whole_power(base: Array, n: int) -> Array:
    """By repeated squaring."""
    if n == 1:
        return base
    half = square(_whole_power(base, n // 2))
    return jets.multiply(half, base) if n % 2 else half


def reciprocal(a: Array, at: Point) -> Array:
    if at.field is FLOAT:
        with np.errstate(all="ignore"):
            return jets.reciprocal(a)
    for x in np.asarray(jets.plain(a)).reshape(-1):
        if x == 0 or (at.field is BALLS and at.field.compare(x) == 0):
            raise Undefined("division by zero")
    return jets.reciprocal(a)


def smooth(name: str, a: Array, at: Point) -> Array:
    """A smooth function entry by entry, with its derivative."""
    f = at.field.functions.get(name)
    if f is None:
        raise LimitError(f"{name} has no value in {at.field.name}")
    slopes: dict[str, Callable[[Array], Array]] = {
        "exp": lambda v: smooth("exp", v, at),
        "log": lambda v: reciprocal(v, at),
        "sin": lambda v: smooth("cos", v, at),
        "cos": lambda v: jets.negative(smooth("sin", v, at)),
        "sqrt": lambda v: jets.linear(lambda x: x / 2, reciprocal(smooth("sqrt", v, at), at)),
        "tanh": lambda v: jets.add(ones_like(v), jets.negative(square(smooth("tanh", v, at)))),
        "erf": lambda v: jets.linear(
            lambda x: x * (2 / np.sqrt(np.pi) if at.field is FLOAT else 2 / BALLS_PI.sqrt()),
            smooth("exp", jets.negative(square(v)), at),
        ),
    }
    return jets.entrywise(f, slopes[name], a)


def square(a: Array) -> Array:
    return jets.multiply(a, a)


def ones_like(a: Array) -> Array:
    return jets.plain(a) * 0 + 1


def heaviside(a: Array, at: Point) -> Array:
    """1 above 0, 0 below; at 0 there is no value."""

    def f(x: Array) -> Array:
        if at.field is FLOAT:
            return np.where(x > 0, 1.0, np.where(x < 0, 0.0, np.nan))

        def one(entry: Any) -> Any:
            s = at.field.compare(entry)
            if s == 0:
                raise Undefined("a step, sign or kink at 0")
            return entry * 0 + (1 if s > 0 else 0)

        return np.frompyfunc(one, 1, 1)(x)

    return jets.constant_slope(f, a)


def signum(a: Array, at: Point) -> Array:
    return jets.add(jets.linear(lambda x: 2 * x, heaviside(a, at)), -ones_like(a))


def rectified(a: Array, at: Point) -> Array:
    return jets.multiply(a, heaviside(a, at))


def absolute(a: Array, at: Point) -> Array:
    return jets.multiply(a, signum(a, at))


def one_plus_exp(a: Array, at: Point) -> Array:
    return jets.add(smooth("exp", a, at), ones_like(a))


def summed(a: Array, axes: tuple[int, ...]) -> Array:
    return jets.linear(lambda x: x.sum(axis=axes) if axes else x, a)


def averaged(a: Array, axes: tuple[int, ...]) -> Array:
    plain = jets.plain(a)
    count = int(np.prod([plain.shape[k] for k in axes], dtype=int))
    return jets.linear(lambda x: x / count, summed(a, axes))


def softmax(a: Array, at: Point) -> Array:
    up = smooth("exp", a, at)
    return jets.multiply(up, jets.linear(lambda x: x[..., None], reciprocal(summed(up, (-1,)), at)))


def diagonal_matrix(a: Array) -> Array:
    def f(x: Array) -> Array:
        out = np.zeros((*x.shape, x.shape[-1]), dtype=x.dtype)
        k = np.arange(x.shape[-1])
        out[..., k, k] = x
        return out

    return jets.linear(f, a)


def inverse(a: Array, at: Point) -> Array:
    return jets.inverse(a, at.field.inverse)


def determinant(a: Array, at: Point) -> Array:
    return jets.determinant(a, at.field.determinant, at.field.inverse)


def log_abs_det(a: Array, at: Point) -> Array:
    return smooth("log", absolute(determinant(a, at), at), at)


def elementary(kind: str, a: Array, at: Point, q: Fraction = Fraction(1)) -> Array:
    """One of the kernel's atoms on arrays: pow (to ``q``), log (of the absolute value), inv, det …"""
    table: dict[str, Callable[[], Array]] = {
        "pow": lambda: number_power(a, q, at),
        "log": lambda: smooth("log", absolute(a, at), at),
        "step": lambda: heaviside(a, at),
        "inv": lambda: inverse(a, at),
        "det": lambda: determinant(a, at),
        "logdet": lambda: log_abs_det(a, at),
    }
    return table[kind]() if kind in table else smooth(kind, a, at)
