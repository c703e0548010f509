"""Moments of one declared random symbol, from the parameters of its distribution."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb, prod

from symderiv.algebra.building_blocks import diag_of, minus, over, plus, power, times
from symderiv.expressions import Expr, constant, make, number
from symderiv.trees import is_random

HIGHEST = 8


def moment_of_a_symbol(e: Expr, goal: Expr | None = None) -> Expr | None:
    """Mean, variance, covariance and powers of a declared random symbol, from its distribution.

    Where the law has random parameters, by the laws of total expectation, variance and covariance.
    """
    if e.op == "E" and (found := _raw(e.args[0])) is not None:
        return found
    if e.op not in ("E", "Var", "Cov") or len(e.args) != 1 or e.args[0].op != "sym" or not e.args[0].data.random:
        return None
    x = e.args[0]
    law = dict(x.data.law)
    mean, spread, cov = _TABLE[x.data.distribution.name](law, x)
    if e.op == "E":
        return _averaged(_stretched(mean, x))
    if e.op == "Var":
        given = _stretched(spread, x)
    elif cov is not None or len(x.shape) == 1:
        given = cov if cov is not None else diag_of(_stretched(spread, x))
    else:
        return None
    return plus(_averaged(given), make(e.op, _stretched(mean, x))) if is_random(mean) else _averaged(given)


def has_random_parameters(x: Expr) -> bool:
    """Whether a parameter of the law of a symbol is random itself."""
    return any(is_random(value) for _, value in x.data.law if isinstance(value, Expr))


def _averaged(e: Expr) -> Expr:
    return make("E", e) if is_random(e) else e


def _raw(t: Expr) -> Expr | None:
    """E of a whole power of a symbol, entry by entry, or of its outer product with itself."""
    if t.op == "outer" and t.args[0] is t.args[1] and _declared(t.args[0]):
        x = t.args[0]
        cov, mean = (moment_of_a_symbol(make(op, x)) for op in ("Cov", "E"))
        return None if cov is None or mean is None else plus(make("outer", mean, mean), cov)
    if t.op != "pow" or not _declared(t.args[0]) or t.args[1].op != "num":
        return None
    x, k = t.args[0], t.args[1].data
    if k.denominator != 1 or not 2 <= k <= HIGHEST:
        return None
    found = _POWERS[x.data.distribution.name](dict(x.data.law), x, int(k))
    return _averaged(_stretched(found, x))


def bernoulli_power(t: Expr, goal: Expr | None = None) -> Expr | None:
    """A positive power of a Bernoulli symbol is the symbol."""
    whole = t.op == "pow" and _declared(t.args[0]) and t.args[1].op == "num" and t.args[1].data > 0
    return t.args[0] if whole and t.args[0].data.distribution.name == "bernoulli" else None


def _declared(x: Expr) -> bool:
    return x.op == "sym" and bool(x.data.random)


def _power_of_a_normal(law: dict[str, Expr], x: Expr, k: int) -> Expr:
    """Σ over the pairs taken out: (k over 2j) (2j − 1)!! mean^(k−2j) variance^j."""
    mean, variance, _ = _normal(law, x)
    return plus(*(_pairs(k, j, mean, variance) for j in range(k // 2 + 1)))


def _pairs(k: int, j: int, mean: Expr, variance: Expr) -> Expr:
    """The part of E[xᵏ] in which j pairs are taken out."""
    ways = number(Fraction(comb(k, 2 * j) * prod(range(1, 2 * j, 2))))
    powers = [power(base, n) for base, n in ((mean, k - 2 * j), (variance, j)) if n]
    return times(ways, *powers)


def _power_of_a_uniform(law: dict[str, Expr], x: Expr, k: int) -> Expr:
    a, b = law["a"], law["b"]
    return over(minus(power(b, k + 1), power(a, k + 1)), times(number(k + 1), minus(b, a)))


def _stretched(value: Expr, x: Expr) -> Expr:
    return value if value.shape == x.shape else times(value, constant("ones", x.shape))


Moments = tuple[Expr, Expr, Expr | None]


def _bernoulli(law: dict[str, Expr], x: Expr) -> Moments:
    p = law["p"]
    return p, times(p, minus(number(1), p)), None


def _normal(law: dict[str, Expr], x: Expr) -> Moments:
    mean = law.get("mean", number(0))
    if "cov" in law:
        return mean, make("diagonal", law["cov"]) if law["cov"].shape else law["cov"], law["cov"]
    return mean, make("pow", law["std"], number(2)) if "std" in law else number(1), None


def _uniform(law: dict[str, Expr], x: Expr) -> Moments:
    a, b = law["a"], law["b"]
    return over(plus(a, b), number(2)), over(make("pow", minus(b, a), number(2)), number(12)), None


def _one_hot(law: dict[str, Expr], x: Expr) -> Moments:
    q = law["q"]
    cov = minus(diag_of(q), make("outer", q, q)) if len(x.shape) == 1 and q.shape == x.shape else None
    return q, times(q, minus(constant("ones", q.shape), q)), cov


_TABLE: dict[str, Callable[[dict[str, Expr], Expr], Moments]] = {
    "bernoulli": _bernoulli,
    "normal": _normal,
    "rademacher": lambda law, x: (number(0), number(1), None),
    "uniform": _uniform,
    "one_hot": _one_hot,
}

_POWERS: dict[str, Callable[[dict[str, Expr], Expr, int], Expr]] = {
    "bernoulli": lambda law, x, k: law["p"],
    "normal": _power_of_a_normal,
    "rademacher": lambda law, x, k: number(1 - k % 2),
    "uniform": _power_of_a_uniform,
    "one_hot": lambda law, x, k: law["q"],
}
