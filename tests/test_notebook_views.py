"""What a notebook shows: pictures of graphs, formulas of derivations and certificates; traced loops line by line."""

from xml.etree import ElementTree

import symderiv as sd
from symderiv.nodes.tracing import typeset
from symderiv.report import Report


def recurrence(w, u_1, u_2):
    h = 0
    for u in [u_1, u_2]:
        h = w * (u + h)
    return h


def test_graphs_and_backward_passes_are_pictures():
    g = sd.trace(recurrence, inputs="w u_1 u_2")
    for view in (g, g.backward(g.output)):
        assert ElementTree.fromstring(view._repr_svg_()).tag.endswith("svg")


def test_a_graph_too_large_to_draw_shows_its_text():
    g = sd.Graph("long")
    (x,) = g.inputs(["x"])
    h = x
    for k in range(3000):
        h = g.node(f"h_{k}", h * x)
    assert g._repr_svg_() is None
    assert "3001" in repr(g)


def test_formulas_of_derivations_and_certificates():
    c = sd.declare(a="vector(n)", x="vector(n)")
    found = sd.derive("grad(a@x, x)", "a", symbols=c)
    for view in (found, found.steps[0].certificate, found.start):
        assert view._repr_latex_().startswith("$")


def test_a_traced_loop_is_typeset():
    text = typeset(recurrence)
    assert text is not None
    assert r"\mathbf{for}" in text


def test_derivations_certificates_and_reports_are_pieces_of_html():
    c = sd.declare(a="vector(n)", x="vector(n)")
    found = sd.derive("grad(a@x, x)", "a", symbols=c)
    wrong = sd.certify("a@x", "2*a@x", symbols=c)
    said = Report([{"id": "1<b>", "status": "refuted", "claim": "$", "official": "1", "computed": "2", "evidence": "&"}])
    for view in (found, wrong, said):
        piece = view._repr_html_()
        assert ElementTree.fromstring(piece.replace("&nbsp;", " ")).tag == "div"
    assert "the sides differ" in wrong._repr_html_()
    assert "1&lt;b&gt;" in said._repr_html_()
