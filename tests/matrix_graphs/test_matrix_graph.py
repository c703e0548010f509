"""Graphs whose nodes are vectors and matrices: every edge certified, totals against differences at small shapes."""

import json
import re

import numpy as np
import pytest

import symderiv as sd
from symderiv.certify import certify
from symderiv.errors import GraphError, LimitError, ModelError, RandomnessError, ShapeError, UnknownNameError
from symderiv.evaluation.fields import FLOAT, Point
from symderiv.expressions import number
from symderiv.figures.graph_drawing import diagram_of, draw
from symderiv.matrix_graphs.steps import KINDS, matrix_steps, verdict, written
from symderiv.models import matrix_networks as models
from symderiv.notation.labels import plain
from symderiv.numeric import evaluate

GRAPHS = {
    "autoencoder": (models.autoencoder_graph, ("W_1", "W_2", "X")),
    "weight decay": (lambda: models.autoencoder_graph(True), ("W_1", "W_2", "lam")),
    "dropout": (models.dropout_loss_graph, ("w_check", "X", "y")),
    "tikhonov": (models.tikhonov_graph, ("w", "Gamma")),
    "new variables": (lambda: models.tikhonov_graph(True), ("w_tilde", "Gamma")),
    "softmax": (models.softmax_network_graph, ("W_1", "b_1", "W_2", "b_2", "X")),
    "tanh softmax": (lambda: models.softmax_network_graph(3, "tanh"), ("W_1", "b_2")),
    "recurrent": (models.matrix_rnn_graph, ("W", "U", "b", "h_0")),
    "recurrent, 5 steps": (lambda: models.matrix_rnn_graph(5), ("W",)),
}
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


# --- steps -----------------------------------------------------------------------
@ALL
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


# --- bad input -------------------------------------------------------------------
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
