"""Elementwise functions of whatever they are given: handles, expression trees, SymPy, numbers, arrays.

>>> from symderiv.functions import relu, tanh
>>> relu(-2.0), round(tanh(1), 4)
(0.0, 0.7616)

Each is one row of the operation table; a function of several kinds of argument
is chosen by the argument alone, so the same model code builds a graph, an
expression or a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symderiv.nodes.handles import Handle, make_handle, unary
from symderiv.nodes.operations import CODES, OPERATIONS


def _elementwise(name: str) -> Callable[[Any], Any]:
    code = CODES[name]

    def function(argument: Any) -> Any:
        if argument.__class__ is Handle:
            return unary(code, argument)
        if isinstance(argument, Handle) or (hasattr(argument, "apply") and hasattr(argument, "op")):
            return argument.apply(name)  # a node with a shape, or an expression tree
        if hasattr(argument, "free_symbols"):
            import sympy as sp

            return OPERATIONS[code].template(sp, argument)
        from symderiv.elementwise import array_function

        found = array_function(name)(argument)
        return float(found) if getattr(found, "ndim", 0) == 0 else found

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Elementwise {name} of a handle, an expression, a SymPy expression, a number or an array."
    return function


def _pairwise(name: str, chain: str) -> Callable[[Any, Any], Any]:
    def function(left: Any, right: Any) -> Any:
        handle = left if isinstance(left, Handle) else right
        if isinstance(handle, Handle):
            graph = handle.graph
            position = graph.columns.append(CODES[name], (graph.lift(left).index, graph.lift(right).index))
            return make_handle(graph, position)
        if hasattr(left, "free_symbols") or hasattr(right, "free_symbols"):
            import sympy as sp

            return getattr(sp, chain)(left, right)
        from symderiv.elementwise import array_function

        return array_function(name)(left, right)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Elementwise {name} of two arguments."
    return function


exp = _elementwise("exp")
log = _elementwise("log")
sqrt = _elementwise("sqrt")
sin = _elementwise("sin")
cos = _elementwise("cos")
tan = _elementwise("tan")
sinh = _elementwise("sinh")
cosh = _elementwise("cosh")
tanh = _elementwise("tanh")
sigmoid = _elementwise("sigmoid")
softplus = _elementwise("softplus")
relu = _elementwise("relu")
abs_ = _elementwise("abs")
sign = _elementwise("sign")
step = _elementwise("step")
erf = _elementwise("erf")
maximum = _pairwise("maximum", "Max")
minimum = _pairwise("minimum", "Min")
