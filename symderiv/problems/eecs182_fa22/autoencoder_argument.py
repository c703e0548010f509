"""What problem 12 computes: gradients, steps of training, and the exact singular values at the minimum."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symderiv.arguments.scalar_course import ScalarMinimum, unique_minimum
from symderiv.certify import Certificate, certify
from symderiv.derivation import Derivation, begin
from symderiv.deriving import derive
from symderiv.models.autoencoder import Mode, mode
from symderiv.problem import Answer, Case, Cases
from symderiv.problems.eecs182_fa22.certainty import holds, told
from symderiv.scope import Scope, declare

PLAIN = "norm(X - W2@W1@X)**2/n"
MEAN = "norm(X - W2@W1@X)**2/(m*n)"  # over the entries as well as over the points
PENALISED = f"{PLAIN} + lam*norm(W1)**2 + lam*norm(W2)**2"
GRADIENTS = {
    "W1": "-2*W2.T@(X - W2@W1@X)@X.T/n",
    "W2": "-2*(X - W2@W1@X)@X.T@W1.T/n",
}
# the losses offered, a mean over the m entries, each at one point that is drawn with equal chances
POINT = "(X@i - W2@W1@X@i)"
LOSSES = {
    "nn.L1Loss": f"E(norm1{POINT})/m",
    "nn.MSELoss": f"E(norm{POINT}**2)/m",
    "nn.CrossEntropyLoss": "-E((X@i)@log(softmax(W2@W1@X@i)))",
}
# objective (20) with a layer more
CODE = "(W1@X)"
WITH_LAYER = {
    "dropout": "E(norm(X - W2@W1@(R*X))**2)/n",
    "layer norm": f"norm(X - W2@(({CODE} - mean({CODE}, 0))/sqrt(var({CODE}, 0))))**2/n",
    "batch norm": f"norm(X - W2@(({CODE} - col(mean({CODE}, 1)))/col(sqrt(var({CODE}, 1)))))**2/n",
}
TURNED = "norm(X - (W2@V.T)@(V@W1)@X)**2/n + lam*norm(V@W1)**2 + lam*norm(W2@V.T)**2"
# without a penalty: the k leading eigenvectors of XXᵀ/n as columns of U, any invertible k by k matrix A
DECODER, ENCODER = "(U@inv(A))", "(A@U.T)"
SIGMA2, LAM, S = sp.symbols("sigma2 lam s", positive=True)


def symbols() -> Scope:
    """What the texts of the problem may mention; the SVD of W2 has k columns."""
    return declare(
        X="matrix(m, n)", W1="matrix(k, m)", W2="matrix(m, k)", lam="scalar, positive", eta="scalar, positive",
        i="vector(n) ~ one_hot(ones(n)/n)", U="matrix(m, k), orthogonal", V="matrix(k, k), orthogonal",
        s="vector(k), positive", g="vector(k), positive", L="scalar", L_lam="scalar", sigma="scalar, positive",
        a="scalar", b="scalar", D="matrix(k, m)", W="matrix(k, m)",
        D1="matrix(k, m)", D2="matrix(m, k)", A="matrix(k, k), invertible",
        R="matrix(m, n) ~ bernoulli(p)", p="scalar, in (0, 1)",
    )  # fmt: skip


@dataclass(frozen=True)
class Argument:
    """The certified parts of the answer."""

    scope: Scope
    gradients: dict[str, Derivation]
    losses: dict[str, Certificate]
    step: Certificate
    scaled: Certificate
    turned: Certificate
    projection: Certificate
    adam: Certificate
    layers: dict[str, Certificate]
    columns: Derivation
    orthonormal: Derivation
    shortest: ScalarMinimum
    mode: Mode
    stationary: tuple[Certificate, ...]


def argument() -> Argument:
    """All of it, computed."""
    c = symbols()
    single = mode(SIGMA2, LAM, LAM)
    a, b = sp.symbols("a b")
    cost = SIGMA2 * (1 - a * b) ** 2 + LAM * a**2 + LAM * b**2
    at = {a: sp.sqrt(single.a2), b: sp.sqrt(single.b2)}
    return Argument(
        c,
        {w: derive(f"grad({PLAIN}, {w})", goal, symbols=c) for w, goal in GRADIENTS.items()},
        {name: certify(text, MEAN, symbols=c) for name, text in LOSSES.items()},
        certify(f"W1 - eta*grad({PENALISED}, W1)", f"W1 - eta*(grad({PLAIN}, W1) + 2*lam*W1)", symbols=c),
        certify(f"m*(grad(({PLAIN})/m, W1) + (2*lam/m)*W1)", f"grad({PENALISED}, W1)", symbols=c),
        certify(TURNED, PENALISED, symbols=c),
        certify(f"({DECODER}@{ENCODER})@({DECODER}@{ENCODER})", f"{DECODER}@{ENCODER}", symbols=c),
        certify("eta*sign(D)", "eta*D", symbols=c),
        {name: certify(text, PLAIN, symbols=c) for name, text in WITH_LAYER.items()},
        _columns(c),
        _orthonormal(c),
        unique_minimum(S**2 + 1 / S**2, S),
        single,
        tuple(certify(sp.simplify(sp.diff(cost, x).subs(at)), 0) for x in (a, b)),
    )


def _columns(c: Scope) -> Derivation:
    """Inner products of the columns of W2 = U diag(s) Vᵀ."""
    return (
        begin("inner products of the columns", "(U@diag(s)@V.T).T@(U@diag(s)@V.T)", c)
        .to("V@diag(s)@U.T@U@diag(s)@V.T", why="a transpose turns a product around")
        .to("V@diag(s)@diag(s)@V.T", why="the columns of $U$ are orthonormal")
        .to("V@diag(s**2)@V.T", why="diagonal matrices multiply entry by entry")
    )


def _orthonormal(c: Scope) -> Derivation:
    """The same at the minimum; g holds the k largest eigenvalues of XXᵀ/n."""
    return (
        begin("how far from orthonormal", "V@diag(1 - lam/g)@V.T", c)
        .to("V@V.T - lam*V@diag(1/g)@V.T", why="the diagonal matrix apart")
        .to("eye(k) - lam*V@diag(1/g)@V.T", why="$V$ is orthogonal")
    )


def answers(found: Argument) -> tuple[tuple[Answer, ...], tuple[Answer, ...]]:
    """The statements of part (a) and of part (b)."""
    return _training(found), _singular_values(found)


def layers(c: Scope) -> int:
    """How many weight matrices stand between a point and its reconstruction."""
    product = c.read("W2@W1@X")
    return sum(factor is not c.X for factor in product.args)


def fitting(found: Argument) -> str:
    """The loss that is the objective but for the factor m, the number of entries of a point."""
    (name,) = (name for name, certificate in found.losses.items() if holds(certificate))
    return name


def tools(found: Argument) -> dict[str, Certificate]:
    """For every tool the claim that (21) is what is minimised with it."""
    return {"weight decay": found.step, **found.layers, "SGD": found.step, "Adam": found.adam}


def _training(found: Argument) -> tuple[Answer, ...]:
    told_losses = "; ".join(f"{name}: {told(one)}" for name, one in found.losses.items())
    return (
        Answer("12a.layers", layers(found.scope), "the number of linear layers",
               evidence="the matrices between a point and its reconstruction in (20)"),
        Answer("12a.loss", fitting(found), "the loss", evidence=f"the loss is (20) divided by m: {told_losses}"),
        Answer("12a.decay", holds(found.step), "whether weight decay makes a step on (20) one on (21)",
               evidence=f"the decay 2 lam adds 2 lam W to the gradient: {told(found.step)}; where the loss is a mean "
               f"over the m entries the decay is 2 lam/m: {told(found.scaled)}"),
        Answer("12a.sgd", holds(found.step), "whether an SGD step with decay is a gradient step on (21)",
               evidence=told(found.step)),
        Answer("12a.adam", found.adam.verdict == "refuted", "whether Adam's step is no gradient step",
               evidence=f"its first step is the learning rate times the signs of the gradient: {told(found.adam)}"),
        Answer("12a.needed", tuple(tool for tool, one in tools(found).items() if holds(one)), "the tools to tick",
               evidence="a step goes down (21), a layer leaves (20) as it is: "
               + "; ".join(f"{tool}: {told(one)}" for tool, one in tools(found).items())),
        Answer("12a.nonunique", holds(found.turned), "whether (21) has several solutions",
               evidence=f"V W1 and W2 V^T cost as much for every orthogonal V: {told(found.turned)}; with V = -I they "
               "are others, as W1 is not 0", assumed="lambda is less than the largest eigenvalue"),
    )  # fmt: skip


def _singular_values(found: Argument) -> tuple[Answer, ...]:
    exact = found.mode
    free = mode(SIGMA2, sp.S.Zero, sp.S.Zero)
    code, gram, product = (sp.limit(value, LAM, 0) for value in (exact.a2, exact.b2, exact.product))
    run = found.shortest.course
    other = sp.simplify(exact.b2.subs(LAM, SIGMA2 * (1 - S**2)))
    rates = f"the squared singular values are {exact.a2}: {', '.join(told(c) for c in found.stationary)}"
    names = {str(symbol): symbol for symbol in (SIGMA2, LAM, S)}
    few, more = sp.symbols("k m-k", positive=True)
    read = found.scope.read

    def by_penalty(limit: sp.Expr, value: sp.Expr) -> Cases:
        return Cases((
            Case("lambda tends to 0", limit, "the limit", {**names, "lam": sp.S.Zero, "s": sp.sqrt(code)}),
            Case("lambda > 0", value, rates),
        ))  # fmt: skip

    return (
        Answer("12b", gram == 1, "whether W2 tends to orthonormal columns for small lambda", evidence=rates),
        Answer("12b.free", free.product, "the factor of a leading mode under W2 W1 without a penalty", scope={}),
        Answer("12b.projection", holds(found.projection), "whether W2 W1 is a projection where nothing is penalised",
               evidence=f"(W2 W1)^2 = W2 W1: {told(found.projection)}",
               assumed="the minimisers are W2 = U A^-1 and W1 = A U^T, U holding the k leading eigenvectors, A any "
               "invertible matrix (Eckart and Young), where X X^T is invertible"),
        Answer("12b.rank", sp.Min(few, few + more), "a bound for the rank of either matrix", scope={"k": few},
               evidence="the shorter side of a k by m matrix, k < m"),
        Answer("12b.inverse", product, "the same for a penalty that tends to 0", scope={}),
        Answer("12b.forced", by_penalty(product, exact.product), "the same for a small penalty", scope=names),
        Answer("12b.norms", found.scope.read("norm(U@diag(s)@V.T)**2"), "the squared norm of a weight matrix"),
        Answer("12b.terms", by_penalty(gram, other),
               "the squared singular value of W2, s being that of W1", scope=names),
        Answer("12b.derivative", run.derivative, "the derivative of s**2 + 1/s**2", scope=names),
        Answer("12b.root", run.critical, "the positive zeros of the derivative", scope={}),
        Answer("12b.minimiser", found.shortest.verdict == "proved" and found.shortest.point == 1,
               "whether 1 is the unique minimiser", evidence="; ".join(map(str, found.shortest.facts))),
        Answer("12b.ends", all(end == sp.oo for end in run.ends), "whether both ends go to infinity",
               evidence=f"the limits at 0 and at infinity are {' and '.join(map(str, run.ends))}"),
        Answer("12b.values", by_penalty(gram, exact.b2), "the squared singular values of W2 at the minimum",
               scope=names),
        Answer("12b.gram", found.columns.start, "the inner products of the columns of W2", derivation=found.columns),
        Answer("12b.wide", read("(V@diag(s)@U.T)@(V@diag(s)@U.T).T"), "the same for the rows of a wide matrix"),
        Answer("12b.orthonormal", read("V@eye(k)@V.T"), "the inner products where all singular values are 1"),
    )  # fmt: skip
