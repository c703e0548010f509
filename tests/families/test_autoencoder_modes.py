"""Variations of the autoencoder question: each mode by numerical minimisation, gradients by finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import minimize

from symderiv.errors import SymderivError
from symderiv.solving import solve


def number(form: Any) -> float:
    if isinstance(form, str):
        return float(sp.sympify(form))
    return float(form["num"]) if "num" in form else float(sp.sympify(form["expr"]))


def best(value: float, first: float, second: float, ridge: float = 0, nuclear: float = 0, tied: bool = False) -> Any:
    """The least of σ²(1-ab)² + λ1a² + λ2b² + ρ(ab)² + ν|ab| over a grid of starts."""

    def cost(v: np.ndarray) -> float:
        a, b = (v[0], v[0]) if tied else v
        return value * (1 - a * b) ** 2 + first * a * a + second * b * b + ridge * (a * b) ** 2 + nuclear * abs(a * b)

    starts = ([1.0, 1.0], [0.4, 1.5], [0.05, 0.05], [0.0, 0.0])
    runs = [minimize(cost, s, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14}) for s in starts]
    found = min(runs, key=lambda r: r.fun)
    a, b = (found.x[0], found.x[0]) if tied else found.x
    return found.fun, a * b, a * a, b * b


# given -> the arguments of ``best``, and whether the two factors are determined
CASES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"data_eigenvalue": "4", "lambda": "1/2"}, {"value": 4, "first": 0.5, "second": 0.5}, True),
    ({"data_eigenvalue": "4", "penalty_W1": "1/2", "penalty_W2": "2"}, {"value": 4, "first": 0.5, "second": 2}, True),
    ({"data_eigenvalue": "1", "lambda": "2"}, {"value": 1, "first": 2, "second": 2}, True),
    ({"sigma": "3", "lambda": "1"}, {"value": 9, "first": 1, "second": 1}, True),
    ({"data_eigenvalue": "4", "lambda": "1/2", "penalty": "product"}, {"value": 4, "first": 0, "second": 0, "ridge": 0.5},
     False),
    ({"data_eigenvalue": "4", "lambda": "1/2", "task": "Penalty lambda||W2 W1||_F^2 instead."},
     {"value": 4, "first": 0, "second": 0, "ridge": 0.5}, False),
    ({"data_eigenvalue": "4", "penalty_product": "1"}, {"value": 4, "first": 0, "second": 0, "ridge": 1}, False),
    ({"data_eigenvalue": "4", "lambda": "1", "penalty": "nuclear"}, {"value": 4, "first": 0, "second": 0, "nuclear": 1},
     False),
    ({"data_eigenvalue": "4", "lambda": "1", "task": "Nuclear norm penalty lambda||W2W1||_*"},
     {"value": 4, "first": 0, "second": 0, "nuclear": 1}, False),
    ({"data_eigenvalue": "4", "noise_variance": "1"}, {"value": 4, "first": 0, "second": 0, "ridge": 1}, False),
    ({"data_eigenvalue": "4", "noise_variance": "1", "lambda": "1/2"},
     {"value": 4, "first": 0.5, "second": 0.5, "ridge": 1}, True),
    ({"data_eigenvalue": "4", "lambda": "1", "penalty_product": "2"},
     {"value": 4, "first": 1, "second": 1, "ridge": 2}, True),
    ({"data_eigenvalue": "4", "tied": True, "penalty_W1": "1"}, {"value": 4, "first": 1, "second": 0, "tied": True}, True),
    ({"data_eigenvalue": "4", "tied": True, "lambda": "1", "task": "Penalty lambda||W||^2 on the tied matrix."},
     {"value": 4, "first": 1, "second": 0, "tied": True}, True),
    ({"data_eigenvalue": "4", "lambda": "1", "task": "Tied weights W2 = W1^T, both penalised."},
     {"value": 4, "first": 1, "second": 1, "tied": True}, True),
    ({"data_eigenvalue": "4", "lambda": "1", "task": "Tied weights W2=W1^T with 2*lambda||W1||_F^2."},
     {"value": 4, "first": 1, "second": 1, "tied": True}, True),
    ({"data_eigenvalue": "4", "task": "W2 = W1^T: minimise sigma2 (1-a^2)^2 + lambda a^2 at lambda = 1."},
     {"value": 4, "first": 1, "second": 0, "tied": True}, True),
    ({"data_eigenvalue": "4", "lambda": "1/2", "task": "Nuclear norm: the least of lambda(||W1||_F^2+||W2||_F^2) over the "
      "factorisations is 2 lambda ||W2 W1||_*."}, {"value": 4, "first": 0.5, "second": 0.5}, True),
    ({"data_eigenvalue": "4", "noise_variance": "1", "task": "Denoising, no weight decay."},
     {"value": 4, "first": 0, "second": 0, "ridge": 1}, False),
    ({"data_eigenvalue": "4", "task": "(1/n)||X - W2 W1 X||_F^2 + lambda ||W1||_F^2 + lambda ||W2||_F^2, lambda=1/2"},
     {"value": 4, "first": 0.5, "second": 0.5}, True),
    ({"data_eigenvalue": "4", "penalty_code": "1/4", "penalty_W2": "1/2"}, {"value": 4, "first": 1, "second": 0.5}, True),
    ({"data_eigenvalue": "4", "weight_decay": "1"}, {"value": 4, "first": 0.5, "second": 0.5}, True),
    ({"data_eigenvalue": "4", "penalty": "none"}, {"value": 4, "first": 0, "second": 0}, False),
    ({"data_eigenvalue": "4", "tied": True, "penalty_W": "1"}, {"value": 4, "first": 1, "second": 0, "tied": True}, True),
    ({"data_eigenvalue": "4", "lambda": "1", "task": "Objective with lambda/2 ||W1||^2 + lambda/2 ||W2||^2"},
     {"value": 4, "first": 0.5, "second": 0.5}, True),
    ({"data_eigenvalue": "4", "lambda": "1/2", "task": "(1/n)||X - W2 W1 X||_F^2 + lambda||W1||_F^2 + 4*lambda||W2||_F^2"},
     {"value": 4, "first": 0.5, "second": 2}, True),
    ({"data_eigenvalue": "4", "lambda": "1", "task": "Nuclear norm penalty 2*lambda||W2 W1||_*"},
     {"value": 4, "first": 0, "second": 0, "nuclear": 2}, False),
    ({"data_eigenvalue": "4", "lambda": "1", "task": "Penalty (3/2)*lambda||W2W1||_F^2"},
     {"value": 4, "first": 0, "second": 0, "ridge": 1.5}, False),
]  # fmt: skip


@pytest.mark.parametrize(("given", "mode", "fixed"), CASES)
def test_one_mode(given: dict[str, Any], mode: dict[str, Any], fixed: bool) -> None:
    answer = solve("autoencoder", given)
    minimum, product, a2, b2 = best(**mode)
    assert np.isclose(number(answer["mode_minimum"]), minimum, atol=1e-8)
    assert np.isclose(number(answer["W2W1_eigenvalue"]), product, atol=1e-4)
    assert answer["factors_determined_up_to_rotation"] is fixed
    assert answer["symmetry_group"] == {"label": "O(k)" if fixed else "GL(k)"}
    assert answer["active"] is bool(product > 1e-4)
    if fixed:
        assert np.allclose([number(answer["a2"]), number(answer["b2"])], [a2, b2], atol=1e-4)
        assert np.isclose(number(answer["code_variance"]), a2 * mode["value"], atol=1e-3)
    else:
        assert "a2" not in answer


@pytest.mark.parametrize("given", [
    {"data_eigenvalue": "4", "penalty_W1": "1"}, {"data_eigenvalue": "4", "lambda": "1", "penalty": "W1"},
    {"data_eigenvalue": "4", "lambda": "1", "task": "Penalty only on W1: infimum?"},
    {"data_eigenvalue": "4", "penalty_W1": "0", "penalty_W2": "1"},
])  # fmt: skip
def test_a_penalty_on_one_factor_is_not_attained(given: dict[str, Any]) -> None:
    answer = solve("autoencoder", given)
    assert answer["attained"] is False and number(answer["infimum"]) == 0 and "a2" not in answer
    # an encoder of size t with a decoder of size 1/t costs as little as one likes
    assert min(4 * (1 - t * (1 / t)) ** 2 + t * t for t in (1.0, 0.1, 0.001)) < 1e-5


def test_the_task_decides_what_the_data_leave_open() -> None:
    value, lam = sp.symbols("sigma2 lam")
    factors = solve("autoencoder", {"data_eigenvalue": "sigma2", "task": "Eigenvalue of W2W1 for the penalty in (21)."})
    product = solve("autoencoder", {"data_eigenvalue": "sigma2", "task": "Penalty lambda*||W_2 W_1||_F^2."})
    assert sp.simplify(sp.sympify(factors["W2W1_eigenvalue"]["expr"]) - (1 - lam / value)) == 0
    assert sp.simplify(sp.sympify(product["W2W1_eigenvalue"]["expr"]) - value / (value + lam)) == 0
    assert factors["active_iff"] == {"text": "sigma2 > lam"}


def test_several_modes() -> None:
    answer = solve("autoencoder", {"data_eigenvalue": ["4", "1", "1/4", "1/8"], "lambda": "1/2", "k": 3})
    each = [best(v, 0.5, 0.5) for v in (4, 1, 0.25)]
    assert answer["active_modes"] == [True, True, False] and answer["rank"] == 2
    assert np.allclose([number(v) for v in answer["W2W1_eigenvalue"]["vec"]], [m[1] for m in each], atol=1e-4)
    assert np.allclose([number(v) for v in answer["a2"]["vec"]], [m[2] for m in each], atol=1e-4)
    assert np.isclose(number(answer["total_minimum"]), sum(m[0] for m in each) + 0.125)


def test_the_whole_map_of_data_is_a_shrunk_projection() -> None:
    x = np.array([[2.0, 0, 1], [0, 1, 1]])
    values, vectors = np.linalg.eigh(x @ x.T / 3)
    kept = best(values[-1], 0.1, 0.1)[1] * np.outer(vectors[:, -1], vectors[:, -1])
    found = solve("autoencoder", {"X": [[2, 0, 1], [0, 1, 1]], "lambda": "1/10", "k": 1})["W2W1"]["mat"]
    assert np.allclose([[number(v) for v in row] for row in found], kept, atol=1e-4)
    # of two equal eigenvalues one code may keep any direction
    assert "W2W1" not in solve("autoencoder", {"covariance": [[1, 0], [0, 1]], "lambda": "1/10", "k": 1})


@pytest.mark.parametrize(("first", "second"), [("1", "1"), ("4", "1"), ("1/9", "1/4")])
def test_factors_as_the_penalties_shrink_in_one_ratio(first: str, second: str) -> None:
    given = {"data_eigenvalue": "3", "penalty_W1": f"{first}*lam", "penalty_W2": f"{second}*lam"}
    answer = solve("autoencoder", given)
    _, _, a2, b2 = best(3, 1e-2 * number(first), 1e-2 * number(second))
    assert np.allclose([number(answer["limit_a2"]), number(answer["limit_b2"])], [a2, b2], rtol=2e-2)
    assert answer["orthonormal_bias"] is bool(abs(b2 - 1) < 2e-2)


def test_the_penalty_that_switches_every_mode_off() -> None:
    answer = solve("autoencoder", {"data_eigenvalues": ["4", "2", "1/2"], "lambda": "lam", "m": 10, "k": 3})
    largest = number(answer["lambda_max"])
    assert best(4, largest * 0.999, largest * 0.999)[1] > 1e-4 > best(4, largest * 1.001, largest * 1.001)[1]
    assert answer["parameters"] == np.zeros((3, 10)).size + np.zeros((10, 3)).size


def test_eigenvalues_of_data_and_of_a_covariance() -> None:
    data = solve("autoencoder", {"X": [[2, 0, 1], [0, 1, 1]], "lambda": "1/10"})
    x = np.array([[2.0, 0, 1], [0, 1, 1]])
    exact = sorted(np.linalg.eigvalsh(x @ x.T / 3), reverse=True)
    assert np.allclose([number(v) for v in data["eigenvalues"]["vec"]], exact)
    direct = solve("autoencoder", {"covariance": [["5/3", "1/3"], ["1/3", "2/3"]], "lambda": "1/10"})
    assert direct == data


@pytest.mark.parametrize(("layers", "penalties"), [
    (3, "1/10"), (4, "1/5"), (3, "5"), (2, "1/10"), (3, ["1/10", "1/5", "1/2"]), (2, ["1/10", "1/5"]),
])  # fmt: skip
def test_layers(layers: int, penalties: Any) -> None:
    answer = solve("autoencoder", {"layers": layers, "data_eigenvalue": "4", "lambda": penalties})
    lams = [number(p) for p in (penalties if isinstance(penalties, list) else [penalties] * layers)]

    def cost(s: np.ndarray) -> float:
        return float(4 * (1 - np.prod(s)) ** 2 + np.dot(lams, s * s))

    runs = [minimize(cost, np.full(layers, start), tol=1e-13) for start in (1.0, 0.0)]
    found = min(runs, key=lambda r: r.fun)
    assert np.isclose(number(answer["minimum"]), found.fun, atol=1e-8)
    assert np.isclose(number(answer["product"]), np.prod(found.x), atol=1e-5)
    if isinstance(penalties, list):
        assert np.allclose([number(v) for v in answer["singular_values"]["vec"]], found.x, atol=1e-4)
        assert "s" not in answer
    else:
        assert np.allclose(number(answer["s"]), found.x, atol=1e-5)


def test_layers_of_several_modes_and_numbered_penalties() -> None:
    answer = solve("autoencoder", {"layers": 3, "data_eigenvalues": ["4", "1/10"], "lambda": "1/10"})
    single = solve("autoencoder", {"layers": 3, "data_eigenvalue": "4", "lambda": "1/10"})
    assert answer["active"] == [True, False] and np.isclose(number(answer["s"]["vec"][0]), number(single["s"]))
    listed = solve("autoencoder", {"layers": 3, "data_eigenvalue": "4", "lambda": ["1/10", "1/5", "1/2"]})
    assert listed == solve(
        "autoencoder", {"layers": 3, "data_eigenvalue": "4", "lambda1": "1/10", "lambda2": "1/5", "lambda3": "1/2"}
    )


@pytest.mark.parametrize("given", [
    {"penalty_W1": "1/10", "penalty_W2": "1/5"}, {"lambda": "1/2"}, {"lambda": "1/2", "penalty_product": "3"},
])  # fmt: skip
def test_gradients_and_a_step(given: dict[str, Any]) -> None:
    x, w1, w2 = [[1, 2], [0, 1], [1, -1]], [["1", "0", "1/2"], ["0", "1", "0"]], [["1", "0"], ["1/3", "1"], ["0", "2"]]
    answer = solve("autoencoder", {"X": x, "W1": w1, "W2": w2, "lr": "1/10", **given})
    first, second = (number(given.get(name, given.get("lambda", "0"))) for name in ("penalty_W1", "penalty_W2"))
    data = np.array(x, float)
    start = [np.array([[number(v) for v in row] for row in m]) for m in (w1, w2)]

    def cost(a: np.ndarray, b: np.ndarray) -> float:
        rest = data - b @ a @ data
        ridge = number(given.get("penalty_product", "0")) * ((b @ a) ** 2).sum()
        return float((rest**2).sum() / 2 + first * (a**2).sum() + second * (b**2).sum() + ridge)

    assert np.isclose(number(answer["loss"]), cost(*start))
    for place, name in enumerate(("W1", "W2")):
        slope = np.zeros_like(start[place])
        for spot in np.ndindex(slope.shape):
            ends = []
            for sign in (1, -1):
                moved = [m.copy() for m in start]
                moved[place][spot] += sign * 1e-5
                ends.append(cost(*moved))
            slope[spot] = (ends[0] - ends[1]) / 2e-5
        shown = np.array([[number(v) for v in row] for row in answer[f"grad_{name}"]["mat"]])
        moved_by_step = np.array([[number(v) for v in row] for row in answer[f"{name}_new"]["mat"]])
        assert np.allclose(shown, slope, atol=1e-6)
        assert np.allclose(moved_by_step, start[place] - slope / 10, atol=1e-6)


def test_gradient_of_one_mode() -> None:
    answer = solve("autoencoder", {"data_eigenvalue": "sigma2", "a": "a", "b": "b", "lambda": "lam"})
    value, lam, a, b = sp.symbols("sigma2 lam a b")
    cost = value * (1 - a * b) ** 2 + lam * (a**2 + b**2)
    for name, symbol in (("grad_a", a), ("grad_b", b)):
        assert sp.expand(sp.sympify(answer[name]["expr"]) - cost.diff(symbol)) == 0


@pytest.mark.parametrize("given", [
    {"data_eigenvalue": "4", "activation": "relu"}, {"data_eigenvalue": "4", "lambda": "1", "task": "ReLU autoencoder"},
    {"data_eigenvalue": "4", "lambda": "-1"}, {"data_eigenvalue": "-4"}, {"data_eigenvalue": ["1", "2"], "k": 1},
    {"data_eigenvalue": "4", "tied": True, "lambda": "1"}, {"data_eigenvalue": "4", "lambda": "1", "penalty": "entropy"},
    {"layers": 3, "data_eigenvalue": "4", "lambda": ["1", "2"]}, {"layers": 3, "data_eigenvalue": "4", "penalty_W1": "1"},
    {"layers": 3, "data_eigenvalue": "4", "lambda": "1", "noise_variance": "1"}, {"W1": [[1]]}, {"W1": [[1]], "W2": [[1]]},
    {"W1": [[1, 0]], "W2": [[1]], "X": [[1], [2]]}, {"data_eigenvalue": "__import__('os')"}, {"covariance": [[1, 2], [3, 1]]},
    {"data_eigenvalue": "4", "penalty": "elastic"}, {"data_eigenvalue": "4", "penalty_W": "1"},
    {"data_eigenvalue": "4", "penalty_W1": "1", "penalty_W2": "1", "task": "lambda/2 ||W1||^2 + lambda/2 ||W2||^2"},
    {"data_eigenvalue": "4", "lambda": ["1"]},
    {"task": "Penalty lambda(||W1||_F^2 + ||W2||_F^2)^2"}, {"task": "Penalty lambda||W1||_F^2||W2||_F^2"},
    {"task": "Quartic penalty lambda(a^4 + b^4)"}, {"task": "Penalty lambda||W1 - I||^2 + lambda||W2||^2"},
    {"task": "1/2||X - W2W1X||^2 + lambda||W1||^2 + lambda||W2||^2"}, {"penalty": "code", "lambda": "1"},
    {"task": "Penalty lambda||W1||_F + lambda||W2||_F^3"}, {"layers": 0, "data_eigenvalue": "4"}, {"data_eigenvalue": []},
])  # fmt: skip
def test_what_is_not_understood_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SymderivError):
        solve("autoencoder", given)
