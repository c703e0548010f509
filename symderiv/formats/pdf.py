"""A document as PDF: by latexmk where TeX is installed, else by our own Typst printer."""

from __future__ import annotations

from typing import Any

from symderiv.formats import FORMATS, Format
from symderiv.paper.documents import DOCUMENTS, as_document
from symderiv.paper.rendering import render
from symderiv.paper.typesetters import have_latex, latex_pdf, typst_pdf


def render_pdf(obj: Any) -> bytes:
    """The pages of a document."""
    if have_latex():
        return latex_pdf(render(as_document(obj), "latex"))[0]
    return typst_pdf(render(as_document(obj), "typst"))


FORMATS.add("pdf", Format("pdf", DOCUMENTS, render_pdf, "PDF by latexmk, or by Typst where there is no TeX"))
