"""Results made as short as a person leaves them: what cancels is cancelled, common factors stand once.

Every law here is a proposal for one node whose parts are short already; the shortest form wins, and a
form that is no shorter is not taken.  Nothing here decides anything: ``calculus`` has the kernel prove
what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache, reduce
from math import gcd, lcm

from symderiv.algebra.building_blocks import dot, factored, plus, times
from symderiv.algebra.folding import folded, powers_of, product_of
from symderiv.algebra.terms import DIAGONAL, EXPAND, KEEP, Scalars, joined
from symderiv.algebra.tidying import normal, settled, terms
from symderiv.errors import LimitError
from symderiv.expressions import Expr, make, number
from symderiv.trees import over

Law = Callable[[Expr], Iterator[Expr]]
ONE = number(1)
MOST_OPERATIONS = 400  # longer results are left as they are


@lru_cache(maxsize=50_000)
def operations(e: Expr) -> int:
    """How many operations an expression takes to write."""
    return sum(map(operations, e.args)) + (max(1, len(e.args) - 1) if e.args else 0)


def shortened(e: Expr) -> Expr:
    """The expression with its parts made short, from the leaves up.

    >>> from symderiv.scope import declare
    >>> c = declare(z="vector(k)", t="vector(k)", X="matrix(n, n)")
    >>> str(shortened(c.read("softmax(z)*(1 - t/softmax(z))")))
    'softmax(z) - t'
    >>> str(shortened(c.read("2*(X + X.T) + 2*(X.T + X)")))
    '4*(X + X.T)'
    """
    return e if operations(e) > MOST_OPERATIONS else _short(e)


@lru_cache(maxsize=20_000)
def _short(e: Expr) -> Expr:
    if not e.args:
        return e
    best = settled(over(e, tuple(map(_short, e.args))))
    return _improved(best, _LAWS)


def _improved(best: Expr, laws: dict[str, tuple[Law, ...]]) -> Expr:
    """The best form that the laws reach, each step shorter than the one before."""
    found = min(_proposals(best, laws), key=operations, default=best)
    return _improved(found, laws) if operations(found) < operations(best) else best


def _proposals(e: Expr, laws: dict[str, tuple[Law, ...]]) -> Iterator[Expr]:
    body = e.args[0] if e.op == "neg" else e
    for law in laws.get(body.op, ()):
        for found in law(body):
            if found.shape == e.shape:
                yield settled(found if body is e else make("neg", found))


def _expanded(e: Expr) -> Iterator[Expr]:
    """Products of sums multiplied out."""
    try:
        yield normal(e, EXPAND)
    except (LimitError, ValueError):
        return


def _reduced(e: Expr) -> Iterator[Expr]:
    """Traces, sums and diagonals of products in their shortest form."""
    try:
        yield normal(e, DIAGONAL)
    except (LimitError, ValueError):
        return


def _common(e: Expr) -> Iterator[Expr]:
    """The number, the scalars and the entrywise factors that every term has, in front of the sum of the rest."""
    spelled = [powers_of(t) for t in terms(e, KEEP)]
    if len(spelled) < 2:
        return
    scalars = _shared([s for _, s, _ in spelled])
    arrays = _shared([a for _, _, a in spelled])
    tops, bottoms = zip(*((abs(c).numerator, c.denominator) for c, _, _ in spelled), strict=True)
    content = Fraction(reduce(gcd, tops), reduce(lcm, bottoms))
    if not scalars and not arrays and content == 1:
        return
    inner = plus(
        *(product_of(c / content, joined(s, _opposite(scalars)), joined(a, _opposite(arrays)), e) for c, s, a in spelled)
    )
    front = product_of(content, scalars, arrays, e) if arrays else product_of(content, scalars, {}, ONE)
    yield times(front, inner)
    for short in _expanded(inner):
        yield times(front, settled(short))


def _shared(powers: list[Scalars]) -> Scalars:
    """Factors that can be taken out of every term: the lowest exponent each has anywhere."""
    bases = dict.fromkeys(b for p in powers for b in p)
    lowest = {b: min(p.get(b, Fraction(0)) for p in powers) for b in bases}
    return {b: k for b, k in lowest.items() if k}


def _opposite(powers: Scalars) -> Scalars:
    return {b: -k for b, k in powers.items()}


def _one_sum_apart(e: Expr) -> Iterator[Expr]:
    """A product in which one factor is a sum, term by term, each with what cancels cancelled."""
    parts = terms(e, KEEP)
    if len(parts) != 1:
        return
    c, scalars, arrays = powers_of(parts[0])
    for powers in (scalars, arrays):
        for base, k in powers.items():
            if base.op == "add" and k == 1:
                rest = joined(powers, {base: Fraction(-1)})
                other = product_of(c, *((rest, arrays) if powers is scalars else (scalars, rest)), e)
                yield _improved(settled(plus(*(settled(times(other, a)) for a in base.args))), _SUMS)


def _links_apart(e: Expr) -> Iterator[Expr]:
    """A matrix product in which one link is a sum, term by term."""
    for k, link in enumerate(e.args):
        if link.op == "add" and all(a.shape == link.shape for a in link.args):
            spread = plus(*(dot(*e.args[:k], a, *e.args[k + 1 :]) for a in link.args))
            yield _improved(settled(spread), _SUMS)


def _inverses_apart(e: Expr) -> Iterator[Expr]:
    """(A B)⁻¹ as B⁻¹A⁻¹, (t A)⁻¹ as A⁻¹/t, and determinants of square factors apart, wherever they stand."""
    found = _apart(e)
    if found is not e:
        yield found


@lru_cache(maxsize=20_000)
def _apart(e: Expr) -> Expr:
    if not e.args:
        return e
    e = over(e, tuple(map(_apart, e.args)))
    if e.op not in ("inv", "det"):
        return e
    body = e.args[0]
    if e.op == "det" and body.op == "matmul" and all(a.shape == body.shape for a in body.args):
        return times(*(make("det", a) for a in body.args))
    if e.op == "inv" and body.op == "matmul" and all(a.shape == body.shape for a in body.args):
        return dot(*(make("inv", a) for a in reversed(body.args)))
    if e.op == "inv" and body.op == "mul" and [a.shape for a in body.args].count(()) == len(body.args) - 1:
        scalars = [a for a in body.args if not a.shape]
        return times(make("div", number(1), times(*scalars)), make("inv", next(a for a in body.args if a.shape)))
    if e.op == "inv" and body.op == "diag":
        return make("diag", make("pow", body.args[0], number(-1)))
    if e.op == "inv" and body.op == "T":
        return make("T", make("inv", body.args[0]))
    return e


def _ends(e: Expr) -> Iterator[Expr]:
    """A x + B x as (A + B) x."""
    found = factored(e)
    if found is not e:
        yield found


def _diagonal(e: Expr) -> Iterator[Expr]:
    """The diagonal of diag(v), of sums term by term, and of a transposed product."""
    body = e.args[0]
    if body.op == "diag":
        yield body.args[0]
    elif body.op == "add":
        yield plus(*(settled(make("diagonal", a)) if a.op != "diag" else a.args[0] for a in body.args))
    elif body.op in ("matmul", "T"):
        yield make("diagonal", settled(make("T", body)))
    yield from _reduced(e)


_SUMS: dict[str, tuple[Law, ...]] = {"add": (_expanded, _common, _ends)}
_LAWS: dict[str, tuple[Law, ...]] = _SUMS | {
    "mul": (_one_sum_apart, _inverses_apart, folded),
    "div": (_one_sum_apart, _inverses_apart, folded),
    "matmul": (_links_apart, _inverses_apart),
    "diagonal": (_diagonal, _inverses_apart),
    "sum": (_reduced, _inverses_apart),
    "tr": (_reduced, _inverses_apart),
}
