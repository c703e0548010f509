"""Expectations as a person takes them: linear maps come out, independent factors part, variances add.

The changes here are used through ``rules/moments.py``; each takes the node of an E, Var or Cov.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from symderiv.algebra.building_blocks import diag_of, dot, flip, over, plus, size_of, times
from symderiv.algebra.chains import ends_outside
from symderiv.calculus import gradient, jacobian
from symderiv.errors import LimitError, ReadingError, ShapeError
from symderiv.expressions import Expr, constant, make, number, symbol
from symderiv.operators import members
from symderiv.steps.distributions import has_random_parameters
from symderiv.symbols import Symbol
from symderiv.trees import involved, is_random, leaves, swap
from symderiv.trees import over as rebuilt

LINEAR = ("add", "neg", "T", "tr", "sum", "mean", "diag", "diagonal", "col")
MAPS = members("map")
PRODUCTS = ("mul", "matmul", "outer")


def randomness(e: Expr) -> frozenset[Expr]:
    """The random symbols of an expression."""
    return frozenset(s for s in involved(e) if is_random(s)) if is_random(e) else frozenset()


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
        return _constants_out(t)

    new = inside(e.args[0])
    return None if new is e else new


def _constants_out(t: Expr) -> Expr:
    """E of a product with its constant factors outside: scalars anywhere, matrices at both ends."""
    if t.op == "mul" and not all(map(is_random, t.args)):
        fixed = [a for a in t.args if not is_random(a)]
        return times(*fixed, make("E", times(*(a for a in t.args if is_random(a)))))
    if t.op == "mul" and [len(a.shape) for a in t.args if a.shape] == [1]:  # (i·u) A v is A (i·u) v
        (front, v), others = _leading_constants(next(a for a in t.args if a.shape)), (a for a in t.args if not a.shape)
        return dot(*front, make("E", times(*others, v)))
    if t.op == "outer" and any(a.op == "matmul" for a in t.args):
        (front, u), (back, v) = map(_leading_constants, t.args)
        if front or back:
            return dot(*front, make("E", make("outer", u, v)), *(flip(m) for m in reversed(back)))
    if t.op != "matmul":
        return make("E", t)
    nested = t.args[0].op == "matmul" and len(t.args[0].args[0].shape) == 2
    factors = tuple(ends_outside([*(t.args[0].args if nested else t.args[:1]), *t.args[1:]]))
    loose = [k for k, a in enumerate(factors) if is_random(a)]
    first, last = loose[0], loose[-1] + 1
    if last - first == len(factors):
        return make("E", t)
    return dot(*factors[:first], make("E", dot(*factors[first:last])), *factors[last:])


def _leading_constants(u: Expr) -> tuple[tuple[Expr, ...], Expr]:
    """A vector as constant matrices times a random rest."""
    if u.op != "matmul" or len(u.args[0].shape) < 2:
        return (), u
    first = next((k for k, a in enumerate(u.args) if is_random(a)), 0)
    return u.args[:first], dot(*u.args[first:])


def independent_entries(e: Expr) -> bool:
    """Whether the entries of an array are independent of each other for a reason that stands in it."""
    if e.op == "sym":
        drawn_apart = e.data.random and e.data.distribution.name != "one_hot" and "cov" not in dict(e.data.law)
        return drawn_apart and not has_random_parameters(e)
    if not is_random(e):
        return True
    if e.op in MAPS or e.op in ("neg", "T") or (e.op == "pow" and not is_random(e.args[1])):
        return independent_entries(e.args[0])
    if e.op in ("add", "mul", "div"):
        random = [a for a in e.args if is_random(a)]
        return all(a.shape == e.shape and independent_entries(a) for a in random) and (
            apart(tuple(random)) or len({frozenset(randomness(a)) for a in random}) == 1
        )
    if e.op == "matmul" and len(e.args) == 2 and len(e.shape) == 1:  # rows of a matrix with independent entries
        m, v = e.args
        rows = m.op == "sym" and m.data.random and m.data.distribution.name == "one_hot"
        return len(m.shape) == 2 and not is_random(v) and (rows or independent_entries(m))
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
    if t.op == "matmul":
        return _variance_of_product(t.args)
    if t.op in ("sum", "mean") and independent_entries(t.args[0]):
        summed = make("sum", make("Var", t.args[0]), data=t.data)
        return summed if t.op == "sum" else over(summed, times(_count(t), _count(t)))
    return None


def _count(t: Expr) -> Expr:
    return size_of(t.args[0].shape, t.data if len(t.args[0].shape) > 1 else None)


def _variance_of_sum(t: Expr) -> Expr | None:
    random = tuple(a for a in t.args if is_random(a))
    if len(random) > 1 and not apart(random):
        rest = make("add", *random)
        if len(random) < len(t.args):
            return make("Var", rest) if rest.shape == t.shape else None
        return _variance_of_linear_map(t)
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


def _variance_of_product(factors: tuple[Expr, ...]) -> Expr | None:
    """Var of a product with one random factor: independent entries, or a linear form of a vector."""
    random = [k for k, a in enumerate(factors) if is_random(a)]
    if len(random) != 1:
        return None
    (k,) = random
    loose, ends = factors[k], [dot(*run) for run in (factors[:k], factors[k + 1 :]) if run]
    spread = None
    if loose.op == "diag" and independent_entries(loose.args[0]):
        spread = diag_of(make("Var", loose.args[0]))
    elif independent_entries(loose):
        spread = make("Var", loose)
    if spread is not None:
        squares = [make("pow", end, number(2)) for end in ends]
        return dot(*squares[: int(k > 0)], spread, *squares[int(k > 0) :])
    if len(loose.shape) == 1 and all(len(end.shape) == 1 for end in ends):
        return dot(ends[0], make("Cov", loose), ends[0])
    return None


def _variance_of_linear_map(t: Expr) -> Expr | None:
    """Var of a map that is linear in one random vector, such as x − A x."""
    found = _as_matrix(t)
    if found is None:
        return None
    m, x = found
    if not t.shape:
        return dot(m, make("Cov", x), m)
    return make("diagonal", dot(m, make("Cov", x), flip(m)))


def _as_matrix(t: Expr) -> tuple[Expr, Expr] | None:
    """The matrix of a linear map of one random vector, and that vector."""
    random = randomness(t)
    if len(random) != 1 or len(t.shape) > 1:
        return None
    (x,) = random
    if len(x.shape) != 1:
        return None
    fixed = symbol(Symbol(x.data.name, x.shape))
    try:
        m = (jacobian if t.shape else gradient)(swap(t, lambda s: fixed if s is x else None), fixed)
    except (LimitError, ReadingError, ShapeError):
        return None
    return None if fixed in leaves(m) else (m, x)


def covariance(e: Expr, goal: Expr | None = None) -> Expr | None:
    """Cov of a linear map: the map on both sides; independent entries have a diagonal one."""
    new = _covariance(e.args[0]) if e.op == "Cov" and len(e.args) == 1 and len(e.args[0].shape) == 1 else None
    return None if new is None else swap(new, lambda t: covariance(t) if t.op == "Cov" else None)


def _covariance(t: Expr) -> Expr | None:
    if t.op == "neg":
        return make("Cov", t.args[0])
    if t.op == "add":
        random = tuple(a for a in t.args if is_random(a))
        if any(a.shape != t.shape for a in random) or not random:
            return None
        if len(random) > 1 and not apart(random):
            m, x = _as_matrix(make("add", *random)) or (None, None)
            return None if m is None or x is None else dot(m, make("Cov", x), flip(m))
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
