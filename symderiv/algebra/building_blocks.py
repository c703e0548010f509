"""Small constructors for derived expressions: idle factors are left out, nothing else is changed.

What comes out is put in order by ``tidying.tidy`` afterwards.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

from symderiv.expressions import Expr, combine, constant, dimension, make, negative, number
from symderiv.shapes import Shape


def is_number(e: Expr, value: int) -> bool:
    """Whether an expression is this number."""
    return e.op == "num" and e.data == value


def times(*factors: Expr) -> Expr:
    """Product entry by entry; ones are left out, a constant matrix of ones where another factor has the shape."""
    shape = max((f.shape for f in factors), key=len, default=())
    kept = [f for f in factors if not is_number(f, 1)]
    if len([f for f in kept if f.shape == shape]) > 1:
        kept = [f for f in kept if f.op != "ones" or f.shape != shape] or kept
    return reduce(lambda a, b: combine("mul", a, b), kept) if kept else number(1)


def plus(*terms: Expr) -> Expr:
    """Sum; numbers 0 are left out."""
    kept = [t for t in terms if not is_number(t, 0)]
    return reduce(lambda a, b: combine("add", a, b), kept) if kept else terms[0]


def minus(left: Expr, right: Expr) -> Expr:
    """left − right."""
    return plus(left, negative(right))


def over(left: Expr, right: Expr) -> Expr:
    """left / right."""
    return left if is_number(right, 1) else combine("div", left, right)


def power(base: Expr, k: Fraction | int) -> Expr:
    """base to a rational power."""
    return base if k == 1 else make("pow", base, number(k))


def fit(e: Expr, shape: Shape) -> Expr:
    """Stretch to a shape along the axes that are missing."""
    return e if e.shape == shape else times(e, constant("ones", shape))


def flip(e: Expr) -> Expr:
    """The transpose; a vector or a symmetric matrix is its own."""
    if len(e.shape) < 2 or is_symmetric(e):
        return e
    return e.args[0] if e.op == "T" else make("T", e)


def is_symmetric(e: Expr) -> bool:
    """Whether a matrix is plainly its own transpose."""
    if e.op == "sym":
        return bool(e.data.has("symmetric", "spd", "diagonal"))
    return e.op in ("eye", "diag") or (e.op in ("inv", "T") and is_symmetric(e.args[0]))


def as_column(chain: tuple[Expr, ...]) -> Expr:
    """A product that begins with a vector, x @ A @ B, written Bᵀ Aᵀ x."""
    return dot(*(flip(a) for a in chain[:0:-1]), chain[0])


def factored(e: Expr) -> Expr:
    """A x + B x as (A + B) x, for the terms of a sum that end in the same factor; the same on the left."""
    if e.op != "add":
        return e
    for side in (-1, 0):
        groups: dict[Expr, list[tuple[bool, Expr]]] = {}
        for t in e.args:
            sign, body = (True, t.args[0]) if t.op == "neg" else (False, t)
            if body.op == "matmul":
                groups.setdefault(body.args[side], []).append((sign, body))
        if len(groups) == 1 and len(next(iter(groups.values()))) == len(e.args):
            ((shared, members),) = groups.items()
            rests = [dot(*(b.args[:-1] if side else b.args[1:])) for _, b in members]
            matrices = len(rests[0].shape) == 2 or (side == 0 and len(shared.shape) == 2)
            if len({r.shape for r in rests}) == 1 and matrices:
                inner = plus(*(negative(r) if s else r for (s, _), r in zip(members, rests, strict=True)))
                return dot(inner, shared) if side else dot(shared, inner)
    return e


def dot(*operands: Expr) -> Expr:
    """Matrix product; identity matrices are left out."""
    kept = [o for o in operands if o.op != "eye"] or list(operands[:1])
    return reduce(lambda a, b: combine("matmul", a, b) if a.shape and b.shape else combine("mul", a, b), kept)


def total(e: Expr, axis: int | None) -> Expr:
    """Sum over an axis, or over all."""
    if not e.shape:
        return e
    return make("sum", e, data=None if len(e.shape) == 1 else axis)


def size_of(shape: Shape, axis: int | None) -> Expr:
    """How many entries are summed."""
    return times(*(dimension(d) for d in (shape if axis is None else (shape[axis],))))


def average(e: Expr, axis: int | None) -> Expr:
    """Mean over an axis, or over all."""
    return make("mean", e, data=axis)


def column_of(v: Expr) -> Expr:
    """A vector as a column."""
    return make("col", v)


def diag_of(v: Expr) -> Expr:
    """The diagonal matrix of a vector."""
    return make("diag", v)


def diagonal_of(m: Expr) -> Expr:
    """The diagonal of a square matrix."""
    return make("diagonal", m)


def outer_of(u: Expr, v: Expr) -> Expr:
    """u vᵀ."""
    return make("outer", u, v)
