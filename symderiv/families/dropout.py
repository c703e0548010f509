"""Family ``dropout``: least squares with random masks on the features, the targets or the weights.

Read: ``X``, ``y``, ``mask_model`` and ``noise`` (see ``masks``), ``p`` or ``p_for_minimiser`` and ``at`` (numbers for
the symbols of the mask; the task's "p=3/4" as well), ``w`` (a point).  Another name is refused.
Answered: ``expected_loss``, ``penalty``, ``mean_loss``, ``gradient``, ``penalty_matrix``, ``minimiser_symbolic``,
``minimiser`` at the numbers said (3/4 where nothing is said of p), ``p_for_minimiser``, ``p_times_minimiser``,
``mean_times_minimiser``, ``minimum``, ``column_norms``; ``Gamma`` and ``tikhonov_solution`` of the equivalent
‖y - Xv‖² + ‖Γv‖² with v_j = E[R_ij] w_j; ``variance`` and ``masks`` of small masks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import ANY_NAME, read_exact, read_matrix, read_vector
from symderiv.families import FAMILIES, forms
from symderiv.families.given import pick
from symderiv.families.masks import read_mask
from symderiv.models import dropout, masked_rows

USUAL_P = sp.Rational(3, 4)
SMALL_MASKS = 64
READ = {"X", "y", "mask_model", "mask", "noise", "noise_model", "p", "p_for_minimiser", "at", "w"}
# said beside the data without changing the problem
BESIDE = {"task", "note", "notes", "comment", "n", "d", "names"}
ROW_LOSSES = {"targets": masked_rows.masked_targets, "residuals": masked_rows.masked_residuals}


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Expected loss, penalty and minimiser under the given mask."""
    x = sp.Matrix(read_matrix(given.get("X"), ANY_NAME, "X"))
    y = sp.Matrix(read_vector(given.get("y"), ANY_NAME, "y"))
    if y.rows != x.rows:
        raise ModelError(f"X has {x.rows} rows and y has {y.rows} entries; they must agree")
    noise, target, keep = read_mask(
        pick(given, "mask_model", "mask", "noise_model"), _sentence(given), x.shape
    )  # fmt: skip
    unknown = noise.mean.free_symbols | noise.variance.free_symbols | noise.correlation.free_symbols
    _refuse_unread(given, {str(name) for name in unknown})
    w = sp.Matrix(sp.symbols(f"w1:{x.cols + 1}"))
    put = _point(given, w)
    if target in ROW_LOSSES:
        parts = ROW_LOSSES[target](x, y, w, noise)
        mean, extra = parts.mean, parts.penalty
    else:
        mean, extra = dropout.mean_loss(x, y, w, noise), dropout.penalty(x, w, noise)
    loss = sp.expand(mean + extra)
    answers: dict[str, Any] = {
        "expected_loss": forms.expr(sp.expand(loss.xreplace(put))),
        "penalty": forms.expr(sp.expand(extra.xreplace(put))),
        "mean_loss": forms.expr(sp.expand(mean.xreplace(put))),
        "gradient": forms.vec(sp.expand(loss.diff(v).xreplace(put)) for v in w),
        "cross_term": forms.expr(extra.coeff(w[0], 1).coeff(w[1], 1) if x.cols > 1 else sp.S.Zero),
        "penalty_depends_on_w": any(extra.has(v) for v in w),
    }
    answers |= _minimiser(loss, w, noise, keep, _numbers(given, {str(name): name for name in unknown}))
    if target in ROW_LOSSES:
        return answers
    return answers | _tikhonov(x, y, noise) | _spread(x, y, w, noise, put)


def _sentence(given: Mapping[str, Any]) -> str:
    """The sentence on the noise; of the task only whether it calls the noise additive."""
    noise, task = str(given.get("noise", "")), str(given.get("task", "")).lower()
    return f"{noise}, additive" if "additive" in task and "multiplicative" not in task else noise


def _refuse_unread(given: Mapping[str, Any], symbols: set[str]) -> None:
    for name in given:
        if name not in READ | BESIDE | symbols:
            raise UnknownNameError("setting of a dropout question", str(name), READ)


def _point(given: Mapping[str, Any], w: sp.Matrix) -> dict[Any, Any]:
    if given.get("w") is None:
        return {}
    at = read_vector(given["w"], ANY_NAME, "w")
    if len(at) != w.rows:
        raise ModelError(f"w has {len(at)} entries and X has {w.rows} columns; they must agree")
    return dict(zip(w, at, strict=True))


def _numbers(given: Mapping[str, Any], symbols: Mapping[str, sp.Symbol]) -> dict[sp.Symbol, sp.Expr]:
    """The number of each symbol of the mask, from the data or from "p=3/4" in the task; 3/4 for p without a task."""
    task = str(given.get("task", ""))
    table = given.get("at", {})
    if not isinstance(table, Mapping):
        raise ModelError("at must be a table of numbers such as {'p': '3/4'}")
    found = {}
    for name, symbol in symbols.items():
        spoken = re.search(rf"(?<![\w*]){re.escape(name)}\s*=\s*(\d+/\d+|\d*\.\d+|\d+)", task)
        value = pick(given, name, default=table.get(name))
        if value is None and name == "p":
            value = given.get("p_for_minimiser")
        if value is None and spoken:
            value = spoken[1]
        if value is not None and str(value) != name:
            number = read_exact(value, (), name)
            found[symbol] = dropout.probability(number, name) if name.startswith("p") else number
        elif name == "p" and not task.strip():
            found[symbol] = USUAL_P
    return found


def _minimiser(
    loss: sp.Expr, w: sp.Matrix, noise: dropout.Mask, keep: sp.Expr | None, numbers: Mapping[Any, Any]
) -> dict[str, Any]:
    best = masked_rows.minimiser(loss, w)
    if best is None:
        return {"minimiser_unique": False}
    answers: dict[str, Any] = {"minimiser_unique": True, "minimiser_symbolic": forms.vec(best)}
    best = best.subs(numbers)
    if best.has(sp.zoo, sp.nan):
        raise ModelError("the minimiser is not unique at these numbers of the mask")
    answers["minimiser"] = forms.vec(sp.factor(entry) for entry in best)
    answers["minimum"] = forms.expr(sp.factor(loss.subs(numbers).xreplace(dict(zip(w, best, strict=True)))))
    if keep is not None:
        keep = keep.subs(numbers)
        answers["p_for_minimiser"] = forms.text(keep)
        answers["p_times_minimiser"] = forms.vec(sp.factor(keep * entry) for entry in best)
    if all(len(set(noise.mean[:, j])) == 1 for j in range(w.rows)) and not noise.additive:
        scaled = [sp.factor(noise.mean[0, j].subs(numbers) * best[j]) for j in range(w.rows)]
        answers["mean_times_minimiser"] = forms.vec(scaled)
    return answers


def _tikhonov(x: sp.Matrix, y: sp.Matrix, noise: dropout.Mask) -> dict[str, Any]:
    """Γ of the equivalent ‖y - Xv‖² + ‖Γv‖², v_j = E[R_ij] w_j, where all entries of a column have one mean."""
    squares = [sum(entry**2 for entry in x.col(j)) for j in range(x.cols)]
    norms = [sp.sqrt(square) for square in squares]
    penalty = dropout.penalty_matrix(x, noise).applyfunc(sp.factor)
    answers: dict[str, Any] = {
        "column_norms": forms.vec(norms),
        "column_norms_squared": forms.vec(squares),
        "Gamma_check": forms.mat(sp.diag(*norms).tolist()),
        "penalty_matrix": forms.mat(penalty.tolist()),
    }
    means = [set(noise.mean[:, j]) for j in range(x.cols)]
    plain = noise.additive and all(mean == {sp.S.Zero} for mean in means)
    if not plain and (noise.additive or any(len(mean) > 1 or sp.S.Zero in mean for mean in means)):
        return answers
    scale = sp.eye(x.cols) if plain else sp.diag(*(1 / mean.pop() for mean in means))
    squared = (scale * penalty * scale).applyfunc(sp.factor)
    answers["Gamma_T_Gamma"] = forms.mat(squared.tolist())
    if squared.is_diagonal():
        answers["Gamma"] = forms.mat(sp.diag(*(_root(squared[j, j], squares[j]) for j in range(x.cols))).tolist())
        answers["Gamma_squared"] = forms.vec(squared[j, j] for j in range(x.cols))
    hessian = (x.T * x + squared).applyfunc(sp.factor)
    if sp.simplify(hessian.det()) != 0:
        answers["tikhonov_solution"] = forms.vec(hessian.LUsolve(x.T * y).applyfunc(sp.factor))
    return answers


def _root(square: sp.Expr, norm: sp.Expr) -> sp.Expr:
    """√square with the column's norm taken out of the root, so that √((1-p)/p) stays in sight."""
    return square if norm == 0 else sp.sqrt(sp.factor(square / norm)) * sp.sqrt(norm)


def _spread(x: sp.Matrix, y: sp.Matrix, w: sp.Matrix, noise: dropout.Mask, put: Mapping[Any, Any]) -> dict[str, Any]:
    """The variance of the loss over few masks, by enumeration."""
    count = len({name for row in noise.source for name in row})
    if noise.values is None or 2**count > SMALL_MASKS:
        return {}
    table = [(chance, sp.expand(loss.xreplace(put))) for chance, loss in dropout.losses_by_mask(x, y, w, noise)]
    first = sp.expand(sp.Add(*(chance * loss for chance, loss in table)))
    variance = sp.expand(sp.Add(*(sp.expand(chance * sp.expand(loss**2)) for chance, loss in table)) - first**2)
    return {"masks": len(table), "variance": forms.expr(variance)}


FAMILIES.add("dropout", answer)
