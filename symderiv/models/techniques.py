"""The usual techniques against vanishing and exploding gradients, each as networks without and with it.

The factor of a layer is that by which it multiplies the mean square of the gradient's entries; ``helps`` tells from
the factors against what a technique helps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sympy as sp

from symderiv.models.gradient_effects import Helps, Situation, helps, normalized_growth
from symderiv.models.initialization import activation_moments, growth, weight_variance
from symderiv.models.residual import residual_variance

N: Final = 100  # units of a layer where a number is needed
WIDTHS: Final = ((N, N), (N, 2 * N), (2 * N, N))
BRANCHES: Final = ("1/2", "1", "2")  # how a residual branch multiplies the mean square
SCALES: Final = ("1/2", "2")  # weights beside He's


@dataclass(frozen=True)
class Technique:
    """A technique: its key, its name, and the networks it is judged on."""

    key: str
    name: str
    situations: tuple[Situation, ...]

    @property
    def helps(self) -> Helps:
        """Against what it helps."""
        return helps(self.situations)


def techniques() -> tuple[Technique, ...]:
    """He instead of Xavier initialization with relu, skip connections, batch normalization.

    >>> [technique.helps.exploding for technique in techniques()]
    [False, False, True]
    """
    return (
        Technique("he", "He instead of Xavier initialization", he_for_xavier("relu", WIDTHS)),
        Technique(
            "skip", "Skip (residual) connections",
            tuple(Situation(f"branch {r}", sp.Rational(r), residual_variance(1, r)) for r in BRANCHES),
        ),
        Technique(
            "batchnorm", "Batch normalization",
            tuple(map(normalized_situation, SCALES)),
        ),
    )  # fmt: skip


def normalized_situation(scale: str) -> Situation:
    """Weights ``scale`` times He's, without and with batch normalization."""
    return Situation(f"{scale} × He's weights", scaled(scale), normalized_growth(N, N, _variance(scale)))


def he_for_xavier(activation: str, widths: tuple[tuple[int, int], ...]) -> tuple[Situation, ...]:
    """Backward factors under Xavier and under He for these fan-ins and fan-outs."""
    return tuple(
        Situation(
            f"{n_in} to {n_out}", *(growth([n_in, n_out], name, activation).backward[0] for name in ("xavier", "he"))
        )
        for n_in, n_out in widths
    )


def _variance(scale: Any) -> sp.Expr:
    return sp.Rational(scale) ** 2 * weight_variance("he", N, N, activation_moments("relu"))


def scaled(scale: Any) -> sp.Expr:
    """The backward factor of a relu layer with weights ``scale`` times He's."""
    return growth([N, N], activation="relu", variance=lambda n_in, n_out: _variance(scale)).backward[0]
