"""The part of a graph that is drawn: which nodes, which uses, and what was folded away.

A graph of many time steps is folded by the numbers at the end of its names: the
first two and the last step stay, what lies between becomes one ellipsis node.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from symderiv.errors import DrawingError
from symderiv.nodes.merged import hidden, merged_sources
from symderiv.nodes.operations import CONSTANT, INPUT

LARGEST = 150
FIRST, LAST = 2, 1  # time steps kept when folding
ELLIPSIS = "…"
_STEP = re.compile(r"(\d+)'*}?$")


@dataclass(frozen=True)
class Skeleton:
    """Names in topological order, the inputs among them, uses as (source, target), and how many nodes are folded."""

    names: tuple[str, ...]
    inputs: frozenset[str]
    uses: tuple[tuple[str, str], ...]
    folded: int = 0
    unnamed: bool = True

    @property
    def shared(self) -> tuple[str, ...]:
        """Inputs with more than one use, in order."""
        counts = Counter(source for source, _ in self.uses)
        return tuple(name for name in self.names if name in self.inputs and counts[name] > 1)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Nodes nobody uses."""
        used = {source for source, _ in self.uses}
        return tuple(name for name in self.names if name not in used and name not in self.inputs)


def skeleton(graph: Any, fold: bool = False, unnamed: bool = True) -> Skeleton:
    """The nodes and uses of a graph, without its constants; unnamed operations only if wanted.

    Raises DrawingError where more than 150 nodes would be drawn, also after folding.
    """
    if len(graph) == 0:
        raise DrawingError(f"the graph {graph.title!r} has no nodes to draw")
    whole = _read(graph) if unnamed else _read_named(graph)
    if len(whole.names) <= LARGEST and not fold:
        return whole
    shown = _folded(whole) if fold else whole
    if len(shown.names) > LARGEST:
        folded = f", folded {len(shown.names)}" if fold else ""
        way = "draw a smaller part" if fold else "draw(…, fold=True) shows its first and last time steps"
        raise DrawingError(
            f"the graph {graph.title!r} has {len(whole.names):,} nodes{folded}, "
            f"too many to read in a picture (limit {LARGEST}); {way}, write json for all of it"
        )
    return shown


def _read(graph: Any) -> Skeleton:
    columns = graph.columns
    code = columns.code
    name = graph.name_of
    drawn = [i for i in range(len(code)) if code[i] != CONSTANT]
    uses = tuple((name(a), name(i)) for i in drawn for a in columns.arguments(i) if code[a] != CONSTANT)
    return Skeleton(tuple(map(name, drawn)), frozenset(name(i) for i in drawn if code[i] == INPUT), uses)


def _read_named(graph: Any) -> Skeleton:
    """Named nodes, inputs, and operations nobody uses."""
    columns, code, name = graph.columns, graph.columns.code, graph.name_of
    used = {a for i in range(len(code)) for a in columns.arguments(i) if code[i] != CONSTANT}
    drawn = [i for i in range(len(code)) if code[i] != CONSTANT and not (hidden(graph, i) and i in used)]
    uses = tuple((name(a), name(i)) for i in drawn if code[i] != INPUT for a in merged_sources(graph, i))
    inputs = frozenset(name(i) for i in drawn if code[i] == INPUT)
    return Skeleton(tuple(map(name, drawn)), inputs, uses, unnamed=False)


def _folded(whole: Skeleton) -> Skeleton:
    """Nodes of the middle time steps replaced by one ellipsis; nodes of no step are kept."""
    step = _steps(whole)
    numbers = sorted({number for name, number in step.items() if name not in whole.inputs})
    if len(numbers) <= FIRST + LAST + 1:
        return whole
    low, high = numbers[FIRST - 1], numbers[-LAST]
    gone = {name for name, number in step.items() if low < number < high and name not in whole.shared}
    if not gone:
        return whole
    uses: list[tuple[str, str]] = []
    bundled: set[tuple[str, str]] = set()
    for source, target in whole.uses:
        pair = (ELLIPSIS if source in gone else source, ELLIPSIS if target in gone else target)
        if ELLIPSIS in pair and (pair in bundled or pair == (ELLIPSIS, ELLIPSIS)):
            continue
        if ELLIPSIS in pair:
            bundled.add(pair)
        uses.append(pair)
    names: list[str] = []
    for name in whole.names:
        name = ELLIPSIS if name in gone else name
        if name != ELLIPSIS or ELLIPSIS not in names:
            names.append(name)
    return replace(whole, names=tuple(names), inputs=whole.inputs - gone, uses=tuple(uses), folded=len(gone))


def _steps(whole: Skeleton) -> dict[str, int]:
    """The time step of every node: the number in its name, else that of the value it goes into."""
    automatic = re.compile(r"v_\d+'*")
    found = {name: int(m[1]) for name in whole.names
             if not automatic.fullmatch(name) and (m := _STEP.search(name)) is not None}
    target = dict(whole.uses)
    for name in reversed(whole.names):
        if name not in found and automatic.fullmatch(name) and target.get(name) in found:
            found[name] = found[target[name]]
    return found
