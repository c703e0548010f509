"""Marks as SVG text: outlines only, so a picture needs no font and no script.

The text is the same every time for the same marks.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from xml.sax.saxutils import escape, quoteattr

from symderiv.ink.arrows import arrowhead
from symderiv.ink.marks import Box, Ellipse, Mark, Path, Pen, Words
from symderiv.ink.typesetting import block, number


def svg_picture(marks: Iterable[Mark], width: float, height: float, title: str = "", alt: str = "") -> str:
    """A whole SVG picture of the given size in points."""
    size = f'width="{number(width)}pt" height="{number(height)}pt" viewBox="0 0 {number(width)} {number(height)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"'
    if alt:
        head += f" aria-label={quoteattr(alt)}"
    told = [f"<{tag}>{escape(words)}</{tag}>" for tag, words in (("title", title), ("desc", alt)) if words]
    return "\n".join([head + ">", *told, *(_mark(mark) for mark in marks), "</svg>", ""])


def _pen(pen: Pen) -> str:
    out = f'fill="{pen.fill or "none"}"'
    if pen.stroke and pen.width:
        out += f' stroke="{pen.stroke}" stroke-width="{number(pen.width)}"'
    if pen.dash:
        out += f' stroke-dasharray="{" ".join(number(d) for d in pen.dash)}"'
    if pen.opacity < 1:
        out += f' opacity="{number(pen.opacity)}"'
    return out


@singledispatch
def _mark(mark: object) -> str:
    raise TypeError(f"no SVG for a {type(mark).__name__}")


@_mark.register
def _(mark: Path) -> str:
    shaft, head = arrowhead(mark) if mark.arrow else (mark, None)
    steps = " ".join(c + " ".join(f"{number(x)} {number(y)}" for x, y in points) for c, points in shaft.commands)
    out = f'<path d="{steps}" {_pen(mark.pen)} stroke-linejoin="round"/>'
    if head is not None:
        corners = " ".join(f"{number(x)},{number(y)}" for x, y in head)
        out += f'<polygon points="{corners}" fill="{mark.pen.stroke}"/>'
    return out


@_mark.register
def _(mark: Box) -> str:
    place = f'x="{number(mark.x)}" y="{number(mark.y)}" width="{number(mark.width)}" height="{number(mark.height)}"'
    rounding = f' rx="{number(mark.radius)}"' if mark.radius else ""
    return f"<rect {place}{rounding} {_pen(mark.pen)}/>"


@_mark.register
def _(mark: Ellipse) -> str:
    turn = f' transform="rotate({number(mark.angle)} {number(mark.cx)} {number(mark.cy)})"' if mark.angle else ""
    place = f'cx="{number(mark.cx)}" cy="{number(mark.cy)}" rx="{number(mark.rx)}" ry="{number(mark.ry)}"'
    return f"<ellipse {place} {_pen(mark.pen)}{turn}/>"


@_mark.register
def _(mark: Words) -> str:
    body = block(mark.label, mark.size)
    left = {"start": 0.0, "middle": -body.width / 2, "end": -body.width}[mark.anchor]
    top = -body.height / 2
    out = []
    if mark.backing:
        out.append(f'<rect x="{number(left - 1.5)}" y="{number(top - 1)}" width="{number(body.width + 3)}" '
                   f'height="{number(body.height + 2)}" fill="{mark.backing}"/>')
    for outline, baseline in body.lines:
        slack = body.width - outline.width
        x = left + {"start": 0.0, "middle": slack / 2, "end": slack}[mark.anchor]
        if outline.path:
            out.append(f'<path transform="translate({number(x)} {number(top + baseline)})" d="{outline.path}"/>')
    turn = " rotate(-90)" if mark.turned else ""
    return f'<g transform="translate({number(mark.x)} {number(mark.y)}){turn}" fill="{mark.colour}">{"".join(out)}</g>'
