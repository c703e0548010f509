"""Graphs as people write them: edges, an adjacency matrix, lists of neighbours, or a name such as ``cycle 1-2-3``.

Everything becomes a ``message_passing.Neighbourhoods``; what is ambiguous is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int
from symderiv.families.given import pick
from symderiv.models import message_passing as mp

EDGE_WEIGHTS = ("edge_weights", "edge_weight", "weights")
LETTERS = {"K": "complete", "C": "cycle", "P": "path", "S": "star"}


def read_graph(given: Mapping[str, Any], directed: bool = False, self_loops: bool = False) -> mp.Neighbourhoods:
    """The graph of a question; ModelError where no graph is given or where two readings are possible.

    >>> read_graph({"graph": "path 1-2-3"}).neighbours("2")
    ('1', '3')
    """
    kind = pick(given, "graph", "graph_type")
    if isinstance(kind, Mapping):
        return read_graph({**given, **kind, "graph": None}, directed, self_loops)
    nodes = pick(given, "nodes", "n", "num_nodes", "n_nodes", "size", "vertices")
    if isinstance(kind, str):
        return _looped(_named(kind, nodes), directed, self_loops)
    table = pick(given, "adjacency", "A", "adjacency_matrix", "adj", "adjacency_list", "neighbors", "neighbours")
    edges = pick(given, "edges", "edge_list", "E")
    if edges is None and isinstance(table, Mapping):
        names = list(dict.fromkeys([*table, *(str(o) for others in table.values() for o in others)]))
        return _listed(names, table, directed, self_loops)
    if edges is None and isinstance(table, list) and table and isinstance(table[0], list):
        return _from_matrix(table, nodes, self_loops)
    if isinstance(edges, list):
        edges = [re.split(r"\s*(?:->|--|-|,)\s*", e.strip(" ()")) if isinstance(e, str) else e for e in edges]
    if not isinstance(edges, list) or not all(isinstance(e, list) and len(e) in (2, 3) for e in edges):
        raise ModelError("'edges' must be a list of pairs such as [[1, 2], [2, 3]]")
    if any(isinstance(end, (list, Mapping)) for edge in edges for end in edge[:2]):
        raise ModelError("an end of an edge must be the number or the name of a node, not a list")
    edges = _weighted(edges, pick(given, *EDGE_WEIGHTS), directed)
    weighted = [[*e[:2], read_exact(e[2], ANY_NAME, "edge weight")] if len(e) == 3 else e for e in edges]
    return mp.neighbourhoods(_names(nodes, edges), weighted, directed, self_loops)


def _weighted(edges: list[list[Any]], weights: Any, directed: bool) -> list[list[Any]]:
    """The edges with weights from a list in the same order, or from a table ``{"1-2": 3}``; ModelError for others."""
    if weights is None:
        return edges
    if isinstance(weights, list) and len(weights) == len(edges):
        return [[*edge[:2], weight] for edge, weight in zip(edges, weights, strict=True)]
    if not isinstance(weights, Mapping):
        raise ModelError(f"edge_weights must have one weight for each of the {len(edges)} edges, or be a table of them")
    table = {tuple(re.findall(r"\w+", str(ends))): weight for ends, weight in weights.items()}
    found = []
    for edge in edges:
        ends = (str(edge[0]), str(edge[1]))
        key = ends if ends in table or directed else ends[::-1]
        if key not in table:
            raise ModelError(f"the edge {ends[0]}-{ends[1]} has no weight; edge_weights names {', '.join(weights)}")
        found.append([*edge[:2], table.pop(key)])
    if table:
        raise ModelError(f"edge_weights names {'-'.join(next(iter(table)))}, which is no edge of the graph")
    return found


def _names(nodes: Any, edges: list[list[Any]]) -> list[object]:
    ends = list(dict.fromkeys(end for edge in edges for end in edge[:2]))
    if isinstance(nodes, list):
        return list(nodes)
    numbers = [int(end) for end in ends if str(end).isdigit()]
    first = 0 if 0 in numbers else 1
    if nodes is not None:
        return list(range(first, read_int(nodes, "nodes", least=1) + first))
    if len(numbers) == len(ends):
        return list(range(first, max(numbers, default=1) + 1))
    return list(ends)


def _named(text: str, nodes: Any) -> mp.Neighbourhoods:
    """``cycle`` with a number of nodes, ``path 1-2-3-4``, ``K4``, ``star with 5 nodes``."""
    words = text.strip()
    letter = re.fullmatch(r"([KCP])_?\{?(\d+)\}?", words)
    if letter:
        return mp.named_graph(LETTERS[letter[1]], int(letter[2]))
    chain = re.fullmatch(r"(path|cycle|ring|line|chain)?(?: graph)?:? ?(\w+(?:-\w+)+)", words, re.I)
    kind = re.sub(r"ring", "cycle", re.sub(r"line|chain", "path", (chain[1] or "path").lower())) if chain else ""
    if chain:
        names = chain[2].split("-")
        closed = len(names) > 2 and names[0] == names[-1]
        names = names[:-1] if closed else names
        pairs = list(zip(names, names[1:], strict=False)) + (
            [(names[-1], names[0])] if kind == "cycle" or closed else []
        )
        return mp.neighbourhoods(names, pairs)
    sized = re.fullmatch(r"([a-z]+)(?: graph)?(?: (?:with|on|of) (\d+) nodes)?", words.lower())
    if sized is None:
        raise ModelError(f"the graph {text!r} is not read; give its edges as pairs such as [[1, 2], [2, 3]]")
    kind = {"ring": "cycle", "line": "path", "chain": "path", "clique": "complete"}.get(sized[1], sized[1])
    count = sized[2] if nodes is None else len(nodes) if isinstance(nodes, list) else nodes
    if count is None:
        raise ModelError(f"the graph {text!r} needs its number of 'nodes'")
    return mp.named_graph(kind, read_int(count, "nodes", least=1))


def _from_matrix(rows: list[list[Any]], nodes: Any, self_loops: bool) -> mp.Neighbourhoods:
    """Row i holds the weights of the messages node i receives; the diagonal holds self loops."""
    size = len(rows)
    if any(not isinstance(row, list) or len(row) != size for row in rows):
        raise ModelError(f"an adjacency matrix must be square; this one has {size} rows")
    names = [str(n) for n in nodes] if isinstance(nodes, list) else [str(k + 1) for k in range(size)]
    if len(names) != size:
        raise ModelError(f"{len(names)} nodes and an adjacency matrix of {size} rows")
    entries = [[read_exact(v, ANY_NAME, "adjacency") for v in row] for row in rows]
    table = {
        a: tuple((b, v) for b, v in zip(names, row, strict=True) if v != 0)
        for a, row in zip(names, entries, strict=True)
    }
    graph = mp.Neighbourhoods(tuple(names), table)
    return _looped(graph, False, self_loops)


def _listed(names: list[str], table: Mapping[str, Any], directed: bool, self_loops: bool) -> mp.Neighbourhoods:
    """Lists of neighbours; each edge of an undirected graph must stand at both ends."""
    around = {str(a): [str(b) for b in others] for a, others in table.items()}
    for a, others in around.items():
        for b in others:
            if not directed and a not in around.get(b, []):
                raise ModelError(
                    f"{b} is listed as a neighbour of {a}, but {a} is not one of {b}; say directed or list it"
                )
    one = sp.S.One
    edges = {n: tuple((b, one) for b in names if b in around.get(n, [])) for n in names}
    return _looped(mp.Neighbourhoods(tuple(names), edges), False, self_loops)


def _looped(graph: mp.Neighbourhoods, directed: bool, self_loops: bool) -> mp.Neighbourhoods:
    if directed:
        raise ModelError("a directed graph must be given by its edges, each [from, to]")
    if not self_loops:
        return graph
    place = {name: k for k, name in enumerate(graph.nodes)}
    loops = {n: {**dict(graph.edges[n]), n: sp.S.One} for n in graph.nodes}
    return mp.Neighbourhoods(
        graph.nodes, {n: tuple(sorted(around.items(), key=lambda item: place[item[0]])) for n, around in loops.items()}
    )
