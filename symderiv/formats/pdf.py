"""A document as PDF: by latexmk where TeX is installed, else by our own Typst printer."""

from __future__ import annotations

from symderiv.document import Document
from symderiv.formats import FORMATS, Format
from symderiv.rendering import render
from symderiv.typesetters import have_latex, latex_pdf, typst_pdf


def render_pdf(document: Document) -> bytes:
    """The pages of a document."""
    if have_latex():
        return latex_pdf(render(document, "latex"))[0]
    return typst_pdf(render(document, "typst"))


FORMATS.add("pdf", Format("pdf", ("Document",), render_pdf, "PDF by latexmk, or by Typst where there is no TeX"))
