"""Family ``gnn_update``: an update rule written out on a graph, and what a state can depend on.

Read: ``edges`` (pairs, or triples with a weight), ``nodes`` (a number or a list), ``graph`` (path, cycle, star,
complete), ``rule`` (text; default the mean of tanh), ``layers``, ``node``, ``self_loops``, ``directed``,
``states``, values of weights.
Answered: one formula for every node under its name, ``depends_on`` (of ``node``, else of the first),
``depends_on_by_node``, ``neighbors``, ``degrees``, ``layers_to_see_all``, ``diameter``, ``walks`` (entries of
(I+A)^layers).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.errors import LimitError, ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int
from symderiv.families import FAMILIES, forms
from symderiv.models import message_passing as mp

SETTINGS = frozenset({
    "edges", "nodes", "graph", "rule", "layers", "node", "self_loops", "directed", "states", "task", "max_layers",
})  # fmt: skip
UNDEFINED = "undefined: the mean over no neighbours; the formula takes it as 0"
LARGEST_WALKS = 40


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """The expanded updates and the receptive fields."""
    graph = _graph(given)
    rule = given.get("rule", mp.MEAN_OF_TANH)
    count = read_int(given.get("layers", 1), "layers", least=0)
    named = {k: v for k, v in given.items() if k not in SETTINGS and isinstance(v, (int, str)) and k.isidentifier()}
    values = {k: read_exact(v, ANY_NAME, k) for k, v in named.items()}
    states = dict(mp.symbols(graph)) | _states(given, graph)
    answers: dict[str, Any] = {}
    if count >= 1:
        try:
            found = mp.layers(graph, rule, count, states, values)
            answers |= {node: _formula(node, found[node], rule, states, values) for node in graph.nodes}
        except LimitError as error:
            answers["not_expanded"] = str(error)
    node = str(given.get("node", graph.nodes[0]))
    own = mp.uses_own_state(rule)
    fields = {n: [_bare(x) for x in mp.receptive_field(graph, n, count, own)] for n in graph.nodes}
    if node not in fields:
        graph.neighbours(node)
    seen = {n: mp.layers_to_see_all(graph, n) for n in graph.nodes}
    answers |= {
        "depends_on": fields[node],
        "depends_on_by_node": fields,
        "neighbors": {n: [_bare(x) for x in graph.neighbours(n)] for n in graph.nodes},
        "degrees": {n: len(graph.neighbours(n)) for n in graph.nodes},
        "layers_to_see_all": seen[node],
        "layers_needed": seen[node],
        "diameter": None if None in seen.values() else max(v for v in seen.values() if v is not None),
        "isolated": [_bare(n) for n in graph.nodes if not graph.neighbours(n)],
    }
    if len(graph.nodes) <= LARGEST_WALKS:
        adjacency = sp.Matrix([[int(b in graph.neighbours(a)) for b in graph.nodes] for a in graph.nodes])
        answers["walks"] = forms.mat(((sp.eye(len(graph.nodes)) + adjacency) ** count).tolist())
    return answers


def _formula(node: str, value: Any, rule: str, states: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, str]:
    if value is None:
        return forms.expr(mp.without_neighbours(node, rule, states, values)) | {"text": UNDEFINED}
    return forms.expr(value)


def _graph(given: Mapping[str, Any]) -> mp.Neighbourhoods:
    nodes = given.get("nodes")
    if isinstance(given.get("graph"), str):
        return mp.named_graph(given["graph"], read_int(nodes, "nodes", least=1))
    edges = given.get("edges")
    if not isinstance(edges, list) or not all(isinstance(e, list) and len(e) in (2, 3) for e in edges):
        raise ModelError("'edges' must be a list of pairs such as [[1, 2], [2, 3]]")
    ends = list(dict.fromkeys(end for edge in edges for end in edge[:2]))
    if isinstance(nodes, list):
        names: list[object] = list(nodes)
    elif nodes is not None:
        names = list(range(1, read_int(nodes, "nodes", least=1) + 1))
    elif all(isinstance(end, int) and end >= 1 for end in ends):
        names = list(range(1, max(ends, default=1) + 1))
    else:
        names = list(ends)
    weighted = [[*edge[:2], read_exact(edge[2], ANY_NAME, "edge weight")] if len(edge) == 3 else edge for edge in edges]
    return mp.neighbourhoods(names, weighted, given.get("directed") is True, given.get("self_loops") is True)


def _states(given: Mapping[str, Any], graph: mp.Neighbourhoods) -> dict[str, Any]:
    states = given.get("states", {})
    if isinstance(states, list):
        states = dict(zip(graph.nodes, states, strict=False))
    if not isinstance(states, Mapping):
        raise ModelError("'states' must be a table from node to value, or a list")
    for node in states:
        graph.neighbours(str(node))
    return {str(node): read_exact(value, ANY_NAME, f"the state of {node}") for node, value in states.items()}


def _bare(node: str) -> int | str:
    return int(node) if node.isdigit() else node


FAMILIES.add("gnn_update", answer)
