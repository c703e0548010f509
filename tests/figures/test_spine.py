"""Rows of values: recognised, placed without overlap, left to Graphviz otherwise."""

from __future__ import annotations

import itertools

import pytest
from figure_samples import recurrence, rnn

from symderiv.drawing import Diagram, Edge, Node
from symderiv.figures.graph_drawing import diagram_of
from symderiv.figures.layout import label_size, node_size
from symderiv.figures.spine import find_spine, spine_placement
from symderiv.graph import Graph
from symderiv.notation.labels import text


def boxes(diagram, placement):
    for node in diagram.nodes:
        (x, y), (w, h) = placement.centres[node.id], node_size(node)
        yield node.id, (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    for edge, route in zip(diagram.edges, placement.routes, strict=True):
        if edge.label:
            (x, y), (w, h) = route.label_at, label_size(edge)
            yield f"{edge.source}-{edge.target}", (x - w / 2, y - h / 2, x + w / 2, y + h / 2)


def overlap(a, b):
    return min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5


@pytest.mark.parametrize("style", ["forward", "backward", "contributions"])
def test_nothing_overlaps_in_the_unrolled_network(style):
    diagram = diagram_of(rnn(), style)
    placed = dict(boxes(diagram, spine_placement(diagram)))
    clashes = [(a, b) for (a, x), (b, y) in itertools.combinations(placed.items(), 2) if overlap(x, y)]
    assert not clashes


def test_values_stand_in_order_inputs_below_weight_above():
    diagram = diagram_of(rnn())
    centres = spine_placement(diagram).centres
    row = [centres[name] for name in "pqrsty"]
    assert [x for x, _ in row] == sorted(x for x, _ in row)
    assert {y for _, y in row} == {0.0}
    for below, above in (("u_1", "p"), ("u_2", "r"), ("u_3", "t")):
        assert centres[below][0] == centres[above][0]
        assert centres[below][1] > 0
    assert centres["w"][1] < 0


def test_every_edge_has_its_own_route():
    diagram = diagram_of(recurrence(4), "backward")
    routes = spine_placement(diagram).routes
    assert len(routes) == len(diagram.edges)
    assert len({route.points for route in routes}) == len(routes)


def test_parallel_uses_run_in_lanes():
    nodes = (Node("x", text("x"), "circle", "weight"), Node("y", text("y")))
    diagram = Diagram(nodes, (Edge("x", "y"), Edge("x", "y")))
    first, second = spine_placement(diagram).routes
    assert first.points != second.points


def test_a_branching_graph_is_no_row():
    nodes = tuple(Node(name, text(name)) for name in "abcd")
    diamond = Diagram(nodes, (Edge("a", "b"), Edge("a", "c"), Edge("b", "d"), Edge("c", "d")))
    assert find_spine(diamond) is None
    assert spine_placement(diamond) is None


def test_labels_of_parallel_uses_stand_apart():
    graph = Graph("square")
    (x,) = graph.inputs("x")
    v = graph.node("v", x * x)
    graph.node("y", v + x)
    diagram = diagram_of(graph, "backward")
    placed = dict(enumerate(box for _, box in boxes(diagram, spine_placement(diagram))))
    assert not [1 for a, b in itertools.combinations(placed.values(), 2) if overlap(a, b)]
