"""Unnamed operations merged into named values."""

from __future__ import annotations

import pytest
import sympy as sp
from figure_samples import rnn

import symderiv as sd
from symderiv.figures.graph_drawing import diagram_of
from symderiv.figures.skeleton import skeleton
from symderiv.graph import Graph
from symderiv.nodes.merged import merged_definition, merged_edges
from symderiv.notation.labels import plain


def network():
    graph = Graph("two weights")
    w, v, b, h = graph.inputs("w v b h_0")
    for k in (1, 2, 3):
        (x,) = graph.inputs([f"x_{k}"])
        h = graph.node(f"h_{k}", sd.tanh(w * h + v * x + b))
    (y,) = graph.inputs(["y"])
    graph.node("L", (h - y) ** 2)
    return graph


def test_only_names_are_left():
    graph = network()
    seen = skeleton(graph, unnamed=False)
    assert set(seen.names) == {"w", "v", "b", "h_0", "x_1", "x_2", "x_3", "y", "h_1", "h_2", "h_3", "L"}
    assert seen.shared == ("w", "v", "b")
    assert ("h_1", "h_2") in seen.uses and ("w", "h_2") in seen.uses


def test_definitions_evaluate_to_the_nodes():
    graph = network()
    values = dict(zip(("w", "v", "b", "h_0", "x_1", "x_2", "x_3", "y"), (0.3, -0.7, 0.2, 0.5, 1.1, -0.4, 0.9, 0.1),
                      strict=True))
    computed = graph.forward(values)
    for name in ("h_1", "h_2", "h_3", "L"):
        definition = merged_definition(graph, graph[name])
        numbers = {s: float(computed[str(s)]) for s in definition.free_symbols}
        assert float(definition.subs(numbers)) == pytest.approx(float(computed[name]))


@pytest.mark.parametrize("name", ["w", "v", "b", "h_1", "x_2"])
def test_merged_contributions_sum_to_the_adjoint(name):
    graph = network()
    passed = graph.backward("L")
    targets = tuple(t for s, t in skeleton(graph, unnamed=False).uses if s == name)
    edges = merged_edges(passed, name, targets)
    values = {s: 0.1 * (k + 1) for k, s in enumerate(sp.symbols("w v b h_0 x_1 x_2 x_3 y"))}
    forward = graph.forward({str(s): value for s, value in values.items()})
    point = {sp.Symbol(node): float(value) for node, value in forward.items()}
    merged = sum(float(edge.contribution.subs(point)) for edge in edges)
    assert merged == pytest.approx(float(passed.adjoint(name).subs(point)))


def test_no_hidden_name_is_shown():
    graph = network()
    hidden = {str(s) for s in map(graph.name_of, range(len(graph)))} - set(skeleton(graph, unnamed=False).names)
    for style in ("forward", "backward", "contributions"):
        diagram = diagram_of(graph, style, unnamed=False)
        words = " ".join(plain(thing.label) for thing in (*diagram.nodes, *diagram.edges))
        assert not any(name in words.replace("(", " ").replace(")", " ").split() for name in hidden)


def test_a_graph_with_names_everywhere_stays_as_it_is():
    assert diagram_of(rnn(), "backward", unnamed=False).nodes == diagram_of(rnn(), "backward").nodes
