"""A document as PDF: by latexmk where TeX is installed, else by our own Typst printer."""

from __future__ import annotations

import sys
from typing import Any

from symderiv.formats import FORMATS, Format
from symderiv.paper.documents import DOCUMENTS, as_document
from symderiv.paper.rendering import render
from symderiv.paper.typesetters import document_pdf


def render_pdf(obj: Any) -> bytes:
    """The pages of a document."""
    document = as_document(obj)
    data, said = document_pdf(lambda language: render(document, language))
    for line in said:
        sys.stderr.write(f"{line}\n")
    return data


FORMATS.add("pdf", Format("pdf", DOCUMENTS, render_pdf, "PDF by latexmk, or by Typst where there is no TeX"))
