"""Graphs whose nodes are vectors and matrices: every edge certified, totals against differences at small shapes."""

import re

import numpy as np
import pytest
from graph_samples import GRAPHS

import symderiv as sd
from symderiv.certify import certify
from symderiv.errors import ShapeError
from symderiv.evaluation.fields import FLOAT, Point
from symderiv.expressions import number
from symderiv.models import matrix_networks as models
from symderiv.numeric import evaluate

ALL = pytest.mark.parametrize("name", GRAPHS)


def small(graph, seed=0, p=0.3):
    """Arrays for the inputs that are not random, every size 2 or 3."""
    rng = np.random.default_rng(seed)
    sizes = {d: 2 + k % 2 for k, d in enumerate(sorted(graph.scope.dims))}
    values = {}
    for name in graph.input_names:
        symbol = graph.scope[name]
        if symbol.data.random:
            continue
        value = rng.normal(size=tuple(sizes[d] for d in symbol.shape))
        if symbol.data.has("simplex"):
            value = np.exp(value) / np.exp(value).sum(-1, keepdims=True)
        values[name] = np.abs(value) if symbol.data.has("positive") else value
    point = {graph.scope[n]: np.asarray(v)[None] for n, v in values.items()}
    return values, Point(sizes, point | ({graph.scope["p"]: np.array([p])} if "p" in graph.scope else {}), FLOAT)


def by_differences(value_at, values, name, h=1e-5):
    base = np.asarray(values[name], dtype=float)
    found = np.zeros_like(base)
    for place in np.ndindex(base.shape):
        shift = np.zeros_like(base)
        shift[place] = h
        up, down = (value_at({**values, name: base + sign * shift}) for sign in (1, -1))
        found[place] = (up - down) / (2 * h)
    return found


def masked_loss(values, p):
    """The dropout loss by enumerating every mask."""
    x, y, w = values["X"], values["y"], values["w_check"]
    total = 0.0
    for bits in np.ndindex(*[2] * x.size):
        mask = np.reshape(bits, x.shape)
        total += p ** mask.sum() * (1 - p) ** (x.size - mask.sum()) * ((y - (mask * x) @ w) ** 2).sum()
    return total


@ALL
def test_every_edge_and_every_adjoint_is_proved(name):
    graph = GRAPHS[name][0]()
    b = graph.backward(graph.output)
    for node in graph.nodes:
        assert b.adjoint(node).shape == node.shape
        assert b.certificate(node).verdict == "proved", node
        assert [e.certificate.verdict for e in b.edges(node)] == ["proved"] * len(b.edges(node))


@ALL
def test_totals_agree_with_differences(name):
    make, wanted = GRAPHS[name]
    graph = make()
    b = graph.backward(graph.output)
    values, point = small(graph)

    def loss(at):
        return masked_loss(at, 0.3) if name == "dropout" else graph.forward(at)[graph.output.name]

    if name == "dropout":
        assert graph.forward(values, p=0.3)["L"] == pytest.approx(loss(values))

    for weight in wanted:
        found = np.reshape(evaluate(b.total(weight), point), np.shape(values[weight]))
        assert found == pytest.approx(by_differences(loss, values, weight), rel=1e-5, abs=1e-6)


@ALL
def test_contributions_sum_to_the_total(name):
    make, wanted = GRAPHS[name]
    graph = make()
    b = graph.backward(graph.output)
    for weight in wanted:
        parts = [edge.expanded for edge in b.edges(weight)]
        assert certify(sum(parts[1:], parts[0]), b.total(weight)).verdict == "proved"


def test_forward_is_what_numpy_computes():
    graph = models.autoencoder_graph(True)
    values, _ = small(graph)
    w1, w2, x, lam = (np.asarray(values[n]) for n in ("W_1", "W_2", "X", "lam"))
    found = graph.forward(values)
    assert found["X_hat"] == pytest.approx(w2 @ w1 @ x)
    expected = ((x - w2 @ w1 @ x) ** 2).sum() / x.shape[1] + lam * ((w1**2).sum() + (w2**2).sum())
    assert found["L_lam"] == pytest.approx(float(expected))


def test_edges_hand_back_products_with_the_adjoint_as_a_symbol():
    graph = models.autoencoder_graph()
    b = graph.backward("L")
    (edge,) = b.edges("H")
    c = graph.scope.extend(X_hat_bar="matrix(m, n)", D="matrix(m, n)")
    assert edge.partial is c.read("W_2.T@X_hat_bar")
    assert edge.contribution is c.read("-2*W_2.T@D/n")
    assert edge.jacobian is None and edge.target == graph["X_hat"]
    assert str(b.edges("D")[0].jacobian) == "2*D/n"
    assert str(b.recursive("X")) == "W_1.T@H_bar + D_bar"


def test_a_shared_weight_is_used_once_a_step():
    graph = models.matrix_rnn_graph(4)
    edges = graph.backward().edges("W")
    assert [str(e.partial) for e in edges] == [f"outer(a_{t}_bar, h_{t - 1})" for t in range(1, 5)]
    assert {e.target.name for e in edges} == {f"a_{t}" for t in range(1, 5)}


def test_two_uses_by_one_node_are_two_edges():
    g = sd.Graph("squares", scope=sd.declare(A="matrix(n, n)"))
    (a,) = g.inputs("A")
    g.node("L", (a @ a).tr())
    b = g.backward("L")
    assert [e.slot for e in b.edges("A")] == [0, 1]
    assert certify(b.total("A"), "2*A.T", symbols=g.scope).verdict == "proved"


def test_change_of_variables_takes_the_gradient_along():
    before, after = models.tikhonov_graph(), models.tikhonov_graph(True)
    c = after.scope
    moved = {"w": "inv(Gamma)@w_tilde"}
    total = str(before.backward().total("w"))
    text = re.sub(r"\bw\b", f"({moved['w']})", total)
    assert certify(c.read(f"inv(Gamma).T@({text})"), after.backward().total("w_tilde")).verdict == "proved"


def test_the_dropout_gradient_is_that_of_the_closed_form():
    graph = models.dropout_loss_graph()
    closed = "grad(norm(y - p*X@w_check)**2 + p*(1-p)*sum(sum(X**2, 0)*w_check**2), w_check)"
    assert certify(graph.backward().total("w_check"), closed, symbols=graph.scope).verdict == "proved"


def test_variances_and_covariances_are_nodes_of_expectations():
    g = sd.Graph("noise", scope=sd.declare(w="vector(d)", x="vector(d)", R="vector(d) ~ bernoulli(p)", p="scalar, in (0, 1)"))
    g.inputs("w x R")
    g.node("s", "(R*x)@w")
    g.node("L", "Var(s) + Cov(s, s)")
    b = g.backward("L")
    assert {b.certificate(n).verdict for n in g.nodes} == {"proved"}
    assert certify(b.total("w"), "4*p*(1-p)*x**2*w", symbols=g.scope).verdict == "proved"


def test_a_node_named_after_its_first_use_keeps_its_users():
    g = sd.Graph("late", scope=sd.declare(W="matrix(k, d)", x="vector(d)"))
    w, x = g.inputs("W x")
    z = w @ x
    h = g.node("h", sd.tanh(z) / 2)
    g.node("z", z)
    assert str(g.expression(h)) == "tanh(W@x)/2"
    assert [str(g.definition(n)) for n in g.nodes][2:] == ["W@x", "tanh(z)", "v_3/2"]


def test_held_parts_are_constants():
    g = sd.Graph("target", scope=sd.declare(w="vector(d)", x="vector(d)"))
    g.inputs("w x")
    b = g.backward(g.node("L", "(x@w - held(w@w))**2/2"))
    assert certify(b.total("w"), "(x@w - w@w)*x", symbols=g.scope).verdict == "proved"


def test_paths_sum_to_the_total_and_gradients_are_nodes():
    graph = models.autoencoder_graph(True)
    products = [product for _, product in graph.paths("W_1", "L_lam")]
    assert len(products) == 2
    b = graph.backward("L_lam")
    assert b.holds(products[0] + products[1], b.adjoint("W_1")).verdict == "proved"
    size = len(graph)
    (slope,) = graph.gradient("L_lam", ["W_1"])
    assert slope.shape == ("k", "m") and len(graph) > size
    again = graph.backward(graph.node("S", slope.norm() ** 2))
    assert again.certificate("lam").verdict == "proved"


def test_traced_functions_name_nodes():
    def forward(W, x):
        h = x
        for _ in range(2):
            h = sd.tanh(W @ h)
        return h @ h

    g = sd.trace(forward, scope=sd.declare(W="matrix(d, d)", x="vector(d)"))
    assert {"h_1", "h_2", "y"} <= set(g.named)
    assert g.backward().certificate("W").verdict == "proved"


def test_it_is_the_one_graph():
    g = sd.Graph("one", scope={"A": "matrix(n, m)"})
    (a,) = g.inputs("A")
    assert isinstance(g, sd.Graph) and isinstance(a, sd.Node) and type(sd.Graph("scalar")) is sd.Graph
    g.node("L", a.norm() ** 2)
    assert all(isinstance(e, sd.Edge) for e in g.backward().edges(a))
    view = g.networkx()
    assert view.nodes["A"]["shape"] == "matrix(n, m)" and len(view.edges) == 2


def test_a_spoiled_derivative_is_refuted():
    b = models.autoencoder_graph().backward()
    assert b.holds(number(3) * b.adjoint("H") / 2, b.adjoint("H")).verdict == "refuted"
    assert b.holds(b.recursive("X"), b.adjoint("X")).verdict == "proved"


def random_graph(seed):
    """Six random operations on matrices, vectors and random symbols, and the sum of squares of the last three."""
    rng = np.random.default_rng(seed)
    g = sd.Graph(f"random {seed}", scope=sd.declare(
        A="matrix(n, m)", B="matrix(m, k)", C="matrix(n, k)", x="vector(m)", s="scalar", p="scalar, in (0, 1)",
        R="matrix(n, m) ~ bernoulli(p)", e="vector(m) ~ normal(std=s0)", s0="scalar, positive"))  # fmt: skip
    pool = list(g.inputs("A B C x s" + (" R e" if seed % 2 else "")))
    makers = [
        lambda a, b: a @ b, lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a.T, lambda a, b: a.sum(0),
        lambda a, b: a / 3 + a, lambda a, b: a if g.columns.random[a.index] else sd.tanh(a),
    ]  # fmt: skip
    while len(pool) < 13:
        try:
            pool.append(makers[rng.integers(len(makers))](*(pool[k] for k in rng.integers(len(pool), size=2))))
        except ShapeError:
            continue
    squares = [a.norm() ** 2 if a.shape else a**2 for a in pool[-3:]]
    total = squares[0] + squares[1] + squares[2]
    return g, total.E() if g.columns.random[total.index] else total


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs_are_proved_node_by_node(seed):
    g, output = random_graph(seed)
    b = g.backward(output)
    assert {b.certificate(node).verdict for node in g.nodes[: output.index]} == {"proved"}
