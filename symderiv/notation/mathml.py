"""MathML from the LaTeX our own printers make, for HTML pages."""

from __future__ import annotations

import re

from symderiv.errors import ToolError

_SPELLING = (
    (r"\lVert", r"\|"), (r"\rVert", r"\|"), (r"\lvert", "|"), (r"\rvert", "|"), (r"\dfrac", r"\frac"),
    (r"\tfrac", r"\frac"), (r"\mathrel{:=}", ":="),
)  # fmt: skip


def mathml(latex: str, display: bool = False) -> str:
    r"""LaTeX mathematics as a ``<math>`` element.

    >>> mathml("x")[:5]
    '<math'
    """
    try:
        from latex2mathml.converter import convert
    except ImportError as missing:
        raise ToolError("HTML needs the package latex2mathml; pip install 'symderiv[paper]'") from missing
    for ours, theirs in _SPELLING:
        latex = latex.replace(ours, theirs)
    made = convert(latex, display="block" if display else "inline")
    # the name of a function stands close to its brackets
    made = re.sub(r"<mo>([A-Za-z]{2,})</mo>", r'<mo lspace="0.17em" rspace="0">\1</mo>', made)
    return re.sub(r"\s*\n\s*", "", made)
