"""Which techniques help against vanishing and exploding gradients, told from factors per layer.

A layer multiplies the mean square of the gradient's entries by a factor; many layers multiply many factors.  A
technique helps against vanishing where it raises a factor below 1, against exploding where it lowers one above 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import compare, read_exact
from symderiv.models.initialization import PIECEWISE, activation_moments

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True)
class Situation:
    """A network without and with a technique: the factor per layer before and after."""

    name: str
    before: sympy.Expr
    after: sympy.Expr

    def relief(self) -> tuple[bool | None, bool | None]:
        """Whether less vanishes and whether less explodes; None where nothing vanished or exploded before."""
        level = read_exact(1)
        order = compare(self.before, level, self.name)
        # relief is counted up to 1: what passes beyond is the other trouble
        shrinks = compare(_least(self.after, level), self.before, self.name) > 0 if order < 0 else None
        grows = compare(_most(self.after, level), self.before, self.name) < 0 if order > 0 else None
        return shrinks, grows


def _least(value: sympy.Expr, level: sympy.Expr) -> sympy.Expr:
    return value if compare(value, level) < 0 else level


def _most(value: sympy.Expr, level: sympy.Expr) -> sympy.Expr:
    return value if compare(value, level) > 0 else level


@dataclass(frozen=True)
class Helps:
    """Against what a technique helps."""

    vanishing: bool
    exploding: bool


def helps(situations: Sequence[Situation]) -> Helps:
    """A technique helps against a trouble that occurs in some situation and is relieved wherever it occurs.

    Raises ModelError without situations.

    >>> half, two = read_exact("1/2"), read_exact(2)
    >>> helps([Situation("halved", half, read_exact(1))])
    Helps(vanishing=True, exploding=False)
    """
    if not situations:
        raise ModelError("effects: no situation is given; give factors before and after")
    found = [situation.relief() for situation in situations]
    vanishing, exploding = ([pair[k] for pair in found if pair[k] is not None] for k in (0, 1))
    return Helps(bool(vanishing) and all(vanishing), bool(exploding) and all(exploding))


@dataclass(frozen=True)
class UnitMoments:
    """For u ~ N(0, 1): the variance of phi(u) and E[phi'(u)²]."""

    variance: sympy.Expr
    slope: sympy.Expr


def unit_moments(activation: str, slope: Any = "1/100") -> UnitMoments:
    """The variance of an activation of a standard normal, and the mean square of its slope.

    Raises UnknownNameError for an activation that is not piecewise linear.

    >>> unit_moments("relu").variance
    1/2 - 1/(2*pi)
    """
    import sympy

    if activation not in PIECEWISE:
        raise UnknownNameError("piecewise linear activation", activation, PIECEWISE)
    second = activation_moments(activation, slope)
    u = sympy.Symbol("u", real=True)
    half = sympy.integrate(u * sympy.exp(-(u**2) / 2) / sympy.sqrt(2 * sympy.pi), (u, 0, sympy.oo))
    a = read_exact(slope, "*", "slope")
    # E[phi(u)] is the right slope less the left one, times E[u; u > 0]
    bend = {"linear": 0, "relu": 1, "leaky_relu": 1 - a, "abs": 2}[activation]
    return UnitMoments(sympy.expand(second.forward - (bend * half) ** 2), second.backward)


def normalized_growth(
    n_in: Any, n_out: Any, variance: Any, activation: str = "relu", epsilon: Any = 0, slope: Any = "1/100"
) -> sympy.Expr:
    """The backward factor of one layer phi(batchnorm(W a)) at initialization, gamma 1 and beta 0, wide, large batch.

    ``n_out v E[phi'²]/(n_in v Var phi + epsilon)``: for epsilon = 0 the weight variance v cancels, and relu leaves
    π/(π − 1) (Yang, Pennington, Rao, Sohl-Dickstein and Schoenholz, A mean field theory of batch normalization, 2019).

    >>> normalized_growth(100, 100, read_exact("1/7"))
    pi/(-1 + pi)
    """
    import sympy

    moments = unit_moments(activation, slope)
    v = read_exact(variance, "*", "weight variance")
    arriving = n_in * v * moments.variance + read_exact(epsilon, "*", "epsilon")
    return sympy.cancel(sympy.together(n_out * v * moments.slope / arriving))
