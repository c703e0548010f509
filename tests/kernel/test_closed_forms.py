"""Half moments of a normal against numerical integration, and the claims that rest on them."""

import math

import pytest
from scipy.integrate import quad

from symderiv.certify import certify
from symderiv.scope import declare

SYMBOLS = {"s": "scalar, positive", "x": "scalar ~ normal(mean=0, std=s)", "z": "vector(n) ~ normal(mean=0, std=s)"}


def integral(f, s):
    return quad(lambda t: f(t) * math.exp(-t * t / (2 * s * s)) / (s * math.sqrt(2 * math.pi)), -12 * s, 12 * s, points=[0])[0]


@pytest.mark.parametrize(
    ("left", "right", "f"),
    [
        ("E(relu(x))", "s/sqrt(2*pi)", lambda t: max(t, 0)),
        ("E(relu(x)**2)", "s**2/2", lambda t: max(t, 0) ** 2),
        ("E(relu(x)**3)", "2*s**3/sqrt(2*pi)", lambda t: max(t, 0) ** 3),
        ("E(abs(x))", "s*sqrt(2/pi)", abs),
        ("E(step(x))", "1/2 + 0*s", lambda t: float(t > 0)),
    ],
)
def test_half_moments(left, right, f):
    c = declare(**SYMBOLS)
    assert certify(left, right, symbols=c).verdict == "proved"
    assert certify(left, f"1.001*({right})", symbols=c).verdict == "refuted"
    s = 0.7
    stated = {"1/2 + 0*s": 0.5}.get(right)
    exact = integral(f, s)
    formula = {"s/sqrt(2*pi)": s / math.sqrt(2 * math.pi), "s**2/2": s * s / 2, "2*s**3/sqrt(2*pi)": 2 * s**3 / math.sqrt(2 * math.pi)}
    assert exact == pytest.approx(formula.get(right, stated or s * math.sqrt(2 / math.pi)), rel=1e-7)


def test_entrywise_and_squared_norm():
    c = declare(**SYMBOLS)
    assert certify("E(norm(relu(z))**2)", "n*s**2/2", symbols=c).verdict == "proved"
    assert certify("E(relu(z))", "s/sqrt(2*pi)*ones(n)", symbols=c).verdict == "proved"


def test_what_is_not_known_is_not_claimed():
    c = declare(**SYMBOLS, m="scalar", y="scalar ~ normal(mean=m, std=s)")
    assert certify("E(relu(y))", "s/sqrt(2*pi)", symbols=c).verdict != "proved"
