"""Networks of neighbours and unrolled translation models."""

from __future__ import annotations

import pytest

from symderiv.errors import DrawingError
from symderiv.figures.schematics import network_figure, ring, unrolled_translation
from symderiv.formats.svg import svg_text
from symderiv.ink.marks import Ellipse
from symderiv.notation.labels import tex

EDGES = [(1, 2), (2, 3), (3, 4), (2, 4), (4, 5)]


@pytest.mark.parametrize("positions", [None, ring([1, 2, 3, 4, 5])])
def test_network_has_a_circle_for_each_node(positions):
    drawing = network_figure(EDGES, positions=positions, lit=[1, 4])
    circles = [m for m in drawing.marks if isinstance(m, Ellipse)]
    assert len(circles) == 5
    for i, a in enumerate(circles):
        for b in circles[:i]:
            assert (a.cx - b.cx) ** 2 + (a.cy - b.cy) ** 2 > (a.rx + b.rx) ** 2
    assert "5 nodes and 5 edges: 1–2" in drawing.alt


def test_network_needs_nodes_and_all_positions():
    with pytest.raises(DrawingError, match="at least one"):
        network_figure([])
    with pytest.raises(DrawingError, match="node 3"):
        network_figure([(1, 2), (2, 3)], positions={1: (0, 0), 2: (1, 0)})


@pytest.mark.parametrize("stacked", [False, True])
def test_translation_model(stacked):
    words = [tex(rf"w_{{{k}}}") for k in range(1, 6)]
    drawing = unrolled_translation(["Veo", "un", "perro"], words, ["I", "saw", "a", "dog"], stacked=stacked)
    crossing = [e for e in drawing.diagram.edges if e.source.startswith("h") and e.target.startswith("s")]
    assert len(crossing) == (3 if stacked else 1)
    assert svg_text(drawing)
    with pytest.raises(DrawingError, match="at least one source word"):
        unrolled_translation([], words)
