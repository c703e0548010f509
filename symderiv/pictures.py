"""Pictures for documents: drawings in the format a language can show, and handwritten LaTeX as outlines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from symderiv.document import Picture
from symderiv.embedding import svg_to_pdf
from symderiv.errors import FormatError, ToolError, shorten
from symderiv.labels import safe_math

_SIZE = 11.0  # points of the text the outlines stand in


@dataclass(frozen=True)
class RawPicture:
    """Handwritten LaTeX as SVG, with its height and depth in em."""

    svg: bytes
    height: float
    depth: float


def suffixed(drawing: Any, suffix: str) -> tuple[bytes, str]:
    """A drawing as a file of this suffix (pdf or svg); a raster picture stays what it is.

    Raises FormatError for an object no format can draw.
    """
    if isinstance(drawing, Picture):
        if drawing.suffix not in ("svg", "png"):
            raise FormatError(f"a picture is svg or png, not {drawing.suffix}")
        if drawing.suffix == "svg" and suffix == "pdf":
            return svg_to_pdf(drawing.data.decode()), "pdf"
        return drawing.data, drawing.suffix
    from symderiv.formats import format_for

    svg = format_for(drawing, "svg").render(drawing)
    text = svg if isinstance(svg, str) else svg.decode()
    return (svg_to_pdf(text), "pdf") if suffix == "pdf" else (text.encode(), "svg")


def typst_package() -> Any:
    """The typst wheel, or a ToolError that says how to get it."""
    try:
        import typst
    except ImportError as missing:
        raise ToolError("typesetting without TeX needs the package typst; pip install 'symderiv[paper]'") from missing
    return typst


def raw_picture(latex: str) -> RawPicture:
    """Handwritten LaTeX mathematics as outlines.

    Raises FormatError for a command that cannot be set without TeX.
    """
    if not safe_math(latex):
        raise FormatError(
            f"the raw LaTeX {shorten(latex)!r} has unbalanced braces or a command that only TeX knows; "
            "write it with plain mathematics commands, as an expression, or build where TeX is installed"
        )
    try:
        import ziamath
    except ImportError as missing:
        raise ToolError("raw LaTeX without TeX needs the package ziamath; pip install 'symderiv[paper]'") from missing
    drawn = ziamath.Latex(latex, size=_SIZE, inline=True)
    svg = drawn.svg()
    box = re.search(r'viewBox="\S+ (\S+) \S+ (\S+)"', svg)
    top, height = (float(box[1]), float(box[2])) if box else (-_SIZE, _SIZE)
    return RawPicture(svg.encode(), round(height / _SIZE, 3), round((height + top) / _SIZE, 3))
