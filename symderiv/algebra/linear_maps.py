"""Linear maps of one part: traces, sums and diagonals brought to one form."""

from __future__ import annotations

from symderiv.algebra.chains import entries, flipped, hadamard, sum_of, times, turned
from symderiv.expressions import Expr, constant, dimension, eye, make


def applied(e: Expr, *, inner: bool, diagonal: bool) -> Expr:
    """A linear map of one part, in one form: traces turned to a fixed rotation, sums of products to traces."""
    body = e.args[0]
    if e.op == "tr" and inner:
        return trace(body)
    if e.op == "sum" and e.data == 1 and body.op == "col":
        return body.args[0]
    if e.op == "diag" and body.op == "ones":
        return eye(body.shape[0])
    if e.op == "sum" and body.op == "ones":
        return counted(e)
    if inner and e.op == "sum" and body.op == "diagonal":
        return trace(body.args[0])
    if inner and e.op == "sum" and e.data is not None and len(body.shape) == 2:
        other = make("sum", flipped(body), data=1 - e.data)
        return min(e, other, key=lambda t: (len(str(t)), str(t)))
    if diagonal and e.op == "diagonal" and body.op == "matmul" and len(body.args) == 2:
        rows = make("sum", times(body.args[0], flipped(body.args[1])), data=1)
        return applied(rows, inner=inner, diagonal=diagonal)
    if e.op == "sum" and e.data is None and body.op == "mul":
        if inner and len(body.shape) == 2:
            return double_sum(body)
        return sum_of(body)
    if diagonal and e.op == "diagonal" and body.op == "outer":
        return times(*body.args)
    return e


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
    if body.op == "eye":
        return dimension(body.shape[0])
    if body.op != "matmul":
        return make("tr", min(body, flipped(body), key=str))
    around = [make("matmul", *body.args[k:], *body.args[:k]) for k in range(len(body.args))]
    return make("tr", min((way for a in around for way in (a, turned(a))), key=str))


def double_sum(body: Expr) -> Expr:
    """ΣᵢⱼAᵢⱼBᵢⱼ as tr(AᵀB) where the product has two matrix factors."""
    spelled = [base for base, k in entries(body) for _ in range(int(k) if k.denominator == 1 and k > 0 else 99)]
    if len(spelled) == 2 and all(s.shape == body.shape for s in spelled):
        return trace(make("matmul", flipped(spelled[0]), spelled[1]))
    return sum_of(body)
