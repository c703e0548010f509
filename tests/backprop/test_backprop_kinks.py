"""Backward passes of functions with kinks, jumps, decimals and large numbers: never a false line, never an error."""

import pytest
import sympy as sp

import symderiv as sd
from symderiv.backprop.crosscheck import crosscheck
from symderiv.backprop.proofs import prove_backward

HALF = sp.Rational(1, 2)

KINKS = {
    "absolute product": (lambda x, y: abs(x * y), "y*sign(x*y)"),
    "nested": (lambda x, y: abs(abs(x) - abs(y)), "sign(x)*sign(Abs(x) - Abs(y))"),
    "sign": (lambda x, y: sd.sign(x - HALF) * x, "sign(x - 1/2)"),
    "step": (lambda x, y: sd.step(x - HALF) * y + x, "1"),
    "kink among the points": (lambda x, y: sd.relu(x - HALF) * y, "y*Heaviside(x - 1/2)"),
    "steep": (lambda x, y: x**1000 * y, "1000*x**999*y"),
    "no power": (lambda x, y: x**0 * y + x, "1"),
    "first power": (lambda x, y: (x * y) ** 1, "y"),
    "root of a decimal power": (lambda x, y: (x * y) ** 0.5, "0.5*y/(x*y)**0.5"),
    "more than a float": (lambda x, y: 10**400 * x * x, str(2 * 10**400) + "*x"),
}


@pytest.mark.parametrize("name", KINKS)
def test_kinks_and_large_numbers_are_proved_or_supported(name):
    build, slope = KINKS[name]
    g = sd.Graph(name)
    x, y = g.inputs("x y")
    b = g.backward(g.node("L", build(x, y)))
    assert str(b.total(x)) == slope
    assert prove_backward(b, x).verdict in ("proved", "supported")


@pytest.mark.parametrize(
    "build", [lambda x: (x + 10**12) - 10**12, lambda x: 0.1 * x + 0.2 * x + 0.3 * x, lambda x: x**1.1]
)
def test_rounding_of_floats_refutes_no_proof(build):
    g = sd.Graph("rounded")
    (x,) = g.inputs("x")
    assert prove_backward(g.backward(g.node("y", build(x))), x).verdict != "refuted"


def test_differences_still_see_a_false_slope(monkeypatch):
    g = sd.Graph("square")
    (x,) = g.inputs("x")
    y = g.node("y", x * x)
    assert crosscheck(g, y, [x]).differences < 1e-11
    batch = sd.kernels.Kernel.batch

    def spoiled(kernel, values):
        found = batch(kernel, values)
        return found if len(found) == 1 else [found[0], *(row * 1.000001 for row in found[1:])]

    monkeypatch.setattr(sd.kernels.Kernel, "batch", spoiled)
    assert not crosscheck(g, y, [x]).agrees()


@pytest.mark.parametrize("function", [sp.gamma, sp.factorial, sp.LambertW, lambda x: sp.besselj(0, x)])
def test_special_functions_have_a_second_route(function):
    g = sd.Graph.from_sympy(function(sp.Symbol("x")) * sp.Symbol("x"))
    proved = prove_backward(g.backward("y"), "x")
    assert proved.verdict == "proved"
    assert proved.crosscheck.direct is not None
