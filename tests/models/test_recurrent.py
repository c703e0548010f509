"""Unrolled recurrences against SymPy's direct derivative, untied weights and central differences."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symderiv.errors import LimitError, ModelError, ReadingError
from symderiv.models.recurrent import read_recurrence, unroll
from symderiv.solving import solve

RECURRENCES = [
    ("h = w*(u_t + h_prev)", lambda w, v, b, u, h, g: w * (u + h)),
    ("h = w*u_t + v*h_prev + b", lambda w, v, b, u, h, g: w * u + v * h + b),
    ("h_t = tanh(w*u_t + v*h_{t-1} + b)", lambda w, v, b, u, h, g: sp.tanh(w * u + v * h + b)),
    ("h = w*(u_t + h_prev + v*h_prev2)", lambda w, v, b, u, h, g: w * (u + h + v * g)),
    ("h = h_prev + w*(u_t*h_prev + b)", lambda w, v, b, u, h, g: h + w * (u * h + b)),
    ("h = h_prev*h_prev + w*h", lambda w, v, b, u, h, g: h * h + w * h),
    ("h = w*w*(u_t + h_prev)", lambda w, v, b, u, h, g: w * w * (u + h)),
]


def agree(left: sp.Expr, right: sp.Expr) -> bool:
    """Equal as polynomials, or to 40 digits at three rational points."""
    gap = sp.expand(left - right)
    if gap == 0:
        return True
    names = sorted(gap.free_symbols, key=str)
    points = [{s: sp.Rational(k + 2 * i + 1, 3 * i + 4) for i, s in enumerate(names)} for k in range(3)]
    return all(abs((left - right).subs(point).evalf(50)) < sp.Float("1e-40") for point in points)


def by_hand(rule, steps: int, untied: bool = False):
    """The states by SymPy alone; with ``untied`` every time step has a weight of its own."""
    h, g = sp.symbols("h0 h_minus1")
    for step in range(1, steps + 1):
        w = sp.Symbol(f"w{step}") if untied else sp.Symbol("w")
        h, g = rule(w, *sp.symbols("v b"), sp.Symbol(f"u{step}"), h, g), h
    return h


@pytest.mark.parametrize(("text", "rule"), RECURRENCES)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_totals_are_the_direct_derivatives(text: str, rule, steps: int) -> None:
    known = {"h0": sp.Symbol("h0"), "h_minus1": sp.Symbol("h_minus1")}
    u = unroll(read_recurrence(text), steps, None, known)
    direct = by_hand(rule, steps)
    assert agree(u.output, direct)
    for name in [*u.weights, *u.inputs, *u.starts]:
        assert agree(u.total(name), direct.diff(sp.Symbol(name)))


@pytest.mark.parametrize(("text", "rule"), RECURRENCES[:5])
def test_contributions_are_the_derivatives_by_untied_weights(text: str, rule) -> None:
    u = unroll(read_recurrence(text), 3, None, {"h0": sp.Symbol("h0"), "h_minus1": sp.Symbol("h_minus1")})
    untied = by_hand(rule, 3, untied=True)
    tie = {sp.Symbol(f"w{k}"): sp.Symbol("w") for k in (1, 2, 3)}
    expected = [untied.diff(sp.Symbol(f"w{k}")).xreplace(tie) for k in (1, 2, 3)]
    uses = u.uses("w")
    assert [use.time_step for use in uses] == [1, 2, 3]
    for use, direct in zip(uses, expected, strict=True):
        assert agree(use.contribution, direct)


def test_two_uses_in_one_time_step_are_two_edges() -> None:
    uses = unroll(read_recurrence("h = w*u_t + w*h_prev"), 2, None, {"h0": sp.Symbol("h0")}).uses("w")
    assert [use.time_step for use in uses] == [1, 1, 2, 2]


def test_a_point_agrees_with_central_differences() -> None:
    data = {"recurrence": "h = tanh(w*u_t + v*h_prev)", "steps": 4, "u": ["1/2", "-1", "2", "1/3"], "h0": "1/5"}
    answer = solve("rnn", data | {"w": "3/4", "v": "-1/2"})

    def forward(w: float, v: float) -> float:
        h = 0.2
        for u in (0.5, -1.0, 2.0, 1 / 3):
            h = float(np.tanh(w * u + v * h))
        return h

    step = 1e-6
    slopes = {
        "dy_dw": (forward(0.75 + step, -0.5) - forward(0.75 - step, -0.5)) / (2 * step),
        "dy_dv": (forward(0.75, -0.5 + step) - forward(0.75, -0.5 - step)) / (2 * step),
    }
    assert abs(float(sp.N(sp.sympify(answer["y"]["expr"]))) - forward(0.75, -0.5)) < 1e-12
    for name, slope in slopes.items():
        assert abs(float(sp.N(sp.sympify(answer[name]["expr"]))) - slope) < 1e-8


def test_outputs_other_than_the_last_state() -> None:
    r = read_recurrence("h = w*(u_t + h_prev)")
    h = [unroll(r, k).output for k in (1, 2, 3)]
    assert sp.expand(unroll(r, 3, "h_1 + 2*h_3").output - h[0] - 2 * h[2]) == 0
    assert sp.expand(unroll(r, 3, "sum(h)").output - sum(h)) == 0
    assert sp.expand(unroll(r, 3, "(h_3 - target)**2/2").output - (h[2] - sp.Symbol("target")) ** 2 / 2) == 0
    assert sp.expand(unroll(r, 3, "y = v*h_2").output - sp.Symbol("v") * h[1]) == 0


def test_loss_truncation_and_one_step_of_descent() -> None:
    data = {"recurrence": "h = w*(u_t + h_prev)", "steps": 3, "output": "h_3", "loss": "(y - c)**2", "truncate": 2}
    answer = solve("rnn", data | {"learning_rate": "eta"})
    y, w, c = sp.sympify(answer["y"]["expr"]), *sp.symbols("w c")
    assert sp.expand(sp.sympify(answer["dL_dw"]["expr"]) - ((y - c) ** 2).diff(w)) == 0
    u1, u2, u3, eta = sp.symbols("u1 u2 u3 eta")
    middle, right = w * (u2 + w * u1), u3 + w * u2 + w**2 * u1
    assert sp.expand(sp.sympify(answer["dy_dw_truncated"]["expr"]) - middle - right) == 0
    assert sp.expand(sp.sympify(answer["w_new"]["expr"]) - (w - eta * y.diff(w))) == 0


def test_untied_weights_have_a_derivative_each() -> None:
    answer = solve("rnn", {"recurrence": "h = w*(u_t + h_prev)", "steps": 2, "untied": True})
    assert answer["dy_dw1"] == {"expr": "u1*w2"}


@pytest.mark.parametrize(
    ("text", "steps", "output", "error"),
    [
        ("h = w*h_prev", 0, None, ModelError),
        ("h = w*h_prev", 5_000, None, LimitError),
        ("w*h_prev", 2, None, ModelError),
        ("", 2, None, ModelError),
        ("h = ", 2, None, ReadingError),
        ("h = __import__('os')", 2, None, ReadingError),
        ("h = w*h_prev", 2, "h_7", ModelError),
    ],
)
def test_impossible_recurrences_are_refused(text: str, steps: int, output: str | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        unroll(read_recurrence(text), steps, output)


def test_a_formula_that_would_explode_is_refused() -> None:
    with pytest.raises(LimitError):
        _ = unroll(read_recurrence("x = x*x + x"), 60, None, {"x0": sp.Symbol("x0")}).output
