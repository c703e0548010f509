"""Problem 5 by a second route: differences of the three time steps in plain numbers, a weight for each use."""

from __future__ import annotations

import pytest
import sympy as sp

from symderiv.problems.eecs182_fa22 import p05_recurrent

ANSWERS = {answer.id: answer for answer in p05_recurrent.problem().answers}
W, U = 0.7, (0.3, -1.1, 0.9)
STEP = 1e-6


def forward(weights=(W, W, W)):
    p = U[0]
    q = weights[0] * p
    r = U[1] + q
    s = weights[1] * r
    t = U[2] + s
    return {"p": p, "q": q, "r": r, "s": s, "t": t, "y": weights[2] * t}


def slope(uses):
    """dy/dw where only the uses named by their position move."""
    ends = [forward(tuple(W + sign * STEP * (k in uses) for k in range(3)))["y"] for sign in (1, -1)]
    return (ends[0] - ends[1]) / (2 * STEP)


def number(id, **more):
    names = {"w": W, "u_1": U[0], "u_2": U[1], "u_3": U[2], **forward(), **more}
    value = sp.sympify(ANSWERS[id].value)
    return float(value.subs({symbol: names[str(symbol)] for symbol in value.free_symbols}))


@pytest.mark.parametrize("name", "pqrsty")
def test_the_forward_pass(name):
    assert number(f"5a.{name}") == pytest.approx(forward()[name])


@pytest.mark.parametrize(("node", "power"), [("t", 1), ("s", 1), ("r", 2), ("q", 2)])
def test_the_derivatives_that_are_given(node, power):
    assert number(f"5c.{node}") == pytest.approx(W**power)


@pytest.mark.parametrize(("target", "use"), [("q", 0), ("s", 1), ("y", 2)])
def test_a_contribution_is_the_slope_of_one_use(target, use):
    assert number(f"5d.{target}") == pytest.approx(slope({use}), rel=1e-6)
    assert number(f"5d.{target}.nodes") == pytest.approx(slope({use}), rel=1e-6)


@pytest.mark.parametrize("id", ["5b", "5d.sum", "5d.inserted", "5d.total"])
def test_every_form_of_the_total_derivative(id):
    assert number(id, dy_ds=W, dy_dq=W**2, dy_dy=1) == pytest.approx(slope({0, 1, 2}), rel=1e-6)


def test_the_sum_agrees_with_part_b():
    assert ANSWERS["5d.check"].value is True
