"""From a plain Python function to a graph: run it on handles and watch its local names.

The function runs as it is, under a line tracer of its own frame.  Whenever a
local name is bound to a new node, the node is remembered under that name; a name
bound several times, as in a loop, gives h_1, h_2 and so on, and the entries of a
list of nodes are numbered in the same way.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from symderiv.errors import GraphError
from symderiv.nodes.handles import GraphLike, Handle
from symderiv.nodes.names import is_name


def run_traced(graph: GraphLike, function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """Call ``function`` on the arguments, name the nodes after its local names, return what it returns."""
    watch = _Watch(graph)
    code = getattr(function, "__code__", None)

    def local(frame: FrameType, event: str, _: Any) -> Any:
        if event in ("line", "return"):
            watch.look(frame.f_locals)
        return local

    def tracer(frame: FrameType, _event: str, _argument: Any) -> Any:
        return local if frame.f_code is code else None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        result = function(*arguments)
    finally:
        sys.settrace(before)
    watch.name()
    return result


def named_outputs(graph: GraphLike, positions: Sequence[int]) -> tuple[int, ...]:
    """The positions of what was returned; nodes without a name get y, or y_1, y_2 …"""
    for number, position in enumerate(positions, 1):
        name = "y" if len(positions) == 1 else f"y_{number}"
        if position not in graph.names and name not in graph.named:
            graph.names[position] = name
            graph.named[name] = position
    return tuple(positions)


def parameters_of(function: Callable[..., Any]) -> list[str]:
    """The names of a function's arguments; GraphError for one that has none to trace, or starred ones."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as wrong:
        raise GraphError(f"{function!r} has no signature to take inputs from; give inputs=…") from wrong
    starred = [p.name for p in parameters if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if starred:
        raise GraphError(f"the argument *{starred[0]} stands for any number of inputs; say which with inputs=…")
    return [p.name for p in parameters if p.default is p.empty]


def typeset(function: Callable[..., Any]) -> str | None:
    """The function as LaTeX by latexify-py, with a loop line by line; None where latexify cannot say it."""
    try:
        import latexify
        from latexify.exceptions import LatexifyError
    except ImportError:
        return None
    text = None
    for style in (latexify.Style.FUNCTION, latexify.Style.IPYTHON_ALGORITHMIC):
        try:
            text = str(latexify.get_latex(function, style=style, use_math_symbols=True))
            break
        except (LatexifyError, OSError, TypeError, SyntaxError, IndexError):
            continue
    if text is None:
        return None
    # latexify sets u_1 upright with a literal underscore
    return re.sub(r"\\mathrm\{([A-Za-z])\\_([A-Za-z0-9]+)\}", r"\1_{\2}", text)


class _Watch:
    """Which node each local name was bound to, in order."""

    def __init__(self, graph: GraphLike) -> None:
        self.graph = graph
        self.bound: dict[str, list[int]] = {}
        self.latest: dict[str, int] = {}
        self.known = len(graph.columns)
        self.declared = getattr(graph, "scope", None) or ()  # names of symbols are no names of nodes

    def look(self, local_names: dict[str, Any]) -> None:
        for name, value in local_names.items():
            if isinstance(value, Handle):
                self._bind(name, value)
            elif isinstance(value, (list, tuple)):
                # lists grow while a loop runs; what was seen of one is not looked at again
                for entry in value[len(self.bound.get(name, ())) :]:
                    if isinstance(entry, Handle):
                        self._bind(name, entry)

    def _bind(self, name: str, handle: Handle) -> None:
        if handle.graph is not self.graph or self.latest.get(name) == handle.index:
            return
        self.latest[name] = handle.index
        if handle.index >= self.known and handle.index not in self.bound.setdefault(name, []):
            self.bound[name].append(handle.index)

    def name(self) -> None:
        """Give the names: the plain one where it was bound once, numbered ones where it was bound again."""
        for name, positions in self.bound.items():
            free = [p for p in positions if p not in self.graph.names]
            for number, position in enumerate(free, 1):
                wanted = name if len(free) == 1 else f"{name}_{number}"
                self._give(wanted, position)

    def _give(self, wanted: str, position: int) -> None:
        while wanted in self.graph.named or wanted in self.declared:
            wanted += "'"
        if is_name(wanted):
            self.graph.names[position] = wanted
            self.graph.named[wanted] = position
