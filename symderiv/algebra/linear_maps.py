"""Linear maps of one part: traces, sums and diagonals brought to one form."""

from __future__ import annotations

from symderiv.algebra.chains import entries, flipped, hadamard, shortest, sum_of, times, turned
from symderiv.expressions import Expr, constant, dimension, eye, make, number


def applied(e: Expr, *, inner: bool, diagonal: bool) -> Expr:
    """A linear map of one part, in one form: traces turned to a fixed rotation, sums of products to traces."""
    body = e.args[0]
    if e.op == "tr" and body.op in ("eye", "ones"):
        return dimension(body.shape[0])
    if e.op == "tr" and inner:
        return trace(body)
    if e.op == "sum" and e.data == 1 and body.op == "col":
        return body.args[0]
    if e.op == "diag" and body.op == "ones":
        return eye(body.shape[0])
    if e.op == "sum" and body.op == "ones":
        return counted(e)
    if e.op in ("sum", "mean") and e.data == 0 and body.op == "mul" and (row := equal_rows(body)) is not None:
        return row if e.op == "mean" else make("mul", dimension(body.shape[0]), row)
    if e.op == "mean" and body.op == "ones" and len(e.shape) == 0:
        return number(1)
    if inner and e.op == "sum" and body.op == "diagonal":
        return trace(body.args[0])
    if inner and e.op == "sum" and e.data is not None and len(body.shape) == 2:
        other = make("sum", flipped(body), data=1 - e.data)
        return min(e, other, key=shortest)
    if diagonal and e.op == "diagonal" and body.op == "matmul" and "diag" in (body.args[0].op, body.args[-1].op):
        return scaled_diagonal(body.args, diagonal=diagonal)
    if diagonal and e.op == "diagonal" and body.op == "matmul" and len(body.args) == 2:
        rows = make("sum", times(body.args[0], flipped(body.args[1])), data=1)
        return applied(rows, inner=inner, diagonal=diagonal)
    if e.op == "sum" and e.data is None and body.op in ("mul", "pow"):
        if inner and len(body.shape) == 2:
            return double_sum(body)
        found = inner_product(body) if inner else None
        return sum_of(body) if found is None else found
    if diagonal and e.op == "diagonal" and body.op == "outer":
        return times(*body.args)
    return e


def scaled_diagonal(factors: tuple[Expr, ...], *, diagonal: bool) -> Expr:
    """diagonal(diag(v) A) = v ⊙ diagonal(A), and the same from the right."""
    scale, rest = (factors[0], factors[1:]) if factors[0].op == "diag" else (factors[-1], factors[:-1])
    matrix = rest[0] if len(rest) == 1 else make("matmul", *rest)
    return times(scale.args[0], applied(make("diagonal", matrix), inner=True, diagonal=diagonal))


def inner_product(body: Expr) -> Expr | None:
    """The sum of u ⊙ (A v) as the chain u A v, read in a fixed direction."""
    spelled = spelled_out(body)
    if len(spelled) != 2 or not any(base.op == "matmul" and len(base.args[0].shape) == 2 for base in spelled):
        return None
    first, second = spelled
    ahead = turned(first) if first.op == "matmul" else first
    flat = [a for t in (ahead, second) for a in (t.args if t.op == "matmul" else (t,))]
    found = make("matmul", *flat)
    return min(found, turned(found), key=shortest)


def equal_rows(body: Expr) -> Expr | None:
    """The row v of a matrix 1 vᵀ written as a product with ones."""
    rest = [a for a in body.args if a.op != "ones" or a.shape != body.shape]
    row = None if len(rest) in (0, len(body.args)) else rest[0] if len(rest) == 1 else make("mul", *rest)
    return row if row is not None and row.shape == body.shape[1:] else None


def counted(e: Expr) -> Expr:
    """A sum of ones counts them."""
    shape = e.args[0].shape
    if e.data is not None and len(shape) == 2:
        return make("mul", dimension(shape[e.data]), constant("ones", (shape[1 - e.data],)))
    found = dimension(shape[0])
    return found if len(shape) == 1 else make("mul", found, dimension(shape[1]))


def trace(body: Expr) -> Expr:
    """tr(A B C) at a fixed rotation and direction; the trace of an outer product is an inner product."""
    if body.op == "outer":
        return sum_of(hadamard(*body.args))
    if body.op != "matmul":
        return make("tr", min(body, flipped(body), key=shortest))
    around = [make("matmul", *body.args[k:], *body.args[:k]) for k in range(len(body.args))]
    return make("tr", min((way for a in around for way in (a, turned(a))), key=shortest))


def double_sum(body: Expr) -> Expr:
    """ΣᵢⱼAᵢⱼBᵢⱼ as tr(AᵀB) where the product has two matrix factors."""
    spelled = spelled_out(body)
    if len(spelled) == 2 and all(s.shape == body.shape for s in spelled):
        return trace(make("matmul", flipped(spelled[0]), spelled[1]))
    return sum_of(body)


def spelled_out(body: Expr) -> list[Expr]:
    """The factors of an entrywise product, a square as two; none where a power is not a small whole number."""
    found = entries(body)
    if any(k.denominator != 1 or not 0 < k <= 2 for _, k in found):
        return []
    return [base for base, k in found for _ in range(int(k))]
