"""A diagram and its placement become a drawing."""

from __future__ import annotations

from symderiv.drawing import ROLES, Diagram, Drawing, Edge, Node
from symderiv.figures.layout import EDGE_SIZE, NODE_SIZE, Placement, Route, graphviz_placement, node_size
from symderiv.figures.spine import spine_placement
from symderiv.figures.spine_routes import bezier
from symderiv.ink.marks import PAPER, Box, Ellipse, Mark, Path, Point, Words, shifted
from symderiv.ink.typesetting import block

MARGIN = 3.0


def placed(diagram: Diagram) -> Placement:
    """Where everything stands: in a row of values where the diagram is one, else as Graphviz says."""
    return spine_placement(diagram) or graphviz_placement(diagram)


def picture(diagram: Diagram, placement: Placement | None = None, like: Diagram | None = None) -> Drawing:
    """Draw a diagram; ``like`` is the diagram whose node sizes count, where frames share one placement."""
    placement = placement or placed(diagram)
    sizes = {node.id: node_size(node) for node in (like or diagram).nodes}
    lines: list[Mark] = [_edge_line(edge, route) for edge, route in zip(diagram.edges, placement.routes, strict=True)]
    words = [
        Words(*route.label_at, edge.label, EDGE_SIZE, colour=ROLES[edge.role].edge_words, backing=PAPER)
        for edge, route in zip(diagram.edges, placement.routes, strict=True)
        if edge.label and route.label_at
    ]
    nodes = [mark for node in diagram.nodes for mark in _node_marks(node, placement.centres[node.id], sizes[node.id])]
    marks = [*lines, *words, *nodes]
    return framed(marks, diagram.title, diagram.alt, diagram)


def framed(marks: list[Mark], title: str, alt: str, diagram: Diagram | None = None) -> Drawing:
    """The marks moved to the origin, with a small margin around what they cover."""
    boxes = [extent(mark) for mark in marks]
    left, top = min(b[0] for b in boxes) - MARGIN, min(b[1] for b in boxes) - MARGIN
    right, bottom = max(b[2] for b in boxes) + MARGIN, max(b[3] for b in boxes) + MARGIN
    moved = tuple(shifted(mark, -left, -top) for mark in marks)
    return Drawing(moved, round(right - left, 2), round(bottom - top, 2), title, alt, diagram)


def extent(mark: Mark) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what a mark covers (of a curve: of points along it)."""
    if isinstance(mark, Path):
        return _path_extent(mark)
    if isinstance(mark, Box):
        return mark.x, mark.y, mark.x + mark.width, mark.y + mark.height
    if isinstance(mark, Ellipse):
        reach = (mark.rx, mark.ry) if mark.angle == 0 else (max(mark.rx, mark.ry),) * 2
        return mark.cx - reach[0], mark.cy - reach[1], mark.cx + reach[0], mark.cy + reach[1]
    body = block(mark.label, mark.size)
    across, down = (body.height, body.width) if mark.turned else (body.width, body.height)
    left = mark.x - {"start": 0.0, "middle": across / 2, "end": across}[mark.anchor]
    return left, mark.y - down / 2, left + across, mark.y + down / 2


def _path_extent(path: Path) -> tuple[float, float, float, float]:
    points: list[Point] = []
    for command, piece in path.commands:
        if command == "C":
            points.extend(bezier((points[-1], *piece), step / 12) for step in range(1, 13))
        else:
            points.extend(piece)
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _edge_line(edge: Edge, route: Route) -> Path:
    start, *rest = route.points
    commands: list[tuple[str, tuple[Point, ...]]] = [("M", (start,))]
    commands.extend(("C", tuple(rest[i : i + 3])) for i in range(0, len(rest), 3))
    if route.tip is not None:
        commands.append(("L", (route.tip,)))
    return Path(tuple(commands), ROLES[edge.role].edge, edge.arrow)


def _node_marks(node: Node, centre: Point, size: tuple[float, float]) -> list[Mark]:
    (x, y), (width, height) = centre, size
    look = ROLES[node.role]
    marks: list[Mark] = []
    if node.shape == "circle":
        marks.append(Ellipse(x, y, width / 2, height / 2, pen=look.node))
    elif node.shape != "none":
        radius = min(8.0, height / 2.6) if node.shape == "round" else 0.0
        marks.append(Box(x - width / 2, y - height / 2, width, height, radius, look.node))
    if node.label:
        marks.append(Words(x, y, node.label, NODE_SIZE, colour=look.words))
    return marks
