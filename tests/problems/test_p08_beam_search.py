"""Problem 8 by a second route: decimals added by hand, enumeration, a search of four lines, logarithms in floats."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from symderiv.models.decoding import beam, exhaustive, leaves, tree_model
from symderiv.paper.exams import exam_document
from symderiv.paper.rendering import render
from symderiv.paper.statements import compared, read_statements
from symderiv.problem import Paper
from symderiv.problems.eecs182_fa22 import p08_beam_search
from symderiv.problems.eecs182_fa22.beam_tree import LABELS, SUMS, WORDS, inner, model, number, siblings

PROBLEM = p08_beam_search.problem()
ANSWERS = {answer.id: answer for answer in PROBLEM.answers}
OFFICIAL = Path(p08_beam_search.__file__).parent / "official.json"
STATEMENTS = {s["id"]: s for s in read_statements(OFFICIAL) if s["id"] == "8" or s["id"].startswith(("8a", "8b", "8c"))}

SUM = {words: Decimal(text) for words, text in SUMS.items()}
WHOLE = [" ".join(words) for words in itertools.product(WORDS, repeat=3)]


def difference(words: str) -> Decimal:
    return SUM[words] - SUM.get(words.rpartition(" ")[0], Decimal(0))


def status(id: str, **changed: object) -> str:
    return compared({**STATEMENTS[id], **changed}, ANSWERS[id], PROBLEM.scope).status


def search(width: int) -> list[list[str]]:
    beams, kept = [], [""]
    for _ in range(3):
        grown = [f"{beginning} {word}".strip() for beginning in kept for word in WORDS]
        kept = sorted(grown, key=lambda words: -SUM[words])[:width]
        beams.append(kept)
    return beams


def test_labels_are_the_differences_of_the_sums():
    for prefix in inner():
        for word, label in model().next(prefix).items():
            assert Decimal(label.numerator) / label.denominator == difference(" ".join((*prefix, word)))
    assert {words: difference(words) for words in LABELS} == {words: Decimal(text) for words, text in LABELS.items()}


def test_the_three_sequences():
    assert ANSWERS["8a"].value == max(WHOLE, key=SUM.__getitem__)
    assert [h.score for h in leaves(model())] == [SUM[words] for words in WHOLE]
    assert ANSWERS["8b"].value == search(1)[-1][0]
    assert ANSWERS["8c"].value == search(2)[-1][0]
    for i, kept in enumerate(search(2), 1):
        assert ANSWERS[f"8c.{i}.kept"].value == tuple(kept)


def test_probabilities_behind_the_labels():
    for pair in siblings():
        assert sum(pair.probabilities) == 1
        for p, label, exact, rounded in zip(pair.probabilities, pair.labels, pair.logs, pair.rounded, strict=True):
            assert float(exact) == pytest.approx(math.log(p)) and abs(math.log(p) - label) < 0.01
            assert rounded == (round(math.log(p), 2) == pytest.approx(float(label)))


@pytest.mark.parametrize(("way", "prints"), [("nearest", np.rint), ("toward_zero", np.trunc), ("down", np.floor)])
def test_which_pairs_a_way_of_rounding_makes(way, prints):
    made = []
    for pair in siblings():
        first, second = (float(100 * label) for label in pair.labels)
        p = np.exp(np.linspace(first - 1, min(first + 1, -1e-9), 200_001) / 100)
        fits = (prints(100 * np.log(p)) == round(first)) & (prints(100 * np.log1p(-p)) == round(second))
        made.append(bool(fits.any()))
    assert made == [pair.fits[way] for pair in siblings()] and not all(made)


def test_wider_beams_and_a_beam_that_misses():
    assert [beam(model(), k).best == exhaustive(model()).best for k in (1, 2, 3, 4)] == [False, True, True, True]
    half = {"a": "1/2", "b": "1/2"}
    table = {"": {"a": "11/20", "b": "9/20"}, "a": half, "b": half, "a a": half, "a b": half, "b a": half,
             "b b": {"a": 1, "b": 0}}  # fmt: skip
    misleading = tree_model(table, 3)
    assert exhaustive(misleading).best.words == ("b", "b", "a")
    assert [beam(misleading, k).best == exhaustive(misleading).best for k in (3, 4)] == [False, True]


def test_what_the_official_text_states():
    found = {id: status(id) for id in STATEMENTS}
    assert {id for id, is_ in found.items() if is_ == "refuted"} == {"8a.learn-learn", "8c.3.learn-learn"}
    assert {id for id, is_ in found.items() if is_ == "imprecise"} == {"8", "8b.first.rounding", "8b.second.rounding"}
    assert set(found.values()) == {"confirmed", "refuted", "imprecise"}
    for id, statement in STATEMENTS.items():
        if isinstance(statement.get("num"), str) and found[id] == "confirmed":
            assert Decimal(statement["num"]) == SUM[id.rpartition(".")[2].replace("-", " ")]


@pytest.mark.parametrize(
    ("id", "changed"),
    [("8a", {"value": "deep deep deep"}), ("8a.learn-deep-learn", {"num": "-5.64"}), ("8b.second.comparison", {"value": False}),
     ("8b.third.labels", {"num": ["-0.22", "-1.60"]}), ("8c.2.kept", {"value": ["deep deep", "deep learn"]})],
)  # fmt: skip
def test_a_changed_official_answer_is_noticed(id, changed):
    assert status(id) == "confirmed" and status(id, **changed) in ("refuted", "imprecise")


def test_the_right_digits_would_be_confirmed():
    assert status("8b.second.rounding", num=["-0.36", "-1.20"]) == "confirmed"
    assert status("8a.learn-learn", num="-0.92") == "confirmed"


def test_students_see_the_tree_and_no_answer():
    student, staff = (render(exam_document(Paper("x"), [PROBLEM], a), "markdown") for a in ("student", "staff"))
    assert "learn learn deep" in staff and number(SUM["learn learn deep"]) in staff
    assert "learn learn" not in student and "deep deep" not in student
