"""Variations of the ridge question: NumPy's least squares on stacked data, kept apart from the model's formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import minimize

from symderiv.errors import SymderivError
from symderiv.solving import solve

X = [[1, 2], [3, -1], [0, 1]]
Y = [1, 2, 3]
GAMMA = [["2", "1"], ["0", "1"]]
DATA, TARGET, PLAIN = np.array(X, float), np.array(Y, float), np.array([[2.0, 1.0], [0.0, 1.0]])
NORMS = np.diag(np.sqrt([10.0, 6.0]))


def number(text: str) -> float:
    return float(sp.sympify(text))


def vector(answer: dict[str, Any], name: str) -> np.ndarray:
    return np.array([number(v) for v in answer[name]["vec"]])


def matrix(answer: dict[str, Any], name: str) -> np.ndarray:
    return np.array([[number(v) for v in row] for row in answer[name]["mat"]])


def stacked(
    gamma: np.ndarray, strength: float = 1.0, prior: Any = (0, 0), root: np.ndarray | None = None
) -> np.ndarray:
    root = np.eye(3) if root is None else root
    upper = np.vstack([root @ DATA, np.sqrt(strength) * gamma])
    right = np.concatenate([root @ TARGET, np.sqrt(strength) * gamma @ np.array(prior, float)])
    return np.linalg.lstsq(upper, right, rcond=None)[0]


COVARIANCE = np.array([[2.0, 1, 0], [1, 2, 0], [0, 0, 1]])
WHITENING = np.linalg.inv(np.linalg.cholesky(COVARIANCE))
# given beside X and y -> w, and X̃ where the change of variables is determined
CASES: list[tuple[dict[str, Any], np.ndarray, np.ndarray | None]] = [
    ({"Gamma": ["2", "3"]}, stacked(np.diag([2.0, 3.0])), DATA @ np.diag([1 / 2, 1 / 3])),
    ({"Gamma": [["2", "0"], ["1", "1"]]}, stacked(np.array([[2.0, 0], [1, 1]])),
     DATA @ np.linalg.inv([[2.0, 0], [1, 1]])),
    ({"Gamma": "2"}, stacked(2 * np.eye(2)), DATA / 2),
    ({"Gamma": "3*I", "lambda": "1/2"}, stacked(3 * np.eye(2), 0.5), DATA / 3),
    ({"Gamma": "diag(2, 1/2)"}, stacked(np.diag([2, 0.5])), DATA @ np.diag([0.5, 2])),
    ({"Gamma": [["3/5", "-4/5"], ["4/5", "3/5"]], "lambda": "2"}, stacked(np.eye(2), 2),
     DATA @ np.array([[0.6, 0.8], [-0.8, 0.6]])),
    ({"Gamma": GAMMA, "lambda": "3"}, stacked(PLAIN, 3), DATA @ np.linalg.inv(PLAIN)),
    ({"Gamma": "column_norms"}, stacked(NORMS), DATA @ np.linalg.inv(NORMS)),
    ({"Gamma": "dropout", "p": "1/5"}, stacked(2 * NORMS), DATA @ np.linalg.inv(NORMS) / 2),
    ({"Gamma": [["1", "-1"]]}, stacked(np.array([[1.0, -1]])), None),
    ({"Gamma": "first_difference", "lambda": 4}, stacked(np.array([[1.0, -1]]), 4), None),
    ({"Gamma": [["1", "1"], ["1", "1"]]}, stacked(np.ones((2, 2))), None),
    ({"Gamma": [["1", "0"], ["0", "1"], ["1", "-1"]]}, stacked(np.array([[1.0, 0], [0, 1], [1, -1]])), None),
    ({"penalty_matrix": [["2", "1"], ["1", "3"]]}, stacked(np.linalg.cholesky([[2.0, 1], [1, 3]]).T), None),
    ({"penalty_matrix": ["4", "9"]}, stacked(np.diag([2.0, 3.0])), DATA @ np.diag([1 / 2, 1 / 3])),
    ({"Gamma1": GAMMA, "Gamma2": "identity", "lambda1": "1", "lambda2": "4"},
     stacked(np.vstack([PLAIN, 2 * np.eye(2)])), None),
    ({"Gamma": GAMMA, "weights": [1, 4, 9]}, stacked(PLAIN, root=np.diag([1.0, 2, 3])),
     np.diag([1.0, 2, 3]) @ DATA @ np.linalg.inv(PLAIN)),
    ({"Gamma": GAMMA, "noise_variances": [1, 4, 1]}, stacked(PLAIN, root=np.diag([1, 0.5, 1])),
     np.diag([1, 0.5, 1]) @ DATA @ np.linalg.inv(PLAIN)),
    ({"Gamma": GAMMA, "noise_covariance": COVARIANCE.astype(int).tolist()}, stacked(PLAIN, root=WHITENING),
     WHITENING @ DATA @ np.linalg.inv(PLAIN)),
    ({"Gamma": GAMMA, "A": [1, 2, 3], "task": "Weights inside: ||A(y-Xw)||^2 + ||Gamma w||^2"},
     stacked(PLAIN, root=np.diag([1.0, 2, 3])), None),
    ({"Gamma": GAMMA, "Sigma": COVARIANCE.astype(int).tolist(), "task": "Correlated noise."},
     stacked(PLAIN, root=WHITENING), WHITENING @ DATA @ np.linalg.inv(PLAIN)),
    ({"Gamma": GAMMA, "prior_mean": [1, -1], "lam": "2"}, stacked(PLAIN, 2, (1, -1)), DATA @ np.linalg.inv(PLAIN)),
    ({"prior_variance": "2", "noise_variance": "3"}, stacked(np.eye(2), 1.5), DATA),
    ({"prior_covariance": [["4", "0"], ["0", "9"]]}, stacked(np.diag([1 / 2, 1 / 3])), DATA @ np.diag([2.0, 3.0])),
    ({"prior_covariance": [["2", "1"], ["1", "2"]]},
     stacked(np.linalg.cholesky(np.linalg.inv([[2.0, 1], [1, 2]])).T), None),
    ({"Gamma": GAMMA, "task": "Strength lambda=5 now."}, stacked(PLAIN, 5), DATA @ np.linalg.inv(PLAIN)),
    ({"Gamma": GAMMA, "task": "||y-Xw||^2 + 1/2 ||Gamma w||^2"}, stacked(PLAIN, 0.5), DATA @ np.linalg.inv(PLAIN)),
]  # fmt: skip


@pytest.mark.parametrize(("given", "w", "changed"), CASES, ids=[" ".join(case[0]) for case in CASES])
def test_minimiser_and_changed_data(given: dict[str, Any], w: np.ndarray, changed: np.ndarray | None) -> None:
    answer = solve("tikhonov", {"X": X, "y": Y, **given})
    assert np.allclose(vector(answer, "w"), w)
    if changed is not None:
        assert np.allclose(matrix(answer, "X_tilde"), changed)
        # the plain ridge problem of the new data has the new minimiser, wherever the prior is shifted away
        new, right = matrix(answer, "X_tilde"), vector(answer, "y_tilde")
        ridge = np.linalg.solve(new.T @ new + number(answer["lambda"]["expr"]) * np.eye(2), new.T @ right)
        assert np.allclose(vector(answer, "w_tilde"), ridge)
    elif not answer["Gamma_invertible"] and "X_tilde" in answer:
        assert answer["X_tilde"] == {"label": "undefined"}


def test_singular_gamma_is_said() -> None:
    answer = solve("tikhonov", {"X": X, "y": Y, "Gamma": [["1", "2"], ["2", "4"]]})
    assert (answer["invertible"], answer["unique"], answer["X_tilde"]) == (False, True, {"label": "undefined"})
    flat = solve("tikhonov", {"X": [[1, 1]], "y": [2], "Gamma": [["1", "1"]]})
    assert flat["unique"] is False and np.allclose(vector(flat, "w_min_norm"), [0.5, 0.5]) and "w" not in flat


def test_symbolic_strength_and_diagonal() -> None:
    answer = solve("tikhonov", {"X": X, "y": Y, "Gamma": ["g1", "g2"], "lambda": "lambda"})
    at = {"g1": 2, "g2": 3, "lam": 5}
    found = [float(sp.sympify(v).subs(at)) for v in answer["w"]["vec"]]
    assert np.allclose(found, stacked(np.diag([2.0, 3.0]), 5))
    spoken = solve("tikhonov", {"X": X, "y": Y, "Gamma": GAMMA, "task": "||y-Xw||^2+lambda||Gamma w||^2, any lambda"})
    assert np.allclose([float(sp.sympify(v).subs(at)) for v in spoken["w"]["vec"]], stacked(PLAIN, 5))


def test_rescaled_data_have_columns_of_one_norm() -> None:
    answer = solve("tikhonov", {"X": X, "y": Y, "Gamma": "column_norms", "c": "7"})
    assert np.allclose(vector(answer, "column_norms"), 7) and answer["columns_have_equal_norm"] is True
    assert answer["lambda"] == {"expr": "49"}


def test_path() -> None:
    answer = solve("tikhonov", {"X": X, "y": Y, "Gamma": GAMMA, "lambda": [0, 1, "10"]})
    direct = np.array([stacked(PLAIN, strength) for strength in (0.0, 1.0, 10.0)])
    assert np.allclose(matrix(answer, "w_path"), direct)
    assert np.allclose(vector(answer, "norms"), np.linalg.norm(direct, axis=1))


def test_augmented_data_and_dual() -> None:
    answer = solve("tikhonov", {"X": X, "y": Y, "Gamma": GAMMA, "lambda": "4", "w0": [1, 2]})
    upper, right = matrix(answer, "X_augmented"), vector(answer, "y_augmented")
    assert np.allclose(np.linalg.lstsq(upper, right, rcond=None)[0], vector(answer, "w"))
    inner = np.linalg.inv(PLAIN.T @ PLAIN) @ DATA.T
    assert np.allclose(np.array([1, 2]) + inner @ vector(answer, "alpha"), vector(answer, "w"))
    assert np.allclose(vector(answer, "w_dual"), vector(answer, "w"))


@pytest.mark.parametrize("steps", [1, 3])
def test_gradient_and_steps(steps: int) -> None:
    given = {"X": X, "y": Y, "Gamma": GAMMA, "lambda": "2", "w": ["1", "-1"], "lr": "1/50", "steps": steps}
    answer = solve("tikhonov", given)

    def cost(w: np.ndarray) -> float:
        return float(((TARGET - DATA @ w) ** 2).sum() + 2 * ((PLAIN @ w) ** 2).sum())

    def slope(w: np.ndarray) -> np.ndarray:
        return np.array([(cost(w + e) - cost(w - e)) / 2e-4 for e in 1e-4 * np.eye(2)])

    w = np.array([1.0, -1.0])
    assert np.allclose(vector(answer, "gradient"), slope(w), atol=1e-6)
    assert np.isclose(number(answer["loss"]["expr"]), cost(w))
    for _ in range(steps):
        w = w - slope(w) / 50
    assert np.allclose(vector(answer, "w_next"), w, atol=1e-6)
    assert np.isclose(number(answer["minimum"]["expr"]), minimize(cost, w).fun)


def test_several_targets_at_once() -> None:
    answer = solve("tikhonov", {"X": X, "Y": [[1, 0], [2, 1], [3, -1]], "Gamma": GAMMA})
    inverse = np.linalg.inv(DATA.T @ DATA + PLAIN.T @ PLAIN) @ DATA.T
    assert np.allclose(matrix(answer, "w"), inverse @ np.array([[1.0, 0], [2, 1], [3, -1]]))


@pytest.mark.parametrize(
    ("task", "given", "fit", "strength"),
    [("1/2||y-Xw||^2 + 1/2||Gamma w||^2", {}, 1 / 2, 1 / 2), ("(1/n)||y-Xw||^2 + ||Gamma w||^2", {}, 1 / 3, 1),
     ("1/2 ||y - X w||^2 + lambda/2 ||Gamma w||^2", {"lambda": "4"}, 1 / 2, 2),
     ("(1/(2n))||y-Xw||^2 + lambda||Gamma w||^2", {"lambda": "1/5"}, 1 / 6, 1 / 5)],
)  # fmt: skip
def test_a_fit_averaged_or_halved(task: str, given: dict[str, Any], fit: float, strength: float) -> None:
    answer = solve("tikhonov", {"X": X, "y": Y, "Gamma": GAMMA, "task": task, **given})
    target = np.array(Y, dtype=float)
    best = minimize(lambda w: fit * np.sum((target - DATA @ w) ** 2) + strength * np.sum((PLAIN @ w) ** 2), [0.0, 0.0])
    assert np.allclose(vector(answer, "w"), best.x, atol=1e-5)
    assert "minimum" not in answer and "lambda" not in answer


def test_weights_of_the_changed_problem_are_carried_back_and_predict() -> None:
    answer = solve("tikhonov", {"X": X, "y": Y, "Gamma": GAMMA, "w_tilde": ["1", "1"], "x_new": ["3", "-1"]})
    w = np.linalg.inv(PLAIN) @ [1.0, 1.0]
    assert np.allclose(vector(answer, "w"), w) and np.isclose(number(answer["prediction"]["expr"]), w @ [3.0, -1.0])
    form = solve("tikhonov", {"X": X, "y": Y, "P": (PLAIN.T @ PLAIN).astype(int).tolist()})
    assert np.allclose(vector(form, "w"), np.linalg.solve(DATA.T @ DATA + PLAIN.T @ PLAIN, DATA.T @ Y))
    dropped = solve("tikhonov", {"X": X, "y": Y, "Gamma": "sqrt((1-p)/p)*diag(column_norms)", "p": "4/5"})
    assert np.allclose(vector(dropped, "column_norms"), np.sqrt(0.8 / 0.2))


def test_posterior_covariance() -> None:
    answer = solve("tikhonov", {"X": X, "y": Y, "prior_variance": "2", "noise_variance": "3"})
    assert np.allclose(matrix(answer, "posterior_covariance"), np.linalg.inv(DATA.T @ DATA / 3 + np.eye(2) / 2))


@pytest.mark.parametrize("given", [
    {"Gama": GAMMA}, {"Gamma": "third_difference"}, {"Gamma": "ones"}, {"Gamma": GAMMA, "lambda": "-1"}, {"Gamma": [["1"]]}, {"weights": [1, 2]}, {"w0": [1]},
    {"A": [1, 2, 3]}, {"Gamma": GAMMA, "task": "3||y-Xw||^2 + ||Gamma w||^2"}, {"prior_covariance": [[1, 1], [1, 1]]},
    {"Gamma": GAMMA, "task": "Lasso: ||y-Xw||^2 + ||w||_1"}, {"weights": [1, 1, 1], "noise_variances": [1, 1, 1]},
    {"noise_variance": 2}, {"Gamma": GAMMA, "task": "Minimise subject to w1 + w2 = 1."}, {"Sigma": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}, {"prior_variance": 2, "lambda": 1}, {"Gamma1": GAMMA}, {"Gamma": "__import__('os')"},
    {"Gamma": GAMMA, "w": [1, 2, 3], "lr": 1}, {"penalty_matrix": [[1, 2], [0, 1]]}, {"Gamma": GAMMA, "steps": 0, "w": [1, 1], "lr": 1},
    {"penalty_matrix": [[1, 2], [2, 1]]}, {"Gamma": "second_difference"}, {"covariance": [[1, 1, 0], [1, 1, 0], [0, 0, 1]]},
])  # fmt: skip
def test_what_is_not_understood_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SymderivError):
        solve("tikhonov", {"X": X, "y": Y, **given})
