"""Growth through depth against simulated networks, numerical integration and NumPy's linear algebra."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy
from scipy import integrate

from symderiv.errors import LimitError, ModelError, UnknownNameError
from symderiv.exact import read_exact
from symderiv.models.initialization import (
    INITIALIZATIONS,
    activation_moments,
    critical_variance,
    first_depth_below,
    growth,
    uniform_limit,
    weight_variance,
)
from symderiv.models.residual import residual_jacobian, residual_variance, spectrum

R = sympy.Rational
FUNCTIONS: dict[str, Any] = {
    "linear": (lambda z: z, lambda z: np.ones_like(z)),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.2 * z), lambda z: np.where(z > 0, 1, 0.2)),
    "abs": (np.abs, np.sign),
}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_activation_moments_agree_with_quadrature(name: str) -> None:
    phi, slope = FUNCTIONS[name]
    exact = activation_moments(name, "1/5")

    def mean(f: Any) -> float:
        parts = [integrate.quad(lambda z: float(f(np.array(z))) * math.exp(-z * z / 2), a, b)[0]
                 for a, b in ((-12, 0), (0, 12))]
        return sum(parts) / math.sqrt(2 * math.pi)

    assert mean(lambda z: phi(z) ** 2) == pytest.approx(float(exact.forward), rel=1e-7)
    assert mean(lambda z: slope(z) ** 2) == pytest.approx(float(exact.backward), rel=1e-7)


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_first_order_moments_near_zero(name: str) -> None:
    phi = {"tanh": math.tanh, "sigmoid": lambda z: 1 / (1 + math.exp(-z)) - 0.5}[name]
    exact = activation_moments(name)
    assert not exact.exact
    assert (phi(1e-5) / 1e-5) ** 2 == pytest.approx(float(exact.forward), rel=1e-6)


def simulate(widths: list[int], variances: list[float], name: str, seed: int) -> tuple[float, float]:
    """Mean-square growth of the signal and of the gradient in one random network, averaged over inputs."""
    rng = np.random.default_rng(seed)
    phi, slope = FUNCTIONS[name]
    weights = [rng.normal(0, math.sqrt(v), (n_out, n_in))
               for n_in, n_out, v in zip(widths, widths[1:], variances, strict=False)]
    a = rng.normal(size=(widths[0], 64))
    start, pre = (a**2).mean(), []
    for w in weights:
        pre.append(w @ a)
        a = phi(pre[-1])
    g = rng.normal(size=a.shape)
    end = (g**2).mean()
    for w, z in zip(reversed(weights), reversed(pre), strict=True):
        g = w.T @ (slope(z) * g)
    return (a**2).mean() / start, (g**2).mean() / end


@pytest.mark.parametrize("initialization", ["xavier", "he", "he_fan_out", "lecun", "he_leaky"])
@pytest.mark.parametrize("name", ["relu", "leaky_relu", "linear"])
def test_growth_agrees_with_simulated_networks(initialization: str, name: str) -> None:
    widths = [300, 400, 200, 300]
    exact = growth(widths, initialization, name, slope="1/5")
    runs = [simulate(widths, [float(v) for v in exact.variances], name, seed) for seed in range(6)]
    forward, backward = np.mean(runs, axis=0)
    assert forward == pytest.approx(float(exact.total_forward), rel=0.15)
    assert backward == pytest.approx(float(exact.total_backward), rel=0.15)


def test_symbols_and_named_cases() -> None:
    n = sympy.Symbol("n", positive=True)
    assert growth([n] * 11, "xavier").total_backward == R(1, 1024)
    assert growth([n] * 11, "he").total_backward == 1
    m = sympy.Symbol("m", positive=True)
    assert sympy.simplify(growth([n, m], "he").total_backward - m / n) == 0
    assert growth([n] * 3, variance=lambda a, b: 3 / a).total_forward == R(9, 4)
    for name in INITIALIZATIONS:
        assert weight_variance(name, 4, 4, activation_moments("relu")) > 0


def test_critical_variance_keeps_the_moment() -> None:
    for name in ("relu", "leaky_relu", "linear"):
        v = critical_variance(name, 50, slope="1/5")
        assert growth([50, 50], activation=name, slope="1/5", variance=lambda a, b, v=v: v).total_forward == 1
    sample = np.random.default_rng(0).uniform(-float(uniform_limit(R(1, 7))), float(uniform_limit(R(1, 7))), 200_000)
    assert sample.var() == pytest.approx(1 / 7, rel=0.02)


def test_depth_by_multiplying() -> None:
    for factor, threshold in ((R(1, 2), R(1, 1024)), (R(9, 10), R(1, 1000)), (R(11, 10), R(50)), (R(2), R(1024))):
        depth, value = 0, R(1)
        while not (value < threshold if factor < 1 else value > threshold):
            depth, value = depth + 1, value * factor
        assert first_depth_below(factor, threshold) == depth
    with pytest.raises(ModelError, match="never pass"):
        first_depth_below(R(1), R(1, 2))
    with pytest.raises(ModelError, match="on their way"):
        first_depth_below(R(1, 2), R(2))


def test_residual_jacobian_by_differences() -> None:
    j = np.array([[0.5, -1.0], [0.25, 0.0]])
    block = residual_jacobian([["1/2", -1], ["1/4", 0]], 3)

    def forward(x: np.ndarray) -> np.ndarray:
        for _ in range(3):
            x = x + j @ x
        return x

    numeric = np.array([(forward(1e-3 * e) - forward(-1e-3 * e)) / 2e-3 for e in np.eye(2)]).T
    assert np.allclose(np.array(block.total.tolist(), dtype=float), numeric)
    assert block.keeps_every_gradient
    dead = residual_jacobian([[-1, 0], [0, 2]])
    assert not dead.keeps_every_gradient and dead.one.T * dead.lost[0] == sympy.zeros(2, 1)


def test_residual_variance_agrees_with_simulation() -> None:
    rng = np.random.default_rng(0)
    n, blocks, scale = 400, 6, 0.5
    x = rng.normal(size=(n, 200))
    start = (x**2).mean()
    for _ in range(blocks):
        x = x + scale * rng.normal(0, math.sqrt(1 / n), (n, n)) @ x
    assert (x**2).mean() / start == pytest.approx(float(residual_variance(blocks, R(1, 4))), rel=0.1)
    size = sympy.Symbol("L", positive=True)
    assert sympy.limit(residual_variance(size, 1 / size), size, sympy.oo) == sympy.E


MATRICES = [
    [["1/2", 10], [0, "1/2"]], [[0, -1], [1, 0]], [[2, 1], [1, 2]], [["3/5", "4/5"], ["-4/5", "3/5"]], [[1, 1], [0, 1]],
    [[1, 0], [0, "1/2"]],
]


@pytest.mark.parametrize("rows", MATRICES)
def test_spectrum_agrees_with_numpy_and_powers(rows: Any) -> None:
    found = spectrum(rows)
    w = np.array([[float(read_exact(x)) for x in row] for row in rows])
    assert float(found.radius) == pytest.approx(max(abs(np.linalg.eigvals(w))))
    assert [float(s) for s in found.singular_values] == pytest.approx(np.linalg.svd(w)[1].tolist())
    size = np.abs(np.linalg.matrix_power(w, 600)).max()
    assert found.vanishes == (size < 1e-6) and found.explodes == (size > 100)
    assert found.orthogonal == np.allclose(w.T @ w, np.eye(2))


def test_refusals() -> None:
    with pytest.raises(UnknownNameError, match="relu"):
        activation_moments("rellu")
    with pytest.raises(UnknownNameError, match="xavier"):
        growth([2, 2], "xavir")
    with pytest.raises(ModelError, match="at least two"):
        growth([2])
    with pytest.raises(ModelError, match="fan-in is 0"):
        growth([0, 2])
    with pytest.raises(ModelError, match="not square"):
        residual_jacobian([[1, 2]])
    with pytest.raises(LimitError):
        residual_jacobian([[1]], 10**6)
    with pytest.raises(ModelError, match="give numbers"):
        spectrum([["a"]])
