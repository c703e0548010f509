"""A document as Typst source, the way to print where there is no TeX."""

from __future__ import annotations

from symderiv.document import Document
from symderiv.formats import FORMATS, Format
from symderiv.rendering import Rendered, render


def render_typst(document: Document) -> Rendered:
    """The Typst source of a document, with its figures as files beside it."""
    return render(document, "typst")


FORMATS.add("typst", Format("typ", ("Document",), render_typst, "Typst source"))
