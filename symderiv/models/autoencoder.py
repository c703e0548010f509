"""Linear autoencoders with ℓ2 penalties: the exact stationary singular values, mode by mode.

For (1/n)‖X - W2 W1 X‖² + λ1‖W1‖² + λ2‖W2‖² the eigenvectors of XXᵀ/n decouple the problem: a mode with eigenvalue σ²
and singular values a of W1, b of W2 costs σ²(1 - ab)² + λ1 a² + λ2 b².  At a fixed product c = ab ≥ 0 the penalty is
least at λ1 a² = λ2 b² and equals 2√(λ1λ2) c, so c = 1 - √(λ1λ2)/σ² where that is positive, and 0 otherwise.
A penalty ρ‖W2 W1‖² (or white noise of variance ρ on the input) adds ρc², a nuclear one ν‖W2 W1‖_* adds νc: then
c = (σ² - √(λ1λ2) - ν/2)/(σ² + ρ).
(Kunin, Bloom, Goeva, Seed: Loss landscapes of regularized linear autoencoders, 2019.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symderiv.errors import LimitError, ModelError
from symderiv.exact import sign

MAX_LAYERS = 60


@dataclass(frozen=True)
class Mode:
    """One mode at its global minimum: a² of W1, b² of W2, c = ab, the minimum, and when it is not zero.

    ``active`` is the condition as a SymPy relation, or True/False where the numbers decide.
    ``attained`` is False where the infimum is only approached (a penalty on one factor alone).
    """

    a2: sp.Expr
    b2: sp.Expr
    product: sp.Expr
    minimum: sp.Expr
    active: sp.Basic
    attained: bool = True


@dataclass(frozen=True)
class DeepMode:
    """L equal layers with singular value s: the stationarity condition, its minimiser, and the threshold in λ."""

    stationarity: sp.Expr
    objective: sp.Expr
    s: sp.Expr | None
    minimum: sp.Expr | None
    active: bool | None
    threshold: sp.Expr


def eigenvalue(value: sp.Expr) -> sp.Expr:
    """``value`` as a positive quantity; ModelError for a negative number."""
    if value.is_number and sign(value) < 0:
        raise ModelError(f"an eigenvalue of XXᵀ/n is {value}; it cannot be negative")
    return value


def mode(
    sigma2: sp.Expr,
    penalty_encoder: sp.Expr,
    penalty_decoder: sp.Expr,
    ridge: sp.Expr = sp.S.Zero,
    nuclear: sp.Expr = sp.S.Zero,
) -> Mode:
    """The minimum of σ²(1 - ab)² + λ1 a² + λ2 b² + ρ(ab)² + ν ab over a, b ≥ 0; symbols stand for positive numbers.

    Raises ModelError for a negative number among them.

    >>> m = mode(*sp.symbols("sigma2 lam lam", positive=True))
    >>> m.a2, m.active
    (-lam/sigma2 + 1, sigma2 > lam)
    """
    sigma2 = eigenvalue(sigma2)
    for value in (penalty_encoder, penalty_decoder, ridge, nuclear):
        if value.is_number and sign(value) < 0:
            raise ModelError(f"a penalty is {value}; it cannot be negative")
    pull = sp.sqrt(penalty_encoder) * sp.sqrt(penalty_decoder) + nuclear / 2
    if sigma2 == 0:
        return Mode(sp.S.Zero, sp.S.Zero, sp.S.Zero, sp.S.Zero, sp.false)
    active = _beats(sigma2, penalty_encoder, penalty_decoder, nuclear)
    if active == sp.false:
        return Mode(sp.S.Zero, sp.S.Zero, sp.S.Zero, sigma2, active)
    product, minimum = _balance(sigma2, pull, ridge)
    zeros = [value == 0 for value in (penalty_encoder, penalty_decoder)]
    if all(zeros):
        # only the product is penalised: any a with b = c/a does as well
        free = sp.Symbol("a2", positive=True)
        return Mode(free, product**2 / free, product, minimum, active)
    if any(zeros):
        # a ever smaller and b ever larger (or the other way) lets the one penalty vanish
        sides = (sp.S.Zero, sp.oo) if zeros[1] else (sp.oo, sp.S.Zero)
        return Mode(*sides, product, minimum, active, attained=False)
    ratio = sp.sqrt(penalty_decoder) / sp.sqrt(penalty_encoder)
    return Mode(product * ratio, product / ratio, product, minimum, active)


def tied_mode(sigma2: sp.Expr, penalty: sp.Expr, ridge: sp.Expr = sp.S.Zero, nuclear: sp.Expr = sp.S.Zero) -> Mode:
    """The minimum of σ²(1 - s²)² + μs² + ρs⁴ + νs² for W2 = W1ᵀ; μ counts both factors where both are penalised.

    >>> tied_mode(sp.Integer(4), sp.Integer(2)).a2
    3/4
    """
    return mode(sigma2, penalty / 2, penalty / 2, ridge, nuclear)


def mode_objective(sigma2: sp.Expr, a: sp.Expr, b: sp.Expr, penalty1: sp.Expr, penalty2: sp.Expr) -> sp.Expr:
    """σ²(1 - ab)² + λ1 a² + λ2 b²."""
    return sigma2 * (1 - a * b) ** 2 + penalty1 * a**2 + penalty2 * b**2


def product_penalty(sigma2: sp.Expr, penalty: sp.Expr) -> sp.Expr:
    """The eigenvalue of W2 W1 for the penalty λ‖W2 W1‖²: the ridge shrinkage σ²/(σ² + λ).

    It also answers a denoising autoencoder with white noise of variance λ on its input.
    """
    if sigma2 + penalty == 0:
        raise ModelError("a mode with eigenvalue 0 and penalty 0 has no unique minimiser")
    return sigma2 / (sigma2 + penalty)


def deep_mode(sigma2: sp.Expr, penalty: sp.Expr, layers: int) -> DeepMode:
    """The minimum of σ²(1 - s^L)² + Lλs² over s ≥ 0, L layers with the penalty λ each.

    Setting the derivative to zero and dividing by -2Ls leaves σ² s^(L-2) (1 - s^L) - λ.  For L > 2 the origin stays
    a local minimum for every λ; the other one is global while λ is below ``threshold``.
    """
    if layers < 1:
        raise ModelError(f"an autoencoder has at least one layer, got {layers}")
    if layers > MAX_LAYERS:
        raise LimitError(f"{layers} layers; at most {MAX_LAYERS} are solved")
    s = sp.Symbol("s")
    objective = sigma2 * (1 - s**layers) ** 2 + layers * penalty * s**2
    if layers == 1:
        stationarity = sigma2 * (1 - s) - penalty * s
        root: sp.Expr | None = product_penalty(sigma2, penalty)
        return DeepMode(stationarity, objective, root, sp.factor(objective.subs(s, root)), None, sp.oo)
    stationarity = sigma2 * s ** (layers - 2) * (1 - s**layers) - penalty
    best = sp.Rational(layers - 2, layers - 1)
    threshold = sigma2 * best ** sp.Rational(layers - 2, layers) * (1 - best)
    if layers == 2:
        single = mode(sigma2, penalty, penalty)
        decided = bool(single.active) if single.active in (sp.true, sp.false) else None
        return DeepMode(stationarity, objective, sp.sqrt(single.a2), single.minimum, decided, threshold)
    if not (sigma2.is_number and penalty.is_number):
        return DeepMode(stationarity, objective, None, None, None, threshold)
    active = sign(threshold - penalty) > 0
    if not active:
        return DeepMode(stationarity, objective, sp.S.Zero, sigma2, False, threshold)
    # s^(L-2)(1 - s^L) rises, then falls, between 0 and 1: the larger root is the minimum
    roots = sp.Poly(stationarity, s).nroots(n=30, maxsteps=200)
    largest = max(sp.re(r) for r in roots if abs(sp.im(r)) < sp.Float("1e-20", 30))
    return DeepMode(stationarity, objective, largest, objective.subs(s, largest), True, threshold)


def data_eigenvalues(x: sp.Matrix) -> tuple[sp.Expr, ...]:
    """The eigenvalues of XXᵀ/n in falling order, for X (m, n) with a point in each column.

    >>> data_eigenvalues(sp.Matrix([[2, 0], [0, 1]]))
    (2, 1/2)
    """
    return spectrum(x * x.T / sp.Integer(x.cols))


def spectrum(covariance: sp.Matrix) -> tuple[sp.Expr, ...]:
    """The eigenvalues of XXᵀ/n itself, in falling order."""
    values = covariance.eigenvals(multiple=True)
    return tuple(sorted(values, key=lambda v: sp.re(v.evalf(40)), reverse=True))


def end_to_end(covariance: sp.Matrix, products: Sequence[sp.Expr]) -> sp.Matrix | None:
    """W2 W1 = Σ c_i u_i u_iᵀ over the leading unit eigenvectors of XXᵀ/n; None where equal eigenvalues leave it open.

    >>> end_to_end(sp.diag(4, 1), [sp.Rational(1, 2)])
    Matrix([
    [1/2, 0],
    [  0, 0]])
    """
    left = list(products)
    total = sp.zeros(*covariance.shape)
    for _, count, vectors in sorted(covariance.eigenvects(), key=lambda e: -sp.re(e[0].evalf(40))):
        mine, left = left[:count], left[count:]
        if not mine:
            break
        if len(set(mine)) > 1 or len(mine) < count and mine[0] != 0:
            return None
        for vector in sp.GramSchmidt(vectors):
            total += mine[0] * vector * vector.T / vector.dot(vector)
    return total.applyfunc(sp.simplify)


def optimum(
    eigenvalues: Sequence[sp.Expr],
    k: int,
    penalty1: sp.Expr,
    penalty2: sp.Expr,
    ridge: sp.Expr = sp.S.Zero,
    nuclear: sp.Expr = sp.S.Zero,
) -> tuple[Mode, ...]:
    """The k leading modes at the global minimum, the others given up; ModelError unless 1 ≤ k ≤ m and values fall."""
    leading(eigenvalues, k)
    return tuple(mode(value, penalty1, penalty2, ridge, nuclear) for value in eigenvalues[:k])


def leading(eigenvalues: Sequence[sp.Expr], k: int) -> None:
    """ModelError unless the first k of these eigenvalues are the k largest, in falling order."""
    if not 1 <= k <= len(eigenvalues):
        raise ModelError(f"k is {k}; it must lie between 1 and the number {len(eigenvalues)} of eigenvalues")
    numbers = [v for v in eigenvalues if v.is_number]
    if any(sign(later - earlier) > 0 for earlier, later in zip(numbers, numbers[1:], strict=False)):
        raise ModelError(f"the eigenvalues {', '.join(map(str, eigenvalues))} must not rise")


def weight_decay(penalty: sp.Expr, features: sp.Expr = sp.S.One) -> sp.Expr:
    """The decay of an optimiser that adds decay·W to the gradient: 2λ/m for a loss averaged over m features, too."""
    return 2 * penalty / features


def _balance(sigma2: sp.Expr, pull: sp.Expr, ridge: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The minimiser c > 0 of σ²(1 - c)² + ρc² + 2mc, and the minimum."""
    if ridge == 0:
        return 1 - pull / sigma2, sp.expand(2 * pull - pull**2 / sigma2)
    return (sigma2 - pull) / (sigma2 + ridge), sp.factor(sigma2 - (sigma2 - pull) ** 2 / (sigma2 + ridge))


def _beats(sigma2: sp.Expr, penalty1: sp.Expr, penalty2: sp.Expr, nuclear: sp.Expr) -> sp.Basic:
    """σ² > √(λ1 λ2) + ν/2, without a root where there is none to take; decided where it is a question of numbers."""
    left, right = (sigma2, penalty1 + nuclear / 2) if penalty1 == penalty2 else (sigma2**2, penalty1 * penalty2)
    if penalty1 != penalty2 and nuclear != 0:
        left, right = sigma2, sp.sqrt(penalty1) * sp.sqrt(penalty2) + nuclear / 2
    if right == 0:
        return sp.true
    if (left - right).is_number:
        return sp.true if sign(left - right) > 0 else sp.false
    return sp.StrictGreaterThan(left, right)
