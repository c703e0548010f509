"""A polyline cut at the edges of a rectangle (Liang and Barsky, 1984)."""

from __future__ import annotations

from collections.abc import Sequence

from symderiv.ink.marks import Point


def clipped(points: Sequence[Point], xs: tuple[float, float], ys: tuple[float, float]) -> list[list[Point]]:
    """The pieces of a polyline inside the rectangle.

    >>> clipped([(-1.0, 0.5), (2.0, 0.5)], (0.0, 1.0), (0.0, 1.0))
    [[(0.0, 0.5), (1.0, 0.5)]]
    """
    parts: list[list[Point]] = []
    for a, b in zip(points, points[1:], strict=False):
        piece = _segment(a, b, xs, ys)
        if piece is None:
            continue
        if parts and parts[-1][-1] == piece[0]:
            parts[-1].append(piece[1])
        else:
            parts.append(list(piece))
    return parts


def _segment(a: Point, b: Point, xs: tuple[float, float], ys: tuple[float, float]) -> tuple[Point, Point] | None:
    start, end = 0.0, 1.0
    for i, (low, high) in enumerate((xs, ys)):
        step = b[i] - a[i]
        if step == 0:
            if not low <= a[i] <= high:
                return None
            continue
        first, last = sorted(((low - a[i]) / step, (high - a[i]) / step))
        start, end = max(start, first), min(end, last)
    if start > end:
        return None

    def along(t: float) -> Point:
        return (a if t == 0.0 else b) if t in (0.0, 1.0) else (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]))

    return along(start), along(end)
