"""Pictures of computational graphs: what stands on nodes and edges, folding, alternative texts."""

from __future__ import annotations

import time

import pytest
import sympy as sp
from figure_samples import NASTY, recurrence, rnn
from golden_files import assert_golden

from symderiv.errors import DrawingError, UnknownNameError
from symderiv.figures.graph_drawing import diagram_of, draw
from symderiv.formats.dot import dot_text
from symderiv.formats.svg import svg_text
from symderiv.formats.tikz import tikz_text
from symderiv.graph import Graph
from symderiv.notation.labels import plain
from symderiv.notation.printing import latex


def edge_labels(diagram):
    return {(edge.source, edge.target): plain(edge.label) for edge in diagram.edges}


def test_forward_shows_names_and_definitions():
    graph = rnn()
    labels = {node.id: node.label.lines[0][0].body for node in diagram_of(graph).nodes}
    written = {"p": "u_{1}", "q": "w p", "r": "u_{2} + q", "s": "w r", "t": "u_{3} + s", "y": "w t"}  # as declared
    for name, definition in written.items():
        assert labels[name] == f"{name} = {definition}"
    assert labels["u_1"] == latex(sp.Symbol("u_1"))


def test_backward_shows_partials_and_adjoints():
    graph = rnn()
    passed = graph.backward("y")
    diagram = diagram_of(graph, "backward")
    labels = {(e.source, e.target): e.label.lines[0][0].body for e in diagram.edges}
    for name in ("w", "u_1", *"pqrst"):
        for edge in passed.edges(name):
            assert labels[name, edge.target.name].endswith(f"= {latex(edge.partial)}")
    nodes = {node.id: node.label.lines[1][0].body for node in diagram.nodes}
    assert nodes["p"] == rf"\bar{{p}} = {latex(passed.adjoint('p'))}"


def test_contributions_show_every_use_of_the_shared_weight():
    graph = rnn()
    diagram = diagram_of(graph, "contributions")
    worded = {pair: words for pair, words in edge_labels(diagram).items() if words}
    assert set(worded) == {("w", "q"), ("w", "s"), ("w", "y")}
    for edge in graph.backward("y").edges("w"):
        label = next(e for e in diagram.edges if (e.source, e.target.removesuffix("")) == ("w", edge.target.name)).label
        factors = [latex(factor) for factor in sp.Mul.make_args(edge.contribution)]
        body = label.lines[-1][0].body.removeprefix("= ")
        assert sorted(body.split()) == sorted(factors), "the same factors, the weight first"
    assert [node.role for node in diagram.nodes if node.id == "w"] == ["weight"]


def test_a_backward_pass_is_drawn_as_one():
    graph = rnn()
    assert diagram_of(graph.backward("y")) == diagram_of(graph, "backward")


def test_highlight_chooses_the_input():
    diagram = diagram_of(rnn(), "contributions", highlight=["u_2"])
    assert [pair for pair, words in edge_labels(diagram).items() if words] == [("u_2", "r")]


def test_alternative_text_tells_the_graph():
    alt = draw(rnn()).alt
    assert alt == ("A computational graph (unrolled RNN) with 10 nodes; inputs w, u_1, u_2 and u_3; output y. "
                   "w is used by q, s and y.")


def test_too_large_is_refused_with_a_way_out_and_folds():
    graph = recurrence(400)
    with pytest.raises(DrawingError, match=r"1,202 nodes.*limit 150.*fold=True"):
        draw(graph)
    diagram = diagram_of(graph, fold=True)
    names = [node.id for node in diagram.nodes]
    assert {"h_1", "h_2", "h_400", "…"} <= set(names)
    assert "h_3" not in names and "h_399" not in names
    assert "1191 nodes of the middle time steps are left out" in diagram.alt
    assert draw(graph, fold=True).width < 800


def test_folding_leaves_a_short_graph_alone():
    assert diagram_of(rnn(), fold=True) == diagram_of(rnn())


def test_a_large_graph_without_time_steps_is_refused_even_folded():
    graph = Graph("wide")
    x, *_ = graph.inputs("x")
    for k in range(200):
        x = x * 2 if k % 2 else x + 1
    graph.node("y", x)
    with pytest.raises(DrawingError, match="draw a smaller part"):
        draw(graph, fold=True)


def test_wrong_wishes_are_named():
    with pytest.raises(UnknownNameError, match="did you mean backward"):
        draw(rnn(), "backwards")
    with pytest.raises(UnknownNameError, match="node"):
        draw(rnn(), "contributions", highlight=["v"])
    with pytest.raises(DrawingError, match="no nodes"):
        draw(Graph("empty"))
    graph = Graph("two ends")
    (x,) = graph.inputs("x")
    graph.node("a", x + 1)
    graph.node("b", x + 2)
    with pytest.raises(DrawingError, match=r"2 \(a and b\).*output="):
        draw(graph, "backward")
    assert draw(graph, "backward", output="a").alt


def test_constants_are_in_the_definitions_only():
    graph = Graph("constants")
    (x,) = graph.inputs("x")
    graph.node("y", 3 * x)
    assert [node.id for node in diagram_of(graph).nodes] == ["x", "y"]


def test_parallel_uses_are_two_edges():
    graph = Graph("square")
    (x,) = graph.inputs("x")
    graph.node("y", x * x)
    diagram = diagram_of(graph, "contributions")
    assert [(e.source, e.target) for e in diagram.edges] == [("x", "y")] * 2
    assert all(e.label for e in diagram.edges)


def test_free_labels_are_literal():
    graph = Graph("labels")
    (x,) = graph.inputs("x")
    for k, words in enumerate(NASTY):
        x = graph.node(f"y_{k}", x + 1, label=words)
    drawing = draw(graph)
    for render in (svg_text, tikz_text, dot_text):
        assert render(drawing)
    tikz = tikz_text(drawing)
    assert r"\write18" not in tikz and r"\input{" not in tikz
    assert tikz.count(r"\end{tikzpicture}") == 1


def test_long_definitions_leave_the_name():
    graph = Graph("long")
    names = " ".join(f"x_{k}" for k in range(40))
    symbols = [handle.symbol for handle in graph.inputs(names)]
    graph.node("y", sp.Add(*symbols))
    label = next(node.label for node in diagram_of(graph).nodes if node.id == "y")
    assert plain(label) == "y"


def test_equal_graphs_give_equal_files():
    assert svg_text(draw(rnn(), "backward")) == svg_text(draw(rnn(), "backward"))


@pytest.mark.parametrize("style", ["forward", "backward", "contributions"])
def test_golden_figure(style):
    drawing = draw(rnn(), style)
    assert_golden(f"rnn_{style}.tex", tikz_text(drawing))
    assert_golden(f"rnn_{style}.dot", dot_text(drawing))
    if style == "contributions":
        assert_golden(f"rnn_{style}.svg", svg_text(drawing))


def test_a_warm_figure_takes_well_under_a_tenth_of_a_second():
    svg_text(draw(rnn(), "backward"))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        svg_text(draw(rnn(), "backward"))
        times.append(time.perf_counter() - start)
    assert min(times) < 0.1
