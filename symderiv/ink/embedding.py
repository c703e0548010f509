"""SVG into PDF and PNG through the typst wheel, without any program of the machine."""

from __future__ import annotations

from typing import Any

from symderiv.errors import DrawingError, ToolError

PPI = 220.0


def svg_to_pdf(svg: str, *, title: str = "", alt: str = "") -> bytes:
    """A tagged one-page PDF exactly as large as the picture, without a ground of its own.

    The same bytes for the same picture.
    """
    return _compile(svg, title, alt, "none", format="pdf", timestamp=0)


def svg_to_png(svg: str, *, ppi: float = PPI) -> bytes:
    """A PNG of the picture on white, ``ppi`` pixels to the inch."""
    return _compile(svg, "", "", "white", format="png", ppi=ppi)


def _compile(svg: str, title: str, alt: str, ground: str, **options: Any) -> bytes:
    try:
        import typst
    except ImportError as missing:
        raise ToolError(
            "PDF and PNG pictures need the package typst, which is not installed; pip install 'symderiv[paper]'"
        ) from missing
    # words travel as inputs, never as Typst source
    source = (
        f'#set page(width: auto, height: auto, margin: 0pt, fill: {ground})\n'
        '#set document(title: sys.inputs.title, author: "symderiv", date: none)\n'
        '#image("picture.svg", alt: sys.inputs.alt)\n'
    )
    files = {"main": source.encode(), "picture.svg": svg.encode()}
    words = {"title": title or "picture", "alt": alt or "a picture"}
    try:
        out = typst.compile(files, sys_inputs=words, ignore_system_fonts=True, **options)
    except typst.TypstError as error:
        raise DrawingError(f"typst could not turn the picture into {options['format']}: {error}") from error
    return bytes(out)
