"""A computational graph as a picture: forward values, the backward pass, or a shared weight's contributions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from symderiv.drawing import Diagram, Drawing, Edge, Node
from symderiv.errors import DrawingError, LimitError, UnknownNameError
from symderiv.figures.layout import NODE_SIZE
from symderiv.figures.matrix_labels import contribution_label, has_shapes, node_label, pullback_label
from symderiv.figures.picture import picture
from symderiv.figures.skeleton import ELLIPSIS, Skeleton, skeleton
from symderiv.ink.typesetting import block
from symderiv.nodes.merged import in_named, merged_definition, merged_edges
from symderiv.notation.labels import EMPTY, Label, equation, math, signed, stack, tex, text
from symderiv.notation.writing_order import in_order

STYLES = ("forward", "backward", "contributions")
LONG, WIDEST = 110.0, 190.0  # points; a long adjoint is shortened, a formula beyond the widest is left out


def draw(graph: Any, style: str = "", highlight: Sequence[Any] = (), *, output: Any = None, fold: bool = False,
         unnamed: bool = True, title: str = "") -> Drawing:
    """Draw a computational graph, or a backward pass over one.

    ``forward`` writes each node's definition; ``backward`` its adjoint, and the
    local partial on every edge; ``contributions`` what each use of a highlighted
    input adds to its total derivative.  ``highlight`` names the inputs to
    highlight (if empty those used more than once, for contributions the first
    of them); ``output`` the node that is differentiated (the only one nobody uses,
    if None).  ``unnamed=False`` merges operations without a name into the named
    values that use them.

    Raises DrawingError for an unknown style, for a graph with several outputs and
    none chosen, and for more than 150 nodes (``fold=True`` leaves out middle time steps).
    """
    diagram = diagram_of(graph, style, highlight, output=output, fold=fold, unnamed=unnamed, title=title)
    return picture(diagram)


def diagram_of(graph: Any, style: str = "", highlight: Sequence[Any] = (), *, output: Any = None, fold: bool = False,
               unnamed: bool = True, title: str = "") -> Diagram:
    """The diagram behind ``draw``, before layout."""
    backward = graph if hasattr(graph, "adjoint") else None
    graph = graph if backward is None else backward.graph
    if has_shapes(graph) and not unnamed:  # merged by making the graph of the named nodes
        kept = None if backward is None else backward.output.name
        graph, unnamed = graph.merged(), True
        backward = None if kept is None else graph.backward(kept)
    style = style or ("forward" if backward is None else "backward")
    if style not in STYLES:
        raise UnknownNameError("style of a drawing", style, STYLES)
    seen = skeleton(graph, fold, unnamed)
    if style != "forward" and backward is None:
        backward = graph.backward(_output(graph, seen) if output is None else output)
    lit = tuple(graph[name].name for name in highlight) or seen.shared[: 1 if style == "contributions" else None]
    nodes = tuple(_node(graph, backward, style, seen, lit, name) for name in seen.names)
    edges = _edges(backward, style, seen, lit)
    title = title or graph.title
    return Diagram(nodes, edges, title, alt_text(seen, lit, title))


def alt_text(seen: Skeleton, lit: Sequence[str], title: str) -> str:
    """The graph in words: how many nodes, its inputs and outputs, where highlighted inputs are used."""
    count = len(seen.names) + seen.folded - bool(seen.folded)
    words = [f"A computational graph{f' ({title})' if title else ''} with {count} node{'s' * (count != 1)}"]
    inputs = [name for name in seen.names if name in seen.inputs]
    words.append(f"inputs {_listed(inputs)}" if inputs else "no inputs")
    words.append(f"output{'s' * (len(seen.outputs) != 1)} {_listed(list(seen.outputs))}")
    told = ["; ".join(words) + "."]
    for name in lit:
        uses = [target for source, target in seen.uses if source == name]
        told.append(f"{name} is used by {_listed(uses)}.")
    if seen.folded:
        told.append(f"{seen.folded} nodes of the middle time steps are left out.")
    return " ".join(told)


def _output(graph: Any, seen: Skeleton) -> str:
    if len(seen.outputs) != 1:
        found = _listed(list(seen.outputs)) or "none"
        raise DrawingError(
            f"the graph {graph.title!r} has not one output but {len(seen.outputs)} ({found}); "
            "say which one is differentiated with output=…"
        )
    return seen.outputs[0]


def _node(graph: Any, backward: Any, style: str, seen: Skeleton, lit: Sequence[str], name: str) -> Node:
    if name == ELLIPSIS:
        return Node(ELLIPSIS, tex(r"\cdots"), "none", "ellipsis")
    handle = graph[name]
    symbol = handle.symbol
    is_input = name in seen.inputs
    role = "weight" if name in lit else "input" if is_input else "output" if name in seen.outputs else "value"
    if style == "contributions" and name not in lit and role != "output":
        role = "input" if is_input else "plain"
    label = math(symbol)
    if has_shapes(graph):
        label = node_label(graph, backward, style, handle, is_input)
    elif style == "forward" and not is_input:
        definition = graph.definition(handle) if seen.unnamed else merged_definition(graph, handle)
        label = _shorter(equation(symbol, _written(graph, definition)), label)
    elif style == "backward":
        label = stack(label, _adjoint_label(backward, seen, handle))
    note = graph.labels.get(handle.index, "")
    if note:
        label = stack(label, text(note))
    small = len(label.lines) == 1 and not getattr(handle, "shape", ())
    return Node(name, label, "circle" if is_input and small else "round", role)


def _edges(backward: Any, style: str, seen: Skeleton, lit: Sequence[str]) -> tuple[Edge, ...]:
    values: dict[tuple[str, str], list[Any]] = defaultdict(list)
    if backward is not None:
        sources = lit if style == "contributions" else [name for name in seen.names if name != ELLIPSIS]
        for name in sources:
            for edge in _uses(backward, seen, name):
                values[name, edge.target.name].append(edge)
    edges = []
    graph = None if backward is None else backward.graph
    for source, target in seen.uses:
        role = "weight" if source in lit else "value" if style == "backward" else "plain"
        label = EMPTY
        if graph is not None and values[source, target]:
            label = _LABELS[style](values[source, target].pop(0), backward)
            if style == "contributions" and len(lit) > 1:
                label = stack(tex(rf"{_latex(graph[source].symbol)}:"), label)
        edges.append(Edge(source, target, label, role))
    return tuple(edges)


def _uses(backward: Any, seen: Skeleton, name: str) -> Sequence[Any]:
    """The edges from a node to those of its users that are drawn."""
    if seen.unnamed:
        return backward.edges(name)
    return merged_edges(backward, name, tuple(target for source, target in seen.uses if source == name))


def _partial_label(edge: Any, backward: Any) -> Label:
    if has_shapes(backward.graph):
        return pullback_label(edge)
    partial = _written(backward.graph, edge.partial)
    return _shorter(equation(partial_name(edge.target.symbol, edge.source.symbol), partial), math(partial))


def _contribution_label(edge: Any, backward: Any) -> Label:
    """``partial · dy/dtarget`` and below it what that is; at the output itself only the partial."""
    if has_shapes(backward.graph):
        return contribution_label(edge)
    if edge.adjoint == 1:
        return math(_written(backward.graph, edge.contribution))
    factor = total_name(backward.output.symbol, edge.target.symbol)
    partial, contribution = (_written(backward.graph, value) for value in (edge.partial, edge.contribution))
    named = tex(factor) if partial == 1 else tex(rf"{_factor(partial)} \cdot {factor}")
    value = tex(f"= {signed(_latex(contribution))}")
    return stack(named, value) if block(value, NODE_SIZE).width <= WIDEST else named


_LABELS = {"backward": _partial_label, "contributions": _contribution_label}


def _written(graph: Any, value: Any) -> Any:
    """A SymPy expression with its factors in the order of the graph: the weight declared first stands first."""
    symbols = getattr(value, "free_symbols", ())
    return in_order(value, sorted(symbols, key=lambda symbol: int(graph[symbol.name].index)))


def _latex(value: Any) -> str:
    from symderiv.notation import printing

    return printing.latex(value)


def _factor(value: Any) -> str:
    written = _latex(value)
    return rf"\left({written}\right)" if getattr(value, "is_Add", False) else written


def _adjoint_label(backward: Any, seen: Skeleton, handle: Any) -> Label:
    """``v̄ = …`` in node names; by the adjoints downstream, as a person goes on, where that is long."""
    bar = adjoint_name(handle.symbol)
    try:
        adjoint = backward.adjoint(handle)
        named = adjoint if seen.unnamed else in_named(backward.graph, adjoint)
        direct = equation(bar, _written(backward.graph, named))
    except LimitError:
        direct = EMPTY
    if direct and block(direct, NODE_SIZE).width <= LONG:
        return direct
    terms = []
    for edge in _uses(backward, seen, handle.name):
        above = adjoint_name(edge.target.symbol)
        terms.append(above if edge.partial == 1 else rf"{above}\,{_factor(_written(backward.graph, edge.partial))}")
    return _shorter(tex(f"{bar} = {' + '.join(terms)}"), tex(bar))


def total_name(top: Any, bottom: Any) -> str:
    """dy/dv: through every path, so with d."""
    return rf"\frac{{d {_latex(top)}}}{{d {_latex(bottom)}}}"


def partial_name(top: Any, bottom: Any) -> str:
    """∂top/∂bottom in LaTeX."""
    return rf"\frac{{\partial {_latex(top)}}}{{\partial {_latex(bottom)}}}"


def adjoint_name(symbol: Any) -> str:
    """The adjoint's name: the bar stands over the stem, not over its subscript."""
    written = _latex(symbol)
    stem, mark, rest = written.partition("_")
    return rf"\bar{{{stem}}}{mark}{rest}" if stem.count("{") == stem.count("}") else rf"\bar{{{written}}}"


def _shorter(label: Label, otherwise: Label) -> Label:
    return label if block(label, NODE_SIZE).width <= WIDEST else otherwise


def _listed(names: list[str]) -> str:
    if len(names) > 12:
        names = [*names[:10], f"{len(names) - 11} more", names[-1]]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else ""
