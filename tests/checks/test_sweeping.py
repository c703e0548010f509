"""Sweeps: many instances, the same wherever they run, larger than those of a certificate."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sympy as sp

import symderiv as sd
from symderiv.errors import LimitError, RandomnessError, ReadingError, ShapeError

SYMBOLS = {"A": "matrix(n, n)", "B": "matrix(n, n)", "x": "vector(n)", "r": "vector(n) ~ bernoulli(1/2)"}


def test_equal_wherever_it_runs():
    c = sd.declare(**SYMBOLS)
    for sides in (("tr(A@B@A@B)", "tr(A@A@B@B)"), ("inv(A)@A@x", "x")):
        alone = sd.sweep(*sides, symbols=c, instances=60)
        with ThreadPoolExecutor(2) as executor:
            assert sd.sweep(*sides, symbols=c, instances=60, executor=executor) == alone
        assert sd.sweep(*sides, symbols=c, instances=60, workers=2) == alone
    assert alone.counterexample is None and alone.held + alone.undefined == 60


def test_finds_what_is_false_in_large_sizes_only():
    c = sd.declare(**SYMBOLS)
    false_from_four = "n**3 - 6*n**2 + 11*n", "6"  # the product (n - 1)(n - 2)(n - 3) vanishes up to 3
    found = sd.sweep(*false_from_four, symbols=c, instances=100)
    assert found.counterexample is not None and found.counterexample.sizes == {"n": 4}
    assert sd.sweep(*false_from_four, symbols=c, instances=100, largest=3).held == 100


def test_averages_are_enumerated():
    c = sd.declare(**SYMBOLS)
    assert sd.sweep("E(sum(r)**2)", "(n + n**2)/4", symbols=c, instances=30).held == 30
    assert sd.sweep("E((x@r)**2)", "(sum(x)**2 + x@x)/4", symbols=c, instances=30).held == 30
    assert sd.sweep("E((x@r)**2)", "(sum(x)**2 + 2*x@x)/4", symbols=c, instances=30).counterexample is not None


def test_bad_input_is_named():
    c = sd.declare(**SYMBOLS)
    with pytest.raises(LimitError, match="instances=0"):
        sd.sweep("A", "B", symbols=c, instances=0)
    with pytest.raises(ReadingError, match="texts and expressions"):
        sd.sweep(sp.Symbol("t"), "x", symbols=c)
    with pytest.raises(ShapeError, match="different shapes"):
        sd.sweep("A", "x", symbols=c)
    with pytest.raises(RandomnessError):
        sd.sweep("r", "x", symbols=c)
