"""A difference that is a number is one at every point, however close the sides are beside their size."""

import pytest

from symderiv.certify import certify
from symderiv.scope import declare

c = declare(s="scalar", x="vector(n)", z="scalar ~ normal(0, 1)")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("sin(s)", "sin(s) + 1e-40"),
        ("exp(x)", "exp(x) + 1e-60"),
        ("E(exp(z))", "exp(1/2) + 1e-50"),
        ("10**300*exp(s)", "10**300*exp(s) + 1"),
    ],
)
def test_a_known_difference_refutes_where_balls_overlap(left, right):
    certificate = certify(left, right, symbols=c)
    assert certificate.verdict == "refuted"
    assert certificate.counterexample is not None


def test_what_is_defined_nowhere_or_too_large_to_show_is_undecided():
    assert certify("sqrt(-1 - s**2)", "sqrt(-1 - s**2) + 1", symbols=c).verdict == "undecided"
    assert certify("10**5000 + 1", "10**5000", symbols=c).verdict == "undecided"
