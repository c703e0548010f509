"""DOT: nodes and edges with plain labels, for tools that lay out graphs themselves."""

from __future__ import annotations

from symderiv.drawing import ROLES, Diagram
from symderiv.errors import FormatError
from symderiv.figures.seeing import SEEABLE, as_drawing
from symderiv.formats import FORMATS, Format
from symderiv.notation.labels import plain

_SHAPES = {"round": "box", "box": "box", "circle": "ellipse", "none": "plain"}


def dot_text(obj: object) -> str:
    """The diagram of a graph or tree in DOT; raises FormatError for pictures without nodes (plots)."""
    drawing = as_drawing(obj)
    if drawing.diagram is None:
        name = drawing.title or "this drawing"
        raise FormatError(f"{name} has no nodes and edges, so it has no DOT; write svg or pdf")
    return _text(drawing.diagram)


def _text(diagram: Diagram) -> str:
    directed = any(edge.arrow for edge in diagram.edges)
    number = {node.id: f"n{i}" for i, node in enumerate(diagram.nodes)}
    out = [f"{'digraph' if directed else 'graph'} {_quoted(diagram.title)} {{",
           f"  rankdir={diagram.direction};", f"  label={_quoted(diagram.title)};",
           '  node [fontname="Times" fontsize=11];', '  edge [fontname="Times" fontsize=10 arrowsize=0.7];']
    for node in diagram.nodes:
        pen = ROLES[node.role].node
        style = ",".join(["filled"] + ["rounded"] * (node.shape == "round") + ["dashed"] * bool(pen.dash))
        colours = f'style="{style}" color="{pen.stroke or "none"}" fillcolor="{pen.fill or "none"}"'
        label = _quoted(plain(node.label))
        out.append(f"  {number[node.id]} [label={label} shape={_SHAPES[node.shape]} {colours} penwidth={pen.width:g}];")
    for edge in diagram.edges:
        look = ROLES[edge.role]
        label = f"label={_quoted(plain(edge.label))} " if edge.label else ""
        plainly = "" if edge.arrow or not directed else "dir=none "
        joined = f"{number[edge.source]} {'->' if directed else '--'} {number[edge.target]}"
        out.append(f'  {joined} [{label}{plainly}color="{look.edge.stroke}" fontcolor="{look.edge_words}" '
                   f"penwidth={look.edge.width:g}];")
    out.extend(f"  {{ rank=same; {'; '.join(number[name] for name in rank)} }}" for rank in diagram.ranks)
    return "\n".join([*out, "}", ""])


def _quoted(words: str) -> str:
    r"""A DOT string: quotes and backslashes escaped, so ``\N`` or ``\l`` stay what was written."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


FORMATS.add("dot", Format("dot", SEEABLE, dot_text, "nodes and edges for Graphviz"))
