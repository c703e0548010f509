"""Expectations as a person takes them: linear maps come out, independent factors part, variances add.

The changes here are used through ``rules/moments.py``; each takes the node of an E, Var or Cov.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from symderiv.algebra.building_blocks import diag_of, dot, flip, minus, over, plus, size_of, times
from symderiv.expressions import Expr, constant, make, number
from symderiv.trees import is_random, leaves, swap
from symderiv.trees import over as rebuilt

LINEAR = ("add", "neg", "T", "tr", "sum", "mean", "diag", "diagonal", "col")
PRODUCTS = ("mul", "matmul", "outer")


def randomness(e: Expr) -> frozenset[Expr]:
    """The random symbols of an expression."""
    return frozenset(s for s in leaves(e) if is_random(s)) if is_random(e) else frozenset()


def apart(factors: tuple[Expr, ...]) -> bool:
    """Whether no random symbol occurs in two factors."""
    seen: set[Expr] = set()
    for f in factors:
        own = randomness(f)
        if own & seen:
            return False
        seen |= own
    return True


def linear_mean(e: Expr, goal: Expr | None = None) -> Expr | None:
    """E of a linear map: sums apart, constants out."""
    return _mean(e, lambda factors: sum(map(is_random, factors)) == 1)


def independent_mean(e: Expr, goal: Expr | None = None) -> Expr | None:
    """E of a product of independent factors."""
    return _mean(e, apart)


def _mean(e: Expr, splits: Callable[[tuple[Expr, ...]], bool]) -> Expr | None:
    if e.op != "E":
        return None

    def inside(t: Expr) -> Expr:
        if not is_random(t):
            return t
        if t.op in LINEAR or (t.op in PRODUCTS and splits(t.args)):
            return rebuilt(t, tuple(inside(a) for a in t.args))
        if t.op == "div" and not is_random(t.args[1]):
            return make("div", inside(t.args[0]), t.args[1])
        return make("E", t)

    new = inside(e.args[0])
    return None if new is e else new


def independent_entries(e: Expr) -> bool:
    """Whether the entries of an array are independent of each other for a reason that stands in it."""
    if e.op == "sym":
        law = dict(e.data.law)
        return e.data.random and e.data.distribution.name != "one_hot" and "cov" not in law
    if not is_random(e):
        return True
    if e.op in ("neg", "T") or (e.op == "pow" and not is_random(e.args[1])):
        return independent_entries(e.args[0])
    if e.op in ("add", "mul", "div"):
        random = [a for a in e.args if is_random(a)]
        return all(a.shape == e.shape and independent_entries(a) for a in random) and (
            apart(tuple(random)) or len({frozenset(randomness(a)) for a in random}) == 1
        )
    if e.op == "matmul" and len(e.args) == 2 and len(e.shape) == 1:  # rows of a matrix with independent entries
        m, v = e.args
        return len(m.shape) == 2 and not is_random(v) and independent_entries(m)
    return False


def variance(e: Expr, goal: Expr | None = None) -> Expr | None:
    """Var of constants, multiples and sums of independent terms, as far inwards as that goes."""
    new = _variance(e) if e.op == "Var" else None
    return None if new is None else swap(new, lambda t: variance(t) if t.op == "Var" else None)


def _variance(e: Expr) -> Expr | None:
    t = e.args[0]
    if not is_random(t):
        return constant("zeros", t.shape) if t.shape else number(0)
    if t.op == "neg":
        return make("Var", t.args[0])
    if t.op == "T":
        return flip(make("Var", t.args[0]))
    if t.op == "add":
        return _variance_of_sum(t)
    if t.op in ("mul", "div", "outer"):
        return _variance_of_multiple(t)
    if t.op == "matmul" and len(t.args) == 2:
        return _variance_of_product(*t.args)
    if t.op in ("sum", "mean") and independent_entries(t.args[0]):
        summed = make("sum", make("Var", t.args[0]), data=t.data)
        return summed if t.op == "sum" else over(summed, times(_count(t), _count(t)))
    return None


def _count(t: Expr) -> Expr:
    return size_of(t.args[0].shape, t.data if len(t.args[0].shape) > 1 else None)


def _variance_of_sum(t: Expr) -> Expr | None:
    random = tuple(a for a in t.args if is_random(a))
    if len(random) == len(t.args) and not apart(random):
        return None
    if len(random) > 1 and not apart(random):
        rest = make("add", *random)
        return make("Var", rest) if rest.shape == t.shape else None
    if any(a.shape != t.shape for a in random):
        return None
    return plus(*(make("Var", a) for a in random))


def _variance_of_multiple(t: Expr) -> Expr | None:
    constants = [a for a in t.args if not is_random(a)]
    random = [a for a in t.args if is_random(a)]
    if not constants or len(random) != 1 or (t.op == "div" and is_random(t.args[1])):
        return None
    if t.op == "outer":
        return make("outer", *(make("Var", a) if is_random(a) else make("pow", a, number(2)) for a in t.args))
    squares = [make("pow", a, number(2)) for a in constants]
    if t.op == "div":
        return over(make("Var", random[0]), squares[0])
    return times(*squares, make("Var", random[0]))


def _variance_of_product(a: Expr, b: Expr) -> Expr | None:
    if is_random(a) and is_random(b):
        return None
    loose, fixed = (a, b) if is_random(a) else (b, a)
    if loose.op == "diag" and len(fixed.shape) == 2:
        square, spread = make("pow", fixed, number(2)), diag_of(make("Var", loose.args[0]))
        return dot(spread, square) if loose is a else dot(square, spread)
    if independent_entries(loose):
        square, spread = make("pow", fixed, number(2)), make("Var", loose)
        return dot(spread, square) if loose is a else dot(square, spread)
    if len(loose.shape) == 1 and len(fixed.shape) == 1:
        return dot(fixed, make("Cov", loose), fixed)
    return None


def covariance(e: Expr, goal: Expr | None = None) -> Expr | None:
    """Cov of a linear map: the map on both sides; independent entries have a diagonal one."""
    new = _covariance(e.args[0]) if e.op == "Cov" and len(e.args) == 1 and len(e.args[0].shape) == 1 else None
    return None if new is None else swap(new, lambda t: covariance(t) if t.op == "Cov" else None)


def _covariance(t: Expr) -> Expr | None:
    if t.op == "neg":
        return make("Cov", t.args[0])
    if t.op == "add":
        random = tuple(a for a in t.args if is_random(a))
        if any(a.shape != t.shape for a in random) or not random or (len(random) > 1 and not apart(random)):
            return None
        return plus(*(make("Cov", a) for a in random)) if len(t.args) > 1 else None
    if t.op == "matmul" and len(t.args) >= 2 and is_random(t.args[-1]) and not any(map(is_random, t.args[:-1])):
        front = dot(*t.args[:-1])
        if len(t.args[-1].shape) == 1:
            return dot(front, make("Cov", t.args[-1]), flip(front))
    if t.op in ("mul", "div"):
        fixed, loose = [a for a in t.args if not is_random(a)], [a for a in t.args if is_random(a)]
        if len(loose) == 1 and fixed and loose[0].shape == t.shape and not (t.op == "div" and loose[0] is t.args[1]):
            return _scaled_covariance(t, fixed, loose[0])
    return diag_of(make("Var", t)) if independent_entries(t) else None


def _scaled_covariance(t: Expr, fixed: list[Expr], random: Expr) -> Expr:
    inner = make("Cov", random)
    scale = reduce(times, fixed) if t.op == "mul" else over(number(1), fixed[0])
    if not scale.shape:
        return times(make("pow", scale, number(2)), inner)
    return times(make("outer", scale, scale), inner)


def moment_of_a_symbol(e: Expr, goal: Expr | None = None) -> Expr | None:
    """Mean, variance and covariance of a declared random symbol, from its distribution."""
    if e.op not in ("E", "Var", "Cov") or len(e.args) != 1 or e.args[0].op != "sym" or not e.args[0].data.random:
        return None
    x = e.args[0]
    law = dict(x.data.law)
    mean, spread, cov = _TABLE[x.data.distribution.name](law, x)
    if e.op == "E":
        return _stretched(mean, x)
    if e.op == "Var":
        return _stretched(spread, x)
    return cov if cov is not None else diag_of(_stretched(spread, x)) if len(x.shape) == 1 else None


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
