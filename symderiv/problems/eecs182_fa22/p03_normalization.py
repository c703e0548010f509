"""Problem 3: what a batch normalization layer does to a Gaussian, in one dimension and in two.

The moments of the output are derived with epsilon kept; a very large batch has the moments of its
distribution.  The figures are drawn from the distributions computed.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symderiv.certify import Certificate, certify
from symderiv.derivation import Derivation, begin
from symderiv.document import Blank, Figure, Formula, Formulas, Prose, chain
from symderiv.exact import read_exact
from symderiv.figures.plotting import Axis, Plot
from symderiv.figures.series import Guide, curve
from symderiv.ink.marks import BLUE, BLUE_FILL, INK, ORANGE, ORANGE_FILL, Pen
from symderiv.models.contours import normal_density
from symderiv.models.normalization import Moments, normalize, output_moments
from symderiv.notation.labels import Label, tex
from symderiv.notation.printing import text
from symderiv.problem import Answer, Case, Cases, Part, Problem
from symderiv.problems.eecs182_fa22.certainty import holds, told
from symderiv.problems.eecs182_fa22.inserted import inserted
from symderiv.problems.eecs182_fa22.p03_contours import two_features
from symderiv.scope import Scope, declare

MEAN, VARIANCE, GAMMA, BETA = "1.5", "0.16", "1", "3"
USUAL_EPSILON = "10**(-5)"
OUTPUT = "gamma*(x - mu)/sqrt(sigma**2 + epsilon) + beta"
LARGE = "the batch is so large that its mean and variance are those of the distribution"
AIR = read_exact("1.12")  # room above a density
SYMPY: dict[str, Any] = {}  # a scope that reads nothing: numbers are compared as SymPy's


def batch() -> Scope:
    """A batch of m values of one feature, and the names of the layer."""
    return declare(
        x="vector(m)", x_hat="vector(m)", y="vector(m)", gamma="scalar", beta="scalar", epsilon="scalar, positive",
        mu_B="scalar", sigma_B="scalar, positive", mu="scalar", sigma="scalar, positive",
    )  # fmt: skip


def population() -> Scope:
    """One value of a Gaussian feature, as in a very large batch."""
    return declare(
        x="scalar ~ normal(mean=mu, std=sigma)", mu="scalar", sigma="scalar, positive", gamma="scalar, positive",
        beta="scalar", epsilon="scalar, positive",
    )  # fmt: skip


def problem() -> Problem:
    """The problem with its computed answers."""
    return Problem(
        number=3,
        title="Normalization layers",
        scope=batch(),
        points=10,
        intro=(
            Prose(
                "A batch normalization layer takes the $m$ values of one feature over a mini-batch, as the vector $x$, "
                "and has two learned parameters $gamma$ and $beta$. With a small constant $epsilon > 0$ it computes, "
                "entry by entry,"
            ),
            Formulas(
                (
                    Formula("mu_B = mean(x)"),
                    Formula("sigma_B**2 = mean((x - mu_B)**2)"),
                    Formula("x_hat = (x - mu_B)/sqrt(sigma_B**2 + epsilon)"),
                    Formula("y = gamma*x_hat + beta"),
                )
            ),
        ),
        parts=(_one_feature(), two_features()),
    )


def _one_feature() -> Part:
    mean, variance, ideal = mean_derivation(), variance_derivation(), moments(0)
    ends = [text(ideal.mean + k * ideal.sd) for k in (-2, 2)]
    within = float(100 * sp.erf(sp.sqrt(2)))  # the share of a normal law within two standard deviations
    output = _density(ideal, tex(rf"\beta = {BETA}"), "$y$", (ORANGE, ORANGE_FILL), ("4", "1"))
    return Part(
        "a",
        (
            Prose(
                f"The feature that enters is roughly Gaussian, with mean {MEAN} and variance {VARIANCE} (@{{input}}). "
                f"The layer has $beta = {BETA}$ and $gamma = {GAMMA}$, and the batch is very large. Draw the "
                "distribution of the outputs on the grid of @{output}. Give the horizontal axis a scale and mark "
                "$beta$ on it; the vertical axis needs no scale."
            ),
            Figure(
                _density(_input(), tex(rf"\mu = {MEAN}"), "$x$", (BLUE, BLUE_FILL), ("1.5", "0.5")),
                "The distribution of the input.",
                label="input",
            ),
            Figure(
                output.blank(numbers=False), "The distribution of the output.", label="output", filled=output
            ),
            Blank("Your work", height=4.3),
        ),
        (
            Prose(
                "In a very large batch, mean and variance are those of the distribution, so that every value is mapped "
                "by the same straight line, and a Gaussian that is shifted and scaled stays Gaussian. Two numbers "
                "remain:",
                mean.scope,
            ),
            chain(mean, numbered=False),
            chain(variance, numbered=False),
            Prose(
                f"The outputs are centred at $beta = {BETA}$. For $epsilon$ towards 0 the standard deviation is "
                f"$gamma = {GAMMA}$, so that {within:.0f} of 100 outputs lie between {ends[0]} and {ends[1]}, two "
                f"standard deviations to either side. With the usual $epsilon = {USUAL_EPSILON}$ it is "
                f"{float(moments(USUAL_EPSILON).sd):.5f} instead, a difference that no drawing shows.",
                mean.scope,
            ),
        ),
        points=5,
        answers=_answers(mean, variance),
    )


def _input() -> Moments:
    return Moments(read_exact(MEAN), read_exact(VARIANCE))


def moments(epsilon: Any) -> Moments:
    """Mean and variance of the output for the numbers given."""
    return output_moments(read_exact(MEAN), read_exact(VARIANCE), epsilon, GAMMA, BETA)


def _density(law: Moments, middle: Label, name: str, colours: tuple[str, str], window: tuple[str, str]) -> Plot:
    """A normal density with its middle marked; the window is how far the axis goes to either side, and its step."""
    far, step = (read_exact(v) for v in window)
    ticks = tuple(float(law.mean + k * step) for k in range(-int(far / step), int(far / step) + 1))
    density = normal_density(law.mean, law.variance)
    (x,) = density.free_symbols
    stroke, fill = colours
    return Plot(
        (
            curve(density, ticks[0], ticks[-1], pen=Pen(stroke, 1.3), fill=fill),
            Guide(float(law.mean), label=middle, pen=Pen(INK, 0.8, (3.0, 2.0))),
        ),
        Axis(name, ticks[0], ticks[-1], ticks),
        Axis("density", 0.0, float(density.subs(x, law.mean) * AIR), numbers=False),
        width=290,
        height=105,
    )


def mean_derivation() -> Derivation:
    """The mean of the output, epsilon kept."""
    return (
        begin("mean", f"E({OUTPUT})", population())
        .to("gamma*(E(x) - mu)/sqrt(sigma**2 + epsilon) + beta", why="the expectation is linear")
        .to("beta", why="the input has mean $mu$")
    )


def variance_derivation() -> Derivation:
    """The variance of the output, epsilon kept."""
    return (
        begin("variance", f"Var({OUTPUT})", population())
        .to("gamma**2*Var(x)/(sigma**2 + epsilon)", why="shifts do nothing, factors enter squared")
        .to("gamma**2*sigma**2/(sigma**2 + epsilon)", why="the input has variance $sigma**2$")
    )


def stays_gaussian() -> Certificate:
    """The density of the output by change of variables, beside the normal density with the output's moments."""
    mu, beta, y = sp.symbols("mu beta y", real=True)
    sigma, gamma, epsilon = sp.symbols("sigma gamma epsilon", positive=True)
    x, spread = sp.Symbol("x"), sp.sqrt(sigma**2 + epsilon)
    image = normal_density(mu, sigma**2).subs(x, mu + (y - beta) * spread / gamma) * spread / gamma
    out = output_moments(mu, sigma**2, epsilon, gamma, beta)
    return certify(image, normal_density(out.mean, out.variance).subs(x, y))


def two_values() -> Certificate:
    """In a batch of two, the squares of the standardized values are 1 whatever the values."""
    squares = [value**2 for value in normalize(sp.symbols("x_1 x_2")).standardized]
    return certify(sp.Matrix(squares), sp.ones(2, 1))


def _answers(mean: Derivation, variance: Derivation) -> tuple[Answer, ...]:
    scope = population()
    gaussian, pair = stays_gaussian(), two_values()
    epsilon = sp.Symbol("epsilon", positive=True)
    free = moments(epsilon)
    return (
        Answer(
            "3a.gaussian",
            Cases(
                (
                    Case("very large batch", holds(gaussian), f"change of variables: {told(gaussian)}"),
                    Case("batch of two", not holds(pair), f"for epsilon = 0 every value becomes 1 or -1: {told(pair)}"),
                )
            ),
            "whether the output is Gaussian",
        ),
        Answer("3a.mean", mean.end, "the mean of the output", derivation=mean, scope=scope, assumed=LARGE),
        Answer("3a.mean-value", moments(0).mean, "the mean for the numbers given", scope=SYMPY, assumed=LARGE),
        Answer(
            "3a.sd",
            Cases(
                (
                    _spread("epsilon = 0", "gamma", inserted(scope, {"epsilon": 0})),
                    _spread("epsilon > 0", "gamma*sigma/sqrt(sigma**2 + epsilon)", scope),
                )
            ),
            "the standard deviation of the output",
            derivation=variance,
            scope=scope,
            assumed=f"{LARGE}; gamma > 0",
        ),
        Answer(
            "3a.sd-value",
            Cases((Case("epsilon = 0", moments(0).sd, scope={"epsilon": sp.S.Zero}), Case("epsilon > 0", free.sd))),
            "the standard deviation for the numbers given",
            scope={"epsilon": epsilon},
            evidence=f"{float(moments(USUAL_EPSILON).sd):.5f} for epsilon = {USUAL_EPSILON}",
            assumed=LARGE,
        ),
    )


def _spread(when: str, candidate: str, scope: Scope) -> Case:
    """A standard deviation: the candidate where its square is proved to be the variance, else the root itself."""
    proof = certify(f"Var({OUTPUT})", f"({candidate})**2", symbols=scope)
    value = candidate if holds(proof) else f"sqrt(Var({OUTPUT}))"
    return Case(when, scope.read(value), f"its square is the variance: {told(proof)}", scope)
