"""Family ``bce``: binary cross-entropy with held-out points.

Read (see ``bce_reading``): ``y``, ``y_hat`` (or ``logits``), ``held_out`` (or ``train``, or a mask), ``weights`` (per
point), ``class_weights``, ``pos_weight``, ``reduction``, ``label_smoothing``, ``base``, ``focal_gamma``, ``clip``,
``threshold``.
Answered: ``loss``, ``n``, ``terms``, ``sum``, ``gradient`` by the logits z1, z2, … (``gradient_z``; by the predictions
where the task says so), ``gradient_y_hat``, ``dL_d<symbol>`` by every symbol in the loss, ``product`` (the loss is
-log(product)/n), ``perplexity``, ``best_constant`` and its ``min_loss``, ``loss_held_out``, ``loss_all``, ``accuracy``,
``hessian_z``, ``brier``.  Where the task speaks of logits, the loss is one of z1, z2, … (``loss_y_hat``: of the
predictions).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from symderiv.exact import read_exact
from symderiv.families import FAMILIES, forms
from symderiv.families.bce_reading import Question, read_question
from symderiv.families.given import pick
from symderiv.models import losses


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """The loss of the training points, its gradients, and what it would be on the others."""
    asked = read_question(given)
    data, objective = asked.data, asked.objective
    loss = losses.binary_cross_entropy(asked.parametrised, objective)
    terms = [losses.term(data.labels[p], data.predictions[p], objective) for p in data.training]
    answers: dict[str, Any] = {
        **dict.fromkeys(("loss", "train_loss", "training_loss"), forms.expr(loss)),
        "n": len(data.training), "n_train": len(data.training),
        "training": forms.words(data.training),
        "terms": forms.vec(terms),
        "sum": forms.expr(losses.binary_cross_entropy(data, replace(objective, reduction="sum"))),
        "product": forms.expr(_likelihood(data)),
        "brier": forms.expr(sp.Add(*((data.predictions[p] - data.labels[p]) ** 2 for p in data.training)) / len(terms)),
    }
    if loss.is_number and loss != sp.oo:
        answers["value"] = forms.num(loss)
    if loss != sp.oo:
        answers["perplexity"] = forms.expr(sp.exp(loss) if objective.base is None else objective.base**loss)
    return answers | _gradients(asked) | _constant(data, objective) | _elsewhere(asked, given)


def _gradients(asked: Question) -> dict[str, Any]:
    """Derivatives by logits, by predictions and by every symbol of the loss."""
    data, logits = asked.data, asked.logits
    by_logit, second = losses.by_logit(data, logits, asked.objective)
    plain = losses.binary_cross_entropy(data, asked.objective)
    by_prediction = [plain.diff(q) if q.is_Symbol else sp.S.Zero for q in data.predictions.values()]
    answers: dict[str, Any] = {
        "gradient_z": forms.vec(by_logit), "hessian_z": forms.vec(second), "hessian_diagonal": forms.vec(second),
        "hessian": forms.mat(sp.diag(*second).tolist()),
        "gradient": forms.vec(by_prediction if asked.by_prediction else by_logit),
    }
    if any(q.is_Symbol for q in data.predictions.values()):
        answers["gradient_y_hat"] = forms.vec(by_prediction)
    symbols = {q for q in data.predictions.values() if q.is_Symbol} | plain.free_symbols
    answers |= {f"dL_d{s}": forms.expr(plain.diff(s)) for s in sorted(symbols, key=str)}
    free = {z: g for z, g in zip(logits.values(), by_logit, strict=True) if z.is_Symbol and g.has(z)}
    own = {f"dL_d{z}": forms.expr(g) for z, g in free.items()}
    return own | answers | {"loss_y_hat": forms.expr(plain)}


def _constant(data: losses.Labelled, objective: losses.Objective) -> dict[str, Any]:
    """The one prediction for all points that minimises the plain loss, and that minimum."""
    if objective.focus != 0 or objective.positive_weight != 1:
        return {}
    best = losses.best_constant(data)
    shared = losses.labelled(data.labels, dict.fromkeys(data.points, best), set(data.points) - set(data.training),
                             data.weights)  # fmt: skip
    lowest = forms.expr(losses.binary_cross_entropy(shared, objective))
    names = ("best_constant", "minimiser", "minimizer", "p", "p_star", "best_p")
    return dict.fromkeys(names, forms.expr(best)) | dict.fromkeys(("min_loss", "minimum", "loss_at_best"), lowest)


def _elsewhere(asked: Question, given: Mapping[str, Any]) -> dict[str, Any]:
    """The same loss on the held-out points and on all, and the accuracy of numeric predictions."""
    data = asked.data
    answers: dict[str, Any] = {}
    if all(p in data.predictions for p in data.points):
        for names, out in ((("loss_all",), ()), (("loss_held_out", "test_loss", "held_out_loss"), data.training)):
            if len(out) < len(data.points):
                chosen = losses.labelled(data.labels, data.predictions, out, data.weights)
                answers |= dict.fromkeys(names, forms.expr(losses.binary_cross_entropy(chosen, asked.objective)))
    judged = {p: q for p, q in data.predictions.items() if p in data.labels}
    if all(q.is_number for q in judged.values()) and len(judged) == len(data.points):
        threshold, half = read_exact(pick(given, "threshold", default="1/2"), (), "threshold"), sp.Rational(1, 2)
        right = {p: bool((q >= threshold) == (data.labels[p] >= half)) for p, q in judged.items()}
        for name, points in (("accuracy", data.training), ("accuracy_held_out", asked.held_out)):
            if points:
                answers[name] = forms.expr(sp.Rational(sum(right[str(p)] for p in points), len(points)))
    return answers


def _likelihood(data: losses.Labelled) -> sp.Expr:
    """∏ ŷ^y (1 - ŷ)^(1 - y) over the training points."""
    return sp.Mul(*(
        data.predictions[p] ** data.labels[p] * (1 - data.predictions[p]) ** (1 - data.labels[p]) for p in data.training
    ))  # fmt: skip


FAMILIES.add("bce", answer)
