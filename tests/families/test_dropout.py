"""Variations of the dropout question: the loss is expanded entry by entry and each variable's moments put in."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import minimize

from symderiv.errors import SymderivError
from symderiv.solving import solve

X = [[1, 2], [3, -1], [0, 1]]
Y = [1, 2, 3]
W = sp.symbols("w1 w2")
P, Q, S, P1, P2 = sp.symbols("p q s p1 p2")
NAMES = {
    "none": lambda i, j: f"r{i}_{j}", "row": lambda i, j: f"r{i}", "column": lambda i, j: f"r_{j}",
    "all": lambda i, j: "r",
}  # fmt: skip


def by_moments(shared: str, moments: Any, additive: bool = False) -> sp.Expr:
    """E of the expanded loss: each variable r to the power n becomes moments(i, j)[n]."""
    laws, residuals = {}, []
    for i, row in enumerate(X):
        residual = sp.Integer(Y[i])
        for j, entry in enumerate(row):
            r = sp.Symbol(NAMES[shared](i, j))
            laws[r] = moments(i, j)
            residual -= (entry + r if additive else entry * r) * W[j]
        residuals.append(residual)
    loss = sp.Poly(sum(r**2 for r in residuals), *laws)
    law = list(laws.values())
    return sp.expand(sum(c * sp.prod(law[v][n] for v, n in enumerate(powers)) for powers, c in loss.terms()))


def two_point(value: sp.Expr, chance: sp.Expr) -> list[sp.Expr]:
    return [sp.S.One, value * chance, value**2 * chance]


def formula(answer: dict[str, Any], name: str) -> sp.Expr:
    # the names in the answers are symbols, and nothing else is in them
    return sp.sympify(answer[name]["expr"], locals={"S": S, "Q": Q})


HALF, QUARTER = sp.Rational(1, 2), sp.Rational(1, 4)
CASES: dict[str, tuple[dict[str, Any], str, Any, bool]] = {
    "inverted": ({"dist": "bernoulli", "keep": "p", "rescale": "1/p"}, "none", lambda i, j: two_point(1 / P, P), False),
    "inverted in a word": ({"dist": "inverted_bernoulli", "p": "q"}, "none", lambda i, j: two_point(1 / Q, Q), False),
    "drop rate": ({"dist": "bernoulli", "drop": "q"}, "none", lambda i, j: two_point(1, 1 - Q), False),
    "two keeps": ({"dist": "bernoulli", "keep": ["p1", "p2"], "shared": "none", "rescale": "1"}, "none",
                  lambda i, j: two_point(1, (P1, P2)[j]), False),
    "first feature kept": ({"dist": "bernoulli", "keep": ["1", "p"]}, "none",
                           lambda i, j: two_point(1, (sp.S.One, P)[j]), False),
    "gaussian": ({"dist": "gaussian", "mean": "1", "var": "s**2"}, "none", lambda i, j: [1, 1, 1 + S**2], False),
    "gaussian by std": ({"dist": "normal", "mu": 1, "sigma": "s"}, "none", lambda i, j: [1, 1, 1 + S**2], False),
    "additive": ({"dist": "normal", "mean": "0", "var": "s^2", "additive": True}, "none",
                 lambda i, j: [1, 0, S**2], True),
    "additive by mode": ({"dist": "gaussian", "mode": "additive", "std": "1/2"}, "none",
                         lambda i, j: [1, 0, QUARTER], True),
    "row": ({"dist": "bernoulli", "keep": "p", "shared": "row", "rescale": "1"}, "row",
            lambda i, j: two_point(1, P), False),
    "column": ({"dist": "bernoulli", "keep": "p", "shared": "col", "rescale": "1"}, "column",
               lambda i, j: two_point(1, P), False),
    "weights": ({"dist": "bernoulli", "keep": "p", "target": "weights"}, "column", lambda i, j: two_point(1, P), False),
    "predictions": ({"dist": "bernoulli", "keep": "p", "on": "outputs"}, "row", lambda i, j: two_point(1, P), False),
    "rademacher": ({"dist": "rademacher"}, "none", lambda i, j: [1, 0, 1], False),
    "uniform": ({"dist": "uniform", "low": "0", "high": "2"}, "none", lambda i, j: [1, 1, sp.Rational(4, 3)], False),
    "uniform interval": ({"dist": "uniform", "interval": ["1/2", "3/2"]}, "none",
                         lambda i, j: [1, 1, 1 + sp.Rational(1, 12)], False),
    "half": ({"dist": "bernoulli", "keep": "1/2"}, "none", lambda i, j: two_point(1, HALF), False),
    "poisson": ({"dist": "poisson", "rate": "1"}, "none", lambda i, j: [1, 1, 2], False),
    "exponential": ({"dist": "exponential", "rate": "2"}, "none", lambda i, j: [1, HALF, HALF], False),
    "ternary": ({"dist": "discrete", "values": [-1, 0, 1], "probs": ["1/4", "1/4", "1/2"]}, "none",
                lambda i, j: [1, QUARTER, sp.Rational(3, 4)], False),
    "signs of size s": ({"dist": "rademacher", "mean": "1", "scale": "s"}, "none", lambda i, j: [1, 1, 1 + S**2], False),
    "two points": ({"dist": "two_point", "values": ["1/2", "3/2"]}, "none", lambda i, j: [1, 1, 1 + QUARTER], False),
    "both layers": ({"dist": "bernoulli", "keep": "p*q"}, "none", lambda i, j: two_point(1, P * Q), False),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_expected_loss_and_penalty(name: str) -> None:
    model, shared, moments, additive = CASES[name]
    answer = solve("dropout", {"X": X, "y": Y, "mask_model": model})
    direct = by_moments(shared, moments, additive)
    assert sp.simplify(formula(answer, "expected_loss") - direct) == 0
    # the loss at the mean is the same sum with the square of the mean for the second moment
    at_mean = by_moments(shared, lambda i, j: [moments(i, j)[1] ** n for n in range(3)], additive)
    assert sp.simplify(formula(answer, "penalty") - (direct - at_mean)) == 0


SENTENCES = {
    "R_ij iid Bernoulli(p), no rescaling": "half p",
    "R_ij ~ Bernoulli(p)/p": "inverted", "inverted dropout, R_ij ~ Bernoulli(p)": "inverted",
    "R_ij iid Bernoulli(p), rescaled by 1/p": "inverted", "R_ij ~ N(1, s^2)": "gaussian",
    "R_ij iid Uniform(0, 2)": "uniform", "R_ij = r_i, r_i ~ Bernoulli(p)": "row",
    "R_ij = r_j, r_j ~ Bernoulli(p)": "column", "X + N, entries iid N(0, s**2)": "additive",
    "X_ij + e_ij with e_ij ~ N(0, s**2)": "additive", "R_ij = ±1 with equal chances": "rademacher",
}  # fmt: skip


@pytest.mark.parametrize("noise", SENTENCES)
def test_a_sentence_says_the_same_as_a_table(noise: str) -> None:
    case = SENTENCES[noise]
    model = {"dist": "bernoulli", "keep": "p"} if case == "half p" else CASES[case][0]
    by_table = solve("dropout", {"X": X, "y": Y, "mask_model": model})
    assert solve("dropout", {"X": X, "y": Y, "noise": noise}) == by_table


@pytest.mark.parametrize("model", [
    {"dist": "bernoulli", "keep": "1/2"}, {"dist": "bernoulli", "keep": "1/2", "rescale": "2"},
    {"dist": "bernoulli", "keep": ["1/2", "4/5"]}, {"dist": "normal", "mean": 1, "var": "1/4"},
    {"dist": "bernoulli", "keep": "1/2", "shared": "all"},
])  # fmt: skip
def test_minimiser_is_found_by_descent(model: dict[str, Any]) -> None:
    answer = solve("dropout", {"X": X, "y": Y, "mask_model": model})
    cost = sp.lambdify(W, formula(answer, "expected_loss"))
    found = minimize(lambda v: cost(*v), [0.3, 0.1], tol=1e-12)
    assert np.allclose(found.x, [float(sp.Rational(v)) for v in answer["minimiser"]["vec"]], atol=1e-5)
    assert abs(found.fun - float(sp.Rational(answer["minimum"]["expr"]))) < 1e-9


@pytest.mark.parametrize("rescale", ["1", "1/p"])
def test_p_is_read_from_the_task_and_scales_the_minimiser(rescale: str) -> None:
    model = {"dist": "bernoulli", "keep": "p", "rescale": rescale}
    answer = solve("dropout", {"X": X, "y": Y, "mask_model": model, "task": "The minimiser at p=1/4."})
    x, y = np.array(X, float), np.array(Y, float)
    mean = 0.25 if rescale == "1" else 1.0
    ridge = np.linalg.solve(x.T @ x + 3 * np.diag([10.0, 6.0]), x.T @ y)
    assert answer["p_for_minimiser"] == "1/4"
    assert np.allclose([float(sp.Rational(v)) for v in answer["minimiser"]["vec"]], ridge / mean)
    assert np.allclose([float(sp.Rational(v)) for v in answer["p_times_minimiser"]["vec"]], 0.25 * ridge / mean)
    root = [sp.sympify(row[j]).subs(P, QUARTER) for j, row in enumerate(answer["Gamma"]["mat"])]
    assert np.allclose([float(v) for v in root], np.sqrt([30.0, 18.0]))


def test_per_feature_equivalence() -> None:
    model = {"dist": "bernoulli", "keep": ["1/2", "4/5"]}
    answer = solve("dropout", {"X": X, "y": Y, "mask_model": model})
    x, y = np.array(X, float), np.array(Y, float)
    ridge = np.linalg.solve(x.T @ x + np.diag([10.0 * 1, 6.0 * 0.25]), x.T @ y)
    for name in ("tikhonov_solution", "mean_times_minimiser"):
        assert np.allclose([float(sp.Rational(v)) for v in answer[name]["vec"]], ridge)


def test_exactly_one_feature_is_kept() -> None:
    answer = solve("dropout", {"X": X, "y": Y, "mask_model": {"dist": "exactly_k", "k": 1}})
    direct = sp.S.Zero
    for choice in product((0, 1), repeat=3):
        residuals = [y - row[j] * W[j] for y, row, j in zip(Y, X, choice, strict=True)]
        direct += sp.Rational(1, 8) * sum(r**2 for r in residuals)
    assert sp.expand(formula(answer, "expected_loss") - direct) == 0


@pytest.mark.parametrize("given", [
    {"mask_model": {"dist": "bernoulli", "keep": "1/3", "shared": "complementary"}},
    {"mask_model": {"dist": "bernoulli", "keep": "1/3"}, "noise": "R_i2 = 1 - R_i1, R_i1 ~ Bernoulli(1/3)"},
])  # fmt: skip
def test_the_second_feature_is_kept_where_the_first_is_not(given: dict[str, Any]) -> None:
    answer = solve("dropout", {"X": X, "y": Y, **given})
    direct = sp.S.Zero
    for choice in product((0, 1), repeat=3):
        chance = sp.prod([sp.Rational(2, 3) if j else sp.Rational(1, 3) for j in choice])
        direct += chance * sum((y - row[j] * W[j]) ** 2 for y, row, j in zip(Y, X, choice, strict=True))
    assert sp.expand(formula(answer, "expected_loss") - direct) == 0


@pytest.mark.parametrize("sharing", [
    {"shared": [[0, 1], [2]]}, {"shared": [[1, 2], [3]]}, {"shared": "groups", "groups": [[1, 2], [3]]},
])  # fmt: skip
def test_groups_of_features_counted_from_nought_or_one(sharing: dict[str, Any]) -> None:
    x, y, weights = [[1, 0, 2], [0, 1, -1]], [1, -1], sp.symbols("w1:4")
    answer = solve("dropout", {"X": x, "y": y, "mask_model": {"dist": "bernoulli", "keep": "1/3", **sharing}})
    direct = sp.S.Zero
    for target, row in zip(y, x, strict=True):
        for pair, single in product((0, 1), repeat=2):
            chance = sp.prod([sp.Rational(1, 3) if bit else sp.Rational(2, 3) for bit in (pair, single)])
            kept = zip(row, (pair, pair, single), weights, strict=True)
            direct += chance * (target - sum(v * bit * w for v, bit, w in kept)) ** 2
    assert sp.expand(sp.sympify(answer["expected_loss"]["expr"]) - direct) == 0


def test_a_keep_probability_for_each_row() -> None:
    keeps = [sp.Rational(1, 2), sp.Rational(1, 3), sp.S.One]
    model = {"dist": "bernoulli", "keep_per_row": [str(k) for k in keeps]}
    answer = solve("dropout", {"X": X, "y": Y, "mask_model": model})
    direct = sp.S.Zero
    for target, row, keep in zip(Y, X, keeps, strict=True):
        for bits in product((0, 1), repeat=2):
            chance = sp.prod([keep if bit else 1 - keep for bit in bits])
            direct += chance * (target - sum(v * bit * w for v, bit, w in zip(row, bits, W, strict=True))) ** 2
    assert sp.expand(formula(answer, "expected_loss") - direct) == 0


@pytest.mark.parametrize("target", ["labels", "residuals"])
def test_masks_on_targets_and_residuals(target: str) -> None:
    answer = solve("dropout", {"X": X, "y": Y, "mask_model": {"dist": "bernoulli", "keep": "1/3", "target": target}})
    direct = sp.S.Zero
    for draw in product((0, 1), repeat=3):
        chance = sp.prod([sp.Rational(1, 3) if bit else sp.Rational(2, 3) for bit in draw])
        for bit, y, row in zip(draw, Y, X, strict=True):
            fit = row[0] * W[0] + row[1] * W[1]
            direct += chance * ((bit * y - fit) if target == "labels" else bit * (y - fit)) ** 2
    assert sp.expand(formula(answer, "expected_loss") - direct) == 0


@pytest.mark.parametrize("given", [
    {"mask_model": {"dist": "bernoulli", "keep": "p", "temperature": 2}}, {"mask_model": {"dist": "cauchy"}},
    {"mask_model": {"dist": "normal", "mean": 1}}, {"mask_model": {"keep": "p", "values": [-1, 1]}},
    {"mask_model": {"keep": "p", "drop": "q"}}, {"mask_model": {"dist": "normal", "var": 1, "std": 2}}, {"mask_model": {"dist": "bernoulli", "keep": ["p"]}},
    {"mask_model": {"dist": "bernoulli", "keep": "p", "p": "q"}}, {"noise": "something random"},
    {"noise": "R_ij ~ Bernoulli(p), rescaled suitably"}, {"lambda": 2}, {"w": [1]}, {"p": "3/2"},
    {"mask_model": {"dist": "discrete", "values": [0, 1], "probs": ["1/2", "1/3"]}},
    {"mask_model": {"dist": "bernoulli", "keep": "p", "target": "weights", "shared": "none"}},
    {"mask_model": {"dist": "bernoulli", "keep": "__import__('os')"}}, {"mask_model": [1]}, {"at": [1]},
    {"mask_model": {"dist": "normal", "var": 1, "correlation": -2}}, {"mask_model": {"keep": "p", "shared": [[0], [0, 1]]}},
    {"mask_model": {"dist": "uniform", "low": 2, "high": 0}}, {"mask_model": {"keep_per_row": ["p"]}},
    {"mask_model": {"keep_per_row": ["p", "q", "r"], "keep": "p"}},
])  # fmt: skip
def test_what_is_not_understood_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SymderivError):
        solve("dropout", {"X": X, "y": Y, **given})
