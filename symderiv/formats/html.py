"""A document as one HTML page that needs nothing else, MathML and inline SVG; or as a piece of a page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symderiv.formats import FORMATS, Format
from symderiv.paper.documents import DOCUMENTS, as_document
from symderiv.paper.rendering import Rendered, render


def render_html(obj: Any) -> Rendered:
    """The page of a document; pictures are inside it."""
    return render(as_document(obj), "html")


def render_piece(obj: Any) -> Rendered:
    """The document's blocks alone, for a page that has its own head."""
    document = as_document(obj)
    return render(replace(document, meta=replace(document.meta, template="piece")), "html")


FORMATS.add("html", Format("html", DOCUMENTS, render_html, "one HTML page with MathML and inline SVG"))
FORMATS.add("piece", Format("piece.html", DOCUMENTS, render_piece, "a piece of an HTML page, as notebooks show it"))
