"""Small schematic figures: a network of neighbours, an encoder and a decoder unrolled over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import cos, hypot, pi, sin
from typing import Any

from symderiv.drawing import Diagram, Drawing, Edge, Node
from symderiv.errors import DrawingError
from symderiv.figures.layout import Placement, Route, graphviz_placement, label_size, node_size
from symderiv.figures.picture import picture
from symderiv.ink.marks import Point
from symderiv.notation.labels import as_label, tex, text


def network_figure(edges: Iterable[tuple[Any, Any]], *, nodes: Sequence[Any] = (),
                   labels: Mapping[Any, Any] | None = None, positions: Mapping[Any, Point] | None = None,
                   lit: Iterable[Any] = (), title: str = "") -> Drawing:
    """An undirected graph as circles and lines.

    ``labels`` replaces a node's own name, ``lit`` lights nodes; ``positions``
    (any unit, y upwards) fixes the places, else they come from Graphviz's spring model.
    Raises DrawingError for a node without a position.
    """
    pairs = [(a, b) for a, b in edges]
    names = list(dict.fromkeys([*nodes, *(n for pair in pairs for n in pair)]))
    if not names:
        raise DrawingError("a network needs at least one node or edge to draw")
    marked, words = set(lit), dict(labels or {})
    shown = tuple(Node(str(n), as_label(words.get(n, n)), "circle", "lit" if n in marked else "value") for n in names)
    lines = tuple(Edge(str(a), str(b), arrow=False) for a, b in pairs)
    alt = (f"An undirected graph with {len(names)} nodes and {len(pairs)} edges: "
           f"{', '.join(f'{a}–{b}' for a, b in pairs)}.")
    diagram = Diagram(shown, lines, title, alt, engine="neato")
    if positions is None:
        return picture(diagram, graphviz_placement(diagram))
    missing = [n for n in names if n not in positions]
    if missing:
        raise DrawingError(f"node {missing[0]!r} of the network has no position; give one for each of the {len(names)}")
    unit = 62.0 / max(_nearest([positions[n] for n in names]), 1e-9)
    places = {str(n): (positions[n][0] * unit, -positions[n][1] * unit) for n in names}
    return picture(diagram, straight_placement(diagram, places))


def ring(names: Sequence[Any], turn: float = 90.0) -> dict[Any, Point]:
    """Places on a circle, the first at ``turn`` degrees, then clockwise."""
    angles = [turn / 180 * pi - 2 * pi * i / len(names) for i in range(len(names))]
    return {name: (cos(a), sin(a)) for name, a in zip(names, angles, strict=True)}


def unrolled_translation(source: Sequence[str], inputs: Sequence[Any], outputs: Sequence[str] = (), *,
                         stacked: bool = False, title: str = "Encoder and decoder") -> Drawing:
    """A recurrent encoder and decoder unrolled: words, their embeddings, hidden states, produced words.

    Side by side, the encoder's last state starts the decoder; ``stacked``, every
    encoder state feeds the decoder's state of the same time step.
    """
    if not source or not inputs:
        raise DrawingError("a translation model needs at least one source word and one decoder input to draw")
    nodes: list[Node] = []
    edges: list[Edge] = []
    places: dict[str, Point] = {}
    across = 88.0 if stacked else 66.0

    def add(name: str, label: Any, shape: str, role: str, at: Point) -> str:
        nodes.append(Node(name, label, shape, role))
        places[name] = at
        return name

    def cells(kind: str, words: Sequence[Any], left: float, floor: float, role: str, aside: float = 0.0) -> None:
        for i, word in enumerate(words, 1):
            x = left + across * (i - 1)
            state = add(f"{kind}{i}", tex(rf"{kind}_{{{i}}}"), "round", role, (x, floor))
            inside = add(f"{kind}e{i}", tex(r"\cdots"), "round", "input", (x + aside, floor + 46))
            below = add(f"{kind}w{i}", as_label(word), "box", "plain", (x + aside, floor + 88))
            edges.extend([Edge(below, inside), Edge(inside, state)])
            if i > 1:
                edges.append(Edge(f"{kind}{i - 1}", state))

    left, floor = (0.0, -150.0) if stacked else (across * len(source) + 24.0, 0.0)
    cells("h", source, 0.0, 0.0, "value")
    cells("s", inputs, left, floor, "weight", 40.0 if stacked else 0.0)
    for i, word in enumerate(outputs[: len(inputs)], 1):
        edges.append(Edge(f"s{i}", add(f"o{i}", text(word), "none", "plain", (left + across * (i - 1), floor - 44))))
    if stacked:
        edges.extend(Edge(f"h{i}", f"s{i}", role="lit") for i in range(1, min(len(source), len(inputs)) + 1))
    else:
        edges.append(Edge(f"h{len(source)}", "s1", role="lit"))
    joined = "every encoder state feeds the decoder of its time step" if stacked else (
        "the last encoder state starts the decoder")
    alt = (f"An encoder reading {' '.join(source)} in {len(source)} time steps and a decoder with {len(inputs)}; "
           + f"{joined}." + (f" It produces {' '.join(outputs)}." if outputs else ""))
    diagram = Diagram(tuple(nodes), tuple(edges), title, alt)
    return picture(diagram, straight_placement(diagram, places))


def straight_placement(diagram: Diagram, centres: Mapping[str, Point]) -> Placement:
    """Nodes where they are wanted, edges as straight lines between their borders."""
    sizes = {node.id: node_size(node) for node in diagram.nodes}
    rounds = {node.id for node in diagram.nodes if node.shape == "circle"}
    routes = []
    for edge in diagram.edges:
        a, b = centres[edge.source], centres[edge.target]
        start, end = (_border(a, b, sizes[edge.source], edge.source in rounds),
                      _border(b, a, sizes[edge.target], edge.target in rounds))
        thirds = tuple((start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])) for t in (1 / 3, 2 / 3))
        width, _ = label_size(edge)
        label_at = ((start[0] + end[0]) / 2 + (width / 2 + 4.0 if abs(a[0] - b[0]) < width else 0.0),
                    (start[1] + end[1]) / 2)
        routes.append(Route((start, *thirds, end), None, label_at))
    return Placement(0.0, 0.0, dict(centres), tuple(routes))


def _border(centre: Point, other: Point, size: tuple[float, float], circle: bool) -> Point:
    dx, dy = other[0] - centre[0], other[1] - centre[1]
    run = hypot(dx, dy) or 1.0
    reach = size[0] / 2 / run if circle else min(
        size[0] / 2 / abs(dx) if dx else 9e9, size[1] / 2 / abs(dy) if dy else 9e9)
    return centre[0] + dx * reach, centre[1] + dy * reach


def _nearest(points: Sequence[Point]) -> float:
    return min((hypot(a[0] - b[0], a[1] - b[1]) for i, a in enumerate(points) for b in points[:i]), default=1.0)


