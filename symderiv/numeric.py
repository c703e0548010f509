"""Evaluate an expression at concrete sizes and numbers: the second route.

Nothing of the symbolic kernel is used: derivatives come from jets, inverses from
elimination, expectations from enumerating every outcome, or from quadrature
nodes that are exact for the polynomial degree asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from math import prod

import numpy as np

from symderiv.errors import LimitError
from symderiv.evaluation import jets
from symderiv.evaluation.array_functions import (
    absolute,
    averaged,
    determinant,
    diagonal_matrix,
    heaviside,
    inverse,
    log_abs_det,
    number_power,
    one_plus_exp,
    reciprocal,
    rectified,
    signum,
    smooth,
    softmax,
    square,
    summed,
)
from symderiv.evaluation.fields import BALLS_PI, FLOAT, Point
from symderiv.evaluation.jets import Array
from symderiv.evaluation.outcomes import outcomes
from symderiv.expressions import Expr, constant, symbol
from symderiv.limits import check_deadline
from symderiv.symbols import Symbol

MAX_OUTCOMES = 3000
MAX_ENTRIES = 10_000  # of one value
MAX_SEEDS = 60  # entries of a variable that is differentiated by twice


def evaluate(e: Expr, at: Point) -> Array:
    """The value of an expression at a point: an array (or jet) of shape (batch, *shape).

    Raises Undefined where an exact or ball evaluation has no value (float64 gives
    NaN instead), LimitError where an expectation has too many outcomes.
    """
    found = at.memo.get(e)
    if found is None:
        check_deadline()
        if prod(at.shape(e.shape)) > MAX_ENTRIES:
            raise LimitError(f"a value with more than {MAX_ENTRIES} entries is not computed")
        found = _TABLE[e.op](e, at)
        at.memo[e] = found
    return found


def _fit(a: Array, have: int, want: int) -> Array:
    """Insert axes of size 1 before the own shape, so that it broadcasts from the last axis."""
    if have == want:
        return a
    return jets.linear(
        lambda x: x.reshape(*x.shape[: x.ndim - have], *[1] * (want - have), *x.shape[x.ndim - have :]), a
    )


def _aligned(e: Expr, at: Point) -> list[Array]:
    rank = len(e.shape)
    out = [_fit(evaluate(a, at), len(a.shape), rank) for a in e.args]
    return [_stretched(a, at.shape(e.shape)) for a in out]


def _stretched(a: Array, shape: tuple[int, ...]) -> Array:
    if not shape:
        return a
    return jets.linear(lambda x: np.broadcast_to(x, (*x.shape[: x.ndim - len(shape)], *shape)), a)


def _fold(f: Callable[[Array, Array], Array]) -> Callable[[Expr, Point], Array]:
    return lambda e, at: reduce(f, _aligned(e, at))


def _matmul(e: Expr, at: Point) -> Array:
    value, rank = evaluate(e.args[0], at), len(e.args[0].shape)
    for arg in e.args[1:]:
        other, right = evaluate(arg, at), len(arg.shape)
        a = jets.linear(lambda x: x[..., None, :], value) if rank == 1 else value
        b = jets.linear(lambda x: x[..., None], other) if right == 1 else other
        value = jets.bilinear(np.matmul, a, b)
        if right == 1:
            value = jets.linear(lambda x: x[..., 0], value)
        if rank == 1:
            value = jets.linear((lambda x: x[..., 0, :]) if right == 2 else (lambda x: x[..., 0]), value)
        rank = rank + right - 2
    return value


def _power(e: Expr, at: Point) -> Array:
    exponent = e.args[1]
    if e.args[0].op == "norm" and exponent.op == "num" and exponent.data % 2 == 0:
        return number_power(_squared_norm(e.args[0], at), exponent.data / 2, at)  # exact: no root is taken
    base = evaluate(e.args[0], at)
    if exponent.op != "num":
        log = smooth("log", base, at)
        return smooth("exp", jets.multiply(_fit(evaluate(exponent, at), 0, len(e.shape)), log), at)
    return number_power(base, exponent.data, at)


def _axis(e: Expr, axis: int | None) -> tuple[int, ...]:
    rank = len(e.shape)
    return tuple(range(-rank, 0)) if axis is None else (axis - rank,)


def _variance(e: Expr, at: Point) -> Array:
    a, axes = evaluate(e.args[0], at), _axis(e.args[0], e.data)
    average = jets.linear(lambda x: np.expand_dims(x, axes), averaged(a, axes))
    return averaged(square(jets.add(a, jets.negative(average))), axes)


def _gradient(e: Expr, at: Point, f: Callable[[Point], Array], own: tuple[int, ...]) -> Array:
    x = e.args[1]
    depth = at.depth + 1
    base = at.values[x]
    deeper = at.with_values({x: jets.seed(base, depth, at.shape(x.shape), at.field.number(Fraction(1)))}, 1)
    value = f(deeper)
    if jets.level(value) < depth:  # x does not occur: zeros of the field, as a float 0.0 is not equal to an exact 0
        return np.broadcast_to(at.number(0).reshape(1, *[1] * len(own + x.shape)), (1, *own, *at.shape(x.shape)))
    return jets.derivative(value, depth, own, at.shape(x.shape))


def _held(e: Expr, at: Point) -> Array:
    """A value whose tangent for the innermost derivative is dropped."""
    found = evaluate(e.args[0], at)
    return found.value if isinstance(found, jets.Jet) and found.level == at.depth else found


def _first(e: Expr, at: Point) -> Array:
    return _gradient(e, at, lambda p: evaluate(e.args[0], p), at.shape(e.args[0].shape))


def _hessian(e: Expr, at: Point) -> Array:
    own = at.shape(e.args[1].shape)
    if prod(own) > MAX_SEEDS:
        raise LimitError(f"second derivatives by more than {MAX_SEEDS} entries are not computed")
    return _gradient(e, at, lambda p: _gradient(e, p, lambda q: evaluate(e.args[0], q), ()), own)


def direction_of(x: Expr) -> Expr:
    """The symbol dX that ``differential(f, X)`` is linear in."""
    return symbol(Symbol(f"d{x.data.name}", x.shape))


def _differential(e: Expr, at: Point) -> Array:
    f, x = e.args[0], e.args[1]
    direction = evaluate(e.args[2] if len(e.args) == 3 else direction_of(x), at)
    slopes = _first(e, at)
    direction = _fit(direction, len(x.shape), len(f.shape) + len(x.shape))
    return summed(jets.multiply(slopes, direction), tuple(range(-len(x.shape), 0)))


def _expected(e: Expr, at: Point, f: Callable[[Point], Array], rank: int) -> Array:
    """Σ over outcomes of probability × value; the outcomes are one further axis in front of all others."""
    values, weights = outcomes(e, at, evaluate, MAX_OUTCOMES)
    inner = f(at.with_values(values))
    weighted = jets.multiply(inner, _fit(weights, 0, rank))
    return jets.linear(lambda x: x.sum(axis=0), weighted)


def _mean_of(e: Expr, at: Point) -> Array:
    return _expected(e, at, lambda p: evaluate(e.args[0], p), len(e.shape))


def _average(e: Expr, part: Expr, at: Point) -> Array:
    return _expected(e, at, lambda p: evaluate(part, p), len(part.shape))


def _covariance(e: Expr, at: Point) -> Array:
    """E[(f − Ef)(g − Eg)], outer over the axes of f and g (Var: entry by entry)."""
    f, g = e.args[0], e.args[-1]
    centre = [_average(e, t, at) for t in (f, g)]

    def product(p: Point) -> Array:
        u, v = (jets.add(evaluate(t, p), jets.negative(c)) for t, c in zip((f, g), centre, strict=True))
        if e.op == "Cov" and f.shape and g.shape:
            u, v = jets.linear(lambda x: x[..., None], u), jets.linear(lambda x: x[..., None, :], v)
        elif e.op == "Cov" and g.shape:
            u = _fit(u, 0, 1)
        elif e.op == "Cov" and f.shape:
            v = _fit(v, 0, 1)
        return jets.multiply(u, v)

    return _expected(e, at, product, len(e.shape))


def _symbol(e: Expr, at: Point) -> Array:
    if e not in at.values:
        raise LimitError(f"no value is given for {e.data.name}")
    return at.values[e]


def _filled(value: int) -> Callable[[Expr, Point], Array]:
    def f(e: Expr, at: Point) -> Array:
        return np.broadcast_to(at.number(value).reshape(1, *[1] * len(e.shape)), (1, *at.shape(e.shape)))

    return f


def _identity(e: Expr, at: Point) -> Array:
    return diagonal_matrix(evaluate(constant("ones", e.shape[:1]), at))


def _unary(f: Callable[[Array, Point], Array]) -> Callable[[Expr, Point], Array]:
    return lambda e, at: f(evaluate(e.args[0], at), at)


def _smooth_row(name: str) -> Callable[[Expr, Point], Array]:
    return _unary(lambda a, at: smooth(name, a, at))


def _pi(e: Expr, at: Point) -> Array:
    return np.array([np.pi]) if at.field is FLOAT else np.array([BALLS_PI], dtype=object)


def _squared_norm(e: Expr, at: Point) -> Array:
    return summed(square(evaluate(e.args[0], at)), _axis(e.args[0], None))


def _outer(e: Expr, at: Point) -> Array:
    u, v = (evaluate(a, at) for a in e.args)
    return jets.multiply(jets.linear(lambda x: x[..., None], u), jets.linear(lambda x: x[..., None, :], v))


def _reduction(f: Callable[[Array, tuple[int, ...]], Array]) -> Callable[[Expr, Point], Array]:
    return lambda e, at: f(evaluate(e.args[0], at), _axis(e.args[0], e.data))


_TABLE: dict[str, Callable[[Expr, Point], Array]] = {
    "sym": _symbol,
    "num": lambda e, at: at.number(e.data),
    "dim": lambda e, at: at.number(at.size(e.data)),
    "pi": _pi,
    "eye": _identity,
    "ones": _filled(1),
    "zeros": _filled(0),
    "add": _fold(jets.add),
    "mul": _fold(jets.multiply),
    "div": lambda e, at: (lambda ab: jets.multiply(ab[0], reciprocal(ab[1], at)))(_aligned(e, at)),
    "neg": _unary(lambda a, at: jets.negative(a)),
    "pow": _power,
    "matmul": _matmul,
    "T": lambda e, at: (
        jets.linear(lambda x: np.swapaxes(x, -1, -2), evaluate(e.args[0], at))
        if len(e.shape) == 2
        else evaluate(e.args[0], at)
    ),
    "tr": _unary(lambda a, at: jets.linear(lambda x: x.diagonal(axis1=-2, axis2=-1).sum(axis=-1), a)),
    "det": _unary(determinant),
    "logdet": _unary(log_abs_det),
    "inv": _unary(inverse),
    "norm": lambda e, at: smooth("sqrt", _squared_norm(e, at), at),
    "norm1": lambda e, at: summed(absolute(evaluate(e.args[0], at), at), _axis(e.args[0], None)),
    "diag": _unary(lambda a, at: diagonal_matrix(a)),
    "diagonal": _unary(lambda a, at: jets.linear(lambda x: x.diagonal(axis1=-2, axis2=-1), a)),
    "outer": _outer,
    "col": _unary(lambda a, at: jets.linear(lambda x: x[..., None], a)),
    "sum": _reduction(summed),
    "mean": _reduction(averaged),
    "var": _variance,
    **{name: _smooth_row(name) for name in ("exp", "log", "sin", "cos", "sqrt", "tanh", "erf")},
    "sigmoid": _unary(lambda a, at: reciprocal(one_plus_exp(jets.negative(a), at), at)),
    "relu": _unary(rectified),
    "softplus": _unary(lambda a, at: smooth("log", one_plus_exp(a, at), at)),
    "step": _unary(heaviside),
    "sign": _unary(signum),
    "abs": _unary(absolute),
    "softmax": _unary(softmax),
    "logsumexp": _unary(lambda a, at: smooth("log", summed(smooth("exp", a, at), (-1,)), at)),
    "E": _mean_of,
    "Var": _covariance,
    "Cov": _covariance,
    "held": _held,
    "grad": _first,
    "jacobian": _first,
    "diff": _first,
    "hessian": _hessian,
    "differential": _differential,
}
