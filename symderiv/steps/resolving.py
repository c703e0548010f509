"""Products with the inverse of a sum: a term of the sum beside it is what the other terms leave.

    (T + R)⁻¹ T = I − (T + R)⁻¹ R,    T (T + R)⁻¹ = I − R (T + R)⁻¹

Under a trace the factors are read in a circle.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product as choices

from symderiv.algebra.building_blocks import dot, minus, over, plus, times
from symderiv.algebra.terms import EXPAND
from symderiv.algebra.tidying import ordered, settled
from symderiv.errors import LimitError, ShapeError
from symderiv.expressions import Expr, constant, dimension, eye, make
from symderiv.trees import paths

Chain = tuple[Expr, ...]
MOST_TERMS = 12


def multiplied_out(e: Expr, goal: Expr | None = None) -> Expr | None:
    """The expression as a sum of products."""
    if e.op not in ("matmul", "mul", "add", "tr", "pow"):
        return None
    try:
        return ordered(e, EXPAND)
    except (LimitError, ValueError):
        return None


def term_by_term(e: Expr, goal: Expr | None = None) -> Expr | None:
    """A product of sums as the sum of all products, nothing collected; a power of a sum as a product first."""
    if e.op == "pow" and e.args[0].op == "add" and e.args[1].op == "num" and e.args[1].data in (2, 3):
        e = make("mul", *[e.args[0]] * int(e.args[1].data))
    if e.op not in ("mul", "matmul") or all(len(_summands(a)) == 1 for a in e.args):
        return None
    picks = list(choices(*map(_summands, e.args)))
    if len(picks) > MOST_TERMS:
        return None
    return make("add", *(_term(e.op, pick) for pick in picks))


def _term(op: str, pick: Chain) -> Expr:
    """One product, its sign in front; an inverse beside its matrix is left for the reader to see."""
    bare = tuple(a.args[0] if a.op == "neg" else a for a in pick)
    whole = settled(make(op, *bare))
    if op == "matmul" and _inverses(whole) < sum(map(_inverses, bare)):
        whole = make(op, *(f for a in bare for f in (a.args if a.op == "matmul" else (a,))))
    return -whole if sum(a.op == "neg" for a in pick) % 2 else whole


def _inverses(e: Expr) -> int:
    return sum(t.op == "inv" for _, t in paths(e))


def _summands(a: Expr) -> Chain:
    """The terms of a sum, or of a sum over a number."""
    if a.op == "div" and a.args[0].op == "add":
        return tuple(make("div", t, a.args[1]) for t in a.args[0].args)
    return a.args if a.op == "add" else (a,)


def resolved(e: Expr, goal: Expr | None = None) -> Expr | None:
    """A product in which the inverse of a sum stands beside a term of it, as a difference."""
    if e.op == "tr" and e.args[0].op == "matmul":
        chain = e.args[0].args
        turns = [chain[k:] + chain[:k] for k in range(len(chain))]
        found = next((new for turn in turns for new in _differences(turn)), None)
        return None if found is None else make("tr", found)
    return next(_differences(e.args), None) if e.op == "matmul" else None


def matrix_out(e: Expr, goal: Expr | None = None) -> Expr | None:
    """The determinant of a sum with an invertible term A outside: det A · det(I + A⁻¹ R); the same for logarithms."""
    if e.op not in ("det", "logdet") or e.args[0].op != "add":
        return None
    terms = e.args[0].args
    for k, t in enumerate(terms):
        rest, size = plus(*terms[:k], *terms[k + 1 :]), e.args[0].shape[0]
        scale = _multiple(t)
        if scale is not None:
            inside, outside = over(rest, scale), make("pow", scale, dimension(size))
        elif _invertible(t):
            inside, outside = dot(make("inv", t), rest), make("det", t)
        else:
            continue
        whole = make(e.op, plus(eye(size), inside))
        if e.op == "det":
            return times(outside, whole)
        return plus(times(dimension(size), _log_of_size(scale)) if scale is not None else make("logdet", t), whole)
    return None


def _log_of_size(scale: Expr) -> Expr:
    """log|c|, without the bars for a positive symbol."""
    return make("log", scale if scale.op == "sym" and scale.data.has("positive") else make("abs", scale))


def _multiple(t: Expr) -> Expr | None:
    """The scalar c of a multiple c I of the identity."""
    factors = [a for a in t.args if a.op != "eye"] if t.op == "mul" else []
    plain = len(factors) == len(t.args) - 1 and not any(a.shape for a in factors) if factors else False
    return times(*factors) if plain else None


def _invertible(t: Expr) -> bool:
    return t.op == "inv" or (t.op == "sym" and t.data.has("invertible", "spd", "orthogonal"))


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
