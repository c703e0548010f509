"""Least squares whose features are multiplied (or disturbed) by random masks: the expected loss in closed form.

For L(w) = ‖y - (R ⊙ X) w‖² only the means and the covariances of the mask within a row matter:
E L = Σ_i (y_i - Σ_j μ_ij x_ij w_j)² + Σ_i Σ_jk Cov(R_ij, R_ik) x_ij x_ik w_j w_k; the second sum is the penalty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import sympy as sp

from symderiv.errors import LimitError, ModelError, UnknownNameError
from symderiv.exact import sign

MAX_MASKS = 4_096


@dataclass(frozen=True)
class Mask:
    """A random matrix R: law of each entry (mean, variance), and which entries are one and the same variable.

    ``source[i][j]`` names the variable that stands at (i, j); ``additive`` adds R to X instead of multiplying.
    ``values`` lists (value, probability) of an entry where the law is discrete; ``correlation`` is that of two
    different variables of a row (0 where they are drawn independently).
    """

    mean: sp.Matrix
    variance: sp.Matrix
    source: tuple[tuple[object, ...], ...]
    additive: bool = False
    values: tuple[tuple[tuple[tuple[sp.Expr, sp.Expr], ...], ...], ...] | None = None
    correlation: sp.Expr = sp.S.Zero


def probability(p: sp.Expr, what: str = "the keep probability") -> sp.Expr:
    """``p`` unless it is a number outside (0, 1], which raises ModelError."""
    if p.is_number and (sign(p) <= 0 or sign(1 - p) < 0):
        raise ModelError(f"{what} is {p}; it must be in (0, 1], or a symbol")
    return p


def _bernoulli(law: Mapping[str, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    p = probability(law["keep"])
    return p, p * (1 - p)


def _normal(law: Mapping[str, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    return law.get("mean", sp.S.One), law["var"] if "var" in law else law["std"] ** 2


def _uniform(law: Mapping[str, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    low, high = law["low"], law["high"]
    if (high - low).is_number and sign(high - low) < 0:
        raise ModelError(f"a uniform mask from {low} to {high}; the lower end must come first")
    return (low + high) / 2, (high - low) ** 2 / 12


def _rademacher(law: Mapping[str, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    return law.get("mean", sp.S.Zero), law.get("scale", sp.S.One) ** 2


def _poisson(law: Mapping[str, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    return law["rate"], law["rate"]


def _exponential(law: Mapping[str, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    mean = law["mean"] if "mean" in law else 1 / law["rate"]
    return mean, mean**2


def _laplace(law: Mapping[str, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    return law.get("mean", sp.S.One), 2 * law["scale"] ** 2


def _moments(law: Mapping[str, sp.Expr]) -> tuple[sp.Expr, sp.Expr]:
    return law["mean"], law["var"] if "var" in law else law["std"] ** 2


# law -> (mean and variance of an entry, the settings it needs)
LAWS: dict[str, tuple[Callable[[Mapping[str, sp.Expr]], tuple[sp.Expr, sp.Expr]], str]] = {
    "poisson": (_poisson, "rate"),
    "exponential": (_exponential, "rate or mean"),
    "laplace": (_laplace, "scale"),
    "moments": (_moments, "mean and var or std"),
    "bernoulli": (_bernoulli, "keep"),
    "normal": (_normal, "var or std"),
    "gaussian": (_normal, "var or std"),
    "uniform": (_uniform, "low and high"),
    "rademacher": (_rademacher, "nothing"),
}

# how entries share a variable: the name of the variable at (i, j)
SHARING: dict[str, Callable[[int, int], object]] = {
    "none": lambda i, j: (i, j),
    "row": lambda i, j: i,
    "column": lambda i, j: j,
    "all": lambda i, j: 0,
}


def mask(
    shape: tuple[int, int],
    dist: str,
    settings: Callable[[int, int], Mapping[str, sp.Expr]],
    shared: str | Sequence[Sequence[int]] = "none",
    rescale: Callable[[int, int], sp.Expr] = lambda i, j: sp.S.One,
    additive: bool = False,
    correlation: sp.Expr = sp.S.Zero,
) -> Mask:
    """A mask of the given shape; ``settings(i, j)`` are the numbers of the law at an entry.

    ``shared`` is none, row (one variable for each row), column, all, or groups of columns that share within a
    row.  Raises UnknownNameError for an unknown law or sharing, ModelError for missing or impossible settings.
    """
    if dist not in LAWS:
        raise UnknownNameError("mask distribution", dist, LAWS)
    law, needs = LAWS[dist]
    name = SHARING.get(shared) if isinstance(shared, str) else _groups(shared, shape[1])
    if name is None:
        raise UnknownNameError("sharing of the mask", str(shared), SHARING)
    rows, columns = range(shape[0]), range(shape[1])
    try:
        laws = [[law(settings(i, j)) for j in columns] for i in rows]
    except KeyError as missing:
        raise ModelError(f"a {dist} mask needs {needs}; {missing.args[0]!r} is missing") from None
    first: dict[object, tuple[sp.Expr, sp.Expr]] = {}
    for i in rows:
        for j in columns:
            if first.setdefault(name(i, j), laws[i][j]) != laws[i][j]:
                raise ModelError(f"entry ({i}, {j}) shares its variable with one of another law; give both the same")
            if laws[i][j][1].is_number and sign(laws[i][j][1]) < 0:
                raise ModelError(f"the variance of the mask at ({i}, {j}) is {laws[i][j][1]}; it cannot be negative")
    if correlation.is_number and (sign(1 - correlation) < 0 or sign(1 + correlation * (shape[1] - 1)) < 0):
        raise ModelError(f"{shape[1]} variables cannot all have the correlation {correlation} with each other")
    values = None
    if dist == "bernoulli" and correlation == 0:
        values = tuple(tuple(_two(settings(i, j)["keep"], rescale(i, j)) for j in columns) for i in rows)
    return Mask(
        sp.Matrix(*shape, lambda i, j: laws[i][j][0] * rescale(i, j)),
        sp.Matrix(*shape, lambda i, j: laws[i][j][1] * rescale(i, j) ** 2),
        tuple(tuple(name(i, j) for j in columns) for i in rows), additive, values, correlation,
    )  # fmt: skip


def covariance(noise: Mask, i: int, j: int, k: int) -> sp.Expr:
    """Cov(R_ij, R_ik): the product of standard deviations where one variable stands at both places,
    that times the correlation of the row where two do."""
    share = sp.S.One if noise.source[i][j] == noise.source[i][k] else noise.correlation
    if noise.variance[i, j] == noise.variance[i, k]:
        return share * noise.variance[i, j]
    return share * sp.sqrt(noise.variance[i, j] * noise.variance[i, k])


def mean_loss(x: sp.Matrix, y: sp.Matrix, w: sp.Matrix, noise: Mask) -> sp.Expr:
    """‖y - E[masked X] w‖², the loss at the mean of the mask."""
    return sp.expand((y - _mean_data(x, noise) * w).dot(y - _mean_data(x, noise) * w))


def penalty(x: sp.Matrix, w: sp.Matrix, noise: Mask) -> sp.Expr:
    """The part of the expected loss that the mask's variance adds; quadratic in w, free of y."""
    return sp.expand((w.T * penalty_matrix(x, noise) * w)[0, 0])


def expected_loss(x: sp.Matrix, y: sp.Matrix, w: sp.Matrix, noise: Mask) -> sp.Expr:
    """E‖y - (R ⊙ X) w‖² for X (n, d), y (n), w (d); exact, for any law in the table.

    >>> x, y, p = sp.Matrix([[2]]), sp.Matrix([1]), sp.Symbol("p")
    >>> expected_loss(x, y, sp.Matrix(sp.symbols("w1:2")), mask((1, 1), "bernoulli", lambda i, j: {"keep": p}))
    4*p*w1**2 - 4*p*w1 + 1
    """
    return sp.expand(mean_loss(x, y, w, noise) + penalty(x, w, noise))


def minimiser(x: sp.Matrix, y: sp.Matrix, noise: Mask) -> sp.Matrix | None:
    """The minimiser of the expected loss by its normal equations; None where it is not unique."""
    data = _mean_data(x, noise)
    hessian = (data.T * data + penalty_matrix(x, noise)).applyfunc(sp.factor)
    if sp.simplify(hessian.det()) == 0:
        return None
    return hessian.LUsolve(data.T * y).applyfunc(sp.factor)


def losses_by_mask(x: sp.Matrix, y: sp.Matrix, w: sp.Matrix, noise: Mask) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """(probability, loss) of every value of a discrete mask; LimitError for more than 4096 of them."""
    if noise.values is None:
        raise ModelError("only a mask with finitely many values can be enumerated; use the closed form")
    where: dict[object, tuple[int, int]] = {}
    for i, row in enumerate(noise.source):
        for j, name in enumerate(row):
            where.setdefault(name, (i, j))
    if 2 ** len(where) > MAX_MASKS:
        raise LimitError(f"2^{len(where)} masks; at most {MAX_MASKS} are enumerated")
    for choice in product((0, 1), repeat=len(where)):
        drawn = dict(zip(where, choice, strict=True))
        weight = sp.Mul(*(noise.values[i][j][drawn[name]][1] for name, (i, j) in where.items()))
        entries = sp.Matrix(*x.shape, lambda i, j, d=drawn: noise.values[i][j][d[noise.source[i][j]]][0])
        masked = x + entries if noise.additive else x.multiply_elementwise(entries)
        yield weight, (y - masked * w).dot(y - masked * w)


def _mean_data(x: sp.Matrix, noise: Mask) -> sp.Matrix:
    return x + noise.mean if noise.additive else x.multiply_elementwise(noise.mean)


def penalty_matrix(x: sp.Matrix, noise: Mask) -> sp.Matrix:
    """P with penalty wᵀP w: P_jk = Σ_i Cov(R_ij, R_ik) x_ij x_ik, without the x for additive noise."""

    def entry(j: int, k: int) -> sp.Expr:
        scale: Callable[[int], sp.Expr] = (lambda i: sp.S.One) if noise.additive else lambda i: x[i, j] * x[i, k]
        return sp.Add(*(covariance(noise, i, j, k) * scale(i) for i in range(x.rows)))

    return sp.Matrix(x.cols, x.cols, entry)


def _two(p: sp.Expr, value: sp.Expr) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
    return (sp.S.Zero, 1 - p), (value, p)


def _groups(groups: Sequence[Sequence[int]], columns: int) -> Callable[[int, int], object]:
    of = {j: g for g, members in enumerate(groups) for j in members}
    if sorted(j for members in groups for j in members) != list(range(columns)):
        raise ModelError(f"the groups {list(groups)} do not split the {columns} columns 0 … {columns - 1}")
    return lambda i, j: (i, of[j])
