"""Expectations against enumeration and quadrature, which share nothing with the kernel; wrong factors refused."""

import pytest

from symderiv.certify import certify
from symderiv.scope import declare

SYMBOLS = {
    "p": "scalar, in (0, 1)", "q": "vector(n), in (0, 1)", "t": "vector(n), simplex", "w": "vector(n)",
    "A": "matrix(n, n)", "S": "matrix(n, n), spd", "mu": "vector(n)", "X": "matrix(n, m)", "a": "scalar", "b": "scalar",
    "r": "vector(n) ~ bernoulli(p)", "rq": "vector(n) ~ bernoulli(q)", "R": "matrix(n, m) ~ bernoulli(p)",
    "e": "vector(n) ~ rademacher()", "z": "vector(n) ~ normal(mean=0, std=1)", "x": "vector(n) ~ normal(mean=mu, cov=S)",
    "o": "vector(n) ~ one_hot(t)", "u": "scalar ~ uniform(a, b)",
}  # fmt: skip

TRUE = [
    ("E(sum(r))", "n*p"),
    ("E(sum(R))", "n*m*p"),
    ("E(sum(r)**2)", "n*p*(1-p) + n**2*p**2"),
    ("E(sum(rq))", "sum(q)"),
    ("E(sum(rq)**2)", "sum(q*(1-q)) + sum(q)**2"),
    ("E((w@e)**2)", "w@w"),
    ("E((w@e)**4)", "3*(w@w)**2 - 2*sum(w**4)"),
    ("E(sum(z))", "0*p"),
    ("E(norm(z)**4)", "n**2 + 2*n"),
    ("E((z@A@z)**2)", "tr(A)**2 + tr(A@A) + tr(A@A.T)"),
    ("E(outer(x, x))", "S + outer(mu, mu)"),
    ("Var(w@x)", "w@S@w"),
    ("Cov(A@x)", "A@S@A.T"),
    ("Cov(o)", "diag(t) - outer(t, t)"),
    ("E(sum(o))", "1 + 0*p"),
    ("E(u)", "(a+b)/2"),
    ("Var(u)", "(b-a)**2/12"),
    ("E(sum(r)*sum(z**2))", "n**2*p"),
    ("E((R*X).T@(R*X))", "p**2*X.T@X + p*(1-p)*diag(sum(X**2, 0))"),
]


@pytest.mark.parametrize(("left", "right"), TRUE)
def test_moments_hold_for_all_sizes(left, right):
    c = declare(**SYMBOLS)
    assert certify(left, right, symbols=c).verdict == "proved"


@pytest.mark.parametrize(("left", "right"), [pair for pair in TRUE if not pair[1].startswith("0")])
def test_a_spoiled_factor_is_refuted(left, right):
    c = declare(**SYMBOLS)
    assert certify(left, f"1.001*({right})", symbols=c).verdict == "refuted"
