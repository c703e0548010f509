"""Expectations, variances and covariances.

Random variables are declared with a distribution and stand for anything random; two of them
stand for independent things.  Source: K. B. Petersen, M. S. Pedersen, The Matrix Cookbook, 2012,
section 8; the fourth moments of a normal by L. Isserlis, 1918.
"""

from __future__ import annotations

from symderiv.rewriting import rule
from symderiv.steps.averaging import covariance, independent_mean, linear_mean, variance
from symderiv.steps.distributions import bernoulli_power, moment_of_a_symbol
from symderiv.steps.moment_lines import by_parts, by_second_moments, over_values
from symderiv.steps.selecting import opened, picked

V = {
    "x": "vector(n) ~ normal(mean=mu, cov=S)", "mu": "vector(n)", "S": "matrix(n, n), spd", "a": "vector(n)", "b": "vector(n)",
    "A": "matrix(n, n)", "B": "matrix(n, n)", "X": "matrix(m, n) ~ normal(mean=mx, std=t)", "mx": "matrix(m, n)", "s": "scalar ~ normal(mean=m0, std=t)",
    "m0": "scalar", "w": "scalar ~ normal(mean=m1, std=t)", "m1": "scalar", "t": "scalar, positive", "r": "vector(n) ~ bernoulli(p)", "p": "scalar, in (0, 1)", "C": "matrix(m, n)", "D": "matrix(l, n)", "M": "matrix(m, m)", "c": "vector(m)",
    "e": "scalar ~ rademacher()", "k": "scalar ~ bernoulli(p)", "K": "matrix(n, m) ~ bernoulli(p)",
    "z": "vector(n) ~ rademacher()", "q": "vector(n)", "i": "vector(n) ~ one_hot(q)", "P": "matrix(m, n)", "H": "matrix(m, n) ~ one_hot(P)",
    "G": "matrix(m, n) ~ normal(mean=0, std=t)", "y": "vector(n) ~ normal(mean=b, std=t)", "v": "vector(m) ~ normal(mean=c, std=t)",
}


def _row(name: str, left: str, right: str, why: str) -> None:
    rule(name, left, right, why, V)


rule("expectation-of-a-linear-map", "E(C@x + a@b)", "C@E(x) + a@b", "the expectation is linear: constants come out", V,
     change=linear_mean)
rule("expectation-of-independent-factors", "E(r*x)", "E(r)*E(x)", "independent factors: the mean of the product is the product of the means",
     V, change=independent_mean)
rule("variance-of-independent-terms", "Var(a + b*r)", "b**2*Var(r)",
     "variances: constants drop out, factors are squared, independent terms add", V, change=variance)
rule("covariance-of-a-linear-map", "Cov(A@x)", "A@Cov(x)@A.T", "covariances: the map on both sides", V, change=covariance)
rule("moments-of-a-distribution", "Var(r)", "p*(1 - p)*ones(n)", "insert the mean and the variance of the distribution", V,
     change=moment_of_a_symbol)
_row("second-moment-of-a-norm", "E(norm(x)**2)", "norm(E(x))**2 + sum(Var(x))", "second moment: square of the mean plus variance")
_row("second-moment-of-a-matrix-norm", "E(norm(X)**2)", "norm(E(X))**2 + sum(Var(X))", "second moment: square of the mean plus variance")
_row("second-moment-of-a-vector", "E(x@x)", "E(x)@E(x) + sum(Var(x))", "second moment: square of the mean plus variance")
_row("second-moments-entry-by-entry", "E(x**2)", "E(x)**2 + Var(x)", "second moment: square of the mean plus variance")
_row("second-moments-of-entries", "E(X**2)", "E(X)**2 + Var(X)", "second moment: square of the mean plus variance")
_row("second-moment", "E(s**2)", "E(s)**2 + Var(s)", "second moment: square of the mean plus variance")
_row("expectation-of-a-quadratic-form", "E(x@A@x)", "E(x)@A@E(x) + tr(A@Cov(x))", "the mean of a quadratic form")
_row("expectation-of-an-outer-product", "E(outer(x, x))", "outer(E(x), E(x)) + Cov(x)", "the second-moment matrix")
_row("variance-from-moments", "Var(s)", "E(s**2) - E(s)**2", "variance: mean of the square minus square of the mean")
_row("variance-of-a-gaussian-quadratic-form", "Var(x@A@x)",
     "tr(A@Cov(x)@A@Cov(x)) + tr(A@Cov(x)@A.T@Cov(x)) + E(x)@(A + A.T)@Cov(x)@(A + A.T)@E(x)",
     "the variance of a quadratic form of normals (Isserlis)")
_row("product-of-gaussian-quadratic-forms", "E((x@A@x)*(x@B@x))",
     "E(x@A@x)*E(x@B@x) + tr(A@Cov(x)@B@Cov(x)) + tr(A@Cov(x)@B.T@Cov(x)) + E(x)@(A + A.T)@Cov(x)@(B + B.T)@E(x)",
     "the mean of a product of quadratic forms of normals (Isserlis)")
_row("expectation-of-a-gram-matrix", "E(X.T@X)", "E(X).T@E(X) + diag(sum(Var(X), 0))", "independent entries: variances on the diagonal")
_row("expectation-of-a-gram-matrix-of-rows", "E(X@X.T)", "E(X)@E(X).T + diag(sum(Var(X), 1))", "independent entries: variances on the diagonal")
_row("covariance-of-two-linear-maps", "Cov(C@x, D@x)", "C@Cov(x)@D.T", "covariances: one map on each side")
_row("covariance-from-moments", "Cov(s, w)", "E(s*w) - E(s)*E(w)", "covariance: mean of the product minus product of the means")
_row("fourth-power-of-a-norm", "E(norm(x)**4)", "E(norm(x)**2)**2 + Var(norm(x)**2)", "second moment: square of the mean plus variance")
_row("variance-of-a-squared-norm", "Var(norm(x)**2)", "2*tr(Cov(x)@Cov(x)) + 4*E(x)@Cov(x)@E(x)",
     "the variance of a squared norm of normals (Isserlis)")
for _name, _left, _right, _why in (
    ("third-power-of-a-normal", "E(s**3)", "E(s)**3 + 3*E(s)*Var(s)", "the third moment: deviations from the mean are symmetric"),
    ("fourth-power-of-a-normal", "E(s**4)", "E(s)**4 + 6*E(s)**2*Var(s) + 3*Var(s)**2", "the fourth moment of a normal"),
    ("mean-of-an-exponential", "E(exp(s))", "exp(E(s) + Var(s)/2)", "the mean of the exponential of a normal"),
    ("mean-of-a-cosine", "E(cos(s))", "cos(E(s))*exp(-Var(s)/2)", "the mean of the cosine of a normal"),
    ("mean-of-a-sine", "E(sin(s))", "sin(E(s))*exp(-Var(s)/2)", "the mean of the sine of a normal"),
    ("mean-of-a-step", "E(step(s))", "(1 + erf(E(s)/sqrt(2*Var(s))))/2", "the probability that a normal is positive"),
    ("mean-of-an-error-function", "E(erf(s))", "erf(E(s)/sqrt(1 + 2*Var(s)))", "the mean of the error function of a normal"),
    ("mean-of-a-rectified-normal", "E(relu(s))",
     "E(s)*(1 + erf(E(s)/sqrt(2*Var(s))))/2 + sqrt(Var(s)/(2*pi))*exp(-E(s)**2/(2*Var(s)))", "the mean of a rectified normal"),
    ("second-moment-of-a-rectified-normal", "E(relu(s)**2)",
     "(E(s)**2 + Var(s))*(1 + erf(E(s)/sqrt(2*Var(s))))/2 + E(s)*sqrt(Var(s)/(2*pi))*exp(-E(s)**2/(2*Var(s)))",
     "the second moment of a rectified normal"),
    ("variance-of-a-product-of-independent-factors", "Var(s*w)", "E(s)**2*Var(w) + E(w)**2*Var(s) + Var(s)*Var(w)",
     "the variance of a product of independent factors"),
    ("mean-of-an-absolute-value", "E(abs(s))", "2*E(relu(s)) - E(s)", "an absolute value by relu"),
):
    rule(_name, _left, _right, _why, V, entrywise=True)
rule("powers-of-a-bernoulli", "r**3", "r", "a Bernoulli variable is 0 or 1: it equals its powers", V, change=bernoulli_power)
_row("powers-of-a-sign", "e**2", "1", "a random sign squared is 1")
_row("expectation-of-a-linear-form-times-a-vector", "E((a@x)*x)", "(a@E(x))*E(x) + Cov(x)@a", "second moments of a linear form and its vector")
_row("third-moments-of-a-normal", "E((a@x)**2*x)", "E((a@x)**2)*E(x) + 2*(a@E(x))*(Cov(x)@a)", "third moments of a normal (Stein)")
_row("total-variance-of-a-linear-map", "sum(Var(C@x))", "tr(C@Cov(x)@C.T)", "the variances stand on the diagonal of the covariance matrix")
rule("average-over-the-values", "E(exp(k*m0))", "E(k*exp(m0) + (1 - k)*exp(0))", "two values only: the function is its value at each, switched on by the variable", V,
     change=over_values)
rule("second-moments-by-definition", "Var(a@r)", "E((a@r)**2) - E(a@r)**2", "mean of the product minus product of the means", V,
     change=by_second_moments)
rule("stein-lemma", "E((a@x)*exp(b@x))", "(a@mu)*E(exp(b@x)) + a@S@E(b*exp(b@x))", "integration by parts under a normal (Stein)", V,
     change=by_parts)
_row("expectation-of-a-matrix-between-transposes", "E(X.T@M@X)", "E(X).T@M@E(X) + diag(diagonal(M)@Var(X))",
     "independent entries: only equal entries add a variance, on the diagonal")
_row("expectation-of-a-matrix-between-rows", "E(X@A@X.T)", "E(X)@A@E(X).T + diag(Var(X)@diagonal(A))",
     "independent entries: only equal entries add a variance, on the diagonal")
_row("fourth-moment-of-a-gaussian-matrix", "E(G.T@G@G.T@G)", "E(G.T@G)@E(G.T@G) + t**4*m*(n + 1)*eye(n)", "square of the mean, plus the pairs of normal entries across the two factors")
_row("entrywise-product-with-a-linear-map", "E(x*(A@x))", "E(x)*(A@E(x)) + diagonal(A@Cov(x))",
     "entry by entry: product of the means plus covariance")
_row("variance-of-a-quadratic-form-of-signs", "Var(z@A@z)", "tr(A@A) + norm(A)**2 - 2*sum(diagonal(A)**2)",
     "random signs: the diagonal is constant, each pair of other entries occurs twice")
_row("square-of-an-inner-product-of-independent-vectors", "E((x@y)**2)", "tr(E(outer(x, x))@E(outer(y, y)))",
     "independent vectors: the second-moment matrices multiply under a trace")
_row("square-of-a-bilinear-form-with-a-random-matrix", "E((v@X@a)**2)", "E((v@E(X)@a)**2) + E(v**2)@Var(X)@a**2",
     "average over the matrix first: square of the mean plus variance")
for _name, _form, _ends in (("a-sum", "sum(y)", "sum({})"), ("a-linear-form", "a@y", "a**{k}@({})")):
    _row(f"third-power-of-{_name}", f"E(({_form})**3)",
         f"E({_form})**3 + 3*E({_form})*Var({_form}) + " + _ends.format("E(y**3) - 3*E(y)*E(y**2) + 2*E(y)**3", k=3),
         "cumulants: those of independent terms add")
    _row(f"fourth-power-of-{_name}", f"E(({_form})**4)",
         f"E({_form})**4 + 6*E({_form})**2*Var({_form}) + 3*Var({_form})**2 + 4*E({_form})*"
         + _ends.format("E(y**3) - 3*E(y)*E(y**2) + 2*E(y)**3", k=3) + " + "
         + _ends.format("E(y**4) - 4*E(y)*E(y**3) - 3*E(y**2)**2 + 12*E(y)**2*E(y**2) - 6*E(y)**4", k=4),
         "cumulants: those of independent terms add")
_row("powers-of-signs", "z**2", "ones(n)", "a random sign squared is 1")
_row("one-hot-vector-with-itself", "outer(i, i)", "diag(i)", "one entry is 1, the others are 0")
_row("one-hot-vector-by-its-entry", "(i@a)*i", "a*i", "the only entry that is not 0 is the one picked")
_row("gram-matrix-of-one-hot-rows", "H.T@H", "diag(sum(H, 0))", "each row has a single 1: the product counts how often each entry is picked")
_row("one-hot-rows-pick-entries", "(H@a)**2", "H@a**2", "each row picks an entry: its square is the square picked")
rule("a-one-hot-vector-picks-an-entry", "E(exp(i@a))", "E(i@exp(a))", "the function of the entry picked is the entry picked of the function", V,
     change=picked)
rule("multiplied-out-under-the-mean", "E((a@x + m0)*(b@x))", "E((a@x)*(b@x) + m0*(b@x))", "multiply out under the mean", V, change=opened)
_row("squared-norm-through-a-random-matrix", "E(norm(X@x)**2)", "E(x@E(X.T@X)@x)", "average over the matrix first, then over the vector")
_row("inner-product-with-itself-as-sum", "E(x@x)", "sum(E(x**2))", "an inner product with itself is a sum of squares")
