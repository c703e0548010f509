"""The written backward pass through matrices, its pictures and its data."""

import json

import pytest
from graph_samples import GRAPHS

import symderiv as sd
from symderiv.errors import LimitError
from symderiv.figures.graph_drawing import diagram_of, draw
from symderiv.matrix_graphs.steps import KINDS, matrix_steps, verdict, written
from symderiv.models import matrix_networks as models
from symderiv.notation.labels import plain


@pytest.mark.parametrize("name", GRAPHS)
def test_steps_are_certified(name):
    make, wanted = GRAPHS[name]
    graph = make()
    rows = matrix_steps(graph.backward(graph.output), wanted[0])
    assert verdict(rows) == "proved"
    assert list(dict.fromkeys(row.kind for row in rows)) == [k for k in KINDS if any(r.kind == k for r in rows)]
    assert rows[-1].kind == "check" and rows[-1].derivation.steps
    assert len([row for row in rows if row.kind == "contribution"]) == len(graph.backward().edges(wanted[0]))


def test_steps_are_written_into_a_document(tmp_path):
    from symderiv.document import Document

    rows = matrix_steps(models.dropout_loss_graph().backward(), "w_check")
    path = sd.write(Document("dropout", written(rows)), tmp_path / "steps.tex")
    assert r"\mathbb{E}" in path.read_text()


def test_a_long_pass_is_not_written_out():
    g = sd.Graph("long", scope=sd.declare(x="vector(d)"))
    (h,) = g.inputs("x")
    for _ in range(61):
        h = h + 1
    b = g.backward(h @ h)
    with pytest.raises(LimitError, match="62 operations.*limit 60"):
        matrix_steps(b, "x")


# --- pictures --------------------------------------------------------------------
def test_labels_show_spaces_products_and_contributions():
    graph = models.autoencoder_graph()
    forward = {n.id: [line[0].body for line in n.label.lines] for n in diagram_of(graph).nodes}
    assert forward["H"][0] == "H = W_{1} X" and r"\mathbb{R}^{k \times n}" in forward["H"][1]
    assert forward["W_1"] == [r"W_{1} \in \mathbb{R}^{k \times m}"]
    backward = {(e.source, e.target): e.label.lines[0][0].body for e in diagram_of(graph, "backward").edges}
    assert backward["H", "X_hat"] == r"W_{2}^{\top} \bar{\hat{X}}"
    worded = {(e.source, e.target): plain(e.label) for e in diagram_of(graph, "contributions", ["W_2"]).edges if e.label}
    assert set(worded) == {("W_2", "X_hat")}
    assert plain(diagram_of(models.matrix_rnn_graph(2), "backward").nodes[0].label).count("+") == 1


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png", "tex", "dot", "json"])
def test_pictures_are_written(suffix, tmp_path):
    graph = models.tikhonov_graph()
    obj = graph if suffix == "json" else draw(graph.backward(), "backward")
    assert sd.write(obj, tmp_path / f"graph.{suffix}").stat().st_size > 500


def test_data_has_shapes(tmp_path):
    path = sd.write(models.tikhonov_graph().backward(), tmp_path / "graph.json")
    record = json.loads(path.read_text())
    nodes = {node["name"]: node for node in record["nodes"]}
    assert nodes["z"]["shape"] == ["n"] and nodes["z"]["operation"] == "matmul"


def test_unnamed_operations_are_merged():
    g = sd.Graph("layer", scope=sd.declare(W="matrix(k, d)", x="vector(d)", R="vector(k) ~ rademacher()"))
    w, x, r = g.inputs("W x R")
    h = g.node("h", sd.tanh(w @ x))
    g.node("L", ((r * h).sum() ** 2).E() / 2)
    assert [n.id for n in diagram_of(g, unnamed=False).nodes] == ["W", "x", "R", "h", "v_4", "v_5", "L"]
    assert diagram_of(g.backward(), "backward", unnamed=False).edges
