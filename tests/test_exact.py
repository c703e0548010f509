"""Exact numbers from text: what is read, what is refused, and how order is decided."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symderiv.errors import LimitError, ModelError, ReadingError
from symderiv.exact import compare, largest, read_exact, read_fraction, read_int, read_matrix, read_vector, sign


@pytest.mark.parametrize(
    ("text", "value"),
    [("3/4", 0.75), ("-11*log(2)/4", -1.9061547465398497), ("sqrt(2)**2", 2.0), ("2**-3", 0.125), ("0.1", 0.1),
     ("exp(1)", 2.718281828459045), ("pi", 3.141592653589793), (" 1e-5 ", 1e-5), (0.5, 0.5), (Fraction(1, 3), 1 / 3)],
)
def test_values_agree_with_floating_point(text: object, value: float) -> None:
    assert float(read_exact(text)) == pytest.approx(value, rel=1e-15)


def test_decimals_are_exact() -> None:
    assert read_fraction("0.1") == Fraction(1, 10) == read_fraction(0.1)
    assert read_fraction("12345678901234567890.5") == Fraction(24691357802469135781, 2)


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "x", "1/0", "0**-1", "log(0)", "[1]", "1 if 1 else 2", "lambda: 1", "a.b", "sqrt(1, 2)", "",
     "1 +", "'a'", "1j", "exp(x=1)", "open('f')", "2 @ 3", "(" * 3000 + "1" + ")" * 3000, "\x00"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ReadingError):
        read_exact(text)


def test_limits() -> None:
    with pytest.raises(LimitError, match="exponent"):
        read_exact("9**9**9")
    with pytest.raises(LimitError, match="characters"):
        read_exact("1" * 20_000)


@pytest.mark.parametrize("value", [None, True, [1], {"a": 1}, float("nan"), float("inf")])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(ModelError):
        read_exact(value)


def test_declared_names_only() -> None:
    assert str(read_exact("a*(b + 1)", ("a", "b"))) == "a*(b + 1)"
    assert str(read_exact("S + E", "*")) == "E + S"
    with pytest.raises(ReadingError, match="'c' is not declared"):
        read_exact("a + c", ("a", "b"))


def test_order_is_exact_where_floats_tie() -> None:
    tiny = read_exact("1/3") + read_exact("1e-40")
    assert compare(tiny, read_exact("1/3")) == 1
    assert sign(read_exact("sqrt(2) + sqrt(3) - sqrt(5 + 2*sqrt(6))")) == 0
    assert sign(read_exact("log(6) - log(2) - log(3)")) == 0
    assert largest(read_vector(["log(4)", "2*log(2)", "1"])) == (0, 1)
    with pytest.raises(ModelError, match="cannot be decided"):
        compare(read_exact("a", "*"), read_exact("b", "*"))


def test_shapes_of_lists() -> None:
    with pytest.raises(ModelError, match="row 1 has 1"):
        read_matrix([[1, 2], [3]])
    with pytest.raises(ModelError, match="non-empty"):
        read_vector([])
    with pytest.raises(ModelError, match="at least 1"):
        read_int(0, "width", 1)
    with pytest.raises(ModelError, match="whole"):
        read_int("1/2")
