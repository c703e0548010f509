"""Find the lines between two expressions.

Derivatives are written out by the chain rule, then put in order, then brought to
the shape asked for; each line is certified.  Lines that say the same are left
out.  What is found is short: the search for longer arguments (moments,
identities of inverses) is done by hand with ``Derivation.to``.
"""

from __future__ import annotations

from typing import Any

from symderiv.calculus import evaluate, written_out
from symderiv.derivation import Derivation, begin
from symderiv.errors import LimitError, ReadingError
from symderiv.expressions import Expr, as_expr
from symderiv.scope import Scope


def derive(left: Any, right: Any, symbols: Scope | None = None, title: str = "") -> Derivation:
    """The derivation of ``left = right``; its verdict is that of its weakest line.

    Sides are expressions, or texts with ``symbols``.  Raises ReadingError for anything else.

    >>> from symderiv.scope import declare
    >>> c = declare(X="matrix(n, d)", y="vector(n)", w="vector(d)")
    >>> derive("grad(norm(y - X@w)**2, w)", "2*X.T@(X@w - y)", symbols=c).verdict
    'proved'
    """
    start, goal = _side(left, symbols), _side(right, symbols)
    derivation = begin(title or f"{start} = {goal}", start, symbols)
    for line, why in (
        (written_out, "the chain rule, node by node from the outside in"),
        (evaluate, "collect and put in order"),
    ):
        try:
            after = line(derivation.end if line is written_out else start)
        except LimitError:
            continue
        if after is not derivation.end and after is not goal:
            derivation = derivation.to(after, why=why)
    if derivation.end is not goal or not derivation.steps:
        derivation = derivation.to(goal, why="the form asked for")
    return derivation


def _side(side: Any, symbols: Scope | None) -> Expr:
    if isinstance(side, str) and symbols is not None:
        return symbols.read(side)
    found = as_expr(side)
    if found is None:
        raise ReadingError(f"a side is an expression, or a text with symbols=declare(…), not a {type(side).__name__}")
    return found
