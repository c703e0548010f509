"""The data of a cross-entropy question: labels, predictions, held-out points, weights, and the objective."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import sympy as sp

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.families.given import pick, prose
from symderiv.models import losses

PREDICTIONS: Final = ("y_hat", "yhat", "predictions", "predicted", "probabilities", "probs")
HELD_OUT: Final = ("held_out", "heldout", "hold_out", "holdout", "test", "test_nodes", "test_set", "validation")
TRAINING: Final = ("train", "training", "train_nodes", "training_nodes", "train_set", "labelled", "labeled")
MASKS: Final = ("train_mask", "training_mask", "mask")
WEIGHTS: Final = ("weights", "node_weights", "sample_weights", "sample_weight", "point_weights")
FOCUS: Final = ("focal_gamma", "focal", "gamma", "focusing")
CLIPS: Final = ("clip", "clip_eps", "clip_epsilon", "clipping", "eps", "epsilon")
LOSSES: Final = ("bce", "binary_cross_entropy", "cross_entropy", "nll", "log_loss", "logloss", "focal", "mean")
TOLD_REDUCTIONS: Final = (
    (r"normali[sz]ed by the (?:sum|total)|weighted (?:mean|average)|divided by the (?:sum|total) (?:of|weight)",
     "weighted_mean"),
    (r"\bsummed\b|\bsum (?:reduction|instead|loss|bce)|reduction\W+sum|instead of (?:the )?(?:mean|average)"
     r"|\bnot (?:the )?(?:mean|averaged?)\b", "sum"),
)  # fmt: skip
BITS: Final = re.compile(r"\bin bits\b|\bbase[- ]2\b|\blog_?2\b|base-two")
BY_LOGIT: Final = re.compile(r"logit|sigmoid|\bz_?[i\d]|w\.?r\.?t\.? z\b")
BY_PREDICTION: Final = re.compile(
    r"(?:gradient|derivative|partial)s?\b.*(?:predict|probabilit|y_?hat|ŷ|\ba ?(?:,|\.\.|…|to) ?(?:b|e)\b)"
)


@dataclass(frozen=True)
class Question:
    """Points with their objective; ``logits`` are given ones or fresh symbols z1, z2, …

    ``parametrised`` are the points with the predictions as sigmoids of the logits where the task speaks of them.
    Without predictions all points share the constant that minimises the loss.
    """

    data: losses.Labelled
    parametrised: losses.Labelled
    held_out: tuple[str, ...]
    objective: losses.Objective
    logits: Mapping[str, sp.Expr]
    by_prediction: bool


def read_question(given: Mapping[str, Any]) -> Question:
    """The question of ``given``; ModelError for what is no table, UnknownNameError for another loss."""
    named = pick(given, "loss", "criterion", default="bce")
    if str(named).lower().replace("-", "_").replace(" ", "_") not in LOSSES:
        raise UnknownNameError("loss", str(named), LOSSES, "family bce")
    labels = table(pick(given, "y", "labels", "targets"), "y")
    smoothing = pick(given, "label_smoothing", "smoothing")
    if smoothing is not None:
        labels = losses.smoothed(labels, read_exact(smoothing, ANY_NAME, "label_smoothing"))
    told_logits = pick(given, "logits", "z")
    logits = None if told_logits is None else table(told_logits, "logits")
    held = _held_out(given, labels)
    training = [p for p in labels if p not in held]
    by_logit = BY_LOGIT.search(prose(given)) is not None
    predictions = _predictions(given, labels, logits)
    data = losses.labelled(labels, predictions, held, _weights(given, labels, training))
    if logits is None and not by_logit and pick(given, *PREDICTIONS) is None:
        data = replace(data, predictions=dict.fromkeys(labels, losses.best_constant(data)))
    chosen = logits or {p: sp.Symbol(f"z{p}") for p in labels}
    moved = data
    if by_logit and all(data.predictions[p].is_Symbol for p in training):
        sigmoids = {p: 1 / (1 + sp.exp(-chosen[p])) for p in data.points}
        moved = losses.labelled(data.labels, sigmoids, held, data.weights)
    asked = BY_PREDICTION.search(prose(given)) is not None and not by_logit
    return Question(data, moved, tuple(held), _objective(given), chosen, asked and logits is None)


def _predictions(
    given: Mapping[str, Any], labels: Mapping[str, sp.Expr], logits: Mapping[str, sp.Expr] | None
) -> dict[str, sp.Expr]:
    predicted = pick(given, *PREDICTIONS)
    if predicted is not None:
        predictions = table(predicted, "y_hat")
    elif logits is not None:
        predictions = {p: 1 / (1 + sp.exp(-z)) for p, z in logits.items()}
    else:
        predictions = {p: sp.Symbol(f"y{p}") for p in labels}
    edge = pick(given, *CLIPS)
    return predictions if edge is None else losses.clipped(predictions, read_exact(edge, (), "clipping"))


def _objective(given: Mapping[str, Any]) -> losses.Objective:
    told = next((name for pattern, name in TOLD_REDUCTIONS if re.search(pattern, prose(given))), "mean")
    base = pick(given, "base", "log_base", default=2 if BITS.search(prose(given)) else "e")
    return losses.Objective(
        str(pick(given, "reduction", default=told)),
        read_exact(pick(given, "pos_weight", "positive_weight", default=1), ANY_NAME, "pos_weight"),
        read_exact(pick(given, *FOCUS, default=0), ANY_NAME, "focal gamma"),
        None if base == "e" else read_exact(base, ANY_NAME, "base"),
    )


def table(value: object, what: str) -> dict[str, sp.Expr]:
    """A table from point to value, or a list of values for the points 1, 2, …"""
    if isinstance(value, list):
        value = {str(k): v for k, v in enumerate(value, 1)}
    if not isinstance(value, Mapping) or not value:
        raise ModelError(f"{what} must be a table from point to value, or a list of values")
    return {
        str(point): read_exact(int(v) if isinstance(v, bool) else v, ANY_NAME, f"{what} of point {point}")
        for point, v in value.items()
    }


def _held_out(given: Mapping[str, Any], labels: Mapping[str, sp.Expr]) -> list[str]:
    """The points not trained on: told, or all but those told to be trained on, or where a mask is 0."""
    mask = pick(given, *MASKS)
    if mask is not None:
        return [p for p, kept in table(mask, "the mask").items() if kept == 0]
    training = pick(given, *TRAINING)
    if isinstance(training, list):
        kept = {str(t) for t in training}
        unknown = sorted(kept - set(labels))
        if unknown:
            raise UnknownNameError("point", unknown[0], labels, "the training set")
        return [p for p in labels if p not in kept]
    held = pick(given, *HELD_OUT, default=[])
    if isinstance(held, (int, str)) and not isinstance(held, bool):
        held = [held]
    if not isinstance(held, list):
        raise ModelError("held_out must be a list of points")
    return [str(p) for p in held]


def _weights(
    given: Mapping[str, Any], labels: Mapping[str, sp.Expr], training: list[str]
) -> dict[str, sp.Expr]:
    weights: dict[str, sp.Expr] = {}
    by_class = pick(given, "class_weights", "class_weight")
    if by_class == "balanced":
        weights = losses.balanced(labels, training)
    elif by_class is not None:
        if isinstance(by_class, list):
            by_class = {str(k): w for k, w in enumerate(by_class)}
        known = table(by_class, "class_weights")
        weights = {p: known[str(label)] for p, label in labels.items() if str(label) in known}
    for label, names in ((1, ("w_pos", "w1", "w_1", "weight_pos")), (0, ("w_neg", "w0", "w_0", "weight_neg"))):
        told = pick(given, *names)
        if told is not None:
            weights |= {p: read_exact(told, ANY_NAME, names[0]) for p, y in labels.items() if y == label}
    own = pick(given, *WEIGHTS)
    return weights | (table(own, "weights") if own is not None else {})
