"""Sums and functions that have a shorter name: squares completed, variances, signs, odd and even functions.

Each law proposes; what it proposes is taken where it is shorter (``algebra/shortening.py``), and proved there
where it is given out.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, permutations
from math import isqrt

from symderiv.algebra.building_blocks import diag_of, dot, plus, times
from symderiv.algebra.terms import DIAGONAL, KEEP, Scalars, joined, write
from symderiv.algebra.tidying import ordered, settled, terms
from symderiv.errors import LimitError
from symderiv.expressions import Expr, dimension, make, negative, number
from symderiv.trees import operators

TWO = Fraction(2)
_PARITY = {"tanh": -1, "erf": -1, "sin": -1, "sign": -1, "cos": 1, "abs": 1, "norm": 1, "norm1": 1}


def signed(e: Expr) -> Expr:
    """tanh(−u) as −tanh(u), cos(−u) as cos(u); any other expression itself."""
    if e.op not in _PARITY or e.args[0].op != "neg":
        return e
    bare = make(e.op, e.args[0].args[0])
    return bare if _PARITY[e.op] > 0 else negative(bare)


def recognised(e: Expr) -> Iterator[Expr]:
    """What the laws of sums below make of a sum; each is about an operator that must occur."""
    there = operators(e)
    for op, law in _SUMS:
        if op in there:
            yield from law(e)


def squares_completed(e: Expr) -> Iterator[Expr]:
    """‖u‖² + ‖v‖² ± 2 u·v = ‖u ± v‖², whatever scalars stand in front of the squares."""
    found = [(k, found) for k, t in enumerate(e.args) if (found := _square(t, "norm")) is not None]
    for (i, (f, u)), (j, (g, v)) in permutations(found, 2):
        root = _root(_quotient(g, f)) if u.shape == v.shape else None
        if root is None:
            continue
        whole, front = number(root[0].denominator), write((f[0] / root[0].denominator ** 2, f[1], None), KEEP)
        a, b = times(whole, u), times(write((root[0] * root[0].denominator, root[1], None), KEEP), v)
        inner = dot(a, b) if len(u.shape) == 1 else make("sum", times(a, b))
        for k, sign in _where(e, times(number(2), front, inner), (i, j)):
            norm = make("norm", plus(a, b if sign > 0 else negative(b)))
            yield _with(e, (i, j, k), times(front, make("pow", norm, number(2))))


def spread_about_the_mean(e: Expr) -> Iterator[Expr]:
    """‖a‖² − (Σa)²/n = n var(a), the scalars in front of both alike."""
    for i, t in enumerate(e.args):
        front, a = _square(t, "norm") or (None, None)
        if front is None or a is None or len(a.shape) != 1:
            continue
        n, c = dimension(a.shape[0]), write((*front, None), KEEP)
        for k, sign in _where(e, times(c, make("pow", make("sum", a), number(2)), make("pow", n, number(-1))), (i,)):
            if sign < 0:
                yield _with(e, (i, k), times(c, n, make("var", a)))


def sign_of_a_step(e: Expr) -> Iterator[Expr]:
    """2 step(u) − 1 = sign(u)."""
    if len(e.args) == 2:
        first, last = e.args
        steps = [t for t in first.args if t.op == "step"] if first.op == "mul" else []
        if len(steps) == 1 and first is 2 * steps[0] and last is number(-1):
            yield make("sign", steps[0].args[0])


def diagonals_joined(e: Expr) -> Iterator[Expr]:
    """diag(u) − diag(v) = diag(u − v)."""
    bare = [t.args[0] if t.op == "neg" else t for t in e.args]
    if all(b.op == "diag" for b in bare):
        signed = (negative(b.args[0]) if t.op == "neg" else b.args[0] for t, b in zip(e.args, bare, strict=True))
        yield diag_of(plus(*signed))


def outer_products_joined(e: Expr) -> Iterator[Expr]:
    """u vᵀ + u wᵀ = u (v + w)ᵀ, and the same on the right."""
    bare = [t.args[0] if t.op == "neg" else t for t in e.args]
    found = [(k, b.args, t is b) for k, (t, b) in enumerate(zip(e.args, bare, strict=True)) if b.op == "outer"]
    for (i, first, plain), (j, second, other) in combinations(found, 2):
        for side in (0, 1):
            opposite = first[side] is not second[side]
            if opposite and first[side] is not settled(negative(second[side])):
                continue
            rest = second[1 - side] if (plain == other) != opposite else negative(second[1 - side])
            ends = (first[side], settled(plus(first[1 - side], rest)))
            whole = make("outer", *ends[:: -1 if side else 1])
            yield _with(e, (i, j), whole if plain else negative(whole))


Front = tuple[Fraction, Scalars]


def _square(t: Expr, op: str) -> tuple[Front, Expr] | None:
    """A term as a scalar in front of the square of one norm."""
    if not any(a.op == "pow" for a in _factors(t)):
        return None
    parts = terms(t, KEEP)
    if len(parts) != 1 or parts[0][2] is not None:
        return None
    c, scalars, _ = parts[0]
    found = [b for b, k in scalars.items() if b.op == op and k == 2]
    return ((c, joined(scalars, {found[0]: -TWO})), found[0].args[0]) if len(found) == 1 else None


def _factors(t: Expr) -> Iterator[Expr]:
    yield t
    if t.op in ("neg", "mul", "div"):
        for a in t.args:
            yield from _factors(a)


def _quotient(top: Front, bottom: Front) -> Front:
    return top[0] / bottom[0], joined(top[1], {b: -k for b, k in bottom[1].items()})


def _root(front: Front) -> Front | None:
    """The root of a quotient of scalars where it is rational, without a division."""
    c, scalars = front
    if c <= 0 or any(k < 0 or k % 2 for k in scalars.values()):
        return None
    top, bottom = isqrt(c.numerator), isqrt(c.denominator)
    exact = top**2 == c.numerator and bottom**2 == c.denominator
    return (Fraction(top, bottom), {b: k / 2 for b, k in scalars.items()}) if exact else None


def _where(e: Expr, wanted: Expr, used: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """The terms of a sum that equal an expression, with 1, or its negative, with −1."""
    try:
        goals = {ordered(wanted, DIAGONAL): 1, ordered(negative(wanted), DIAGONAL): -1}
        for k, t in enumerate(e.args):
            if k not in used and (sign := goals.get(ordered(t, DIAGONAL))):
                yield k, sign
    except (LimitError, ValueError):
        return


def _with(e: Expr, gone: tuple[int, ...], new: Expr) -> Expr:
    """A sum with some of its terms taken together."""
    return plus(new, *(t for k, t in enumerate(e.args) if k not in gone))



_SUMS = (
    ("norm", squares_completed),
    ("norm", spread_about_the_mean),
    ("step", sign_of_a_step),
    ("diag", diagonals_joined),
    ("outer", outer_products_joined),
)
MARKS = frozenset(op for op, _ in _SUMS)
