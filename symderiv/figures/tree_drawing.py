"""A search tree from left to right: kept and pruned branches, the winner lit.

A node of the tree has ``label``, ``children``, ``edge_label`` (on the edge that
leads to it) and ``state``, one of ``plain``, ``kept``, ``pruned``, ``winner``.
Leaves are spaced evenly and a parent stands in the middle of its children, as
in Reingold and Tilford's tidy drawings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from symderiv.drawing import Diagram, Drawing, Edge, Node
from symderiv.errors import DrawingError
from symderiv.figures.layout import Placement, Route, label_size, node_size
from symderiv.figures.picture import picture
from symderiv.ink.marks import Point
from symderiv.notation.labels import as_label, plain

STATES = ("plain", "kept", "pruned", "winner")
LARGEST = 400
LEAF_GAP = 7.0


class TreeNode(Protocol):
    """What a tree must offer."""

    @property
    def label(self) -> Any:
        """The words at the node."""

    @property
    def children(self) -> Sequence[Any]:
        """The nodes below, from top to bottom."""

    @property
    def edge_label(self) -> Any:
        """The words on the edge that leads here."""

    @property
    def state(self) -> str:
        """One of ``STATES``."""


def tree_drawing(root: TreeNode, title: str = "", alt: str = "") -> Drawing:
    """Draw the tree below ``root``.

    Raises DrawingError for a state that is none of ``STATES`` and for trees of
    more than 400 nodes.
    """
    nodes: list[Node] = []
    edges: list[Edge] = []
    children: dict[str, list[str]] = {}
    depth: dict[str, int] = {}
    waiting: list[tuple[TreeNode, str]] = [(root, "")]
    while waiting:
        item, parent = waiting.pop()
        if item.state not in STATES:
            raise DrawingError(f"tree node {item.label!r} has state {item.state!r}, not one of {', '.join(STATES)}")
        if len(nodes) == LARGEST:
            raise DrawingError(f"the tree has more than {LARGEST} nodes, too many to read; draw a part of it")
        name = f"t{len(nodes)}"
        label = as_label(item.label)
        nodes.append(Node(name, label, "round" if label else "circle", item.state))
        children[name] = []
        depth[name] = depth[parent] + 1 if parent else 0
        if parent:
            edges.append(Edge(parent, name, as_label(item.edge_label), item.state, arrow=False))
            children[parent].append(name)
        waiting.extend((child, name) for child in reversed(item.children))
    diagram = Diagram(tuple(nodes), tuple(edges), title, alt or _spoken(nodes, edges))
    return picture(diagram, _tidy(diagram, children, depth))


def _tidy(diagram: Diagram, children: dict[str, list[str]], depth: dict[str, int]) -> Placement:
    sizes = {node.id: node_size(node) for node in diagram.nodes}
    wide: dict[int, float] = {}
    for name, (width, _) in sizes.items():
        wide[depth[name]] = max(wide.get(depth[name], 0.0), width)
    worded: dict[int, float] = {}
    for edge in diagram.edges:
        level = depth[edge.target]
        worded[level] = max(worded.get(level, 0.0), label_size(edge)[0])
    middles = {0: wide[0] / 2}
    for level in range(1, len(wide)):
        between = max(34.0, worded.get(level, 0.0) + 34.0)
        middles[level] = middles[level - 1] + wide[level - 1] / 2 + between + wide[level] / 2
    ys = _heights(diagram, children, sizes)
    centres = {name: (middles[depth[name]], y) for name, y in ys.items()}
    return Placement(0.0, 0.0, centres, tuple(_branch(edge, centres, sizes) for edge in diagram.edges))


def _heights(diagram: Diagram, children: dict[str, list[str]],
             sizes: dict[str, tuple[float, float]]) -> dict[str, float]:
    words = {edge.target: label_size(edge)[1] for edge in diagram.edges}
    ys: dict[str, float] = {}
    down = 0.0
    for node in diagram.nodes:  # preorder: leaves come from top to bottom
        if not children[node.id]:
            tall = max(sizes[node.id][1], 2 * words.get(node.id, 0.0) + 6.0)
            ys[node.id] = down + tall / 2
            down += tall + LEAF_GAP
    for node in reversed(diagram.nodes):
        if children[node.id]:
            ys[node.id] = (ys[children[node.id][0]] + ys[children[node.id][-1]]) / 2
    return ys


def _branch(edge: Edge, centres: dict[str, Point], sizes: dict[str, tuple[float, float]]) -> Route:
    (sx, sy), (tx, ty) = centres[edge.source], centres[edge.target]
    width, height = label_size(edge)
    start, end = (sx + sizes[edge.source][0] / 2, sy), (tx - sizes[edge.target][0] / 2, ty)
    flat = (end[0] - width - 4.0, ty)  # the label stands on a level piece before the node
    bend = 0.5 * (flat[0] - start[0])
    level = (flat, flat, end, end)
    points = (start, (start[0] + bend, sy), (flat[0] - bend, ty), *level)
    return Route(points, None, ((flat[0] + end[0]) / 2, ty - height / 2 - 2.5))


def _spoken(nodes: list[Node], edges: list[Edge]) -> str:
    counts = {state: sum(node.role == state for node in nodes) for state in STATES}
    lit = [plain(node.label).replace("\n", " ") for node in nodes if node.role == "winner" and node.label]
    parts = [f"A tree with {len(nodes)} nodes"]
    parts += [f"{counts[state]} {state}" for state in ("kept", "pruned") if counts[state]]
    return ", ".join(parts) + (f"; the winning path is {' → '.join(lit)}." if lit else ".")
