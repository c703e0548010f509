"""Problem 6 by other routes: NumPy, differences, parameters counted from shapes, a network trained by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from symderiv.models.transformer import frozen_share
from symderiv.paper.statements import compared
from symderiv.problems.eecs182_fa22.attention_case import KEYS, QUERY, VALUES, shares, tied_query
from symderiv.problems.eecs182_fa22.attention_layer import carries, untrained
from symderiv.problems.eecs182_fa22.p06_attention import problem

PROBLEM = problem()
ANSWERS = {answer.id: answer for answer in PROBLEM.answers}
KEY, VALUE, ASKED = (np.array(a, dtype=float) for a in (KEYS, VALUES, QUERY))


def status(name, **said):
    answer = ANSWERS[name]
    scope = answer.scope if answer.scope is not None else PROBLEM.scope
    return compared({"id": name, "claim": "", **said}, answer, scope).status


def argmax_output(query, keys=KEY, values=VALUE):
    return values[int(np.argmax(keys @ query))]


def test_scores_weights_and_output_by_numpy():
    scores = [int(s) for s in KEY @ ASKED]
    assert list(ANSWERS["6a.scores"].value) == scores
    assert list(ANSWERS["6a.argmax"].value) == [int(s == max(scores)) for s in scores]
    assert list(ANSWERS["6a"].value) == [int(x) for x in argmax_output(ASKED)]


def test_every_derivation_is_proved():
    shown = [answer.derivation for answer in PROBLEM.answers if answer.derivation is not None]
    assert len(shown) == 7
    assert {line.verdict for line in shown} == {"proved"}


def test_differences_of_argmax_are_zero_in_query_and_keys_and_not_in_the_winner():
    rng = np.random.default_rng(6)
    for _ in range(50):
        step = 1e-3 * rng.normal(size=(5, 3))
        assert (argmax_output(ASKED + step[0], KEY + step[1:]) == argmax_output(ASKED)).all()
        assert np.allclose(argmax_output(ASKED, values=VALUE + step[1:]) - argmax_output(ASKED), step[1:][1])


def test_the_output_jumps_at_the_tie_and_only_there():
    tie = np.array([float(x) for x in tied_query()])
    scores = np.sort(KEY @ tie)
    assert np.isclose(scores[-1], scores[-2])
    assert scores[-2] > scores[-3] + 1
    outputs = {tuple(argmax_output(tie + 1e-6 * (ASKED - tie))), tuple(argmax_output(tie - 1e-6 * (ASKED - tie)))}
    assert outputs == {VALUES[1], VALUES[2]}
    assert np.isclose(np.linalg.norm(tie - ASKED), 3 * 2**0.5 / 5)


def test_never_most_of_a_layer_with_values_as_wide_as_keys():
    for width, hidden, heads, bias in ((8, 0, 2, True), (8, 0, 1, False), (64, 8, 4, True), (512, 2048, 8, False)):
        weights = 4 * width**2 + 2 * width * hidden + bias * (4 * width + (hidden + width) * bool(hidden))
        frozen = 2 * width**2 + bias * 2 * width
        assert frozen_share(width, hidden, heads=heads, bias=bias).fraction == Fraction(frozen, weights)
        assert 2 * frozen <= weights
    assert shares()[4].fraction == Fraction(1, 6)


def test_the_figure_and_the_count_name_the_same_weights():
    assert untrained() == shares()[4].names
    assert not carries()["s", "e"]
    assert all(carries(pooling="nothing").values())


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [("6a.scores", ["3", "11", "5", "2"], ["3", "11", "5", "3"]), ("6a", ["1", "4", "3"], ["0", "-1", "4"])],
)
def test_a_changed_official_answer_changes_its_status(name, right, wrong):
    assert status(name, vec=right) == "confirmed"
    assert status(name, vec=wrong) == "refuted"


def test_what_is_said_about_training():
    assert status("6b.most", value=True) == "refuted"
    assert status("6b.most", value=False) == "confirmed"
    assert status("6b.zero", value=True) == "imprecise"
    assert status("6b.zero", value=True, when="one key wins") == "confirmed"
    assert status("6b.functions", value=["W_Q", "W_V"]) == "refuted"
