"""Numbers and references."""

import pytest
from paper_samples import SVG, W, Y

from symderiv.document import AUTO, AnswerBox, Chain, Figure, Formula, Line, Picture, Prose
from symderiv.errors import ProblemError, UnknownNameError
from symderiv.paper.blocktree import without_answers
from symderiv.paper.inline import Ref
from symderiv.paper.numbering import check_references, numbered


def tags(blocks):
    return [block.tag for block in blocks if isinstance(block, Formula)]


def test_numbers_go_up_and_carry_the_problem():
    blocks = (Formula(Y, AUTO), Formula(Y), Formula(Y, AUTO))
    assert tags(numbered(blocks)) == ["1", None, "2"]
    assert tags(numbered(blocks, "5")) == ["5.1", None, "5.2"]


def test_a_number_given_by_hand_is_not_given_again():
    assert tags(numbered((Formula(Y, AUTO), Formula(Y, "2"), Formula(Y, AUTO)))) == ["1", "2", "3"]


@pytest.mark.parametrize(("prefix", "own", "seen"), [("", "S1", "1"), ("5", "S5.1", "5.1")])
def test_solutions_have_a_row_of_numbers_of_their_own(prefix, own, seen):
    figure = Figure(Picture(SVG), "A caption")
    complete = numbered((AnswerBox((Formula(Y, AUTO), figure)), Formula(W, AUTO), figure), prefix)
    assert [complete[0].blocks[0].tag, complete[0].blocks[1].number] == [own, own]
    assert [complete[1].tag, complete[2].number] == [seen, seen]
    assert tags(without_answers(complete)) == [seen]


def test_numbers_of_both_rows_go_up_down_the_page():
    blocks = tuple(b for _ in range(3) for b in (Formula(W, AUTO), AnswerBox((Formula(Y, AUTO), Formula(Y, AUTO)))))
    complete = numbered(blocks, "5")
    assert tags(complete) == ["5.1", "5.2", "5.3"]
    inside = [tag for box in complete if isinstance(box, AnswerBox) for tag in tags(box.blocks)]
    assert inside == [f"S5.{k}" for k in range(1, 7)]


def test_one_formula_in_a_question_and_its_solution_has_two_numbers():
    formula = Formula(Y, AUTO)
    complete = numbered((formula, AnswerBox((formula,))))
    assert complete[0].tag == "1" and complete[1].blocks[0].tag == "S1"


def test_labels_of_solutions_carry_the_problem_too():
    box = numbered((AnswerBox((Formula(Y, AUTO),)),), "5")[0]
    assert box.blocks[0].label == "S5.1" and numbered((box,), "5")[0] == box


def test_references_are_resolved_before_and_after_their_target():
    figure = Figure(Picture(SVG), "A caption", label="rnn")
    blocks = numbered((Prose("see @{rec}, @{rnn} and @{13}"), Formula(Y, AUTO, "rec"), figure, Formula(Y, "13")), "5")
    assert [p.text for p in blocks[0].text if isinstance(p, Ref)] == ["(5.1)", "Figure\u00a05.1", "(13)"]
    assert blocks[1].label == "5:rec"


def test_references_in_reasons_are_resolved():
    chain = Chain(Y, (Line("=", W, "by @{rec}", AUTO),))
    made = numbered((Formula(Y, AUTO, "rec"), chain))
    assert made[1].lines[0].why[1].text == "(1)" and made[1].lines[0].tag == "2"


def test_numbering_twice_changes_nothing():
    once = numbered((Prose("see @{rec}"), Formula(Y, AUTO, "rec")), "5")
    assert numbered(once) == once


def test_a_reference_to_nothing_is_named():
    with pytest.raises(UnknownNameError, match="did you mean rec"):
        numbered((Prose("@{red}"), Formula(Y, AUTO, "rec")))


def test_a_label_given_twice_is_named():
    with pytest.raises(ProblemError, match="'rec' stands at"):
        numbered((Formula(Y, AUTO, "rec"), Formula(W, AUTO, "rec")))


def test_students_cannot_be_sent_into_the_solutions():
    complete = numbered((Prose("@{rec}"), AnswerBox((Formula(Y, AUTO, "rec"),))))
    with pytest.raises(UnknownNameError, match="solutions only"):
        check_references(without_answers(complete))
