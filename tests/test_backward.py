"""Backward passes against direct differentiation, differences and sums over paths."""

import dataclasses

import numpy as np
import pytest
import sympy as sp

from symderiv.backprop.crosscheck import crosscheck
from symderiv.errors import LimitError
from symderiv.functions import abs_, cos, erf, exp, log, maximum, minimum, relu, sigmoid, sin, softplus, sqrt, tanh
from symderiv.graph import Graph
from symderiv.nodes import operations, partials
from symderiv.nodes.expansion import template


def linear_rnn(steps=3):
    g = Graph("unrolled RNN")
    w, u = g.inputs(f"w u[{steps}]")
    h = 0
    for t, value in enumerate(u, 1):
        h = g.node(f"h_{t}", w * (value + h))
    return g, h, [w, *u]


def tanh_rnn(steps):
    """Two shared weights, a bias, h_0 given, a loss on the last state."""
    g = Graph("tanh RNN")
    w_h, w_x, b, h, goal, x = g.inputs(f"w_h w_x b h_0 goal x[{steps}]")
    first = h
    for t, value in enumerate(x, 1):
        h = g.node(f"h_{t}", tanh(w_h * h + w_x * value + b))
    loss = g.node("loss", (h - goal) ** 2 / 2)
    return g, loss, [w_h, w_x, b, first, x[0]]


def sharing(steps):
    g = Graph("sharing")
    (x,) = g.inputs("x")
    h = x
    for t in range(1, steps + 1):
        h = g.node(f"x_{t}", h * h + h)
    return g, h, [x]


def wide_network(width=8, layers=3):
    g = Graph("wide network")
    weights, h = g.inputs(f"w[{layers * width * width}] x[{width}]")
    for layer in range(layers):
        block = weights[layer * width**2 : (layer + 1) * width**2]
        h = [tanh(sum((w * v for w, v in zip(block[r::width], h, strict=True)), start=0)) for r in range(width)]
    y = g.node("y", sum(h[1:], start=h[0]))
    return g, y, [weights[0], weights[-1], weights[width * width + 3], g["x_1"]]


def every_operation():
    g = Graph("every operation")
    x, z = g.inputs("x z")
    terms = [
        sin(x) * cos(z), exp(x / 3) - log(z), sqrt(x + z) / (1 + x**2), tanh(x - z) ** 3, sigmoid(x * z), softplus(z - 2 * x),
        relu(x - 5) + relu(x + z), abs_(x - 7), maximum(x, z + 5) * minimum(x, z + 5), x**z + 2**x, x**-2 + z**0.5 + x**1.7,
        erf(x), -x / z, sp.Piecewise((sp.Symbol("x") ** 2, sp.Symbol("x") > 0), (1, True)) * z,
    ]  # fmt: skip
    y = g.node("y", sum((g.lift(t) for t in terms[1:]), start=g.lift(terms[0])))
    return g, y, [x, z]


CASES = {
    "problem of three steps": (linear_rnn, (3,)),
    "tanh, 5 steps": (tanh_rnn, (5,)),
    "tanh, 50 steps": (tanh_rnn, (50,)),
    "sharing, 4 steps": (sharing, (4,)),
    "wide network": (wide_network, ()),
    "every operation": (every_operation, ()),
}


@pytest.mark.parametrize("name", CASES)
def test_three_routes_to_the_derivative_agree(name):
    make, arguments = CASES[name]
    g, y, wrt = make(*arguments)
    found = crosscheck(g, y, wrt, span=(0.2, 0.9))
    assert found.differences < 1e-9
    assert (found.direct is None) if name in ("tanh, 50 steps", "wide network") else found.direct < 1e-12


@pytest.mark.parametrize("operation", sorted(set(operations.CODES) - {"input", "constant"}))
def test_partials_of_every_operation_against_differences(operation):
    code = operations.CODES[operation]
    slots = operations.slot_symbols(operations.OPERATIONS[code].arity)
    value = sp.lambdify(slots, template(code), modules=["scipy", "numpy"])
    at = np.array([0.37, 0.81])[: len(slots)]
    for k, partial in enumerate(partials.partials(code)):
        expression = partials.instantiate(partial, slots, template(code))
        found = float(sp.lambdify(slots, expression, modules=["scipy", "numpy"])(*at))
        step = np.zeros(len(slots))
        step[k] = 1e-5
        assert found == pytest.approx((value(*(at + step)) - value(*(at - step))) / 2e-5, abs=1e-8)


@pytest.fixture
def spoiled(monkeypatch):
    """tanh with a partial that is wrong by a thousandth."""
    right = partials.partials(operations.CODES["tanh"])[0]
    wrong = partials._classified(
        right.expression * sp.Rational(1001, 1000), operations.slot_symbols(1), partials.value_symbol()
    )
    original = partials.partials

    def planted(code):
        return (wrong,) if code == operations.CODES["tanh"] else original(code)

    monkeypatch.setattr("symderiv.backward.partials", planted)
    monkeypatch.setattr("symderiv.nodes.views.partials", planted)


def test_a_spoiled_partial_is_detected(spoiled):
    g, y, wrt = tanh_rnn(5)
    found = crosscheck(g, y, wrt)
    assert found.direct > 1e-5 and found.differences > 1e-5 and not found.agrees()


def test_a_form_that_is_not_the_partial_is_not_used(monkeypatch):
    row = operations.OPERATIONS[operations.CODES["sigmoid"]]
    wrong = dataclasses.replace(row, form=lambda sympy, a, v: v * (1 + v))
    rows = [wrong if r is row else r for r in operations.OPERATIONS]
    monkeypatch.setattr("symderiv.nodes.partials.OPERATIONS", rows)
    (found,) = partials.partials.__wrapped__(operations.CODES["sigmoid"])
    (slot,) = operations.slot_symbols(1)
    inserted = partials.instantiate(found, (slot,), template(operations.CODES["sigmoid"]))
    assert sp.simplify(inserted - sp.diff(template(operations.CODES["sigmoid"]), slot)) == 0


def test_adjoints_contributions_and_total_of_the_unrolled_rnn():
    g = Graph("unrolled RNN")
    w, u1, u2, u3 = g.inputs("w u_1 u_2 u_3")
    p = g.node("p", u1)
    q = g.node("q", w * p)
    r = g.node("r", u2 + q)
    s = g.node("s", w * r)
    t = g.node("t", u3 + s)
    b = g.backward(g.node("y", w * t))
    W, P, R, T = sp.symbols("w p r t")
    assert [b.adjoint(n) for n in (t, s, r, q, p)] == [W, W, W**2, W**2, W**3]
    edges = b.edges(w)
    assert [e.target.name for e in edges] == ["q", "s", "y"]
    assert [e.partial for e in edges] == [P, R, T]
    assert [e.contribution for e in edges] == [P * W**2, R * W, T]
    dy = {n: sp.Derivative(sp.Symbol("y"), sp.Symbol(n)) for n in "sq"}
    assert [e.recursive for e in edges] == [P * dy["q"], R * dy["s"], T]
    total = sp.diff(g.expression("y"), W)
    assert sp.expand(sum(e.expanded for e in edges) - total) == 0
    assert b.total(w) == sp.expand(total) and b.recursive(w) == P * dy["q"] + R * dy["s"] + T


def _same(left, right):
    """Equal at two exact points, to 40 digits: simplify is slow on nested hyperbolic functions."""
    symbols = sorted((left - right).free_symbols, key=str)
    points = ({s: sp.Rational(k + 2, 2 * k + 3 + p) for k, s in enumerate(symbols)} for p in (0, 5))
    return all(abs(sp.N((left - right).subs(point), 40)) < 1e-30 for point in points)


@pytest.mark.parametrize("make", [lambda: linear_rnn(12), lambda: sharing(6), lambda: tanh_rnn(2)])
def test_contributions_sum_to_the_total_and_paths_too(make):
    g, y, wrt = make()
    b = g.backward(y)
    for node in wrt:
        direct = sp.diff(g.expression(y), node.symbol)
        assert _same(b.total(node), direct)
        assert _same(sum(e.expanded for e in b.edges(node)), direct)


def test_path_products_sum_to_the_adjoint():
    g, y, (x,) = sharing(4)
    b = g.backward(y)
    assert sp.expand(sum(product for _, product in g.paths(x, y)) - b.adjoint(x)) == 0


def test_heavy_sharing_does_not_swell():
    g, y, (x,) = sharing(60)
    b = g.backward(y)
    factors = [2 * sp.Symbol(n) + 1 for n in ("x", *(f"x_{t}" for t in range(1, 60)))]
    assert b.adjoint(x) == sp.Mul(*factors)
    value, derivative = g.kernel(y, wrt=[x], check=False)(x=1e-19)
    assert value == pytest.approx(1e-19, rel=1e-9) and derivative == pytest.approx(1, rel=1e-9)
    with pytest.raises(LimitError, match=r"up to 1\.15e\+18 terms"):
        b.total(x)
    with pytest.raises(LimitError):
        b.edges(x)[0].expanded


def test_an_adjoint_that_would_swell_in_node_names_is_refused():
    g = Graph()
    x, y = g.inputs("x y")
    for _ in range(40):
        x, y = x * y, x + y
    b = g.backward(x + y)
    with pytest.raises(LimitError, match=r"in node names would have about \d\.\d+e\+\d+ operations"):
        b.adjoint("x")
    assert b.recursive("x") != 0


def test_what_the_output_does_not_depend_on():
    g = Graph()
    x, unused = g.inputs("x unused")
    y = g.node("y", 2 * x)
    later = g.node("later", y + unused)
    b = g.backward(y)
    assert b.adjoint(unused) == 0 and b.total(unused) == 0 and b.edges(unused) == [] and b.recursive(unused) == 0
    assert b.adjoint(later) == 0 and b.adjoint(y) == 1
    assert g.backward(x).total(x) == 1


def test_graphs_may_grow_after_a_backward_pass():
    g, y, wrt = linear_rnn(3)
    b = g.backward(y)
    g.node("z", y * wrt[0])
    assert b.total(wrt[0]) == sp.expand(sp.diff(g.expression(y), "w"))
    assert [e.target.name for e in b.edges(y)] == []


def test_gradients_of_gradients():
    g = Graph()
    x, y = g.inputs("x y")
    f = g.node("f", sin(x * y) * x**3)
    dx, dy = g.gradient(f, [x, y])
    dxy, dxx = (*g.gradient(dx, [y]), *g.gradient(dx, [x]))
    dyx = g.gradient(dy, [x])[0]
    expression = g.expression(f)
    for found, names in ((dxy, "xy"), (dyx, "xy"), (dxx, "xx")):
        assert sp.simplify(g.expression(found) - sp.diff(expression, *names)) == 0
    third = g.kernel(dxx, wrt=[x])(x=0.4, y=0.7).derivative
    assert third == pytest.approx(float(sp.diff(expression, "x", 3).subs({"x": 0.4, "y": 0.7})), rel=1e-12)
    assert g.gradient(f, ["f"])[0].name.startswith("v_")


def test_a_hessian_of_a_deep_graph_by_differences():
    g, loss, (w_h, w_x, *_) = tanh_rnn(20)
    (first,) = g.gradient(loss, [w_h])
    found = crosscheck(g, first, [w_h, w_x])
    assert found.differences < 1e-8
