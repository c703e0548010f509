"""What a graph looks like to SymPy and networkx: views, made when they are asked for.

Every function takes a graph and positions.  A view in *node names* writes a node
by its direct arguments' symbols; a view *in inputs* replaces every intermediate
node, and is refused where the result would be too large to read or to hold.
"""

from __future__ import annotations

from typing import Any

from symderiv.errors import LimitError
from symderiv.nodes.expansion import EXPRESSION_LIMIT, number, unfolded, written
from symderiv.nodes.handles import GraphLike
from symderiv.nodes.operations import CONSTANT, INPUT
from symderiv.nodes.partials import instantiate, partials

PATH_LIMIT = 10_000

Path = list[tuple[int, int]]


def symbol(graph: GraphLike, index: int) -> Any:
    """The symbol that stands for a node; a constant stands for itself."""
    import sympy as sp

    if graph.columns.code[index] == CONSTANT:
        return number(graph.columns.number(index))
    return graph.symbols.get(index) or sp.Symbol(graph.name_of(index))


def definition(graph: GraphLike, index: int) -> Any:
    """A node in its direct arguments' names; an input is its own symbol."""
    arguments = [symbol(graph, a) for a in graph.columns.arguments(index)]
    return written(graph.columns, lambda node: symbol(graph, node), index, arguments)


def local_partial(graph: GraphLike, index: int, slot: int) -> Any:
    """The partial of a node by the argument in one slot, all other slots held fixed, in node names."""
    found = partials(graph.columns.code[index])[slot]
    arguments = tuple(symbol(graph, a) for a in graph.columns.arguments(index))
    return instantiate(found, arguments, symbol(graph, index))


def expression(graph: GraphLike, index: int, limit: int = EXPRESSION_LIMIT) -> Any:
    """A node in the inputs, as it was built (not expanded); LimitError where the tree would be too large."""
    return unfolded(graph.columns, lambda node: symbol(graph, node), index, f"of {graph.name_of(index)!r}", limit)


def networkx(graph: GraphLike) -> Any:
    """The graph as a ``networkx.MultiDiGraph``: an edge for every use, keyed by slot.

    Nodes carry ``name``, ``kind`` (input, constant, node), ``definition`` and ``label``;
    edges carry ``slot`` and ``partial``, the local partial in node names.
    """
    import networkx as nx

    columns = graph.columns
    result = nx.MultiDiGraph(title=graph.title)
    kinds = {INPUT: "input", CONSTANT: "constant"}
    for index in range(len(columns)):
        result.add_node(
            graph.name_of(index),
            name=graph.name_of(index),
            index=index,
            kind=kinds.get(columns.code[index], "node"),
            named=index in graph.names,
            definition=definition(graph, index),
            label=graph.labels.get(index, ""),
        )
    for source, target, slot in columns.edges():
        partial = local_partial(graph, target, slot)
        result.add_edge(graph.name_of(source), graph.name_of(target), key=slot, slot=slot, partial=partial)
    return result


def count_paths(graph: GraphLike, source: int, target: int) -> int:
    """How many paths lead from one node to another, counted without walking them."""
    count = {source: 1}
    for node in graph.columns.ancestors(target):
        if node > source:
            count[node] = sum(count.get(a, 0) for a in graph.columns.arguments(node))
    return count.get(target, 0)


def paths(graph: GraphLike, source: int, target: int, limit: int = PATH_LIMIT) -> list[tuple[Path, Any]]:
    """Every path as its edges (target, slot) from ``source`` on, with the product of the local partials.

    The products sum to the total derivative of ``target`` by ``source``.  Raises
    LimitError, naming the number of paths, where there are more than ``limit``.
    """
    import sympy as sp

    number_of_paths = count_paths(graph, source, target)
    if number_of_paths > limit:
        raise LimitError(
            f"{number_of_paths:.6g} paths lead from {graph.name_of(source)!r} to {graph.name_of(target)!r}, more than "
            f"the limit {limit}; backward() sums them without walking them"
        )
    found: dict[int, list[Path]] = {source: [[]]}
    for node in graph.columns.ancestors(target):
        if node > source:
            found[node] = [
                [*path, (node, slot)]
                for slot, argument in enumerate(graph.columns.arguments(node))
                for path in found.get(argument, [])
            ]
    return [
        (path, sp.Mul(*(local_partial(graph, node, slot) for node, slot in path))) for path in found.get(target, [])
    ]
