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


def test_answers_are_numbered_after_what_students_see():
    blocks = (AnswerBox((Formula(Y, AUTO),)), Formula(W, AUTO))
    complete = numbered(blocks)
    assert complete[0].blocks[0].tag == "2" and complete[1].tag == "1"
    assert tags(without_answers(complete)) == ["1"]


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
