"""Reverse accumulation over expression trees, and Jacobians read off linear expressions.

Shared sub-expressions are one node, so a residual that occurs twice gets one
cotangent, and stays as it was written.
"""

from __future__ import annotations

from symderiv.errors import LimitError
from symderiv.expressions import Expr, constant, eye, number, symbol
from symderiv.factoring import plus
from symderiv.products import diag_of, dot, flip, outer_of, total
from symderiv.pullbacks import pull_back
from symderiv.symbols import Symbol
from symderiv.terms import apart, join, times, zero


def order_of(e: Expr) -> list[Expr]:
    """Every sub-expression once, arguments before their users."""
    seen: dict[Expr, None] = {}
    stack: list[tuple[Expr, bool]] = [(e, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            seen.setdefault(node)
        elif node not in seen:
            stack.append((node, True))
            stack += [(a, False) for a in reversed(node.args)]
    return list(seen)


def depends(order: list[Expr], x: Expr) -> set[Expr]:
    """The nodes of an order that contain x."""
    found: set[Expr] = set()
    for node in order:
        if node is x or any(a in found for a in node.args):
            found.add(node)
    return found


def reverse(f: Expr, x: Expr, cotangent: Expr) -> Expr:
    """The vector-Jacobian product: the derivative of ``sum(cotangent*f)`` by x, cotangent held fixed.

    Raises LimitError for an operator without a rule.
    """
    order = order_of(f)
    active = depends(order, x)
    summands: dict[Expr, list[Expr]] = {f: [cotangent]}
    for node in reversed(order):
        if node not in active or node not in summands or node is x:
            continue
        whole = plus(*summands[node], shape=node.shape)
        for a, g in zip(node.args, pull_back(node, whole), strict=True):
            if g is not None and a in active:
                summands.setdefault(a, []).append(g)
    return plus(*summands[x], shape=x.shape) if x in summands else zero(x.shape)


def placeholder(name: str, like: Expr) -> Expr:
    """A fresh symbol of an expression's shape; its name cannot be declared."""
    return symbol(Symbol(f"{name}#", like.shape))


def rows(linear: Expr, u: Expr) -> Expr:
    """The matrix J with ``linear = Jᵀu`` for every vector u; a vector where ``linear`` is a scalar, then linear = J·u.

    Raises LimitError where u stands inside something that is not taken apart.
    """
    n = u.shape[0]
    if linear is u:
        return eye(n)
    if u not in order_of(linear):
        if linear.op in ("zeros", "num"):
            return zero((n, *linear.shape))
        raise LimitError("the expression is not linear in the placeholder")
    if linear.op == "add":
        stretched = [_stretched_rows(a, u, linear) for a in linear.args]
        return plus(*stretched, shape=(n, *linear.shape))
    if linear.op == "neg":
        return times(number(-1), rows(linear.args[0], u))
    if linear.op == "matmul":
        return _matmul_rows(linear, u)
    if linear.op in ("mul", "div"):
        return _product_rows(linear, u)
    if linear.op in ("sum", "mean") and len(linear.args[0].shape) == 1:
        inner = total(rows(linear.args[0], u), 1)
        return inner if linear.op == "sum" else times(inner, join(*apart(_share(linear))))
    raise LimitError(f"a Jacobian through {linear.op} is not taken apart")


def _share(mean: Expr) -> Expr:
    from symderiv.products import size_of

    return number(1) / size_of(mean.args[0].shape, None)


def _stretched_rows(a: Expr, u: Expr, whole: Expr) -> Expr:
    inner = rows(a, u)
    if a.shape == whole.shape:
        return inner
    return outer_of(inner, constant("ones", whole.shape))


def _matmul_rows(linear: Expr, u: Expr) -> Expr:
    inside = [k for k, a in enumerate(linear.args) if u in order_of(a)]
    if len(inside) != 1 or len(linear.args[inside[0]].shape) != 1:
        raise LimitError("a Jacobian through a matrix of placeholders is not taken apart")
    k = inside[0]
    inner = rows(linear.args[k], u)
    others = linear.args[:k] if k else linear.args[1:]
    if k:
        return dot(inner, *(flip(a) for a in others[::-1]))
    return dot(inner, *others)


def _product_rows(linear: Expr, u: Expr) -> Expr:
    inside = [a for a in linear.args if u in order_of(a)]
    if len(inside) != 1 or (linear.op == "div" and inside[0] is not linear.args[0]):
        raise LimitError("the expression is not linear in the placeholder")
    rest = [a for a in linear.args if a is not inside[0]]
    factor = times(*rest) if linear.op == "mul" else times(number(1) / rest[0])
    inner = rows(inside[0], u)
    if inside[0].shape:
        return times(inner, factor)
    return outer_of(inner, factor) if factor.shape else times(inner, factor)


