"""Layout of an unrolled recurrence: values in one row, inputs below them, shared weights above.

Most graphs of a chain of operations have this form: one path runs through all
inner values, every input used once hangs below its use, and an input used
several times stands above the row with an edge to each use.  Everything else
is left to Graphviz.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from symderiv.drawing import Diagram
from symderiv.figures.layout import Placement, label_size, node_size
from symderiv.figures.spine_routes import routes
from symderiv.ink.marks import Point

GAP = 24.0
BESIDE = 12.0
ROW = 30.0
LEVEL = 36.0  # between the heights of several shared weights
FAN = 0.95  # how far sideways along its edge the label of a shared weight stands


@dataclass(frozen=True)
class Spine:
    """The roles of the nodes: the row in order, inputs below each value, shared inputs."""

    row: tuple[str, ...]
    below: Mapping[str, tuple[str, ...]]
    shared: Mapping[str, tuple[str, ...]]


def spine_placement(diagram: Diagram) -> Placement | None:
    """The placement, or None where the diagram is not such a row."""
    spine = find_spine(diagram)
    if spine is None:
        return None
    sizes = {node.id: node_size(node) for node in diagram.nodes}
    words = _label_widths(diagram)
    xs = _columns(spine, sizes, words)
    centres: dict[str, Point] = {name: (x, 0.0) for name, x in zip(spine.row, xs, strict=True)}
    floor = max(sizes[name][1] for name in spine.row) / 2
    tall = max((label_size(e)[1] for e in diagram.edges if e.source not in spine.shared), default=0.0)
    for target, inputs in spine.below.items():
        slots = [_slot(name, target, sizes, words) for name in inputs]
        left = centres[target][0] - (slots[0] if len(slots) == 1 else _total(slots)) / 2
        for name, slot in zip(inputs, slots, strict=True):
            centres[name] = (left + slot / 2, floor + max(ROW, tall + 16) + sizes[name][1] / 2)
            left += slot + BESIDE
    _place_shared(diagram, spine, sizes, centres)
    return Placement(0.0, 0.0, centres, routes(diagram, spine.row, spine.below, spine.shared, sizes, centres))


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
    row = _row([node.id for node in diagram.nodes if inputs[node.id]], targets)
    if row is None:
        return None
    below: dict[str, list[str]] = defaultdict(list)
    shared: dict[str, tuple[str, ...]] = {}
    above = any(node.role == "weight" and len(targets[node.id]) > 1 for node in diagram.nodes)
    for node in diagram.nodes:
        if not inputs[node.id]:
            uses = targets[node.id]
            if not uses:
                return None
            if len(uses) == 1 and not (above and node.role == "weight"):
                below[uses[0]].append(node.id)
            else:
                shared[node.id] = tuple(uses)
    return Spine(row, {name: tuple(below[name]) for name in row if name in below}, shared)


def _row(inner: list[str], targets: Mapping[str, list[str]]) -> tuple[str, ...] | None:
    """The inner nodes in the order of the one path through all of them, or None."""
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
    return tuple(row) if len(row) == len(inner) else None


def _label_widths(diagram: Diagram) -> dict[tuple[str, str], float]:
    """The width that the labels between two nodes take: parallel ones from above stand side by side."""
    inner = {edge.target for edge in diagram.edges}
    widths: dict[tuple[str, str], float] = defaultdict(float)
    for edge in diagram.edges:
        pair, width = (edge.source, edge.target), label_size(edge)[0]
        between = 28.0 if widths[pair] else 0.0
        widths[pair] = max(widths[pair], width) if edge.source in inner else widths[pair] + between + width
    return widths


def _slot(name: str, target: str, sizes: Mapping[str, tuple[float, float]],
          words: Mapping[tuple[str, str], float]) -> float:
    """The width an input below the row needs: its own, and its edge's label on either side."""
    return max(sizes[name][0], 2 * words[name, target] + 12.0 if words[name, target] else 0.0)


def _total(widths: list[float]) -> float:
    return sum(widths) + BESIDE * (len(widths) - 1)


def _columns(spine: Spine, sizes: Mapping[str, tuple[float, float]],
             words: Mapping[tuple[str, str], float]) -> list[float]:
    """The x of each value: room for nodes, edge labels, inputs below and the fan's labels above."""
    column = {name: max(sizes[name][0], _total([_slot(i, name, sizes, words) for i in spine.below.get(name, ())]))
              for name in spine.row}
    gaps = [
        max((sizes[a][0] + sizes[b][0]) / 2 + max(GAP, words[a, b] + 18.0), (column[a] + column[b]) / 2 + BESIDE)
        for a, b in zip(spine.row, spine.row[1:], strict=False)
    ]
    position = {name: i for i, name in enumerate(spine.row)}
    for weight, uses in spine.shared.items():
        steps = sorted(position[name] for name in uses)
        for a, b in zip(steps, steps[1:], strict=False):
            labels = (words[weight, spine.row[a]] + words[weight, spine.row[b]]) / 2
            bundle = 24.0 * (len(spine.shared) > 1)
            missing = (labels + 10.0 + bundle if labels else 0.0) / FAN - sum(gaps[a:b])
            for i in range(a, b):
                gaps[i] += max(0.0, missing) / (b - a)
    xs = [0.0]
    for gap in gaps:
        xs.append(xs[-1] + gap)
    return xs


def _place_shared(diagram: Diagram, spine: Spine, sizes: Mapping[str, tuple[float, float]],
                  centres: dict[str, Point]) -> None:
    """One shared input stands above the middle of its uses; several stand between columns, each on its own level."""
    names = list(spine.shared)
    if not names:
        return
    top = max(sizes[name][1] for name in spine.row) / 2
    tall = max((label_size(e)[1] for e in diagram.edges if e.source in spine.shared), default=0.0)
    xs = [centres[name][0] for name in spine.row]
    rows = len({e.source for e in diagram.edges if e.source in spine.shared and e.label})
    height = top + 44.0 + (rows + 0.6) * (tall + 4.0 * (rows > 1)) * (rows > 0)
    if len(names) == 1:
        height = max(height, min(0.11 * (xs[-1] - xs[0]), 96.0))
        centres[names[0]] = (_over([centres[use][0] for use in spine.shared[names[0]]]), -height)
        return
    fans = sorted({centres[use][0] for uses in spine.shared.values() for use in uses})
    middle = (fans[0] + fans[-1]) / 2
    places = sorted(((a + b) / 2 for a, b in zip(fans, fans[1:], strict=False)), key=lambda x: abs(x - middle))
    step = max([LEVEL, *(sizes[name][1] + 12.0 for name in names)])
    for i, name in enumerate(names):
        centres[name] = (places[i % len(places)] if places else fans[0] + 40.0, -height - i * step)


def _over(xs: list[float]) -> float:
    """The middle of a fan, moved right over a target that is nearly there so that its edge is straight."""
    middle = (min(xs) + max(xs)) / 2
    nearest = min(xs, key=lambda x: abs(x - middle))
    return nearest if abs(nearest - middle) < 0.12 * (max(xs) - min(xs)) + 1 else middle
