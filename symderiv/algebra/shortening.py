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
from symderiv.algebra.folding import factors_of, folded, powers_of, product_of
from symderiv.algebra.recognising import MARKS, recognised, signed
from symderiv.algebra.terms import DIAGONAL, EXPAND, KEEP, Scalars, joined
from symderiv.algebra.tidying import ordered, settled, terms
from symderiv.errors import LimitError
from symderiv.expressions import Expr, make, negative, number
from symderiv.trees import operators, over

Law = Callable[[Expr], Iterator[Expr]]
ONE, ZERO = number(1), Fraction(0)
MOST_OPERATIONS = 400  # longer results are left as they are


@lru_cache(maxsize=50_000)
def operations(e: Expr) -> int:
    """How many operations an expression takes to write."""
    return sum(map(operations, e.args)) + (max(1, len(e.args) - 1) if e.args else 0)


def shortened(e: Expr) -> Expr:
    """A tidy expression with its parts made short, from the leaves up.

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
    new = signed(over(e, tuple(map(_short, e.args))))
    if new is e:
        return _improved(e, _LAWS)
    found = _improved(settled(new), _LAWS)
    if e.op == "add" and (other := _improved(e, _SUMS)) is not e:  # what the terms share may go once they are short
        return min(found, _short(other), key=operations)
    return found


def _improved(best: Expr, laws: dict[str, tuple[Law, ...]]) -> Expr:
    """The best form that the laws reach, each step shorter than the one before."""
    if (best.args[0] if best.op == "neg" else best).op not in laws:
        return best
    found = min(_proposals(best, laws), key=operations, default=best)
    return _improved(found, laws) if operations(found) < operations(best) else best


def _proposals(e: Expr, laws: dict[str, tuple[Law, ...]]) -> Iterator[Expr]:
    body = e.args[0] if e.op == "neg" else e
    for law in laws[body.op]:
        for found in law(body):
            if found.shape == e.shape:
                yield settled(found if body is e else make("neg", found))


def _expanded(e: Expr) -> Iterator[Expr]:
    """Products of sums multiplied out, where there are any."""
    if not any(t.op == "add" for a in e.args for t in _inside(a)):
        return
    try:
        yield ordered(e, EXPAND)
    except (LimitError, ValueError):
        return


def _inside(e: Expr) -> Iterator[Expr]:
    """The parts that an expression is multiplied out of."""
    yield e
    if e.op in ("neg", "mul", "div", "pow", "matmul", "T", "outer"):
        for a in e.args:
            yield from _inside(a)


def _reduced(e: Expr) -> Iterator[Expr]:
    """Traces, sums and diagonals of products of matrices in their shortest form."""
    if len(e.args[0].shape) < 2:
        return
    try:
        yield ordered(e, DIAGONAL)
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
    idle, full = _opposite(scalars), _opposite(arrays)
    inner = plus(*(product_of(c / content, joined(s, idle), joined(a, full), e) for c, s, a in spelled))
    front = product_of(content, scalars, arrays, e) if arrays else product_of(content, scalars, {}, ONE)
    yield times(front, inner if MARKS.isdisjoint(operators(inner)) else _improved(settled(inner), _SUMS))
    for short in _expanded(inner):
        yield times(front, settled(short))


def _shared(powers: list[Scalars]) -> Scalars:
    """Factors that can be taken out of every term: the lowest exponent each has anywhere."""
    bases = dict.fromkeys(b for p in powers for b in p)
    lowest = {b: min(p.get(b, ZERO) for p in powers) for b in bases}
    return {b: k for b, k in lowest.items() if k}


def _opposite(powers: Scalars) -> Scalars:
    return {b: -k for b, k in powers.items()}


def _one_sum_apart(e: Expr) -> Iterator[Expr]:
    """A product in which one factor is a sum, term by term, each with what cancels cancelled."""
    if not any(t.op == "add" for t in factors_of(e)):
        return
    parts = terms(e, KEEP)
    if len(parts) != 1:
        return
    c, scalars, arrays = powers_of(parts[0])
    for powers in (scalars, arrays):
        for base, k in powers.items():
            if base.op == "add" and k == 1 and _cancels(base, c, powers):
                rest = joined(powers, {base: Fraction(-1)})
                other = product_of(c, *((rest, arrays) if powers is scalars else (scalars, rest)), e)
                yield _improved(settled(plus(*(settled(times(other, a)) for a in base.args))), _SUMS)


def _cancels(base: Expr, c: Fraction, powers: Scalars) -> bool:
    """Whether a factor, or the number in front, meets its inverse in a term of a sum."""
    for d, scalars, arrays in map(powers_of, terms(base, KEEP)):
        if d.denominator != 1 and c.numerator != 1:
            return True
        inside = arrays if base.shape else scalars
        if any(k * powers.get(b, 0) < 0 for b, k in inside.items()):
            return True
    return False


def _links_apart(e: Expr) -> Iterator[Expr]:
    """A matrix product in which one link is a sum, term by term."""
    for k, link in enumerate(e.args):
        if link.op == "add" and all(a.shape == link.shape for a in link.args) and _has_inverse(e):
            spread = plus(*(dot(*e.args[:k], a, *e.args[k + 1 :]) for a in link.args))
            yield _improved(settled(spread), _SUMS)


def _inverses_apart(e: Expr) -> Iterator[Expr]:
    """(A B)⁻¹ as B⁻¹A⁻¹, (t A)⁻¹ as A⁻¹/t, and determinants of square factors apart, wherever they stand."""
    if _has_inverse(e) and (found := _apart(e)) is not e:
        yield found


@lru_cache(maxsize=20_000)
def _has_inverse(e: Expr) -> bool:
    return e.op == "inv" or any(map(_has_inverse, e.args))


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


def _rows(e: Expr) -> Iterator[Expr]:
    """X + 1 vᵀ as X + v, with v added to every row."""
    bare = [a.args[0] if a.op == "neg" else a for a in e.args]
    rows = [b.op == "outer" and b.args[0].op == "ones" for b in bare]
    if any(rows) and not all(rows):
        loose = [b.args[1] if row else b for b, row in zip(bare, rows, strict=True)]
        yield plus(*(negative(t) if a.op == "neg" else t for a, t in zip(e.args, loose, strict=True)))


def _ends(e: Expr) -> Iterator[Expr]:
    """A x + B x as (A + B) x; of some terms only where they share both ends, S A v + S Aᵀ v + u."""
    found = factored(e)
    if found is not e:
        yield found
    ends: dict[tuple[Expr, Expr], list[Expr]] = {}
    for t in e.args if len(e.args) > 2 else ():
        body = t.args[0] if t.op == "neg" else t
        if body.op == "matmul" and len(body.args) > 2 and len(body.args[1].shape) == 2:
            ends.setdefault((body.args[0], body.args[-1]), []).append(t)
    for (first, last), shared in ends.items():
        if 1 < len(shared) < len(e.args):
            inner = [negative(dot(*t.args[0].args[1:-1])) if t.op == "neg" else dot(*t.args[1:-1]) for t in shared]
            sign = negative if all(t.op == "neg" for t in shared) else plus
            whole = sign(dot(first, plus(*map(sign, inner)), last))
            yield plus(*(t for t in e.args if t not in shared), whole)


def _diagonal(e: Expr) -> Iterator[Expr]:
    """The diagonal of diag(v), of sums term by term, and of a transposed product."""
    body = _apart(e.args[0])
    if body.op == "diag":
        yield body.args[0]
    elif body.op == "add":
        yield plus(*(_short(settled(make("diagonal", a))) for a in body.args))
    elif body.op in ("matmul", "T"):
        yield make("diagonal", settled(make("T", body)))
    yield from _reduced(e)


def _whole(e: Expr) -> Iterator[Expr]:
    """Probabilities add up to one, a diagonal to the trace."""
    body = e.args[0]
    if body.op == "diagonal":
        yield make("tr", body.args[0])
    if len(body.shape) == 1 and (body.op == "softmax" or (body.op == "sym" and body.data.has("simplex"))):
        yield ONE


_SUMS: dict[str, tuple[Law, ...]] = {"add": (_expanded, _common, _ends, _rows, recognised)}
_LAWS: dict[str, tuple[Law, ...]] = _SUMS | {
    "mul": (_one_sum_apart, _inverses_apart, folded),
    "div": (_one_sum_apart, _inverses_apart, folded),
    "matmul": (_links_apart, _inverses_apart),
    "diagonal": (_diagonal, _inverses_apart),
    "sum": (_whole, _reduced, _inverses_apart),
    "tr": (_reduced, _inverses_apart),
}
