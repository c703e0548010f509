"""The marks a picture consists of: paths, boxes, ellipses and words, in points, y downwards.

Colours come from one small palette whose shades stay apart when printed in grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symderiv.notation.labels import Label

Point = tuple[float, float]

INK = "#1F2933"
GREY = "#7B8794"
FAINT = "#D5DBE1"
PAPER = "#FFFFFF"
BLUE = "#2B5F8A"
BLUE_FILL = "#E9F1F8"
ORANGE = "#B4530A"
ORANGE_FILL = "#FCE3C7"
GREEN = "#2F6B3A"
GREEN_FILL = "#DDEEDC"
PALE = "#F4F6F8"


@dataclass(frozen=True)
class Pen:
    """How a line or area looks; ``stroke`` and ``fill`` are ``#RRGGBB`` or empty for none."""

    stroke: str = INK
    width: float = 0.6
    dash: tuple[float, ...] = ()
    fill: str = ""
    opacity: float = 1.0


@dataclass(frozen=True)
class Path:
    """Straight and cubic pieces: commands M, L (one point), C (three points) and Z."""

    commands: tuple[tuple[str, tuple[Point, ...]], ...]
    pen: Pen = Pen()
    arrow: bool = False


@dataclass(frozen=True)
class Box:
    """An upright rectangle, rounded by ``radius``."""

    x: float
    y: float
    width: float
    height: float
    radius: float = 0.0
    pen: Pen = Pen()


@dataclass(frozen=True)
class Ellipse:
    """An ellipse turned by ``angle`` degrees, clockwise on the page."""

    cx: float
    cy: float
    rx: float
    ry: float
    angle: float = 0.0
    pen: Pen = Pen()


@dataclass(frozen=True)
class Words:
    """A label; (x, y) is its centre (``start``: left middle, ``end``: right middle).

    ``backing`` paints its rectangle first, so that a line below stays legible.
    """

    x: float
    y: float
    label: Label
    size: float = 10.0
    anchor: str = "middle"
    colour: str = INK
    backing: str = ""
    turned: bool = False


Mark = Path | Box | Ellipse | Words


PLAIN_PEN = Pen()


def line(points: Sequence[Point], pen: Pen = PLAIN_PEN, *, arrow: bool = False, closed: bool = False) -> Path:
    """A polyline through the points."""
    first, *rest = points
    commands = (("M", (first,)), *(("L", (p,)) for p in rest), *((("Z", ()),) if closed else ()))
    return Path(commands, pen, arrow)


def shifted(mark: Mark, dx: float, dy: float) -> Mark:
    """The same mark elsewhere."""
    if isinstance(mark, Path):
        moved = tuple((c, tuple((x + dx, y + dy) for x, y in points)) for c, points in mark.commands)
        return replace(mark, commands=moved)
    if isinstance(mark, Ellipse):
        return replace(mark, cx=mark.cx + dx, cy=mark.cy + dy)
    return replace(mark, x=mark.x + dx, y=mark.y + dy)
