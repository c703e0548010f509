"""The rows of a backward pass are true, in order, and refused where they would be too many."""

import pytest
import sympy as sp

from symderiv.backprop.steps import KINDS, backward_steps
from symderiv.errors import LimitError
from symderiv.functions import tanh
from symderiv.graph import Graph


def rnn():
    g = Graph("RNN")
    w, u1, u2, u3 = g.inputs("w u_1 u_2 u_3")
    p = g.node("p", u1)
    q = g.node("q", w * p)
    r = g.node("r", u2 + q)
    s = g.node("s", w * r)
    t = g.node("t", u3 + s)
    return g, g.node("y", w * t), w


def nonlinear():
    g = Graph("squares")
    w, x = g.inputs("w x")
    h = g.node("h", tanh(w * x))
    return g, g.node("y", h * h + w * h), w


@pytest.mark.parametrize("make", [rnn, nonlinear])
def test_every_link_of_every_chain_is_the_same_number(make):
    g, y, w = make()
    b = g.backward(y)
    point = {name: sp.Rational(k + 2, 7) for k, name in enumerate(g.input_names)}
    nodes = {sp.Symbol(n): g.expression(n).subs(point) for n in (g.name_of(i) for i in range(len(g)))}
    direct = {n: sp.diff(g.expression(y), sp.Symbol("w")).subs(point) for n in ("w",)}

    def number(expression):
        adjoints = {d: b.total(str(d.variables[0])) for d in expression.atoms(sp.Derivative)}
        return sp.N(expression.xreplace(adjoints).subs(nodes).subs(point), 30)

    rows = backward_steps(b, w)
    for row in rows:
        links = [number(link) for link in row.chain]
        assert max(links) - min(links) < 1e-25, row
    (total,) = [row for row in rows if row.kind == "sum"]
    assert abs(number(total.chain[-1]) - sp.N(direct["w"], 30)) < 1e-25


def test_rows_come_in_the_order_in_which_they_are_written():
    g, y, w = rnn()
    rows = backward_steps(g.backward(y), w)
    kinds = [row.kind for row in rows]
    assert set(kinds) == set(KINDS)
    assert kinds[-5:] == ["contribution", "contribution", "contribution", "sum", "check"]
    adjoints = [row for row in rows if row.kind == "adjoint"]
    assert [row.node for row in adjoints] == ["t", "s", "r", "q", "p"]
    W, dq = sp.Symbol("w"), sp.Derivative(sp.Symbol("y"), sp.Symbol("q"))
    spelled = sp.Mul(W**2, W, evaluate=False)
    assert [str(link) for link in adjoints[-1].chain] == [str(W * dq), str(spelled), str(W**3)]


def test_a_large_graph_is_refused():
    g = Graph("long")
    (x,) = g.inputs("x")
    h = x
    for _ in range(300):
        h = h * x
    with pytest.raises(LimitError, match="300 nodes"):
        backward_steps(g.backward(h), x)
