"""Search trees."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from symderiv.errors import DrawingError
from symderiv.figures.tree_drawing import tree_drawing
from symderiv.formats.dot import dot_text
from symderiv.formats.svg import svg_text
from symderiv.ink.marks import Box


def node(label, edge_label="", state="plain", *children):
    return SimpleNamespace(label=label, edge_label=edge_label, state=state, children=list(children))


TREE = node("start", "", "winner",
            node("deep", "-0.51", "kept", node("deep", "-0.35", "kept"), node("learn", "-1.2", "pruned")),
            node("learn", "-0.91", "winner", node("deep", "-4.61", "pruned"), node("learn", "-0.01", "winner")))


def test_nodes_do_not_overlap_and_levels_are_columns():
    drawing = tree_drawing(TREE)
    placed = [m for m in drawing.marks if isinstance(m, Box)]
    assert len(placed) == 7
    for i, a in enumerate(placed):
        for b in placed[:i]:
            apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
            assert apart
    assert len({round(m.x + m.width / 2, 1) for m in placed}) == 3


def test_states_are_drawn_apart():
    drawing = tree_drawing(TREE)
    pens = {m.pen for m in drawing.marks if isinstance(m, Box)}
    assert len(pens) == 3
    assert any(pen.dash for pen in pens)
    assert "2 kept, 2 pruned" in drawing.alt
    assert "start → learn → learn" in drawing.alt


def test_dot_keeps_the_tree():
    dot = dot_text(tree_drawing(TREE))
    assert dot.count(" -- ") == 6
    assert dot.startswith("graph ")


def test_unknown_state_and_huge_tree_are_refused():
    with pytest.raises(DrawingError, match="state 'lost'"):
        tree_drawing(node("a", "", "lost"))
    chain = node("leaf")
    for _ in range(500):
        chain = node("a", "", "plain", chain)
    with pytest.raises(DrawingError, match="more than 400 nodes"):
        tree_drawing(chain)


def test_a_root_alone_is_a_tree():
    assert svg_text(tree_drawing(node("only")))
