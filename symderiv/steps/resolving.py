"""Products with the inverse of a sum: a term of the sum beside it is what the other terms leave.

    (T + R)⁻¹ T = I − (T + R)⁻¹ R,    T (T + R)⁻¹ = I − R (T + R)⁻¹

Under a trace the factors are read in a circle.
"""

from __future__ import annotations

from collections.abc import Iterator

from symderiv.algebra.building_blocks import dot, minus, plus
from symderiv.algebra.terms import EXPAND
from symderiv.algebra.tidying import ordered
from symderiv.errors import LimitError, ShapeError
from symderiv.expressions import Expr, constant, make

Chain = tuple[Expr, ...]


def multiplied_out(e: Expr, goal: Expr | None = None) -> Expr | None:
    """The expression as a sum of products."""
    if e.op not in ("matmul", "mul", "add", "tr", "pow"):
        return None
    try:
        return ordered(e, EXPAND)
    except (LimitError, ValueError):
        return None


def resolved(e: Expr, goal: Expr | None = None) -> Expr | None:
    """A product in which the inverse of a sum stands beside a term of it, as a difference."""
    if e.op == "tr" and e.args[0].op == "matmul":
        chain = e.args[0].args
        turns = [chain[k:] + chain[:k] for k in range(len(chain))]
        found = next((new for turn in turns for new in _differences(turn)), None)
        return None if found is None else make("tr", found)
    return next(_differences(e.args), None) if e.op == "matmul" else None


def _differences(chain: Chain) -> Iterator[Expr]:
    for k, inverse in enumerate(chain):
        if inverse.op != "inv" or inverse.args[0].op != "add":
            continue
        terms = inverse.args[0].args
        for j, term in enumerate(terms):
            factors = term.args if term.op == "matmul" else (term,)
            rest = plus(*(t for i, t in enumerate(terms) if i != j))
            after, before = chain[k + 1 : k + 1 + len(factors)], chain[max(k - len(factors), 0) : k]
            try:
                if after == factors:
                    yield _difference(chain[:k], (inverse, rest), chain[k + 1 + len(factors) :], inverse)
                if before == factors:
                    yield _difference(chain[: k - len(factors)], (rest, inverse), chain[k + 1 :], inverse)
            except ShapeError:
                continue


def _difference(before: Chain, inner: Chain, after: Chain, inverse: Expr) -> Expr:
    """Before (I − inner) after."""
    whole = (*before, *after)
    kept = dot(*whole) if whole else constant("eye", inverse.shape)
    return minus(kept, dot(*before, *inner, *after))
