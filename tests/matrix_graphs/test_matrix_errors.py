"""Wrong use of graphs with shapes: one clear error each."""

import numpy as np
import pytest

import symderiv as sd
from symderiv.errors import GraphError, ModelError, RandomnessError, ShapeError, UnknownNameError
from symderiv.models import matrix_networks as models


@pytest.fixture
def g():
    graph = sd.Graph("bad", scope=sd.declare(W="matrix(k, d)", X="matrix(n, d)", v="vector(k)", R="vector(k) ~ bernoulli(p)", p="scalar, in (0, 1)"))
    graph.inputs("W X v R")
    return graph


def test_shapes_that_do_not_fit_name_both_and_the_nodes(g):
    with pytest.raises(ShapeError, match=r"W @ X.*d is not n.*W is matrix\(k, d\); X is matrix\(n, d\)"):
        g["W"] @ g["X"]
    with pytest.raises(ShapeError, match=r"v_5 is matrix\(k, n\); X is matrix\(n, d\).*where v_5 = W@X.T"):
        (g["W"] @ g["X"].T) + g["X"]
    g.node("Z", "W@X.T")
    with pytest.raises(ShapeError, match=r"Z is matrix\(k, n\); v is vector\(k\)"):
        g.node("bad", "Z@v")


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda g: g.inputs("WW"), UnknownNameError, "scope of the graph 'bad'; did you mean W"),
        (lambda g: g.input("W"), GraphError, "used twice"),
        (lambda g: g.node("p", "v@v"), GraphError, "symbol or a size"),
        (lambda g: g.node("n", "v@v"), GraphError, "symbol or a size"),
        (lambda g: g.node("L", "Wv@v"), UnknownNameError, "Wv"),
        (lambda g: g["w"], UnknownNameError, "node 'w' in the graph 'bad'"),
        (lambda g: g.backward("v"), ShapeError, r"vector\(k\).*scalar"),
        (lambda g: g.backward(g.node("L", "R@v")), RandomnessError, r"E\(L\)"),
        (lambda g: g.backward(g.node("L", "E(R@v)*p")).total("p"), GraphError, "distribution of R"),
        (lambda g: g["W"] * np.ones(3), GraphError, "cannot stand"),
        (lambda g: g["W"] + models.tikhonov_graph()["X"], GraphError, "build both in one graph"),
        (lambda g: g["W"] + sd.declare(X="matrix(k, d)").X, GraphError, "declared otherwise"),
        (lambda g: sd.maximum(g["v"], 0), GraphError, "text grammar"),
        (lambda g: g.kernel("v"), GraphError, "forward"),
        (lambda g: g.apply(None), GraphError, "text of the grammar"),
        (lambda g: bool(g["v"]), GraphError, "truth value"),
        (lambda g: g["v"].normm(), AttributeError, "did you mean norm"),
        (lambda g: g["v"].grad(g["v"]), AttributeError, "function of a node"),
        (lambda g: (g.node("s", "v@v"), g.node("L", "grad(s, v)")), GraphError, "through the node s"),
        (lambda g: g.forward(W=np.ones((2, 3)), X=np.ones((2, 2)), v=np.ones(2)), ShapeError, "'X'.*d = 3 from W"),
        (lambda g: g.forward(W=np.ones((2, 3))), GraphError, "'X'.*has no value"),
        (lambda g: g.forward(Y=1), UnknownNameError, "input 'Y'"),
        (lambda g: models.matrix_rnn_graph(0), ModelError, "between 1 and"),
        (lambda g: models.softmax_network_graph(2, "reluu"), UnknownNameError, "did you mean relu"),
    ],
)  # fmt: skip
def test_wrong_use_is_one_clear_error(g, make, error, words):
    with pytest.raises(error, match=words):
        make(g)
