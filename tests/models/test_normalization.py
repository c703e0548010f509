"""Normalization against NumPy batches, large samples and finite differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy

from symderiv.errors import ModelError
from symderiv.exact import read_vector
from symderiv.models.contours import ellipse, normal_density
from symderiv.models.normalization import (
    Moments,
    normalize,
    normalized_covariance,
    output_moments,
    running_update,
    weight_scale_effect,
)
from symderiv.models.normalization_backward import backward, jacobian

R = sympy.Rational
BATCH = ["1", "4", "-2", "1/2", "3"]


def numeric(x: np.ndarray, eps: float, gamma: float, beta: float, ddof: int = 0) -> np.ndarray:
    return gamma * (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True, ddof=ddof) + eps) + beta


def floats(values: Any) -> np.ndarray:
    return np.array([float(v) for v in values])


def test_output_distribution_agrees_with_a_large_sample() -> None:
    rng = np.random.default_rng(0)
    sample = rng.normal(1.5, 0.4, 400_000)
    out = numeric(sample, 0.09, 2, -1)
    exact = output_moments(R(3, 2), R(4, 25), R(9, 100), 2, -1)
    assert abs(out.mean() - float(exact.mean)) < 0.01 and abs(out.std() - float(exact.sd)) < 0.01
    assert exact.sd == R(8, 5)


def test_symbols_stay_symbols() -> None:
    m, v, e, g, b = sympy.symbols("m v e g b")
    exact = output_moments(m, v, e, g, b)
    assert exact.mean == b and sympy.simplify(exact.variance - g**2 * v / (v + e)) == 0


def test_covariance_agrees_with_a_large_sample() -> None:
    sigma = [[4, 3], [3, 9]]
    rng = np.random.default_rng(1)
    sample = rng.multivariate_normal([1, -2], sigma, 300_000).T
    out = numeric(sample, 0.5, 1, 0)
    exact = np.array(normalized_covariance(sigma, R(1, 2)).covariance.tolist(), dtype=float)
    assert np.allclose(np.cov(out), exact, atol=0.02)
    plain = normalized_covariance(sigma).covariance
    assert np.allclose(np.array(plain.tolist(), dtype=float), np.corrcoef(sample), atol=0.01)


@pytest.mark.parametrize("unbiased", [False, True])
def test_batch_and_gradients_agree_with_numpy(unbiased: bool) -> None:
    values, upstream = read_vector(BATCH), read_vector([1, -2, "1/2", 3, 0])
    x, g = floats(values), floats(upstream)
    result = normalize(values, R(1, 4), 3, 2, unbiased=unbiased)
    assert np.allclose(floats(result.outputs), numeric(x, 0.25, 3, 2, int(unbiased)))
    step = 1e-6
    columns = [(numeric(x + step * e, 0.25, 3, 0, int(unbiased)) - numeric(x - step * e, 0.25, 3, 0, int(unbiased)))
               / (2 * step) for e in np.eye(5)]
    exact = np.array(jacobian(values, R(1, 4), 3, unbiased=unbiased).tolist(), dtype=float)
    assert np.allclose(exact, np.array(columns).T, atol=1e-7)
    flow = backward(values, upstream, R(1, 4), 3, unbiased=unbiased)
    assert np.allclose(floats(flow.inputs), g @ exact)
    assert math.isclose(float(flow.gamma), float(g @ floats(result.standardized))) and flow.beta == sum(upstream)


def test_jacobian_agrees_with_sympy_at_symbols() -> None:
    x = sympy.symbols("x1:4", real=True)
    g, e = sympy.symbols("g e", positive=True)
    direct = sympy.Matrix(normalize(x, e, g).outputs).jacobian(x)
    point = dict(zip((*x, g, e), (1, R(5, 2), -3, R(7, 3), R(1, 9)), strict=True))
    difference = (direct - jacobian(x, e, g)).subs(point)
    assert all(abs(sympy.N(entry, 40)) < 1e-30 for entry in difference)


def test_jacobian_kills_shifts_and_without_epsilon_scaling() -> None:
    values = read_vector(BATCH)
    assert all(sum(row) == 0 for row in jacobian(values, 1).tolist())
    mean = sum(values) / len(values)
    assert (jacobian(values) * sympy.Matrix([v - mean for v in values])).applyfunc(sympy.simplify) == sympy.zeros(5, 1)


def test_inference_does_not_standardise() -> None:
    result = normalize(read_vector([1, 5, -3]), 0, 3, 2, statistics=(1, 4))
    assert result.outputs == (2, 8, -4)
    fixed = backward(read_vector([1, 5, -3]), read_vector([1, 0, 0]), 0, 3, statistics=(1, 4))
    assert fixed.inputs == (R(3, 2), 0, 0)


def test_running_averages_by_repetition() -> None:
    values = read_vector(BATCH)
    running = Moments(sympy.Integer(0), sympy.Integer(1))
    for _ in range(60):
        running = running_update(running, values, R(1, 2))
    assert abs(float(running.mean) - floats(values).mean()) < 1e-9
    assert abs(float(running.variance) - floats(values).var(ddof=1)) < 1e-9


@pytest.mark.parametrize(("scale", "epsilon"), [(R(10), R(0)), (R(1, 3), R(1, 2)), (R(-2), R(0))])
def test_weight_scale_by_a_real_network(scale: sympy.Rational, epsilon: sympy.Rational) -> None:
    rng = np.random.default_rng(2)
    data, w, target = rng.normal(size=(50, 3)), rng.normal(size=3), rng.normal(size=50)
    eps = float(epsilon)

    def loss(v: np.ndarray) -> float:
        return float((target * np.tanh(numeric(data @ v, eps, 1, 0))).sum())

    def slope(v: np.ndarray) -> np.ndarray:
        return np.array([(loss(v + 1e-6 * e) - loss(v - 1e-6 * e)) / 2e-6 for e in np.eye(3)])

    c = float(scale)
    effect = weight_scale_effect(scale, sympy.Rational(float((data @ w).var())), epsilon)
    ratio = numeric(c * (data @ w), eps, 1, 0) / numeric(data @ w, eps, 1, 0)
    assert np.allclose(ratio, float(effect.output_ratio))
    if effect.gradient_ratio is not None and c > 0:
        assert np.allclose(slope(c * w), float(effect.gradient_ratio) * slope(w), atol=1e-6)
        assert abs(slope(w) @ w) < 1e-5
    assert effect.invariant == (c > 0 and eps == 0)


@pytest.mark.parametrize("sigma", [[[4, 3], [3, 9]], [[1, R(1, 2)], [R(1, 2), 1]], [[2, 0], [0, 5]], [[3, 0], [0, 3]],
                                   [[5, -2], [-2, 1]]])
def test_ellipse_points_lie_on_the_contour(sigma: Any) -> None:
    contour = ellipse([1, -1], sigma, 2)
    inverse = np.linalg.inv(np.array(sigma, dtype=float))
    offsets = np.array(contour.points(40)) - [1, -1]
    assert np.allclose(np.einsum("ni,ij,nj->n", offsets, inverse, offsets), 4)
    values, vectors = np.linalg.eigh(np.array(sigma, dtype=float))
    assert np.allclose(sorted(float(a) ** 2 / 4 for a in contour.axes), values)
    if values[0] != values[1]:
        assert math.isclose(abs(floats(contour.direction) @ vectors[:, 1]), 1)


def test_density_integrates_to_one() -> None:
    x = sympy.Symbol("x")
    assert sympy.integrate(normal_density(3, 4), (x, -sympy.oo, sympy.oo)) == 1


def test_refusals() -> None:
    with pytest.raises(ModelError, match="negative"):
        output_moments(R(0), R(-1))
    with pytest.raises(ModelError, match="0/0"):
        normalize(read_vector([2, 2]))
    with pytest.raises(ModelError, match="needs at least 2"):
        normalize(read_vector([2]), 1, unbiased=True)
    with pytest.raises(ModelError, match="not positive semidefinite"):
        normalized_covariance([[1, 2], [2, 1]])
    with pytest.raises(ModelError, match="not symmetric"):
        normalized_covariance([[1, 2], [0, 1]])
    with pytest.raises(ModelError, match="outside"):
        running_update(Moments(R(0), R(1)), read_vector([1, 2]), R(2))
    with pytest.raises(ModelError, match="upstream"):
        backward(read_vector([1, 2]), read_vector([1]))
    with pytest.raises(ModelError, match="both must have 2"):
        ellipse([0, 0, 0], [[1, 0], [0, 1]])
