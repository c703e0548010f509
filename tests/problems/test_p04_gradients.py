"""Problem 4 by simulated networks and by counting; the ticks follow from the factors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from symderiv.document import Table, Tick
from symderiv.models.techniques import N, techniques
from symderiv.paper.exams import problem_blocks
from symderiv.paper.statements import compared
from symderiv.problems.eecs182_fa22 import p04_effects as effects
from symderiv.problems.eecs182_fa22 import p04_gradients
from symderiv.report import report

PROBLEM = p04_gradients.problem()
ANSWERS = {answer.id: answer for answer in PROBLEM.answers}


def backward_factor(deviation: float, seed: int, shape: str = "plain", width: int = 200, layers: int = 6) -> float:
    """The factor per layer of a real relu network: plain, with residual blocks, or with batch normalization."""
    rng = np.random.default_rng(seed)
    a, passed = rng.normal(size=(width, 400)), []
    for _ in range(layers):
        w = rng.normal(0, deviation, (width, width))
        z = w @ a
        s = z.std(1, keepdims=True) if shape == "normalized" else 1.0
        u = (z - z.mean(1, keepdims=True)) / s if shape == "normalized" else z
        passed.append((w, s, u))
        a = np.maximum(u, 0) + (a if shape == "residual" else 0)
    g = rng.normal(size=a.shape)
    start = (g**2).mean()
    for w, s, u in passed[:0:-1]:
        h = g * (u > 0)
        if shape == "normalized":
            h = (h - h.mean(1, keepdims=True) - u * (h * u).mean(1, keepdims=True)) / s
        g = w.T @ h + (g if shape == "residual" else 0)
    return float(((g**2).mean() / start) ** (1 / (layers - 1)))


def measured(variance: float, shape: str = "plain") -> float:
    return math.exp(np.mean([math.log(backward_factor(math.sqrt(variance), seed, shape)) for seed in range(4)]))


def test_he_and_xavier_in_real_networks() -> None:
    xavier, he = measured(1 / 200), measured(2 / 200)
    (equal,) = (s for s in techniques()[0].situations if s.name == f"{N} to {N}")
    assert xavier == pytest.approx(float(equal.before), rel=0.05)
    assert he == pytest.approx(float(equal.after), rel=0.05)


@pytest.mark.parametrize("share", [0.5, 2.0])
def test_residual_blocks_in_real_networks(share) -> None:
    assert measured(share * 2 / 200, "residual") == pytest.approx(1 + share, rel=0.06)


@pytest.mark.parametrize("scale", ["1/2", "2"])
def test_batch_normalization_in_real_networks(scale) -> None:
    row = techniques()[2]
    (situation,) = (s for s in row.situations if s.name.startswith(f"{scale} "))
    times = float(situation.before)  # the square of the scale beside He
    assert measured(times * 2 / 200) == pytest.approx(times, rel=0.05)
    assert measured(times * 2 / 200, "normalized") == pytest.approx(float(situation.after), rel=0.05)


def test_every_derivation_is_proved() -> None:
    chains = [answer.derivation for answer in PROBLEM.answers if answer.derivation is not None]
    chains += [effects.through_weights(), effects.normalized_factor()]
    assert {chain.verdict for chain in chains} == {"proved"}


def test_the_factor_printed_is_the_models() -> None:
    from symderiv.models.gradient_effects import unit_moments

    moments = unit_moments("relu")
    assert float(moments.slope / moments.variance) == pytest.approx(math.pi / (math.pi - 1))


def test_sizes_of_weights_by_numbers() -> None:
    assert ANSWERS["4.he-size"].value and ANSWERS["4.he-thus"].value
    for n_in, n_out in ((5, 7), (300, 2), (2, 300)):
        assert math.sqrt(2 / n_in) > math.sqrt(2 / (n_in + n_out))


def ticks(audience: str) -> list[list[bool]]:
    blocks = [b for q in problem_blocks(PROBLEM, audience) for b in getattr(q, "blocks", ())]
    (table,) = (b for b in blocks if isinstance(b, Table))
    return [[cell.ticked for cell in row if isinstance(cell, Tick)] for row in table.rows]


def test_boxes_are_empty_for_students_and_ticked_for_staff() -> None:
    assert ticks("student") == [[False, False]] * 3
    told = [f"{row.key}: {word}" for row, pair in zip(techniques(), ticks("staff"), strict=True)
            for word, ticked in zip(("vanishing", "exploding"), pair, strict=True) if ticked]
    assert tuple(told) == ANSWERS["4"].value


def test_statuses() -> None:
    found = {r["id"]: r["status"] for r in report("eecs182_fa22") if r["id"].split(".")[0] == "4"}
    assert len(found) == len(ANSWERS)
    assert {k for k, status in found.items() if status != "confirmed"} == {"4.skip-reason"}
    assert found["4.skip-reason"] == "imprecise"


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ({"id": "4", "value": ["he: vanishing"]}, "refuted"),
        ({"id": "4.he-vanishing", "value": True}, "imprecise"),
        ({"id": "4.he-leniency", "value": True}, "imprecise"),
        ({"id": "4.he-half", "expr": "1/4"}, "refuted"),
        ({"id": "4.skip-exploding", "value": True}, "refuted"),
    ],
)
def test_a_changed_statement_changes_its_status(statement, status) -> None:
    answer = ANSWERS[statement["id"]]
    scope = PROBLEM.scope if answer.scope is None else answer.scope
    assert compared({"claim": "changed", **statement}, answer, scope).status == status
