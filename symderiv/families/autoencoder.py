"""Family ``autoencoder``: ℓ2-regularised linear autoencoders, mode by mode.

Read: ``data_eigenvalue`` (one or a list; ``eigenvalues``) or ``X``; ``lambda`` (one or one per layer),
``penalty_W1``, ``penalty_W2``, ``penalty`` (``product``: on W2 W1), ``layers``, ``k``, ``m``, ``noise_variance``,
``tied``.  Without a word on any penalty, ``lam`` stands for λ: the factors' answers take it on each factor,
``W2W1_eigenvalue`` on the product.
Answered: ``a2``, ``b2``, ``a``, ``b``, ``product_ab``, ``active_iff``, ``active``, ``mode_minimum``, ``attained``,
``W2W1_eigenvalue``, ``factors_determined_up_to_rotation``, ``symmetry_group``, ``small_lambda``,
``orthonormality_defect``, ``weight_decay``, ``threshold``; with ``layers`` ``stationarity``, ``s``, ``product``,
``active``, ``minimum``; with several eigenvalues ``rank``, ``number_active``, ``total_minimum``,
``W2W1_eigenvalues``, ``condition_number``, ``pca_loss``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int, read_matrix
from symderiv.families import FAMILIES, forms
from symderiv.models import autoencoder as ae

PENALTIES = ("lambda", "lam", "penalty", "penalty_W1", "penalty_W2", "lambda1", "lambda2")
PRODUCT_WORDS = ("product", "W2W1", "W2 W1", "W2*W1", "||W2 W1||")


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """The exact minimiser of every mode, and what the penalty leaves undetermined."""
    values = _eigenvalues(given)
    first, second, product = _penalties(given)
    if product or "noise_variance" in given or "tau2" in given:
        noise = given.get("noise_variance", given.get("tau2"))
        strength = first if noise is None else _number(noise, "noise_variance")
        return _product_answers(values, strength)
    if "layers" in given and not (given["layers"] == 2 and "penalty_W1" in given):
        return _deep_answers(given, values[0])
    k = read_int(given["k"], "k", least=1) if "k" in given else len(values)
    modes = ae.optimum(values, k, first, second)
    answers = _mode_answers(modes[0], values[0], first, second)
    if not any(name in given for name in PENALTIES):
        return answers | _product_answers(values, first)
    answers |= {
        "W2W1_eigenvalue": forms.expr(modes[0].product),
        "factors_determined_up_to_rotation": first != 0 and second != 0,
        "symmetry_group": forms.label("O(k)" if first != 0 and second != 0 else "GL(k)"),
        "weight_decay": forms.expr(ae.weight_decay(first, _number(given.get("m", 1), "m"))),
    }
    return answers | (_several(modes, values, first) if len(values) > 1 else {})


def _mode_answers(mode: ae.Mode, value: sp.Expr, first: sp.Expr, second: sp.Expr) -> dict[str, Any]:
    a, b = sp.symbols("a b")
    answers: dict[str, Any] = {
        "a2": forms.expr(mode.a2),
        "b2": forms.expr(mode.b2),
        "a": forms.expr(sp.sqrt(mode.a2)),
        "b": forms.expr(sp.sqrt(mode.b2)),
        "product_ab": forms.expr(mode.product),
        "active_iff": {"text": str(mode.active)},
        "mode_minimum": forms.expr(mode.minimum),
        "attained": mode.attained,
        "threshold": forms.expr(sp.sqrt(first) * sp.sqrt(second)),
        "stationarity": forms.expr(value * (1 - a * b) * b - first * a),
    }
    if mode.active in (sp.true, sp.false):
        condition = f"{value} > {first}" if first == second else f"{value**2} > {first * second}"
        answers |= {"active": bool(mode.active), "active_iff": {"text": condition}}
    elif first == second and first.is_Symbol:
        answers["small_lambda"] = forms.expr(sp.series(sp.sqrt(1 - first / value), first, 0, 3).removeO())
        answers["orthonormality_defect"] = forms.expr(first / value)
    return answers


def _product_answers(values: list[sp.Expr], strength: sp.Expr) -> dict[str, Any]:
    kept = [ae.product_penalty(value, strength) for value in values]
    answers: dict[str, Any] = {
        "W2W1_eigenvalue": forms.expr(kept[0]),
        "factors_determined_up_to_rotation": False,
        "symmetry_group": forms.label("GL(k)"),
        "mode_minimum_product": forms.expr(sp.factor(values[0] * strength / (values[0] + strength))),
    }
    return answers | ({"W2W1_eigenvalues": forms.vec(kept)} if len(kept) > 1 else {})


def _deep_answers(given: Mapping[str, Any], value: sp.Expr) -> dict[str, Any]:
    layers = read_int(given["layers"], "layers", least=1)
    penalty = given.get("lambda", given.get("lam", "lam"))
    if isinstance(penalty, list):
        if len(penalty) != layers:
            raise ModelError(f"{len(penalty)} penalties for {layers} layers; give one, or one for each")
        strength = sp.Mul(*(_number(p, "lambda") for p in penalty)) ** sp.Rational(1, layers)
    else:
        strength = _number(penalty, "lambda")
    deep = ae.deep_mode(value, strength, layers)
    answers: dict[str, Any] = {
        "stationarity": forms.expr(deep.stationarity),
        "objective": forms.expr(deep.objective),
        "lambda_max": forms.expr(deep.threshold),
    }
    if deep.active is not None:
        answers["active"] = deep.active
    if deep.s is not None and deep.minimum is not None:
        shown = forms.num if deep.s.is_number else forms.expr
        answers |= {
            "s": shown(deep.s),
            "product": shown(deep.s**layers),
            "W2W1_eigenvalue": shown(deep.s**layers),
            "minimum": shown(deep.minimum),
            "mode_minimum": shown(deep.minimum),
        }
    return answers


def _several(modes: tuple[ae.Mode, ...], values: list[sp.Expr], penalty: sp.Expr) -> dict[str, Any]:
    """Answers about all modes together."""
    rest = values[len(modes) :]
    answers: dict[str, Any] = {
        "W2W1_eigenvalues": forms.vec(mode.product for mode in modes),
        "a2_by_mode": forms.vec(mode.a2 for mode in modes),
        "b2_by_mode": forms.vec(mode.b2 for mode in modes),
        "singular_values": forms.vec(sp.sqrt(mode.a2) for mode in modes),
        "mode_minima": forms.vec(mode.minimum for mode in modes),
        "total_minimum": forms.expr(sp.Add(*(mode.minimum for mode in modes), *rest)),
        "pca_loss": forms.expr(sp.Add(*rest)),
        "eigenvalues": forms.vec(values),
    }
    answers["loss"] = answers["total_minimum"]
    if all(mode.active in (sp.true, sp.false) for mode in modes):
        alive = [bool(mode.active) for mode in modes]
        answers |= {"active_modes": alive, "number_active": sum(alive), "rank": sum(alive)}
        if all(alive):
            answers["condition_number"] = forms.expr(sp.sqrt(modes[0].b2 / modes[-1].b2))
    return answers


def _penalties(given: Mapping[str, Any]) -> tuple[sp.Expr, sp.Expr, bool]:
    """λ on the encoder, λ on the decoder, and whether they stand on the product instead."""
    common = given.get("lambda", given.get("lam", "lam"))
    word = str(given.get("penalty", ""))
    common = common[0] if isinstance(common, list) and common else common
    first = given.get("penalty_W1", given.get("lambda1", common))
    second = given.get("penalty_W2", given.get("lambda2", common))
    product = any(w.lower() in word.lower() for w in PRODUCT_WORDS)
    return _number(first, "penalty_W1"), _number(second, "penalty_W2"), product


def _eigenvalues(given: Mapping[str, Any]) -> list[sp.Expr]:
    if "X" in given:
        return list(ae.data_eigenvalues(sp.Matrix(read_matrix(given["X"], ANY_NAME, "X"))))
    value = given.get("data_eigenvalue", given.get("eigenvalues", given.get("data_eigenvalues", "sigma2")))
    values = value if isinstance(value, list) else [value]
    if not values:
        raise ModelError("the list of eigenvalues is empty; give at least one")
    return [ae.eigenvalue(_number(v, "data_eigenvalue")) for v in values]


def _number(value: object, what: str) -> sp.Expr:
    """An exact number or a formula whose names are positive quantities; ``lambda`` is read as ``lam``."""
    if isinstance(value, str) and value.strip() == "lambda":
        value = "lam"
    number = read_exact(value, ANY_NAME, what)
    return number.xreplace({s: sp.Symbol(s.name, positive=True) for s in number.free_symbols})


FAMILIES.add("autoencoder", answer)
