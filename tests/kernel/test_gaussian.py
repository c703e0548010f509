"""Closed forms of normals against quadrature (one variable) and against many draws (dependent entries)."""

import math
from itertools import product
from random import Random

import numpy as np
import pytest
from scipy.integrate import quad

from symderiv.errors import LimitError
from symderiv.evaluation.fields import FLOAT, Point
from symderiv.evaluation.form_values import form_value
from symderiv.indexed import lower
from symderiv.scope import declare

M, S, A, C = 0.4, 0.8, -0.7, 0.3
SCALARS = declare(
    m="scalar", s="scalar, positive", a="scalar", c="scalar", x="scalar ~ normal(mean=m, std=s)"
)  # fmt: skip
PIECES = {
    "x": lambda x: x,
    "x**2": lambda x: x * x,
    "exp(a*x)": lambda x: math.exp(A * x),
    "exp(-2*x + c)": lambda x: math.exp(-2 * x + C),
    "cos(2*x - c)": lambda x: math.cos(2 * x - C),
    "sin(a*x)": lambda x: math.sin(A * x),
    "step(x - c)": lambda x: float(x > C),
    "relu(c - 2*x)": lambda x: max(C - 2 * x, 0),
    "abs(x)": abs,
    "erf(a*x + c)": lambda x: math.erf(A * x + C),
}


def at(**values):
    return Point({}, {SCALARS[k]: np.array([float(v)]) for k, v in values.items()}, FLOAT)


def integral(f):
    def weighted(x):
        return f(x) * math.exp(-((x - M) ** 2) / (2 * S * S)) / (S * math.sqrt(2 * math.pi))

    cuts = sorted([M - 14 * S, C, 0.0, C / 2, M + 14 * S])
    return sum(quad(weighted, lo, hi, limit=200)[0] for lo, hi in zip(cuts, cuts[1:], strict=False))


def kernel(text):
    return float(form_value(lower(SCALARS.read(f"E({text})")), at(m=M, s=S, a=A, c=C)).reshape(-1)[0])


def products():
    """Every pair of pieces, and triples drawn at random."""
    rng = Random(3)
    pairs = list(product(PIECES, repeat=2))
    triples = [tuple(rng.choice(list(PIECES)) for _ in range(3)) for _ in range(60)]
    return [*pairs, *triples]


def test_products_of_functions_of_one_normal():
    known = 0
    for names in products():
        try:
            value = kernel(" * ".join(f"({n})" for n in names))
        except LimitError:
            continue
        known += 1
        expected = integral(lambda x, names=names: math.prod(PIECES[n](x) for n in names))
        assert value == pytest.approx(expected, rel=1e-6, abs=1e-8), names
    assert known > 80


VECTORS = declare(
    a="vector(2)", b="vector(2)", mu="vector(2)", K="matrix(2, 2), spd", x="vector(2) ~ normal(mean=mu, cov=K)",
    z="vector(2) ~ normal(mean=mu, std=1/2)",
)  # fmt: skip
VALUES = {"a": [0.5, -0.3], "b": [0.2, 0.7], "mu": [0.3, -0.2], "K": [[1.0, 0.4], [0.4, 0.7]]}
FUNCTIONS = {
    "exp(a@x)*(b@x)**2": lambda x, a, b: np.exp(x @ a) * (x @ b) ** 2,
    "cos(a@x)*sin(b@x)": lambda x, a, b: np.cos(x @ a) * np.sin(x @ b),
    "relu(a@x)*(b@x)": lambda x, a, b: np.maximum(x @ a, 0) * (x @ b),
    "step(a@x)*(b@x)**2": lambda x, a, b: (x @ a > 0) * (x @ b) ** 2,
    "exp(b@x)*relu(a@x)": lambda x, a, b: np.exp(x @ b) * np.maximum(x @ a, 0),
    "erf(a@x + 1)": lambda x, a, b: np.vectorize(math.erf)(x @ a + 1),
    "sum(exp(x))**2": lambda x, a, b: np.exp(x).sum(1) ** 2,
    "(x@x)*cos(a@x)": lambda x, a, b: (x * x).sum(1) * np.cos(x @ a),
}
INDEPENDENT = {
    "sum(relu(z))**2": lambda z, a, b: np.maximum(z, 0).sum(1) ** 2,
    "sum(abs(z)*a)*sum(step(z)*b)": lambda z, a, b: (np.abs(z) @ a) * ((z > 0) @ b),
    "sum(relu(z))*(a@z)": lambda z, a, b: np.maximum(z, 0).sum(1) * (z @ a),
}


@pytest.mark.parametrize("text", [*FUNCTIONS, *INDEPENDENT])
def test_functions_of_several_entries(text):
    rng = np.random.default_rng(5)
    a, b, mu, cov = (np.array(VALUES[k]) for k in ("a", "b", "mu", "K"))
    dependent = text in FUNCTIONS
    draws = rng.standard_normal((400_000, 2)) @ (np.linalg.cholesky(cov).T if dependent else np.eye(2) / 2) + mu
    values = {**FUNCTIONS, **INDEPENDENT}[text](draws, a, b)
    point = Point({}, {VECTORS[k]: np.array([v]) for k, v in VALUES.items()}, FLOAT)
    found = float(form_value(lower(VECTORS.read(f"E({text})")), point).reshape(-1)[0])
    assert abs(found - values.mean()) < 5 * values.std() / math.sqrt(len(values))


@pytest.mark.parametrize("k", range(7))
def test_truncated_moments(k):
    from symderiv.kernel.gaussian import truncated

    form = truncated(k, lower(SCALARS.a))
    found = float(form_value(form, at(a=A)).reshape(-1)[0])
    expected = quad(lambda w: w**k * math.exp(-w * w / 2) / math.sqrt(2 * math.pi), -A, 14)[0]
    assert found == pytest.approx(expected, rel=1e-8)
