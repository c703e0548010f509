"""Pictures for documents: drawings in the format a language can show, and handwritten LaTeX as outlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symderiv.document import Figure, Picture
from symderiv.errors import FormatError, ToolError, shorten
from symderiv.ink.embedding import svg_to_pdf
from symderiv.ink.typesetting import outline_of
from symderiv.notation.escaping import slug
from symderiv.notation.labels import Run, safe_math

_SIZE = 11.0  # points of the text the outlines stand in
_MARGIN = 0.4


@dataclass(frozen=True)
class RawPicture:
    """Handwritten LaTeX as SVG, with its height and depth in em."""

    svg: bytes
    height: float
    depth: float


def file_stem(figure: Figure) -> str:
    """The name of a figure's file; a drawing filled in must not replace the one that students get.

    >>> blank, full = Picture(b""), Picture(b"full")
    >>> file_stem(Figure(blank, label="grid", filled=full)), file_stem(Figure(full, label="grid", filled=full))
    ('grid', 'grid-filled')
    """
    return slug(figure.label or figure.number) + "-filled" * (figure.drawing is figure.filled)


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
    drawn = outline_of((Run(latex, math=True, plain=latex),), _SIZE)
    ascent, descent = round(drawn.ascent + _MARGIN, 2), round(drawn.descent + _MARGIN, 2)
    box = f"0 {-ascent} {drawn.width:.2f} {ascent + descent:.2f}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{drawn.width:.2f}" height="{ascent + descent:.2f}" '
        f'viewBox="{box}"><path d="{drawn.path}"/></svg>'
    )
    return RawPicture(svg.encode(), round((ascent + descent) / _SIZE, 3), round(descent / _SIZE, 3))
