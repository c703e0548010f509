"""The picture of a false statement; the certifier is a small one for SymPy scalars and matrices."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest
import sympy

from symderiv.checks.nearest import Statement, nearest_true, scaled, transposed
from symderiv.errors import DeclarationError, ShapeError, UnknownNameError
from symderiv.testing import assert_equal

x, y = sympy.symbols("x y")
POINT = {x: 2, y: 5}


def small_certify(left, right, symbols=None, where=None, seconds=None):
    """Decides by SymPy's expand; refutes at one point."""
    left, right = (sympy.Matrix(side) if hasattr(side, "shape") else side for side in (left, right))
    if getattr(left, "shape", ()) != getattr(right, "shape", ()):
        raise ShapeError(f"{left.shape} against {right.shape}")
    difference = (left - right).expand()
    if difference == 0 * difference:
        return answer("proved")
    numbers = [entries(sympy.sympify(side).subs(POINT)) for side in (left, right)]
    if numbers[0] == numbers[1]:
        return answer("undecided")
    found = {"sizes": {}, "values": {str(k): v for k, v in POINT.items()}, "left": numbers[0], "right": numbers[1]}
    return answer("refuted", found, {"difference": f"{left} beside {right}"})


def entries(value):
    return value.tolist() if isinstance(value, sympy.MatrixBase) else value


def answer(verdict, counterexample=None, evidence=None):
    return SimpleNamespace(
        verdict=verdict, method="expansion", evidence=evidence or {}, counterexample=counterexample, condition=None
    )


def failure(left, right, **options):
    with pytest.raises(AssertionError) as caught:
        assert_equal(left, right, certify=small_certify, **options)
    return str(caught.value)


def test_a_true_statement_returns_its_certificate():
    assert assert_equal((x + 1) ** 2, x**2 + 2 * x + 1, certify=small_certify).verdict == "proved"


def test_a_false_one_is_a_picture():
    told = failure(2 * x * y, x * y)
    assert told.startswith("not equal: refuted by expansion\n  line:  ")
    assert "test_testing.py:" in told.splitlines()[1]
    assert "left:  2*x*y" in told and "right: x*y" in told
    assert "first differing term: 2*x*y beside x*y" in told
    assert "counterexample: with x = 2, y = 5" in told
    assert "left: 20" in told and "right: 10" in told
    assert "nearest true statement (a factor 2): left = 2*x*y" in told


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        (x, 2 * x, "(a factor 1/2): left = x"),
        (x, -x, "(the sign): left = x"),
        (7 * x, x, "(a factor 7): left = 7*x"),
        (3 * x, 4 * x, "(a factor 3/4): left = 3*x"),
        (sympy.Matrix([[x, 1], [2, 3]]), sympy.Matrix([[x, 2], [1, 3]]), "(a transpose)"),
        (sympy.Matrix([[0, x], [-y, 0]]), sympy.Matrix([[0, y], [-x, 0]]), "(a transpose and the sign)"),
    ],
)
def test_the_nearest_true_statement(left, right, told):
    assert told in failure(left, right)


def test_nothing_near_is_not_invented():
    assert "nearest" not in failure(x, y)


def test_shapes_that_differ_by_a_transpose():
    row, column = sympy.Matrix([[x, y]]), sympy.Matrix([[x], [y]])
    told = failure(row, column)
    assert told.startswith("not equal: the shapes differ") and "nearest true statement (a transpose)" in told
    with pytest.raises(ShapeError):
        assert_equal(row, sympy.Matrix([[x], [y], [y]]), certify=small_certify)


def test_undecided_is_not_shown_as_false():
    told = failure(x**2, 4)
    assert told.startswith("not decided, which is not the same as false: undecided")
    assert assert_equal(x**2, 4, certify=small_certify, accept=("proved", "undecided")).verdict == "undecided"


def test_texts_are_scaled_and_turned_as_texts():
    assert scaled("a+b", Fraction(-1)) == "-(a+b)"
    assert scaled("a+b", Fraction(-3, 2)) == "-3*(a+b)/2"
    assert transposed("a@b") == "(a@b).T"
    assert scaled(x, Fraction(1, 2)) == x / 2
    assert transposed(3) is None


def test_an_odd_counterexample_is_no_obstacle():
    statement = Statement(x, y)
    for odd in (None, {}, {"left": "nan", "right": 1}, {"left": [1, 2], "right": [1]}, {"left": 0, "right": 0}):
        assert nearest_true(statement, small_certify, odd) is None


def test_accept_is_made_of_verdicts():
    assert assert_equal(x, 2 * x, accept="refuted").verdict == "refuted"
    for accept in ("not proved, but refuted", ("proved", "true")):
        with pytest.raises(UnknownNameError, match="verdict"):
            assert_equal(x, 2 * x, accept=accept)


@pytest.mark.parametrize("given", [{"symbols": ["s"]}, {"symbols": "s"}, {"symbols": {"s": "scalar"}, "where": ["q"]}])
def test_symbols_and_where_of_another_kind_are_one_clear_error(given):
    with pytest.raises(DeclarationError, match="table of"):
        assert_equal("s", "s", **given)
