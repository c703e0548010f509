"""The languages that documents are rendered in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from symderiv.notation.escaping import html_text, latex_text, markdown_text, typst_text


@dataclass(frozen=True)
class Language:
    """How one language escapes text, which printer sets its mathematics, which pictures it can show."""

    suffix: str
    escape: Callable[[str], str]
    mathematics: str
    picture: str
    latex_like: bool = True  # << >> and <% %> instead of {{ }} and {% %}


LANGUAGES: dict[str, Language] = {
    "latex": Language("tex", latex_text, "latex", "pdf"),
    "typst": Language("typ", typst_text, "typst", "svg"),
    "html": Language("html", html_text, "latex", "svg", latex_like=False),
    "markdown": Language("md", markdown_text, "latex", "svg", latex_like=False),
}
