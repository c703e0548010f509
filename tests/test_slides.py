"""Decks: a frame for every node the backward pass reaches, in one layout."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import sympy as sp
from figure_samples import recurrence, rnn

from symderiv.drawing import Drawing
from symderiv.errors import DrawingError
from symderiv.figures.graph_drawing import draw
from symderiv.ink.marks import Box, Ellipse
from symderiv.notation.labels import plain
from symderiv.notation.printing import latex
from symderiv.slides import Deck, Slide, as_deck, backward_deck, derivation_deck, frames


def derivation():
    x = sp.Symbol("x")
    proved = SimpleNamespace(verdict="proved")
    whole = x**2 + 2 * x + 1
    steps = (SimpleNamespace(before=(x + 1) ** 2, relation="=", after=whole, why="expand", certificate=proved),
             SimpleNamespace(before=whole, relation=">=", after=2 * x + 1, why="x² ≥ 0", certificate=proved))
    return SimpleNamespace(title="A square", steps=steps)


def test_nodes_are_lit_in_the_order_of_the_backward_pass():
    deck = backward_deck(rnn().backward("y"))
    passed = [s.title.removeprefix("Backward pass: ") for s in deck.slides if s.title.startswith("Backward")]
    assert passed[0] == "y"
    for earlier, later in (("y", "t"), ("t", "s"), ("s", "r"), ("r", "q"), ("q", "p"), ("p", "u₁"), ("y", "w")):
        assert passed.index(earlier) < passed.index(later)
    assert deck.slides[-1].title == "Total derivative by w"


def test_frames_share_one_layout():
    deck = backward_deck(rnn().backward("y"))
    middles = set()
    for slide in deck.slides[1:-1]:
        boxes = [m for m in slide.drawing.marks if isinstance(m, (Box, Ellipse))]
        first = boxes[0]
        middles.add(tuple((round(b.width, 2), round(b.x - first.x, 2)) for b in boxes))
    assert len(middles) == 1


def test_the_last_frame_has_the_total_derivative():
    passed = rnn().backward("y")
    lines = backward_deck(passed).slides[-1].lines
    assert lines[-1].lines[0][0].body == rf"\frac{{d y}}{{d w}} = {latex(passed.total('w'))}"


def test_a_derivation_is_shown_step_by_step():
    deck = derivation_deck(derivation())
    assert [s.title for s in deck.slides] == ["A square: step 1", "A square: step 2"]
    assert plain(deck.slides[0].lines[-1]) == "expand (proved)"
    assert deck.slides[1].lines[-2].lines[0][0].body.startswith(r"\geq ")


def test_every_slide_is_a_picture():
    pictures = frames(rnn().backward("y"))
    assert len(pictures) == len(backward_deck(rnn().backward("y")).slides)
    assert all(isinstance(p, Drawing) and p.alt for p in pictures)
    assert len(frames(derivation())) == 2


def test_decks_of_other_things():
    deck = Deck("t", (Slide("s"),))
    assert as_deck(deck) is deck
    assert as_deck(draw(rnn())).slides[0].drawing == draw(rnn())
    with pytest.raises(DrawingError, match="makes no slides"):
        as_deck(3)
    with pytest.raises(DrawingError, match="limit 60"):
        backward_deck(recurrence(40).backward("h_40"))


def test_a_derivation_without_a_title_is_not_headed_by_code():
    untitled = SimpleNamespace(title="", steps=derivation().steps)
    deck = derivation_deck(untitled)
    assert deck.title == "Derivation" and [s.title for s in deck.slides] == ["Step 1", "Step 2"]
