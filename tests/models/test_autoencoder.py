"""Stationary singular values of linear autoencoders against minimisation over whole matrices and over one mode."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import minimize, minimize_scalar

from symderiv.errors import ModelError
from symderiv.models import autoencoder as ae


@pytest.mark.parametrize("values", [("4", "1/10", "1/10"), ("2", "1/2", "3/10"), ("1", "3", "1/5"), ("1", "2", "1")])
def test_a_mode_is_the_minimum_over_both_singular_values(values: tuple[str, str, str]) -> None:
    sigma2, first, second = map(sp.Rational, values)
    mode = ae.mode(sigma2, first, second)

    def cost(v: np.ndarray) -> float:
        return float(sigma2) * (1 - v[0] * v[1]) ** 2 + float(first) * v[0] ** 2 + float(second) * v[1] ** 2

    found = min(
        (minimize(cost, start, tol=1e-14) for start in ([1.0, 1.0], [0.1, 0.1], [0.0, 0.0])), key=lambda r: r.fun
    )
    assert abs(found.fun - float(mode.minimum)) < 1e-9
    assert np.allclose(found.x**2, [float(mode.a2), float(mode.b2)], atol=1e-4)


@pytest.mark.parametrize(("layers", "penalty"), [(2, "1/10"), (3, "1/10"), (3, "1"), (4, "1/5"), (5, "1/2"), (3, "2")])
def test_deep_modes_are_the_minimum_over_the_common_singular_value(layers: int, penalty: str) -> None:
    deep = ae.deep_mode(sp.Integer(4), sp.Rational(penalty), layers)

    def cost(s: float) -> float:
        return 4 * (1 - s**layers) ** 2 + layers * float(sp.Rational(penalty)) * s * s

    grid = np.linspace(0, 1.2, 2_001)
    start = grid[np.argmin([cost(s) for s in grid])]
    found = minimize_scalar(
        cost, bounds=(max(0, start - 0.01), start + 0.01), method="bounded", options={"xatol": 1e-12}
    )
    assert deep.minimum is not None and deep.s is not None
    assert abs(float(deep.minimum) - min(found.fun, cost(0.0))) < 1e-9
    assert deep.active is (float(deep.s) > 0)


@pytest.mark.parametrize("layers", [2, 3, 4, 6])
def test_at_the_threshold_the_active_minimum_equals_the_inactive_one(layers: int) -> None:
    threshold = ae.deep_mode(sp.Integer(4), sp.Symbol("lam", positive=True), layers).threshold
    below, above = (ae.deep_mode(sp.Integer(4), threshold * sp.Rational(r), layers) for r in ("999/1000", "1001/1000"))
    assert (below.active, above.active) == (True, False)
    assert below.minimum is not None and 0 <= 4 - float(below.minimum) < 0.02


def test_whole_matrices_reach_the_modes_and_no_less() -> None:
    draw = np.random.default_rng(3)
    x = draw.normal(size=(4, 6)) * np.array([[2.0], [1.5], [1.0], [0.3]])
    eigenvalues = sorted(np.linalg.eigvalsh(x @ x.T / 6), reverse=True)
    lam, k = 0.2, 2

    def cost(v: np.ndarray) -> float:
        w1, w2 = v[:8].reshape(2, 4), v[8:].reshape(4, 2)
        return float(((x - w2 @ w1 @ x) ** 2).sum() / 6 + lam * ((w1**2).sum() + (w2**2).sum()))

    modes = ae.optimum([sp.Rational(float(v)) for v in eigenvalues], k, sp.Rational(1, 5), sp.Rational(1, 5))
    expected = sum(float(m.minimum) for m in modes) + sum(eigenvalues[k:])
    runs = [minimize(cost, draw.normal(size=16) * 0.5, method="BFGS") for _ in range(4)]
    best = min(runs, key=lambda r: r.fun)
    assert abs(best.fun - expected) < 1e-6
    w1, w2 = best.x[:8].reshape(2, 4), best.x[8:].reshape(4, 2)
    wanted = np.sqrt([float(m.a2) for m in modes])
    assert np.allclose(np.linalg.svd(w1)[1], wanted, atol=1e-3)
    assert np.allclose(np.linalg.svd(w2)[1], wanted, atol=1e-3)
    # the columns of W2 are orthonormal only up to lambda/sigma^2, also off the diagonal (a rotation mixes the modes)
    assert 0 < np.abs(w2.T @ w2 - np.eye(2)).max() <= lam / eigenvalues[k - 1] + 1e-3


def test_the_product_penalty_is_ridge_shrinkage() -> None:
    found = minimize_scalar(lambda c: 4 * (1 - c) ** 2 + 0.5 * c * c)
    assert abs(found.x - float(ae.product_penalty(sp.Integer(4), sp.Rational(1, 2)))) < 1e-7


def test_eigenvalues_of_data_are_numpys() -> None:
    x = sp.Matrix([[1, 2, 0], [0, 1, -1]])
    exact = [float(v) for v in ae.data_eigenvalues(x)]
    numeric = np.array(x.tolist(), dtype=float)
    assert np.allclose(exact, sorted(np.linalg.eigvalsh(numeric @ numeric.T / 3), reverse=True))


def test_one_penalty_alone_has_no_minimiser() -> None:
    mode = ae.mode(sp.Integer(2), sp.Integer(1), sp.S.Zero)
    assert not mode.attained and mode.minimum == 0


@pytest.mark.parametrize("call", [
    lambda: ae.mode(sp.Integer(-1), sp.S.One, sp.S.One), lambda: ae.mode(sp.S.One, sp.Integer(-1), sp.S.One),
    lambda: ae.deep_mode(sp.S.One, sp.S.One, 0), lambda: ae.optimum([sp.S.One], 2, sp.S.One, sp.S.One),
    lambda: ae.optimum([sp.S.One, sp.Integer(2)], 1, sp.S.One, sp.S.One),
])  # fmt: skip
def test_impossible_settings_are_refused(call) -> None:
    with pytest.raises(ModelError):
        call()
