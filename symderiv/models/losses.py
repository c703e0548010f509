"""Losses over labelled points of which some are held out: binary cross-entropy, exactly and in symbols.

The sum over the training points of y log(1/ŷ) + (1 - y) log(1/(1 - ŷ)), divided by their number.
A term whose factor is 0 is absent, as 0·log 0 = 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy as sp

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import sign


@dataclass(frozen=True)
class Labelled:
    """Labels and predicted probabilities of points, the points trained on, and a weight for each."""

    labels: Mapping[str, sp.Expr]
    predictions: Mapping[str, sp.Expr]
    training: tuple[str, ...]
    weights: Mapping[str, sp.Expr]

    @property
    def points(self) -> tuple[str, ...]:
        return tuple(self.labels)


def labelled(
    labels: Mapping[str, sp.Expr], predictions: Mapping[str, sp.Expr], held_out: Iterable[object] = (),
    weights: Mapping[str, sp.Expr] | None = None,
) -> Labelled:
    """Points with the held-out ones masked.

    Raises ModelError for an empty training set, a label or a number outside [0, 1], a training point without
    prediction; UnknownNameError for a held-out point that does not exist.
    """
    held = {str(p) for p in held_out}
    for point in held:
        if point not in labels:
            raise UnknownNameError("point", point, labels, "the held-out set")
    training = tuple(p for p in labels if p not in held)
    if not training:
        raise ModelError(f"the training set is empty: all {len(labels)} points are held out; keep at least one")
    for kind, table in (("label", labels), ("prediction", predictions)):
        for point, value in table.items():
            if value.is_number and (sign(value) < 0 or sign(1 - value) < 0):
                raise ModelError(f"the {kind} of point {point} is {value}; it must lie in [0, 1]")
    missing = [p for p in training if p not in predictions]
    if missing:
        raise ModelError(f"training point {missing[0]} has no prediction; predicted are {', '.join(predictions)}")
    return Labelled(labels, predictions, training, {p: sp.S.One for p in labels} | dict(weights or {}))


def term(label: sp.Expr, prediction: sp.Expr, positive_weight: sp.Expr = sp.S.One) -> sp.Expr:
    """y log(1/ŷ) + (1 - y) log(1/(1 - ŷ)) of one point, infinite where a certain prediction is wrong.

    >>> term(sp.S.One, sp.Symbol("b"))
    -log(b)
    """
    total: sp.Expr = sp.S.Zero
    for factor, probability in ((label * positive_weight, prediction), (1 - label, 1 - prediction)):
        if factor == 0 or probability == 1:
            continue
        total += sp.oo if probability == 0 else -factor * sp.log(probability)
    return total


def binary_cross_entropy(
    data: Labelled, reduction: str = "mean", positive_weight: sp.Expr = sp.S.One, base: sp.Expr | None = None
) -> sp.Expr:
    """The loss over the training points: ``mean``, ``sum`` or ``weighted_mean`` (divided by the sum of weights).

    >>> points = labelled({"1": sp.S(0), "2": sp.S(1)}, {"1": sp.Symbol("a"), "2": sp.Symbol("b")}, ["1"])
    >>> binary_cross_entropy(points)
    -log(b)
    """
    terms = [
        data.weights[p] * term(data.labels[p], data.predictions[p], positive_weight) for p in data.training
    ]
    divisors = {
        "mean": sp.Integer(len(terms)),
        "sum": sp.S.One,
        "none": sp.S.One,
        "weighted_mean": sp.Add(*(data.weights[p] for p in data.training)),
    }
    if reduction not in divisors:
        raise UnknownNameError("reduction", reduction, divisors)
    scale = sp.S.One if base is None else 1 / sp.log(base)
    total = sp.Add(*terms)
    return total if total == sp.oo else sp.expand(total * scale / divisors[reduction], log=False, power_base=False)


def smoothed(labels: Mapping[str, sp.Expr], amount: sp.Expr) -> dict[str, sp.Expr]:
    """Label smoothing for two classes: (1 - α) y + α/2."""
    return {point: (1 - amount) * label + amount / 2 for point, label in labels.items()}


def gradient_by_prediction(loss: sp.Expr, data: Labelled) -> tuple[sp.Expr, ...]:
    """∂L/∂ŷ of every point, 0 for a held-out one; needs symbols as predictions."""
    return tuple(loss.diff(p) if p.is_Symbol else sp.S.Zero for p in data.predictions.values())


def gradient_by_logit(
    data: Labelled, logits: Mapping[str, sp.Expr], reduction: str = "mean", positive_weight: sp.Expr = sp.S.One
) -> tuple[sp.Expr, ...]:
    """∂L/∂z of every point for ŷ = 1/(1 + exp(-z)); (ŷ - y)/n for plain training points, 0 for held-out ones.

    >>> points = labelled({"1": sp.S(0), "2": sp.S(1)}, {"1": sp.Symbol("a"), "2": sp.Symbol("b")})
    >>> gradient_by_logit(points, {"1": sp.Symbol("z1"), "2": sp.Symbol("z2")})[0]
    1/(2*(1 + exp(-z1)))
    """
    variables = {p: sp.Dummy("q") for p in data.points}
    inner = labelled(data.labels, variables, [p for p in data.points if p not in data.training], data.weights)
    loss = binary_cross_entropy(inner, reduction, positive_weight)
    gradient = []
    for point in data.points:
        q = variables[point]
        # dq/dz = q (1 - q), which cancels the poles of dL/dq before the sigmoid is put in
        slope = sp.cancel(loss.diff(q) * q * (1 - q))
        gradient.append(sp.factor(slope).subs(q, 1 / (1 + sp.exp(-logits[point]))))
    return tuple(gradient)


def best_constant(data: Labelled) -> sp.Expr:
    """The one probability that minimises the loss when all points share it: the weighted mean of the labels."""
    total = sp.Add(*(data.weights[p] for p in data.training))
    return sp.Add(*(data.weights[p] * data.labels[p] for p in data.training)) / total
