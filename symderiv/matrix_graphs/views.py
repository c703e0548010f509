"""A graph with shapes as networkx sees it, and path by path."""

from __future__ import annotations

from typing import Any

from symderiv.errors import LimitError
from symderiv.expressions import Expr, number
from symderiv.matrix_graphs.backward import local_product
from symderiv.matrix_graphs.forms import presented
from symderiv.nodes.operations import INPUT
from symderiv.nodes.views import count_paths
from symderiv.shapes import show


def as_networkx(graph: Any) -> Any:
    """The graph as a ``networkx.MultiDiGraph``, with shapes, definitions and vector-Jacobian products."""
    import networkx as nx

    result = nx.MultiDiGraph(title=graph.title)
    for index in range(len(graph)):
        handle = graph.handle(index)
        result.add_node(
            handle.name,
            name=handle.name,
            index=index,
            kind="input" if graph.code[index] == INPUT else "node",
            named=index in graph.names,
            shape=show(handle.shape),
            definition=graph.definition(handle),
            label=graph.labels.get(index, ""),
        )
    for source, target, slot in graph.columns.edges():
        partial = local_product(graph, target, slot, graph.adjoint_symbol(target))
        result.add_edge(graph.name_of(source), graph.name_of(target), key=slot, slot=slot, partial=partial)
    return result


def merged_graph(graph: Any) -> Any:
    """A graph of the inputs and named nodes only; expectations stay nodes of their own."""
    found = type(graph)(graph.title, graph.scope)
    known: dict[int, Expr] = {}
    for at, name in sorted(graph.names.items()):
        label = graph.labels.get(at, "")
        if graph.code[at] == INPUT:
            found.input(name, label)
        else:
            found.node(name, graph.expressions_with(known, at), label)
        known[at] = graph.symbol_of(at)
    return found


def path_products(graph: Any, source: int, target: int, limit: int) -> list[tuple[list[str], Any]]:
    """Every path from ``source`` to ``target`` with the target's adjoint (1 for a scalar) pulled back along it."""
    count = count_paths(graph, source, target)
    if count > limit:
        raise LimitError(
            f"{count} paths lead from {graph.name_of(source)!r} to {graph.name_of(target)!r}, more than the limit "
            f"{limit}; backward() sums them without walking them"
        )
    found: list[tuple[list[str], Any]] = []

    def walk(node: int, names: list[str], adjoint: Expr) -> None:
        if node == source:
            found.append(([graph.name_of(node), *names], presented(adjoint)))
            return
        for slot, argument in enumerate(graph.columns.arguments(node)):
            if count_paths(graph, source, argument):
                walk(argument, [graph.name_of(node), *names], local_product(graph, node, slot, adjoint))

    walk(target, [], number(1) if not graph.handle(target).shape else graph.adjoint_symbol(target))
    return found
