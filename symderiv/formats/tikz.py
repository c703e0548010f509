"""TikZ: the same coordinates with real LaTeX labels, a document of its own or a picture to input.

Text labels are escaped sign by sign; formulas have passed the closed list
of commands of ``symderiv.notation.labels``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from symderiv.drawing import Drawing
from symderiv.figures.seeing import SEEABLE, as_drawing
from symderiv.formats import FORMATS, Format
from symderiv.ink.arrows import arrowhead
from symderiv.ink.marks import Box, Ellipse, Mark, Path, Pen, Words
from symderiv.ink.typesetting import block, number
from symderiv.notation.escaping import latex_text
from symderiv.notation.labels import Run

DOCUMENT = r"""\documentclass[tikz,border=2pt]{standalone}
\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\usepackage{amsmath,amssymb,bm}
\begin{document}
%s\end{document}
"""


def tikz_text(obj: object) -> str:
    r"""A LaTeX document holding one ``tikzpicture`` (compiles alone; ``standalone`` and ``\input`` both work)."""
    return DOCUMENT % tikz_picture(obj)


def tikz_picture(obj: object) -> str:
    r"""The bare ``tikzpicture``, to be put into a document that loads tikz and amsmath."""
    drawing = as_drawing(obj)
    colours = {c: f"sd{c[1:]}" for c in sorted(_colours(drawing))}
    out = [_comment(drawing.title), *(rf"\definecolor{{{name}}}{{HTML}}{{{hexa[1:]}}}%"
                                      for hexa, name in colours.items())]
    out.append(r"\begin{tikzpicture}[x=1bp,y=-1bp,line join=round,inner sep=0pt,outer sep=0pt]")
    out.append(rf"\useasboundingbox (0,0) rectangle ({number(drawing.width)},{number(drawing.height)});")
    for mark in drawing.marks:
        out.extend(_lines(mark))
    out.append(r"\end{tikzpicture}")
    return "\n".join(part for part in out if part) + "\n"


def _comment(title: str) -> str:
    return "% " + "".join(c if c.isalnum() else " " for c in title) if title else ""


def _colours(drawing: Drawing) -> Iterator[str]:
    for mark in drawing.marks:
        if isinstance(mark, Words):
            yield from (c for c in (mark.colour, mark.backing) if c)
        else:
            yield from (c for c in (mark.pen.stroke, mark.pen.fill) if c)


def _colour(hexa: str) -> str:
    return f"sd{hexa[1:]}"


def _options(pen: Pen) -> str:
    options = []
    if pen.stroke and pen.width:
        options += [f"draw={_colour(pen.stroke)}", f"line width={number(pen.width)}bp"]
    if pen.fill:
        options.append(f"fill={_colour(pen.fill)}")
    if pen.dash:
        steps = zip(("on", "off") * len(pen.dash), pen.dash, strict=False)
        options.append("dash pattern=" + " ".join(f"{word} {number(length)}bp" for word, length in steps))
    if pen.opacity < 1:
        options.append(f"opacity={number(pen.opacity)}")
    return ",".join(options)


def _at(x: float, y: float) -> str:
    return f"({number(x)},{number(y)})"


@singledispatch
def _lines(mark: Mark) -> list[str]:
    raise TypeError(f"no TikZ for a {type(mark).__name__}")


@_lines.register
def _(mark: Path) -> list[str]:
    shaft, head = arrowhead(mark) if mark.arrow else (mark, ())
    steps = []
    for command, points in shaft.commands:
        if command == "C":
            a, b, c = points
            steps.append(f" .. controls {_at(*a)} and {_at(*b)} .. {_at(*c)}")
        else:
            steps.append({"M": "", "L": " -- ", "Z": " -- cycle"}[command] + "".join(_at(*p) for p in points))
    out = [rf"\path[{_options(mark.pen)}] {''.join(steps)};"]
    if head:
        corners = " -- ".join(_at(*p) for p in head)
        out.append(rf"\fill[{_colour(mark.pen.stroke)}] {corners} -- cycle;")
    return out


@_lines.register
def _(mark: Box) -> list[str]:
    rounding = f",rounded corners={number(mark.radius)}bp" if mark.radius else ""
    far = _at(mark.x + mark.width, mark.y + mark.height)
    return [rf"\path[{_options(mark.pen)}{rounding}] {_at(mark.x, mark.y)} rectangle {far};"]


@_lines.register
def _(mark: Ellipse) -> list[str]:
    turn = f",rotate around={{{number(mark.angle)}:{_at(mark.cx, mark.cy)}}}" if mark.angle else ""
    radii = f"({number(mark.rx)}bp and {number(mark.ry)}bp)"
    return [rf"\path[{_options(mark.pen)}{turn}] {_at(mark.cx, mark.cy)} ellipse {radii};"]


@_lines.register
def _(mark: Words) -> list[str]:
    body = block(mark.label, mark.size)
    left = {"start": 0.0, "middle": -body.width / 2, "end": -body.width}[mark.anchor]
    out = []
    if mark.backing:
        low, high = _at(mark.x + left - 1.5, mark.y - body.height / 2 - 1), _at(
            mark.x + left + body.width + 1.5, mark.y + body.height / 2 + 1)
        out.append(rf"\fill[{_colour(mark.backing)}] {low} rectangle {high};")
    side = {"start": "base west", "middle": "base", "end": "base east"}[mark.anchor]
    font = rf"\fontsize{{{number(mark.size)}}}{{{number(1.2 * mark.size)}}}\selectfont"
    for runs, (_, baseline) in zip(mark.label.lines, body.lines, strict=True):
        drop = baseline - body.height / 2
        place = _at(mark.x + drop, mark.y) if mark.turned else _at(mark.x, mark.y + drop)
        turn = ",rotate=90" if mark.turned else ""
        written = tikz_line(runs)
        out.append(rf"\node[anchor={side},text={_colour(mark.colour)},font={font}{turn}] at {place} {{{written}}};")
    return out


def tikz_line(runs: tuple[Run, ...]) -> str:
    """One line of a label as LaTeX."""
    return "".join(_run(run) for run in runs)


def _run(run: Run) -> str:
    if run.math:
        return rf"$\displaystyle {run.body}$"
    return rf"\textbf{{{literal(run.body)}}}" if run.bold else literal(run.body)


def literal(words: str) -> str:
    """Text of others on one line of a picture or slide, where no line can end."""
    return latex_text(words).replace(r"\anywhere{}", "")


FORMATS.add("tikz", Format("tex", SEEABLE, tikz_text, "TikZ picture with LaTeX labels, compiles alone"))
