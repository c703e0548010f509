"""What stands on the nodes and edges of a picture of a graph with shapes.

A node shows its shape; an edge shows what it hands back, with the target's adjoint
as a symbol, since the local Jacobian of a matrix by a matrix has four axes.
"""

from __future__ import annotations

from typing import Any

from symderiv.errors import LimitError
from symderiv.expressions import Expr
from symderiv.figures.layout import NODE_SIZE
from symderiv.ink.typesetting import block
from symderiv.notation.labels import EMPTY, Label, equation, math, speak, stack, tex
from symderiv.notation.naming import latex_name
from symderiv.notation.printing import latex
from symderiv.shapes import Shape

LONG, WIDEST = 130.0, 190.0  # points; beyond the first an adjoint is written by those downstream
MOST_LINES = 5


def has_shapes(graph: Any) -> bool:
    """Whether the nodes of a graph have shapes."""
    return getattr(graph, "scope", None) is not None


def space(shape: Shape, name: str = "") -> Label:
    r"""Where a value lives, ``H ∈ ℝⁿˣᵈ``; for a scalar its name alone."""
    if not shape:
        return tex(name) if name else EMPTY
    sizes = r" \times ".join(str(d) if isinstance(d, int) else latex_name(d) for d in shape)
    spoken = f"{speak(name)} in R^({' x '.join(map(str, shape))})".strip()
    return tex(rf"{name or '{}'} \in \mathbb{{R}}^{{{sizes}}}", spoken)


def node_label(graph: Any, backward: Any, style: str, handle: Any, is_input: bool) -> Label:
    """The definition and below it the space, or name and space and below them the adjoint."""
    name = latex(handle.symbol)
    if style == "forward" and not is_input:
        definition = equation(handle.symbol, graph.definition(handle))
        if block(definition, NODE_SIZE).width <= WIDEST:
            return stack(definition, space(handle.shape))
    label = space(handle.shape, name)
    return stack(label, _adjoint(backward, handle)) if style == "backward" else label


def pullback_label(edge: Any) -> Label:
    """What the edge hands back, with the adjoint of its target as a symbol (at the output it is 1)."""
    return _narrow(math(_handed_back(edge)), EMPTY)


def contribution_label(edge: Any) -> Label:
    """What the edge hands back, and below it the same in node names."""
    shown = _handed_back(edge)
    if shown is edge.contribution:
        return _narrow(math(shown), EMPTY)
    value = tex(f"= {math(edge.contribution).lines[0][0].body}")
    return stack(math(shown), _narrow(value, EMPTY))


def _handed_back(edge: Any) -> Expr:
    found: Expr = edge.contribution if edge.target == edge.passed.output else edge.partial
    return found


def _adjoint(backward: Any, handle: Any) -> Label:
    bar = backward.derivative(handle)
    try:
        direct = equation(bar, backward.adjoint(handle))
    except LimitError:
        direct = EMPTY
    if direct and block(direct, NODE_SIZE).width <= LONG:
        return direct
    return _narrow(equation(bar, backward.recursive(handle)), _sum(bar, backward.recursive(handle)))


def _sum(bar: Expr, whole: Expr) -> Label:
    """A long sum with a term on each line; the adjoint's name alone where that does not help."""
    if whole.op != "add" or len(whole.args) > MOST_LINES:
        return math(bar)
    signs = ["-" if t.op == "neg" else "+" for t in whole.args]
    bare = [latex(t.args[0] if t.op == "neg" else t) for t in whole.args]
    start = f"{latex(bar)} = {'-' if signs[0] == '-' else ''}{bare[0]}"
    lines = [tex(start), *(tex(f"{sign} {term}") for sign, term in zip(signs[1:], bare[1:], strict=True))]
    return _narrow(stack(*lines), math(bar))


def _narrow(label: Label, otherwise: Label) -> Label:
    return label if block(label, NODE_SIZE).width <= WIDEST else otherwise
