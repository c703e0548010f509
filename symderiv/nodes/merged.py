"""A graph with its unnamed operations merged into the named values that use them.

``h_1 = tanh(w_h h_0 + w_x x_1 + b)`` is four operations; here it is one node with
that definition and one edge from each of its arguments, whose local partial is
the derivative of the whole definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symderiv.nodes.operations import CONSTANT, INPUT


@dataclass(frozen=True)
class MergedEdge:
    """All uses of ``source`` within the definition of ``target``, as one edge."""

    source: Any
    target: Any
    partial: Any
    adjoint: Any

    @property
    def contribution(self) -> Any:
        """What reaches the source through this definition."""
        return self.partial * self.adjoint


def hidden(graph: Any, index: int) -> bool:
    """Whether a node is an operation without a name that some other node uses."""
    return index not in graph.names and graph.code[index] not in (INPUT, CONSTANT)


def merged_sources(graph: Any, index: int) -> list[int]:
    """The named nodes and inputs in the merged definition of a node, in the order of their first use."""
    found: dict[int, None] = {}
    waiting = list(reversed(graph.columns.arguments(index)))
    while waiting:
        argument = waiting.pop()
        if hidden(graph, argument):
            waiting.extend(reversed(graph.columns.arguments(argument)))
        elif graph.code[argument] != CONSTANT:
            found[argument] = None
    return list(found)


def merged_definition(graph: Any, handle: Any) -> Any:
    """A node's value in named nodes and inputs only."""
    return in_named(graph, graph.definition(handle))


def in_named(graph: Any, expression: Any) -> Any:
    """An expression in node names with every unnamed operation written out."""
    while unnamed := {s: graph.definition(s) for s in expression.free_symbols if hidden(graph, graph.position(s))}:
        expression = expression.xreplace(unnamed)
    return expression


def merged_edges(backward: Any, name: str, targets: tuple[str, ...]) -> list[MergedEdge]:
    """The merged uses of a node by ``targets`` on the way to the output."""
    graph = backward.graph
    source = graph[name]
    found = []
    for target in targets:
        handle = graph[target]
        definition = merged_definition(graph, handle)
        # the value itself is written by its name, as in 1 - h² for the derivative of tanh
        partial = definition.diff(source.symbol).xreplace({definition: handle.symbol})
        adjoint = in_named(graph, backward.adjoint(handle))
        if adjoint != 0:
            found.append(MergedEdge(source, handle, partial, adjoint))
    return found
