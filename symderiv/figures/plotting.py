"""Plots: axes with round ticks, curves, contours, points, and the blank grid for an exam.

``Plot`` holds data and wishes; ``Plot.drawing()`` makes the picture.  The size
is that of the plotted area in points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor, isfinite, log10

from symderiv.drawing import Drawing
from symderiv.errors import DrawingError
from symderiv.figures.clipping import clipped
from symderiv.figures.picture import framed
from symderiv.figures.series import Curve, Dots, Guide, Note, Series
from symderiv.ink.marks import FAINT, INK, PAPER, Box, Ellipse, Mark, Pen, Point, Words, line
from symderiv.ink.typesetting import block
from symderiv.notation.labels import Label, plain, rich, tex

TICK_SIZE = 8.5
AXIS_SIZE = 10.0
_FRAME = Pen(INK, 0.7)
_GRID = Pen(FAINT, 0.5)


@dataclass(frozen=True)
class Axis:
    """One axis: its words (``$…$`` is LaTeX), its range (None: from the data), its ticks (None: round ones)."""

    label: str = ""
    low: float | None = None
    high: float | None = None
    ticks: tuple[float, ...] | None = None
    numbers: bool = True


@dataclass(frozen=True)
class Plot:
    """A plot of series over two axes.

    ``equal`` gives both axes the same scale (the width is kept), ``origin``
    draws the coordinate axes through 0, ``legend`` explains labelled series.
    """

    series: tuple[Series, ...]
    x: Axis = Axis()
    y: Axis = Axis()
    width: float = 250.0
    height: float = 140.0
    grid: bool = True
    equal: bool = False
    origin: bool = False
    legend: bool = True
    title: str = ""
    alt: str = ""

    def blank(self, numbers: bool = True) -> Plot:
        """The same axes and grid with nothing in it; without ``numbers`` the scale is left to the reader."""
        axes = [
            replace(axis, low=low, high=high, ticks=axis.ticks or _round_ticks(low, high),
                    numbers=numbers and axis.numbers)
            for axis, (low, high) in zip((self.x, self.y), _ranges(self), strict=True)
        ]
        return replace(self, series=(), x=axes[0], y=axes[1], alt="An empty grid to draw on.")

    def drawing(self) -> Drawing:
        """The picture of the plot."""
        return plot_drawing(self)


@dataclass(frozen=True)
class _Frame:
    x: tuple[float, float]
    y: tuple[float, float]
    width: float
    height: float

    def at(self, point: Point) -> Point:
        (x0, x1), (y0, y1) = self.x, self.y
        return (point[0] - x0) / (x1 - x0) * self.width, self.height - (point[1] - y0) / (y1 - y0) * self.height


def plot_drawing(plot: Plot) -> Drawing:
    """Draw a plot; raises DrawingError without data or ranges, or for points that are not finite."""
    xs, ys = _ranges(plot)
    height = plot.width * (ys[1] - ys[0]) / (xs[1] - xs[0]) if plot.equal else plot.height
    frame = _Frame(xs, ys, plot.width, height)
    marks = [Box(0, 0, frame.width, frame.height, pen=Pen("", 0, fill=PAPER)), *_axes(plot, frame)]
    for series in plot.series:
        marks.extend(_series_marks(series, frame))
    if plot.legend:
        marks.extend(_legend(plot, frame))
    return framed(marks, plot.title, plot.alt or _spoken(plot, xs, ys))


def _ranges(plot: Plot) -> tuple[tuple[float, float], tuple[float, float]]:
    points = [p for s in plot.series if isinstance(s, (Curve, Dots)) for p in s.points]
    if not all(isfinite(v) for p in points for v in p):
        raise DrawingError(f"plot {plot.title!r} has a point that is not finite; leave it out of the series")
    baseline = [0.0] if any(isinstance(s, Curve) and s.fill and not s.closed for s in plot.series) else []
    across = _range(plot, plot.x, [p[0] for p in points], 0.0)
    return across, _range(plot, plot.y, [p[1] for p in points] + baseline, 0.06)


def _range(plot: Plot, axis: Axis, values: list[float], air: float) -> tuple[float, float]:
    if (axis.low is None or axis.high is None) and not values:
        raise DrawingError(f"plot {plot.title!r} has no data; give both ends of axis {axis.label!r}")
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = air * (high - low) or (0.0 if high > low else 0.5)
    low = axis.low if axis.low is not None else (0.0 if low == 0.0 else low - room)
    high = axis.high if axis.high is not None else high + room
    if not low < high:
        raise DrawingError(f"axis {axis.label!r} runs from {low} to {high}; the low end must be below the high end")
    return float(low), float(high)


def _round_ticks(low: float, high: float, about: int = 6) -> tuple[float, ...]:
    """Multiples of 1, 2 or 5 times a power of ten within the range."""
    rough = (high - low) / about
    power = 10.0 ** floor(log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first = ceil(low / step - 1e-9)
    return tuple(round((first + i) * step, 12) for i in range(int((high - low) / step + 1e-9) + 1)
                 if (first + i) * step <= high + 1e-9 * step)


def _axes(plot: Plot, frame: _Frame) -> list[Mark]:
    marks: list[Mark] = []
    widest = 0.0
    for axis, upright in ((plot.x, True), (plot.y, False)):
        low, high = frame.x if upright else frame.y
        ticks = axis.ticks if axis.ticks is not None else _round_ticks(low, high)
        for tick in ticks:
            a, b = (((tick, frame.y[0]), (tick, frame.y[1])) if upright else ((frame.x[0], tick), (frame.x[1], tick)))
            start, end = frame.at(a), frame.at(b)
            if plot.grid:
                marks.append(line((start, end), _GRID))
            marks.append(line((start, (start[0], start[1] - 3) if upright else (start[0] + 3, start[1])), _FRAME))
            if axis.numbers:
                label = tex(f"{tick:.10g}")
                place = (start[0], start[1] + 8.5) if upright else (start[0] - 4.5, start[1])
                widest = max(widest, 0.0 if upright else block(label, TICK_SIZE).width)
                marks.append(Words(*place, label, TICK_SIZE, "middle" if upright else "end"))
    if plot.origin:
        for a, b in (((frame.x[0], 0.0), (frame.x[1], 0.0)), ((0.0, frame.y[0]), (0.0, frame.y[1]))):
            piece = clipped([a, b], frame.x, frame.y)
            marks.extend(line([frame.at(p) for p in part], _FRAME) for part in piece)
    marks.append(Box(0, 0, frame.width, frame.height, pen=_FRAME))
    if plot.x.label:
        down = frame.height + (24.0 if plot.x.numbers else 12.0)
        marks.append(Words(frame.width / 2, down, rich(plot.x.label), AXIS_SIZE))
    if plot.y.label:
        marks.append(Words(-widest - 14.0, frame.height / 2, rich(plot.y.label), AXIS_SIZE, turned=True))
    return marks


def _series_marks(series: Series, frame: _Frame) -> list[Mark]:
    if isinstance(series, Curve):
        return _curve_marks(series, frame)
    if isinstance(series, Dots):
        pen = Pen("", 0, fill=series.colour)
        inside = [p for p in series.points if frame.x[0] <= p[0] <= frame.x[1] and frame.y[0] <= p[1] <= frame.y[1]]
        return [Ellipse(*frame.at(p), series.radius, series.radius, pen=pen) for p in inside]
    if isinstance(series, Guide):
        ends = [(series.at, frame.y[0]), (series.at, frame.y[1])] if series.upright else [
            (frame.x[0], series.at), (frame.x[1], series.at)]
        start, end = frame.at(ends[0]), frame.at(ends[1])
        marks: list[Mark] = [line((start, end), series.pen)]
        if series.label:
            place = (end[0], end[1] - 7.0) if series.upright else (end[0] + 4.0, end[1])
            marks.append(Words(*place, series.label, 9.0, "middle" if series.upright else "start", series.pen.stroke))
        return marks
    x, y = frame.at((series.x, series.y))
    return [Words(x + series.offset[0], y + series.offset[1], series.label, 9.0, series.anchor, series.colour)]


def _curve_marks(series: Curve, frame: _Frame) -> list[Mark]:
    points = list(series.points)
    marks: list[Mark] = []
    if series.fill and points:
        area = points if series.closed else [(points[0][0], max(0.0, frame.y[0])), *points,
                                             (points[-1][0], max(0.0, frame.y[0]))]
        marks.append(line([frame.at(p) for p in _held(area, frame)], Pen("", 0, fill=series.fill), closed=True))
    for part in clipped([*points, points[0]] if series.closed and points else points, frame.x, frame.y):
        marks.append(line([frame.at(p) for p in part], series.pen))
    return marks


def _held(points: list[Point], frame: _Frame) -> list[Point]:
    return [(min(max(x, frame.x[0]), frame.x[1]), min(max(y, frame.y[0]), frame.y[1])) for x, y in points]


def _legend(plot: Plot, frame: _Frame) -> list[Mark]:
    """Samples and words in a row above the plot, from the left."""
    marks: list[Mark] = []
    named_guides = any(isinstance(s, Guide) and s.upright and s.label for s in plot.series)
    x, y = 0.0, -24.0 if named_guides else -11.0
    for series in plot.series:
        if not isinstance(series, (Curve, Dots)) or not series.label:
            continue
        if isinstance(series, Curve):
            marks.append(line(((x, y), (x + 16.0, y)), series.pen))
        else:
            marks.append(Ellipse(x + 8.0, y, series.radius, series.radius, pen=Pen("", 0, fill=series.colour)))
        marks.append(Words(x + 20.0, y, series.label, 9.0, "start"))
        x += 20.0 + block(series.label, 9.0).width + 14.0
    return marks


def _spoken(plot: Plot, xs: tuple[float, float], ys: tuple[float, float]) -> str:
    def named(words: str, fallback: str) -> str:
        return plain(rich(words)) if words else fallback

    shown = [_name(series.label) for series in plot.series if isinstance(series, (Curve, Dots)) and series.label]
    what = f" It shows {'; '.join(shown)}." if shown else ""
    return (f"A plot of {named(plot.y.label, 'the vertical axis')} from {ys[0]:.4g} to {ys[1]:.4g} against "
            f"{named(plot.x.label, 'the horizontal axis')} from {xs[0]:.4g} to {xs[1]:.4g}.{what}")


def _name(label: Label) -> str:
    return plain(label).replace("\n", " ")


__all__ = ["Axis", "Curve", "Dots", "Guide", "Note", "Plot", "plot_drawing"]
