"""Layout of an unrolled recurrence: values in one row, inputs below them, shared weights above.

Most graphs of a chain of operations have this form: one path runs through all
inner values, every input used once hangs below its use, and an input used
several times stands above the row with an edge to each use.  Everything else
is left to Graphviz.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from symderiv.drawing import Diagram, Edge
from symderiv.layout import Placement, Route, label_size, node_size
from symderiv.marks import Point

GAP = 24.0
BESIDE = 12.0
ROW = 30.0
FAN = 0.95  # how far sideways along its edge the label of a shared weight stands


@dataclass(frozen=True)
class Spine:
    """The roles of the nodes: the row in order, inputs below each value, shared inputs."""

    row: tuple[str, ...]
    below: dict[str, tuple[str, ...]]
    shared: dict[str, tuple[str, ...]]


def spine_placement(diagram: Diagram) -> Placement | None:
    """The placement, or None where the diagram is not such a row."""
    spine = find_spine(diagram)
    if spine is None:
        return None
    sizes = {node.id: node_size(node) for node in diagram.nodes}
    xs = _columns(diagram, spine, sizes)
    centres: dict[str, Point] = {name: (x, 0.0) for name, x in zip(spine.row, xs, strict=True)}
    floor = max(sizes[name][1] for name in spine.row) / 2
    tall = max((label_size(e)[1] for e in diagram.edges if e.source not in spine.shared), default=0.0)
    for target, inputs in spine.below.items():
        left = centres[target][0] - _row_width(inputs, sizes) / 2
        for name in inputs:
            width, height = sizes[name]
            centres[name] = (left + width / 2, floor + max(ROW, tall + 16) + height / 2)
            left += width + BESIDE
    _place_shared(diagram, spine, sizes, centres)
    routes = _routes(diagram, spine, sizes, centres)
    return Placement(0.0, 0.0, centres, routes)


def find_spine(diagram: Diagram) -> Spine | None:
    """Recognise the row, or None."""
    if diagram.direction != "LR" or diagram.ranks or diagram.engine != "dot":
        return None
    targets: dict[str, list[str]] = defaultdict(list)
    inputs: dict[str, list[str]] = defaultdict(list)
    for edge in diagram.edges:
        if not edge.arrow:
            return None
        if edge.target not in targets[edge.source]:
            targets[edge.source].append(edge.target)
        inputs[edge.target].append(edge.source)
    inner = [node.id for node in diagram.nodes if inputs[node.id]]
    sinks = [name for name in inner if not targets[name]]
    if len(sinks) != 1 or any(len(targets[name]) != 1 for name in inner if name != sinks[0]):
        return None
    after = {name: targets[name][0] for name in inner if name != sinks[0]}
    firsts = [name for name in inner if name not in after.values()]
    if len(firsts) != 1:
        return None
    row = [firsts[0]]
    while row[-1] in after and len(row) <= len(inner):
        row.append(after[row[-1]])
    if len(row) != len(inner):
        return None
    below: dict[str, list[str]] = defaultdict(list)
    shared: dict[str, tuple[str, ...]] = {}
    for node in diagram.nodes:
        if not inputs[node.id]:
            uses = targets[node.id]
            if len(uses) == 1 and node.role != "weight":
                below[uses[0]].append(node.id)
            elif uses:
                shared[node.id] = tuple(uses)
            else:
                return None
    return Spine(tuple(row), {name: tuple(inputs) for name, inputs in below.items()}, shared)


def _row_width(names: tuple[str, ...], sizes: dict[str, tuple[float, float]]) -> float:
    return sum(sizes[name][0] for name in names) + BESIDE * (len(names) - 1)


def _columns(diagram: Diagram, spine: Spine, sizes: dict[str, tuple[float, float]]) -> list[float]:
    """The x of each value: room for nodes, edge labels, inputs below and the fan's labels above."""
    along: Counter[tuple[str, str]] = Counter()
    side: Counter[str] = Counter()
    for edge in diagram.edges:
        width = label_size(edge)[0]
        along[edge.source, edge.target] = max(along[edge.source, edge.target], round(width + 0.5))
        side[edge.target] = max(side[edge.target], round(width + 8)) if edge.source in spine.below.get(
            edge.target, ()) and width else side[edge.target]
    column = {name: max(sizes[name][0], _row_width(spine.below.get(name, ()), sizes) + 2 * side[name])
              for name in spine.row}
    gaps = [
        max((sizes[a][0] + sizes[b][0]) / 2 + max(GAP, along[a, b] + 18.0), (column[a] + column[b]) / 2 + BESIDE)
        for a, b in zip(spine.row, spine.row[1:], strict=False)
    ]
    position = {name: i for i, name in enumerate(spine.row)}
    for weight, uses in spine.shared.items():
        steps = sorted(position[name] for name in uses)
        for a, b in zip(steps, steps[1:], strict=False):
            labels = (along[weight, spine.row[a]] + along[weight, spine.row[b]]) / 2
            missing = (labels + 10.0 if labels else 0.0) / FAN - sum(gaps[a:b])
            for i in range(a, b):
                gaps[i] += max(0.0, missing) / (b - a)
    xs = [0.0]
    for gap in gaps:
        xs.append(xs[-1] + gap)
    return xs


def _place_shared(diagram: Diagram, spine: Spine, sizes: dict[str, tuple[float, float]],
                  centres: dict[str, Point]) -> None:
    """Shared inputs stand above the row; a second one below it where nothing hangs there."""
    top = max(sizes[name][1] for name in spine.row) / 2
    tall = max((label_size(e)[1] for e in diagram.edges if e.source in spine.shared), default=0.0)
    span = centres[spine.row[-1]][0] - centres[spine.row[0]][0]
    height = max(top + 44.0 + 1.6 * tall, min(0.14 * span, 140.0))
    names = list(spine.shared)
    lower = names[1:2] if len(names) == 2 and not spine.below else []
    upper = [name for name in names if name not in lower]
    right = float("-inf")
    for name in upper:
        x = max(_over([centres[use][0] for use in spine.shared[name]]), right + sizes[name][0] / 2 + GAP)
        right = x + sizes[name][0] / 2
        centres[name] = (x, -height)
    for name in lower:
        centres[name] = (_over([centres[use][0] for use in spine.shared[name]]), height)


def _over(xs: list[float]) -> float:
    """The middle of a fan, moved right over a target that is nearly there so that its edge is straight."""
    middle = (min(xs) + max(xs)) / 2
    nearest = min(xs, key=lambda x: abs(x - middle))
    return nearest if abs(nearest - middle) < 0.12 * (max(xs) - min(xs)) + 1 else middle


def _routes(diagram: Diagram, spine: Spine, sizes: dict[str, tuple[float, float]],
            centres: dict[str, Point]) -> tuple[Route, ...]:
    parallel = Counter((edge.source, edge.target) for edge in diagram.edges)
    seen: Counter[tuple[str, str]] = Counter()
    fans: dict[str, list[str]] = defaultdict(list)
    for weight, uses in spine.shared.items():
        for use in uses:
            fans[use].append(weight)
    routes = []
    for edge in diagram.edges:
        pair = (edge.source, edge.target)
        lane = seen[pair] - (parallel[pair] - 1) / 2
        seen[pair] += 1
        if edge.source in spine.row:
            routes.append(_along(edge, sizes, centres, lane))
            continue
        beside = fans[edge.target] if edge.source in spine.shared else spine.below[edge.target]
        nudge = (beside.index(edge.source) - (len(beside) - 1) / 2) * 10.0
        routes.append(_across(edge, sizes, centres, lane, nudge, edge.source in spine.shared))
    return tuple(routes)


def _along(edge: Edge, sizes: dict[str, tuple[float, float]], centres: dict[str, Point], lane: float) -> Route:
    (a, y), (b, _) = centres[edge.source], centres[edge.target]
    start, end = (a + sizes[edge.source][0] / 2, y + 7 * lane), (b - sizes[edge.target][0] / 2, y + 7 * lane)
    third, bulge = (end[0] - start[0]) / 3, 26.0 * lane
    height = label_size(edge)[1] / 2 + 3.5
    label_at = ((start[0] + end[0]) / 2 - 2, y + (7 * lane + 0.75 * bulge) + (height if lane > 0 else -height))
    return Route((start, (start[0] + third, start[1] + bulge), (end[0] - third, end[1] + bulge), end), None, label_at)


def _across(edge: Edge, sizes: dict[str, tuple[float, float]], centres: dict[str, Point], lane: float, nudge: float,
            fan: bool) -> Route:
    """From below or above the row, arriving upright at the near side of the target."""
    (sx, sy), (tx, ty) = centres[edge.source], centres[edge.target]
    side = -1.0 if sy < ty else 1.0
    width, height = sizes[edge.source]
    room = max(0.0, sizes[edge.target][0] / 2 - 7.0)
    end = (tx + max(-room, min(room, nudge + 12.0 * lane)), ty + side * sizes[edge.target][1] / 2)
    dx = end[0] - sx
    if abs(dx) < width:
        start = (sx + max(-width / 4, min(width / 4, dx)) if lane else sx, sy - side * height / 2)
        turn = ((start[0] + end[0]) / 2 + 14.0 * lane, (start[1] + end[1]) / 2)
        points = (start, turn, (end[0], turn[1]), end)
    else:
        start = (sx + (width / 2 if dx > 0 else -width / 2), sy)
        corner = (end[0], sy + 0.1 * (end[1] - sy))
        points = (start, (start[0] + 0.55 * (end[0] - start[0]), sy), corner, end)
    x, y = _halfway_down(points)
    return Route(points, None, (x if fan else x + label_size(edge)[0] / 2 + 4.0, y))


def _halfway_down(points: tuple[Point, ...]) -> Point:
    """The point of a curve at half its height, so that the labels of one fan stand in a row."""
    goal, low, high = (points[0][1] + points[-1][1]) / 2, 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        ahead = (_bezier(points, middle)[1] - goal) * (points[-1][1] - points[0][1])
        low, high = (low, middle) if ahead > 0 else (middle, high)
    return _bezier(points, low)


def _bezier(points: tuple[Point, ...], t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    return (sum(w * p[0] for w, p in zip(weights, points, strict=True)),
            sum(w * p[1] for w, p in zip(weights, points, strict=True)))
