"""Every line of a written backward pass is certified, and a planted error is refused."""

from dataclasses import replace

import pytest
import sympy as sp

from symderiv.backprop.proofs import prove_backward
from symderiv.backprop.steps import backward_steps
from symderiv.errors import ClaimError
from symderiv.functions import tanh
from symderiv.graph import trace
from symderiv.problems.eecs182_fa22.p05_recurrent import unrolled


def squares(steps):
    def forward(x):
        for _ in range(steps):
            x = x * x + x
        return x

    return trace(forward)


def recurrence(steps):
    def forward(w_h, w_x, b, h_0, u):
        h = h_0
        for value in u:
            h = tanh(w_h * h + w_x * value + b)
        return (h - 1) ** 2

    return trace(forward, inputs=f"w_h w_x b h_0 u[{steps}]")


@pytest.mark.parametrize(("graph", "wrt"), [(unrolled()[0], "w"), (squares(3), "x"), (recurrence(2), "w_h")])
def test_every_line_is_proved_and_agrees_with_numbers(graph, wrt):
    proved = prove_backward(graph.backward(), wrt)
    assert {row.verdict for row in proved} == {"proved"} and proved.verdict == "proved"
    assert proved.points and proved.crosscheck.agrees()
    assert max(row.error for row in proved) < 1e-12


@pytest.mark.parametrize("graph", [unrolled()[0]])
def test_a_wrong_factor_is_refused_wherever_it_is_planted(graph):
    backward = graph.backward()
    wrt = graph.input_names[0]
    rows = backward_steps(backward, wrt)
    kinds = {row.kind: place for place, row in enumerate(rows) if row.chain[-1] != 0}
    for place in kinds.values():
        row = rows[place]
        spoiled = replace(row, chain=tuple(link * sp.Rational(1001, 1000) for link in row.chain))
        with pytest.raises(ClaimError, match="false line"):
            prove_backward(backward, wrt, [spoiled])
