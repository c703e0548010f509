"""Answers about linear autoencoders of several layers, for the family ``autoencoder``.

Layers with different penalties λ_i have singular values s_i with λ_i s_i² all equal; their product is that of equal
layers with the geometric mean of the λ_i.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from symderiv.errors import ModelError
from symderiv.exact import read_int
from symderiv.families import forms
from symderiv.families.autoencoder_data import COMMON, DECAY, LAYERS, number, read_penalties
from symderiv.families.given import pick
from symderiv.models import autoencoder as ae


def deep_answers(given: Mapping[str, Any], values: Sequence[sp.Expr]) -> dict[str, Any]:
    """Stationarity, common singular value and threshold; ModelError for penalties no deep mode is solved for."""
    layers = read_int(pick(given, *LAYERS), "layers", least=1)
    penalties = _strengths(given, layers)
    strength = sp.Mul(*penalties) ** sp.Rational(1, layers) if len(set(penalties)) > 1 else penalties[0]
    if strength == 0:
        raise ModelError("with a layer free of penalty the others shrink at no cost; give every layer a penalty")
    modes = [ae.deep_mode(value, strength, layers) for value in values]
    answers = _single(modes[0], layers, penalties, strength)
    if len(modes) == 1:
        return answers
    answers = {"lambda_max": forms.vec(mode.threshold for mode in modes)}
    if any(mode.s is None or mode.minimum is None or mode.active is None for mode in modes):
        return answers
    roots = [sp.Integer(0) if mode.s is None else mode.s for mode in modes]
    alive = [mode.active is True for mode in modes]
    answers |= {"active": alive, "active_modes": alive, "number_active": sum(alive), "rank": sum(alive)}
    if len(set(penalties)) == 1:
        answers["s"] = answers["singular_values"] = forms.vec(sp.N(root, 20) for root in roots)
    return answers | {"product": forms.vec(sp.N(root**layers, 20) for root in roots)}


def _single(deep: ae.DeepMode, layers: int, penalties: Sequence[sp.Expr], strength: sp.Expr) -> dict[str, Any]:
    answers: dict[str, Any] = {"lambda_max": forms.expr(deep.threshold), "threshold": forms.expr(deep.threshold)}
    equal = len(set(penalties)) == 1
    if equal:
        answers |= {"stationarity": forms.expr(deep.stationarity), "objective": forms.expr(deep.objective)}
    if deep.active is not None:
        answers["active"] = deep.active
    if deep.s is None or deep.minimum is None:
        return answers
    shown = forms.num if deep.s.is_number else forms.expr
    for name in ("product", "W2W1_eigenvalue", "end_to_end_eigenvalue"):
        answers[name] = shown(deep.s**layers)
    answers |= {"minimum": shown(deep.minimum), "mode_minimum": shown(deep.minimum)}
    if equal:
        return answers | {"s": shown(deep.s), "s2": shown(deep.s**2)}
    each = [deep.s * sp.sqrt(strength / penalty) for penalty in penalties]
    return answers | {"singular_values": forms.vec(sp.N(s, 20) if s.is_number else s for s in each)}


def _strengths(given: Mapping[str, Any], layers: int) -> list[sp.Expr]:
    listed, numbered = (
        pick(given, *COMMON),
        [name for name in given if name.startswith("lambda") and name[6:].isdigit()],
    )
    if not isinstance(listed, list) and numbered:
        if listed is not None or sorted(numbered) != sorted(f"lambda{i + 1}" for i in range(layers)):
            raise ModelError(f"{layers} layers need lambda1 … lambda{layers} and no other, or one lambda")
        listed = [given[f"lambda{i + 1}"] for i in range(layers)]
    if isinstance(listed, list):
        if len(listed) != layers:
            raise ModelError(f"{len(listed)} penalties for {layers} layers; give one, or one for each")
        return [number(p, "lambda") for p in listed]
    found = read_penalties(given)
    if found.tied or found.ridge != 0 or found.nuclear != 0 or found.code != 0 or found.encoder != found.decoder:
        raise ModelError("several layers are solved with the same kind of penalty on each; no noise, product or tie")
    if pick(given, *DECAY) is not None and listed is None:
        return [number(pick(given, *DECAY), "weight_decay") / 2] * layers
    return [found.encoder] * layers
