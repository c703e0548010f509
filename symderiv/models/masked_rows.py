"""Least squares where one random variable multiplies a whole target or a whole residual, not the features.

With E r = μ and Var r = v for the variable of a row, E (r y - xᵀw)² = (μy - xᵀw)² + v y² and
E (r (y - xᵀw))² = (μ² + v)(y - xᵀw)².
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symderiv.errors import ModelError
from symderiv.models.dropout import Mask


@dataclass(frozen=True)
class MaskedLoss:
    """The loss at the mean of the mask, and what the variance of the mask adds to it."""

    mean: sp.Expr
    penalty: sp.Expr

    @property
    def expected(self) -> sp.Expr:
        """The expected loss."""
        return sp.expand(self.mean + self.penalty)


def masked_targets(x: sp.Matrix, y: sp.Matrix, w: sp.Matrix, noise: Mask) -> MaskedLoss:
    """E‖r ⊙ y - Xw‖² (or y + r); the variables of the first column of ``noise`` stand for the rows.

    >>> from symderiv.models.dropout import mask
    >>> noise = mask((1, 1), "bernoulli", lambda i, j: {"keep": sp.Rational(1, 2)}, "row")
    >>> masked_targets(sp.Matrix([[1]]), sp.Matrix([4]), sp.Matrix([sp.Symbol("w1")]), noise).penalty
    4
    """
    mean, variance = noise.mean[:, 0], noise.variance[:, 0]
    target = y + mean if noise.additive else y.multiply_elementwise(mean)
    squares = sp.ones(y.rows, 1) if noise.additive else y.multiply_elementwise(y)
    return MaskedLoss(sp.expand((target - x * w).dot(target - x * w)), sp.expand(variance.dot(squares)))


def masked_residuals(x: sp.Matrix, y: sp.Matrix, w: sp.Matrix, noise: Mask) -> MaskedLoss:
    """E‖r ⊙ (y - Xw)‖²: rows left out at random; ModelError for additive noise, which no residual is multiplied by."""
    if noise.additive:
        raise ModelError("additive noise on the residuals is additive noise on the targets; ask for the targets")
    residual = y - x * w
    squares = residual.multiply_elementwise(residual)
    means = noise.mean[:, 0].multiply_elementwise(noise.mean[:, 0])
    return MaskedLoss(sp.expand(means.dot(squares)), sp.expand(noise.variance[:, 0].dot(squares)))


def minimiser(loss: sp.Expr, w: sp.Matrix) -> sp.Matrix | None:
    """Where the gradient of a quadratic ``loss`` vanishes; None where that is not one point."""
    gradient = sp.Matrix([loss.diff(v) for v in w])
    hessian = gradient.jacobian(list(w)).applyfunc(sp.factor)
    if sp.simplify(hessian.det()) == 0:
        return None
    return hessian.LUsolve(-gradient.subs({v: 0 for v in w})).applyfunc(sp.factor)
