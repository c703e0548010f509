"""Message passing on a graph: updates expanded for every node, receptive fields, and graphs read off from updates.

A graph is its nodes and, for each, the neighbours with the weights of the edges.  A rule is the text of
``rule_words`` (``s_i + W1*(1/n_i)*sum_j tanh(W2*s_j)``), in which ``n_j`` is a neighbour's degree and ``w_ij`` the
weight of the edge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import sympy as sp

from symderiv.errors import LimitError, ModelError, UnknownNameError
from symderiv.models.rule_functions import Value
from symderiv.models.rule_language import evaluate_rule, free_names, parse_rule
from symderiv.models.rule_spelling import plain
from symderiv.models.rule_words import read_words

MEAN_OF_TANH = "s_i + W1*(1/n_i)*sum_j tanh(W2*s_j)"
MAX_NODES = 5_000
MAX_SIZE = 100_000
# functions that stand in the result as they stand in the rule
UNDEFINED = {name: sp.Function(name) for name in ("sigma", "phi", "psi", "rho", "f", "g", "MLP")}


@dataclass(frozen=True)
class Neighbourhoods:
    """Nodes in order, and for each node its neighbours with the weights of the edges."""

    nodes: tuple[str, ...]
    edges: Mapping[str, tuple[tuple[str, sp.Expr], ...]]

    def neighbours(self, node: str) -> tuple[str, ...]:
        if node not in self.edges:
            raise UnknownNameError("node", node, self.nodes, "the graph")
        return tuple(other for other, _ in self.edges[node])


@dataclass(frozen=True)
class Reconstruction:
    """Edges that printed updates force, exclude, and leave open."""

    forced: tuple[tuple[str, str], ...]
    excluded: tuple[tuple[str, str], ...]
    open: tuple[tuple[str, str], ...]


def neighbourhoods(
    nodes: Iterable[object], edges: Iterable[Sequence[object]], directed: bool = False, self_loops: bool = False
) -> Neighbourhoods:
    """A graph from nodes and edges ``(a, b)`` or ``(a, b, weight)``; neighbours in the order of the nodes.

    Raises UnknownNameError for an edge to a node that is not there, ModelError for an edge given twice.
    A directed edge (a, b) sends a message from a to b.
    """
    names = tuple(str(node) for node in nodes)
    if len(set(names)) != len(names):
        raise ModelError(f"the nodes {', '.join(names)} name one of them twice")
    if len(names) > MAX_NODES:
        raise LimitError(f"{len(names)} nodes; at most {MAX_NODES} are handled")
    table: dict[str, dict[str, sp.Expr]] = {name: {} for name in names}
    for edge in edges:
        if len(edge) not in (2, 3):
            raise ModelError(f"an edge is (a, b) or (a, b, weight), not {list(edge)}")
        a, b = str(edge[0]), str(edge[1])
        weight = edge[2] if len(edge) == 3 and isinstance(edge[2], sp.Expr) else sp.S.One
        for name in (a, b):
            if name not in table:
                raise UnknownNameError("node", name, names, f"the edge {a}-{b}")
        if a in table[b]:
            raise ModelError(f"the edge {a}-{b} is given twice; a graph without labels has it once")
        table[b][a] = weight
        if not directed:
            table[a][b] = weight
    if self_loops:
        for name in names:
            table[name][name] = sp.S.One
    place = {name: k for k, name in enumerate(names)}
    ordered = {name: tuple(sorted(table[name].items(), key=lambda item: place[item[0]])) for name in names}
    return Neighbourhoods(names, ordered)


def named_graph(kind: str, size: int) -> Neighbourhoods:
    """A path, cycle, star (centre 1) or complete graph on 1 … size.

    >>> named_graph("star", 4).neighbours("1")
    ('2', '3', '4')
    """
    if size < 1:
        raise ModelError(f"a graph with {size} nodes; at least 1 is needed")
    steps = [(k, k + 1) for k in range(1, size)]
    kinds: dict[str, list[tuple[int, int]]] = {
        "path": steps,
        "cycle": steps + ([(size, 1)] if size > 2 else []),
        "star": [(1, k) for k in range(2, size + 1)],
        "complete": list(combinations(range(1, size + 1), 2)),
    }
    if kind not in kinds:
        raise UnknownNameError("graph", kind, kinds)
    return neighbourhoods(range(1, size + 1), kinds[kind])


def update(
    graph: Neighbourhoods, rule: str, states: Mapping[str, Value], values: Mapping[str, Value] | None = None
) -> dict[str, Value | None]:
    """One layer: the new state of every node; None where the rule divides by an empty neighbourhood.

    Names of the rule without a value become symbols; give non-commutative symbols for vector states.

    >>> g = named_graph("path", 3)
    >>> update(g, "s_i + sum_j s_j", symbols(g))["2"]
    s1 + s2 + s3
    """
    return {node: update_node(graph, node, rule, states, values) for node in graph.nodes}


def update_node(
    graph: Neighbourhoods, node: str, rule: str, states: Mapping[str, Value], values: Mapping[str, Value] | None = None
) -> Value | None:
    """The update of one node, see ``update``."""
    graph.neighbours(node)  # says which nodes there are when this one is not
    around = graph.edges[node]
    tree = parse_rule(read_words(_edge_names(rule), max(1, len(around))).text)
    names: dict[str, Value] = {
        "s": states[node],
        "m": [states[other] for other, _ in around],
        "deg": [sp.Integer(len(graph.edges[other])) for other, _ in around],
        "edge": [weight for _, weight in around],
        "n": sp.Integer(len(around)),
        **(values or {}),
    }
    names |= {name: sp.Symbol(name) for name in free_names(tree) - set(names)}
    try:
        return evaluate_rule(tree, names, UNDEFINED)
    except ModelError as error:
        if not around and ("division" in str(error) or "nothing" in str(error) or "no messages" in str(error)):
            return None
        raise


def without_neighbours(node: str, rule: str, states: Mapping[str, Value], values: Mapping[str, Value]) -> Value:
    """What the rule gives an isolated node when the mean over nothing is taken as 0."""
    tree = parse_rule(read_words(_edge_names(rule), 1).text)
    names = {"s": states[node], "m": [sp.S.Zero], "deg": [sp.S.One], "edge": [sp.S.Zero], "n": sp.S.One, **values}
    names |= {name: sp.Symbol(name) for name in free_names(tree) - set(names)}
    return evaluate_rule(tree, names, UNDEFINED)


def layers(
    graph: Neighbourhoods, rule: str, count: int, states: Mapping[str, Value], values: Mapping[str, Value] | None = None
) -> dict[str, Value | None]:
    """``count`` layers with shared weights, written out in the first states; LimitError where that is too long."""
    if count < 1:
        raise ModelError(f"{count} layers; at least 1 is expanded")
    current: dict[str, Value | None] = dict(states)
    for _ in range(count):
        known = {n: (states[n] if v is None else v) for n, v in current.items()}
        size = sum(v.count_ops() for v in known.values() if isinstance(v, sp.Expr))
        widest = max(1, *(len(around) for around in graph.edges.values()))
        if size * widest > MAX_SIZE:
            raise LimitError(f"{count} layers written out exceed {MAX_SIZE} operations; ask for fewer")
        current = update(graph, rule, known, values)
    return current


def symbols(graph: Neighbourhoods, letter: str = "s", commutative: bool = True) -> dict[str, sp.Symbol]:
    """One symbol for the state of each node."""
    return {node: sp.Symbol(f"{letter}{node}", commutative=commutative) for node in graph.nodes}


def receptive_field(graph: Neighbourhoods, node: str, count: int, own: bool = True) -> tuple[str, ...]:
    """The nodes whose first states the state after ``count`` layers can depend on.

    ``own`` says whether the rule uses the node's own state.

    >>> receptive_field(named_graph("path", 6), "1", 3)
    ('1', '2', '3', '4')
    """
    reached = {node}
    graph.neighbours(node)
    for _ in range(count):
        seen = {other for name in reached for other in graph.neighbours(name)}
        reached = reached | seen if own else seen
    return tuple(name for name in graph.nodes if name in reached)


def uses_own_state(rule: str) -> bool:
    """Whether a rule names the node's own state, and not only the messages."""
    return "s" in free_names(parse_rule(read_words(_edge_names(rule), 1).text))


def layers_to_see_all(graph: Neighbourhoods, node: str) -> int | None:
    """The fewest layers after which a node depends on all others; None in a graph that is not connected."""
    for count in range(len(graph.nodes)):
        if len(receptive_field(graph, node, count)) == len(graph.nodes):
            return count
    return None


def distance(graph: Neighbourhoods, node: str, source: str) -> int | None:
    """The fewest layers after which a node can depend on another; None where it never can.

    >>> distance(named_graph("cycle", 5), "1", "4")
    2
    """
    reached: set[str] = {node}
    for count in range(len(graph.nodes)):
        if source in reached:
            return count
        reached |= {other for name in reached for other in graph.neighbours(name)}
    return None


def reconstruct(nodes: Iterable[object], printed: Mapping[object, Iterable[object]]) -> Reconstruction:
    """What updates of some nodes say about an undirected graph: edges forced, excluded, and left open.

    ``printed`` gives the neighbours of every node whose update is known.  ModelError where two updates disagree.

    >>> reconstruct([1, 2, 3, 4, 5], {2: [1, 4, 5], 3: [5]}).open
    (('1', '4'), ('1', '5'), ('4', '5'))
    """
    names = [str(node) for node in nodes]
    known = {str(node): {str(other) for other in others} for node, others in printed.items()}
    for name in [*known, *(other for others in known.values() for other in others)]:
        if name not in names:
            raise UnknownNameError("node", name, names, "a printed update")
    found: dict[frozenset[bool], list[tuple[str, str]]] = {}
    for a, b in combinations(names, 2):
        pairs: list[tuple[str, str]] = [(a, b), (b, a)]
        says = frozenset(other in known[one] for one, other in pairs if one in known)
        if len(says) == 2:
            raise ModelError(f"the updates of {a} and {b} disagree: only one of them lists the other as a neighbour")
        found.setdefault(says, []).append((a, b))
    says_yes, says_no, says_nothing = frozenset({True}), frozenset({False}), frozenset[bool]()
    return Reconstruction(*(tuple(found.get(key, [])) for key in (says_yes, says_no, says_nothing)))


def _edge_names(rule: str) -> str:
    """Degrees of neighbours and weights of edges under names of their own."""
    rule = re.sub(r"\b([wae])_\{\s*i\s*,?\s*j\s*\}", "edge_j", rule)
    rule = re.sub(r"\b([WwUVAab])_\{?(\d+)\}?", r"\1\2", plain(rule))
    rule = re.sub(r"\b(?:n|deg|d)_j\b", "deg_j", rule)
    rule = re.sub(r"\b(?:deg|d)_i\b", "n_i", rule)
    return re.sub(r"\b[wae]_ij\b", "edge_j", rule)
