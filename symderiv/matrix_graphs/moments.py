"""Variances and covariances as expectations, so that a graph has one kind of average to differentiate."""

from __future__ import annotations

from symderiv.expressions import Expr, combine, make, negative, number
from symderiv.trees import over


def written_by_expectations(e: Expr) -> Expr:
    """Var u as E (u − E u)², Cov(u, v) as E (u − E u)(v − E v)ᵀ, everywhere in an expression.

    >>> from symderiv.scope import declare
    >>> c = declare(s="scalar", m="scalar ~ rademacher()")
    >>> str(written_by_expectations(c.read("Var(s*m)")))
    'E((s*m - E(s*m))**2)'
    """
    args = tuple(map(written_by_expectations, e.args))
    if e.op == "Var":
        return make("E", make("pow", _centred(args[0]), number(2)))
    if e.op == "Cov":
        left, right = _centred(args[0]), _centred(args[-1])
        vectors = left.shape and right.shape
        return make("E", make("outer", left, right) if vectors else combine("mul", left, right))
    return over(e, args)


def _centred(e: Expr) -> Expr:
    return combine("add", e, negative(make("E", e)))


def expectations(e: Expr) -> list[Expr]:
    """The outermost expectations of an expression."""
    if e.op == "E":
        return [e]
    return list(dict.fromkeys(t for a in e.args for t in expectations(a)))
