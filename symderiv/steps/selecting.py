"""A one-hot vector picks an entry: f(i·u) = i·f(u), for every function f of the entry picked.

Under an expectation, a product of sums is multiplied out, to be averaged term by term.
"""

from __future__ import annotations

from symderiv.algebra.building_blocks import dot
from symderiv.algebra.terms import EXPAND
from symderiv.algebra.tidying import ordered
from symderiv.errors import LimitError, ShapeError
from symderiv.expressions import Expr, make
from symderiv.operators import members
from symderiv.steps.averaging import randomness
from symderiv.trees import is_random, over

SCALAR = members("map") | {"add", "neg", "mul", "div", "pow"}


def picked(e: Expr, goal: Expr | None = None) -> Expr | None:
    """E of a scalar function of entries picked by one one-hot vector, the function inside."""
    if e.op != "E" or e.shape or len(found := randomness(e.args[0])) != 1 or e.args[0].op == "matmul":
        return None
    (i,) = found
    if i.data.distribution.name != "one_hot" or len(i.shape) != 1:
        return None
    try:
        inner = _inside(e.args[0], i)
    except ShapeError:
        return None
    return None if inner is None or inner.shape != i.shape else make("E", dot(i, inner))


def _inside(t: Expr, i: Expr) -> Expr | None:
    """The function of the vectors that the entries are picked from."""
    if not is_random(t):
        return None if t.shape else t
    if t.op == "matmul" and not t.shape:
        ends = [k for k, a in enumerate(t.args) if a is i]
        rest = t.args[1:] if ends == [0] else t.args[:-1] if ends == [len(t.args) - 1] else ()
        return dot(*rest) if rest and not any(map(is_random, rest)) else None
    if t.op not in SCALAR:
        return None
    args = [_inside(a, i) for a in t.args]
    known = tuple(a for a in args if a is not None)
    return over(t, known) if len(known) == len(args) else None


def opened(e: Expr, goal: Expr | None = None) -> Expr | None:
    """E of a product of sums, multiplied out."""
    if e.op != "E":
        return None
    try:
        new = ordered(e.args[0], EXPAND)
    except (LimitError, ValueError):
        return None
    return make("E", new) if new.op == "add" and new is not e.args[0] else None
