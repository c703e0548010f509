"""PDF of a single figure, as large as the figure, with its alternative text."""

from __future__ import annotations

from symderiv.figures.seeing import SEEABLE, as_drawing
from symderiv.formats import FORMATS, Format
from symderiv.formats.svg import svg_text
from symderiv.ink.embedding import svg_to_pdf


def figure_pdf(obj: object) -> bytes:
    """The picture as a one-page tagged PDF."""
    drawing = as_drawing(obj)
    return svg_to_pdf(svg_text(drawing), title=drawing.title, alt=drawing.alt)


FORMATS.add("figure-pdf", Format("pdf", SEEABLE, figure_pdf, "one figure as a vector page"))
