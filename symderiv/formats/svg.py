"""SVG: one vector picture for screens, pages, notebooks and slide tools."""

from __future__ import annotations

from symderiv.figures.seeing import SEEABLE, as_drawing
from symderiv.formats import FORMATS, Format
from symderiv.ink.svg_marks import svg_picture


def svg_text(obj: object) -> str:
    """The picture of a drawing, graph or plot as SVG text."""
    drawing = as_drawing(obj)
    return svg_picture(drawing.marks, drawing.width, drawing.height, drawing.title, drawing.alt)


FORMATS.add("svg", Format("svg", SEEABLE, svg_text, "vector picture with outlined mathematics"))
