"""What an integral or a sum runs over is no node, also where a node has the same name."""

import pytest
import sympy as sp

import symderiv as sd
from symderiv.backprop.proofs import prove_backward
from symderiv.errors import GraphError

k, x = sp.symbols("k x")


@pytest.mark.parametrize(
    "inner", [sp.Integral(k * x, (k, 0, 1)), sp.Sum(k * x, (k, 0, 3)), k * sp.Sum(k * x, (k, 0, 3))]
)
def test_a_bound_name_captures_no_node(inner):
    g = sd.Graph("capture")
    (n,) = g.inputs("k")
    g.node("x", n + 1)
    h = g.node("h", inner)
    wanted = inner.doit().subs(x, k + 1)
    assert sp.expand(g.expression(h).doit() - wanted) == 0
    assert sp.expand(g.backward(h).total(n).doit() - sp.diff(wanted, k)) == 0
    assert prove_backward(g.backward(h), n).verdict == "proved"


def test_the_output_may_have_the_bound_name():
    g = sd.Graph.from_sympy(sp.Integral(sp.exp(-x * k**2), (k, 0, 1)), output="k")
    assert prove_backward(g.backward("k"), "x").verdict == "proved"


def test_a_handle_has_the_symbol_that_the_views_have():
    a = sp.Symbol("a", positive=True)
    g = sd.Graph("declared")
    (node,) = g.inputs([a])
    assert node.symbol == a and g.backward(g.node("y", node * node)).total(node).subs(node.symbol, 3) == 6


def test_imaginary_symbols_are_refused():
    with pytest.raises(GraphError, match="imaginary"):
        sd.Graph.from_sympy(sp.Symbol("m", imaginary=True) ** 2)
