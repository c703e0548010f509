"""Family ``tikhonov``: generalised ridge regression and its change of variables.

Read: ``X``, ``y``, ``Gamma`` (matrix; a list is its diagonal; the texts ``column_norms`` and ``identity``),
``lambda`` (1), ``w0``, ``weights`` (per row, or a matrix), ``covariance`` (of the noise), ``c`` (rescaling of X̃),
``prior_covariance``.
Answered: ``X_tilde``, ``y_tilde``, ``w``, ``w_tilde``, ``lambda``, ``unique``, ``Gamma_invertible``, ``Gamma_inv``,
``minimum``, ``residual``, ``column_norms`` (of X̃), ``column_norms_X``, ``w_dual``, ``X_augmented``,
``y_augmented``, ``hat_matrix``, ``effective_dof``, ``w_ols``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact, read_matrix, read_vector
from symderiv.families import FAMILIES, forms
from symderiv.models import tikhonov

# X̃ of a singular Γ does not exist; said instead of an invented inverse
UNDEFINED = {"label": "undefined"}


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Both sides of the change of variables, solved exactly."""
    x = sp.Matrix(read_matrix(given.get("X"), ANY_NAME, "X"))
    y = sp.Matrix(read_vector(given["y"], ANY_NAME, "y")) if "y" in given else sp.Matrix(sp.symbols(f"y1:{x.rows + 1}"))
    strength = read_exact(given.get("lambda", given.get("lam", 1)), ANY_NAME, "lambda")
    prior = sp.Matrix(read_vector(given["w0"], ANY_NAME, "w0")) if "w0" in given else None
    problem = tikhonov.ridge(x, y, _gamma(given, x), strength, prior, _row_weights(given, x.rows))
    w = tikhonov.minimiser(problem)
    answers: dict[str, Any] = {
        "y_tilde": forms.vec(tikhonov.shifted_targets(problem)),
        "column_norms_X": forms.vec(tikhonov.column_norms(x)),
        "Gamma_squared": forms.mat((problem.gamma.T * problem.gamma).tolist()),
        "unique": w is not None,
        "X_tilde": UNDEFINED,
    }
    invertible = tikhonov.is_invertible(problem.gamma)
    answers["Gamma_invertible"] = answers["invertible"] = invertible
    scale = read_exact(given.get("c", 1), ANY_NAME, "c")
    if invertible:
        data = tikhonov.changed_data(problem, scale)
        norms = tikhonov.column_norms(data)
        answers |= {
            "X_tilde": forms.mat(data.tolist()),
            "Gamma_inv": forms.mat(problem.gamma.inv().applyfunc(sp.cancel).tolist()),
            "lambda": forms.expr(sp.factor(strength * scale**2)),
            "column_norms": forms.vec(norms),
            "columns_have_equal_norm": len(set(norms)) == 1,
        }
    if w is None:
        return answers
    residual = (y - x * w).applyfunc(sp.factor)
    hat = tikhonov.hat_matrix(problem)
    upper, lower = tikhonov.stacked(problem) if problem.rows.is_diagonal() else (None, None)
    answers |= {
        "w": forms.vec(w),
        "residual": forms.vec(residual),
        "minimum": forms.expr(sp.factor(tikhonov.objective(problem, w))),
        "hat_matrix": forms.mat(hat.tolist()),
        "effective_dof": forms.expr(sp.cancel(hat.trace())),
    }
    if upper is not None and lower is not None:
        answers |= {"X_augmented": forms.mat(upper.tolist()), "y_augmented": forms.vec(lower)}
    if invertible:
        changed = (problem.gamma * (w - problem.prior) / scale).applyfunc(sp.factor)
        answers["w_tilde"] = forms.vec(changed)
        if strength != 0:
            answers["w_dual"] = forms.vec(tikhonov.dual_minimiser(problem))
    plain = tikhonov.minimiser(tikhonov.ridge(x, y, problem.gamma, sp.S.Zero, None, problem.rows))
    return answers | ({"w_ols": forms.vec(plain)} if plain is not None else {})


def _gamma(given: Mapping[str, Any], x: sp.Matrix) -> sp.Matrix:
    """Γ from a matrix, a diagonal, a covariance of the prior, or one of two words."""
    value = given.get("Gamma", given.get("gamma", given.get("Gamma_diag", "identity")))
    if "prior_covariance" in given:
        prior = sp.Matrix(read_matrix(given["prior_covariance"], ANY_NAME, "prior_covariance"))
        if prior.det() == 0:
            raise ModelError("prior_covariance is singular; a prior needs an invertible covariance")
        return prior.inv().cholesky(hermitian=False).T
    words = {
        "identity": lambda: sp.eye(x.cols), "I": lambda: sp.eye(x.cols),
        "column_norms": lambda: sp.diag(*tikhonov.column_norms(x)),
    }  # fmt: skip
    if isinstance(value, str) and value in words:
        return words[value]()
    if isinstance(value, list) and value and not isinstance(value[0], list):
        return sp.diag(*read_vector(value, ANY_NAME, "Gamma"))
    if isinstance(value, list):
        return sp.Matrix(read_matrix(value, ANY_NAME, "Gamma"))
    return read_exact(value, ANY_NAME, "Gamma") * sp.eye(x.cols)


def _row_weights(given: Mapping[str, Any], rows: int) -> sp.Matrix | None:
    value = given.get("weights", given.get("row_weights", given.get("A", given.get("C"))))
    if "covariance" in given or "noise_covariance" in given:
        noise = sp.Matrix(read_matrix(given.get("covariance", given.get("noise_covariance")), ANY_NAME, "covariance"))
        if noise.det() == 0:
            raise ModelError("the covariance of the noise is singular; it must be invertible")
        return noise.inv()
    if value is None:
        return None
    if isinstance(value, list) and value and isinstance(value[0], list):
        return sp.Matrix(read_matrix(value, ANY_NAME, "weights"))
    return sp.diag(*read_vector(value, ANY_NAME, "weights"))


FAMILIES.add("tikhonov", answer)
