"""Part (b) of problem 3: two jointly Gaussian features, each normalized on its own.

The text that the problem follows holds no figure, so mean and covariance of the input are this paper's own;
what the layer makes of a covariance is computed for every one.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symderiv.derivation import Derivation, begin
from symderiv.document import Blank, Bullets, Figure, Formula, Prose
from symderiv.exact import read_matrix
from symderiv.figures.plotting import Axis, Plot
from symderiv.figures.series import SECOND, Curve, Dots, Note, Series
from symderiv.ink.marks import BLUE, Pen
from symderiv.models.contours import ellipse
from symderiv.models.normalization import normalized_covariance
from symderiv.notation.labels import EMPTY, rich
from symderiv.notation.printing import text
from symderiv.problem import Answer, Case, Cases, Part
from symderiv.scope import declare

MEAN = (4, 3)
COVARIANCE = (("4", "-6/5"), ("-6/5", "1"))
DEVIATIONS = (1, 2)
FIRST = Pen(BLUE, 1.3)
WINDOW = ((-3, 9), (-3, 6))
SYMPY: dict[str, Any] = {}  # a scope that reads nothing: numbers are compared as SymPy's


def two_features() -> Part:
    """Part (b)."""
    before, joint = sp.Matrix(read_matrix(COVARIANCE)), joint_derivation()
    after = normalized_covariance(before.tolist()).covariance
    return Part(
        "b",
        (
            Prose(
                "Now two jointly Gaussian features enter. @{contours} shows their mean and the contours 1 and 2 "
                "standard deviations away from it. Draw into the same figure the mean and both contours after batch "
                "normalization without shift and scale ($beta = 0$, $gamma = 1$). The batch is very large."
            ),
            Figure(
                contour_plot(before),
                "The mean of the two features and their contours at 1 and 2 standard deviations (SD).",
                label="contours",
                filled=contour_plot(before, after),
            ),
            Blank("Your work", height=5),
        ),
        (
            Prose(
                "Every feature loses its mean and is divided by its own standard deviation (for $epsilon$ towards 0): "
                "the vector $z$ of the features, less its mean, is multiplied by a diagonal matrix $D$. The covariance "
                "becomes",
                (joint.scope, declare(epsilon="scalar")),
            ),
            Formula((joint.start, "=", joint.end), scope=joint.scope),
            Formula(("Sigma", "=", general(), "->", "D@Sigma@D", "=", after_general()), scope=joint.scope),
            Prose("so that both variances become 1 and the correlation stays. For the figure:"),
            Formula(("Sigma", "=", before, "->", "D@Sigma@D", "=", after), scope=joint.scope),
            Bullets(
                (
                    "The mean moves to the origin.",
                    "The 1-SD contour reaches from $-1$ to $1$ along both axes, the 2-SD contour from $-2$ to $2$.",
                    f"The contours are ellipses turned by ${degrees(after)}$ degrees; their semi-axes are "
                    f"{sizes(after)}. Nothing is rotated or whitened: circles come out only where the features are "
                    "uncorrelated.",
                )
            ),
        ),
        points=5,
        answers=_answers(joint),
    )


def joint_derivation() -> Derivation:
    """The covariance of features multiplied by a diagonal matrix, for any covariance."""
    scope = declare(
        z="vector(d) ~ normal(mean=mu, cov=Sigma)", mu="vector(d)", Sigma="matrix(d, d), spd",
        D="matrix(d, d), diagonal",
    )  # fmt: skip
    return begin("joint", "Cov(D@(z - mu), D@(z - mu))", scope).to("D@Sigma@D", why="a factor on either side")


def general(correlation: Any = None) -> sp.Matrix:
    """A covariance of two features with any standard deviations and any correlation."""
    one, two = sp.symbols("sigma_1 sigma_2", positive=True)
    rho = sp.Symbol("rho", real=True) if correlation is None else correlation
    return sp.Matrix([[one**2, rho * one * two], [rho * one * two, two**2]])


def after_general(correlation: Any = None) -> sp.Matrix:
    """What normalization makes of it."""
    return normalized_covariance(general(correlation).tolist()).covariance


def contour_plot(before: sp.Matrix, after: sp.Matrix | None = None) -> Plot:
    """Mean and contours of the input, and of the output where it is given, over one grid."""
    drawn = _contours(MEAN, before, FIRST, "before")
    if after is not None:
        drawn += _contours((0, 0), after, SECOND, "after batch normalization")
    (left, right), (low, high) = WINDOW
    return Plot(
        tuple(drawn),
        Axis("$x_1$", left, right, tuple(range(left, right + 1))),
        Axis("$x_2$", low, high, tuple(range(low, high + 1))),
        width=270,
        equal=True,
        origin=True,
    )


def _contours(mean: tuple[int, int], covariance: sp.Matrix, pen: Pen, name: str) -> list[Series]:
    series: list[Series] = [Dots((mean,), colour=pen.stroke, radius=2.2)]
    for k in DEVIATIONS:
        points = tuple(ellipse(mean, covariance.tolist(), k).points(180))
        top = max(points, key=lambda point: point[1])
        series.append(Curve(points, rich(name) if k == DEVIATIONS[0] else EMPTY, pen, closed=True))
        series.append(Note(*top, rich(f"{k} SD"), (0.0, -6.5), pen.stroke))
    return series


def degrees(covariance: sp.Matrix) -> str:
    """The angle of the longer axis to the first coordinate."""
    return text(sp.deg(ellipse([0, 0], covariance.tolist()).angle))


def sizes(covariance: sp.Matrix) -> str:
    """The semi-axes of both contours, the longer first."""
    axes = [ellipse([0, 0], covariance.tolist(), k).axes for k in DEVIATIONS]
    told = [f"{float(long):.2f} and {float(short):.2f}" for long, short in axes]
    return ", ".join(f"{pair} at {k} SD" for k, pair in zip(DEVIATIONS, told, strict=True))


def shape(covariance: sp.Matrix) -> str:
    """The contours of a centred Gaussian in words: circles with their radii, or ellipses."""
    axes = [ellipse([0, 0], covariance.tolist(), k).axes for k in DEVIATIONS]
    if all(sp.simplify(long - short) == 0 for long, short in axes):
        return "circles about the origin, radius " + " and ".join(text(long) for long, _ in axes)
    return f"ellipses about the origin, turned by {degrees(covariance)} degrees, semi-axes {sizes(covariance)}"


def _answers(joint: Derivation) -> tuple[Answer, ...]:
    drawn = read_matrix(COVARIANCE)
    rho = normalized_covariance(drawn).covariance[0, 1]
    scale, shift, value = sp.symbols("gamma beta x_hat")
    unchanged = sp.solve(sp.Poly(scale * value + shift - value, value).coeffs(), [shift, scale])
    return (
        Answer(
            "3b",
            Cases(
                (
                    Case("uncorrelated features", shape(after_general(sp.Integer(0))), "both variances become 1"),
                    Case(f"correlation {text(rho)}", shape(after_general(rho)), "the correlation stays"),
                ),
                open=True,
            ),
            "the contours after normalization",
            derivation=joint,
            evidence="variances 1 and the correlation of the input, whatever its covariance",
            assumed="the figure with the input's contours is missing; epsilon towards 0",
        ),
        Answer(
            "3b.unshifted",
            (unchanged[shift], unchanged[scale]),
            "the shift and scale that leave standardized values as they are",
            scope=SYMPY,
        ),
    )
