"""Losses over labelled points of which some are held out: binary cross-entropy, exactly and in symbols.

The sum over the training points of y log(1/ŷ) + (1 - y) log(1/(1 - ŷ)), divided by their number.
A term whose factor is 0 is absent, as 0·log 0 = 0.  The focal loss (Lin et al. 2017) gives each logarithm the
factor (1 - probability)^gamma.
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


@dataclass(frozen=True)
class Objective:
    """What is done with the terms: ``mean``, ``sum`` or ``weighted_mean`` (divided by the sum of weights).

    ``positive_weight`` multiplies the terms of label 1, ``focus`` is the focal loss's gamma (0: plain cross-entropy),
    ``base`` that of the logarithm (None: natural).
    """

    reduction: str = "mean"
    positive_weight: sp.Expr = sp.S.One
    focus: sp.Expr = sp.S.Zero
    base: sp.Expr | None = None


PLAIN = Objective()


def term(label: sp.Expr, prediction: sp.Expr, objective: Objective = PLAIN) -> sp.Expr:
    """y log(1/ŷ) + (1 - y) log(1/(1 - ŷ)) of one point, infinite where a certain prediction is wrong.

    >>> term(sp.S.One, sp.Symbol("b"))
    -log(b)
    """
    total: sp.Expr = sp.S.Zero
    for factor, probability in ((label * objective.positive_weight, prediction), (1 - label, 1 - prediction)):
        if factor == 0 or probability == 1:
            continue
        hard = sp.S.One if objective.focus == 0 else (1 - probability) ** objective.focus
        total += sp.oo if probability == 0 else -factor * hard * sp.log(probability)
    return total


def binary_cross_entropy(data: Labelled, objective: Objective = PLAIN) -> sp.Expr:
    """The loss over the training points.  Raises UnknownNameError for an unknown reduction.

    >>> points = labelled({"1": sp.S(0), "2": sp.S(1)}, {"1": sp.Symbol("a"), "2": sp.Symbol("b")}, ["1"])
    >>> binary_cross_entropy(points)
    -log(b)
    """
    terms = [data.weights[p] * term(data.labels[p], data.predictions[p], objective) for p in data.training]
    divisors = {
        "mean": sp.Integer(len(terms)),
        "sum": sp.S.One,
        "none": sp.S.One,
        "weighted_mean": sp.Add(*(data.weights[p] for p in data.training)),
    }
    if objective.reduction not in divisors:
        raise UnknownNameError("reduction", objective.reduction, divisors)
    total = sp.Add(*terms)
    if total == sp.oo:
        return total
    loss = sp.expand(total / divisors[objective.reduction], log=False, power_base=False, multinomial=False)
    return loss if objective.base is None else _in_base(loss, objective.base)


def _in_base(loss: sp.Expr, base: sp.Expr) -> sp.Expr:
    """Every natural logarithm over that of the base; those of numbers by their prime factors."""
    whole = loss / sp.log(base)
    return sp.simplify(sp.expand_log(whole, force=True)) if loss.is_number else sp.expand(whole, log=False)


def clipped(predictions: Mapping[str, sp.Expr], edge: sp.Expr) -> dict[str, sp.Expr]:
    """Numeric predictions moved into [edge, 1 - edge], so that no logarithm is infinite; symbols stay.

    Raises ModelError for an edge outside [0, 1/2].
    """
    if sign(edge) < 0 or sign(sp.Rational(1, 2) - edge) < 0:
        raise ModelError(f"clipping: the edge is {edge}; it must lie in [0, 1/2]")
    return {p: sp.Max(edge, sp.Min(1 - edge, q)) if q.is_number else q for p, q in predictions.items()}


def balanced(labels: Mapping[str, sp.Expr], training: Iterable[str]) -> dict[str, sp.Expr]:
    """A weight for every point: training points / (2 · training points of its class), as scikit-learn's balanced.

    Raises ModelError where a class has no training point or a label is neither 0 nor 1.
    """
    kept = [labels[p] for p in training]
    counts = {label: kept.count(sp.Integer(label)) for label in (0, 1)}
    if sum(counts.values()) != len(kept) or not all(counts.values()):
        raise ModelError(f"balanced weights: the training labels are {kept}; both 0 and 1 must occur, and nothing else")
    return {p: sp.Rational(len(kept), 2 * counts[int(label)]) for p, label in labels.items() if label in (0, 1)}


def smoothed(labels: Mapping[str, sp.Expr], amount: sp.Expr) -> dict[str, sp.Expr]:
    """Label smoothing for two classes: (1 - α) y + α/2."""
    return {point: (1 - amount) * label + amount / 2 for point, label in labels.items()}


def by_logit(
    data: Labelled, logits: Mapping[str, sp.Expr], objective: Objective = PLAIN
) -> tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]]:
    """∂L/∂z and ∂²L/∂z² of every point for ŷ = 1/(1 + exp(-z)), at z or at a prediction that is a number.

    (ŷ - y)/n and ŷ(1 - ŷ)/n for plain training points, 0 for held-out ones.

    >>> points = labelled({"1": sp.S(0), "2": sp.S(1)}, {"1": sp.Symbol("a"), "2": sp.Symbol("b")})
    >>> by_logit(points, {"1": sp.Symbol("z1"), "2": sp.Symbol("z2")})[0][0]
    1/(2*(1 + exp(-z1)))
    """
    variables = {p: sp.Dummy("q") for p in data.points}
    inner = labelled(data.labels, variables, [p for p in data.points if p not in data.training], data.weights)
    loss = binary_cross_entropy(inner, objective)
    first, second = [], []
    for point in data.points:
        q, told = variables[point], data.predictions.get(point)
        at = told if told is not None and told.is_number else 1 / (1 + sp.exp(-logits[point]))
        # dq/dz = q (1 - q), which cancels the poles of dL/dq before the sigmoid is put in
        slope = sp.factor(sp.cancel(sp.expand(loss.diff(q) * q * (1 - q))))
        curvature = sp.factor(sp.cancel(sp.expand(slope.diff(q) * q * (1 - q))))
        first.append(slope.subs(q, at))
        second.append(curvature.subs(q, at))
    return tuple(first), tuple(second)


def best_constant(data: Labelled) -> sp.Expr:
    """The one probability that minimises the loss when all points share it: the weighted mean of the labels."""
    total = sp.Add(*(data.weights[p] for p in data.training))
    return sp.Add(*(data.weights[p] * data.labels[p] for p in data.training)) / total
