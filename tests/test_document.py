"""Blocks are plain data; answers can be taken out of any tree of them."""

import dataclasses

import pytest
from paper_samples import BLOCKS, DERIVATION, NAMES, W

from symderiv.document import (
    AnswerBox,
    Blank,
    Chain,
    Document,
    Figure,
    Formula,
    Meta,
    Picture,
    Prose,
    Question,
    Table,
    Tick,
    TickBoxes,
    chain,
)
from symderiv.errors import ProblemError
from symderiv.paper.blocktree import holds_answers, transform, with_scope, without_answers


def test_blocks_are_frozen():
    for block in BLOCKS.values():
        assert dataclasses.is_dataclass(block) and type(block).__dataclass_params__.frozen


def test_an_unknown_paper_is_refused():
    with pytest.raises(ProblemError, match="a3.*known: a4, letter"):
        Meta(paper="a3")


def test_a_chain_has_a_line_for_each_step_and_says_what_is_not_proved():
    block = chain(DERIVATION)
    assert isinstance(block, Chain) and len(block.lines) == 2
    assert [line.verdict for line in block.lines] == ["proved", "supported"]
    assert len(chain(DERIVATION, left=W).lines) == 3


def test_an_empty_derivation_is_refused():
    with pytest.raises(ProblemError, match="no steps"):
        chain(type("D", (), {"steps": (), "title": "nothing"})())


def test_answers_are_taken_out_at_any_depth():
    deep = Question("a", (
        AnswerBox((Prose("secret"),)),
        Table((), ((Blank(answer="secret"), TickBoxes(("x",), (0,))),)),
        Formula((W, "=", Blank(answer="secret"))),
        Prose(("text ", Blank(answer="secret"))),
        Table((), (("a", Tick(True)),)),
        Figure(Picture(b"empty"), filled=Picture(b"secret")),
    ))
    stripped = without_answers((deep,))
    assert "secret" not in repr(stripped) and "ticked=True" not in repr(stripped)
    assert holds_answers((deep,)) and not holds_answers(stripped)
    assert "secret" in repr(deep)


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_stripping_twice_changes_nothing(name):
    once = without_answers((BLOCKS[name],))
    assert without_answers(once) == once and not holds_answers(once)


def test_a_scope_is_filled_in_where_none_was_given():
    own = Prose("a", {"z": 1})
    filled = with_scope((Question("a", (Prose("b"), own)),), NAMES)
    assert filled[0].blocks[0].scope is NAMES and filled[0].blocks[1].scope is own.scope


def test_a_tree_nobody_changes_is_the_same_object():
    block = BLOCKS["question"]
    assert transform(block, lambda b: b) is block


def test_a_document_needs_only_title_and_blocks():
    assert Document("t", ()).meta.paper == "a4"
