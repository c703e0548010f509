"""What may stand beside a handle in ``w * x``: handles, real numbers, SymPy expressions in node names."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symderiv.errors import GraphError, shorten
from symderiv.nodes.from_sympy import plain_number, refuse_undefined, template_node
from symderiv.nodes.handles import GraphLike, Handle, make_handle


def lift(graph: GraphLike, value: Any) -> Handle:
    """The handle of a value in a graph.

    Raises GraphError for a handle of another graph, a NaN or an infinity, and for
    anything that is no real number; UnknownNameError for an unknown symbol.
    """
    if isinstance(value, Handle):
        if value.graph is not graph:
            raise GraphError(
                f"node {value.name!r} belongs to the graph {value.graph.title!r}, not to {graph.title!r}; "
                "build both in one graph"
            )
        return value
    if isinstance(value, (int, float, Fraction)):
        return make_handle(graph, graph.columns.constant(_finite(value)))
    if hasattr(value, "free_symbols") and hasattr(value, "xreplace"):
        return _lift_sympy(graph, value)
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return lift(graph, value.item())
    raise GraphError(
        f"{shorten(repr(value))} ({type(value).__name__}) cannot stand in a graph: use handles, real numbers or "
        "SymPy expressions in the nodes' names; batches of numbers are given to the kernel"
    )


def _lift_sympy(graph: GraphLike, value: Any) -> Handle:
    refuse_undefined(value)
    if value.is_number:
        return make_handle(graph, graph.columns.constant(plain_number(value)))
    positions = {symbol: graph.position(symbol) for symbol in sorted(value.free_symbols, key=str)}
    if value.is_Symbol:
        return make_handle(graph, positions[value])
    return make_handle(graph, template_node(graph.columns, value, positions))


def _finite(value: Any) -> Any:
    if isinstance(value, bool):
        raise GraphError(f"{value} is a truth value, not a number; use 1 or 0")
    if value != value or value in (float("inf"), float("-inf")):
        raise GraphError(f"the constant {value} is not a finite number and cannot become a node")
    return value
