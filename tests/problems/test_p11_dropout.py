"""Problem 11 by a second route: every mask enumerated, and the minimisers of small least-squares problems."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from symderiv.paper.statements import compared, read_statements
from symderiv.problems.eecs182_fa22 import p11_dropout
from symderiv.problems.eecs182_fa22.dropout_argument import argument

PROBLEM = p11_dropout.problem()
ANSWERS = {answer.id: answer for answer in PROBLEM.answers}
OFFICIAL = Path(p11_dropout.__file__).parent / "official.json"
STATEMENTS = {s["id"]: s for s in read_statements(OFFICIAL) if s["id"].startswith("11")}
P = 0.3


def data():
    rng = np.random.default_rng(11)
    return rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=2)


def averaged(x, y, w):
    """The dropout objective: the mean over all masks."""
    total = 0.0
    for mask in product((0, 1), repeat=x.size):
        r = np.reshape(mask, x.shape)
        total += P ** r.sum() * (1 - P) ** (r.size - r.sum()) * np.sum((y - (r * x) @ w) ** 2)
    return total


def test_every_derivation_and_change_of_variables_is_proved():
    a = argument()
    assert {d.verdict for d in (a.expectation, a.absorbed, a.ridge, a.column)} == {"proved"}
    assert {m.verdict for m in (a.to_tikhonov, a.to_ridge, a.to_scaled_ridge)} == {"proved"}
    assert {c.verdict for c in a.columns} == {"proved"}


def test_the_closed_form_is_the_mean_over_all_masks():
    x, y, w = data()
    gamma = np.diag(np.linalg.norm(x, axis=0))
    closed = np.sum((y - P * x @ w) ** 2) + P * (1 - P) * np.sum((gamma @ w) ** 2)
    assert averaged(x, y, w) == pytest.approx(closed)


def test_the_dropout_minimiser_times_p_solves_the_tikhonov_problem():
    x, y, _ = data()
    gamma = np.sqrt((1 - P) / P) * np.diag(np.linalg.norm(x, axis=0))
    stacked = np.vstack([x, gamma])
    ridge = np.linalg.lstsq(stacked, np.append(y, [0, 0]), rcond=None)[0]
    step = 1e-5
    for k in range(2):
        shift = step * np.eye(2)[k]
        slope = (averaged(x, y, ridge / P + shift) - averaged(x, y, ridge / P - shift)) / (2 * step)
        assert slope == pytest.approx(0, abs=1e-6)


def test_statuses_follow_from_what_is_computed():
    found = {id: compared(s, ANSWERS[id], PROBLEM.scope).status for id, s in STATEMENTS.items()}
    assert {id for id, status in found.items() if status == "imprecise"} == {"11c.norm", "11c.recall"}
    assert {id for id, status in found.items() if status == "refuted"} == {"11c.variance"}
    wrong = {**STATEMENTS["11a"], "expr": "w_check/p"}
    assert compared(wrong, ANSWERS["11a"], PROBLEM.scope).status == "refuted"
