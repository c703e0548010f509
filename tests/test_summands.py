"""Sums of rational functions of exponentials: decided under the sum, where the denominators can be cleared."""

import pytest

from symderiv.calculus import gradient
from symderiv.certify import certify
from symderiv.scope import declare

SYMBOLS = {"X": "matrix(n, d)", "Y": "matrix(n, d)", "y": "vector(n)", "z": "vector(n)", "w": "vector(d)", "v": "vector(3)"}
TRUE = [
    ("sum(y*exp(-z)/(1 + exp(-z)))", "sum(y/(1 + exp(z)))"),
    ("sum(exp(-y*z)/(1 + exp(-y*z)))", "sum(1 - 1/(1 + exp(-y*z)))"),
    ("sum(y/sigmoid(z)) + 1", "sum(y + y*exp(-z)) + 1"),
    ("sum(1/(exp(v)*(1 + exp(v))))", "sum(exp(-v)) - 3 + sum(sigmoid(v))"),
    ("sum(exp(-X)/(1 + exp(-X))*Y)", "sum(Y*sigmoid(-X))"),
    ("sum(exp(-X)/(1 + exp(-X))*Y, 1)", "sum(Y*sigmoid(-X), 1)"),
    ("X.T@(exp(-y*(X@w))/(1 + exp(-y*(X@w)))*y)", "X.T@(y/(1 + exp(y*(X@w))))"),
]


@pytest.mark.parametrize(("left", "right"), TRUE)
def test_an_identity_of_the_summands_is_one_of_the_sums(left, right):
    c = declare(**SYMBOLS)
    assert certify(left, right, symbols=c).verdict == "proved"
    assert certify(left, f"1.001*({right})", symbols=c).verdict == "refuted"
    if not c.read(left).shape:
        assert certify(left, f"{right} + 1 - n", symbols=c).verdict == "refuted"


@pytest.mark.parametrize(
    ("loss", "slope"),
    [
        ("-sum(y*log(sigmoid(X@w)) + (1 - y)*log(1 - sigmoid(X@w)))", "X.T@(sigmoid(X@w) - y)"),
        ("sum(log(1 + exp(-y*(X@w))))", "-X.T@(y*sigmoid(-y*(X@w)))"),
        ("-sum(log(sigmoid(y*(X@w))))", "-X.T@(y*sigmoid(-y*(X@w)))"),
    ],
)
def test_the_gradient_of_the_logistic_loss_in_each_form(loss, slope):
    c = declare(**SYMBOLS)
    assert certify(gradient(c.read(loss), c.w), slope, symbols=c).verdict == "proved"
