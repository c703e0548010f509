"""Family ``dropout``: least squares with random masks on the features.

Read: ``X``, ``y``, ``mask_model`` (``dist`` bernoulli | normal | gaussian | uniform | rademacher; ``keep`` or
``drop``, also one per feature or entry; ``mean``, ``var``, ``std``, ``low``, ``high``; ``shared`` none | row |
column | all | groups; ``rescale``; ``additive``), ``noise`` (text; only ``R_ij = r_i`` or ``r_j`` is read), ``p``
or ``p_for_minimiser``, ``w``.
Answered: ``expected_loss``, ``penalty``, ``mean_loss``, ``gradient``, ``minimiser_symbolic``, ``minimiser`` at
``p_for_minimiser`` (3/4 where the data leave p open), ``p_times_minimiser``, ``mean_times_minimiser``,
``column_norms``, ``Gamma`` and ``tikhonov_solution`` for plain dropout, ``variance`` and ``masks`` of small masks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact, read_matrix, read_vector
from symderiv.families import FAMILIES, forms
from symderiv.models import dropout

USUAL_P = sp.Rational(3, 4)
SMALL_MASKS = 64
OTHER_NAMES = {"variance": "var", "sigma2": "var", "sd": "std", "sigma": "std"}
SPELLINGS = {
    "rows": "row", "per_row": "row", "sample": "row", "per_sample": "row", "example": "row", "along_row": "row",
    "columns": "column", "per_column": "column", "feature": "column", "per_feature": "column", "features": "column",
    "block": "all", "everything": "all", "entry": "none", "elementwise": "none", "independent": "none",
}  # fmt: skip


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Expected loss, penalty and minimiser under the given mask."""
    x = sp.Matrix(read_matrix(given.get("X"), ANY_NAME, "X"))
    y = sp.Matrix(read_vector(given.get("y"), ANY_NAME, "y"))
    if y.rows != x.rows:
        raise ModelError(f"X has {x.rows} rows and y has {y.rows} entries; they must agree")
    model = given.get("mask_model", {"dist": "bernoulli", "keep": "p"})
    if not isinstance(model, Mapping):
        raise ModelError("mask_model must be a table such as {'dist': 'bernoulli', 'keep': 'p'}")
    noise = _mask(model, str(given.get("noise", "")), x.shape)
    w = sp.Matrix(sp.symbols(f"w1:{x.cols + 1}"))
    at = read_vector(given["w"], ANY_NAME, "w") if isinstance(given.get("w"), list) else tuple(w)
    put = dict(zip(w, at, strict=True)) if len(at) == x.cols else {}
    loss, extra = dropout.expected_loss(x, y, w, noise), dropout.penalty(x, w, noise)
    answers: dict[str, Any] = {
        "expected_loss": forms.expr(sp.expand(loss.xreplace(put))),
        "penalty": forms.expr(sp.expand(extra.xreplace(put))),
        "mean_loss": forms.expr(sp.expand(dropout.mean_loss(x, y, w, noise).xreplace(put))),
        "gradient": forms.vec(sp.expand(loss.diff(v).xreplace(put)) for v in w),
        "cross_term": forms.expr(extra.coeff(w[0], 1).coeff(w[1], 1) if x.cols > 1 else sp.S.Zero),
    }
    return answers | _minimiser(x, y, noise, given) | _tikhonov(x, y, noise, model) | _spread(x, y, w, noise, put)


def _minimiser(x: sp.Matrix, y: sp.Matrix, noise: dropout.Mask, given: Mapping[str, Any]) -> dict[str, Any]:
    best = dropout.minimiser(x, y, noise)
    if best is None:
        return {"minimiser_unique": False}
    answers: dict[str, Any] = {"minimiser_unique": True, "minimiser_symbolic": forms.vec(best)}
    p = sp.Symbol("p")
    chosen = given.get("p", given.get("p_for_minimiser"))
    value = USUAL_P if chosen is None or chosen == "p" else dropout.probability(read_exact(chosen, (), "p"))
    if p in best.free_symbols | noise.mean.free_symbols | noise.variance.free_symbols:
        best, answers["p_for_minimiser"] = best.subs(p, value), str(value)
    else:
        means = set(noise.mean)
        value = means.pop() if len(means) == 1 else None
    answers["minimiser"] = forms.vec(best)
    if value is not None:
        answers["p_times_minimiser"] = forms.vec(value * entry for entry in best)
    scaled = [noise.mean[0, j].subs(p, value) * best[j] for j in range(x.cols)] if value is not None else list(best)
    return answers | {"mean_times_minimiser": forms.vec(scaled)}


def _tikhonov(x: sp.Matrix, y: sp.Matrix, noise: dropout.Mask, model: Mapping[str, Any]) -> dict[str, Any]:
    """Γ of the equivalent ‖y - Xv‖² + ‖Γv‖², v = E[R] w, where the mask's variables within a row are independent."""
    norms = [sp.sqrt(sum(entry**2 for entry in x.col(j))) for j in range(x.cols)]
    answers: dict[str, Any] = {"column_norms": forms.vec(norms)}
    same = len(set(noise.mean)) == 1 and len(set(noise.variance)) == 1 and not noise.additive
    separate = all(len(set(row)) == len(row) for row in noise.source)
    mean = noise.mean[0, 0]
    if same and separate and mean != 0:
        ratio = sp.factor(noise.variance[0, 0] / mean**2)
        answers["Gamma"] = forms.mat(sp.diag(*(sp.sqrt(ratio) * n for n in norms)).tolist())
        answers["Gamma_squared"] = forms.vec(sp.factor(ratio * n**2) for n in norms)
        hessian = x.T * x + sp.diag(*(ratio * n**2 for n in norms))
        if sp.simplify(hessian.det()) != 0:
            answers["tikhonov_solution"] = forms.vec(hessian.LUsolve(x.T * y).applyfunc(sp.factor))
    return answers


def _spread(x: sp.Matrix, y: sp.Matrix, w: sp.Matrix, noise: dropout.Mask, put: Mapping[Any, Any]) -> dict[str, Any]:
    """The variance of the loss over few masks, by enumeration."""
    count = len({name for row in noise.source for name in row})
    if noise.values is None or 2**count > SMALL_MASKS:
        return {}
    table = [(chance, sp.expand(loss.xreplace(put))) for chance, loss in dropout.losses_by_mask(x, y, w, noise)]
    first = sp.expand(sp.Add(*(chance * loss for chance, loss in table)))
    variance = sp.expand(sp.Add(*(sp.expand(chance * sp.expand(loss**2)) for chance, loss in table)) - first**2)
    return {"masks": len(table), "variance": forms.expr(variance)}


def _mask(model: Mapping[str, Any], text: str, shape: tuple[int, int]) -> dropout.Mask:
    settings = {k: model[k] for k in ("keep", "mean", "var", "std", "low", "high") if k in model}
    settings |= {new: model[old] for old, new in OTHER_NAMES.items() if old in model}
    dist = str(model.get("dist", "bernoulli")).lower()
    additive = bool(model.get("additive", "additive" in dist))
    if additive:
        settings.setdefault("mean", 0)
    readers = {name: _entry_reader(value, name, shape) for name, value in settings.items()}
    if "drop" in model and "keep" not in model:
        dropped = _entry_reader(model["drop"], "drop", shape)
        readers["keep"] = lambda i, j: 1 - dropped(i, j)
    rescale = _entry_reader(model.get("rescale", 1), "rescale", shape)
    shared = model.get("shared", "none")
    said = re.search(r"R_?\{?ij\}?\s*=\s*r_?([ij])\b", text)
    if said:
        shared = {"i": "row", "j": "column"}[said[1]]
    if isinstance(shared, str):
        shared = SPELLINGS.get(shared.lower(), shared.lower())
    return dropout.mask(
        shape, re.sub(r"additive_?|_?additive", "", dist) or "normal",
        lambda i, j: {name: reader(i, j) for name, reader in readers.items()}, shared, rescale, additive,
    )  # fmt: skip


def _entry_reader(value: object, what: str, shape: tuple[int, int]) -> Callable[[int, int], sp.Expr]:
    """A setting for all entries, for each column (a list) or for each entry (a list of rows)."""
    if isinstance(value, list) and value and isinstance(value[0], list):
        table = read_matrix(value, ANY_NAME, what)
        if (len(table), len(table[0])) != shape:
            raise ModelError(f"{what} is {len(table)}×{len(table[0])}, X is {shape[0]}×{shape[1]}")
        return lambda i, j: table[i][j]
    if isinstance(value, list):
        row = read_vector(value, ANY_NAME, what)
        if len(row) != shape[1]:
            raise ModelError(f"{what} has {len(row)} entries, X has {shape[1]} columns")
        return lambda i, j: row[j]
    number = read_exact(value, ANY_NAME, what)
    return lambda i, j: number


FAMILIES.add("dropout", answer)
