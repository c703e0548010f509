"""Factors per layer against simulated networks, and what counts as help."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
from scipy import integrate

from symderiv.errors import ModelError, UnknownNameError
from symderiv.models.gradient_effects import Helps, Situation, helps, normalized_growth, unit_moments

R = sp.Rational
ACTIVATIONS = {"relu": lambda u: max(u, 0), "abs": abs, "leaky_relu": lambda u: u if u > 0 else u / 5,
               "linear": lambda u: u}


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_moments_agree_with_quadrature(name: str) -> None:
    phi = ACTIVATIONS[name]

    def mean(power: int) -> float:
        sides = [integrate.quad(lambda u: phi(u) ** power * math.exp(-u * u / 2), a, b)[0] for a, b in ((-12, 0), (0, 12))]
        return sum(sides) / math.sqrt(2 * math.pi)

    assert mean(2) - mean(1) ** 2 == pytest.approx(float(unit_moments(name, "1/5").variance), rel=1e-7)


def normalized_network(scale: float, seed: int, width: int = 250, batch: int = 500, layers: int = 8) -> np.ndarray:
    """Mean squares of the gradient behind each layer, from the last to the second, of a real network."""
    rng = np.random.default_rng(seed)
    a, passed = rng.normal(size=(width, batch)), []
    for _ in range(layers):
        w = rng.normal(0, scale, (width, width))
        z = w @ a
        s = z.std(1, keepdims=True)
        u = (z - z.mean(1, keepdims=True)) / s
        passed.append((w, s, u))
        a = np.maximum(u, 0)
    g = rng.normal(size=a.shape)
    sizes = [(g**2).mean()]
    for w, s, u in passed[:0:-1]:
        h = g * (u > 0)
        g = w.T @ ((h - h.mean(1, keepdims=True) - u * (h * u).mean(1, keepdims=True)) / s)
        sizes.append((g**2).mean())
    return np.array(sizes)


def test_batchnorm_factor_agrees_with_real_networks_and_forgets_the_weights_scale() -> None:
    small, large = (normalized_network(scale, 0) for scale in (0.02, 2.0))
    assert np.allclose(small, large)
    runs = [normalized_network(0.1, seed) for seed in range(4)]
    measured = np.mean([math.exp(np.log(r[1:] / r[:-1]).mean()) for r in runs])
    assert measured == pytest.approx(float(normalized_growth(250, 250, R(1, 100))), rel=0.02)


def test_batchnorm_factor_with_epsilon_depends_on_the_weights() -> None:
    factors = [normalized_growth(100, 100, v, epsilon=R(1, 10)) for v in (R(1, 10**6), R(1, 100), R(100))]
    assert factors == sorted(factors) and factors[0] < R(1, 100) and abs(factors[2] - sp.pi / (sp.pi - 1)) < R(1, 100)


def test_help_is_relief_of_what_was_there() -> None:
    one, two, half = R(1), R(2), R(1, 2)
    assert helps([Situation("nothing wrong", one, two)]) == Helps(False, False)
    assert helps([Situation("cured", half, two)]) == Helps(True, False)
    assert helps([Situation("made worse", half, R(1, 3))]) == Helps(False, False)
    assert helps([Situation("too small", half, one), Situation("too large", two, R(3, 2))]) == Helps(True, True)
    assert helps([Situation("first", two, one), Situation("second", two, R(3))]) == Helps(False, False)


def test_refusals() -> None:
    with pytest.raises(ModelError, match="no situation"):
        helps([])
    with pytest.raises(UnknownNameError, match="piecewise linear"):
        unit_moments("tanh")
