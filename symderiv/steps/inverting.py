"""Identities of inverses, checked the way they are found: multiply by the matrix.

For ``M⁻¹ Q = R`` it is enough that ``Q = M R``.  Where R ends in another inverse, ``R = S N⁻¹``, that
is ``Q N = M S``: the pair ``N N⁻¹`` is inserted, both products are written out, and M cancels.
"""

from __future__ import annotations

from collections.abc import Iterator

from symderiv.algebra.building_blocks import dot
from symderiv.algebra.terms import DIAGONAL, EXPAND
from symderiv.algebra.tidying import ordered
from symderiv.errors import LimitError
from symderiv.expressions import Expr, eye, make

Chain = tuple[Expr, ...]
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
    for between, last_law in _checked(written):
        yield [
            *((make("matmul", inverse, e), law) for e, law in between),
            (make("matmul", inverse, product), last_law),
            (right, "cancel-an-inverse-pair"),
        ]


def _checked(written: Expr) -> Iterator[tuple[list[Line], str]]:
    """Lines from the identity to a product that is written out, and the law that leads on to the product itself."""
    if written.op == "eye" or (len(written.shape) == 2 and written.op == "add" and _holds_identity(written)):
        start = (eye(written.shape[0]), "like-terms")
        if written.op == "eye":
            yield [start], "distributivity"
        if (paired := gathered(written)) is not None:
            yield [start, (paired, "insert-an-inverse-pair"), (written, "distributivity")], "distributivity"
        fractions = _expanded(written, DIAGONAL)
        yield [start, (fractions, "arithmetic-of-fractions")], "diagonal-products"
    yield [(written, "multiply-by-the-inverse")], "distributivity"


def _holds_identity(e: Expr) -> bool:
    return any(t.op == "eye" for t in e.args)


def gathered(e: Expr) -> Expr | None:
    """A sum with the products P kᵢ K⁻¹ S, for all terms kᵢ of K, put together as P K K⁻¹ S."""
    if e.op != "add":
        return None
    signed = {
        t: (t.args[0].op == "matmul" and t.op == "neg", t.args[0] if t.op == "neg" else t) for t in e.args if t.args
    }
    for negative, product in signed.values():
        factors = product.args if product.op == "matmul" else ()
        for j, inverse in enumerate(factors):
            if inverse.op != "inv" or inverse.args[0].op != "add":
                continue
            inner, after = inverse.args[0], factors[j + 1 :]
            for piece in map(_factors, inner.args):
                before = factors[: j - len(piece)]
                if factors[j - len(piece) : j] != piece:
                    continue
                wanted = {_product(*before, *_factors(k), inverse, *after) for k in inner.args}
                members = [t for t, (sign, body) in signed.items() if body in wanted and sign == negative]
                if len(members) == len(inner.args):
                    whole = _product(*before, inner, inverse, *after)
                    rest = [t for t in e.args if t not in members]
                    return make("add", *rest, make("neg", whole) if negative else whole)
    return None


def _factors(k: Expr) -> Chain:
    return () if k.op == "eye" else k.args if k.op == "matmul" else (k,)


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


def _expanded(e: Expr, level: int = EXPAND) -> Expr:
    try:
        return ordered(e, level)
    except (LimitError, ValueError):
        return e
