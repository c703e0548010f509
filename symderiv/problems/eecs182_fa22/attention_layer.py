"""One transformer layer, drawn: which of its weights a gradient reaches when argmax picks the value.

Argmax is constant around almost every point, so nothing flows back through it; a weight is
trained if its edge leads to the output on a way around it.
"""

from __future__ import annotations

from symderiv.drawing import Diagram, Drawing, Edge, Node
from symderiv.figures.picture import picture
from symderiv.notation.labels import EMPTY, Label, tex

OUTPUT = "z"
NODES = {
    "x": r"\mathbf{x}", "q": r"\mathbf{q}", "K": "K", "V": "V", "s": r"K\mathbf{q}", "e": r"\mathbf{e}",
    "o": r"V^{\top}\mathbf{e}", "y": r"\mathbf{y}", OUTPUT: r"\mathbf{z}",
}  # fmt: skip
# source, target, what the edge does; the names with W are weights
EDGES = (
    ("x", "q", ("W_Q",)), ("x", "K", ("W_K",)), ("x", "V", ("W_V",)), ("q", "s", ()), ("K", "s", ()),
    ("s", "e", ("argmax",)), ("e", "o", ()), ("V", "o", ()), ("o", "y", ("W_O",)), ("y", OUTPUT, ("W_1", "W_2")),
)  # fmt: skip


def carries(pooling: str = "argmax") -> dict[tuple[str, str], bool]:
    """For every edge whether a gradient flows back along it; ``pooling`` is the edge nothing passes."""
    reached = {OUTPUT}
    for source, target, does in reversed(EDGES):  # targets come after their sources
        if target in reached and pooling not in does:
            reached.add(source)
    return {(source, target): target in reached and pooling not in does for source, target, does in EDGES}


def untrained() -> tuple[str, ...]:
    """The weights that no gradient reaches."""
    flows = carries()
    return tuple(name for a, b, does in EDGES for name in does if name.startswith("W_") and not flows[a, b])


def figure() -> Drawing:
    """The layer from its state x to its output z; dashed what no gradient passes."""
    flows = carries()
    busy = {name for edge, flowing in flows.items() if flowing for name in edge}
    look = {True: "kept", False: "pruned"}
    nodes = tuple(Node(name, tex(label), "round", look[name in busy]) for name, label in NODES.items())
    edges = tuple(Edge(a, b, _words(does), look[flows[a, b]]) for a, b, does in EDGES)
    alt = (
        "A transformer layer from its state x over query, keys, values, scores and the selection e to the output z; "
        f"no gradient reaches {' and '.join(untrained())}."
    )
    return picture(Diagram(nodes, edges, "Where gradients flow under argmax", alt))


def _words(does: tuple[str, ...]) -> Label:
    words = (r"\mathrm{argmax}" if name == "argmax" else name for name in does)
    return tex(r",\,".join(words)) if does else EMPTY
