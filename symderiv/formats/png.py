"""PNG: a picture for slides and pages that take no vectors."""

from __future__ import annotations

from symderiv.figures.seeing import SEEABLE
from symderiv.formats import FORMATS, Format
from symderiv.formats.svg import svg_text
from symderiv.ink.embedding import svg_to_png


def png_bytes(obj: object) -> bytes:
    """The picture as PNG, 220 pixels to the inch."""
    return svg_to_png(svg_text(obj))


FORMATS.add("png", Format("png", SEEABLE, png_bytes, "pixels, 220 to the inch"))
