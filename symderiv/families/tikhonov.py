"""Family ``tikhonov``: generalised ridge regression and its change of variables.

Read: ``X``, ``y`` (also several columns), ``Gamma`` (matrix; a list is its diagonal; words such as ``column_norms``),
``penalty_matrix``, ``Gamma1`` and ``Gamma2``, ``lambda`` (1; a list is a path), ``w0``, ``weights`` of the rows,
``covariance`` of the noise, ``prior_covariance``, ``prior_variance`` with ``noise_variance``, ``c`` (rescaling of X̃),
``p`` (Γ of dropout), ``w`` and ``lr`` (a gradient step), ``w_tilde`` (carried back), ``x_new``: see ``ridge_data``.
Answered: ``X_tilde``, ``y_tilde``, ``w``, ``w_tilde``, ``lambda``, ``unique``, ``Gamma_invertible``, ``Gamma_inv``,
``minimum``, ``residual``, ``column_norms`` (of X̃), ``column_norms_X``, ``w_dual``, ``alpha``, ``X_augmented``,
``y_augmented``, ``hat_matrix``, ``effective_dof``, ``w_ols``, ``w_min_norm``, ``gradient``, ``loss``, ``w_next``,
``hessian``, ``w_path``, ``posterior_covariance``, ``prediction``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int, read_matrix, read_vector
from symderiv.families import FAMILIES, forms
from symderiv.families.given import pick
from symderiv.families.ridge_data import (
    CHANGED,
    NEW,
    RATES,
    SCALES,
    Reading,
    fit_scale,
    read_point,
    read_problem,
    strengths,
)
from symderiv.models import tikhonov

# X̃ of a singular Γ does not exist; said instead of an invented inverse
UNDEFINED = {"label": "undefined"}
MAX_STEPS = 100
OF_THE_OBJECTIVE = {"minimum", "min_value", "gradient", "loss", "objective", "hessian", "w_next", "w_new", "lambda"}
# other usual names of the same answers
ALIASES = {
    "Gamma_inverse": "Gamma_inv", "X_aug": "X_augmented", "y_aug": "y_augmented", "dof": "effective_dof",
    "degrees_of_freedom": "effective_dof", "column_norms_X_tilde": "column_norms", "dual_coefficients": "alpha",
    "w_ridge": "w", "w_map": "w", "posterior_mean": "w", "min_value": "minimum", "fitted": "predictions",
}  # fmt: skip


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Both sides of the change of variables, solved exactly."""
    path = strengths(given)
    reading = read_problem(given, path[0])
    scale = read_exact(pick(given, *SCALES, default=1), ANY_NAME, "c")
    if len(path) > 1:
        answers = {**_variables(reading, scale), "lambda": forms.vec(path)} | _path(given, path)
    else:
        answers = _variables(reading, scale) | _solution(reading, scale) | _prior(given, reading.problem)
    answers |= _step(given, reading.problem) | _carried(given, reading.problem, scale, answers)
    answers |= {name: answers[other] for name, other in ALIASES.items() if other in answers}
    if fit_scale(given) != 1:  # solved with the fit scaled to 1: values, slopes and λ are those of another objective
        return {name: value for name, value in answers.items() if name not in OF_THE_OBJECTIVE}
    return answers


def _variables(reading: Reading, scale: sp.Expr) -> dict[str, Any]:
    """The new data matrix and targets; a non-uniform weighting of the rows goes into them as well."""
    problem = reading.problem
    invertible = tikhonov.is_invertible(problem.gamma)
    answers: dict[str, Any] = {
        "column_norms_X": forms.vec(tikhonov.column_norms(problem.x)),
        "Gamma_squared": forms.mat((problem.gamma.T * problem.gamma).tolist()),
        "Gamma_invertible": invertible,
        "invertible": invertible,
        "Gamma_singular": not invertible,
        "Gamma_orthogonal": problem.gamma.T * problem.gamma == sp.eye(problem.x.cols) and invertible,
    }
    if reading.root_given:
        root = tikhonov.row_root(problem)
        answers["y_tilde"] = _shown((root * tikhonov.shifted_targets(problem)).applyfunc(sp.factor))
    if reading.gamma_given:
        answers["Gamma"] = forms.mat(problem.gamma.tolist())
    if not invertible:
        return answers | ({"X_tilde": UNDEFINED, "w_tilde": UNDEFINED} if reading.gamma_given else {})
    answers["lambda"] = forms.expr(sp.factor(problem.strength * scale**2))
    if reading.gamma_given:
        answers["Gamma_inv"] = forms.mat(problem.gamma.inv().applyfunc(sp.cancel).tolist())
    if reading.gamma_given and reading.root_given:
        data = (root * tikhonov.changed_data(problem, scale)).applyfunc(sp.factor)
        norms = tikhonov.column_norms(data)
        answers |= {
            "X_tilde": forms.mat(data.tolist()),
            "column_norms": forms.vec(norms),
            "columns_have_equal_norm": len(set(norms)) == 1,
        }
    return answers


def _solution(reading: Reading, scale: sp.Expr) -> dict[str, Any]:
    problem = reading.problem
    w = tikhonov.minimiser(problem)
    answers: dict[str, Any] = {"unique": w is not None}
    if w is None:
        numbers = not problem.x.free_symbols | problem.gamma.free_symbols | problem.strength.free_symbols
        return answers | ({"w_min_norm": _shown(tikhonov.least_norm(problem))} if numbers else {})
    hat = tikhonov.hat_matrix(problem)
    answers |= {
        "w": _shown(w),
        "residual": _shown((problem.y - problem.x * w).applyfunc(sp.factor)),
        "predictions": _shown((problem.x * w).applyfunc(sp.factor)),
        "minimum": forms.expr(sp.factor(tikhonov.objective(problem, w))),
        "hat_matrix": forms.mat(hat.tolist()),
        "effective_dof": forms.expr(sp.cancel(hat.trace())),
    }
    if problem.rows.is_diagonal() and reading.gamma_given:
        upper, lower = tikhonov.stacked(problem)
        answers |= {"X_augmented": forms.mat(upper.tolist()), "y_augmented": _shown(lower)}
    if tikhonov.is_invertible(problem.gamma):
        if reading.gamma_given:
            changed = (problem.gamma * (w - problem.prior) / scale).applyfunc(sp.factor)
            answers["w_tilde"] = _shown(changed)
        if problem.strength != 0:
            # the dual form has the same minimiser; only its coefficients are new
            answers["w_dual"], answers["alpha"] = answers["w"], _shown(tikhonov.dual_coefficients(problem))
    plain = tikhonov.minimiser(tikhonov.ridge(problem.x, problem.y, problem.gamma, sp.S.Zero, None, problem.rows))
    return answers | ({"w_ols": _shown(plain)} if plain is not None else {})


def _carried(
    given: Mapping[str, Any], problem: tikhonov.Ridge, scale: sp.Expr, answers: Mapping[str, Any]
) -> dict[str, Any]:
    """A given w̃ carried back to w = w0 + cΓ⁻¹w̃, and the predictions at new inputs."""
    found: dict[str, Any] = {}
    w = tikhonov.minimiser(problem) if "w" in answers else None
    if (changed := pick(given, *CHANGED)) is not None:
        if not tikhonov.is_invertible(problem.gamma):
            raise ModelError("Gamma is not invertible, so w_tilde does not determine w")
        point = sp.Matrix(read_vector(changed, ANY_NAME, "w_tilde"))
        if point.shape != problem.prior.shape:
            raise ModelError(f"w_tilde has {point.rows} entries, w has {problem.prior.rows}")
        w = (problem.prior + scale * problem.gamma.LUsolve(point)).applyfunc(sp.factor)
        found |= {"w": _shown(w), "w_tilde": _shown(point)}
    if (inputs := pick(given, *NEW)) is None or w is None:
        return found
    nested = isinstance(inputs, list) and bool(inputs) and isinstance(inputs[0], list)
    rows = sp.Matrix(read_matrix(inputs if nested else [inputs], ANY_NAME, "x_new"))
    if rows.cols != w.rows:
        raise ModelError(f"x_new has {rows.cols} entries, w has {w.rows}; they must agree")
    values = (rows * w).applyfunc(sp.factor)
    return found | {"prediction": _shown(values) if nested or w.cols > 1 else forms.expr(values[0, 0])}


def _prior(given: Mapping[str, Any], problem: tikhonov.Ridge) -> dict[str, Any]:
    """The covariance of w given the data, where the question speaks of a prior and of the noise."""
    single = pick(given, "noise_variance", "sigma2")
    if single is None or isinstance(single, list) or tikhonov.minimiser(problem) is None:
        return {}
    noise = read_exact(single, ANY_NAME, "noise_variance")
    spread = (2 * noise * tikhonov.hessian(problem).inv()).applyfunc(sp.factor)
    return {"posterior_covariance": forms.mat(spread.tolist())}


def _path(given: Mapping[str, Any], path: list[sp.Expr]) -> dict[str, Any]:
    """The minimiser at each λ, a row each; where one has none, no path is answered."""
    problems = [read_problem(given, strength).problem for strength in path]
    found = [tikhonov.minimiser(problem) for problem in problems]
    ways = [w for w in found if w is not None and w.cols == 1]
    if len(ways) < len(path):
        return {"unique": [w is not None for w in found]}
    lengths = [sp.sqrt(sp.factor(w.dot(w))) for w in ways]
    rows = forms.mat([list(w) for w in ways])
    dofs = forms.vec(sp.cancel(tikhonov.hat_matrix(problem).trace()) for problem in problems)
    minima = forms.vec(sp.factor(tikhonov.objective(*pair)) for pair in zip(problems, ways, strict=True))
    return {
        "w": rows, "w_path": rows, "path": rows, "norms": forms.vec(lengths), "minimum": minima,
        "norms_squared": forms.vec(sp.factor(w.dot(w)) for w in ways), "effective_dof": dofs,
    }  # fmt: skip


def _step(given: Mapping[str, Any], problem: tikhonov.Ridge) -> dict[str, Any]:
    """Gradient and objective at a point, and where gradient descent goes from it."""
    answers: dict[str, Any] = {"hessian": forms.mat(tikhonov.hessian(problem).tolist())}
    point = read_point(given, problem.prior.shape)
    if point is None:
        return answers
    answers["gradient"] = _shown(tikhonov.gradient(problem, point))
    answers["loss"] = answers["objective"] = forms.expr(sp.factor(tikhonov.objective(problem, point)))
    rate = pick(given, *RATES)
    if rate is None:
        return answers
    speed = read_exact(rate, ANY_NAME, "lr")
    for _ in range(read_int(given.get("steps", 1), "steps", least=1, most=MAX_STEPS)):
        point = (point - speed * tikhonov.gradient(problem, point)).applyfunc(sp.expand)
    answers["w_next"] = answers["w_new"] = _shown(point)
    return answers


def _shown(matrix: sp.Matrix) -> dict[str, Any]:
    """A column as a vector, several as a matrix."""
    return forms.vec(matrix) if matrix.cols == 1 else forms.mat(matrix.tolist())


FAMILIES.add("tikhonov", answer)
