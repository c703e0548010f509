"""Pictures of problem 7 (b): images as grids of cells, and the layers of a network in a row."""

from __future__ import annotations

from collections.abc import Sequence

from symderiv.drawing import Diagram, Drawing, Edge, Node, side_by_side
from symderiv.figures.layout import graphviz_placement
from symderiv.figures.picture import framed, picture
from symderiv.ink.marks import FAINT, INK, PAPER, Box, Mark, Pen, Words
from symderiv.models.conv_layers import Dims
from symderiv.notation.labels import tex, text
from symderiv.problems.eecs182_fa22.edge_network import Image

CELL = 11.0


def grid(image: Image, name: str) -> Drawing:
    """An image of zeros and ones, the ones dark, with its name below."""
    marks: list[Mark] = [
        Box(CELL * j, CELL * i, CELL, CELL, pen=Pen(FAINT, 0.5, fill=INK if cell else PAPER))
        for i, row in enumerate(image[0])
        for j, cell in enumerate(row)
    ]
    rows, columns = len(image[0]), len(image[0][0])
    marks.append(Box(0, 0, CELL * columns, CELL * rows, pen=Pen(INK, 0.8)))
    marks.append(Words(CELL * columns / 2, CELL * (rows + 1), tex(rf"\mathbf{{x}}_{{{name}}}")))
    lit = [(i, j) for i, row in enumerate(image[0], 1) for j, cell in enumerate(row, 1) if cell]
    seen = {"row": {i for i, _ in lit}, "column": {j for _, j in lit}}
    places = [f"{word} {min(which)}" for word, which in seen.items() if len(which) == 1]
    return framed(
        marks, f"x_{name}", f"Image x_{name}: ones in {' and '.join(places)} of {rows} rows, {columns} columns."
    )


def grids(images: dict[str, Image]) -> Drawing:
    """Images in a row."""
    return side_by_side([grid(image, name) for name, image in images.items()], gap=30.0)


def network(names: Sequence[str], dims: Sequence[Dims]) -> Drawing:
    """Layers in a row; on every edge the size of the activations that pass."""
    nodes = tuple(Node(str(i), text(name), "round", "plain" if i else "input") for i, name in enumerate(names))
    edges = tuple(
        Edge(str(i), str(i + 1), tex(r" \times ".join(map(str, size)))) for i, size in enumerate(dims[: len(names) - 1])
    )
    alt = "A convolutional network: " + ", ".join(" and ".join(name.split()) for name in names) + "."
    diagram = Diagram(nodes, edges, "The network", alt)
    return picture(diagram, graphviz_placement(diagram))
