"""Family ``bce``: binary cross-entropy with held-out points.

Read: ``y``, ``y_hat`` (or ``logits``), ``held_out`` (or ``train``), ``weights`` (per point) and ``class_weights``,
``pos_weight``, ``reduction``, ``label_smoothing``, ``base``, ``threshold``.
Answered: ``loss``, ``n``, ``terms``, ``sum``, ``gradient`` by the logits z1, z2, … (``gradient_z``),
``gradient_y_hat`` and ``dL_d<symbol>`` by the predictions, ``product`` (the loss is -log(product)/n),
``best_constant``, ``loss_held_out``, ``loss_all``, ``accuracy``, ``hessian_z``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.families import FAMILIES, forms
from symderiv.models import losses


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """The loss of the training points, its gradients, and what it would be on the others."""
    labels = _table(given.get("y", given.get("labels")), "y")
    if "label_smoothing" in given:
        labels = losses.smoothed(labels, read_exact(given["label_smoothing"], ANY_NAME, "label_smoothing"))
    logits = _table(given.get("logits", given.get("z")), "logits") if {"logits", "z"} & set(given) else None
    predicted = given.get("y_hat", given.get("predictions"))
    if predicted is None and logits is None:
        predicted = {p: f"y{p}" for p in labels}
    predictions = _table(predicted, "y_hat") if predicted is not None else {}
    if logits is not None and predicted is None:
        predictions = {p: 1 / (1 + sp.exp(-z)) for p, z in logits.items()}
    held = _held_out(given, labels)
    data = losses.labelled(labels, predictions, held, _weights(given, labels))
    positive = read_exact(given.get("pos_weight", 1), ANY_NAME, "pos_weight")
    reduction = given.get("reduction", "mean")
    base = read_exact(given["base"], ANY_NAME, "base") if "base" in given and given["base"] != "e" else None
    loss = losses.binary_cross_entropy(data, reduction, positive, base)
    symbols = logits or {p: sp.Symbol(f"z{p}") for p in labels}
    gradient = losses.gradient_by_logit(data, symbols, reduction, positive)
    by_prediction = losses.gradient_by_prediction(loss, data)
    terms = [losses.term(labels[p], predictions[p], positive) for p in data.training]
    answers: dict[str, Any] = {
        "loss": forms.expr(loss),
        "n": len(data.training),
        "training": forms.words(data.training),
        "terms": forms.vec(terms),
        "sum": forms.expr(losses.binary_cross_entropy(data, "sum", positive, base)),
        "gradient": forms.vec(gradient),
        "gradient_z": forms.vec(gradient),
        "hessian_z": forms.vec(
            g.diff(symbols[p]) for p, g in zip(labels, gradient, strict=True) if symbols[p].is_Symbol
        ),
        "gradient_y_hat": forms.vec(by_prediction),
        "best_constant": forms.expr(losses.best_constant(data)),
        "product": forms.expr(_likelihood(data)),
    }
    for point, slope in zip(predictions, by_prediction, strict=True):
        answers[f"dL_d{predictions[point]}"] = forms.expr(slope)
    if loss.is_number and loss != sp.oo:
        answers["value"] = forms.num(loss)
    return answers | _elsewhere(data, held, reduction, positive, given)


def _elsewhere(
    data: losses.Labelled, held: list[str], reduction: str, positive: sp.Expr, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The same loss on the held-out points and on all, and the accuracy of numeric predictions."""
    answers: dict[str, Any] = {}
    if all(p in data.predictions for p in data.points):
        for name, out in (("loss_all", []), ("loss_held_out", list(data.training))):
            if len(out) < len(data.points):
                chosen = losses.labelled(data.labels, data.predictions, out, data.weights)
                answers[name] = forms.expr(losses.binary_cross_entropy(chosen, reduction, positive))
    if all(q.is_number for q in data.predictions.values()):
        threshold = read_exact(given.get("threshold", "1/2"), (), "threshold")
        half = sp.Rational(1, 2)
        right = {p: bool((q >= threshold) == (data.labels[p] >= half)) for p, q in data.predictions.items()}
        for name, points in (("accuracy", data.training), ("accuracy_held_out", held)):
            if points:
                answers[name] = forms.expr(sp.Rational(sum(right[str(p)] for p in points), len(points)))
    return answers


def _likelihood(data: losses.Labelled) -> sp.Expr:
    """∏ ŷ^y (1 - ŷ)^(1 - y) over the training points."""
    return sp.Mul(*(
        data.predictions[p] ** data.labels[p] * (1 - data.predictions[p]) ** (1 - data.labels[p]) for p in data.training
    ))  # fmt: skip


def _table(value: object, what: str) -> dict[str, sp.Expr]:
    if isinstance(value, list):
        value = {str(k): v for k, v in enumerate(value, 1)}
    if not isinstance(value, Mapping) or not value:
        raise ModelError(f"{what} must be a table from point to value, or a list of values")
    return {str(point): read_exact(v, ANY_NAME, f"{what} of point {point}") for point, v in value.items()}


def _held_out(given: Mapping[str, Any], labels: Mapping[str, sp.Expr]) -> list[str]:
    training = given.get("train", given.get("training", given.get("train_nodes")))
    if isinstance(training, list):
        return [p for p in labels if p not in {str(t) for t in training}]
    held = given.get("held_out", given.get("test", []))
    if not isinstance(held, list):
        raise ModelError("held_out must be a list of points")
    return [str(p) for p in held]


def _weights(given: Mapping[str, Any], labels: Mapping[str, sp.Expr]) -> dict[str, sp.Expr]:
    weights: dict[str, sp.Expr] = {}
    if isinstance(given.get("class_weights"), Mapping):
        by_class = _table(given["class_weights"], "class_weights")
        weights = {p: by_class[str(label)] for p, label in labels.items() if str(label) in by_class}
    own = given.get("weights", given.get("node_weights"))
    return weights | (_table(own, "weights") if own is not None else {})


FAMILIES.add("bce", answer)
