"""Family batchnorm: settings in the data and in the task, against NumPy, samples' moments and finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symderiv.errors import SymderivError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.solving import solve, solve_all

X = [1.0, 2.0, 3.0, 6.0]
DATA: dict[str, Any] = {"x": ["1", "2", "3", "6"], "gamma": "2", "beta": "1", "epsilon": "1/2"}


def ask(task: str = "", **given: Any) -> dict[str, Any]:
    (result,) = solve_all([{"id": "x", "family": "batchnorm", "task": task, "given": given}])["results"]
    assert "error" not in result, result
    return result["answer"]


def numbers(form: Any) -> Any:
    nested = form.get("expr", form.get("vec", form.get("mat")))
    read = np.vectorize(lambda text: float(read_exact(text, ANY_NAME)))
    return read(np.array(nested, dtype=object))


def normalized(x: Any, gamma: float = 2, beta: float = 1, epsilon: float = 0.5, ddof: int = 0, axis: int = 0) -> Any:
    x = np.asarray(x, float)
    centred = x - x.mean(axis=axis, keepdims=True)
    return gamma * centred / np.sqrt(x.var(axis=axis, ddof=ddof, keepdims=True) + epsilon) + beta


@pytest.mark.parametrize(
    ("task", "given", "expected"),
    [
        ("", {}, normalized(X)), ("", {"ddof": 1}, normalized(X, ddof=1)),
        ("Unbiased variance (m-1).", {}, normalized(X, ddof=1)),
        ("Biased, not unbiased variance.", {}, normalized(X)),
        ("", {"running_mean": "9", "running_var": "4", "mode": "train"}, normalized(X)),
        ("", {"running_mean": "9", "running_var": "4"}, 2 * (np.array(X) - 9) / np.sqrt(4.5) + 1),
        ("", {"input_scale": "-2", "input_shift": "7"}, normalized([7 - 2 * v for v in X])),
        ("", {"norm": "rms"}, 2 * np.array(X) / np.sqrt(np.mean(np.square(X)) + 0.5) + 1),
    ],
)
def test_settings_of_a_batch(task: str, given: dict[str, Any], expected: Any) -> None:
    assert numbers(ask(task, **(DATA | given))["y"]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["dL_dy", "upstream", "dy"])
def test_gradients_against_differences(name: str) -> None:
    flow = np.array([1.0, 0.0, -1.0, 3.0])
    found = ask(**DATA, **{name: ["1", "0", "-1", "3"]})
    steps = 1e-6 * np.eye(4)
    slopes = [(flow @ normalized(X + s) - flow @ normalized(X - s)) / 2e-6 for s in steps]
    assert numbers(found["dL_dx"]) == pytest.approx(slopes, abs=1e-8)
    assert numbers(found["dL_dgamma"]) == pytest.approx(flow @ (normalized(X) - 1) / 2)
    assert numbers(found["dL_dbeta"]) == 3 and numbers(found["d_bias"]) == pytest.approx(0, abs=1e-12)


def test_weights_before_the_layer_scaled() -> None:
    found = ask(**DATA, weight_scale="10")
    old, new = normalized(X), normalized([10 * v for v in X])
    assert numbers(found["y_scaled"]) == pytest.approx(new)
    assert numbers(found["output_factor"]) == pytest.approx((new[0] - 1) / (old[0] - 1))


@pytest.mark.parametrize(
    ("task", "given", "axis"),
    [("", {}, 0), ("", {"norm": "layer"}, 1), ("", {"axis": 1}, 1), ("Layer norm instead of batch norm.", {}, 1),
     ("Batch norm, not layer norm.", {}, 0)],
)  # fmt: skip
def test_which_way_a_matrix_is_normalised(task: str, given: dict[str, Any], axis: int) -> None:
    rows = [[1, 3, 2], [2, 8, 2], [5, 1, 0]]
    found = ask(task, x=rows, gamma="2", beta="1", epsilon="1/2", **given)
    assert numbers(found["y"]) == pytest.approx(normalized(rows, axis=axis))
    assert numbers(found["y_layernorm"]) == pytest.approx(normalized(rows, axis=1))


def test_a_constant_row_is_no_obstacle_to_columns() -> None:
    rows = [[1, 3], [2, 9], [3, 3]]
    found = ask(x=rows, epsilon="0")
    assert numbers(found["y"]) == pytest.approx(normalized(rows, 1, 0, 0)) and "y_layernorm" not in found
    with pytest.raises(SymderivError):
        solve("batchnorm", {"x": rows, "epsilon": "0", "norm": "layer"})


@pytest.mark.parametrize(
    ("task", "momentum", "old", "ddof"),
    [
        ("Momentum in PyTorch's convention.", "1/10", 0.9, 1), ("", "1/4", 0.75, 1),
        ("new = momentum*running + (1-momentum)*batch", "9/10", 0.9, 1),
        ("9/10 old + 1/10 batch, biased variance", "9/10", 0.9, 0), ("Decay convention.", "9/10", 0.9, 1),
    ],
)
def test_running_averages_over_batches(task: str, momentum: str, old: float, ddof: int) -> None:
    batches, mean, variance = [[1.0, 3.0], [5.0, 9.0]], 0.0, 1.0
    for batch in batches:
        mean = old * mean + (1 - old) * float(np.mean(batch))
        variance = old * variance + (1 - old) * float(np.var(batch, ddof=ddof))
    found = ask(task, batches=[["1", "3"], ["5", "9"]], running_mean="0", running_var="1", momentum=momentum)
    assert (numbers(found["running_mean"]), numbers(found["running_var"])) == (
        pytest.approx(mean), pytest.approx(variance))  # fmt: skip
    told = ask(task, batch_mean="2", batch_var="5", running_mean="0", running_var="1", momentum=momentum)
    assert numbers(told["running_var"]) == pytest.approx(old + (1 - old) * 5)


def test_inference_is_an_affine_map_and_folds_into_a_layer() -> None:
    layer = {"running_mean": "2", "running_var": "9", "gamma": "6", "beta": "1", "epsilon": "7"}
    found = ask(**layer)
    at = {x: 6 * (x - 2) / 4 + 1 for x in (0, 1)}
    assert (numbers(found["scale"]), numbers(found["shift"])) == (at[1] - at[0], at[0])
    folded = ask(**layer, w=["3", "-1"], b="1/2")
    for point in ([0, 0], [1, 0], [2, 5]):
        before = 3 * point[0] - point[1] + 0.5
        assert numbers(folded["w"]) @ point + numbers(folded["b"]) == pytest.approx(6 * (before - 2) / 4 + 1)


@pytest.mark.parametrize(
    ("given", "samples"),
    [
        ({"distribution": "uniform", "low": "0", "high": "6"}, (np.arange(100_000) + 0.5) * 6 / 100_000),
        ({"distribution": "uniform", "range": ["0", "6"]}, (np.arange(100_000) + 0.5) * 6 / 100_000),
        ({"distribution": "bernoulli", "p": "1/4"}, np.array([0, 0, 0, 1])),
        ({"distribution": "exponential", "rate": "2"}, -np.log1p(-(np.arange(10**6) + 0.5) / 10**6) / 2),
    ],
)
def test_named_laws_against_their_quantiles(given: dict[str, Any], samples: Any) -> None:
    found = ask(**given, gamma="-2", beta="1", epsilon="1/2")
    y = normalized(samples, gamma=-2)
    assert numbers(found["mean"]) == 1 and found["gaussian"] is False
    assert numbers(found["variance"]) == pytest.approx(y.var(), rel=1e-4)
    if "range" in found:
        assert numbers(found["range"]) == pytest.approx([y.min(), y.max()], rel=1e-4)


def test_gamma_and_beta_that_undo_the_layer() -> None:
    found = ask(mean="3/2", variance="4/25", epsilon="9/100")
    again = ask(mean="3/2", variance="4/25", epsilon="9/100", gamma=found["gamma"]["expr"], beta=found["beta"]["expr"])
    assert (again["mean"], again["variance"]) == ({"expr": "3/2"}, {"expr": "4/25"})


@pytest.mark.parametrize(
    "told",
    [{"covariance": [["4", "3"], ["3", "9"]]}, {"Sigma": [["4", "3"], ["3", "9"]]},
     {"variance": [["4", "3"], ["3", "9"]]}, {"sd": ["2", "3"], "rho": "1/2"}, {"variance": ["4", "9"], "rho": "1/2"}],
)  # fmt: skip
def test_a_joint_law_in_many_spellings(told: dict[str, Any]) -> None:
    found = ask(mean=["1", "2"], epsilon="0", gamma=["1", "2"], beta=["0", "1"], **told)
    scale = np.diag([1 / 2, 2 / 3])
    assert numbers(found["covariance"]) == pytest.approx(scale @ np.array([[4, 3], [3, 9]]) @ scale)
    assert numbers(found["mean"]).tolist() == [0, 1] and numbers(found["sd"]).tolist() == [1, 2]


@pytest.mark.parametrize(
    "given",
    [{"norm": "instance", "x": ["1", "2"]}, {"distribution": "cauchy"}, {"sd": "-1"}, {"mode": "warm", "x": ["1"]},
     {"sd": ["1", "2", "3"], "rho": "1/2"}, {"momentum": "1/2"}, {"gamma": ["1"], "sd": ["1", "2"]},
     {"x": ["1", "2"], "ddof": 2}, {"sd": ["1", "2"], "rho": "2"}, {"channels": -3}],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SymderivError):
        solve("batchnorm", given)


def test_training_and_inference_side_by_side() -> None:
    found = ask(**DATA, running_mean="9", running_var="4")
    assert numbers(found["y_train"]) == pytest.approx(normalized(X))
    assert numbers(found["y_eval"]) == pytest.approx(2 * (np.array(X) - 9) / np.sqrt(4.5) + 1)
    one = ask(x=["5"], running_mean="1", running_var="4", gamma="3", beta="2", epsilon="0")
    assert numbers(one["y_eval"]).tolist() == [8] and "y_train" not in one
