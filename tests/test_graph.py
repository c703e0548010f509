"""Building graphs, looking at them, and what is refused."""

import math
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
import sympy as sp

from symderiv.errors import GraphError, LimitError, UnknownNameError
from symderiv.functions import maximum, relu, sigmoid, softplus, tanh
from symderiv.graph import Graph


@pytest.fixture
def rnn():
    g = Graph("unrolled RNN")
    w, u1, u2, u3 = g.inputs("w u_1 u_2 u_3")
    q = g.node("q", w * u1)
    r = g.node("r", u2 + q)
    s = g.node("s", w * r)
    t = g.node("t", u3 + s)
    g.node("y", w * t)
    return g


def test_inputs_are_always_a_tuple():
    g = Graph()
    (x,) = g.inputs("x")
    pair = g.inputs(["a", sp.Symbol("b", positive=True)])
    nothing, vector = g.inputs("c, v[3]")
    assert x.name == "x" and [h.name for h in pair] == ["a", "b"]
    assert nothing.name == "c" and [h.name for h in vector] == ["v_1", "v_2", "v_3"]
    assert g.definition("b").is_positive


def test_unnamed_intermediates_are_nodes_and_named_ones_keep_their_place(rnn):
    w = rnn["w"]
    before = len(rnn)
    named = rnn.node("z", w * w + 1)
    assert len(rnn) == before + 3  # w·w, the constant 1, the sum
    assert rnn.definition("z") == sp.Symbol(f"v_{before}") + 1
    assert named.name == "z"


def test_naming_an_input_or_a_named_node_adds_an_identity(rnn):
    p = rnn.node("p", rnn["u_1"])
    again = rnn.node("t2", rnn["t"])
    assert rnn.definition(p) == sp.Symbol("u_1") and rnn.definition(again) == sp.Symbol("t")
    assert rnn.node("three", 3).name == "three" and rnn.definition("three") == 3


def test_parallel_edges_stay_apart():
    g = Graph()
    (w,) = g.inputs("w")
    y = g.node("y", w * w)
    assert nx.number_of_edges(g.networkx()) == 2
    edges = g.backward(y).edges(w)
    assert [e.contribution for e in edges] == [sp.Symbol("w")] * 2


def test_the_expression_is_what_the_function_computes(rnn):
    w, *u = sp.symbols("w u_1 u_2 u_3")
    h = sp.S.Zero
    for value in u:
        h = w * (value + h)
    assert sp.expand(rnn.expression("y") - h) == 0
    assert rnn.definition("t") == sp.Symbol("u_3") + sp.Symbol("s")


def test_networkx_carries_names_definitions_and_partials(rnn):
    view = rnn.networkx()
    assert isinstance(view, nx.MultiDiGraph) and nx.is_directed_acyclic_graph(view)
    assert view.nodes["w"]["kind"] == "input" and view.nodes["q"]["definition"] == sp.Symbol("w") * sp.Symbol("u_1")
    assert view.edges["w", "s", 0]["partial"] == sp.Symbol("r")


def test_paths_sum_to_the_total_derivative(rnn):
    found = rnn.paths("w", "y")
    assert [names for names, _ in found] == [["w", "y"], ["w", "s", "t", "y"], ["w", "q", "r", "s", "t", "y"]]
    inner = {sp.Symbol(n): rnn.expression(n) for n in "qrst"}
    total = sum(product for _, product in found).xreplace(inner)
    assert sp.expand(total - sp.diff(rnn.expression("y"), "w")) == 0


def test_too_many_paths_are_counted_not_walked():
    g = Graph()
    (x,) = g.inputs("x")
    h = x
    for _ in range(40):
        h = h * h + h
    with pytest.raises(LimitError, match=r"1\.21577e\+19 paths"):
        g.paths(x, h)
    assert pytest.approx(1.21577e19, rel=1e-5) == 3**40


def test_any_sympy_function_is_a_node(rnn):
    w, r = sp.symbols("w r")
    z = rnn.node("z", sp.besselj(1, w) * r)
    assert rnn.definition(z) == sp.besselj(1, w) * r and len(rnn.backward(z).edges("w")) == 2
    a, b = sp.symbols("a b")
    applied = rnn.apply(sp.Lambda((a, b), a**b + b), rnn["w"], rnn["t"])
    assert rnn.definition(applied) == w ** sp.Symbol("t") + sp.Symbol("t")
    mixed = sp.Symbol("w") ** 2 * rnn["t"]
    assert mixed == sp.Symbol("w") ** 2 * sp.Symbol("t")  # SymPy takes a handle as its symbol


def test_constants_stay_exact():
    g = Graph()
    (x,) = g.inputs("x")
    y = g.node("y", x * Fraction(1, 3) + sp.pi + np.float64(0.5) + sp.Rational(1, 7))
    assert sp.expand(g.expression(y)) == sp.Symbol("x") / 3 + sp.pi + 0.5 + sp.Rational(1, 7)


def test_functions_take_every_kind_of_argument():
    g = Graph()
    (x,) = g.inputs("x")
    symbol = sp.Symbol("x")
    assert g.definition(tanh(x)) == sp.tanh(symbol) and tanh(symbol) == sp.tanh(symbol)
    assert g.definition(maximum(x, 2)) == sp.Max(symbol, 2)
    assert tanh(0.5) == math.tanh(0.5) and relu(-1) == 0
    assert softplus(np.array([0.0, 800.0])) == pytest.approx([math.log(2), 800])
    assert sigmoid(np.array([-800.0, 0.0])) == pytest.approx([0, 0.5])


# --- bad input -------------------------------------------------------------------

NASTY = [r"\write18", '#{}%&_^~"<>', "a" * 10_000, "", "1a", "a b", "a__b", "_x", "x;y", None, 3, "a\n", "a}{"]


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_what_is_no_name_is_refused_and_points_to_label(name):
    g = Graph()
    (x,) = g.inputs("x")
    with pytest.raises(GraphError, match="label="):
        g.node(name, x + 1)
    with pytest.raises(GraphError, match="cannot name a node"):
        g.input(name)
    assert len(g.names) == 1


def test_any_text_is_a_label():
    g = Graph()
    x = g.input("x", label=r"\write18 #{}%&_^~")
    y = g.node("y", x + 1, label="a" * 10_000)
    assert g.labels[x.index] == r"\write18 #{}%&_^~" and len(g.labels[y.index]) == 10_000


@pytest.mark.parametrize("name", ["w", "q", "y"])
def test_a_name_used_twice_is_refused(rnn, name):
    with pytest.raises(GraphError, match=f"'{name}' is used twice"):
        rnn.node(name, rnn["w"] + 1)
    with pytest.raises(GraphError, match="used twice"):
        rnn.inputs([name])
    with pytest.raises(GraphError, match="used twice"):
        rnn.inputs("z q_1 q_1")


def test_unknown_names_suggest_near_ones(rnn):
    with pytest.raises(UnknownNameError, match="u_1"):
        rnn.definition("u1")
    with pytest.raises(UnknownNameError, match="unknown node 'omega'"):
        rnn.node("z", sp.Symbol("omega") + 1)
    with pytest.raises(UnknownNameError):
        rnn["v_99"]


def test_foreign_handles_are_refused(rnn):
    (x,) = Graph("other").inputs("x")
    with pytest.raises(GraphError, match="belongs to the graph 'other'"):
        rnn["w"] * x
    with pytest.raises(GraphError, match="'other'"):
        rnn.backward(x)


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, np.float64("nan"), sp.nan, sp.oo, sp.I * sp.Symbol("w"), True, 1j, "w", [1], np.ones(2), None,
     sp.Matrix([1]), sp.Symbol("w") > 1],
    ids=str,
)  # fmt: skip
def test_values_that_are_no_real_numbers_are_refused(rnn, value):
    with pytest.raises(GraphError):
        rnn["w"] * value if not isinstance(value, sp.Basic | sp.MatrixBase) else rnn.node("z", value)
    with pytest.raises(GraphError):
        rnn.node("z", value)


def test_handles_have_no_truth_value_order_or_number(rnn):
    w = rnn["w"]
    for wrong in (bool, float, int, lambda h: h < 1, lambda h: h == 0, lambda h: [1, 2][h], math.tanh):
        with pytest.raises(GraphError, match="'w' has no"):
            wrong(w)
    assert w == rnn["w"] and w != rnn["q"] and len({w, rnn["w"]}) == 1


def test_apply_wants_a_lambda_of_the_right_arity(rnn):
    a = sp.Symbol("a")
    for function in (sp.Lambda((a,), a + 1), sp.sin(a), "a + b"):
        with pytest.raises(GraphError, match="Lambda"):
            rnn.apply(function, rnn["w"], rnn["q"])


def test_expressions_that_would_be_too_large_are_refused_with_their_size():
    g = Graph()
    (x,) = g.inputs("x")
    h = x
    for _ in range(40):
        h = h * h + h
    with pytest.raises(LimitError, match=r"about \d\.\d+e\+\d\d operations"):
        g.expression(h)


def test_a_graph_with_several_outputs_asks_which(rnn):
    rnn.node("z", rnn["t"] * 2)
    with pytest.raises(GraphError, match="2 outputs"):
        rnn.backward()


def test_building_a_graph_needs_no_sympy(tmp_path):
    import subprocess
    import sys

    code = (
        "import sys; from symderiv.graph import Graph; g = Graph(); w, u = g.inputs('w u[5]'); h = w\n"
        "for x in u: h = w * (x + h) ** 2\n"
        "assert len(g) == 21 and 'sympy' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0
