"""Averages worked out by their definition: over the values, by second moments, by parts.

Stein's lemma for a normal x, a linear form u = a·x and a function g that is differentiable but for kinks:

    E[u g(x)] = E[u] E[g(x)] + a·Cov(x) E[∇g(x)]

and, applied to each entry of x, for a quadratic form and for the outer product of x with itself

    E[xᵀA x g(x)] = E[x]ᵀA E[x g(x)] + tr(A Cov(x)) E[g(x)] + E[(A x)·Cov(x) ∇g(x)]
    E[x xᵀ g(x)] = E[x] E[x g(x)]ᵀ + Cov(x) (E[g(x)] I + E[∇g(x) xᵀ])

Source: C. M. Stein, Estimation of the mean of a multivariate normal distribution, Ann. Statist. 9 (1981).
"""

from __future__ import annotations

from collections.abc import Iterator

from symderiv.algebra.building_blocks import dot, flip, is_number, minus, plus, times
from symderiv.algebra.tidying import settled
from symderiv.calculus import derivative, gradient
from symderiv.errors import LimitError, ReadingError, ShapeError
from symderiv.expressions import Expr, constant, make, number, symbol
from symderiv.operators import members
from symderiv.shapes import Shape
from symderiv.steps.averaging import randomness
from symderiv.steps.distributions import moment_of_a_symbol
from symderiv.symbols import Symbol
from symderiv.trees import is_random, swap

ENTRYWISE = members("map") | {"add", "neg", "mul", "div", "pow"}
VALUES = {"bernoulli": (0, 1), "rademacher": (-1, 1)}


def over_values(e: Expr, goal: Expr | None = None) -> Expr | None:
    """E of a function of a symbol with two values, entry by entry: the values weighted with r and 1 − r."""
    if e.op != "E" or len(found := randomness(e.args[0])) != 1:
        return None
    (x,) = found
    values = VALUES.get(x.data.distribution.name)
    if values is None or (x.shape and not _entry_by_entry(e.args[0], x)):
        return None
    low, high = (_at(e.args[0], x, _constant(value, x.shape)) for value in values)
    if values == (-1, 1):
        weighted = plus(times(plus(number(1), x), high), times(minus(number(1), x), low))
        return make("E", make("div", weighted, number(2)))
    return make("E", plus(times(x, high), times(minus(number(1), x), low)))


def _entry_by_entry(t: Expr, x: Expr) -> bool:
    """Whether each entry of a function depends on the same entry of x only."""
    return (
        t is x
        or not is_random(t)
        or (t.op in ENTRYWISE and t.shape == x.shape and all(_entry_by_entry(a, x) for a in t.args))
    )


def _constant(value: int, shape: Shape) -> Expr:
    return times(number(value), constant("ones", shape)) if shape else number(value)


def by_second_moments(e: Expr, goal: Expr | None = None) -> Expr | None:
    """Var and Cov as the mean of the product minus the product of the means."""
    if e.op == "Var" or (e.op == "Cov" and len(e.args) == 1 and not e.shape):
        square = make("pow", e.args[0], number(2))
        return minus(make("E", square), make("pow", make("E", e.args[0]), number(2)))
    if e.op != "Cov":
        return None
    f, g = e.args[0], e.args[-1]
    head = "outer" if f.shape else "mul"
    return minus(make("E", make(head, f, g)), make(head, make("E", f), make("E", g)))


def by_parts(e: Expr, goal: Expr | None = None) -> Expr | None:
    """E of a linear form of one normal times a function of it, by Stein's lemma."""
    if e.op != "E" or len(found := randomness(e.args[0])) != 1:
        return None
    (x,) = found
    if x.data.distribution.name != "normal" or len(x.shape) > 1:
        return None
    for part, rest in _split_square(e.args[0], x):
        try:
            return _by_parts_twice(part, rest, x)
        except (LimitError, ReadingError, ShapeError):
            continue
    for linear, rest in _split(e.args[0], x):
        try:
            slope = make("E", _slope(rest, x))
            moved = times(_spread(x), slope) if not x.shape else dot(_map(linear, x), _spread(x), slope)
        except (LimitError, ReadingError, ShapeError):
            continue
        centered = is_number(dict(x.data.law).get("mean", number(0)), 0)
        return moved if centered else plus(times(make("E", linear), make("E", rest)), moved)
    return None


def _split_square(f: Expr, x: Expr) -> Iterator[tuple[Expr, Expr]]:
    """A product as a quadratic form of x, or its outer product with itself, and the scalar rest."""
    if len(x.shape) != 1:
        return
    factors = list(f.args) if f.op == "mul" else [f]
    for k, factor in enumerate(factors):
        others = factors[:k] + factors[k + 1 :]
        if factor.op == "pow" and factor.args[1].op == "num" and factor.args[1].data.denominator == 1:
            base, power = factor.args[0], factor.args[1].data - (2 if factor.args[0].op == "norm" else 1)
            lower = make("pow", base, number(power)) if power != 1 else base
            quadratic = make("pow", base, number(2)) if base.op == "norm" else base
            if power > 0 and not any(o.shape for o in others) and _quadratic(quadratic, x) is not None:
                yield quadratic, _product([lower, *others])
        elif any(map(is_random, others)) and not any(o.shape for o in others):
            if _quadratic(factor, x) is not None or (factor.op == "outer" and all(a is x for a in factor.args)):
                yield factor, _product(others)


def _quadratic(u: Expr, x: Expr) -> Expr | None:
    """The matrix of a quadratic form xᵀA x; the identity for a squared norm."""
    if u.op == "pow" and u.args[0].op == "norm" and u.args[0].args[0] is x and is_number(u.args[1], 2):
        return constant("eye", (*x.shape, *x.shape))
    if u.op != "matmul" or u.shape or u.args[0] is not x or u.args[-1] is not x or any(map(is_random, u.args[1:-1])):
        return None
    return dot(*u.args[1:-1]) if len(u.args) > 2 else constant("eye", (*x.shape, *x.shape))


def _by_parts_twice(part: Expr, rest: Expr, x: Expr) -> Expr:
    """Integration by parts for a quadratic form, or an outer product, times a function."""
    cov, mean, slope = settled(_spread(x)), dict(x.data.law).get("mean", number(0)), _slope(rest, x)
    moved = make("E", times(rest, x))
    if part.op == "outer":
        whole = dot(
            cov, plus(times(make("E", rest), constant("eye", (*x.shape, *x.shape))), make("E", make("outer", slope, x)))
        )
        return whole if is_number(mean, 0) else plus(make("outer", make("E", x), moved), whole)
    a = _quadratic(part, x)
    assert a is not None
    whole = plus(times(make("tr", dot(a, cov)), make("E", rest)), make("E", dot(x, flip(a), cov, slope)))
    return whole if is_number(mean, 0) else plus(dot(make("E", x), a, moved), whole)


def _spread(x: Expr) -> Expr:
    """Variance or covariance of a normal, as it was declared."""
    found = moment_of_a_symbol(make("Cov" if x.shape else "Var", x))
    assert found is not None, "a normal has a variance"
    return found


def _map(linear: Expr, x: Expr) -> Expr:
    """The vector a of a·x; the identity for x itself."""
    return constant("eye", (*x.shape, *x.shape)) if linear is x else _slope(linear, x)


def _slope(f: Expr, x: Expr) -> Expr:
    """The derivative by a random symbol, taken at a fixed value of it."""
    fixed = symbol(Symbol(x.data.name, x.shape))
    slope = (gradient if x.shape else derivative)(_at(f, x, fixed), fixed)
    return _at(slope, fixed, x)


def _at(f: Expr, x: Expr, value: Expr) -> Expr:
    return swap(f, lambda t: value if t is x else None)


def _split(f: Expr, x: Expr) -> Iterator[tuple[Expr, Expr]]:
    """A product as a linear form of x, or x itself, and the scalar rest."""
    factors = list(f.args) if f.op == "mul" else [f]
    if sum(bool(factor.shape) for factor in factors) > 1:
        return
    for k, factor in enumerate(factors):
        others = factors[:k] + factors[k + 1 :]
        if not any(is_random(o) for o in others) and factor.op != "pow":
            continue
        if factor is x or _linear(factor, x):
            if not any(o.shape for o in others):
                yield factor, _product(others)
        elif factor.op == "pow" and _linear(factor.args[0], x) and factor.args[1].op == "num":
            power = factor.args[1].data
            if power.denominator == 1 and power >= 3:
                yield factor.args[0], _product([make("pow", factor.args[0], number(power - 1)), *others])
            elif power == 2 and any(is_random(o) for o in others):
                yield factor.args[0], _product([factor.args[0], *others])


def _linear(u: Expr, x: Expr) -> bool:
    """Whether a scalar is x itself, or an inner product of x with a constant."""
    if u is x:
        return not x.shape
    ends = u.op == "matmul" and len(u.args) == 2 and not u.shape
    return ends and sum(a is x for a in u.args) == 1 and not all(map(is_random, u.args))


def _product(factors: list[Expr]) -> Expr:
    return make("mul", *factors) if len(factors) > 1 else factors[0]
