"""The backward pass of batch and layer normalization: Jacobian, vector-Jacobian product, and the same as formulas.

For y_i = gamma·x̂_i + beta over m values with x̂ = (x - mean)/s, s = sqrt(variance + epsilon):
``dy/dx = gamma/s · (I - 11ᵀ/m - x̂x̂ᵀ/d)`` with d = m (biased variance) or m - 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symderiv.errors import ModelError
from symderiv.models.normalization import normalize

if TYPE_CHECKING:
    import sympy

    Vector = Sequence[sympy.Expr]


@dataclass(frozen=True)
class NormalizationGradients:
    """Gradients of a scalar loss by the inputs (m,), gamma and beta."""

    inputs: tuple[sympy.Expr, ...]
    gamma: sympy.Expr
    beta: sympy.Expr


def jacobian(values: Vector, epsilon: Any = 0, gamma: Any = 1, *, unbiased: bool = False) -> sympy.Matrix:
    """The Jacobian dy_i/dx_j (m, m) of one normalised feature at a batch, or at symbols.

    Its rows sum to zero (a common shift changes nothing); with epsilon 0 it also kills x - mean (scaling).

    >>> jacobian([1, 3], epsilon=3)
    Matrix([
    [ 3/16, -3/16],
    [-3/16,  3/16]])
    """
    import sympy

    result = normalize(values, epsilon, 1, 0, unbiased=unbiased)
    m, hat = len(values), sympy.Matrix(result.standardized)
    spread = sympy.eye(m) - sympy.ones(m, m) / m - hat * hat.T / (m - int(unbiased))
    return (gamma * spread / sympy.sqrt(result.variance + epsilon)).applyfunc(_tidy)


def backward(
    values: Vector, upstream: Vector, epsilon: Any = 0, gamma: Any = 1, *, unbiased: bool = False,
    statistics: tuple[Any, Any] | None = None,
) -> NormalizationGradients:
    """Gradients of a loss whose gradient by the outputs is ``upstream`` (m,).

    ``dx_i = gamma/(m s) (m g_i - sum_j g_j - x̂_i sum_j g_j x̂_j)``, ``dgamma = sum_i g_i x̂_i``, ``dbeta = sum_i g_i``;
    with fixed ``statistics`` (inference) ``dx_i = gamma g_i/s``.  Raises ModelError for another length.
    """
    import sympy

    if len(upstream) != len(values):
        raise ModelError(f"upstream gradient: {len(upstream)} entries for a batch of {len(values)}; make them equal")
    result = normalize(values, epsilon, 1, 0, unbiased=unbiased, statistics=statistics)
    hat, m = result.standardized, len(values)
    s = sympy.sqrt(result.variance + epsilon)
    total = sympy.Add(*upstream)
    along = sympy.Add(*(g * h for g, h in zip(upstream, hat, strict=True)))
    centred = int(statistics is None)
    inputs = tuple(
        _tidy(gamma / s * (g - centred * (total / m + h * along / (m - int(unbiased)))))
        for g, h in zip(upstream, hat, strict=True)
    )
    return NormalizationGradients(inputs, _tidy(along), total)


def _tidy(value: sympy.Expr) -> sympy.Expr:
    import sympy

    return sympy.simplify(value) if value.free_symbols else sympy.expand(sympy.radsimp(value))
