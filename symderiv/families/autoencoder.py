"""Family ``autoencoder``: ℓ2-regularised linear autoencoders, mode by mode, or with their matrices.

Read: ``data_eigenvalue`` (one or a list), ``X`` or ``covariance``; ``lambda``, ``penalty_W1``, ``penalty_W2``,
``penalty_product``, ``penalty_nuclear``, ``penalty_code``, ``weight_decay``, ``penalty`` (where it stands),
``noise_variance``, ``tied``, ``layers``, ``k``, ``m``; ``W1`` and ``W2`` (or ``a`` and ``b``) with ``lr``: see
``autoencoder_data``.  Without a word on any penalty, ``lam`` stands for λ: the factors' answers take it on each
factor, ``W2W1_eigenvalue`` on the product.
Answered: ``a2``, ``b2``, ``a``, ``b``, ``product_ab``, ``active_iff``, ``active``, ``mode_minimum``, ``attained``,
``W2W1_eigenvalue``, ``factors_determined_up_to_rotation``, ``symmetry_group``, ``small_lambda``,
``orthonormality_defect``, ``limit_a2`` and ``limit_b2`` (penalties to 0 in one ratio), ``orthonormal_bias``,
``lambda_max``, ``weight_decay``, ``threshold``, ``parameters``, of data ``W2W1``; of several eigenvalues (vectors)
also ``rank``, ``number_active``, ``total_minimum``, ``condition_number``, ``pca_loss``; of matrices ``loss``,
``grad_W1``, ``grad_W2``, ``W1_new``, ``W2_new``; of layers see ``deep_autoencoder``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_int, read_matrix
from symderiv.families import FAMILIES, forms
from symderiv.families import autoencoder_data as data
from symderiv.families.autoencoder_data import Penalties
from symderiv.families.deep_autoencoder import deep_answers
from symderiv.families.given import pick
from symderiv.models import autoencoder as ae
from symderiv.models import autoencoder_steps as steps

DECIDED = (sp.true, sp.false)
UNDETERMINED: dict[str, Any] = {"factors_determined_up_to_rotation": False, "symmetry_group": {"label": "GL(k)"}}


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """The exact minimiser of every mode, and what the penalty leaves undetermined."""
    data.check_names(given)
    if any(name in given for name in data.STATES):
        return _state(given, data.read_penalties(given))
    values = data.read_eigenvalues(given)
    layers = pick(given, *data.LAYERS)
    if layers is None or (str(layers) == "2" and pick(given, *data.FIRST, *data.SECOND) is not None):
        return _modes(given, values)
    deep = deep_answers(given, values)
    listed = any(isinstance(given.get(name), list) for name in data.COMMON)
    return deep if str(layers) != "2" or listed else _modes(given, values) | deep


def _modes(given: Mapping[str, Any], values: list[sp.Expr]) -> dict[str, Any]:
    """An encoder and a decoder."""
    penalties = data.read_penalties(given)
    k = data.read_k(given, len(values))
    ae.leading(values, k)
    modes = [_solved(value, penalties) for value in values[:k]]
    answers = _mode_answers(modes[0], values[0], penalties)
    if not penalties.said:
        answers |= _sizes(given)
        # nothing is said at all: the factors' answers for λ on each factor, the product's for λ on the product
        return answers | UNDETERMINED | _eigenvalue(_solved(values[0], _on_product(penalties)))
    answers |= _eigenvalue(modes[0])
    answers |= _symmetry(penalties, modes[0].attained)
    if penalties.encoder == penalties.decoder != 0:
        decay = ae.weight_decay(penalties.encoder, data.number(given.get("m", 1), "m"))
        answers |= {"weight_decay": forms.expr(decay), "lambda": forms.expr(penalties.encoder)}
    answers |= _sizes(given)
    if "X" in given or "covariance" in given:
        whole = ae.end_to_end(data.read_covariance(given), [mode.product for mode in modes])
        answers |= {} if whole is None else {"W2W1": forms.mat(whole.tolist())}
    if len(values) == 1:
        return answers
    # what speaks of one mode alone would be read as speaking of all
    one = {"stationarity", "active_iff", "code_variance", "small_lambda", "orthonormality_defect", "infimum", "s", "s2"}
    return {k: v for k, v in answers.items() if k not in one} | _several(modes, values, penalties)


def _sizes(given: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of W1 (k, m) and W2 (m, k), where both sizes are numbers."""
    m = given.get("m")
    if m is None or pick(given, *data.SIZES) is None or not str(m).isdigit():
        return {}
    count = 2 * int(m) * read_int(pick(given, *data.SIZES), "k", least=1)
    return {"parameters": count, "num_parameters": count, "total_params": count}


def _solved(value: sp.Expr, p: Penalties) -> ae.Mode:
    first = p.encoder + p.code * value
    if p.tied:
        return ae.tied_mode(value, first + p.decoder, p.ridge, p.nuclear)
    return ae.mode(value, first, p.decoder, p.ridge, p.nuclear)


def _on_product(p: Penalties) -> Penalties:
    return Penalties(sp.S.Zero, sp.S.Zero, p.encoder, sp.S.Zero, sp.S.Zero, p.tied, p.said)


def _eigenvalue(mode: ae.Mode) -> dict[str, Any]:
    return {"W2W1_eigenvalue": forms.expr(mode.product), "eigenvalue": forms.expr(mode.product)}


def _symmetry(p: Penalties, attained: bool) -> dict[str, Any]:
    """W1 → A W1, W2 → W2 A⁻¹ keeps the objective for every A where only the product counts, else for rotations."""
    if not p.tied and p.encoder == p.decoder == p.code == 0:
        return UNDETERMINED
    answers: dict[str, Any] = {"symmetry_group": forms.label("O(k)")}
    return answers | ({"factors_determined_up_to_rotation": True} if attained else {})


def _mode_answers(mode: ae.Mode, value: sp.Expr, p: Penalties) -> dict[str, Any]:
    first, second = p.encoder + p.code * value, p.decoder
    answers: dict[str, Any] = {
        "product_ab": forms.expr(mode.product),
        "active_iff": {"text": str(mode.active)},
        "mode_minimum": forms.expr(mode.minimum),
        "minimum": forms.expr(mode.minimum),
        "infimum": forms.expr(mode.minimum),
        "attained": mode.attained,
    }
    if mode.attained and (p.tied or (first != 0 and second != 0)):
        answers |= {
            "a2": forms.expr(mode.a2), "b2": forms.expr(mode.b2), "s2": forms.expr(mode.a2),
            "a": forms.expr(sp.sqrt(mode.a2)), "b": forms.expr(sp.sqrt(mode.b2)),
            "code_variance": forms.expr(sp.expand(mode.a2 * value)), "s": forms.expr(sp.sqrt(mode.a2)),
        }  # fmt: skip
        if not p.tied and first != second:
            # two factors of different size have no common singular value
            del answers["s"], answers["s2"]
    if p.tied:
        s, pull = sp.Symbol("s"), (first + second + p.nuclear) / 2
        answers |= {
            "threshold": forms.expr(pull),
            "stationarity": forms.expr(value * (1 - s**2) - p.ridge * s**2 - pull),
        }
    else:
        a, b = sp.symbols("a b")
        extra = p.ridge * a * b**2 + p.nuclear * b / 2
        answers |= {
            "threshold": forms.expr(sp.sqrt(first) * sp.sqrt(second) + p.nuclear / 2),
            "stationarity": forms.expr(value * (1 - a * b) * b - first * a - extra),
        }
    plain = p.nuclear == 0 and p.code == 0 and not p.tied and first != 0 and second != 0
    if plain and p.ridge == 0:
        # both penalties shrinking together: the product tends to 1, the ratio of the factors stays
        ratio = sp.sqrt(second) / sp.sqrt(first)
        limits = {"a2": ratio, "b2": 1 / ratio, "a": sp.sqrt(ratio), "b": 1 / sp.sqrt(ratio)}
        answers |= {f"limit_{name}": forms.expr(limit) for name, limit in limits.items()}
        answers["orthonormal_bias"] = first == second
        answers |= {"lambda_max": forms.expr(value)} if first == second else {}
    if mode.active in DECIDED:
        answers["active"] = bool(mode.active)
        if plain:
            condition = f"{value} > {first}" if first == second else f"{value**2} > {first * second}"
            answers["active_iff"] = {"text": condition}
    elif plain and p.ridge == 0 and first == second and first.is_Symbol:
        answers["small_lambda"] = forms.expr(sp.series(sp.sqrt(1 - first / value), first, 0, 3).removeO())
        answers["orthonormality_defect"] = forms.expr(first / value)
    return answers


def _several(modes: list[ae.Mode], values: list[sp.Expr], p: Penalties) -> dict[str, Any]:
    """Answers about all modes together; the names of one mode hold the vector over the modes."""
    rest = values[len(modes) :]
    total = forms.expr(sp.Add(*(mode.minimum for mode in modes), *rest))
    products, minima = forms.vec(mode.product for mode in modes), forms.vec(mode.minimum for mode in modes)
    answers: dict[str, Any] = {
        "W2W1_eigenvalues": products, "W2W1_eigenvalue": products, "product_ab": products,
        "mode_minima": minima, "mode_minimum": minima, "total_minimum": total, "loss": total, "minimum": total,
        "pca_loss": forms.expr(sp.Add(*rest)), "eigenvalues": forms.vec(values),
        "nuclear_norm": forms.expr(sp.Add(*(mode.product for mode in modes))),
    }  # fmt: skip
    if all(mode.attained for mode in modes) and (p.tied or 0 not in (p.encoder + p.code, p.decoder)):
        firsts, seconds = forms.vec(m.a2 for m in modes), forms.vec(m.b2 for m in modes)
        roots = forms.vec(sp.sqrt(m.a2) for m in modes), forms.vec(sp.sqrt(m.b2) for m in modes)
        answers |= {
            "a2": firsts, "a2_by_mode": firsts, "b2": seconds, "b2_by_mode": seconds, "a": roots[0], "b": roots[1],
            "singular_values_W1": roots[0], "singular_values_W2": roots[1],
        }  # fmt: skip
        if all(mode.a2 == mode.b2 for mode in modes):
            answers |= {"singular_values": roots[0], "s": roots[0], "s2": firsts}
    if all(mode.active in DECIDED for mode in modes):
        alive = [bool(mode.active) for mode in modes]
        count = sum(alive)
        answers |= {"active_modes": alive, "active": alive, "number_active": count, "rank": count,
                    "effective_rank": count}  # fmt: skip
        if all(alive) and "b2" in answers:
            answers["condition_number"] = forms.expr(sp.sqrt(modes[0].b2 / modes[-1].b2))
    return answers


def _state(given: Mapping[str, Any], p: Penalties) -> dict[str, Any]:
    """Loss and gradients at given matrices, or at the singular values of one mode (matrices of one entry)."""
    if p.tied or p.nuclear != 0 or p.code != 0:
        raise ModelError("gradients are given for penalties on W1, W2 and W2 W1, with factors of their own")
    scalar = "a" in given or "b" in given
    names = ("a", "b") if scalar else ("W1", "W2")
    if not all(name in given for name in names):
        raise ModelError(f"a state needs {names[0]} and {names[1]}; give both")
    if scalar:
        values = data.read_eigenvalues(given)
        if len(values) > 1:
            raise ModelError("a and b belong to one mode; give one eigenvalue")
        covariance = sp.Matrix([values[0]])
        pair = [sp.Matrix([data.number(given[name], name)]) for name in names]
    else:
        if "X" not in given and "covariance" not in given:
            raise ModelError("a state needs the data: X with a point in each column, or covariance")
        covariance = data.read_covariance(given)
        pair = [sp.Matrix(read_matrix(given[name], ANY_NAME, name)) for name in names]
    net = steps.Autoencoder(pair[0], pair[1], covariance, p.encoder, p.decoder, p.ridge)
    fit, cost = steps.reconstruction(net), steps.penalty(net)
    answers: dict[str, Any] = {
        "reconstruction": forms.expr(fit), "reconstruction_loss": forms.expr(fit), "penalty": forms.expr(cost),
        "loss": forms.expr(sp.expand(fit + cost)), "W2W1": forms.mat((pair[1] * pair[0]).tolist()),
        "balanced": (pair[0] * pair[0].T - pair[1].T * pair[1]).applyfunc(sp.simplify).is_zero_matrix is True,
    }  # fmt: skip
    shown = (lambda matrix: forms.expr(matrix[0, 0])) if scalar else (lambda matrix: forms.mat(matrix.tolist()))
    for name, matrix in zip(names, steps.gradients(net), strict=True):
        answers |= dict.fromkeys((f"grad_{name}", f"gradient_{name}", f"d{name}"), shown(matrix))
    rate = pick(given, *data.RATES)
    if rate is not None:
        for name, matrix in zip(names, steps.step(net, data.number(rate, "lr")), strict=True):
            answers |= dict.fromkeys((f"{name}_new", f"{name}_next"), shown(matrix))
    return answers


FAMILIES.add("autoencoder", answer)
