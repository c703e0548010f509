"""A document as a LaTeX article that compiles on its own."""

from __future__ import annotations

from symderiv.document import Document
from symderiv.formats import FORMATS, Format
from symderiv.rendering import Rendered, render


def render_latex(document: Document) -> Rendered:
    """The LaTeX of a document, with its figures as files beside it."""
    return render(document, "latex")


FORMATS.add("latex", Format("tex", ("Document",), render_latex, "LaTeX article, compiles alone (documents, derivations)"))
