"""What a beam search did, as a tree: candidates with their scores, kept and pruned branches, the sequence found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from symderiv.drawing import Drawing
from symderiv.errors import DrawingError
from symderiv.figures.tree_drawing import tree_drawing

_STATES = {"kept": "kept", "pruned": "pruned", "unseen": "pruned"}


@dataclass
class _Branch:
    label: Any
    edge_label: Any
    state: str
    children: list[_Branch] = field(default_factory=list)


def search_drawing(nodes: Sequence[Any], *, start: str = "", totals: bool = True, blank: bool = False,
                   number: Callable[[Any], str] | None = None, title: str = "Beam search") -> Drawing:
    """Draw the nodes of ``models.search_tree.search_tree``.

    Each branch carries the score of its word; with ``totals`` every candidate
    also shows the score of the whole sequence so far.  ``blank`` shows words and
    scores only, for the people who are to search themselves.  ``number`` writes a
    score (two decimals).  Raises DrawingError for a node without its parent.
    """
    written = number or (lambda score: f"{float(score):.2f}")
    root = _Branch(start, "", "plain" if blank else "winner")
    known: dict[tuple[Any, ...], _Branch] = {(): root}
    for node in nodes:
        parent = known.get(tuple(node.prefix[:-1]))
        if parent is None:
            raise DrawingError(f"the tree has a node {node.prefix!r} without its parent; give all nodes, breadth first")
        state = "plain" if blank else "winner" if node.best else _STATES.get(node.status, "plain")
        seen = totals and not blank and node.status != "unseen"
        word = str(node.prefix[-1])
        branch = _Branch((word, written(node.total)) if seen else word, written(node.step), state)
        parent.children.append(branch)
        known[tuple(node.prefix)] = branch
    return tree_drawing(root, title)
