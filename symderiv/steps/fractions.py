"""Fractions entry by entry: two expressions as rational functions of the same parts.

Sums, products, quotients and whole powers are read entry by entry; everything else is a part
that is not looked into, but for exponentials, where exp(2x - y) is exp(x)² / exp(y), roots and
norms, where √(s²/2) is s/√2 for a positive s, and maps, whose argument is read the same way.
Scope: equal rational functions of the parts; sin² + cos² = 1 is not seen.  Parts are taken for
positive, so what is found is a proposal.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache, reduce
from operator import add, mul
from typing import Any

from symderiv.algebra.building_blocks import power, total
from symderiv.algebra.terms import DIAGONAL, EXPAND, ORDER
from symderiv.algebra.tidying import ordered, terms
from symderiv.expressions import Expr
from symderiv.operators import members

MOST_NODES = 1000
MAPS = members("map")
ARITHMETIC = ("num", "neg", "add", "mul", "div", "pow")


@lru_cache(maxsize=5_000)
def same_fraction(left: Expr, right: Expr) -> bool:
    """Whether two expressions are the same rational function of their parts."""
    if left.shape != right.shape:
        return False
    parts: dict[Any, Any] = {}
    if _vanishes(_rational(left, parts) - _rational(right, parts)):
        return True
    return len(left.shape) > 0 and _same_terms(left, right, parts)


def _same_terms(left: Expr, right: Expr, parts: dict[Any, Any]) -> bool:
    """Whether every array of the expanded sides has the same coefficient, a fraction of scalars."""
    import sympy

    total: dict[Any, Any] = {}
    for sign, side in ((1, left), (-1, right)):
        for c, scalars, core in terms(side, DIAGONAL):
            value = sympy.Rational(sign * c.numerator, c.denominator)
            for base, k in scalars.items():
                value *= _rational(base, parts) ** sympy.Rational(k.numerator, k.denominator)
            total[core] = total.get(core, 0) + value
    return all(_vanishes(v) for v in total.values())


def _vanishes(value: Any) -> bool:
    import sympy

    value = sympy.expand_power_exp(sympy.sympify(value))
    return value.count_ops() <= MOST_NODES and bool(sympy.cancel(sympy.together(value)) == 0)


def _rational(e: Expr, parts: dict[Any, Any]) -> Any:
    import sympy

    if e.op == "num":
        return sympy.Rational(e.data.numerator, e.data.denominator)
    if e.op == "ones":
        return sympy.Integer(1)
    if e.op == "neg":
        return -_rational(e.args[0], parts)
    if e.op in ("add", "mul"):
        return reduce(add if e.op == "add" else mul, (_rational(a, parts) for a in e.args))
    if e.op == "div":
        return _rational(e.args[0], parts) / _rational(e.args[1], parts)
    if e.op == "pow" and e.args[1].op == "num" and e.args[1].data.denominator == 1:
        return _rational(e.args[0], parts) ** int(e.args[1].data)
    if e.op == "exp":
        return _exponential(e.args[0], parts)
    if e.op == "pow" and not e.args[1].shape:
        return _rational(e.args[0], parts) ** _rational(e.args[1], parts)
    if e.op == "sqrt":
        return sympy.sqrt(_rational(e.args[0], parts))
    if e.op == "norm":
        return sympy.sqrt(_rational(ordered(total(power(e.args[0], 2), None), DIAGONAL), parts))
    if e.op in MAPS:
        return _part((e.op, e.shape, sympy.cancel(_rational(e.args[0], parts))), parts)
    found = ordered(e, ORDER if e.shape else DIAGONAL)
    return _part(found, parts) if found.shape or found.op not in ARITHMETIC else _rational(found, parts)


def _exponential(e: Expr, parts: dict[Any, Any]) -> Any:
    """exp of a sum as a product of powers; the coefficients stay exact."""
    import sympy

    found = sympy.Integer(1)
    for c, scalars, core in terms(e, EXPAND):
        base = _part(("exp", frozenset(scalars.items()), core), parts)
        found *= base ** sympy.Rational(Fraction(c).numerator, Fraction(c).denominator)
    return found


def _part(key: Any, parts: dict[Any, Any]) -> Any:
    import sympy

    return parts.setdefault(key, sympy.Dummy(positive=True))
