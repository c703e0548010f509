"""Derivatives of averages by the parameters of a law: Bonnet's and Price's theorems, and the score function.

References: G. Bonnet, Ann. Télécommun. 19 (1964); R. Price, IRE Trans. Inf. Theory 4 (1958).
"""


import numpy as np
import pytest

from symderiv.calculus import gradient
from symderiv.certify import certify
from symderiv.deriving import derive, expectation
from symderiv.errors import LimitError, ShapeError
from symderiv.evaluation import jets
from symderiv.scope import declare

SYMBOLS = {
    "mu": "vector(n)", "S": "matrix(n, n), spd", "A": "matrix(n, n), symmetric", "B": "matrix(n, n)", "t": "vector(n)",
    "v": "scalar, positive", "p": "scalar, in (0, 1)", "w": "vector(n)", "c": "scalar", "P": "vector(n), simplex",
    "x": "vector(n) ~ normal(mean=mu, cov=S)", "z": "scalar ~ normal(mean=c, cov=v)", "r": "vector(n) ~ bernoulli(p)",
    "o": "vector(n) ~ one_hot(softmax(w))", "K": "matrix(b, n) ~ one_hot(P)",
}  # fmt: skip

TRUE = [
    ("grad(E(x@B@x), mu)", "E((B+B.T)@x)"),
    ("grad(E(x@A@x), S)", "A"),
    ("grad(E(x@B@x), S)", "(B+B.T)/2"),
    ("grad(E((x@A@x)*(t@x)), S)", "(t@mu)*A + outer(t, A@mu) + outer(A@mu, t)"),
    ("grad(E(exp(t@x)), S)", "outer(t, t)*E(exp(t@x))/2"),
    ("grad(Var(t@x), S)", "outer(t, t)"),
    ("diff(E(z**4), v)", "6*E(z**2)"),
    ("diff(diff(E(z**4), v), v)", "6 + 0*v"),
    ("diff(E(sum(r*w)**2), p)", "(1-2*p)*sum(w**2) + 2*p*sum(w)**2"),
    ("grad(E((o@t)**2), w)", "E((o@t)**2*(o-softmax(w)))"),
    ("E(grad((t@x)**2 + t@S@t, S))", "outer(t, t)"),  # inside the average x is what it is, whatever its law
]


@pytest.mark.parametrize(("left", "right"), TRUE)
def test_an_average_moves_with_the_parameters_of_its_law(left, right):
    c = declare(**SYMBOLS)
    assert certify(left, right, symbols=c).verdict == "proved"
    assert certify(left, f"1.001*({right})", symbols=c).verdict == "refuted"


def test_the_covariance_is_read_through_its_symmetric_part():
    c = declare(**SYMBOLS)
    assert certify("grad(E(x@B@x), S)", "B", symbols=c).verdict == "refuted"


@pytest.mark.parametrize(("left", "x"), [("E(x@A@x)", "S"), ("E(x@B@x)", "mu"), ("E(z**2)", "v"), ("E(sum(r*w)**2)", "p")])
def test_differentiation_does_not_pass_an_average_whose_law_moves(left, x):
    c = declare(**SYMBOLS)
    found = derive(f"grad({left}, {x})", symbols=c)
    assert found.verdict == "proved" and found.steps[0].rule != "derivative-under-the-expectation"
    assert certify(gradient(expectation(left, c), c[x]), f"grad({left}, {x})", symbols=c).verdict == "proved"
    with pytest.raises(LimitError, match="expectation"):
        gradient(c.read(left), c[x])


def test_the_derivative_of_a_cholesky_factor_against_differences():
    rng = np.random.default_rng(3)
    a, h = np.eye(3) * 3 + (m := rng.standard_normal((3, 3))) @ m.T, 1e-6
    change = rng.standard_normal((3, 3))
    found = jets.cholesky(jets.Jet(1, a, change), np.linalg.cholesky, np.linalg.inv)
    both = (change + change.T) / 2  # NumPy reads the lower triangle only
    wanted = (np.linalg.cholesky(a + h * both) - np.linalg.cholesky(a - h * both)) / (2 * h)
    assert found.value @ found.value.T == pytest.approx(a)
    assert found.tangent == pytest.approx(wanted, abs=1e-8)


def test_the_rows_of_a_one_hot_matrix_may_share_their_probabilities():
    c = declare(**SYMBOLS)
    assert certify("E(K.T@K)", "b*diag(P)", symbols=c).verdict == "proved"
    assert certify("Var(sum(K@w)/b)", "(P@w**2 - (P@w)**2)/b", symbols=c).verdict == "proved"
    assert certify("Var(sum(K@w)/b)", "P@w**2 - (P@w)**2", symbols=c).verdict == "refuted"
    with pytest.raises(ShapeError, match="is needed"):
        declare(K="matrix(b, n) ~ one_hot(1/n)")
