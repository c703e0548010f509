"""Dropout and generalised ridge regression against enumeration of masks, NumPy and SciPy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import sympy as sp

from symderiv.errors import ModelError, ShapeError, UnknownNameError
from symderiv.models import dropout, tikhonov

X = sp.Matrix([[1, 2], [3, -1], [0, 1]])
Y = sp.Matrix([1, 2, 3])
W = sp.Matrix(sp.symbols("w1 w2"))
P = sp.Symbol("p")


def floats(matrix: sp.Matrix) -> np.ndarray:
    return np.array(matrix.tolist(), dtype=float)


def by_enumeration(shared: str, keep: sp.Expr, rescale: sp.Expr) -> sp.Expr:
    """Every mask written out, without the model's own enumeration."""
    name = {"none": lambda i, j: (i, j), "row": lambda i, j: i, "column": lambda i, j: j, "all": lambda i, j: 0}[shared]
    variables = sorted({name(i, j) for i in range(3) for j in range(2)}, key=str)
    total = sp.S.Zero
    for draw in product((0, 1), repeat=len(variables)):
        value = dict(zip(variables, draw, strict=True))
        chance = sp.Mul(*(keep if bit else 1 - keep for bit in draw))
        masked = sp.Matrix(3, 2, lambda i, j, v=value: rescale * v[name(i, j)] * X[i, j])
        residual = Y - masked * W
        total += chance * residual.dot(residual)
    return sp.expand(total)


@pytest.mark.parametrize("shared", sorted(dropout.SHARING))
@pytest.mark.parametrize("inverted", [False, True])
def test_expected_loss_is_the_sum_over_all_masks(shared: str, inverted: bool) -> None:
    rescale = 1 / P if inverted else sp.S.One
    noise = dropout.mask((3, 2), "bernoulli", lambda i, j: {"keep": P}, shared, lambda i, j: rescale)
    direct = by_enumeration(shared, P, rescale)
    assert sp.simplify(dropout.expected_loss(X, Y, W, noise) - direct) == 0
    table = list(dropout.losses_by_mask(X, Y, W, noise))
    assert sp.simplify(sum(c for c, _ in table) - 1) == 0
    assert sp.simplify(sum(c * loss for c, loss in table) - direct) == 0


@pytest.mark.parametrize(
    ("dist", "law", "draw"),
    [
        ("normal", {"mean": sp.S.One, "var": sp.Rational(1, 4)}, lambda r, s: r.normal(1, 0.5, s)),
        ("uniform", {"low": sp.S.Zero, "high": sp.Integer(2)}, lambda r, s: r.uniform(0, 2, s)),
        ("rademacher", {}, lambda r, s: r.choice([-1.0, 1.0], s)),
    ],
)
def test_other_laws_agree_with_simulation(dist: str, law: dict[str, sp.Expr], draw) -> None:
    noise = dropout.mask((3, 2), dist, lambda i, j: law)
    exact = float(dropout.expected_loss(X, Y, sp.Matrix([1, -2]), noise))
    masks = draw(np.random.default_rng(7), (200_000, 3, 2))
    losses = ((floats(Y)[:, 0] - (masks * floats(X)) @ np.array([1.0, -2.0])) ** 2).sum(axis=1)
    assert abs(losses.mean() - exact) < 5 * losses.std() / np.sqrt(len(losses))


def test_additive_noise_is_ridge() -> None:
    variance = sp.Symbol("v")
    noise = dropout.mask((3, 2), "normal", lambda i, j: {"mean": sp.S.Zero, "var": variance}, additive=True)
    residual = Y - X * W
    assert sp.expand(dropout.expected_loss(X, Y, W, noise) - residual.dot(residual) - 3 * variance * W.dot(W)) == 0


@pytest.mark.parametrize("p", ["3/4", "1/2", "1/10"])
def test_scaled_minimiser_solves_the_tikhonov_problem(p: str) -> None:
    keep = sp.Rational(p)
    best = dropout.minimiser(X, Y, dropout.mask((3, 2), "bernoulli", lambda i, j: {"keep": keep}))
    assert best is not None
    x, y = floats(X), floats(Y)
    gamma = np.sqrt((1 - float(keep)) / float(keep)) * np.diag(np.linalg.norm(x, axis=0))
    solved = np.linalg.lstsq(np.vstack([x, gamma]), np.vstack([y, np.zeros((2, 1))]), rcond=None)[0]
    assert np.allclose(float(keep) * floats(best), solved)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"dist": "bernouli"}, UnknownNameError), ({"shared": "rowz"}, UnknownNameError), ({"keep": 0}, ModelError),
        ({"keep": "3/2"}, ModelError), ({"shared": [[0]]}, ModelError), ({"law": {}}, ModelError),
    ],
)  # fmt: skip
def test_impossible_masks_are_refused(change: dict, error: type[Exception]) -> None:
    law = change.get("law", {"keep": sp.Rational(change.get("keep", "1/2"))})
    with pytest.raises(error):
        dropout.mask((3, 2), change.get("dist", "bernoulli"), lambda i, j: law, change.get("shared", "none"))


GAMMAS = [sp.Matrix([[2, 1], [0, 1]]), sp.eye(2) * 3, sp.Matrix([[0, 1], [-2, 1]]), sp.diag(sp.sqrt(10), sp.sqrt(6))]


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("prior", [None, sp.Matrix([1, -1])])
@pytest.mark.parametrize("rows", [None, sp.diag(1, 2, 5)])
def test_three_routes_to_the_minimiser(gamma: sp.Matrix, prior: sp.Matrix | None, rows: sp.Matrix | None) -> None:
    problem = tikhonov.ridge(X, Y, gamma, sp.Rational(1, 3), prior, rows)
    w = tikhonov.minimiser(problem)
    assert w is not None
    upper, right = tikhonov.stacked(problem)
    assert np.allclose(floats(w), np.linalg.lstsq(floats(upper), floats(right), rcond=None)[0])
    assert np.allclose(floats(tikhonov.dual_minimiser(problem)), floats(w))
    changed = tikhonov.ridge(
        tikhonov.changed_data(problem), tikhonov.shifted_targets(problem), sp.eye(2), problem.strength, None, rows
    )
    other = tikhonov.minimiser(changed)
    assert other is not None
    assert np.allclose(floats(gamma * (w - problem.prior)), floats(other))
    nearby = [w + sp.Matrix(step) for step in ([sp.Rational(1, 9), 0], [0, -sp.Rational(1, 9)])]
    assert all(sp.N(tikhonov.objective(problem, v) - tikhonov.objective(problem, w)) > 0 for v in nearby)


def test_columns_have_one_norm_after_the_change() -> None:
    gamma = sp.diag(*tikhonov.column_norms(X)) * sp.Rational(1, 2)
    assert tikhonov.column_norms(tikhonov.changed_data(tikhonov.ridge(X, Y, gamma))) == (2, 2)


def test_a_singular_gamma_has_no_change_of_variables() -> None:
    problem = tikhonov.ridge(X, Y, sp.Matrix([[1, 1], [1, 1]]))
    assert tikhonov.minimiser(problem) is not None
    with pytest.raises(ModelError, match="not invertible"):
        tikhonov.changed_data(problem)
    assert tikhonov.minimiser(tikhonov.ridge(sp.Matrix([[1, 1]]), sp.Matrix([1]), sp.Matrix([[1, 1]]))) is None


def test_shapes_and_signs_are_checked() -> None:
    with pytest.raises(ShapeError, match="3×2"):
        tikhonov.ridge(X, sp.Matrix([1, 2]), sp.eye(2))
    with pytest.raises(ShapeError):
        tikhonov.ridge(X, Y, sp.eye(3))
    with pytest.raises(ModelError, match="λ"):
        tikhonov.ridge(X, Y, sp.eye(2), sp.Integer(-1))
