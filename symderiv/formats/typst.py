"""A document as Typst source, the way to print where there is no TeX."""

from __future__ import annotations

from typing import Any

from symderiv.formats import FORMATS, Format
from symderiv.paper.documents import DOCUMENTS, as_document
from symderiv.paper.rendering import Rendered, render


def render_typst(obj: Any) -> Rendered:
    """The Typst source of a document, with its figures as files beside it."""
    return render(as_document(obj), "typst")


FORMATS.add("typst", Format("typ", DOCUMENTS, render_typst, "Typst source"))
