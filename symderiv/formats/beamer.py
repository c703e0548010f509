"""Beamer: a deck as one LaTeX file, pictures as TikZ with real LaTeX labels; needs plain beamer only."""

from __future__ import annotations

from typing import Any

from symderiv.formats import FORMATS, Format
from symderiv.formats.tikz import literal, tikz_line, tikz_picture
from symderiv.ink.typesetting import block, number
from symderiv.notation.labels import Label
from symderiv.slides import Slide, as_deck

WIDE, HIGH = 392.0, 168.0  # points a picture may take on a 16:9 frame
LINE = 11.0

_HEAD = r"""\documentclass[aspectratio=169,11pt]{beamer}
\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\usepackage{amsmath,amssymb,bm}
\usepackage{tikz}
\usefonttheme{professionalfonts}
\setbeamertemplate{navigation symbols}{}
\setbeamertemplate{footline}[frame number]
"""


def beamer_text(obj: Any) -> str:
    """The deck of a backward pass, a derivation or a Deck as a LaTeX document."""
    deck = as_deck(obj)
    out = [_HEAD + rf"\title{{{literal(deck.title)}}}" + "\n\\date{}\n\\begin{document}\n\\frame{\\titlepage}\n"]
    out.extend(_frame(slide) for slide in deck.slides)
    return "\n".join([*out, "\\end{document}\n"])


def _frame(slide: Slide) -> str:
    out = [rf"\begin{{frame}}{{{literal(slide.title)}}}", r"\centering"]
    if slide.drawing is not None:
        room = HIGH - sum(block(line, LINE).height + 8.0 for line in slide.lines)
        scale = min(1.25, WIDE / slide.drawing.width, max(room, 60.0) / slide.drawing.height)
        out.append(rf"\scalebox{{{number(scale)}}}{{%")
        out.append(tikz_picture(slide.drawing).rstrip() + "}\\par\\medskip")
    out.extend(_line(line) for line in slide.lines)
    return "\n".join([*out, "\\end{frame}\n"])


def _line(line: Label) -> str:
    scale = min(1.0, WIDE / max(block(line, LINE).width, 1.0))
    written = r"\\".join(tikz_line(runs) for runs in line.lines)
    return (rf"\scalebox{{{number(scale)}}}{{{written}}}" if scale < 1 else written) + "\\par\\smallskip"


FORMATS.add("beamer", Format("tex", ("Deck",), beamer_text, "slides in LaTeX's beamer, pictures as TikZ"))
