"""Family ``gnn_update``: an update rule written out on a graph, and what a state can depend on.

Read: the graph (``edges``, ``nodes``, ``graph``, ``adjacency`` …, see ``graph_reading``), ``rule`` (text; default the
mean of tanh), ``layers``, ``node``, ``self_loops``, ``directed``, ``states`` (numbers, formulas or columns), values of
weights (also matrices); what ``given`` leaves out of these may stand in the task.
Answered: one formula (or column) for every node under its name, ``depends_on`` (of ``node``, else of the first) and
``depends_on_by_node``, ``neighbors``, ``degrees``, ``layers_to_see_all``, ``diameter``, ``distances``, ``walks``
(entries of (I+A)^layers), with ``source`` also ``depends``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.errors import LimitError, ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int
from symderiv.families import FAMILIES, forms
from symderiv.families.given import flag, pick, prose
from symderiv.families.graph_reading import EDGE_WEIGHTS, read_graph
from symderiv.models import message_passing as mp

SETTINGS = frozenset({
    "edges", "nodes", "graph", "graph_type", "rule", "layers", "node", "self_loops", "directed", "states", "task", "n",
    "max_layers", "steps", "L", "rounds", "num_layers", "target", "source", "query", "i", "of", "num_nodes", "n_nodes",
    "size", "self_loop", "add_self_loops", "update", "update_rule", "note", "start_node", "from_node", "to_node",
    *EDGE_WEIGHTS,
})  # fmt: skip
STATES = ("states", "initial_states", "s0", "initial", "s", "h0", "x", "features", "initial_state")
LAYERS = ("layers", "L", "steps", "rounds", "num_layers", "max_layers")
UNDEFINED = "undefined: the mean over no neighbours; the formula takes it as 0"
LARGEST_WALKS = 40
HOW_MANY = re.compile(
    r"(?:how many|number of|fewest|least|minimal|minimum|smallest|which) (?:\w+ ){0,2}(?:layers?|rounds?|steps?)\b"
)
EVERY_PAIR = re.compile(
    r"(?:every|each|all|any two|any) (?:pairs?|nodes?|lea(?:f|ves)|vert\w+) .*\b(?:every|each|all|any|other)"
)
# a_ij may be an entry of the adjacency matrix, which is 1; these are weights
EDGE_WEIGHT = re.compile(r"\b[we]_(?:ij\b|\{\s*i\s*,?\s*j\s*\})")
UNION = re.compile(
    r"_\{?\(?j\s+in\s+(?:N_?\{?\(?i\)?\}?\s*(?:u|U|∪|union|\\cup)\s*\\?\{\s*i\s*\\?\}|\\?\{\s*i\s*\\?\}\s*(?:u|U|∪|\\cup)\s*N_?\(?i\)?|"
    r"N\[i\])\)?\}?"
)  # fmt: skip


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """The expanded updates and the receptive fields."""
    rule = str(pick(given, "rule", "update_rule", "update", default=mp.MEAN_OF_TANH))
    rule, closed = _closed(rule)
    graph = read_graph(given, _said(given, "directed", r"(?<!un)directed"), closed or _loops(given))
    if EDGE_WEIGHT.search(rule) and all(w == 1 for around in graph.edges.values() for _, w in around):
        raise ModelError("the rule weighs the edges and the graph has no weights; give edge_weights or [a, b, weight]")
    count = read_int(_layers(given), "layers", least=0)
    values = {re.sub(r"^([WwUVAab])_(\d+)$", r"\1\2", k): _value(v, k) for k, v in given.items() if _is_weight(k, v)}
    other = re.search(r"\b([hx])(?:\^\{?[^}]*\}?)?_\{?[ij]\b", rule)
    states = dict(mp.symbols(graph, other[1] if other else "s")) | _states(given, graph)
    answers: dict[str, Any] = {}
    if count >= 1:
        try:
            found = mp.layers(graph, rule, count, states, values)
            answers |= {node: _formula(node, found[node], rule, states, values) for node in graph.nodes}
        except LimitError as error:
            answers["not_expanded"] = str(error)
    return answers | _reach(given, graph, rule, count)


def _reach(given: Mapping[str, Any], graph: mp.Neighbourhoods, rule: str, count: int) -> dict[str, Any]:
    """What states can depend on after so many layers, and the numbers of the graph."""
    node = _node(given, graph)
    own = mp.uses_own_state(rule)
    fields = {n: [_bare(x) for x in mp.receptive_field(graph, n, count, own)] for n in graph.nodes}
    seen = {n: mp.layers_to_see_all(graph, n) for n in graph.nodes}
    distances = {n: mp.distance(graph, node, n) for n in graph.nodes}
    answers: dict[str, Any] = {
        "depends_on": fields[node], "receptive_field": fields[node], "count": len(fields[node]),
        "depends_on_by_node": fields,
        "independent_of": [_bare(n) for n in graph.nodes if _bare(n) not in fields[node]],
        "neighbors": {n: [_bare(x) for x in graph.neighbours(n)] for n in graph.nodes},
        "degrees": {n: len(graph.neighbours(n)) for n in graph.nodes},
        "layers_to_see_all": seen[node], "layers_needed": seen[node], "min_layers": seen[node], "distances": distances,
        "diameter": None if None in seen.values() else max(v for v in seen.values() if v is not None),
        "isolated": [_bare(n) for n in graph.nodes if not graph.neighbours(n)],
    }  # fmt: skip
    source = pick(given, "source", "from_node", default=_second_named(given, graph, node))
    if source is not None:
        graph.neighbours(str(source))
        answers |= {"depends": _bare(str(source)) in fields[node], "layers_needed": distances[str(source)]}
    elif EVERY_PAIR.search(prose(given)):
        answers["layers_needed"] = answers["diameter"]
    answers["min_layers"] = answers["layers_needed"]
    if pick(given, *LAYERS) is None and HOW_MANY.search(prose(given)) and answers["layers_needed"] is not None:
        answers["layers"] = answers["layers_needed"]
    if len(graph.nodes) <= LARGEST_WALKS:
        adjacency = sp.Matrix([[int(b in graph.neighbours(a)) for b in graph.nodes] for a in graph.nodes])
        answers["walks"] = forms.mat(((sp.eye(len(graph.nodes)) + adjacency) ** count).tolist())
    return answers


def _node(given: Mapping[str, Any], graph: mp.Neighbourhoods) -> str:
    """The node asked for: given, else named in the task, else the first."""
    said = pick(given, "node", "target", "query", "to_node", "start_node", "i", "of")
    if said is None:
        said = next(iter(_named_nodes(given, graph)), graph.nodes[0])
    graph.neighbours(str(said))
    return str(said)


def _named_nodes(given: Mapping[str, Any], graph: mp.Neighbourhoods) -> list[str]:
    """The nodes the task speaks of, in its order."""
    named = re.findall(r"\b(?:node|leaf|vertex|[sS]_)\s*(\w+)", str(given.get("task", "")))
    return list(dict.fromkeys(name for name in named if name in graph.nodes))


def _second_named(given: Mapping[str, Any], graph: mp.Neighbourhoods, node: str) -> str | None:
    """The other node of a task about exactly two."""
    named = _named_nodes(given, graph)
    return next(name for name in named if name != node) if len(named) == 2 and node in named else None


def _layers(given: Mapping[str, Any]) -> Any:
    counts = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
    said = re.search(rf"\b(\d+|{'|'.join(counts)}) (?:layers?|rounds?|steps?)\b", prose(given))
    told = counts.get(said[1], said[1]) if said else 1
    return pick(given, *LAYERS, default=told)


def _said(given: Mapping[str, Any], name: str, pattern: str) -> bool:
    return flag(given, name) if given.get(name) is not None else re.search(pattern, prose(given)) is not None


def _loops(given: Mapping[str, Any]) -> bool:
    loops = pick(given, "self_loops", "add_self_loops", "self_loop")
    if loops is not None:
        return flag({"self_loops": loops}, "self_loops")
    text = f"{prose(given)} {str(given.get('rule', '')).lower()}"
    return re.search(r"(?:with|includ\w+|added?|adding) (?:added )?self[- ]?loops?", text) is not None


def _closed(rule: str) -> tuple[str, bool]:
    """``sum_{j in N(i) u {i}}`` is a sum over neighbours in the graph with self loops."""
    if UNION.search(rule) is None:
        return rule, False
    if re.search(r"\+\s*1\b", rule):
        raise ModelError("a rule over N(i) and i itself that also adds 1 to a degree has two readings; give self_loops")
    return UNION.sub("_j", rule), True


def _is_weight(name: str, value: Any) -> bool:
    whole = name not in SETTINGS and name not in STATES and name.isidentifier() and not isinstance(value, bool)
    return whole and (
        isinstance(value, (int, str)) or isinstance(value, list) and name[:1] in "WwUVAab" and name != "adj"
    )


def _value(value: Any, what: str) -> Any:
    """A number, a formula, or a matrix from its rows (a column from a list)."""
    if not isinstance(value, list):
        return read_exact(value, ANY_NAME, what)
    rows = [[read_exact(v, ANY_NAME, what) for v in (row if isinstance(row, list) else [row])] for row in value]
    if len({len(row) for row in rows}) != 1:
        raise ModelError(f"{what}: the rows differ in length")
    return sp.Matrix(rows)


def _formula(node: str, value: Any, rule: str, states: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    if value is None:
        return forms.expr(mp.without_neighbours(node, rule, states, values)) | {"text": UNDEFINED}
    if isinstance(value, sp.MatrixBase):
        return forms.vec(list(value)) if value.shape[1] == 1 else forms.mat(value.tolist())
    return forms.expr(value)


def _states(given: Mapping[str, Any], graph: mp.Neighbourhoods) -> dict[str, Any]:
    states = pick(given, *STATES, default={})
    if isinstance(states, list):
        if len(states) != len(graph.nodes):
            raise ModelError(f"{len(states)} states for {len(graph.nodes)} nodes; give one for each")
        states = dict(zip(graph.nodes, states, strict=True))
    if not isinstance(states, Mapping):
        raise ModelError("'states' must be a table from node to value, or a list")
    named = {re.sub(r"^[shx]_?(?=\d+$)", "", str(node)): value for node, value in states.items()}
    for node in named:
        graph.neighbours(node)
    return {node: _value(value, f"the state of {node}") for node, value in named.items()}


def _bare(node: str) -> int | str:
    return int(node) if node.isdigit() else node


FAMILIES.add("gnn_update", answer)
