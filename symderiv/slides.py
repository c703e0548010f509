"""Slides: a deck of frames, each with a picture and lines of mathematics.

``backward_deck`` lights the nodes of a graph one after another as the backward
pass reaches them; ``derivation_deck`` shows a derivation step by step.  The
frames of one graph share one layout, so nothing moves from slide to slide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from symderiv.drawing import Diagram, Drawing
from symderiv.errors import DrawingError, LimitError
from symderiv.figures.graph_drawing import adjoint_name, diagram_of, draw, partial_name
from symderiv.figures.layout import Placement
from symderiv.figures.picture import framed, picture, placed
from symderiv.figures.skeleton import ELLIPSIS
from symderiv.ink.marks import INK, Words
from symderiv.ink.typesetting import block
from symderiv.notation.labels import EMPTY, Label, equation, math, plain, tex, text

MOST = 60
_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Slide:
    """One slide: its title, an optional picture, lines of mathematics or text, spoken notes."""

    title: str
    drawing: Drawing | None = None
    lines: tuple[Label, ...] = ()
    notes: str = ""


@dataclass(frozen=True)
class Deck:
    """A title and its slides."""

    title: str
    slides: tuple[Slide, ...]


def backward_deck(backward: Any, wrt: Sequence[Any] = ()) -> Deck:
    """The backward pass node by node, then the total derivative by each shared input (or by those of ``wrt``).

    Raises DrawingError for a graph of more than 60 nodes.
    """
    graph = backward.graph
    whole = diagram_of(backward, "backward")
    names = [node.id for node in whole.nodes if node.id != ELLIPSIS]
    if len(names) > MOST:
        raise DrawingError(
            f"the graph {graph.title!r} has {len(names)} nodes; a slide for each is too many (limit {MOST}), "
            "make slides of a smaller example"
        )
    placement = placed(whole)
    slides = [Slide(f"{graph.title}: forward pass", draw(graph))]
    done: list[str] = []
    for name in reversed(names):
        edges = backward.edges(name)
        if not edges and name != backward.output.name:
            continue
        drawing = _lit(whole, placement, name, tuple(done))
        slides.append(Slide(f"Backward pass: {_spelled(name)}", drawing, _steps(backward, name)))
        done.append(name)
    lit = [graph[name].name for name in wrt] or [node.id for node in whole.nodes if node.role == "weight"]
    for name in lit:
        drawing = draw(backward, "contributions", highlight=[name])
        slides.append(Slide(f"Total derivative by {_spelled(name)}", drawing, _total(backward, name)))
    told = tuple(replace(slide, notes=slide.drawing.alt) if slide.drawing else slide for slide in slides)
    return Deck(graph.title or "Backward pass", told)


def derivation_deck(derivation: Any) -> Deck:
    """A derivation: one slide per step, with the lines before it, the reason and the verdict."""
    slides = []
    lines: tuple[Label, ...] = ()
    for number, step in enumerate(derivation.steps, 1):
        if not lines:
            lines = (math(step.before),)
        lines = (*lines[-3:], tex(f"{_relation(step.relation)} {_latex(step.after)}"))
        verdict = getattr(step.certificate, "verdict", "")
        why = step.why.replace("$", "")  # mathematics within a reason is read as it was typed
        reason = text(f"{why}{f' ({verdict})' if verdict else ''}", limit=90)
        head = f"{derivation.title}: step {number}" if derivation.title else f"Step {number}"
        slides.append(Slide(head, None, (*lines, reason), plain(reason)))
    return Deck(derivation.title or "Derivation", tuple(slides))


def _spelled(name: str) -> str:
    """A node's name in a title, which holds no mathematics: u_1 as u₁."""
    stem, _, below = name.partition("_")
    return stem + below.translate(_BELOW) if below.isdecimal() and below.isascii() else name


def as_deck(obj: Any) -> Deck:
    """The deck of a deck, a backward pass, a derivation or a drawing; raises DrawingError for anything else."""
    if isinstance(obj, Deck):
        return obj
    if hasattr(obj, "adjoint"):
        return backward_deck(obj)
    if hasattr(obj, "steps"):
        return derivation_deck(obj)
    if isinstance(obj, Drawing):
        return Deck(obj.title or "Figure", (Slide(obj.title, obj, notes=obj.alt),))
    kind = type(obj).__name__
    raise DrawingError(f"a {kind} makes no slides; give a backward pass, a derivation, a drawing or a Deck")


def frames(obj: Any) -> tuple[Drawing, ...]:
    """Every slide as one picture, to be written as SVG, PNG or PDF."""
    return tuple(_frame(slide) for slide in as_deck(obj).slides)


def _frame(slide: Slide) -> Drawing:
    marks = list(slide.drawing.marks) if slide.drawing else []
    width = slide.drawing.width if slide.drawing else 0.0
    top = slide.drawing.height + 16.0 if slide.drawing else 0.0
    for line in slide.lines:
        body = block(line, 11.0)
        if slide.drawing:
            marks.append(Words(width / 2, top + body.height / 2, line, 11.0, "middle", INK))
        else:
            marks.append(Words(0.0, top + body.height / 2, line, 11.0, "start", INK))
        top += body.height + 9.0
    spoken = " ".join([slide.notes, *(plain(line).replace("\n", " ") for line in slide.lines)]).strip()
    return framed(marks, slide.title, spoken)


def _lit(whole: Diagram, placement: Placement, name: str, done: tuple[str, ...]) -> Drawing:
    """The graph with one node lit; nodes the pass has not reached show their name only."""
    nodes = []
    for node in whole.nodes:
        if node.id == name:
            nodes.append(replace(node, role="lit"))
        elif node.id in done or node.id == ELLIPSIS:
            nodes.append(node)
        else:
            nodes.append(replace(node, role="quiet", label=Label(node.label.lines[:1])))
    edges = []
    for edge in whole.edges:
        if edge.source == name:
            edges.append(replace(edge, role="lit"))
        elif edge.source in done:
            edges.append(replace(edge, role="value"))
        else:
            edges.append(replace(edge, role="quiet", label=EMPTY))
    alt = f"The graph {whole.title} with the adjoint of {name} lit."
    shown = Diagram(tuple(nodes), tuple(edges), whole.title, alt, whole.direction, whole.ranks, whole.engine)
    return picture(shown, placement, whole)


def _steps(backward: Any, name: str) -> tuple[Label, ...]:
    """The adjoint as the chain rule gives it, use by use, then with the partials put in, then alone."""
    handle = backward.graph[name]
    bar = adjoint_name(handle.symbol)
    edges = backward.edges(name)
    if name == backward.output.name:
        return (tex(f"{bar} = 1"),)
    chain = [rf"{adjoint_name(e.target.symbol)}\,{partial_name(e.target.symbol, handle.symbol)}" for e in edges]
    put_in = [rf"{adjoint_name(e.target.symbol)} \cdot {_bracketed(e.partial)}" for e in edges]
    lines = [tex(f"{bar} = {' + '.join(chain)} = {' + '.join(put_in)}")]
    try:
        lines.append(equation(bar, backward.adjoint(name)))
    except LimitError as too_large:
        lines.append(text(str(too_large), limit=90))
    return tuple(lines)


def _total(backward: Any, name: str) -> tuple[Label, ...]:
    source, output = _latex(backward.graph[name].symbol), _latex(backward.output.symbol)
    left = rf"\frac{{d {output}}}{{d {source}}}"
    parts = [_latex(edge.contribution) for edge in backward.edges(name)]
    lines = [tex(f"{left} = {' + '.join(parts)}")]
    try:
        lines.append(equation(left, backward.total(name)))
    except LimitError as too_large:
        lines.append(text(str(too_large), limit=90))
    return tuple(lines)


def _latex(value: Any) -> str:
    from symderiv.notation import printing

    return printing.latex(value)


def _bracketed(value: Any) -> str:
    written = _latex(value)
    return rf"\left({written}\right)" if getattr(value, "is_Add", False) or written.startswith("-") else written


_RELATIONS = {"=": "=", "<=": r"\leq", ">=": r"\geq", "<": "<", ">": ">", "≤": r"\leq", "≥": r"\geq", "≈": r"\approx",
              "∝": r"\propto"}


def _relation(relation: str) -> str:
    return _RELATIONS.get(relation, relation)


