"""A picture without a format: marks on a plane, in points, y downwards.

One drawing serves SVG, PDF, PNG, TikZ and slides.  A drawing of a graph or a
tree also keeps its diagram (nodes and edges before layout), from which DOT is
written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symderiv.ink.marks import (
    BLUE,
    BLUE_FILL,
    FAINT,
    GREEN,
    GREEN_FILL,
    GREY,
    INK,
    ORANGE,
    ORANGE_FILL,
    PALE,
    PAPER,
    Mark,
    Pen,
    shifted,
)
from symderiv.ink.svg_marks import svg_picture
from symderiv.notation.labels import EMPTY, Label


@dataclass(frozen=True)
class Node:
    """A node before layout: ``shape`` is round, box, circle or none; ``role`` a row of ``ROLES``."""

    id: str
    label: Label = EMPTY
    shape: str = "round"
    role: str = "plain"


@dataclass(frozen=True)
class Edge:
    """An edge before layout; parallel edges are separate entries."""

    source: str
    target: str
    label: Label = EMPTY
    role: str = "plain"
    arrow: bool = True


@dataclass(frozen=True)
class Diagram:
    """Nodes and edges with wishes for the layout: a direction, nodes that share a rank, an engine of Graphviz."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    title: str = ""
    alt: str = ""
    direction: str = "LR"
    ranks: tuple[tuple[str, ...], ...] = ()
    engine: str = "dot"


@dataclass(frozen=True)
class Drawing:
    """A finished picture; equal drawings give equal files.

    ``alt`` is the text read aloud instead of it.
    """

    marks: tuple[Mark, ...]
    width: float
    height: float
    title: str = ""
    alt: str = ""
    diagram: Diagram | None = None

    def _repr_svg_(self) -> str:
        return svg_picture(self.marks, self.width, self.height, self.title, self.alt)


@dataclass(frozen=True)
class Look:
    """How a role is drawn: the node's pen, its words, its edge's pen and words."""

    node: Pen
    words: str = INK
    edge: Pen = field(default_factory=lambda: Pen(INK, 0.7))
    edge_words: str = INK


ROLES: Mapping[str, Look] = {
    "plain": Look(Pen(INK, 0.7, fill=PAPER)),
    "input": Look(Pen(GREY, 0.7, fill=PALE)),
    "value": Look(Pen(BLUE, 0.8, fill=BLUE_FILL), edge=Pen(INK, 0.7), edge_words=BLUE),
    "output": Look(Pen(GREEN, 1.3, fill=GREEN_FILL)),
    "weight": Look(Pen(ORANGE, 1.5, fill=ORANGE_FILL), edge=Pen(ORANGE, 1.1), edge_words=ORANGE),
    "lit": Look(Pen(ORANGE, 1.8, fill=ORANGE_FILL), edge=Pen(ORANGE, 1.6), edge_words=ORANGE),
    "quiet": Look(Pen(FAINT, 0.7, fill=PAPER), GREY, Pen(GREY, 0.5), GREY),
    "pruned": Look(Pen(GREY, 0.6, (2.2, 1.8), PAPER), GREY, Pen(GREY, 0.6, (2.2, 1.8)), GREY),
    "kept": Look(Pen(BLUE, 1.0, fill=BLUE_FILL), INK, Pen(BLUE, 1.2), INK),
    "winner": Look(Pen(ORANGE, 1.7, fill=ORANGE_FILL), INK, Pen(ORANGE, 1.9), INK),
    "ellipsis": Look(Pen("", 0.0)),
}


def side_by_side(drawings: tuple[Drawing, ...] | list[Drawing], gap: float = 18.0) -> Drawing:
    """Several drawings in one row, on one base line, so that the axes of plots stand level."""
    height = max(d.height for d in drawings)
    marks: list[Mark] = []
    x = 0.0
    for drawing in drawings:
        marks.extend(shifted(mark, x, height - drawing.height) for mark in drawing.marks)
        x += drawing.width + gap
    spoken = " ".join(d.alt for d in drawings if d.alt)
    return Drawing(tuple(marks), x - gap, height, drawings[0].title, spoken)
