"""Random expressions: the kernel's form, evaluated index by index, against evaluation of the tree itself."""

from random import Random

import numpy as np
import pytest

from symderiv.errors import SymderivError
from symderiv.evaluation.form_values import form_value
from symderiv.evaluation.instances import batch
from symderiv.expressions import make
from symderiv.indexed import lower
from symderiv.numeric import evaluate
from symderiv.scope import declare

SCOPE = declare(
    A="matrix(n, n)", B="matrix(n, n), invertible", S="matrix(n, n), spd", Q="matrix(n, n), orthogonal",
    D="matrix(n, n), diagonal", X="matrix(n, m)", x="vector(n)", y="vector(n)", w="vector(m)", t="vector(n), simplex",
    a="scalar", s="scalar, positive", p="scalar, in (0, 1)",
)  # fmt: skip
# one row per kind of value: what stands alone, and what is made of smaller ones ({s} scalar, {v} vector, {m} matrix)
GRAMMAR = {
    "s": (
        ["a", "s", "p", "2", "n", "x@y", "tr(A)", "norm(w)", "x@A@y", "logdet(S)"],
        ["({s} + {s})", "({s}*{s})", "({s}/(1 + ({s})**2))", "({v}@{v})", "sum({v})", "tr({m})", "norm({v})**2",
         "var({v})", "logsumexp({v})", "mean({m})", "sum({m}*{m})", "sqrt(1 + ({s} + {s})**2)", "sum(softplus({v} + {s}))"],
    ),
    "v": (
        ["x", "y", "X@w", "A@x", "t", "ones(n)", "tanh(x)", "softmax(y)", "sigmoid(A@x)", "relu(y)", "softplus(x)"],
        ["({v} + {v})", "({v}*{v})", "({m}@{v})", "({s}*{v})", "diagonal({m})", "sum({m}, 1)", "({v}@{m})",
         "({v}/(1 + x**2))", "({v} + {s})"],
    ),
    "m": (
        ["A", "B", "S", "Q", "D", "X@X.T", "eye(n)", "A.T", "inv(S)", "inv(B)", "inv(A.T@A + s*eye(n))",
         "inv(eye(n) + outer(x, x))", "softmax(A)"],
        ["({m} + {m})", "({m}@{m})", "({m}*{m})", "outer({v}, {v})", "diag({v})", "({s}*{m})", "{m}.T",
         "(col({v})*{m})"],
    ),
}  # fmt: skip


def sentence(rng, kind, depth):
    alone, made = GRAMMAR[kind]
    if depth == 0:
        return rng.choice(alone)
    out = rng.choice(made)
    for part in "svm":
        while "{" + part + "}" in out:
            out = out.replace("{" + part + "}", sentence(rng, part, depth - 1), 1)
    return out


def derived(rng, e):
    """A derivative by one of the symbols, of first or second order, or the expression itself."""
    head = rng.choice({0: ("", "grad", "hessian", "hessian"), 1: ("", "jacobian"), 2: ("",)}[len(e.shape)])
    if not head:
        return e
    return make(head, e, SCOPE[rng.choice("xwas" if head != "grad" else "xwAaX")])


@pytest.mark.parametrize("seed", range(24))
def test_two_routes_agree(seed):
    rng, compared = Random(seed), 0
    for k in range(25):
        try:
            e = SCOPE.read(sentence(rng, rng.choice("svm"), rng.choice((1, 2, 2))))
        except SymderivError:  # a square of ones by X does not fit, and so on
            continue
        e = derived(rng, e)
        at = batch([e, *(SCOPE[name] for name in "xwAasX")], {"n": 3, "m": 2}, 1, Random(k))
        try:
            form = lower(e)
        except SymderivError:
            continue
        direct = np.asarray(evaluate(e, at), dtype=float)
        direct = direct.reshape(direct.shape[max(0, direct.ndim - 1 - len(e.shape)) :])
        indexed = np.asarray(form_value(form, at), dtype=float)
        if np.isfinite(direct).all() and np.isfinite(indexed).all():
            compared += 1
            np.testing.assert_allclose(indexed, direct, rtol=1e-6, atol=1e-6 * (1 + np.abs(direct).max()), err_msg=str(e))
    assert compared > 10
