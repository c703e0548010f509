"""SymPy objects in Typst: every printed form compiles, and reads like SymPy's LaTeX."""

import pytest
import sympy as sp
import typst

from symderiv.notation.sympy_latex import sympy_latex
from symderiv.notation.typst_math import sympy_typst

x, y, w, n, i = sp.symbols("x y w n i")
f = sp.Function("f")
A = sp.MatrixSymbol("A", n, n)
B = sp.MatrixSymbol("Btilde", n, n)

CASES = {
    3 * sp.Symbol("u_1") * w**2 + 2 * w: "3 u_(1) w^(2) + 2 w",
    -x / 2: "-(x)/(2)",
    sp.Rational(-3, 4) * x: "-(3 x)/(4)",
    sp.sqrt((1 - x) / x): "sqrt((1 - x)/(x))",
    x ** sp.Rational(1, 3): "root(3, x)",
    x ** sp.Rational(2, 3): "x^((2)/(3))",
    1 / (x + 1) ** 2: "(1)/(lr((x + 1))^(2))",
    (-x) ** y: "lr((-x))^(y)",
    x ** (y**2): "x^(y^(2))",
    sp.exp(-x): "e^(-x)",
    sp.tanh(x) ** 2: "tanh^(2) lr((x))",
    sp.Derivative(f(x), x): "(d f lr((x)))/(d x)",
    sp.Derivative(f(x, y), x, y): "(partial^(2) f lr((x, y)))/(partial y partial x)",
    sp.Sum(x**i, (i, 1, n)): "sum_(i = 1)^(n) x^(i)",
    sp.Product(x + i, (i, 1, n)): "product_(i = 1)^(n) lr((i + x))",
    sp.Integral(f(x), (x, 0, sp.oo)): "integral_(0)^(oo) f lr((x)) thin d x",
    sp.ImmutableMatrix([[1, sp.Rational(1, 2)], [x, y]]): 'mat(delim: "[", 1, (1)/(2); x, y)',
    A * B.T: "A tilde(B)^top",
    -A * B: "-A tilde(B)",
    (A + B) * A: "lr((A + tilde(B))) A",
    (A * B) ** 2: "lr((A tilde(B)))^(2)",
    A.inverse(): "A^(-1)",
    sp.Trace(A): 'op("tr") lr((A))',
    sp.Determinant(A): "det lr((A))",
    sp.HadamardProduct(A, B): "A dot.o tilde(B)",
    sp.Piecewise((x, x > 0), (0, True)): 'cases(x & "if" x > 0, 0 & "otherwise")',
    sp.Ne(x, y, evaluate=False): "x eq.not y",
    sp.Max(0, x): "max lr((0, x))",
    sp.Abs(x): "abs(x)",
    sp.Mul(28, 28, 1, evaluate=False): "28 dot.c 28 dot.c 1",
    sp.Mul(2, sp.Pow(3, x, evaluate=False), evaluate=False): "2 dot.c 3^(x)",
    sp.Float("1.5e-12"): "1.5 dot.c 10^(-12)",
    sp.binomial(n, i): "binom(n, i)",
    2 * sp.pi: "2 pi",
    sp.Symbol("loss"): 'italic("loss")',
    x * (x + 1) * (y - 2): "x lr((x + 1)) lr((y - 2))",
    x > y: "x > y",
}


@pytest.mark.parametrize("expression", CASES, ids=str)
def test_printed_as_expected(expression):
    assert sympy_typst(expression) == CASES[expression]


def test_all_of_it_compiles():
    source = "\n".join(f"$ {sympy_typst(expression)} $" for expression in CASES)
    assert typst.compile(source.encode(), format="pdf", ignore_system_fonts=True).startswith(b"%PDF")


@pytest.mark.parametrize("name", ["#let x = 1", 'a"b\\', "$", "\\write18{ls}", "]", "//", "é漢"])
def test_no_name_breaks_out(name):
    made = f"$ {sympy_typst(sp.Symbol(name) ** 2 + sp.Function(name)(x))} $"
    assert typst.compile(made.encode(), format="svg", ignore_system_fonts=True)


def test_an_unknown_class_is_a_function_call():
    assert sympy_typst(sp.DiracDelta(x)) == 'op("DiracDelta") lr((x))'


def test_a_sum_inside_a_sum_keeps_its_brackets():
    a, b, c = sp.symbols("a b c")
    outer = sp.Add(a + b, a + b + c, evaluate=False)
    assert sympy_typst(outer) == "lr((a + b)) + lr((a + b + c))"
    assert sympy_typst(sp.Add(a, b, c)) == "a + b + c"
    A = sp.MatrixSymbol("A", 2, 2)
    assert sympy_typst(sp.MatAdd(A, sp.MatAdd(A, A, evaluate=False), evaluate=False)).count("lr((") == 1


def test_factors_of_one_base_stand_apart_as_written():
    w = sp.Symbol("w")
    assert sympy_typst(sp.Mul(w**2, w, evaluate=False)) == "w^(2) dot.c w"
    assert sympy_latex(sp.Mul(w**2, w, evaluate=False)) == r"w^{2} \cdot w"
