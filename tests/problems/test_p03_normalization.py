"""Problem 3 by samples, by SciPy's densities and by points on the contours."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import stats

from symderiv.document import Figure
from symderiv.figures.series import Curve, Guide
from symderiv.models.contours import ellipse
from symderiv.paper.exams import problem_blocks
from symderiv.paper.statements import compared
from symderiv.problem import Cases
from symderiv.problems.eecs182_fa22 import p03_contours, p03_normalization
from symderiv.report import report

PROBLEM = p03_normalization.problem()
ANSWERS = {answer.id: answer for answer in PROBLEM.answers}


def normalized(sample: np.ndarray, epsilon: float = 0.0) -> np.ndarray:
    centred = sample - sample.mean(-1, keepdims=True)
    return centred / np.sqrt(sample.var(-1, keepdims=True) + epsilon)


def test_the_output_of_a_large_batch() -> None:
    sample = np.random.default_rng(3).normal(1.5, 0.4, 200_000)
    out = 1 * normalized(sample) + 3
    assert out.mean() == pytest.approx(float(ANSWERS["3a.mean-value"].value))
    assert out.std() == pytest.approx(float(ANSWERS["3a.sd-value"].value.cases[0].value))
    assert stats.kstest(out, stats.norm(3, 1).cdf).pvalue > 0.01
    free = ANSWERS["3a.sd-value"].value.cases[1].value
    (epsilon,) = free.free_symbols
    assert (1 * normalized(sample, 0.1)).std() == pytest.approx(float(free.subs(epsilon, 0.1)), rel=0.01)


def test_a_small_batch_is_not_gaussian() -> None:
    pairs = normalized(np.random.default_rng(4).normal(size=(50, 2)))
    assert np.allclose(abs(pairs), 1)
    assert [case.value for case in ANSWERS["3a.gaussian"].value.cases] == [True, False]


def test_every_derivation_is_proved() -> None:
    chains = [answer.derivation for answer in PROBLEM.answers if answer.derivation is not None]
    assert len(chains) >= 3 and {chain.verdict for chain in chains} == {"proved"}


def test_contours_reach_as_far_as_the_deviations_and_keep_the_correlation() -> None:
    rng = np.random.default_rng(5)
    before = np.array([[float(v) for v in row] for row in p03_contours.read_matrix(p03_contours.COVARIANCE)])
    after = p03_contours.normalized_covariance(p03_contours.read_matrix(p03_contours.COVARIANCE)).covariance
    sample = normalized(rng.multivariate_normal(p03_contours.MEAN, before, 200_000).T)
    assert np.allclose(np.cov(sample), np.array(after.tolist(), dtype=float), atol=0.01)
    assert float(after[0, 1]) == pytest.approx(before[0, 1] / np.sqrt(before[0, 0] * before[1, 1]))
    for k in p03_contours.DEVIATIONS:
        points = np.array(ellipse([0, 0], after.tolist(), k).points(2000))
        assert np.allclose(abs(points).max(0), k, atol=1e-4)


def test_the_words_for_contours() -> None:
    assert p03_contours.shape(p03_contours.after_general(p03_contours.sp.Integer(0))).startswith("circles")
    angle = float(p03_contours.degrees(p03_contours.sp.Matrix([[1, p03_contours.sp.Rational(1, 3)], [p03_contours.sp.Rational(1, 3), 1]])))
    assert angle == 45


def figures(audience: str) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for block in problem_blocks(PROBLEM, audience):
        for inner in getattr(block, "blocks", ()):
            if isinstance(inner, Figure):
                found[re.split(r"\W", inner.label)[-1]] = inner
    return found


def test_students_get_an_empty_grid_and_no_contour_of_the_output() -> None:
    student, staff = figures("student"), figures("staff")
    assert [len(f.drawing.series) for f in student.values()] == [2, 0, len(staff["contours"].drawing.series) // 2]
    density = next(s for s in staff["output"].drawing.series if isinstance(s, Curve))
    assert all(y == pytest.approx(stats.norm.pdf(x, 3, 1)) for x, y in density.points)
    assert next(s for s in staff["output"].drawing.series if isinstance(s, Guide)).at == 3
    assert not student["output"].drawing.x.numbers


def test_statuses() -> None:
    found = {r["id"]: r["status"] for r in report("eecs182_fa22") if re.match("3[ab.]", r["id"])}
    assert found["3a.sd"] == found["3a.sd-value"] == "imprecise" and found["3b"] == "underdetermined"
    assert {found[k] for k in ("3a.gaussian", "3a.mean", "3a.mean-value", "3b.unshifted")} == {"confirmed"}
    assert isinstance(ANSWERS["3b"].value, Cases) and ANSWERS["3b"].value.open


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ({"id": "3a.mean", "expr": "beta + mu"}, "refuted"),
        ({"id": "3a.sd", "expr": "gamma", "when": "epsilon = 0"}, "confirmed"),
        ({"id": "3a.sd", "expr": "gamma**2"}, "refuted"),
        ({"id": "3a.sd-value", "expr": "2/5"}, "refuted"),
        ({"id": "3a.gaussian", "value": True}, "imprecise"),
        ({"id": "3b", "value": "squares"}, "refuted"),
    ],
)
def test_a_changed_statement_changes_its_status(statement, status) -> None:
    answer = ANSWERS[statement["id"]]
    scope = PROBLEM.scope if answer.scope is None else answer.scope
    assert compared({"claim": "changed", **statement}, answer, scope).status == status
