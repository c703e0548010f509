"""Updates of column states as expressions with symbolic shapes.

``message_passing`` writes a rule out over symbols that do not commute, which is right for every size but knows none;
here the products become products of declared matrices and columns, so that shapes are checked and claims decided.
"""

from __future__ import annotations

from functools import reduce
from operator import add, matmul, mul
from typing import Any

import sympy as sp

from symderiv import functions
from symderiv.errors import ModelError
from symderiv.expressions import Expr
from symderiv.models.message_passing import Neighbourhoods, symbols, update_node
from symderiv.scope import Scope


def update_of_columns(graph: Neighbourhoods, node: str, rule: str, scope: Scope, letter: str = "s_") -> Expr:
    """The new state of a node in the declared names ``letter1``, ``letter2``, … and the weights of the rule.

    Raises ModelError for a node without a value, UnknownNameError for a name that is not declared, ShapeError where
    sizes do not fit.

    >>> from symderiv.models.message_passing import named_graph
    >>> from symderiv.scope import declare
    >>> c = declare(A="matrix(d, d)", s_1="vector(d)", s_2="vector(d)")
    >>> update_of_columns(named_graph("path", 2), "1", "s_i + A*sum_j s_j", c) is c.read("s_1 + A@s_2")
    True
    """
    weights = {name: sp.Symbol(name, commutative=False) for name in scope.symbols if not name.startswith(letter)}
    found = update_node(graph, node, rule, symbols(graph, letter, commutative=False), weights)
    if not isinstance(found, sp.Expr):
        raise ModelError(f"the rule gives node {node} no value: it has no neighbours to take a mean over")
    return as_columns(found, scope)


def as_columns(value: sp.Expr, scope: Scope) -> Expr:
    """A SymPy expression over symbols that do not commute, with its products as matrix products."""
    if value.is_Symbol:
        return scope[value.name]
    if value.is_Add:
        return reduce(add, (as_columns(term, scope) for term in value.args))
    if value.is_Mul:
        number, factors = value.args_cnc()
        product = reduce(matmul, (as_columns(factor, scope) for factor in factors)) if factors else None
        scale: list[Any] = [as_columns(factor, scope) for factor in number]
        return reduce(mul, scale if product is None else [*scale, product])
    if value.is_Rational:
        return scope.read(str(value))
    if isinstance(value, sp.Function) and hasattr(functions, value.func.__name__):
        return getattr(functions, value.func.__name__)(*(as_columns(argument, scope) for argument in value.args))
    raise ModelError(f"{value} is not made of sums, products and functions of declared names")
