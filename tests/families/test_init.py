"""Family init: factors against random networks and powers, Jacobians against NumPy, the official ticks of the exam."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symderiv.errors import SymderivError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.solving import solve, solve_all


def ask(task: str = "", **given: Any) -> dict[str, Any]:
    (result,) = solve_all([{"id": "x", "family": "init", "task": task, "given": given}])["results"]
    assert "error" not in result, result
    return result["answer"]


def numbers(form: Any, **point: float) -> Any:
    nested = form.get("expr", form.get("vec", form.get("mat")))
    read = np.vectorize(lambda text: float(read_exact(text, ANY_NAME).subs(point)))
    return read(np.array(nested, dtype=object))


def test_a_symbolic_depth_has_the_values_of_whole_ones() -> None:
    found = ask(layers="L", activation="relu", var="3/n")
    for depth in (1, 4):
        assert numbers(found["xavier"], L=depth) == 0.5**depth
        assert numbers(found["factor"], L=depth) == 1.5**depth
        assert numbers(found["ratio"], L=depth) == 2**depth


def test_one_fan_is_also_the_other() -> None:
    for fan in ("fan_in", "fan_out"):
        found = ask(**{fan: 64}, activation="relu")
        assert numbers(found["he"]) == 1 and numbers(found["std_he"]) == pytest.approx(np.sqrt(2 / 64))


def test_a_uniform_law_by_its_variance() -> None:
    found = ask("He initialization with a uniform law U(-a, a).", fan_in=24, activation="relu")
    grid = (np.arange(100_000) + 0.5) / 50_000 - 1
    assert np.var(float(numbers(found["a"])) * grid) == pytest.approx(2 / 24, rel=1e-4)
    assert numbers(ask(fan_in=3, fan_out=5)["xavier_limit"]) == pytest.approx(np.sqrt(6 / 8))


def test_the_bound_of_a_sigmoid_chain() -> None:
    slope = max(np.exp(-z) / (1 + np.exp(-z)) ** 2 for z in np.linspace(-5, 5, 1001))
    assert numbers(ask(layers=6, activation="sigmoid")["bound"]) == pytest.approx(slope**6)
    assert numbers(ask(layers=6, activation="sigmoid", weight="3")["bound"]) == pytest.approx((3 * slope) ** 6)


def test_the_variance_that_preserves_against_a_random_layer() -> None:
    slope = read_exact(ask(activation="leaky_relu", slope="1/2", n=400)["variance"]["expr"])
    rng = np.random.default_rng(0)
    a = rng.standard_normal((400, 2000))
    z = rng.standard_normal((400, 400)) * float(slope) ** 0.5 @ a
    assert np.mean(np.where(z > 0, z, z / 2) ** 2) == pytest.approx(np.mean(a**2), rel=0.03)


J = np.array([[-0.5, 0.0], [0.0, 2.0]])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"J": "I/2", "blocks": 3}, 1.5**3), ({"J": "I", "alpha": "1/10", "layers": 10}, 1.1**10),
        ({"J": ["I/2", "-I/3", "-I"]}, 0), ({"Js": ["1/2", "-1/3"]}, 1.0), ({"J": "I/2", "skip": "0"}, 0.5),
        ({"J": "diag(-1/2, 2)", "blocks": 2}, np.linalg.matrix_power(np.eye(2) + J, 2)),
        ({"J": [["-1/2", "0"], ["0", "2"]], "branch_scale": "1/2"}, np.eye(2) + J / 2),
    ],
)
def test_residual_blocks(given: dict[str, Any], expected: Any) -> None:
    found = ask(**given)
    assert numbers(found["gradient"]) == pytest.approx(expected)
    assert found["skip_guarantees_gradient"] is bool(np.linalg.det(np.atleast_2d(expected)) != 0)
    assert "growth" not in found


@pytest.mark.parametrize("given", [{"J": "j*I"}, {"J": [["a", "0"], ["0", "1"]]}])
def test_no_guarantee_is_told_for_symbols(given: dict[str, Any]) -> None:
    assert "skip_guarantees_gradient" not in ask(**given)


def test_a_weight_many_times() -> None:
    assert numbers(ask(layers=50, activation="linear", weight="9/10")["gradient"]) == pytest.approx(0.9**50)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"gradient": ["3", "4"], "max_norm": "1"}, [0.6, 0.8]), ({"g": ["3", "4"], "clip_norm": "10"}, [3, 4]),
        ({"gradient": ["3", "-4"], "clip_value": "7/2"}, [3, -3.5]), ({"gradient": ["0", "0"], "clip": "1"}, [0, 0]),
    ],
)
def test_clipped_gradients(given: dict[str, Any], expected: list[float]) -> None:
    found = ask(**given)
    assert numbers(found["clipped"]) == pytest.approx(expected)
    assert numbers(found["clipped_norm"]) == pytest.approx(np.linalg.norm(expected))


def test_the_techniques_of_the_exam_as_officially_ticked() -> None:
    names = ["He Initialization (relative to Xavier Init)", "Skip/Residual Connections", "Batch Normalization"]
    found = ask(tools=names)
    assert [found[name]["words"] for name in names] == [["vanishing"], ["vanishing"], ["vanishing", "exploding"]]
    assert (found["vanishing"]["words"], found["exploding"]["words"]) == (names, names[2:])
    assert ask(technique="batchnorm")["exploding"] is True


@pytest.mark.parametrize(
    "given",
    [{"tricks": ["prayer"]}, {"gradient": ["1"], "max_norm": "-1"}, {"J": "diag(1,)"}, {"J": "I", "blocks": 0},
     {"layers": "-2", "activation": "relu"}, {"layers": "L + 1", "activation": "relu"}, {"max_norm": "1"}],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SymderivError):
        solve("init", given)
