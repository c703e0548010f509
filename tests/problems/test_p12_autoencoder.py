"""Problem 12 by a second route: gradient descent on a small autoencoder, and differences of its objective."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symderiv.paper.statements import compared, read_statements
from symderiv.problems.eecs182_fa22 import p12_autoencoder
from symderiv.problems.eecs182_fa22.autoencoder_argument import argument

PROBLEM = p12_autoencoder.problem()
ANSWERS = {answer.id: answer for answer in PROBLEM.answers}
OFFICIAL = Path(p12_autoencoder.__file__).parent / "official.json"
STATEMENTS = {s["id"]: s for s in read_statements(OFFICIAL) if s["id"].startswith("12")}
LAM = 0.1


def scope_of(answer):
    return answer.scope if answer.scope is not None else PROBLEM.scope


def test_every_derivation_and_fact_is_proved():
    found = argument()
    derivations = (*found.gradients.values(), found.columns, found.orthonormal)
    assert {d.verdict for d in derivations} == {"proved"}
    assert {found.step.verdict, *(c.verdict for c in found.stationary)} == {"proved"}
    assert found.shortest.verdict == "proved"
    for derivation in found.gradients.values():
        assert all(step.replay() is step.after for step in derivation.steps)


def test_gradient_descent_ends_at_the_exact_singular_values():
    rng = np.random.default_rng(12)
    eigenvalues = np.array([2.0, 1.0, 0.25])
    basis, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    covariance = basis @ np.diag(eigenvalues) @ basis.T  # X Xᵀ / n
    w1, w2 = rng.normal(size=(2, 3)), rng.normal(size=(3, 2))
    for _ in range(20_000):
        residual = (np.eye(3) - w2 @ w1) @ covariance
        w1, w2 = (
            w1 - 0.05 * (2 * LAM * w1 - 2 * w2.T @ residual),
            w2 - 0.05 * (2 * LAM * w2 - 2 * residual @ w1.T),
        )
    expected = sorted(1 - LAM / eigenvalues[:2])
    assert np.linalg.eigvalsh(w2.T @ w2) == pytest.approx(expected, abs=1e-6)
    assert np.linalg.eigvalsh(w1 @ w1.T) == pytest.approx(expected, abs=1e-6)


def test_statuses_follow_from_what_is_computed():
    found = {id: compared(s, ANSWERS[id], scope_of(ANSWERS[id])).status for id, s in STATEMENTS.items()}
    assert {id for id, status in found.items() if status != "confirmed"} == {"12b.forced", "12b.terms", "12b.values"}
    assert {found[id] for id in ("12b.forced", "12b.terms", "12b.values")} == {"imprecise"}
    wrong = {**STATEMENTS["12b.derivative"], "expr": "-1/s**3 + 2*s"}
    assert compared(wrong, ANSWERS["12b.derivative"], scope_of(ANSWERS["12b.derivative"])).status == "refuted"


def test_other_solutions_cost_as_much_and_project_alike():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4, 9))
    leading = np.linalg.svd(x)[0][:, :2]
    mix = rng.normal(size=(2, 2))
    w1, w2 = mix @ leading.T, leading @ np.linalg.inv(mix)
    turn, _ = np.linalg.qr(rng.normal(size=(2, 2)))

    def cost(encoder, decoder):
        return np.sum((x - decoder @ encoder @ x) ** 2) / 9 + LAM * (np.sum(encoder**2) + np.sum(decoder**2))

    assert ANSWERS["12a.nonunique"].value is True
    assert cost(turn @ w1, w2 @ turn.T) == pytest.approx(cost(w1, w2)) and not np.allclose(turn @ w1, w1)
    assert ANSWERS["12b.projection"].value is True
    assert w2 @ w1 @ w2 @ w1 == pytest.approx(w2 @ w1) and w1 @ w2 == pytest.approx(np.eye(2))
