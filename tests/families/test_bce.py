"""Family bce: settings in the data and in the task, against the loss summed by hand at a point and its differences."""

from __future__ import annotations

from math import exp, log
from typing import Any

import pytest
import sympy as sp

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.solving import solve, solve_all

LABELS = [0, 1, 1, 1, 0]
Y = {str(k): v for k, v in enumerate(LABELS, 1)}
Y_HAT = dict(zip("12345", "abcde", strict=True))
POINT = dict(zip("abcde", (0.3, 0.6, 0.8, 0.45, 0.2), strict=True))
NUMBERS = tuple(POINT.values())
TRAINED = (1, 2, 4)  # 0-based, nodes 1 and 4 held out


def ask(task: str = "", **given: Any) -> dict[str, Any]:
    data = {"y": Y, "y_hat": Y_HAT, "held_out": [1, 4]} | given
    (result,) = solve_all([{"id": "x", "family": "bce", "task": task, "given": data}])["results"]
    assert "error" not in result, result
    return result["answer"]


def value(text: str, **point: float) -> float:
    return float(read_exact(text, ANY_NAME).subs(point or POINT))


def summed(
    points: tuple[int, ...] = TRAINED, weights: Any = (1, 1, 1, 1, 1), divisor: float = 3, focus: float = 0,
    labels: Any = LABELS, predictions: Any = NUMBERS,
) -> float:  # fmt: skip
    """The loss written out."""
    total = 0.0
    for k in points:
        y, q = labels[k], predictions[k]
        total += weights[k] * ((1 - q) ** focus * y * log(1 / q) + q**focus * (1 - y) * log(1 / (1 - q)))
    return total / divisor


@pytest.mark.parametrize(
    ("task", "given", "expected"),
    [
        ("Sum reduction.", {}, summed(divisor=1)),
        ("The terms are summed instead of averaged.", {}, summed(divisor=1)),
        ("Node weights, normalised by the sum of the weights.", {"weights": {"2": 1, "3": 2, "5": 4}},
         summed(weights=(1, 1, 2, 1, 4), divisor=7)),
        ("", {"sample_weights": {"2": 2}}, summed(weights=(1, 2, 1, 1, 1))),
        ("", {"class_weight": "balanced"}, summed(weights=(1.5, 0.75, 0.75, 0.75, 1.5))),
        ("", {"class_weights": ["1", "5"]}, summed(weights=(1, 5, 5, 5, 1))),
        ("", {"w_pos": "3", "w_neg": "1/2"}, summed(weights=(0.5, 3, 3, 3, 0.5))),
        ("", {"w1": "3", "w0": "1/2"}, summed(weights=(0.5, 3, 3, 3, 0.5))),
        ("Loss in bits.", {}, summed() / log(2)),
        ("", {"log_base": "10"}, summed() / log(10)),
        ("", {"focal_gamma": "2"}, summed(focus=2)),
        ("", {"held_out": 1}, summed((1, 2, 3, 4), divisor=4)),
        ("", {"held_out": None, "holdout": [1, 4]}, summed()),
        ("", {"held_out": None, "test_nodes": [1, 4]}, summed()),
        ("", {"held_out": None, "train_mask": [0, 1, 1, 0, 1]}, summed()),
        ("", {"held_out": None, "mask": {"1": 0, "2": 1, "3": 1, "4": 0, "5": 1}}, summed()),
        ("", {"held_out": None, "train": [1, 2]}, summed((0, 1), divisor=2)),
        ("", {"y_hat": {"1": "1/2", "2": "0", "3": "1", "4": "1/2", "5": "1"}, "clip": "1/100"},
         summed(predictions=(0.5, 0.01, 0.99, 0.5, 0.99))),
    ],
)  # fmt: skip
def test_settings_of_the_loss(task: str, given: dict[str, Any], expected: float) -> None:
    assert value(ask(task, **given)["loss"]["expr"]) == pytest.approx(expected, rel=1e-12)


def test_the_held_out_loss_has_the_objective_too() -> None:
    assert value(ask("Loss in bits.")["test_loss"]["expr"]) == pytest.approx(summed((0, 3), divisor=2) / log(2))


@pytest.mark.parametrize("task", ["Gradient w.r.t. the predictions a..e.", "Gradient with respect to y_hat."])
def test_a_gradient_by_the_predictions_where_the_task_says_so(task: str) -> None:
    found = ask(task)["gradient"]["vec"]
    for k, text in enumerate(found):
        moved = [
            summed(predictions=[q + h * (i == k) for i, q in enumerate(POINT.values())]) for h in (1e-6, -1e-6)
        ]
        assert value(text) == pytest.approx((moved[0] - moved[1]) / 2e-6, abs=1e-7)


@pytest.mark.parametrize(
    ("given", "loss"),
    [({}, summed), ({"focal_gamma": 2}, lambda predictions: summed(focus=2, predictions=predictions)),
     ({"base": 2}, lambda predictions: summed(predictions=predictions) / log(2))],
)  # fmt: skip
def test_a_gradient_by_the_logits(given: dict[str, Any], loss: Any) -> None:
    z = [0.3, -1.2, 0.7, 2.0, -0.4]
    found = ask("Logit parametrisation y_hat=sigmoid(z_i): gradient w.r.t. z1..z5.", **given)["gradient"]["vec"]
    point = {f"z{k}": v for k, v in enumerate(z, 1)}
    for k, text in enumerate(found):
        moved = [
            loss(predictions=[1 / (1 + exp(-(v + h * (i == k)))) for i, v in enumerate(z)]) for h in (1e-6, -1e-6)
        ]
        assert value(text, **point) == pytest.approx((moved[0] - moved[1]) / 2e-6, abs=1e-7)


def test_a_shared_parameter_has_one_derivative() -> None:
    inputs = (1.0, 2.0, -1.0, 0.5, 3.0)
    found = ask(y_hat=None, logits={k: f"theta*({v})" for k, v in zip("12345", inputs, strict=True)})
    moved = [
        summed(predictions=[1 / (1 + exp(-(0.7 + h) * v)) for v in inputs]) for h in (1e-6, -1e-6)
    ]
    assert value(found["dL_dtheta"]["expr"], theta=0.7) == pytest.approx((moved[0] - moved[1]) / 2e-6, abs=1e-7)


def test_the_best_constant_and_its_loss_against_a_grid() -> None:
    found = ask(held_out=[])
    grid = {k / 1000: summed(tuple(range(5)), divisor=5, predictions=[k / 1000] * 5) for k in range(1, 1000)}
    best = min(grid, key=lambda q: grid[q])
    assert float(sp.Rational(found["minimiser"]["expr"])) == best == 0.6
    assert value(found["min_loss"]["expr"]) == pytest.approx(grid[best], rel=1e-12)
    assert ask(held_out=[], y_hat=None)["loss"] == found["min_loss"]


def test_numbers_in_bits_are_simplified() -> None:
    found = solve("bce", {"y": {"1": 1, "2": 0}, "y_hat": {"1": "1/8", "2": "3/4"}, "base": 2})
    assert found["loss"] == {"expr": "5/2"} and found["sum"] == {"expr": "5"}
    assert not [name for name in found if name.startswith("dL_d")]


@pytest.mark.parametrize(
    ("given", "kind"),
    [({"loss": "mse"}, UnknownNameError), ({"held_out": None, "train": [9]}, UnknownNameError),
     ({"clip": "3/4"}, ModelError), ({"class_weight": "balanced", "held_out": [1, 5]}, ModelError),
     ({"reduction": "median"}, UnknownNameError), ({"held_out": [1, 2, 3, 4, 5]}, ModelError)],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        solve("bce", {"y": Y, "y_hat": Y_HAT, "held_out": [1, 4]} | given)


def test_where_the_task_speaks_of_logits_the_loss_is_one_of_logits() -> None:
    found = ask("Logit parametrisation y_hat=sigmoid(z_i): the loss and its Hessian in z1..z5.")
    z = {f"z{k}": v for k, v in enumerate((0.3, -1.2, 0.7, 2.0, -0.4), 1)}

    def loss(**point: float) -> float:
        return summed(predictions=[1 / (1 + exp(-v)) for v in point.values()])

    assert value(found["loss"]["expr"], **z) == pytest.approx(loss(**z))
    assert value(found["loss_y_hat"]["expr"]) == pytest.approx(summed())
    for k, name in enumerate(z):
        up, down = loss(**(z | {name: z[name] + 1e-4})), loss(**(z | {name: z[name] - 1e-4}))
        curvature = (up - 2 * loss(**z) + down) / 1e-8
        assert value(found["hessian"]["mat"][k][k], **z) == pytest.approx(curvature, abs=1e-6)
        assert {entry for j, entry in enumerate(found["hessian"]["mat"][k]) if j != k} == {"0"}


def test_a_gradient_at_numbers_is_a_number() -> None:
    numbers = dict(zip("12345", ("1/2", "3/4", "1/5", "1/2", "1/4"), strict=True))
    # (prediction - label)/3 and prediction·(1 - prediction)/3 of the training points
    found = ask(y_hat=numbers)
    assert found["gradient"] == {"vec": ["0", "-1/12", "-4/15", "0", "1/12"]}
    assert found["hessian_diagonal"] == {"vec": ["0", "1/16", "4/75", "0", "1/16"]}


def test_a_prediction_of_a_point_without_label_is_left_aside() -> None:
    found = solve("bce", {"y": {"1": 1, "2": 0}, "y_hat": {"1": "3/4", "2": "2/3", "3": "1/5"}, "held_out": []})
    assert found["accuracy"] == {"expr": "1/2"}
    assert float(read_exact(found["loss"]["expr"])) == pytest.approx(-(log(3 / 4) + log(1 / 3)) / 2)
