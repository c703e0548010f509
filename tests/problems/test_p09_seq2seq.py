"""Problem 9 by a second route: numeric networks with random weights, whose outputs move with what they can see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symderiv.models.seq2seq import unrolled, visible_sources
from symderiv.paper.exams import exam_document
from symderiv.paper.rendering import render
from symderiv.paper.statements import compared, read_statements
from symderiv.problem import Paper
from symderiv.problems.eecs182_fa22 import p09_seq2seq
from symderiv.problems.eecs182_fa22.p09_seq2seq import REFERENCE, SAMPLED

PROBLEM = p09_seq2seq.problem()
ANSWERS = {answer.id: answer for answer in PROBLEM.answers}
OFFICIAL = Path(p09_seq2seq.__file__).parent / "official.json"
STATEMENTS = {s["id"]: s for s in read_statements(OFFICIAL) if s["id"].startswith("9")}
H = 4


def translate(source: np.ndarray, steps: int, stacked: bool) -> list[np.ndarray]:
    """Outputs of a recurrent encoder and decoder with fixed random weights; each output is the next input."""
    rng = np.random.default_rng(7)
    read, keep, fed, hold, below = (rng.normal(size=(H, H)) for _ in range(5))
    states = [np.zeros(H)]
    for word in source:
        states.append(np.tanh(read @ word + keep @ states[-1]))
    state, output, outputs = (np.zeros(H) if stacked else states[-1]), np.ones(H), []
    for t in range(1, steps + 1):
        handed = below @ states[t] if stacked and t < len(states) else np.zeros(H)
        state = np.tanh(fed @ output + hold @ state + handed)
        output = state
        outputs.append(output)
    return outputs


@pytest.mark.parametrize(("design", "stacked"), [("stacked", True), ("encoder_decoder", False)])
@pytest.mark.parametrize(("length", "steps"), [(3, 5), (4, 4), (4, 2)])
def test_an_output_moves_with_the_words_it_can_see(design, stacked, length, steps):
    source = np.random.default_rng(1).normal(size=(length, H))
    before = translate(source, steps, stacked)
    moved: list[list[int]] = [[] for _ in range(steps)]
    for word in range(length):
        other = source.copy()
        other[word] += 1
        for i, (a, b) in enumerate(zip(before, translate(other, steps, stacked), strict=True)):
            if np.abs(a - b).max() > 1e-12:
                moved[i].append(word + 1)
    assert [tuple(m) for m in moved] == [visible_sources(unrolled(design, length, steps), i + 1) for i in range(steps)]
    assert all(m == list(range(1, length + 1)) for m in moved) is not stacked
    if stacked:
        assert moved == [list(range(1, min(i + 1, length) + 1)) for i in range(steps)]


def test_the_tokens_fed():
    assert ANSWERS["9b"].value == ("<sos>", *REFERENCE)
    assert ANSWERS["9c"].value == ("<sos>", *SAMPLED)
    assert [a == b for a, b in zip(ANSWERS["9b"].value, ANSWERS["9c"].value, strict=True)].count(False) == 1


def status(id: str, **changed: object) -> str:
    return compared({**STATEMENTS[id], **changed}, ANSWERS[id], PROBLEM.scope).status


def test_what_the_official_text_states():
    assert {id for id in STATEMENTS if status(id) != "confirmed"} == {"9b.entries", "9c.entries"}
    assert status("9b.entries") == status("9c.entries") == "underdetermined"


@pytest.mark.parametrize(
    ("id", "value"),
    [("9a.prefix", False), ("9b", ["<sos>", *SAMPLED]), ("9c", [*SAMPLED, "<eos>"]), ("9b.count", 4), ("9b.entries", 3)],
)
def test_a_changed_official_answer_is_refuted(id, value):
    assert status(id, value=value) == "refuted"


def test_a_two_way_encoder_would_lift_the_limit():
    assert not p09_seq2seq._sees_prefix("stacked_bidirectional", 3, 3)


def test_students_see_no_answer():
    student, staff = (render(exam_document(Paper("x"), [PROBLEM], a), "markdown") for a in ("student", "staff"))
    assert "perro negro" in staff and "perro negro" not in student
    assert staff.count(ANSWERS["9b"].value[0]) > student.count(ANSWERS["9b"].value[0])
