"""Evaluation at points against NumPy and SciPy, its three kinds of numbers against each other, and its limits."""

import math
from random import Random

import flint
import numpy as np
import pytest
from scipy.special import logsumexp, softmax

from symderiv.errors import LimitError
from symderiv.evaluation.draws import Draw
from symderiv.evaluation.fields import BALLS, EXACT, FLOAT, Point, Undefined
from symderiv.evaluation.instances import batch, point, rational_values
from symderiv.numeric import evaluate
from symderiv.scope import declare
from symderiv.symbols import PROPERTIES

SYMBOLS = {
    "A": "matrix(n, m)", "B": "matrix(n, n)", "S": "matrix(n, n), spd", "x": "vector(n)", "y": "vector(n)",
    "v": "vector(m)", "s": "scalar, positive", "p": "scalar, in (0, 1)",
}  # fmt: skip
SIZES = {"n": 3, "m": 2}


@pytest.fixture(scope="module")
def scope():
    return declare(**SYMBOLS)


BY_NUMPY = {
    "A@v + x": lambda A, B, S, x, y, v, s, p: A @ v + x,
    "x*B": lambda A, B, S, x, y, v, s, p: x * B,
    "col(x)*B": lambda A, B, S, x, y, v, s, p: x[:, None] * B,
    "tr(B@S)": lambda A, B, S, x, y, v, s, p: np.trace(B @ S),
    "det(B)*inv(S)": lambda A, B, S, x, y, v, s, p: np.linalg.det(B) * np.linalg.inv(S),
    "logdet(B)": lambda A, B, S, x, y, v, s, p: np.linalg.slogdet(B)[1],
    "norm(A) + norm1(x)": lambda A, B, S, x, y, v, s, p: np.linalg.norm(A) + np.abs(x).sum(),
    "sum(A, 0)": lambda A, B, S, x, y, v, s, p: A.sum(0),
    "var(A, 1)": lambda A, B, S, x, y, v, s, p: A.var(1),
    "mean(x) + var(x)": lambda A, B, S, x, y, v, s, p: x.mean() + x.var(),
    "outer(x, v) + diag(x)@A": lambda A, B, S, x, y, v, s, p: np.outer(x, v) + np.diag(x) @ A,
    "softmax(B)": lambda A, B, S, x, y, v, s, p: softmax(B, axis=-1),
    "logsumexp(B)": lambda A, B, S, x, y, v, s, p: logsumexp(B, axis=-1),
    "relu(x) + sign(x)*step(y)": lambda A, B, S, x, y, v, s, p: np.maximum(x, 0) + np.sign(x) * (y > 0),
    "s**p + exp(-s) + log(s)": lambda A, B, S, x, y, v, s, p: s**p + np.exp(-s) + np.log(s),
    "tanh(x) + sigmoid(y)": lambda A, B, S, x, y, v, s, p: np.tanh(x) + 1 / (1 + np.exp(-y)),
    "softplus(x) + erf(y)": lambda A, B, S, x, y, v, s, p: np.log1p(np.exp(x)) + np.vectorize(math.erf)(y),
    "n*m*ones(2) + pi": lambda A, B, S, x, y, v, s, p: 6 * np.ones(2) + np.pi,
}


@pytest.mark.parametrize("text", BY_NUMPY)
def test_values(scope, text):
    e = scope.read(text)
    everything = list(scope.symbols.values())
    at = batch(everything, SIZES, 4, Random(1))
    values = np.broadcast_to(evaluate(e, at), (4, *at.shape(e.shape)))
    balls = point(everything, SIZES, BALLS, Random(2))
    for k in range(4):
        arguments = [at.values[scope[name]][k] for name in SYMBOLS]
        assert values[k] == pytest.approx(BY_NUMPY[text](*arguments), rel=1e-9)
    arguments = [np.asarray(balls.values[scope[name]][0]).astype(float) for name in SYMBOLS]
    enclosed = np.broadcast_to(evaluate(e, balls), (1, *at.shape(e.shape)))[0]
    assert np.asarray(enclosed).astype(float) == pytest.approx(BY_NUMPY[text](*arguments), rel=1e-9)


SMOOTH = [
    "x@B@x", "logsumexp(B@x)", "norm(tanh(B@x) - y)", "logdet(S + outer(x, x))", "y@inv(S + diag(x**2))@y", "sum(softplus(x)*y)",
    "det(S + outer(x, y))", "sum(sqrt(x**2 + s))/mean(exp(x))", "sum(relu(x)**2)", "var(x)**2",
]  # fmt: skip


@pytest.mark.parametrize("text", SMOOTH)
def test_derivatives_against_differences(scope, text):
    gradient, hessian, f = scope.read(f"grad({text}, x)"), scope.read(f"hessian({text}, x)"), scope.read(text)
    at = batch(list(scope.symbols.values()), SIZES, 1, Random(3))
    x, step = scope["x"], 1e-5

    def moved(e, k, h):
        shift = np.zeros((1, 3))
        shift[0, k] = h
        return np.asarray(evaluate(e, at.with_values({x: at.values[x] + shift}))).reshape(e.shape and (3,))

    def differences(e):
        return np.stack([(moved(e, k, step) - moved(e, k, -step)) / (2 * step) for k in range(3)], axis=-1)

    assert np.asarray(evaluate(gradient, at)).reshape(3) == pytest.approx(differences(f), rel=1e-5, abs=1e-5)
    assert np.asarray(evaluate(hessian, at)).reshape(3, 3) == pytest.approx(differences(gradient), rel=1e-5, abs=1e-5)


def test_expectations_by_enumeration():
    c = declare(w="vector(n)", p="scalar, in (0, 1)", r="vector(n) ~ bernoulli(p)", z="vector(n) ~ rademacher()")
    at = point([c.w, c.p], {"n": 2}, EXACT, Random(4))
    w, p = at.values[c.w][0], at.values[c.p][0]
    found = evaluate(c.read("E((w@r)**3 + (w@z)**2)"), at).reshape(-1)[0]
    by_hand = w[0] ** 2 + w[1] ** 2
    for a in (0, 1):
        for b in (0, 1):
            by_hand += (p if a else 1 - p) * (p if b else 1 - p) * (a * w[0] + b * w[1]) ** 3
    assert found == by_hand


def test_a_gradient_by_something_absent_stays_exact():
    c = declare(H="matrix(n, d)", a="vector(d)")
    at = point([c.H, c.a], {"n": 2, "d": 3}, EXACT, Random(5))
    zero = evaluate(c.read("grad(a@mean(H, 0), H)"), at)
    assert all(isinstance(x, flint.fmpq) for x in np.asarray(zero).reshape(-1))


@pytest.mark.parametrize(
    ("text", "x"), [("1/(x - 1)", 1), ("log(x)", -1), ("sqrt(x)", -2), ("step(x)", 0), ("exp(x)", 10**9)]
)
def test_what_has_no_value_is_said(text, x):
    c = declare(x="scalar")
    with pytest.raises(Undefined):
        evaluate(c.read(text), Point({}, {c.x: np.array([flint.arb(x)], dtype=object)}, BALLS))


@pytest.mark.parametrize("text", ["x**100000", "tr(eye(999999))", "sum(outer(ones(9999), ones(9999)))"])
def test_limits(text):
    c = declare(x="scalar")
    with pytest.raises(LimitError):
        evaluate(c.read(text), Point({}, {c.x: np.array([2.0])}, FLOAT))


TOGETHER = [
    ("diagonal", "orthogonal"), ("symmetric", "orthogonal"), ("spd", "orthogonal"), ("spd", "diagonal"), ("spd", "positive"),
    ("spd", "nonzero"), ("symmetric", "invertible"), ("in (0, 1)", "invertible"), ("positive", "diagonal"), ("simplex", "symmetric"),
]  # fmt: skip


def determinant(a):
    return np.linalg.det(np.asarray(a, dtype=float))


CHECKS = {
    "diagonal": lambda a: (a == np.diag(np.diag(a))).all(),
    "orthogonal": lambda a: (a.T @ a == np.eye(len(a), dtype=int)).all(),
    "symmetric": lambda a: (a == a.T).all(),
    "spd": lambda a: np.linalg.eigvalsh(np.asarray(a, dtype=float)).min() > 0,
    "invertible": lambda a: abs(determinant(a)) > 1e-12,
    "simplex": lambda a: (a >= 0).all() and (a.sum(-1) == 1).all(),
    "positive": lambda a: (a > 0).all(),
    "nonzero": lambda a: (a != 0).all(),
    "in (0, 1)": lambda a: ((a > 0) & (a < 1)).all(),
}


@pytest.mark.parametrize("names", TOGETHER, ids=" and ".join)
def test_an_instance_has_every_declared_property(names):
    assert set(CHECKS) == set(PROPERTIES)
    c = declare(D=f"matrix(n, n), {', '.join(names)}")
    found = 0
    for seed in range(20):
        try:
            (value,) = rational_values([c.D], {"n": 2}, Draw(Random(seed))).values()
        except ValueError:
            continue
        found += 1
        signed = np.diag(value) if "diagonal" in names else value
        assert all(CHECKS[n](signed if n in ("positive", "nonzero", "in (0, 1)") else value) for n in names)
    # rows of a random stochastic matrix are hardly ever symmetric; then there is no instance rather than a wrong one
    assert found or names == ("simplex", "symmetric")
