"""Family rnn: settings in the data, against the recurrence run in floats and its central differences."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symderiv.errors import SymderivError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.solving import solve, solve_all

PLAIN = "h = w*(u_t + h_prev)"
U = (0.7, -1.3, 0.4, 2.0)
POINT = {"w": 0.6, "h0": 0.5, "d": 1.5, **{f"u{k}": u for k, u in enumerate(U, 1)}}


def ask(**given: Any) -> dict[str, Any]:
    data = {"recurrence": PLAIN, "steps": 4, "h0": "0", "output": "h_4"} | given
    (result,) = solve_all([{"id": "x", "family": "rnn", "given": data}])["results"]
    assert "error" not in result, result
    return result["answer"]


def value(form: dict[str, str], **more: float) -> float:
    return float(read_exact(form["expr"], ANY_NAME).subs(POINT | more))


def run(weights: Any, start: float = 0.0, inputs: Any = U) -> float:
    h = start
    for w, u in zip(weights, inputs, strict=True):
        h = w * (u + h)
    return h


def slope(f: Callable[[float], float], at: float) -> float:
    return (f(at + 1e-6) - f(at - 1e-6)) / 2e-6


@pytest.mark.parametrize(
    ("given", "kept"),
    [({"truncate": 2}, 2), ({"window": 3}, 3), ({"truncation_length": 1}, 1), ({"detach": "h_2"}, 2),
     ({"stop_gradient": 3}, 1), ({"detach_at": "h_0"}, 4)],
)  # fmt: skip
def test_truncated_backpropagation_moves_the_last_weights_only(given: dict[str, Any], kept: int) -> None:
    found = ask(**given)
    expected = slope(lambda w: run([0.6] * (4 - kept) + [w] * kept), 0.6)
    assert value(found["dy_dw_truncated"]) == pytest.approx(expected, abs=1e-8)
    assert value(found["dy_dw"]) == pytest.approx(slope(lambda w: run([w] * 4), 0.6), abs=1e-8)


@pytest.mark.parametrize(("loss", "half"), [("squared error", 1), ("1/2 squared error", 0.5), ("MSE", 1)])
def test_a_loss_by_its_name_has_a_target(loss: str, half: float) -> None:
    found = ask(loss=loss, target="d")
    assert value(found["dL_dw"]) == pytest.approx(slope(lambda w: half * (run([w] * 4) - 1.5) ** 2, 0.6), abs=1e-7)
    with pytest.raises(SymderivError):
        solve("rnn", {"recurrence": PLAIN, "steps": 1, "loss": loss})


@pytest.mark.parametrize("given", [{"weights": ["w1", "w2", "w3", "w4"]}, {"tied": False}, {"untied": True}])
def test_a_weight_for_every_time_step(given: dict[str, Any]) -> None:
    found, weights = ask(**given), [0.6, -0.2, 1.1, 0.9]
    point = {f"w{k}": w for k, w in enumerate(weights, 1)}
    assert value(found["y"], **point) == pytest.approx(run(weights))
    expected = slope(lambda w: run([0.6, w, 1.1, 0.9]), -0.2)
    assert value(found["dy_dw2"], **point) == pytest.approx(expected, abs=1e-8)


def test_weights_as_numbers() -> None:
    found = ask(weights=["1/2", "2", "-1", "3"])
    assert value(found["y"]) == pytest.approx(run([0.5, 2, -1, 3]))


def test_the_last_state_by_the_first() -> None:
    found = ask(h0="h0")
    expected = slope(lambda h: run([0.6] * 4, h), 0.5)
    for name in ("dh_T_dh_0", "dh_4_dh_0", "dh4_dh0", "dy_dh0"):
        assert value(found[name]) == pytest.approx(expected, abs=1e-8)
    assert "dh_T_dh_0" not in ask(output="h_1 + h_4")


def test_the_future_is_refused() -> None:
    with pytest.raises(SymderivError, match="b_next"):
        solve("rnn", {"recurrence": "f = w*(u_t + f_prev); b = v*(u_t + b_next)", "steps": 3})
    with pytest.raises(SymderivError, match="b_next"):
        solve("rnn", {"recurrence": "b_t = v*(u_t + b_{t+1})", "steps": 3})


def test_an_input_one_time_step_earlier() -> None:
    found = ask(recurrence="h = w*u_t + d*u_prev + h_prev")
    assert value(found["y"]) == pytest.approx(sum(0.6 * u + 1.5 * v for u, v in zip(U, (0, *U[:-1]), strict=True)))
    told = ask(recurrence="h = w*u_t + d*u_{t-1} + h_prev", u0="2")
    assert value(told["y"]) == pytest.approx(value(found["y"]) + 3)


@pytest.mark.parametrize(
    "inputs",
    [{"u": {"1": "1", "2": "-2", "3": "0", "4": "5"}}, {"u": ["1", "-2", "0", "5"]}, {"inputs": [1, -2, 0, 5]},
     {"inputs": {"u1": 1, "u2": -2, "u3": 0, "u4": 5}}, {"u_1": 1, "u_2": -2, "u_3": 0, "u_4": 5}],
)  # fmt: skip
def test_numeric_inputs_in_many_spellings(inputs: dict[str, Any]) -> None:
    assert value(ask(**inputs)["y"]) == pytest.approx(run([0.6] * 4, inputs=(1, -2, 0, 5)))


def test_an_output_without_a_state_is_refused() -> None:
    with pytest.raises(SymderivError, match="'all'"):
        solve("rnn", {"recurrence": PLAIN, "steps": 3, "output": "all"})


W, V, B = np.array([[0.5, 1.0], [-1.0, 2.0]]), np.array([[1.0, -1.0], [0.0, 0.5]]), np.array([0.25, -0.5])
VECTORS = np.array([[1.0, 0.0], [0.0, 2.0], [0.5, 1.0]])
MATRICES: dict[str, Any] = {
    "W": [["1/2", 1], [-1, 2]], "V": [[1, -1], [0, "1/2"]], "b": ["1/4", "-1/2"], "u": [[1, 0], [0, 2], ["1/2", 1]],
    "c": "2",
}


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("h = W*(u_t + h_prev)", lambda u, h: W @ (u + h)),
        ("h = tanh(W@h_prev + V@u_t + b)", lambda u, h: np.tanh(W @ h + V @ u + B)),
        ("h = h_prev + c*sigmoid(W*u_t)", lambda u, h: h + 2 / (1 + np.exp(-(W @ u)))),
    ],
)
def test_vector_states_against_numpy(text: str, step: Callable[[Any, Any], Any]) -> None:
    used = {name: v for name, v in MATRICES.items() if re.search(rf"\b{name}(_t)?\b", text)}
    (result,) = solve_all([{"id": "x", "family": "rnn", "given": {"recurrence": text, "steps": 3, "output": "h_3",
                                                                "h0": ["1/3", "-1"], **used}}])["results"]  # fmt: skip
    assert "unread" not in result
    found = result["answer"]

    def last(inputs: Any, start: Any) -> Any:
        h = start
        for u in inputs:
            h = step(u, h)
        return h

    start = np.array([1 / 3, -1])
    read = np.vectorize(lambda entry: float(read_exact(entry)))
    assert read(np.array(found["y"]["vec"])) == pytest.approx(last(VECTORS, start))
    for k in range(2):
        moved = 1e-6 * np.eye(2)[k]
        by_start = (last(VECTORS, start + moved) - last(VECTORS, start - moved)) / 2e-6
        assert read(np.array(found["dh_T_dh_0"]["mat"]))[:, k] == pytest.approx(by_start, abs=1e-8)
        up, down = VECTORS.copy(), VECTORS.copy()
        up[0] += moved
        down[0] -= moved
        by_input = (last(up, start) - last(down, start)) / 2e-6
        assert read(np.array(found["dy_du1"]["mat"]))[:, k] == pytest.approx(by_input, abs=1e-8)


def test_a_symbolic_matrix() -> None:
    found = solve("rnn", {"recurrence": "h = W*h_prev", "steps": 2, "W": [["a", "1"], ["0", "c"]], "h0": ["x", "y"]})
    point = {"a": 2.0, "c": -3.0, "x": 0.5, "y": 1.5}
    expected = np.linalg.matrix_power(np.array([[2.0, 1], [0, -3]]), 2) @ [0.5, 1.5]
    assert [value({"expr": e}, **point) for e in found["y"]["vec"]] == pytest.approx(expected)


@pytest.mark.parametrize(
    "spoiled",
    [{"W": [[1, 2, 3], [4, 5, 6]]}, {"W": [[1]]}, {"u": [[1], [2]]}, {"output": "h_1 + h_2"}, {"output": "h_7"},
     {"recurrence": "h = W*W*u_t*h_prev"}, {"recurrence": "h = u_t*h_prev"}, {"h0": ["1"]}],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_refused(spoiled: dict[str, Any]) -> None:
    data = {"recurrence": "h = W*(u_t + h_prev)", "steps": 2, "W": [[1, 0], [0, 1]], "u": [[1, 0], [0, 1]]}
    with pytest.raises(SymderivError):
        solve("rnn", data | spoiled)


@pytest.mark.parametrize("recurrence", ["h = 1/(h_prev - h_prev)", "h = w*h_prev**w"])
def test_an_answer_without_a_value_is_an_error(recurrence):
    with pytest.raises(SymderivError, match="no value"):
        solve("rnn", {"recurrence": recurrence, "steps": 2})
