"""The edges of a row of values: along the row, up from the inputs below, down from the shared weights above."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from symderiv.drawing import Diagram, Edge
from symderiv.figures.layout import Route, label_size
from symderiv.ink.marks import Point

Sizes = Mapping[str, tuple[float, float]]
BEND = 16.0  # radius of the bend of a weight's edge


def routes(diagram: Diagram, row: tuple[str, ...], below: Mapping[str, tuple[str, ...]],
           shared: Mapping[str, tuple[str, ...]], sizes: Sizes, centres: Mapping[str, Point]) -> tuple[Route, ...]:
    """A route for every edge, in the diagram's order; parallel edges run in lanes."""
    parallel = Counter((edge.source, edge.target) for edge in diagram.edges)
    seen: Counter[tuple[str, str]] = Counter()
    fans: dict[str, list[str]] = defaultdict(list)
    for weight, uses in shared.items():
        for use in uses:
            fans[use].append(weight)
    worded = [weight for weight in shared if any(e.label for e in diagram.edges if e.source == weight)]
    tall = max((label_size(e)[1] for e in diagram.edges if e.source in shared), default=0.0) + 4.0
    found = []
    for edge in diagram.edges:
        pair = (edge.source, edge.target)
        lane = seen[pair] - (parallel[pair] - 1) / 2
        seen[pair] += 1
        if edge.source in shared:
            last = (len(fans[edge.target]) - 1) / 2
            lane += fans[edge.target].index(edge.source) - last
            if len(shared) == 1:
                found.append(_fan(edge, sizes, centres, lane))
            else:
                up = 16.0 + tall * (0.5 + (worded.index(edge.source) if edge.label else 0))
                found.append(_down(edge, sizes, centres, lane, last, up))
        elif edge.source in row:
            found.append(_along(edge, sizes, centres, lane))
        else:
            beside = below[edge.target]
            found.append(_up(edge, sizes, centres, lane, beside.index(edge.source) - (len(beside) - 1) / 2))
    return tuple(found)


def _along(edge: Edge, sizes: Sizes, centres: Mapping[str, Point], lane: float) -> Route:
    (a, y), (b, _) = centres[edge.source], centres[edge.target]
    start, end = (a + sizes[edge.source][0] / 2, y + 7 * lane), (b - sizes[edge.target][0] / 2, y + 7 * lane)
    third, bulge = (end[0] - start[0]) / 3, 26.0 * lane
    height = label_size(edge)[1] / 2 + 3.5
    label_at = ((start[0] + end[0]) / 2 - 2, y + (7 * lane + 0.75 * bulge) + (height if lane > 0 else -height))
    return Route((start, (start[0] + third, start[1] + bulge), (end[0] - third, end[1] + bulge), end), None, label_at)


def _up(edge: Edge, sizes: Sizes, centres: Mapping[str, Point], lane: float, place: float) -> Route:
    """From an input below; the label stands outside of its edge."""
    (sx, sy), (tx, ty) = centres[edge.source], centres[edge.target]
    room = max(0.0, sizes[edge.target][0] / 2 - 7.0)
    start = (sx + 8.0 * lane, sy - sizes[edge.source][1] / 2)
    end = (tx + max(-room, min(room, 10.0 * place + 12.0 * lane)), ty + sizes[edge.target][1] / 2)
    turn = (start[1] + 2 * end[1]) / 3
    points = (start, (start[0] + 8.0 * lane, turn), (end[0] + 8.0 * lane, turn), end)
    width, height = label_size(edge)
    aside = (width / 2 + 4.0 + 8.0 * abs(lane)) * (-1.0 if (place or lane) < 0 else 1.0)
    up = min((start[1] - end[1]) / 2, height / 2 + 6.0) if place else (start[1] - end[1]) / 2
    return Route(points, None, (start[0] + aside, start[1] - up))


def _fan(edge: Edge, sizes: Sizes, centres: Mapping[str, Point], lane: float) -> Route:
    """From the one shared weight, sideways and in a wide bend down; the label stands on the edge."""
    (sx, sy), end = centres[edge.source], _landing(edge, sizes, centres, lane)
    if abs(end[0] - sx) < sizes[edge.source][0] / 2 + 4:
        points = _upright(edge, sizes, centres, lane, end)
        x, y = bezier(points, 0.5)
        return Route(points, None, (x + _aside(edge, lane), y))
    start = (sx + (1.0 if end[0] > sx else -1.0) * sizes[edge.source][0] / 2, sy)
    corner = (end[0], sy + 0.1 * (end[1] - sy))
    points = (start, (start[0] + 0.55 * (end[0] - start[0]), sy), corner, end)
    x, y = _halfway_down(points)
    return Route(points, None, (x + _aside(edge, lane), y))


def _aside(edge: Edge, lane: float) -> float:
    """How far the label of a parallel edge stands beside it, away from the other lanes."""
    return 0.0 if lane == 0 else (label_size(edge)[0] / 2 + 3.0) * (1.0 if lane > 0 else -1.0)


def _down(edge: Edge, sizes: Sizes, centres: Mapping[str, Point], lane: float, last: float, up: float) -> Route:
    """From one of several shared weights with a sharp bend; its label stands right of them all, ``up`` above."""
    (sx, sy), end = centres[edge.source], _landing(edge, sizes, centres, lane)
    beside = _landing(edge, sizes, centres, last)[0] + label_size(edge)[0] / 2 + 5.0
    label_at = (beside, end[1] - up)
    if abs(end[0] - sx) < sizes[edge.source][0] / 2 + 4:
        return Route(_upright(edge, sizes, centres, lane, end), None, label_at)
    way = 1.0 if end[0] > sx else -1.0
    start = (sx + way * sizes[edge.source][0] / 2, sy)
    radius = min(BEND, abs(end[0] - start[0]), end[1] - sy)
    into, out = (end[0] - way * radius, sy), (end[0], sy + radius)
    bend = ((end[0] - way * radius * 0.45, sy), (end[0], sy + radius * 0.45), out)
    return Route((start, start, into, into, *bend, out, end, end), None, label_at)


def _landing(edge: Edge, sizes: Sizes, centres: Mapping[str, Point], lane: float) -> Point:
    """Where a weight's edge meets the top of its target."""
    (x, y), (width, height) = centres[edge.target], sizes[edge.target]
    room = max(0.0, width / 2 - 7.0)
    return x + max(-room, min(room, 11.0 * lane)), y - height / 2


def _upright(edge: Edge, sizes: Sizes, centres: Mapping[str, Point], lane: float, end: Point) -> tuple[Point, ...]:
    (x, y), (width, height) = centres[edge.source], sizes[edge.source]
    start = (x + max(-width / 4, min(width / 4, end[0] - x)), y + height / 2)
    half = (start[1] + end[1]) / 2
    return start, (start[0] + 14.0 * lane, half), (end[0] + 14.0 * lane, half), end


def _halfway_down(points: tuple[Point, ...]) -> Point:
    """The point of a curve at half its height, so that the labels of one fan stand in a row."""
    goal, low, high = (points[0][1] + points[-1][1]) / 2, 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        ahead = (bezier(points, middle)[1] - goal) * (points[-1][1] - points[0][1])
        low, high = (low, middle) if ahead > 0 else (middle, high)
    return bezier(points, low)


def bezier(points: tuple[Point, ...], t: float) -> Point:
    """The point of a cubic at parameter t."""
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    return (sum(w * p[0] for w, p in zip(weights, points, strict=True)),
            sum(w * p[1] for w, p in zip(weights, points, strict=True)))
