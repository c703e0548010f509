"""Batch and layer normalization: exact distributions, batches, inference, and what scale the input has.

Batch normalization maps x to gamma·(x - mean)/sqrt(variance + epsilon) + beta with the mean and the biased
variance of the batch (Ioffe and Szegedy 2015); a very large batch has the distribution's own moments.
Layer normalization does the same over the features of one sample (Ba, Kiros and Hinton 2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symderiv.errors import ModelError
from symderiv.exact import read_exact, sign

if TYPE_CHECKING:
    import sympy

    Vector = Sequence[sympy.Expr]
    Matrix = Sequence[Vector]


@dataclass(frozen=True)
class Moments:
    """Mean and variance of a distribution."""

    mean: sympy.Expr
    variance: sympy.Expr

    @property
    def sd(self) -> sympy.Expr:
        """The standard deviation."""
        import sympy

        return sympy.sqrt(self.variance)


def output_moments(
    mean: sympy.Expr, variance: sympy.Expr, epsilon: Any = 0, gamma: Any = 1, beta: Any = 0
) -> Moments:
    """Mean beta and variance gamma² σ²/(σ² + epsilon) of a normalised distribution (very large batch).

    A Gaussian stays Gaussian.  Raises ModelError for a negative variance or epsilon, or both zero.

    >>> import sympy
    >>> output_moments(sympy.Rational(3, 2), sympy.Rational(16, 100), 0, 1, 3)
    Moments(mean=3, variance=1)
    """
    import sympy

    factor = _factor(variance, epsilon, gamma)
    return Moments(read_exact(beta, what="beta"), sympy.cancel(factor**2 * variance))


@dataclass(frozen=True)
class JointMoments:
    """Mean vector (d,) and covariance (d, d) of a joint distribution."""

    mean: tuple[sympy.Expr, ...]
    covariance: sympy.Matrix


def normalized_covariance(
    covariance: Matrix, epsilon: Any = 0, gamma: Vector | None = None, beta: Vector | None = None
) -> JointMoments:
    """The moments after normalising every feature on its own: covariance D Σ D, D = diag(gamma_i/sqrt(Σ_ii + epsilon)).

    With epsilon 0 and gamma 1 that is the correlation matrix: correlations stay, nothing is rotated or whitened.
    Raises ModelError for a matrix that is not square, symmetric and positive semidefinite.

    >>> normalized_covariance([[4, 3], [3, 9]]).covariance
    Matrix([
    [  1, 1/2],
    [1/2,   1]])
    """
    import sympy

    sigma = checked_covariance(covariance)
    size = sigma.rows
    scales = [sympy.Integer(1)] * size if gamma is None else _as_many(gamma, size, "gamma")
    offsets = [sympy.Integer(0)] * size if beta is None else _as_many(beta, size, "beta")
    d = sympy.diag(*(_factor(sigma[i, i], epsilon, scales[i]) for i in range(size)))
    return JointMoments(tuple(read_exact(b, what="beta") for b in offsets), (d * sigma * d).applyfunc(sympy.simplify))


def checked_covariance(covariance: Matrix) -> sympy.Matrix:
    """A covariance as a SymPy matrix; ModelError unless it is square, symmetric and positive semidefinite."""
    import sympy

    sigma = sympy.Matrix([list(row) for row in covariance])
    if sigma.rows != sigma.cols or sigma != sigma.T:
        raise ModelError(f"covariance: {sigma.rows}×{sigma.cols}, {'not ' * (sigma != sigma.T)}symmetric; it must be")
    numeric = not sigma.free_symbols
    if numeric and any(sign(m, "covariance") < 0 for m in _principal_minors(sigma)):
        raise ModelError(f"covariance: {sigma.tolist()} is not positive semidefinite")
    return sigma


def _principal_minors(sigma: sympy.Matrix) -> list[sympy.Expr]:
    import itertools

    rows = range(sigma.rows)
    subsets = [s for n in range(1, sigma.rows + 1) for s in itertools.combinations(rows, n)]
    return [sigma.extract(list(s), list(s)).det() for s in subsets]


def _as_many(items: Vector, size: int, what: str) -> Vector:
    if len(items) != size:
        raise ModelError(f"{what}: {len(items)} entries for {size} features; give one per feature")
    return items


def _factor(variance: Any, epsilon: Any, gamma: Any = 1) -> sympy.Expr:
    """gamma / sqrt(variance + epsilon), refusing what has no such number."""
    import sympy

    parts = {"variance": read_exact(variance, what="variance"), "epsilon": read_exact(epsilon, what="epsilon")}
    for name, value in parts.items():
        if value.is_negative:
            raise ModelError(f"normalization: the {name} {value} is negative; it must be at least 0")
    total = parts["variance"] + parts["epsilon"]
    if total.is_zero:
        raise ModelError("normalization: variance and epsilon are both 0, so 0/0 appears; take epsilon > 0")
    return read_exact(gamma, what="gamma") / sympy.sqrt(total)


@dataclass(frozen=True)
class Normalized:
    """A normalised batch: the statistics used, the standardised values and the outputs."""

    mean: sympy.Expr
    variance: sympy.Expr
    standardized: tuple[sympy.Expr, ...]
    outputs: tuple[sympy.Expr, ...]


def normalize(
    values: Vector, epsilon: Any = 0, gamma: Any = 1, beta: Any = 0, *, unbiased: bool = False,
    statistics: tuple[Any, Any] | None = None,
) -> Normalized:
    """Normalise one feature over a batch (m,), or one sample over its features.

    ``unbiased`` divides the variance by m - 1; ``statistics`` (mean, variance) replaces the batch's own, as at
    inference with running averages.  Raises ModelError where variance + epsilon is 0 or m - 1 is.

    >>> normalize([1, 3]).outputs
    (-1, 1)
    """
    import sympy

    mean, variance = batch_statistics(values, unbiased) if statistics is None else statistics
    factor = _factor(variance, epsilon)
    standardized = tuple((v - mean) * factor for v in values)
    outputs = tuple(sympy.expand(gamma * s + beta) for s in standardized)
    return Normalized(read_exact(mean), read_exact(variance), standardized, outputs)


def batch_statistics(values: Vector, unbiased: bool = False) -> tuple[sympy.Expr, sympy.Expr]:
    """Mean and variance (divided by m, or by m - 1) of a batch; ModelError for too few values."""
    import sympy

    count = len(values) - int(unbiased)
    if count < 1:
        raise ModelError(f"batch of {len(values)}: the {'unbiased ' * unbiased}variance needs at least {1 + unbiased}")
    mean = sympy.Add(*values) / len(values)
    return mean, sympy.cancel(sympy.Add(*((v - mean) ** 2 for v in values)) / count)


def running_update(
    running: Moments, values: Vector, momentum: sympy.Expr, *, unbiased: bool = True
) -> Moments:
    """Running averages after one more batch: (1 - momentum)·old + momentum·batch (PyTorch's convention).

    The variance that enters is the unbiased one unless told otherwise.  ModelError for a momentum outside [0, 1].
    """
    if momentum.is_negative or (1 - momentum).is_negative:
        raise ModelError(f"running averages: the momentum {momentum} lies outside [0, 1]")
    mean, variance = batch_statistics(values, unbiased)
    return Moments(
        (1 - momentum) * running.mean + momentum * mean, (1 - momentum) * running.variance + momentum * variance
    )


@dataclass(frozen=True)
class ScaleEffect:
    """What multiplying the weights before a normalization by c does to its output and to their gradient.

    ``output_ratio`` is the new output (its deviation from beta) over the old; ``gradient_ratio`` the size of the new
    gradient over the old, known where the output does not change (epsilon 0), else None.
    """

    output_ratio: sympy.Expr
    gradient_ratio: sympy.Expr | None

    @property
    def invariant(self) -> bool:
        """The output does not change at all."""
        return bool(self.output_ratio == 1)


def weight_scale_effect(scale: sympy.Expr, variance: sympy.Expr, epsilon: Any = 0) -> ScaleEffect:
    """Scaling the weights by c scales x by c: c·sqrt((σ² + epsilon)/(c²σ² + epsilon)) times the old output.

    For epsilon = 0 that is sign(c): the output is exactly invariant for c > 0 and the gradient shrinks by
    1/c; for epsilon > 0 it is invariant only in the limit epsilon/σ² → 0.  ModelError for scale 0.

    >>> import sympy
    >>> weight_scale_effect(sympy.Integer(10), sympy.Integer(4))
    ScaleEffect(output_ratio=1, gradient_ratio=1/10)
    """
    import sympy

    if scale.is_zero:
        raise ModelError("weight scale: 0 removes the input; use a non-zero scale")
    _factor(variance, epsilon)
    noise = read_exact(epsilon)
    ratio = sympy.simplify(scale * sympy.sqrt(sympy.cancel((variance + noise) / (scale**2 * variance + noise))))
    exact = noise.is_zero
    return ScaleEffect(ratio, sympy.simplify(ratio / scale) if exact else None)
