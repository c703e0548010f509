"""The tree a beam search walks, node by node, for drawing: what was kept, what was pruned and when."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symderiv.errors import LimitError
from symderiv.models.decoding import Prefix, SequenceModel, beam

MAX_NODES = 2_000


@dataclass(frozen=True)
class TreeNode:
    """One prefix: the score of its last token, its total, and what a search did with it.

    ``status`` is ``kept`` (survived its step), ``pruned`` (was a candidate and lost) or ``unseen`` (below a
    pruned node); ``best`` marks the prefixes of the sequence found.
    """

    prefix: Prefix
    step: Any
    total: Any
    status: str
    best: bool


def search_tree(model: SequenceModel, width: int, alpha: Fraction = Fraction(0)) -> tuple[TreeNode, ...]:
    """All nodes of a model's tree, breadth first, with the fate of each in a beam search.

    Raises LimitError for trees of more than 2000 nodes.

    >>> from symderiv.models.decoding import tree_model
    >>> [n.status for n in search_tree(tree_model({"": {"a": "3/4", "b": "1/4"}}, 1), 1)]
    ['kept', 'pruned']
    """
    search = beam(model, width, alpha)
    kept = {h.words for step in search.steps for h in step.kept}
    tried = {h.words for step in search.steps for h in step.candidates}
    nodes: list[TreeNode] = []
    level: list[tuple[Prefix, Any]] = [((), model.start)]
    while level:
        below = []
        for prefix, total in level:
            for token, step in model.next(prefix).items():
                words, score = (*prefix, token), model.extend(total, step)
                status = "kept" if words in kept else "pruned" if words in tried else "unseen"
                nodes.append(TreeNode(words, step, score, status, search.best.words[: len(words)] == words))
                below.append((words, score))
        if len(nodes) > MAX_NODES:
            raise LimitError(f"search tree: more than {MAX_NODES} nodes; draw a smaller depth")
        level = below
    return tuple(nodes)
