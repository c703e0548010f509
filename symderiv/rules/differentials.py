"""Functions with the same differential: a slope, held constant, times the argument.

Each line holds inside a derivative.  Source: K. B. Petersen, M. S. Pedersen, The Matrix
Cookbook, 2012, section 2; the maps by elementary calculus.
"""

from __future__ import annotations

from symderiv.rewriting import DIFFERENTIAL, rule

X = {"u": "vector(n)", "A": "matrix(n, m)", "S": "matrix(n, n), invertible", "x": "scalar", "y": "scalar", "k": "scalar"}


def _row(name: str, left: str, right: str, why: str, *, entrywise: bool = False) -> None:
    rule(f"differential-of-{name}", left, right, why, X, relation=DIFFERENTIAL, entrywise=entrywise)


_row("a-squared-norm", "norm(u)**2", "2*held(u)@u", "a squared norm: twice its argument, held")
_row("a-squared-frobenius-norm", "norm(A)**2", "2*sum(held(A)*A)", "a squared norm: twice its argument, held")
_row("a-norm", "norm(u)", "held(u)@u/held(norm(u))", "a norm: the unit vector, held")
_row("a-frobenius-norm", "norm(A)", "sum(held(A)*A)/held(norm(A))", "a norm: its argument over the norm, held")
_row("an-absolute-sum", "norm1(u)", "held(sign(u))@u", "a sum of absolute values: the signs, held")
_row("an-absolute-sum-of-a-matrix", "norm1(A)", "sum(held(sign(A))*A)", "a sum of absolute values: the signs, held")
_row("an-inverse", "inv(S)", "-held(inv(S))@S@held(inv(S))", "an inverse: minus the inverse on both sides, held")
_row("a-determinant", "det(S)", "held(det(S))*tr(held(inv(S))@S)", "a determinant: itself times the trace of the inverse, held")
_row("a-log-determinant", "logdet(S)", "tr(held(inv(S))@S)", "a log-determinant: the trace with the inverse, held")
_row("a-softmax", "softmax(u)", "held(softmax(u))*u - held(softmax(u))*(held(softmax(u))@u)", "a softmax, its values held")
_row("row-softmaxes", "softmax(A)", "held(softmax(A))*A - held(softmax(A))*col(sum(held(softmax(A))*A, 1))",
     "a softmax of each row, its values held")
_row("a-logsumexp", "logsumexp(u)", "held(softmax(u))@u", "a log-sum-exp: the softmax, held")
_row("row-logsumexps", "logsumexp(A)", "sum(held(softmax(A))*A, 1)", "a log-sum-exp of each row: the softmax, held")
_row("a-variance", "var(u)", "2*mean(held(u - mean(u))*u)", "a variance: twice the mean product with the centred entries, held")
_row("a-matrix-variance", "var(A)", "2*mean(held(A - mean(A))*A)", "a variance: twice the mean product, held")
_row("column-variances", "var(A, 0)", "2*mean(held(A - mean(A, 0))*A, 0)", "variances of columns: twice the mean product, held")
_row("row-variances", "var(A, 1)", "2*mean(held(A - col(mean(A, 1)))*A, 1)", "variances of rows: twice the mean product, held")
_row("a-square", "x**2", "2*held(x)*x", "a square: twice its base, held", entrywise=True)
_row("a-power", "x**k", "held(k*x**(k - 1))*x", "a power: exponent times the lower power, held", entrywise=True)
_row("an-exponential-of-base", "k**x", "held(k**x*log(k))*x", "an exponential: itself times the log of the base, held", entrywise=True)
_row("a-quotient", "x/y", "x/held(y) - held(x/y**2)*y", "quotient rule", entrywise=True)
_row("exp", "exp(x)", "held(exp(x))*x", "the exponential is its own slope, held", entrywise=True)
_row("log", "log(x)", "x/held(x)", "a logarithm: the reciprocal, held", entrywise=True)
_row("sqrt", "sqrt(x)", "x/(2*held(sqrt(x)))", "a root: half the reciprocal root, held", entrywise=True)
_row("sin", "sin(x)", "held(cos(x))*x", "a sine: the cosine, held", entrywise=True)
_row("cos", "cos(x)", "-held(sin(x))*x", "a cosine: minus the sine, held", entrywise=True)
_row("tanh", "tanh(x)", "held(1 - tanh(x)**2)*x", "slope of tanh: one minus its square, held", entrywise=True)
_row("sigmoid", "sigmoid(x)", "held(sigmoid(x)*(1 - sigmoid(x)))*x", "slope of the sigmoid, held", entrywise=True)
_row("softplus", "softplus(x)", "held(sigmoid(x))*x", "slope of softplus: the sigmoid, held", entrywise=True)
_row("relu", "relu(x)", "held(step(x))*x", "slope of relu: the step, held", entrywise=True)
_row("abs", "abs(x)", "held(sign(x))*x", "slope of the absolute value: the sign, held", entrywise=True)
_row("erf", "erf(x)", "held(2*exp(-x**2)/sqrt(pi))*x", "slope of the error function, held", entrywise=True)
_row("step", "step(x)", "0*x", "a step is flat where it has a slope", entrywise=True)
_row("sign", "sign(x)", "0*x", "a sign is flat where it has a slope", entrywise=True)
