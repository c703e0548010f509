"""SymPy sides: what is proved is true somewhere, what is refuted differs, and nothing ends in SymPy's own error."""

import pytest
import sympy as sp

from symderiv.certify import certify

x, y, t = sp.symbols("x y t")
a = sp.Symbol("a", positive=True)
n, k = sp.symbols("n k", integer=True)
one = sp.sin(x) ** 2 + sp.cos(x) ** 2
nothing = (x + 1) ** 2 - x**2 - 2 * x - 1
LARGE = sp.Integer(10) ** 400


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (nothing / ((x + 2) ** 2 - x**2 - 4 * x - 4), 0),
        (nothing / ((x + 2) ** 2 - x**2 - 4 * x - 4), 7),
        (1 / (one - 1), 1 / (one - 1)),
        (1 / (one - 1), 5 / (2 * one - 2)),
        (sp.log(nothing), 2 * sp.log(nothing)),
    ],
)
def test_what_is_defined_nowhere_is_neither_proved_nor_refuted(left, right):
    assert certify(left, right).verdict == "undecided"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (x**2.0, x**2),
        (x**0.5, sp.sqrt(x)),
        (sp.log(2.0 * x), sp.log(2 * x)),
        (sp.sin(0.1 * x), sp.sin(x / 10)),
        (0.5 * (a * y) ** 0.5 / y, 0.5 * a**0.5 / y**0.5),
    ],
)
def test_decimals_are_the_fractions_they_print(left, right):
    assert certify(left, right).verdict in ("proved", "supported")
    assert certify(left, sp.Rational(1001, 1000) * right).verdict == "refuted"


@pytest.mark.parametrize(
    ("left", "right"), [(sp.Float(1 / 3) * x, x / 3), (sp.sin(sp.Float(0.1)), sp.sin(sp.S(1) / 10))]
)
def test_what_decimals_have_rounded_away_refutes_nothing(left, right):
    assert certify(left, right).verdict == "undecided"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sp.Integral(sp.Max(t, x / 10), (t, 0, 1)), sp.S(1) / 2 + x**2 / 200),
        (sp.Integral(sp.Abs(t - x) ** sp.Rational(-1, 2), (t, 0, 10)), 2 * sp.sqrt(x) + 2 * sp.sqrt(10 - x)),
        (sp.Integral(sp.exp(-(10**6) * (t - sp.S(1) / 3) ** 2), (t, 0, 1)), sp.sqrt(sp.pi) / 1000),
    ],
)
def test_quadrature_refutes_nothing(left, right):
    assert certify(left, right).verdict == "undecided"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sp.sign(one - 1), 1),
        (sp.atan(1 / (one - 1)), sp.pi / 2),
        (sp.floor(sp.sqrt(5 + 2 * sp.sqrt(6)) - sp.sqrt(2) - sp.sqrt(3)), 0),
        (sp.Sum(k, (k, 1, x)), sp.floor(x) * (sp.floor(x) + 1) / 2),
    ],
)
def test_a_rounding_at_a_jump_refutes_nothing(left, right):
    assert certify(left, right).verdict != "refuted"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (LARGE + 1, LARGE),
        (x + LARGE + 1, x + LARGE),
        (sp.pi, sp.pi + sp.Rational(1, 10**50)),
        (sp.sqrt(x**2 + sp.Rational(1, 10**80)), sp.sqrt(x**2)),
        (sp.exp(-1000 * x**2), 0),
        (sp.Sum(1 / sp.factorial(k), (k, 0, 60)), sp.E),
    ],
)
def test_small_differences_of_large_and_small_numbers_are_seen(left, right):
    assert certify(left, right).verdict == "refuted"


def test_symbols_of_one_name_are_not_told_apart():
    same = sp.Symbol("x", real=True)
    certificate = certify(x, same)
    assert certificate.verdict == "undecided" and "named x" in certificate.evidence
    assert certify(x * same, same * x).verdict == "proved"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sp.Indexed("u", k), sp.Indexed("u", n)),
        (sp.Derivative(sp.Trace(sp.MatrixSymbol("X", 2, 2)), sp.MatrixSymbol("X", 2, 2)), sp.S.One),
        (sp.Derivative(sp.Abs(x * y), x), 1),
        (sp.Integral(sp.floor(3 * t), (t, 0, 1)), 1),
        (sp.Sum(k**3, (k, 1, 10**9)), 5),
        (sp.Sum(k, (k, sp.S(1) / 2, sp.S(7) / 2)), 8),
    ],
)
def test_what_sympy_stumbles_over_is_a_verdict(left, right):
    assert certify(left, right).verdict in ("undecided", "refuted", "supported")


def test_signs_of_several_symbols_meet_in_all_combinations():
    t, u, v = sp.symbols("t u v")
    assert certify(sp.Abs(t * u), t * u).verdict == "refuted"
    assert certify(sp.Abs(t * u * v), sp.Abs(t * u) * v).verdict == "refuted"
    assert certify(sp.sqrt(t**2 * u**2), -t * u).verdict == "refuted"
