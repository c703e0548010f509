"""Functions entry by entry, and along an axis: their definitions and their laws."""

from __future__ import annotations

from symderiv.rewriting import rule

X = {"x": "scalar", "y": "scalar", "a": "scalar, positive", "b": "scalar, positive", "z": "vector(n)", "Z": "matrix(n, m)", "c": "scalar"}


def _row(name: str, left: str, right: str, why: str) -> None:
    rule(name, left, right, why, X, entrywise=True)


_row("tanh-by-exponentials", "tanh(x)", "(exp(x) - exp(-x))/(exp(x) + exp(-x))", "the definition of tanh")
_row("sigmoid-by-exponentials", "sigmoid(x)", "1/(1 + exp(-x))", "the definition of the sigmoid")
_row("softplus-by-logarithm", "softplus(x)", "log(1 + exp(x))", "the definition of softplus")
_row("relu-by-step", "relu(x)", "x*step(x)", "relu keeps what is positive")
_row("abs-by-sign", "abs(x)", "x*sign(x)", "the absolute value by the sign")
_row("sign-by-step", "sign(x)", "2*step(x) - 1", "the sign by the step")
_row("step-of-a-negative", "step(-x)", "1 - step(x)", "the step from the other side")
_row("square-of-a-step", "step(x)**2", "step(x)", "a step is 0 or 1")
_row("square-of-a-sign", "sign(x)**2", "1 + 0*x", "a sign is 1 or -1")
_row("tanh-of-a-negative", "tanh(-x)", "-tanh(x)", "tanh is odd")
_row("tanh-by-sigmoid", "tanh(x)", "2*sigmoid(2*x) - 1", "tanh is a sigmoid, scaled and shifted")
_row("sigmoid-of-a-negative", "sigmoid(-x)", "1 - sigmoid(x)", "the sigmoid from the other side")
_row("softplus-of-a-negative", "softplus(-x)", "softplus(x) - x", "softplus from the other side")
_row("log-of-the-complement-of-a-sigmoid", "log(1 - sigmoid(x))", "-softplus(x)", "one minus a sigmoid is the sigmoid from the other side")
_row("log-of-a-sigmoid", "log(sigmoid(x))", "-softplus(-x)", "minus the log of a sigmoid is a softplus")
_row("exponential-of-a-sum", "exp(x + y)", "exp(x)*exp(y)", "an exponential turns sums into products")
_row("exponential-of-a-logarithm", "exp(log(a))", "a", "exp undoes log")
_row("logarithm-of-an-exponential", "log(exp(x))", "x", "log undoes exp")
_row("logarithm-of-a-product", "log(a*b)", "log(a) + log(b)", "a logarithm turns products into sums")
_row("logarithm-of-a-quotient", "log(a/b)", "log(a) - log(b)", "a logarithm turns quotients into differences")
_row("square-of-a-cosine", "cos(x)**2", "1 - sin(x)**2", "sine and cosine squared add up to 1")
_row("sine-of-a-sum", "sin(x + y)", "sin(x)*cos(y) + cos(x)*sin(y)", "the sine of a sum")
_row("cosine-of-a-sum", "cos(x + y)", "cos(x)*cos(y) - sin(x)*sin(y)", "the cosine of a sum")
_row("cosine-of-a-double", "cos(2*x)", "cos(x)**2 - sin(x)**2", "the cosine of a double angle")
_row("sine-of-a-double", "sin(2*x)", "2*sin(x)*cos(x)", "the sine of a double angle")
_row("relu-of-a-multiple", "relu(a*x)", "a*relu(x)", "relu lets positive factors out")
_row("step-of-a-multiple", "step(a*x)", "step(x)", "a positive factor keeps the sign")
_row("relu-by-abs", "relu(x)", "(x + abs(x))/2", "relu is half of a number and its absolute value")
_row("logarithm-of-a-square", "log(x**2)", "2*log(abs(x))", "the logarithm of a square")
_row("root-of-a-square-as-abs", "sqrt(x**2)", "abs(x)", "the root of a square is the absolute value")
_row("square-of-an-abs", "abs(x)**2", "x**2", "the square does not see the sign")
_row("square-of-a-product", "(x*y)**2", "x**2*y**2", "the square of a product, entry by entry")
_row("square-of-a-quotient", "(x/y)**2", "x**2/y**2", "the square of a quotient, entry by entry")
_row("root-of-a-square", "sqrt(a**2)", "a", "the root of a square of something positive")
_row("root-of-a-product", "sqrt(a*b)", "sqrt(a)*sqrt(b)", "the root of a product")
_row("root-of-a-quotient", "sqrt(a/b)", "sqrt(a)/sqrt(b)", "the root of a quotient")
_row("square-of-a-root", "sqrt(a)**2", "a", "a root squared")
rule("softmax-by-exponentials", "softmax(z)", "exp(z)/sum(exp(z))", "the definition of softmax", X)
rule("row-softmax-by-exponentials", "softmax(Z)", "exp(Z)/col(sum(exp(Z), 1))", "the definition of softmax", X)
rule("logsumexp-by-logarithm", "logsumexp(z)", "log(sum(exp(z)))", "the definition of log-sum-exp", X)
rule("log-of-a-softmax", "log(softmax(z))", "z - logsumexp(z)", "the logarithm of a softmax", X)
rule("softmax-of-a-shift", "softmax(z + c)", "softmax(z)", "a softmax does not see a common shift", X)
rule("softmax-by-logsumexp", "softmax(z)", "exp(z - logsumexp(z))", "softmax by log-sum-exp", X)
rule("row-sums-of-softmax", "sum(softmax(Z), 1)", "ones(n)", "each row of a softmax sums to one", X)
rule("sum-of-a-softmax", "sum(softmax(z))", "1", "a softmax sums to one", X)
rule("mean-as-sum", "mean(z)", "sum(z)/n", "a mean is a sum divided by the number", X)
rule("variance-by-definition", "var(z)", "mean((z - mean(z))**2)", "the definition of the variance", X)
rule("variance-by-moments", "var(z)", "mean(z**2) - mean(z)**2", "mean of the squares minus square of the mean", X)
rule("matrix-mean-as-sum", "mean(Z)", "sum(Z)/(n*m)", "a mean is a sum divided by the number", X)
