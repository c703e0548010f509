"""How a derivative is written: several ways are proposed, the shortest that is proved equal is taken."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache, reduce
from math import gcd, lcm

from symderiv.algebra.building_blocks import factored, times
from symderiv.algebra.building_blocks import over as divided
from symderiv.algebra.terms import EXPAND, KEEP, Scalars, Term, assemble, write
from symderiv.algebra.tidying import ordered, terms, tidy
from symderiv.deciding.clearing import vanishes
from symderiv.errors import LimitError, RandomnessError
from symderiv.expressions import Expr, constant, make, negative
from symderiv.indexed import lower
from symderiv.kernel.arithmetic import subtract
from symderiv.trees import over, paths, size

READABLE, EXPANDABLE = 400, 60  # operations


@lru_cache(maxsize=10_000)
def presented(e: Expr) -> Expr:
    """The shortest of several ways to write an expression that the kernel proves equal to it.

    What is too long to be read is left as it is.

    >>> from symderiv.scope import declare
    >>> c = declare(P="matrix(n, q)", Y="matrix(n, q)", W="matrix(k, q)")
    >>> str(presented(c.read("(-Y/n + P/n) @ W.T")))
    '(P - Y)@W.T/n'
    """
    if size(e) > READABLE:
        return e
    seen: dict[Expr, None] = {}
    for change in _CHANGES:
        for known in (e, *seen):
            seen.setdefault(_tried(change, known), None)
    for proposal in sorted(seen, key=_effort):
        if proposal is e or equal(e, proposal):
            return proposal
    return e


def _effort(e: Expr) -> tuple[int, int]:
    """How hard an expression is to read: its size, then how many signs, quotients and means of multiples are deep."""
    multiples = sum(t.op == "E" and any(a.op == "num" for a in t.args[0].args) for _, t in paths(e))
    return size(e), multiples + sum(t.op in ("div", "neg") for path, t in paths(e) if path)


def equal(a: Expr, b: Expr) -> bool:
    """Whether the kernel proves two expressions equal for all sizes."""
    try:
        return vanishes(subtract(lower(a), lower(b))) is not None
    except (LimitError, RandomnessError):
        return False


def _tried(change: Callable[[Expr], Expr], e: Expr) -> Expr:
    try:
        return change(e)
    except (LimitError, ValueError):
        return e


def _common_ends(e: Expr) -> Expr:
    """Sums with a common end put together, from the leaves up."""
    return factored(over(e, tuple(map(_common_ends, e.args))))


def _without_ones(e: Expr) -> Expr:
    """Columns of ones beside a full matrix left out: ``col(ones(n)) * M`` is M; rows of a simplex sum to one."""
    args = tuple(map(_without_ones, e.args))
    if e.op == "sum" and e.data == 1 and args[0].op == "sym" and args[0].data.has("simplex"):
        return constant("ones", e.shape)
    if e.op == "mul":
        kept = [a for a in args if not (a.op == "ones" or (a.op == "col" and a.args[0].op == "ones"))]
        if kept and any(a.shape == e.shape for a in kept):
            return kept[0] if len(kept) == 1 else make("mul", *kept)
    return over(e, args)


def _expanded(e: Expr) -> Expr:
    return ordered(e, EXPAND) if size(e) <= EXPANDABLE else e  # products of sums double with every layer


def _scalars_out(e: Expr) -> Expr:
    """A symbol or size that every term of a sum is multiplied or divided by in front: ``(P - Y)/n``."""
    e = over(e, tuple(map(_scalars_out, e.args)))
    if e.op in _LINEAR:
        return _to_the_front(e, lambda a: not a.shape)
    if e.op == "E":  # a scalar may be random, a number or a size is not
        return _to_the_front(e, lambda a: a.op in ("num", "dim"))
    if e.op != "add" or not e.shape:
        return e
    parts = terms(e, KEEP)
    if len(parts) < 2 or any(core is None for _, _, core in parts):
        return e
    shared = reduce(_shared, (scalars for _, scalars, _ in parts))
    if not shared:
        return e
    number = Fraction(
        reduce(gcd, (c.numerator for c, _, _ in parts)), reduce(lcm, (c.denominator for c, _, _ in parts))
    )
    rests: list[Term] = [
        (c / number, {b: k - shared.get(b, 0) for b, k in s.items() if k != shared.get(b, 0)}, core)
        for c, s, core in parts
    ]
    inner = assemble(sorted(rests, key=lambda term: term[0] < 0), e.shape, KEEP)
    return write((number, shared, inner), KEEP)


# linear in every argument: scalar factors and denominators may stand in front
_LINEAR = frozenset({"matmul", "mul", "T", "sum", "outer", "col", "diag", "diagonal", "tr"})


def _to_the_front(e: Expr, free: Callable[[Expr], bool]) -> Expr:
    """Signs, and factors and denominators that are ``free``, of the arguments of a linear operator in front of it."""
    tops: list[Expr] = []
    bottoms: list[Expr] = []
    cores = []
    sign = 1
    for core in e.args:
        while core.op == "neg" or (core.op == "div" and free(core.args[1])) or _is_scaled(core, free):
            if core.op == "neg":
                sign, core = -sign, core.args[0]
            elif core.op == "div":
                bottoms.append(core.args[1])
                core = core.args[0]
            else:
                tops += [a for a in core.args if free(a)]
                core = times(*(a for a in core.args if not free(a)))
        cores.append(core)
    found = times(*tops, make(e.op, *cores, data=e.data))
    found = divided(found, times(*bottoms)) if bottoms else found
    return negative(found) if sign < 0 else found


def _is_scaled(e: Expr, free: Callable[[Expr], bool]) -> bool:
    return e.op == "mul" and any(map(free, e.args)) and not all(map(free, e.args))


def _shared(left: Scalars, right: Scalars) -> Scalars:
    return {b: k if abs(k) < abs(right[b]) else right[b] for b, k in left.items() if b in right and k * right[b] > 0}


def _positive_first(e: Expr) -> Expr:
    """Differences of single symbols with the positive one in front: ``y - h`` for ``-h + y``."""
    e = over(e, tuple(map(_positive_first, e.args)))
    plain = e.op == "add" and all(not (t.args[0] if t.op == "neg" else t).args for t in e.args)
    return make("add", *sorted(e.args, key=lambda t: t.op == "neg")) if plain else e


_CHANGES = (tidy, _without_ones, _expanded, _without_ones, tidy, _scalars_out, tidy, _common_ends, _positive_first)
