"""How signals and gradients grow through layers at initialization: second-moment factors, exactly.

A layer z = W a with independent zero-mean weights of variance v multiplies the second moment of a forward
by n_in·v and of the gradient backward by n_out·v; the activation multiplies by E[phi(z)²]/E[z²] and by
E[phi'(z)²], z normal with mean 0 (Glorot and Bengio 2010; He et al. 2015).  tanh and sigmoid are taken to first
order around 0, where tanh has slope 1 and sigmoid 1/4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import read_exact

if TYPE_CHECKING:
    import sympy

    Number: TypeAlias = int | sympy.Expr


@dataclass(frozen=True)
class ActivationMoments:
    """For z ~ N(0, s): E[phi(z)²]/s and E[phi'(z)²]; ``exact`` is false for a first-order value near 0."""

    forward: sympy.Expr
    backward: sympy.Expr
    exact: bool = True


def _pieces(name: str, slope: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """An activation as slopes on the negative and on the positive half line."""
    import sympy

    one, zero = sympy.Integer(1), sympy.Integer(0)
    return {"linear": (one, one), "relu": (zero, one), "leaky_relu": (slope, one), "abs": (-one, one)}[name]


NEAR_ZERO_SLOPES: Final = {"tanh": "1", "softsign": "1", "sigmoid": "1/4", "gelu": "1/2", "silu": "1/2"}
PIECEWISE: Final = ("linear", "relu", "leaky_relu", "abs")
MAX_SLOPES: Final = {name: "1" for name in (*PIECEWISE, "tanh", "softsign")} | {"sigmoid": "1/4"}


@lru_cache(maxsize=64)
def activation_moments(name: str, slope: Any = "1/100") -> ActivationMoments:
    """Second-moment factors of an activation, by integrating the normal density over each half line.

    ``slope`` is leaky ReLU's on the negative side.  Raises UnknownNameError for an unknown activation.

    >>> activation_moments("relu")
    ActivationMoments(forward=1/2, backward=1/2, exact=True)
    """
    import sympy

    if name in NEAR_ZERO_SLOPES:
        squared = read_exact(NEAR_ZERO_SLOPES[name]) ** 2
        return ActivationMoments(squared, squared, exact=False)
    if name not in PIECEWISE:
        raise UnknownNameError("activation", name, (*PIECEWISE, *NEAR_ZERO_SLOPES))
    z = sympy.Symbol("z", real=True)
    density = sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    half = sympy.integrate(z**2 * density, (z, 0, sympy.oo))
    mass = sympy.integrate(density, (z, 0, sympy.oo))
    left, right = _pieces(name, read_exact(slope, "*", "slope"))
    return ActivationMoments(
        sympy.expand((left**2 + right**2) * half), sympy.expand((left**2 + right**2) * mass)
    )


def _larger(n_in: Any, n_out: Any) -> Any:
    import sympy

    return sympy.Max(n_in, n_out)


def _over(numerator: int, denominator: Any) -> Any:
    import sympy

    return sympy.Integer(numerator) / denominator


INITIALIZATIONS: Final[dict[str, Callable[[Any, Any, Any], Any]]] = {
    "xavier": lambda n_in, n_out, gain: _over(2, n_in + n_out),
    "xavier_fan_in": lambda n_in, n_out, gain: _over(1, n_in),
    "lecun": lambda n_in, n_out, gain: _over(1, n_in),
    "he": lambda n_in, n_out, gain: _over(2, n_in),
    "he_fan_out": lambda n_in, n_out, gain: _over(2, n_out),
    "he_leaky": lambda n_in, n_out, gain: 1 / (gain * n_in),
    "orthogonal": lambda n_in, n_out, gain: _over(1, n_in if n_in == n_out else _larger(n_in, n_out)),
    "standard_normal": lambda n_in, n_out, gain: _over(1, 1),
}


def weight_variance(initialization: str, n_in: Number, n_out: Number, activation: ActivationMoments) -> sympy.Expr:
    """The variance of one weight: Xavier 2/(n_in + n_out), He 2/n_in, he_leaky 1/(c·n_in) with the activation's c.

    Raises UnknownNameError for another initialization, ModelError for a fan below 1.

    >>> weight_variance("he", 8, 4, activation_moments("relu"))
    1/4
    """
    for name, fan in (("fan-in", n_in), ("fan-out", n_out)):
        if read_exact(fan, "*", name).is_positive is False:
            raise ModelError(f"initialization: the {name} is {fan}; it must be at least 1")
    if initialization not in INITIALIZATIONS:
        raise UnknownNameError("initialization", initialization, INITIALIZATIONS)
    return read_exact(INITIALIZATIONS[initialization](n_in, n_out, activation.forward))


@dataclass(frozen=True)
class Growth:
    """Factors of E‖signal‖²/width forward and of E‖gradient‖²/width backward, per layer and over all layers."""

    variances: tuple[sympy.Expr, ...]
    forward: tuple[sympy.Expr, ...]
    backward: tuple[sympy.Expr, ...]

    @property
    def total_forward(self) -> sympy.Expr:
        """The product of the forward factors."""
        return _product(self.forward)

    @property
    def total_backward(self) -> sympy.Expr:
        """The product of the backward factors."""
        return _product(self.backward)


def _product(factors: Sequence[sympy.Expr]) -> sympy.Expr:
    import sympy

    return sympy.Mul(*factors)


def growth(
    widths: Sequence[Number], initialization: str = "he", activation: str = "relu", *, slope: Any = "1/100",
    variance: Callable[[Any, Any], Any] | None = None,
) -> Growth:
    """Second-moment factors of an MLP with these widths (n_0 … n_L), numbers or symbols.

    Layer l maps n_(l-1) to n_l: forward n_(l-1)·v·c per coordinate, backward n_l·v·c', where the activation
    stands behind every layer; ``variance(n_in, n_out)`` replaces the named initialization.  Raises ModelError
    for fewer than two widths.

    >>> growth([64] * 11, "xavier").total_backward
    1/1024
    """
    if len(widths) < 2:
        raise ModelError(f"initialization: {len(widths)} widths make no layer; give at least two")
    moments = activation_moments(activation, slope)
    variances, forward, backward = [], [], []
    for n_in, n_out in zip(widths, widths[1:], strict=False):
        v = weight_variance(initialization, n_in, n_out, moments) if variance is None else variance(n_in, n_out)
        variances.append(read_exact(v))
        forward.append(read_exact(n_in * v * moments.forward).cancel())
        backward.append(read_exact(n_out * v * moments.backward).cancel())
    return Growth(tuple(variances), tuple(forward), tuple(backward))


def critical_variance(activation: str, fan: Number, *, slope: Any = "1/100", backward: bool = False) -> sympy.Expr:
    """The weight variance that keeps the second moment: 1/(c·fan), fan-in forward and fan-out backward.

    >>> critical_variance("relu", 100)
    1/50
    """
    moments = activation_moments(activation, slope)
    return 1 / ((moments.backward if backward else moments.forward) * read_exact(fan, "*"))


def uniform_limit(variance: sympy.Expr) -> sympy.Expr:
    """The a for which uniform(-a, a) has this variance a²/3.

    >>> uniform_limit(read_exact("1/3"))
    1
    """
    import sympy

    return sympy.sqrt(3 * variance)


def first_depth_below(factor: sympy.Expr, threshold: sympy.Expr) -> int:
    """The least number of layers L with factor^L < threshold (or > threshold for a factor above 1), exactly.

    Raises ModelError where no L does: factor 1, or a threshold already passed on the other side.

    >>> first_depth_below(read_exact("1/2"), read_exact("1/1000"))
    10
    """
    import sympy

    if not (factor.is_positive and threshold.is_positive) or (factor - 1).is_zero:
        raise ModelError(f"depth: powers of {factor} never pass {threshold}; both must be positive, the factor not 1")
    falling = (1 - factor).is_positive
    if falling == (threshold - 1).is_positive:
        raise ModelError(f"depth: powers of {factor} do not pass {threshold} on their way")
    guess = max(int(sympy.floor(sympy.log(threshold) / sympy.log(factor))), 0)
    return next(n for n in range(max(guess - 1, 0), guess + 3)
                if (threshold - factor**n if falling else factor**n - threshold).is_positive)
