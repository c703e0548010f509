"""Drawings of beam searches."""

from __future__ import annotations

import pytest

from symderiv.drawing import ROLES
from symderiv.errors import DrawingError
from symderiv.figures.search_drawing import search_drawing
from symderiv.models.decoding import beam, tree_model
from symderiv.models.search_tree import search_tree
from symderiv.notation.labels import plain

MODEL = tree_model({"": {"a": "1/2", "b": "1/2"}, "a": {"a": "1/2", "b": "1/2"}, "b": {"a": "9/10", "b": "1/10"}}, 2)


def test_the_sequence_found_is_lit():
    diagram = search_drawing(search_tree(MODEL, 2)).diagram
    lit = [plain(node.label).split("\n")[0] for node in diagram.nodes if node.role == "winner" and node.label]
    assert tuple(lit) == beam(MODEL, 2).best.words
    assert {node.role for node in diagram.nodes} <= set(ROLES)
    assert len(diagram.edges) == 6


def test_the_blank_tree_gives_nothing_away():
    diagram = search_drawing(search_tree(MODEL, 2), blank=True).diagram
    assert {thing.role for thing in (*diagram.nodes, *diagram.edges)} == {"plain"}
    assert all(len(node.label.lines) <= 1 for node in diagram.nodes)
    assert "winning" not in diagram.alt


def test_an_orphan_is_refused():
    with pytest.raises(DrawingError, match="without its parent"):
        search_drawing(search_tree(MODEL, 2)[2:])
