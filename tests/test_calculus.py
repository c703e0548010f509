"""Gradients in matrix notation: proved by the kernel, and checked against differences at small sizes."""

import json
from pathlib import Path
from random import Random
from statistics import median

import numpy as np
import pytest

from symderiv.calculus import differential, evaluate, gradient, hessian, jacobian, local_jacobian, vjp
from symderiv.certify import certify
from symderiv.errors import LimitError, ReadingError, ShapeError
from symderiv.evaluation.instances import batch, dimensions
from symderiv.numeric import evaluate as value
from symderiv.operators import members
from symderiv.scope import declare

CLAIMS = json.loads((Path(__file__).parent / "data/claims/derivatives.json").read_text())["claims"]


def operations(e):
    return sum(map(operations, e.args)) + (max(1, len(e.args) - 1) if e.args else 0)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c["id"])
def test_open_claims_come_back_as_a_person_writes_them(claim):
    c = declare(**claim["symbols"])
    found = evaluate(c.read(claim["left"], claim.get("where")))
    expected = c.read(claim["right"], claim.get("where"))
    assert certify(found, expected).verdict == "proved"
    assert operations(found) <= 2 * operations(expected)


@pytest.mark.parametrize("text", ["norm(y - X@w)**2", "sum(log(1 + exp(X@w)))", "w@w/(1 + norm(w)**2)", "logsumexp(X@w)"])
def test_gradients_agree_with_differences(text):
    c = declare(X="matrix(n, d)", y="vector(n)", w="vector(d)")
    f = c.read(text)
    at = batch([f, c.y, c.X, c.w], dict.fromkeys(dimensions(f), 3) | {"n": 3, "d": 3}, 1, Random(1))
    found = np.asarray(value(gradient(f, c.w), at))[0]
    base, h = at.values[c.w], 1e-6
    for k in range(3):
        shift = np.zeros_like(base)
        shift[0, k] = h
        up, down = (value(f, at.with_values({c.w: base + s * shift})) for s in (1, -1))
        assert float(np.squeeze(up - down)) / (2 * h) == pytest.approx(found[k], rel=1e-5, abs=1e-6)


def test_jacobians_hessians_and_vjps():
    c = declare(A="matrix(n, d)", w="vector(d)", u="vector(n)", z="vector(k)")
    assert certify(jacobian(c.read("A@w"), c.w), c.A).verdict == "proved"
    assert certify(hessian(c.read("norm(A@w)**2"), c.w), "2*A.T@A", symbols=c).verdict == "proved"
    assert certify(vjp(c.read("A@w"), c.A, c.u), "outer(u, w)", symbols=c).verdict == "proved"
    assert local_jacobian(c.read("A@w"), c.A) is None
    assert certify(jacobian(c.read("softmax(z)"), c.z), "diag(softmax(z)) - outer(softmax(z), softmax(z))", symbols=c).verdict == "proved"


def test_what_cannot_be_differentiated_says_so():
    c = declare(A="matrix(n, d)", w="vector(d)")
    with pytest.raises(ShapeError):
        gradient(c.read("A@w"), c.w)
    with pytest.raises(ReadingError):
        gradient(c.read("w@w"), c.read("2*w"))


@pytest.mark.parametrize("claim", [("grad(u@(V.T@e), q)", "zeros(d)"), ("grad(a*a, q)", "0*q"), ("hessian(a, q)", "zeros(d, d)")])
def test_a_variable_that_does_not_occur_has_zero_derivative(claim):
    scope = declare(q="vector(d)", V="matrix(n, m)", u="vector(m)", e="vector(n)", a="scalar")
    assert certify(*claim, symbols=scope).verdict == "proved"
    assert certify(claim[0], f"{claim[1]} + 1", symbols=scope).verdict == "refuted"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("diff(sum(softplus(X@w + b)), b)", "sum(sigmoid(X@w + b))"),
        ("diff(sum(softplus(X@w + b) - y*(X@w + b)), b)", "sum(sigmoid(X@w + b) - y)"),
        ("diff(mean(log(1 + b + exp(y))), b)", "mean(1/(1 + b + exp(y)))"),
        ("diff(sum((y + b)*exp(y)/(y + b)), b)", "0"),
        ("diff(sum(log(b + 0*y)), b)", "n/b"),
    ],
)
def test_a_term_that_an_index_no_longer_reaches_is_counted(left, right):
    c = declare(X="matrix(n, d)", y="vector(n)", w="vector(d)", b="scalar")
    assert certify(left, right, symbols=c).verdict == "proved"
    assert certify(left, f"{right} + 1 - n", symbols=c).verdict == "refuted"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("grad(logdet(W@W.T + diag(D)), D)", "diagonal(inv(W@W.T + diag(D)))"),
        ("grad(logdet(W@W.T + diag(D)), W)", "2*inv(W@W.T + diag(D))@W"),
        ("grad(det(W@W.T + diag(D)), D)", "det(W@W.T + diag(D))*diagonal(inv(W@W.T + diag(D)))"),
        ("hessian(logdet(W@W.T + diag(D)), D)", "-inv(W@W.T + diag(D))**2"),
        ("hessian(det(eye(d) + outer(D, D)), D)", "2*eye(d)"),
        ("grad(logdet(eye(k) + W.T@W)**2, W)", "4*logdet(eye(k) + W.T@W)*W@inv(eye(k) + W.T@W)"),
    ],
)
def test_a_determinant_is_differentiated_in_terms_of_its_own_matrix(left, right):
    c = declare(W="matrix(d, k)", D="vector(d), positive")
    found = certify(left, right, symbols=c)
    assert (found.verdict, found.method) == ("proved", "index normal form")
    assert certify(left, f"1.001*({right})", symbols=c).verdict == "refuted"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("diff(diff(sigmoid(b), b), b)", "sigmoid(b)*(1 - sigmoid(b))*(1 - 2*sigmoid(b))"),
        ("grad(norm(grad(norm(X@w - y)**2/2, w))**2, w)", "2*X.T@X@X.T@(X@w - y)"),
        ("grad((norm(grad(w@u, u)) - 1)**2, w)", "2*(norm(w) - 1)*w/norm(w)"),
        ("differential(grad((w@w)**2, w), w, u)", "8*(w@u)*w + 4*(w@w)*u"),
    ],
)
def test_derivatives_of_derivatives_are_made_explicit_from_inside(left, right):
    c = declare(X="matrix(n, d)", y="vector(n)", w="vector(d)", u="vector(d)", b="scalar")
    found = evaluate(c.read(left))
    assert not any(head in str(found) for head in ("grad", "diff"))
    assert certify(found, right, symbols=c).verdict == "proved"


EVERY = json.loads((Path(__file__).parent / "data/claims_true.json").read_text())["claims"]


def test_derivatives_are_read_back_as_short_as_a_person_writes_them():
    """Against the expected sides, where those are no derivatives and no averages themselves."""
    ratios, without = {}, []
    for claim in EVERY:
        c = declare(**claim["symbols"])
        left, expected = (c.read(claim[side], claim.get("where")) for side in ("left", "right"))
        if left.op not in members("derivative") or heads(expected) & (members("derivative") | members("moment")):
            continue
        try:
            ratios[claim["id"]] = operations(evaluate(left)) / max(1, operations(expected))
        except LimitError:
            without.append(claim["id"])
    assert len(ratios) > 300 and len(without) <= 3, without
    assert median(ratios.values()) <= 1
    assert not {name: r for name, r in ratios.items() if r > 2}


def heads(e):
    return {e.op}.union(*map(heads, e.args))


@pytest.mark.parametrize(
    ("left", "found"),
    [
        ("grad(norm(X - X.T)**2, X)", "4*(X - X.T)"),
        ("grad(logdet(X@X@X), X)", "3*inv(X).T"),
        ("diff(logdet(t*X), t)", "n/t"),
        ("grad(logdet(diag(x)), x)", "1/x"),
        ("grad(-sum(x*log(sigmoid(z)) + (1 - x)*log(1 - sigmoid(z))), z)", "sigmoid(z) - x"),
        ("grad(sum(log(exp(x) + exp(z))), x)", "sigmoid(x - z)"),
        ("grad(sum(relu(x)**2), x)", "2*relu(x)"),
        ("grad(sum(x/(1 + abs(x))), x)", "1/(1 + abs(x))**2"),
        ("grad(log(mean(exp(x))), x)", "softmax(x)"),
        ("grad(sum(log((exp(x) + exp(-x))/2)), x)", "tanh(x)"),
        ("differential(inv(X), X, H)", "-inv(X)@H@inv(X)"),
        ("diff(inv(X + t*H), t)", "-inv(X + t*H)@H@inv(X + t*H)"),
        ("jacobian(inv(diag(x) + X)@z, x)", "-inv(diag(x) + X)@diag(inv(diag(x) + X)@z)"),
    ],
)
def test_what_cancels_is_cancelled(left, found):
    c = declare(X="matrix(n, n)", H="matrix(n, n)", x="vector(n), positive", z="vector(n)", t="scalar, positive")
    assert str(evaluate(c.read(left))) == found


@pytest.mark.parametrize("text", ["inv(X.T@X)", "X@H.T@X", "tanh(X@z)", "outer(X@z, z)", "diag(X@z)*X", "softmax(X)"])
def test_differentials_of_any_shape_agree_with_differences(text):
    c = declare(X="matrix(n, n)", H="matrix(n, n)", z="vector(n)")
    f = c.read(text)
    at = batch([f, c.X, c.H, c.z], {"n": 3}, 1, Random(2))
    found = np.asarray(value(differential(f, c.X, c.H), at))
    base, along, step = at.values[c.X], at.values[c.H], 1e-6
    up, down = (np.asarray(value(f, at.with_values({c.X: base + s * along}))) for s in (step, -step))
    np.testing.assert_allclose(found, (up - down) / (2 * step), rtol=1e-5, atol=1e-5)
