"""Where nodes, edges and their labels stand: Graphviz told the real size of every label.

The user's own ``dot`` is used where there is one, else the Graphviz inside
pygraphviz's wheel, each in a process of its own.  What Graphviz reads holds
generated names and numbers only, never a user's text.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, hypot
from pathlib import Path as FilePath

from symderiv.drawing import Diagram, Edge, Node
from symderiv.errors import DrawingError, ToolError
from symderiv.ink.marks import Point
from symderiv.ink.typesetting import block

NODE_SIZE = 10.0
EDGE_SIZE = 9.0
SECONDS = 60.0
_PADDING: Mapping[str, tuple[float, float]] = {
    "round": (7.0, 5.0), "box": (6.0, 4.0), "circle": (3.5, 3.5), "none": (2.0, 1.5)
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """An edge's way: a start and cubic pieces (1 + 3k points), a tip, and its label's centre."""

    points: tuple[Point, ...]
    tip: Point | None = None
    label_at: Point | None = None


@dataclass(frozen=True)
class Placement:
    """Node centres and edge routes, in points, y downwards."""

    width: float
    height: float
    centres: Mapping[str, Point]
    routes: tuple[Route, ...]


def node_size(node: Node) -> tuple[float, float]:
    """Width and height of a node around its label."""
    body = block(node.label, NODE_SIZE)
    across, down = _PADDING[node.shape]
    if node.shape == "circle":
        side = max(hypot(body.width, body.height) + 2 * across, 22.0)
        return side, side
    least = (0.0, 0.0) if node.shape == "none" else (22.0, 20.0)
    return max(body.width + 2 * across, least[0]), max(body.height + 2 * down, least[1])


def label_size(edge: Edge) -> tuple[float, float]:
    """Width and height of an edge's label, zero for none."""
    body = block(edge.label, EDGE_SIZE)
    return (body.width, body.height)


@lru_cache(maxsize=256)
def graphviz_placement(diagram: Diagram) -> Placement:
    """Lay the diagram out with Graphviz; raises ToolError without one, DrawingError when it fails."""
    answer = json.loads(_run_graphviz(_source(diagram), diagram.engine))
    return _placement(diagram, answer)


def _source(diagram: Diagram) -> str:
    number = {node.id: f"n{i}" for i, node in enumerate(diagram.nodes)}
    kind = "digraph" if any(edge.arrow for edge in diagram.edges) else "graph"
    out = [f"{kind} {{ rankdir={diagram.direction}; nodesep=0.28; ranksep=0.38; start=1; overlap=false;",
           "splines=true;" if diagram.engine == "dot" else "splines=line;",
           'node [shape=box fixedsize=true label=""]; edge [arrowsize=0.5];']
    for node in diagram.nodes:
        width, height = node_size(node)
        shape = "ellipse" if node.shape == "circle" else "box"
        out.append(f"{number[node.id]} [shape={shape} width={width / 72:.4f} height={height / 72:.4f}];")
    straight, uses = _longest_path(diagram), Counter(edge.source for edge in diagram.edges)
    inner = {edge.target for edge in diagram.edges}
    for i, edge in enumerate(diagram.edges):
        joined = f"{number[edge.source]} {'->' if kind == 'digraph' else '--'} {number[edge.target]}"
        direction = "" if edge.arrow or kind == "graph" else " dir=none"
        # the longest path is drawn straight; a shared input does not pull its uses towards it
        shared = edge.source not in inner and uses[edge.source] > 1
        weight = 9 if (edge.source, edge.target) in straight else 0 if shared else 2
        out.append(f"{joined} [id=e{i} weight={weight} {_reserved(edge)}{direction}];")
    out.extend(f"{{ rank=same; {' '.join(number[name] for name in rank)} }}" for rank in diagram.ranks)
    return "\n".join([*out, "}"])


def _longest_path(diagram: Diagram) -> set[tuple[str, str]]:
    """The edges of one longest directed path; empty where the diagram has a cycle or no arrows."""
    after: dict[str, list[str]] = {node.id: [] for node in diagram.nodes}
    entering = dict.fromkeys(after, 0)
    for edge in diagram.edges:
        if edge.arrow:
            after[edge.source].append(edge.target)
            entering[edge.target] += 1
    best: dict[str, tuple[int, str]] = dict.fromkeys(after, (0, ""))
    ready = [name for name, count in entering.items() if count == 0]
    last = ""
    for name in ready:
        for target in after[name]:
            if best[name][0] + 1 > best[target][0]:
                best[target] = (best[name][0] + 1, name)
            entering[target] -= 1
            if entering[target] == 0:
                ready.append(target)
        if not last or best[name][0] > best[last][0]:
            last = name
    path = set()
    while len(ready) == len(after) and last and best[last][1]:
        path.add((best[last][1], last))
        last = best[last][1]
    return path


def _reserved(edge: Edge) -> str:
    if not edge.label:
        return ""
    width, height = label_size(edge)
    cell = f'FIXEDSIZE="TRUE" WIDTH="{ceil(width) + 6}" HEIGHT="{ceil(height) + 4}"'
    return f'label=<<TABLE BORDER="0" CELLPADDING="0" CELLSPACING="0" {cell}><TR><TD></TD></TR></TABLE>>'


def _run_graphviz(source: str, engine: str) -> bytes:
    own = shutil.which("dot")
    worker = [sys.executable, "-P", str(FilePath(__file__).with_name("layout_worker.py")), engine]
    commands = [[own, f"-K{engine}", "-Tjson"], worker] if own else [worker]
    complaint = ""
    for command in commands:
        try:
            done = subprocess.run(command, input=source.encode(), capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise DrawingError(
                f"Graphviz did not finish a layout within {SECONDS:.0f} s; draw a smaller or a folded graph"
            ) from None
        if done.returncode == 0 and done.stdout:
            return done.stdout
        complaint = done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1]
        if "No module named" in complaint:
            raise ToolError("a layout needs Graphviz: install its program dot, or pip install 'symderiv[paper]'")
    raise DrawingError(f"Graphviz could not lay out the graph: {complaint or 'it crashed'}")


def _placement(diagram: Diagram, answer: dict) -> Placement:
    _, _, width, height = (float(v) for v in answer["bb"].split(","))

    def point(text: str) -> Point:
        x, y = text.split(",")[-2:]
        return float(x), height - float(y)

    names = [node.id for node in diagram.nodes]
    centres = {}
    for thing in answer.get("objects", []):
        if thing.get("pos") and thing["name"].startswith("n"):
            centres[names[int(thing["name"][1:])]] = point(thing["pos"])
    routes = []
    for thing in sorted(answer.get("edges", []), key=lambda e: int(e["id"][1:])):
        parts = thing["pos"].split()
        tip = next((point(p) for p in parts if p.startswith("e")), None)
        points = tuple(point(p) for p in parts if p[0] not in "es")
        routes.append(Route(points, tip, point(thing["lp"]) if "lp" in thing else None))
    return Placement(width, height, centres, tuple(routes))
