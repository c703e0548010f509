"""SymPy expressions as graphs and back: shared parts, special functions, integrals, and what nobody can compute."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symderiv.errors import GraphError, KernelError
from symderiv.graph import Graph

X, Y, N = sp.symbols("x y n")


def kernel(expression):
    g = Graph.from_sympy(expression)
    return g.kernel(g.output, wrt=sorted(map(str, expression.free_symbols)))


@pytest.mark.parametrize(
    "text",
    [
        "sin(x)*exp(-y)/(1 + x**2)",
        "sqrt(x + y) - x**y",
        "log(x)/y + tanh(x*y)**3 - 2*x",
        "Abs(x - y) + Max(0, x) - Min(x, y, 1)",
    ],
)
def test_from_sympy_and_back(text):
    x, y = sp.symbols("x y")
    expression = sp.sympify(text, locals={"x": x, "y": y})
    g = Graph.from_sympy(expression)
    assert sp.simplify(g.expression(g.output) - expression) == 0
    point = {"x": 0.7, "y": 1.3}
    assert g.kernel(g.output)(point) == pytest.approx(float(expression.subs(point)), rel=1e-12)


def test_from_sympy_takes_heads_the_table_has_not():
    x = sp.Symbol("x")
    expression = sp.Piecewise((x**2, x > 1), (sp.besselj(0, x), True)) + sp.erf(x)
    g = Graph.from_sympy(expression)
    assert g.expression(g.output) == expression
    f = g.kernel(g.output, wrt="x")
    value, derivative = f(x=[0.5, 2.0])
    assert value == pytest.approx([float(expression.subs(x, p)) for p in (0.5, 2.0)])
    assert derivative == pytest.approx([float(expression.diff(x).subs(x, p)) for p in (0.5, 2.0)])


def test_from_sympy_shares_what_is_shared():
    x = sp.Symbol("x")
    h = x
    for _ in range(12):
        h = sp.sin(h) * sp.cos(h)
    g = Graph.from_sympy(h)
    assert len(g) == 1 + 3 * 12  # the input, and three operations for each step


@pytest.mark.parametrize(
    ("expression", "plain"),
    [
        (sp.Integral(sp.exp(-(X**2)), (X, 0, Y)), lambda y: np.array([0.5 * np.sqrt(np.pi) * sp.erf(v) for v in y], float)),
        (sp.Sum(Y**N / sp.factorial(N), (N, 0, 3)), lambda y: 1 + y + y**2 / 2 + y**3 / 6),
        (sp.LambertW(Y), lambda y: np.array([float(sp.LambertW(v)) for v in y])),
    ],
)
def test_what_a_head_binds_is_no_part_of_the_graph(expression, plain):
    points, h = np.linspace(0.2, 1.4, 5), 1e-5
    found = kernel(expression)(y=points)
    assert np.allclose(found.value, plain(points))
    assert np.allclose(found.derivative, (plain(points + h) - plain(points - h)) / (2 * h), atol=1e-7)


def test_an_unknown_function_has_symbolic_partials_only():
    g = Graph.from_sympy(sp.Function("f")(X))
    assert g.backward(g.output).total("x") == sp.Derivative(sp.Function("f")(X), X)
    with pytest.raises(GraphError, match="whose derivative SymPy knows"):
        kernel(sp.floor(X))


def test_a_derivative_is_worked_out_first():
    with pytest.raises(GraphError, match=r"call \.doit\(\)"):
        Graph.from_sympy(sp.Derivative(X * sp.sin(X), X))


def test_a_function_without_numbers_is_told():
    g = Graph.from_sympy(sp.Function("f")(X))
    with pytest.raises(KernelError, match="no numeric version"):
        g.kernel(g.output)(x=1.0)
    with pytest.raises(KernelError, match="no numeric version"):
        kernel(sp.Product(N * X, (N, 1, 3)))
