"""A document as Markdown, with mathematics between dollar signs and figures beside it."""

from __future__ import annotations

from typing import Any

from symderiv.formats import FORMATS, Format
from symderiv.paper.documents import DOCUMENTS, as_document
from symderiv.paper.rendering import Rendered, render


def render_markdown(obj: Any) -> Rendered:
    """The Markdown of a document."""
    return render(as_document(obj), "markdown")


FORMATS.add("markdown", Format("md", DOCUMENTS, render_markdown, "Markdown with LaTeX mathematics"))
