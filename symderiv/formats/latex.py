"""A document as a LaTeX article that compiles on its own."""

from __future__ import annotations

from typing import Any

from symderiv.formats import FORMATS, Format
from symderiv.paper.documents import DOCUMENTS, as_document
from symderiv.paper.rendering import Rendered, render


def render_latex(obj: Any) -> Rendered:
    """The LaTeX of a document, with its figures as files beside it."""
    return render(as_document(obj), "latex")


FORMATS.add("latex", Format("tex", DOCUMENTS, render_latex, "LaTeX article that compiles alone"))
