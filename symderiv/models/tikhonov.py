"""Generalised ridge regression ‖y - Xw‖²_A + λ‖Γ(w - w0)‖² and the change of variables that makes it ridge.

With an invertible Γ and w̃ = Γ(w - w0), X̃ = XΓ⁻¹, ỹ = y - Xw0 the objective is ‖ỹ - X̃w̃‖²_A + λ‖w̃‖².  A diagonal
weighting A of the rows is absorbed by √A.  The minimiser solves (XᵀAX + λΓᵀΓ)(w - w0) = XᵀA ỹ.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symderiv.errors import ModelError, ShapeError
from symderiv.exact import sign


@dataclass(frozen=True)
class Ridge:
    """The data of one problem: X (n, d), y (n, t), Γ (r, d), λ ≥ 0, prior mean w0 (d, t), row weights A (n, n).

    t is 1 but for several targets at once, whose columns are so many problems with one X and Γ.
    """

    x: sp.Matrix
    y: sp.Matrix
    gamma: sp.Matrix
    strength: sp.Expr
    prior: sp.Matrix
    rows: sp.Matrix


def ridge(
    x: sp.Matrix,
    y: sp.Matrix,
    gamma: sp.Matrix,
    strength: sp.Expr = sp.S.One,
    prior: sp.Matrix | None = None,
    rows: sp.Matrix | None = None,
) -> Ridge:
    """A problem whose shapes fit; ShapeError names both sides, ModelError a negative λ or an asymmetric weighting."""
    (n, d), t = x.shape, y.cols
    prior = sp.zeros(d, t) if prior is None else prior
    rows = sp.eye(n) if rows is None else rows
    for name, matrix, shape in (("y", y, (n, t)), ("w0", prior, (d, t)), ("the row weights", rows, (n, n))):
        if matrix.shape != shape:
            needed, found = f"{shape[0]}×{shape[1]}", f"{matrix.rows}×{matrix.cols}"
            raise ShapeError(f"X is {n}×{d}, so {name} must be {needed}; it is {found}")
    if gamma.cols != d:
        raise ShapeError(f"X has {d} columns and Gamma {gamma.cols}; Γw needs as many columns as w has entries")
    if strength.is_number and sign(strength) < 0:
        raise ModelError(f"λ is {strength}; a penalty needs λ ≥ 0")
    if rows != rows.T:
        raise ModelError("the row weights must be symmetric (a diagonal, or the inverse of a covariance)")
    return Ridge(x, y, gamma, strength, prior, rows)


def objective(problem: Ridge, w: sp.Matrix) -> sp.Expr:
    """‖y - Xw‖²_A + λ‖Γ(w - w0)‖² at w."""
    residual, change = problem.y - problem.x * w, problem.gamma * (w - problem.prior)
    return sp.expand((residual.T * problem.rows * residual).trace() + problem.strength * (change.T * change).trace())


def gradient(problem: Ridge, w: sp.Matrix) -> sp.Matrix:
    """2(XᵀAX + λΓᵀΓ)(w - w0) - 2XᵀAỹ: the gradient of the objective at w.

    >>> gradient(ridge(sp.Matrix([[1]]), sp.Matrix([3]), sp.Matrix([[1]])), sp.Matrix([1]))
    Matrix([[-2]])
    """
    data = problem.x.T * problem.rows * shifted_targets(problem)
    return (2 * _hessian(problem) * (w - problem.prior) - 2 * data).applyfunc(sp.expand)


def hessian(problem: Ridge) -> sp.Matrix:
    """2(XᵀAX + λΓᵀΓ), the second derivative of the objective."""
    return 2 * _hessian(problem)


def least_norm(problem: Ridge) -> sp.Matrix:
    """Of all minimisers the one nearest to w0, by the pseudoinverse; the unique one where there is one."""
    data = problem.x.T * problem.rows * shifted_targets(problem)
    return (problem.prior + _hessian(problem).pinv() * data).applyfunc(sp.factor)


def row_root(problem: Ridge) -> sp.Matrix:
    """R with RᵀR = A: √A of a diagonal A, else the whitening L⁻¹ of A⁻¹ = LLᵀ (Cholesky)."""
    if problem.rows.is_diagonal():
        return problem.rows.applyfunc(sp.sqrt)
    return problem.rows.inv().cholesky(hermitian=False).inv().applyfunc(sp.cancel)


def minimiser(problem: Ridge) -> sp.Matrix | None:
    """The unique minimiser, or None where XᵀAX + λΓᵀΓ is singular."""
    hessian = _hessian(problem)
    if sp.simplify(hessian.det()) == 0:
        return None
    change = hessian.LUsolve(problem.x.T * problem.rows * shifted_targets(problem))
    return (problem.prior + change).applyfunc(sp.factor)


def shifted_targets(problem: Ridge) -> sp.Matrix:
    """ỹ = y - X w0: what is left to explain beyond the prior mean."""
    return problem.y - problem.x * problem.prior


def is_invertible(gamma: sp.Matrix) -> bool:
    """Whether Γ is square with a determinant that is not zero."""
    return gamma.rows == gamma.cols and sp.simplify(gamma.det()) != 0


def changed_data(problem: Ridge, scale: sp.Expr = sp.S.One) -> sp.Matrix:
    """X̃ = c XΓ⁻¹ for w̃ = Γ(w - w0)/c and penalty c²λ; ModelError where Γ has no inverse.

    >>> changed_data(ridge(sp.Matrix([[1, 2]]), sp.Matrix([1]), sp.Matrix([[2, 1], [0, 1]])))
    Matrix([[1/2, 3/2]])
    """
    if not is_invertible(problem.gamma):
        raise ModelError("Gamma is not invertible, so w = Γ⁻¹w̃ does not exist; stack X and √λΓ instead")
    return (scale * problem.x * problem.gamma.inv()).applyfunc(sp.cancel)


def dual_coefficients(problem: Ridge) -> sp.Matrix:
    """α of w = w0 + (ΓᵀΓ)⁻¹Xᵀα, from (X(ΓᵀΓ)⁻¹Xᵀ + λA⁻¹) α = ỹ; needs Γ and A invertible."""
    if not is_invertible(problem.gamma) or sp.simplify(problem.rows.det()) == 0:
        raise ModelError("the dual form needs Gamma and the row weights to be invertible")
    kernel = (problem.x * _spread(problem) + problem.strength * problem.rows.inv()).applyfunc(sp.cancel)
    below = sp.factor(kernel.det())
    if sp.simplify(below) == 0:
        raise ModelError("the dual form needs X(ΓᵀΓ)⁻¹Xᵀ + λA⁻¹ to be invertible; λ = 0 does not give that")
    return (kernel.adjugate() * shifted_targets(problem) / below).applyfunc(sp.factor)


def dual_minimiser(problem: Ridge) -> sp.Matrix:
    """The same minimiser from the n×n system: w0 + (ΓᵀΓ)⁻¹Xᵀα."""
    return (problem.prior + _spread(problem) * dual_coefficients(problem)).applyfunc(sp.factor)


def stacked(problem: Ridge) -> tuple[sp.Matrix, sp.Matrix]:
    """Ordinary least squares with the same minimiser: [√A X; √λ Γ] and [√A y; √λ Γ w0], for a diagonal A."""
    if not problem.rows.is_diagonal():
        raise ModelError("stacking needs diagonal row weights")
    root = problem.rows.applyfunc(sp.sqrt)
    lower = sp.sqrt(problem.strength) * problem.gamma
    return (root * problem.x).col_join(lower), (root * problem.y).col_join(lower * problem.prior)


def hat_matrix(problem: Ridge) -> sp.Matrix:
    """H with ŷ = H y at w0 = 0; its trace is the effective number of parameters."""
    normal = _hessian(problem)
    # over one common denominator: elimination would nest the fractions of a symbolic λ or Γ
    above = (problem.x * normal.adjugate() * problem.x.T * problem.rows).applyfunc(sp.expand)
    return (above / sp.expand(normal.det())).applyfunc(sp.cancel)


def column_norms(matrix: sp.Matrix) -> tuple[sp.Expr, ...]:
    """The 2-norm of every column.

    >>> column_norms(sp.Matrix([[3, 1], [4, 0]]))
    (5, 1)
    """
    return tuple(sp.sqrt(sp.factor(sum(entry**2 for entry in matrix.col(j)))) for j in range(matrix.cols))


def _spread(problem: Ridge) -> sp.Matrix:
    """(ΓᵀΓ)⁻¹Xᵀ."""
    return (problem.gamma.T * problem.gamma).inv() * problem.x.T


def _hessian(problem: Ridge) -> sp.Matrix:
    x, gamma = problem.x, problem.gamma
    return (x.T * problem.rows * x + problem.strength * gamma.T * gamma).applyfunc(sp.expand)
