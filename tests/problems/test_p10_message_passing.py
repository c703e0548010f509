"""Problem 10 by a second route: rules run on numbers in every order, the loss and the updates written out in NumPy."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from symderiv.paper.statements import compared, read_statements
from symderiv.problems.eecs182_fa22 import node_rules, node_update, p10_message_passing

PROBLEM = p10_message_passing.problem()
ANSWERS = {answer.id: answer for answer in PROBLEM.answers}
OFFICIAL = Path(p10_message_passing.__file__).parent / "official.json"
STATEMENTS = {s["id"]: s for s in read_statements(OFFICIAL) if s["id"].startswith("10")}
RNG = np.random.default_rng(10)
WEIGHTS = RNG.normal(size=3)
BY_NUMBERS = (
    lambda s, m: WEIGHTS[0] * s + WEIGHTS[1] * np.mean(m),
    lambda s, m: max(WEIGHTS[0] * s, *(WEIGHTS[1] * x for x in m)),
    lambda s, m: s * np.prod([w * x for w, x in zip(WEIGHTS, m, strict=True)]),
)


@pytest.mark.parametrize("number", range(3))
def test_a_rule_is_valid_where_numbers_do_not_see_the_order(number):
    state, messages = 0.7, RNG.normal(size=3)
    values = [BY_NUMBERS[number](state, list(order)) for order in permutations(messages)]
    assert node_rules.RULES[number].decided().valid == bool(np.allclose(values, values[0]))


def test_the_loss_is_the_masked_mean():
    loss = p10_message_passing.training_loss()
    point = dict(zip("abcde", (0.2, 0.3, 0.4, 0.6, 0.9), strict=True))
    labels = {"a": 0, "b": 1, "c": 1, "d": 1, "e": 0}
    trained = [labels[k] * np.log(1 / v) + (1 - labels[k]) * np.log(1 / (1 - v)) for k, v in point.items() if k in "bce"]
    assert float(loss.subs(point)) == pytest.approx(np.mean(trained))


def test_the_printed_updates_force_the_edges():
    found, _ = node_update.reconstructed()
    assert {frozenset((a, b)) for a, b in found.forced} == {frozenset(e) for e in ("12", "24", "25", "35")}


def test_statuses_follow_from_what_is_computed():
    found = {id: compared(s, ANSWERS[id], ANSWERS[id].scope or PROBLEM.scope).status for id, s in STATEMENTS.items()}
    assert {id for id, status in found.items() if status == "refuted"} == {"10c.equation"}
    assert found["10b.general"] == "imprecise"
    wrong = {**STATEMENTS["10c.equation"], "value": 9}
    assert compared(wrong, ANSWERS["10c.equation"], PROBLEM.scope).status == "confirmed"


def test_the_neighbours_of_the_figure_are_left_open():
    answer = ANSWERS["10c.neighbours"]
    assert answer.value.open and answer.value.cases[0].value == (("1", "4", "5"), ("5",))
    assert answer.value.cases[1].value != answer.value.cases[0].value
    assert "open 1–4, 1–5, 4–5" in answer.evidence
