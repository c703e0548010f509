"""Powers of forms: nothing is lost where a root comes apart."""

import pytest

from symderiv.certify import certify
from symderiv.scope import declare

SCOPE = declare(k="scalar, positive", p="scalar, in (0, 1)", w="vector(d)", X="matrix(n, d)")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("norm(sqrt(1 + k)*w)**2", "(1 + k)*norm(w)**2"),
        ("norm(sqrt((1 - p)/p)*w)**2", "(1 - p)/p*norm(w)**2"),
        ("sqrt((1 + k)*(w@w))", "sqrt(1 + k)*norm(w)"),
        ("norm(sqrt(1 + k)*diag(sqrt(sum(X**2, 0)))@w)**2", "(1 + k)*sum(X**2*outer(ones(n), w**2))"),
    ],
)
def test_a_sum_of_squares_stays_under_the_root_when_a_positive_factor_leaves_it(left, right):
    assert certify(left, right, symbols=SCOPE).verdict == "proved"


def test_the_root_is_not_the_factor_alone():
    assert certify("norm(sqrt(1 + k)*w)**2", "1 + k", symbols=SCOPE).verdict == "refuted"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("sqrt(p/(1 - p))", "1/sqrt((1 - p)/p)"),
        ("sqrt(p/(1 - p))", "sqrt(p)/sqrt(1 - p)"),
        ("sqrt(k/(1 - p)**2)", "sqrt(k)/(1 - p)"),
        ("sqrt(1/(1 - p) - 1)", "sqrt(p)/sqrt(1 - p)"),
        ("(p/(1 + k) + 1/(1 - p))**(3/2)", "((p*(1 - p) + 1 + k)/((1 + k)*(1 - p)))**(3/2)"),
    ],
)
def test_a_root_of_a_quotient_comes_apart_where_the_denominator_is_positive(left, right):
    assert certify(left, right, symbols=SCOPE).verdict == "proved"
    assert certify(left, f"1001/1000*{right}", symbols=SCOPE).verdict == "refuted"


def test_a_denominator_of_any_sign_keeps_its_absolute_value():
    anything = declare(x="scalar")
    assert certify("sqrt(1/(x - 1)**2)", "1/(x - 1)", symbols=anything).verdict == "refuted"
    assert certify("sqrt(1/(x - 1)**2 + 1)", "sqrt(1 + (x - 1)**2)/(x - 1)", symbols=anything).verdict == "refuted"
