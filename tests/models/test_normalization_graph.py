"""The backward pass through the graph of a normalization, against the closed form and against differences."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symderiv.errors import ModelError
from symderiv.models.normalization_backward import backward, jacobian
from symderiv.models.normalization_graph import normalization_graph

R = sp.Rational
POINT = {"x_1": 1, "x_2": 4, "x_3": -2, "g_1": 1, "g_2": -2, "g_3": R(1, 2), "epsilon": R(1, 4)}
SHARED = {"gamma": 3, "beta": 2}
OWN = {"gamma_1": 3, "gamma_2": R(-1, 2), "gamma_3": 2, "beta_1": 1, "beta_2": 0, "beta_3": 5}


def at(names: tuple[str, ...], made, values) -> list[sp.Expr]:
    return [sp.nsimplify(sp.simplify(made.backward.total(name).subs(values))) for name in names]


def column(stem: str, source: dict) -> list[sp.Expr]:
    return [sp.sympify(source[f"{stem}_{i}"]) for i in (1, 2, 3)]


def test_batch_graph_agrees_with_the_closed_form() -> None:
    made, values = normalization_graph(3), POINT | SHARED
    closed = backward(column("x", values), column("g", values), R(1, 4), 3)
    assert at(made.inputs, made, values) == [sp.nsimplify(v) for v in closed.inputs]
    assert at((*made.scales, *made.shifts), made, values) == [sp.nsimplify(closed.gamma), closed.beta]


def test_batch_graph_agrees_with_the_jacobian_at_symbols() -> None:
    made = normalization_graph(2)
    x, g = sp.symbols("x_1:3", real=True), sp.symbols("g_1:3", real=True)
    gamma, epsilon = sp.symbols("gamma epsilon", positive=True)
    product = jacobian(x, epsilon, gamma).T * sp.Matrix(g)
    names = {str(s): s for s in (*x, *g, gamma, epsilon)}
    for name, entry in zip(made.inputs, product, strict=True):
        total = made.backward.total(name)
        plain = total.subs({s: names[str(s)] for s in total.free_symbols})
        assert sp.simplify(plain - entry) == 0


def test_layer_graph_agrees_with_differences() -> None:
    made, values = normalization_graph(3, "layer"), POINT | OWN
    floats = {k: np.array([float(v) for v in column(k, values)]) for k in ("x", "g", "gamma", "beta")}

    def loss(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> float:
        return float(floats["g"] @ (gamma * (x - x.mean()) / np.sqrt(x.var() + 0.25) + beta))

    for which, names in enumerate((made.inputs, made.scales, made.shifts)):
        for k, name in enumerate(names):
            ends = []
            for sign in (1e-6, -1e-6):
                arguments = [floats["x"].copy(), floats["gamma"].copy(), floats["beta"].copy()]
                arguments[which][k] += sign
                ends.append(loss(*arguments))
            slope = float(made.backward.total(name).subs(values))
            assert slope == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)


def test_every_input_reaches_every_output() -> None:
    made = normalization_graph(3)
    flow = made.graph.networkx()
    import networkx as nx

    assert all(nx.has_path(flow, x, y) for x in made.inputs for y in ("y_1", "y_2", "y_3"))


def test_refusals() -> None:
    with pytest.raises(ModelError, match="at least two"):
        normalization_graph(1)
    with pytest.raises(ModelError, match="known: batch, layer"):
        normalization_graph(2, "group")
