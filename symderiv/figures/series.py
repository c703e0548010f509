"""What a plot shows: curves, closed contours, points, guide lines and notes, in data coordinates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, exp, isfinite, pi, sin, sqrt
from typing import Any

from symderiv.errors import DrawingError
from symderiv.ink.marks import BLUE, GREY, INK, ORANGE, Pen, Point
from symderiv.notation.labels import EMPTY, Label, as_label

SAMPLES = 241


@dataclass(frozen=True)
class Curve:
    """A line through points; ``closed`` joins the ends, a ``fill`` colour fills down to zero or inside."""

    points: tuple[Point, ...]
    label: Label = EMPTY
    pen: Pen = Pen(BLUE, 1.3)
    closed: bool = False
    fill: str = ""


@dataclass(frozen=True)
class Dots:
    """Separate points."""

    points: tuple[Point, ...]
    label: Label = EMPTY
    colour: str = INK
    radius: float = 1.8


@dataclass(frozen=True)
class Guide:
    """A line across the whole plot, at one x (upright) or one y, with a label at its end."""

    at: float
    upright: bool = True
    label: Label = EMPTY
    pen: Pen = Pen(GREY, 0.8, (3.0, 2.0))


@dataclass(frozen=True)
class Note:
    """Words at a place, shifted by ``offset`` points (right, down)."""

    x: float
    y: float
    label: Label
    offset: Point = (0.0, 0.0)
    colour: str = INK
    anchor: str = "middle"


Series = Curve | Dots | Guide | Note


def curve(function: Any, low: Any, high: Any, label: object = "", *, pen: Pen | None = None,
          fill: str = "") -> Curve:
    """The graph of a function between ``low`` and ``high``; points where it is not finite are left out.

    ``function`` is a Python function of one number, or a SymPy expression in at most one symbol.
    """
    low, high = float(low), float(high)
    if not low < high:
        raise DrawingError(f"a curve needs low < high, got {low} and {high}")
    if hasattr(function, "free_symbols"):
        function = _evaluated(function)
    xs = [low + (high - low) * i / (SAMPLES - 1) for i in range(SAMPLES)]
    points = tuple((x, y) for x in xs if isfinite(y := float(function(x))))
    return Curve(points, as_label(label), pen or Pen(BLUE, 1.3), fill=fill)


def _evaluated(expression: Any) -> Callable[[float], float]:
    symbols = sorted(expression.free_symbols, key=str)
    if len(symbols) > 1:
        names = ", ".join(map(str, symbols))
        raise DrawingError(f"a curve is drawn over one symbol, not over {names}; put numbers in for the others")
    # evaluated by SymPy itself: no code is made of the names in it
    return lambda x: float(expression.subs({symbol: x for symbol in symbols}))


def normal_density(mean: float, variance: float) -> Callable[[float], float]:
    """The density of N(mean, variance).

    >>> round(normal_density(0, 1)(0) ** 2 * 2 * 3.141592653589793, 12)
    1.0
    """
    mean, variance = float(mean), float(variance)
    if variance <= 0:
        raise DrawingError(f"a normal density needs a positive variance, got {variance}")
    return lambda x: exp(-((x - mean) ** 2) / (2 * variance)) / sqrt(2 * pi * variance)


def covariance_ellipse(mean: Sequence[float], covariance: Sequence[Sequence[float]], deviations: float = 1.0,
                       label: object = "", *, pen: Pen | None = None, fill: str = "") -> Curve:
    """The points x with (x - mean)ᵀ Σ⁻¹ (x - mean) = deviations², through the Cholesky factor of Σ.

    Raises DrawingError where Σ is not a symmetric positive definite 2×2 matrix.
    """
    (a, b), (c, d) = ((float(v) for v in row) for row in covariance)
    if abs(b - c) > 1e-12 * (1 + abs(b)) or a <= 0 or a * d - b * b <= 0:
        raise DrawingError(f"an ellipse needs a symmetric positive definite 2×2 covariance, got {[[a, b], [c, d]]}")
    l11 = sqrt(a)
    l21, l22 = b / l11, sqrt(d - b * b / a)
    angles = [2 * pi * i / 120 for i in range(120)]
    points = tuple(
        (float(mean[0]) + deviations * l11 * cos(t), float(mean[1]) + deviations * (l21 * cos(t) + l22 * sin(t)))
        for t in angles
    )
    return Curve(points, as_label(label), pen or Pen(BLUE, 1.3), closed=True, fill=fill)


SECOND = Pen(ORANGE, 1.5, (5.0, 1.8))
"""The pen of a second series beside the first, told apart in grey by its dashes."""
