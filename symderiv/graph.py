"""Computational graphs: built with ordinary Python, differentiated edge by edge.

A Graph owns flat columns (``columns``) and a few dictionaries for what only some
nodes have: a name, a label, a SymPy symbol of the user.  Everything a user sees
(handles, SymPy expressions, networkx graphs, backward passes, kernels) is made
from those when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symderiv.adjoints import Backward, Edge
from symderiv.errors import GraphError, UnknownNameError, shorten
from symderiv.formats import svg_view
from symderiv.kernels import Kernel, forward_values
from symderiv.matrix_graphs.graph import MatrixMethods
from symderiv.nodes import from_sympy as sympy_in
from symderiv.nodes import views
from symderiv.nodes.columns import Columns, no_collection
from symderiv.nodes.handles import Handle, make_handle, unary
from symderiv.nodes.lifting import lift
from symderiv.nodes.names import checked_name, wanted_inputs
from symderiv.nodes.operations import CODES, CONSTANT, INPUT
from symderiv.nodes.tracing import named_outputs, parameters_of, run_traced, typeset

Node = Handle

__all__ = ["Edge", "Graph", "Node", "trace"]


class Graph:
    """A computational graph under construction.

    >>> g = Graph("a product")
    >>> w, u = g.inputs("w u")
    >>> y = g.node("y", w * (w + u))
    >>> g.backward(y).total(w)
    u + 2*w

    With ``scope=declare(…)`` its nodes are scalars, vectors and matrices of symbolic size.  Raises GraphError for
    a name used twice, a handle of another graph, a NaN constant, or a value that is no number.
    """

    def __new__(cls, title: str = "", scope: Any = None) -> Graph:
        return object.__new__(cls if scope is None else MatrixGraph)

    def __init__(self, title: str = "", scope: Any = None) -> None:
        self.title = title
        self.columns = Columns()
        self.names: dict[int, str] = {}
        self.labels: dict[int, str] = {}
        self.symbols: dict[int, Any] = {}
        self.outputs: tuple[int, ...] = ()
        self.latex: str | None = None
        self.named: dict[str, int] = {}
        self.code = self.columns.code
        self.push_code = self.columns.code.append
        self.push_left = self.columns.left.append
        self.push_right = self.columns.right.append

    def inputs(self, names: str | Sequence[Any]) -> tuple[Any, ...]:
        """Add inputs from a text or a list of names or SymPy symbols; always a tuple of handles.

        ``u[3]`` adds u_1, u_2, u_3 and stands for the tuple of the three.
        """
        symbols = {} if isinstance(names, str) else {str(n): n for n in names if hasattr(n, "free_symbols")}
        wanted = wanted_inputs(names if isinstance(names, str) else [str(n) if str(n) in symbols else n for n in names])
        found: list[Any] = []
        for stem, length in wanted:
            if length is None:
                found.append(self.input(stem))
                if stem in symbols:
                    self.symbols[found[-1].index] = symbols[stem]
            else:
                found.append(self._inputs_in_a_row([f"{stem}_{k}" for k in range(1, length + 1)]))
        return tuple(found)

    def _inputs_in_a_row(self, names: list[str]) -> tuple[Handle, ...]:
        if not self.named.keys().isdisjoint(names):
            self._refuse_known(next(name for name in names if name in self.named))
        first = self.columns.extend_inputs(len(names))
        rows = range(first, first + len(names))
        self.names.update(zip(rows, names, strict=True))
        self.named.update(zip(names, rows, strict=True))
        with no_collection():
            return tuple(make_handle(self, row) for row in rows)

    def input(self, name: str, label: str = "") -> Handle:
        """Add one input."""
        self._refuse_known(checked_name(name))
        return self._name(make_handle(self, self.columns.append(INPUT, ())), name, label)

    def node(self, name: str, value: Any, label: str = "") -> Handle:
        """Name a value.  An input or an already named node gets an identity node; the label is free text.

        ``value`` is a handle, a number, or a SymPy expression in the names of nodes,
        which becomes one node however large it is.
        """
        self._refuse_known(checked_name(name))
        handle = self.lift(value)
        if handle.index in self.names or self.code[handle.index] in (INPUT, CONSTANT):
            handle = unary(CODES["identity"], handle)
        return self._name(handle, name, label)

    def apply(self, function: Any, *arguments: Any) -> Handle:
        """One node from a ``sympy.Lambda`` and as many arguments as it has variables.

        >>> import sympy as sp
        >>> a, b = sp.symbols("a b")
        >>> g = Graph()
        >>> x, y = g.inputs("x y")
        >>> g.expression(g.apply(sp.Lambda((a, b), sp.besselj(0, a) * b), x, y))
        y*besselj(0, x)
        """
        variables = tuple(getattr(function, "variables", ()))
        if not variables or len(variables) != len(arguments):
            raise GraphError(
                f"apply takes a sympy.Lambda and one argument for each of its variables; got {shorten(repr(function))} "
                f"with {len(variables)} variables and {len(arguments)} arguments"
            )
        positions = {v: self.lift(a).index for v, a in zip(variables, arguments, strict=True)}
        return make_handle(self, sympy_in.template_node(self.columns, function.expr, positions))

    @classmethod
    def from_sympy(cls, expression: Any, title: str = "", output: str = "y") -> Graph:
        """The graph of a SymPy expression, shared parts shared; its value is the node ``output``."""
        graph = cls(title)
        for symbol in sorted(expression.free_symbols, key=str):
            graph.symbols[graph.input(str(symbol)).index] = symbol
        top = sympy_in.insert(graph.columns, expression, lambda symbol: graph.named[str(symbol)])
        name = output
        while name in graph.named:
            name += "'"
        graph.node(name, make_handle(graph, top))
        return graph

    def lift(self, value: Any) -> Handle:
        """The handle of a handle, a number or a SymPy expression in node names; raises GraphError otherwise."""
        return lift(self, value)

    def _refuse_known(self, name: str) -> None:
        if name in self.named:
            raise GraphError(
                f"the name {name!r} is used twice: it already is "
                f"{'an input' if self.code[self.named[name]] == INPUT else 'a node'} of the graph {self.title!r}; "
                "choose another name"
            )

    def _name(self, handle: Handle, name: str, label: str) -> Handle:
        self.names[handle.index] = name
        self.named[name] = handle.index
        if label:
            self.labels[handle.index] = label
        return handle

    # --- looking up --------------------------------------------------------
    def __len__(self) -> int:
        return len(self.code)

    def __getitem__(self, name: Any) -> Handle:
        return self.handle(self.position(name))

    def handle(self, index: int) -> Handle:
        """The handle of a position."""
        return make_handle(self, index)

    def name_of(self, index: int) -> str:
        """The name of a node; an unnamed intermediate is called after its position."""
        name = self.names.get(index, f"v_{index}")
        return name if index in self.names or name not in self.named else f"{name}'"

    def position(self, node: Any) -> int:
        """The position of a handle, a name or a symbol; raises UnknownNameError with near names."""
        if isinstance(node, Handle):
            return self.lift(node).index
        name = str(node)
        if name in self.named:
            return self.named[name]
        stem = name.rstrip("'")
        if stem.startswith("v_") and stem[2:].isdecimal() and int(stem[2:]) < len(self.code):
            index = int(stem[2:])
            if self.name_of(index) == name:
                return index
        raise UnknownNameError("node", name, self.named, f"the graph {self.title!r}")

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs in the order in which they were added."""
        return [self.names[i] for i, code in enumerate(self.code) if code == INPUT]

    @property
    def nodes(self) -> list[Handle]:
        """Every node, in the order in which it was made."""
        return [self.handle(index) for index in range(len(self.code))]

    @property
    def edges(self) -> list[tuple[Handle, Handle, int]]:
        """Every use as (source, target, slot), in the order of the targets."""
        return [(self.handle(s), self.handle(t), k) for s, t, k in self.columns.edges()]

    @property
    def output(self) -> Handle:
        """The output: what a traced function returned, else the only node that nothing uses."""
        found = list(self.outputs)
        if not found:
            used = {source for source, _, _ in self.columns.edges()}
            found = [i for i, code in enumerate(self.code) if i not in used and code not in (INPUT, CONSTANT)]
        if len(found) != 1:
            names = ", ".join(map(self.name_of, found[:6])) or "none"
            raise GraphError(f"the graph {self.title!r} has {len(found)} outputs ({names}); say which one is meant")
        return self.handle(found[0])

    def __repr__(self) -> str:
        return f"<Graph {self.title!r}: {len(self.code)} nodes, {sum(code == INPUT for code in self.code)} inputs>"

    _repr_svg_ = svg_view

    def definition(self, node: Any) -> Any:
        """A node in its direct arguments' names."""
        return views.definition(self, self.position(node))

    def expression(self, node: Any, limit: int = views.EXPRESSION_LIMIT) -> Any:
        """A node in the inputs; raises LimitError where that has more than ``limit`` operations."""
        return views.expression(self, self.position(node), limit)

    def networkx(self) -> Any:
        """A ``networkx.MultiDiGraph`` with an edge for every use."""
        return views.networkx(self)

    def paths(self, source: Any, target: Any, limit: int = views.PATH_LIMIT) -> list[tuple[list[str], Any]]:
        """Every path as the names of its nodes with its product of local partials; LimitError beyond ``limit``."""
        start = self.position(source)
        found = views.paths(self, start, self.position(target), limit)
        return [([self.name_of(start), *(self.name_of(n) for n, _ in path)], product) for path, product in found]

    # --- passes ------------------------------------------------------------
    def backward(self, output: Any = None) -> Backward:
        """The backward pass from one scalar output (the graph's only one, if None)."""
        return Backward(self, self.position(self.output if output is None else output))

    def gradient(self, output: Any, wrt: Sequence[Any]) -> tuple[Handle, ...]:
        """Nodes of this graph that hold the derivatives of ``output``, so that they can be differentiated again."""
        return self.backward(output).as_nodes(wrt)

    def kernel(self, output: Any, wrt: Any = (), **options: Any) -> Kernel:
        """A compiled function of arrays for the value and the derivatives; see ``kernels.Kernel``."""
        several = isinstance(wrt, (list, tuple))
        nodes = [self.position(n) for n in (wrt if several else [wrt])]
        return Kernel(self, self.position(output), nodes, **options)

    def forward(self, values: Mapping[str, Any] | None = None, **named: Any) -> dict[str, Any]:
        """The value of every node at given inputs (numbers or arrays), by name."""
        return forward_values(self, {**(values or {}), **named})


class MatrixGraph(MatrixMethods, Graph):
    """A graph with a scope: inputs are its symbols, shapes are inferred, derivatives are in matrix notation."""

    def __init__(self, title: str = "", scope: Any = None) -> None:
        super().__init__(title)
        self.begin(scope)


def trace(
    function: Callable[..., Any], inputs: str | Sequence[Any] | None = None, title: str = "", scope: Any = None
) -> Graph:
    """The graph of a plain Python function of scalars, or of symbols of a scope; local names name the nodes.

    ``inputs`` are named as in ``Graph.inputs``, so ``"w u[3]"`` calls the function with a handle and a tuple
    of three; without it the function's own arguments are the inputs.  ``graph.output`` is what it returned,
    ``graph.latex`` the function typeset by latexify-py (None where that cannot).

    >>> def forward(w, u):
    ...     h = 0
    ...     for value in u:
    ...         h = w * (value + h)
    ...     return h
    >>> graph = trace(forward, inputs="w u[2]")
    >>> graph.output, graph.expression(graph.output)
    (<node h_2>, w*(u_1*w + u_2))

    Raises GraphError where the function branches on a node, naming the line, or
    returns something else than nodes.
    """
    graph = Graph(title or getattr(function, "__name__", "").replace("_", " "), scope)
    wanted = parameters_of(function) if inputs is None else inputs
    arguments = graph.inputs(wanted)
    returned = run_traced(graph, function, arguments)
    outputs = returned if isinstance(returned, (tuple, list)) else (returned,)
    for output in outputs:
        if not isinstance(output, Handle):
            raise GraphError(
                f"the traced function {graph.title!r} returned {shorten(repr(output))} ({type(output).__name__}), "
                "not a node: return the values computed from its arguments"
            )
    graph.outputs = named_outputs(graph, [graph.lift(output).index for output in outputs])
    graph.latex = typeset(function)
    return graph
