"""Functions with the same differential: a slope, held constant, times the argument.

Each line holds inside a derivative.  Source: K. B. Petersen, M. S. Pedersen, The Matrix
Cookbook, 2012, section 2; the maps by elementary calculus.
"""

from __future__ import annotations

from symderiv.rewriting import DIFFERENTIAL, rule

X = {"u": "vector(n)", "A": "matrix(n, m)", "S": "matrix(n, n), invertible", "x": "scalar", "y": "scalar", "k": "scalar"}


def _row(name: str, left: str, right: str, why: str, *, entrywise: bool = False) -> None:
    told = f"{why}; what is held (underlined) counts as a constant" if "held" in right else why
    rule(f"differential-of-{name}", left, right, told, X, relation=DIFFERENTIAL, entrywise=entrywise)


_row("a-squared-norm", "norm(u)**2", "2*held(u)@u", "the slope of a squared norm is twice its argument")
_row("a-squared-frobenius-norm", "norm(A)**2", "2*sum(held(A)*A)", "the slope of a squared norm is twice its argument")
_row("a-norm", "norm(u)", "held(u)@u/held(norm(u))", "the slope of a norm is the unit vector in the direction of its argument")
_row("a-frobenius-norm", "norm(A)", "sum(held(A)*A)/held(norm(A))", "the slope of a norm is its argument divided by the norm")
_row("an-absolute-sum", "norm1(u)", "held(sign(u))@u", "the slope of a sum of absolute values is the sign of each entry")
_row("an-absolute-sum-of-a-matrix", "norm1(A)", "sum(held(sign(A))*A)", "the slope of a sum of absolute values is the sign of each entry")
_row("an-inverse", "inv(S)", "-held(inv(S))@S@held(inv(S))",
     "an inverse changes by minus the inverse, times the change of the matrix, times the inverse")
_row("a-determinant", "det(S)", "held(det(S))*tr(held(inv(S))@S)",
     "a determinant changes by itself times the trace of the inverse times the change of the matrix (Jacobi)")
_row("a-log-determinant", "logdet(S)", "tr(held(inv(S))@S)", "a log-determinant changes by the trace of the inverse times the change of the matrix")
_row("a-softmax", "softmax(u)", "held(softmax(u))*u - held(softmax(u))*(held(softmax(u))@u)",
     "each value of a softmax changes by itself times how far its argument moves beyond the weighted mean")
_row("row-softmaxes", "softmax(A)", "held(softmax(A))*A - held(softmax(A))*col(sum(held(softmax(A))*A, 1))",
     "row by row, each value of a softmax changes by itself times how far its argument moves beyond the weighted mean")
_row("a-logsumexp", "logsumexp(u)", "held(softmax(u))@u", "the slope of a log-sum-exp is the softmax")
_row("row-logsumexps", "logsumexp(A)", "sum(held(softmax(A))*A, 1)", "row by row, the slope of a log-sum-exp is the softmax")
_row("a-variance", "var(u)", "2*mean(held(u - mean(u))*u)",
     "a variance is a mean of squares of centred entries: twice their mean product with the entries that vary")
_row("a-matrix-variance", "var(A)", "2*mean(held(A - mean(A))*A)",
     "a variance is a mean of squares of centred entries: twice their mean product with the entries that vary")
_row("column-variances", "var(A, 0)", "2*mean(held(A - mean(A, 0))*A, 0)",
     "column by column, a variance is a mean of squares: twice the mean product of the centred entries with those that vary")
_row("row-variances", "var(A, 1)", "2*mean(held(A - col(mean(A, 1)))*A, 1)",
     "row by row, a variance is a mean of squares: twice the mean product of the centred entries with those that vary")
_row("a-square", "x**2", "2*held(x)*x", "the slope of a square is twice its base", entrywise=True)
_row("a-power", "x**k", "held(k*x**(k - 1))*x",
     "the slope of a power is the exponent times the power with the exponent lowered by one", entrywise=True)
_row("an-exponential-of-base", "k**x", "held(k**x*log(k))*x", "the slope of an exponential is itself times the logarithm of its base", entrywise=True)
_row("a-quotient", "x/y", "x/held(y) - held(x/y**2)*y", "quotient rule: first the numerator varies, then the denominator", entrywise=True)
_row("exp", "exp(x)", "held(exp(x))*x", "the exponential is its own slope", entrywise=True)
_row("log", "log(x)", "x/held(x)", "the slope of a logarithm is the reciprocal of its argument", entrywise=True)
_row("sqrt", "sqrt(x)", "x/(2*held(sqrt(x)))", "the slope of a square root is one over twice the root", entrywise=True)
_row("sin", "sin(x)", "held(cos(x))*x", "the slope of the sine is the cosine", entrywise=True)
_row("cos", "cos(x)", "-held(sin(x))*x", "the slope of the cosine is minus the sine", entrywise=True)
_row("tanh", "tanh(x)", "held(1 - tanh(x)**2)*x", "the slope of tanh is one minus its square", entrywise=True)
_row("sigmoid", "sigmoid(x)", "held(sigmoid(x)*(1 - sigmoid(x)))*x",
     "the slope of a sigmoid is the sigmoid times one minus the sigmoid", entrywise=True)
_row("softplus", "softplus(x)", "held(sigmoid(x))*x", "the slope of softplus is the sigmoid", entrywise=True)
_row("relu", "relu(x)", "held(step(x))*x", "the slope of relu is the step: 1 where the argument is positive, 0 where it is negative", entrywise=True)
_row("abs", "abs(x)", "held(sign(x))*x", "the slope of the absolute value is the sign", entrywise=True)
_row("erf", "erf(x)", "held(2*exp(-x**2)/sqrt(pi))*x", "the slope of the error function is a bell curve", entrywise=True)
_row("step", "step(x)", "0*x", "a step is flat wherever it has a slope", entrywise=True)
_row("sign", "sign(x)", "0*x", "a sign is flat wherever it has a slope", entrywise=True)
