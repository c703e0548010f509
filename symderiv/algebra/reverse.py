"""Reverse accumulation over an expression tree, in matrix notation."""

from __future__ import annotations

from symderiv.algebra.building_blocks import diag_of, dot, flip, outer_of, over, plus, size_of, times
from symderiv.algebra.pullbacks import pull_back
from symderiv.errors import LimitError
from symderiv.expressions import Expr, constant, eye, negative, symbol
from symderiv.symbols import Symbol


def order_of(e: Expr) -> list[Expr]:
    """Every node of a tree once, arguments first."""
    seen: dict[Expr, None] = {}

    def visit(t: Expr) -> None:
        if t not in seen:
            for a in t.args:
                visit(a)
            seen[t] = None

    visit(e)
    return list(seen)


def reverse(f: Expr, x: Expr, cotangent: Expr) -> Expr:
    """The cotangent of x: Σ over paths, gathered from the output down; zeros where f does not depend on x."""
    order = order_of(f)
    live = {x}
    for t in order:
        if t.op != "held" and any(a in live for a in t.args):
            live.add(t)
    gathered: dict[Expr, list[Expr]] = {f: [cotangent]}
    for t in reversed(order):
        if t is x or t not in live or t not in gathered:
            continue
        whole = plus(*gathered[t])
        for a, g in zip(t.args, pull_back(t, whole), strict=True):
            if g is not None and a in live:
                gathered.setdefault(a, []).append(g)
    return plus(*gathered[x]) if x in gathered else constant("zeros", x.shape)


def pushed(f: Expr, x: Expr, direction: Expr) -> Expr:
    """The differential of f along a direction of x's shape, in the shape of f.

    What reverse accumulation makes of a probe u is linear in u; its own cotangent is the linear map applied.
    """
    u = symbol(Symbol("u_", f.shape))
    return reverse(reverse(f, x, u), u, direction)


def matrix_of(e: Expr, u: Expr) -> Expr:
    """K with e = K u for an expression linear in the vector u; for a scalar, k with e = k·u.

    Raises LimitError where the expression is not seen to be linear.
    """
    if e is u:
        return eye(u.shape[0])
    inside = [k for k, a in enumerate(e.args) if u in order_of(a)]
    if e.op == "add" and len(inside) == len(e.args):
        return plus(*(matrix_of(a, u) for a in e.args))
    if e.op == "neg":
        return negative(matrix_of(e.args[0], u))
    if len(inside) != 1:
        raise LimitError(f"{e} is not seen to be linear in {u}")
    k = inside[0]
    if e.op == "matmul" and e.args[k].op == "diag" and len(e.args[-1].shape) == 1 and k < len(e.args) - 1:
        behind = dot(*e.args[k + 1 :])  # diag(K u) v = diag(v) K u
        return dot(*e.args[:k], diag_of(behind), matrix_of(e.args[k].args[0], u))
    inner, part = matrix_of(e.args[k], u), e.args[k]
    if e.op == "mul":
        return _scaled([a for j, a in enumerate(e.args) if j != k], inner, part, e)
    if e.op == "div" and k == 0 and not e.args[1].shape:
        return over(inner, e.args[1])
    if e.op == "div" and k == 0:
        return dot(diag_of(over(constant("ones", e.args[1].shape), e.args[1])), inner)
    if e.op in ("sum", "mean") and len(part.shape) == 1:
        summed = dot(flip(inner), constant("ones", part.shape))
        return summed if e.op == "sum" else over(summed, _length(part))
    if e.op == "matmul":
        return _chained(e, k, inner)
    raise LimitError(f"{e} is not seen to be linear in {u}")


def _length(part: Expr) -> Expr:
    return size_of(part.shape, None)


def _scaled(others: list[Expr], inner: Expr, part: Expr, e: Expr) -> Expr:
    scalars = [a for a in others if not a.shape]
    vectors = [a for a in others if a.shape]
    if vectors and part.shape:
        return times(*scalars, dot(diag_of(times(*vectors)), inner))
    if vectors:
        return times(*scalars, outer_of(times(*vectors), inner))
    return times(*scalars, inner)


def _chained(e: Expr, k: int, inner: Expr) -> Expr:
    """A chain of products in which one factor is linear in u."""
    left, right = e.args[:k], e.args[k + 1 :]
    if not right:
        return dot(*left, inner) if len(left[0].shape) == 2 else dot(flip(inner), _row(left))
    if not left:  # (K u) @ B …: the transposed chain acts on u
        whole = dot(*right)
        return dot(flip(inner), whole) if len(whole.shape) == 1 else dot(flip(whole), inner)
    raise LimitError(f"{e} is not seen to be linear in its middle factor")


def _row(left: tuple[Expr, ...]) -> Expr:
    return left[0] if len(left) == 1 else dot(*left)
