"""Identities of inverses, checked the way they are found: multiply by the matrix.

For ``M⁻¹ Q = R`` it is enough that ``Q = M R``.  Where R ends in another inverse, ``R = S N⁻¹``, that
is ``Q N = M S``: the pair ``N N⁻¹`` is inserted, both products are written out, and M cancels.
"""

from __future__ import annotations

from collections.abc import Iterator

from symderiv.algebra.building_blocks import dot
from symderiv.algebra.terms import EXPAND
from symderiv.algebra.tidying import ordered
from symderiv.errors import LimitError
from symderiv.expressions import Expr, make

Line = tuple[Expr, str]  # an expression, and the law by which the line before it is the same


def multiplied_out(left: Expr, right: Expr) -> Iterator[list[Line]]:
    """Chains of lines from ``left`` to ``right``, for an inverse at the beginning of ``left``."""
    inverse, rest = _first_inverse(left)
    if inverse is None or not left.shape:
        return
    matrix = inverse.args[0]
    start, last = _last_inverse(right)
    if last is not None and start is not None and rest is not None:
        inner = last.args[0]
        yield [
            (_product(inverse, rest, inner, last), "insert-an-inverse-pair"),
            (_product(inverse, _expanded(dot(rest, inner)), last), "distributivity"),
            (_product(inverse, matrix, start, last), "distributivity"),
            (right, "cancel-an-inverse-pair"),
        ]
    product = make("matmul", matrix, right)
    written = _expanded(product)
    yield [
        (make("matmul", inverse, written), "multiply-by-the-inverse"),
        (make("matmul", inverse, product), "distributivity"),
        (right, "cancel-an-inverse-pair"),
    ]


def _first_inverse(e: Expr) -> tuple[Expr | None, Expr | None]:
    """An inverse at the beginning of a product, and what follows it."""
    if e.op == "inv":
        return e, None
    if e.op == "matmul" and e.args[0].op == "inv":
        return e.args[0], dot(*e.args[1:])
    return None, None


def _last_inverse(e: Expr) -> tuple[Expr | None, Expr | None]:
    if e.op == "matmul" and e.args[-1].op == "inv":
        return dot(*e.args[:-1]), e.args[-1]
    return None, None


def _product(*factors: Expr) -> Expr:
    """A product as it stands, nothing cancelled."""
    flat = [a for f in factors for a in (f.args if f.op == "matmul" else (f,))]
    return make("matmul", *flat)


def _expanded(e: Expr) -> Expr:
    try:
        return ordered(e, EXPAND)
    except (LimitError, ValueError):
        return e
