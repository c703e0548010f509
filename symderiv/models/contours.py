"""Densities and contours of Gaussians, as data for plots: curves, and ellipses k standard deviations out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symderiv.errors import ModelError
from symderiv.exact import read_exact
from symderiv.models.normalization import checked_covariance

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True)
class Ellipse:
    """The contour (x - center)ᵀ Σ⁻¹ (x - center) = k² of a Gaussian in the plane.

    ``axes`` are the semi-axes k·sqrt(eigenvalue), the longer first; ``direction`` the unit vector of the longer
    one; ``angle`` its angle to the first coordinate in radians, in (-pi/2, pi/2].
    """

    center: tuple[sympy.Expr, sympy.Expr]
    axes: tuple[sympy.Expr, sympy.Expr]
    direction: tuple[sympy.Expr, sympy.Expr]
    angle: sympy.Expr

    def points(self, count: int = 120) -> list[tuple[float, float]]:
        """Points of the closed curve, as floats."""
        (cx, cy), (a, b), turn = map(float, self.center), map(float, self.axes), float(self.angle)
        curve = []
        for i in range(count + 1):
            t = 2 * math.pi * i / count
            u, v = a * math.cos(t), b * math.sin(t)
            curve.append((cx + u * math.cos(turn) - v * math.sin(turn), cy + u * math.sin(turn) + v * math.cos(turn)))
        return curve


def ellipse(mean: Sequence[Any], covariance: Sequence[Sequence[Any]], deviations: Any = 1) -> Ellipse:
    """The contour ``deviations`` standard deviations from the mean of a Gaussian in the plane, exactly.

    Raises ModelError for another dimension than 2 or a covariance that is not positive semidefinite.

    >>> e = ellipse([0, 0], [[4, 0], [0, 9]], 2)
    >>> e.axes, e.angle
    ((6, 4), pi/2)
    """
    import sympy

    sigma = checked_covariance(covariance)
    if sigma.rows != 2 or len(mean) != 2:
        raise ModelError(f"ellipse: mean of {len(mean)} and covariance of {sigma.rows} entries; both must have 2")
    a, b, c = sigma[0, 0], sigma[0, 1], sigma[1, 1]
    root = sympy.sqrt(sympy.expand((a - c) ** 2 + 4 * b**2))
    eigenvalues = [sympy.sqrtdenest(((a + c) + s * root) / 2) for s in (1, -1)]
    angle = sympy.atan2(2 * b, a - c) / 2 if (b, a - c) != (0, 0) else sympy.Integer(0)
    axes = tuple(deviations * sympy.sqrt(value) for value in eigenvalues)
    direction = (sympy.cos(angle), sympy.sin(angle))
    return Ellipse((mean[0], mean[1]), (axes[0], axes[1]), direction, angle)


def normal_density(mean: Any, variance: Any, variable: str = "x") -> sympy.Expr:
    """The density of N(mean, variance) as a SymPy expression; ModelError for a variance that is not positive.

    >>> normal_density(0, 1)
    sqrt(2)*exp(-x**2/2)/(2*sqrt(pi))
    """
    import sympy

    if not read_exact(variance).is_positive:
        raise ModelError(f"normal density: the variance {variance} must be positive")
    x = sympy.Symbol(variable)
    return sympy.exp(-((x - mean) ** 2) / (2 * variance)) / sympy.sqrt(2 * sympy.pi * variance)
