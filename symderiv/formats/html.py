"""A document as one HTML page that needs nothing else: MathML and inline SVG."""

from __future__ import annotations

from typing import Any

from symderiv.documents import DOCUMENTS, as_document
from symderiv.formats import FORMATS, Format
from symderiv.rendering import Rendered, render


def render_html(obj: Any) -> Rendered:
    """The page of a document; pictures are inside it."""
    return render(as_document(obj), "html")


FORMATS.add("html", Format("html", DOCUMENTS, render_html, "one HTML page with MathML and inline SVG"))
