"""Matrix notation put in order: numbers folded, signs and scalars in front, like terms together.

``tidy`` is what a reader does without a second thought and keeps the order in
which things stand.  ``ordered`` goes on to a fixed order, by the laws up to a
level of ``algebra/terms.py``; two expressions that agree at a level differ by those laws
only.  Nothing here decides anything: every step is certified elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import product as choices
from math import gcd, lcm

from symderiv.algebra import axes, chains
from symderiv.algebra.linear_maps import applied
from symderiv.algebra.terms import (
    AXES,
    DIAGONAL,
    EXPAND,
    FLIP,
    INNER,
    KEEP,
    ORDER,
    Term,
    assemble,
    atom,
    joined,
    multiplied,
    powered,
    too_many,
)  # fmt: skip
from symderiv.errors import LimitError
from symderiv.expressions import Expr, constant, dimension, make
from symderiv.operators import members
from symderiv.shapes import Shape
from symderiv.trees import over

ONE = Fraction(1)
MAPS = members("map")


def tidy(e: Expr) -> Expr:
    """The expression without idle parts: numbers folded, zeros and identities gone, like terms collected.

    >>> from symderiv.scope import declare
    >>> c = declare(X="matrix(n, d)", w="vector(d)")
    >>> str(tidy(c.read("X @ (2*w) + 0*(X @ w) - X @ eye(d) @ w")))
    'X@w'
    """
    return ordered(e, KEEP)


def settled(e: Expr) -> Expr:
    """Tidied, or as it stands where that would grow beyond what anyone reads."""
    try:
        return tidy(e)
    except (LimitError, ValueError):
        return e


@lru_cache(maxsize=50_000)
def ordered(e: Expr, level: int) -> Expr:
    """The representative of an expression at a level: equal trees are equal by the laws up to that level."""
    return assemble(terms(e, level), e.shape, level)


@lru_cache(maxsize=50_000)
def terms(e: Expr, level: int) -> tuple[Term, ...]:
    """The terms of an expression; every part in order at the level."""
    case = _CASES.get(e.op)
    found = case(e, level) if case is not None else _other(e, level)
    if level < ORDER:
        return tuple(found)
    return tuple((c, scalars, _in_order(core, e.shape, level)) for c, scalars, core in found)


def _in_order(core: Expr | None, shape: Shape, level: int) -> Expr | None:
    if level >= AXES and len(shape) == 2 and core is not None:
        return axes.spelled(core, shape)
    return chains.in_order(core, shape, level >= INNER)


# values at zero and one that everybody knows
AT_ZERO = {"exp": 1, "cos": 1, "sin": 0, "tanh": 0, "sqrt": 0, "erf": 0, "abs": 0, "norm": 0, "norm1": 0}

AT_ONE = {"log": 0, "sqrt": 1, "abs": 1, "sign": 1, "step": 1, "relu": 1}


def _other(e: Expr, level: int) -> list[Term]:
    """A part that is not looked into, its own parts in order; a known value at zero is put in."""
    if e.op in MAPS and e.shape and (equal := _equal_entries(e.args[0], level)) is not None:
        found = terms(make(e.op, equal), level)
        return [(c, scalars, constant("ones", e.shape)) for c, scalars, _ in found]
    args = tuple(ordered(a, level) for a in e.args)
    if e.op in AT_ZERO and (args[0].op == "zeros" or (args[0].op == "num" and not args[0].data)):
        value = Fraction(AT_ZERO[e.op])
        return [(value, {}, constant("ones", e.shape) if e.shape else None)] if value else []
    if e.op in AT_ONE and args[0].op == "num" and args[0].data == 1:
        return [(Fraction(AT_ONE[e.op]), {}, None)] if AT_ONE[e.op] else []
    return [atom(over(e, args))]


def _equal_entries(e: Expr, level: int) -> Expr | None:
    """The scalar that every entry of an array equals, if that is plain."""
    parts = terms(e, level)
    plain = parts and all(core is None or core.op == "ones" for _, _, core in parts)
    return assemble([(c, scalars, None) for c, scalars, _ in parts], (), level) if plain else None


def factor(e: Expr, level: int) -> Term:
    """An expression as one factor: the rational content and sign of a sum in front, the rest a single part."""
    parts = terms(e, level)
    if len(parts) == 1:
        return parts[0]
    whole = assemble(parts, e.shape, level)
    if whole.op != "add":
        again = terms(whole, level)
        return again[0] if len(again) == 1 else (Fraction(0), {}, None) if not again else atom(whole)
    c = ONE
    if level >= ORDER:
        c = Fraction(reduce(gcd, (abs(t[0]).numerator for t in parts)), reduce(lcm, (t[0].denominator for t in parts)))
        first = whole.args[0]
        if first.op == "neg" or (first.op == "num" and first.data < 0):
            c = -c
    scaled = assemble([(t[0] / c, t[1], t[2]) for t in parts], e.shape, level)
    found, scalars, core = atom(scaled)
    return (found * c, scalars, core)


def _many(args: tuple[Expr, ...], level: int) -> list[tuple[Term, ...]]:
    """Each argument as its terms where products are expanded, else as one factor."""
    if level >= EXPAND:
        parts = [terms(a, level) for a in args]
        if not too_many(parts):
            return parts
    return [(factor(a, level),) for a in args]


def _num(e: Expr, level: int) -> list[Term]:
    return [(e.data, {}, None)] if e.data else []


def _zeros(e: Expr, level: int) -> list[Term]:
    return []


def _neg(e: Expr, level: int) -> list[Term]:
    return [(-c, s, a) for c, s, a in terms(e.args[0], level)]


def _add(e: Expr, level: int) -> list[Term]:
    return [t for a in e.args for t in terms(a, level)]


def _mul(e: Expr, level: int) -> list[Term]:
    return [reduce(multiplied, pick) for pick in choices(*_many(e.args, level))]


def _div(e: Expr, level: int) -> list[Term]:
    below = powered(factor(e.args[1], level), Fraction(-1))
    parts = terms(e.args[0], level)
    if level < ORDER and (below[1] or below[2] is not None):  # a sum over a common denominator stays one fraction
        parts = (factor(e.args[0], level),)
    return [multiplied(t, below) for t in parts]


def _pow(e: Expr, level: int) -> list[Term]:
    base, exponent = e.args
    k = exponent.data if exponent.op == "num" else None
    if k is None:
        return [atom(over(e, tuple(ordered(a, level) for a in e.args)))]
    if k == 0:
        return [(ONE, {}, None)]
    if k.denominator != 1:
        return [atom(over(e, (ordered(base, level), exponent)))]
    if level >= INNER and base.op == "norm" and k % 2 == 0:
        base, k = _norm_squared(base.args[0]), k / 2
        if k == 1:
            return list(terms(base, level))
    parts = terms(base, level)
    if level >= EXPAND and 1 < k <= 4 and len(parts) > 1 and not too_many([parts] * int(k)):
        return [reduce(multiplied, pick) for pick in choices(*[parts] * int(k))]
    return [powered(factor(base, level), k)]


def _norm_squared(u: Expr) -> Expr:
    return u @ u if len(u.shape) == 1 else make("tr", make("matmul", make("T", u), u))


def _matmul(e: Expr, level: int) -> list[Term]:
    out: list[Term] = []
    for pick in choices(*_many(e.args, level)):
        c = reduce(lambda x, t: x * t[0], pick, ONE)
        if not c:
            continue
        scalars: dict[Expr, Fraction] = reduce(joined, (t[1] for t in pick), {})
        cores = [t[2] if t[2] is not None else chains.spread(a.shape) for t, a in zip(pick, e.args, strict=True)]
        out += _product(
            c, scalars, [chains.widened(k, a.shape) for k, a in zip(cores, e.args, strict=True)], level
        )
    return out


def _product(c: Fraction, scalars: dict[Expr, Fraction], cores: list[Expr], level: int) -> list[Term]:
    """A matrix product of parts, with every scalar that comes loose in front."""
    if level >= AXES:
        cores = [f for core in cores for f in axes.factors(core)]
    found, loose = chains.chain(cores, flip=level >= FLIP, inner=level >= INNER, diagonal=level >= DIAGONAL)
    if level >= AXES:
        again = [((c, scalars, None),), *(terms(s, level) for s in loose), _ended(found, level)]
        return [reduce(multiplied, pick) for pick in choices(*again)]
    for s in loose:
        scalars = joined(scalars, {s: ONE})
    if not found.shape:
        return [(c, joined(scalars, {found: ONE}), None)]
    return [(c, scalars, found)]


def _ended(chain: Expr, level: int) -> tuple[Term, ...]:
    """A product of matrices with ones at its ends as sums."""
    again = axes.without_ones(chain.args) if chain.op == "matmul" else chain
    return terms(again, level) if again is not chain or again.op in ("outer", "sum") else (atom(again),)


def _transposed(e: Expr, level: int) -> list[Term]:
    if len(e.shape) < 2:
        return list(terms(e.args[0], level))
    rows = e.args[0].shape[:1]
    parts = terms(e.args[0], level)
    if level >= AXES:
        return [(c, s, None if a is None else axes.transposed(a, e.args[0].shape)) for c, s, a in parts]
    return [(c, s, None if a is None else chains.flipped(chains.as_matrix(a, rows))) for c, s, a in parts]


def _linear(e: Expr, level: int) -> list[Term]:
    """A linear map: scalars out, and sums apart where products are expanded."""
    inner = e.args[0]
    parts = terms(inner, level) if level >= EXPAND else (factor(inner, level),)
    out: list[Term] = []
    for c, scalars, core in parts:
        if not c:
            continue
        body = chains.widened(core if core is not None else chains.spread(inner.shape), inner.shape)
        whole = over(e, (body,))
        if level >= AXES and e.op == "sum" and (new := axes.summed(whole)) is not whole:
            out += [(c * d, joined(scalars, s), a) for d, s, a in terms(new, level)]
            continue
        found = applied(whole, inner=level >= INNER, diagonal=level >= DIAGONAL)
        if found.op in _CASES and found.op != e.op:
            out += [(c * d, joined(scalars, s), a) for d, s, a in terms(found, level)]
        elif found.shape:
            out.append((c, scalars, found))
        else:
            out.append((c, joined(scalars, {found: ONE}), None))
    return out


def _mean(e: Expr, level: int) -> list[Term]:
    if level < DIAGONAL:
        return _linear(e, level)
    shape = e.args[0].shape
    sizes = shape if e.data is None else (shape[e.data],)
    total = make("sum", e.args[0], data=e.data)
    return list(terms(reduce(lambda t, d: t / dimension(d), sizes, total), level))


def _outer(e: Expr, level: int) -> list[Term]:
    out: list[Term] = []
    for pick in choices(*_many(e.args, level)):
        u, v = (
            chains.widened(t[2] if t[2] is not None else chains.spread(a.shape), a.shape)
            for t, a in zip(pick, e.args, strict=True)
        )
        out.append((pick[0][0] * pick[1][0], joined(pick[0][1], pick[1][1]), make("outer", u, v)))
    return [t for t in out if t[0]]


_CASES: dict[str, Callable[[Expr, int], list[Term]]] = {
    "num": _num,
    "zeros": _zeros,
    "neg": _neg,
    "add": _add,
    "mul": _mul,
    "div": _div,
    "pow": _pow,
    "matmul": _matmul,
    "T": _transposed,
    "outer": _outer,
    "tr": _linear,
    "sum": _linear,
    "mean": _mean,
    "diag": _linear,
    "diagonal": _linear,
    "col": _linear,
}
