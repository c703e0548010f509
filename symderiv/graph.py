"""Computational graphs: built with ordinary Python, differentiated edge by edge.

A Graph owns flat columns (``columns``) and a few dictionaries for what only some
nodes have: a name, a label, a SymPy symbol of the user.  Everything a user sees
(handles, SymPy expressions, networkx graphs, backward passes, kernels) is made
from those when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symderiv import from_sympy as sympy_in
from symderiv import graph_views as views
from symderiv.adjoints import Backward
from symderiv.columns import Columns
from symderiv.errors import GraphError, UnknownNameError, shorten
from symderiv.handles import Handle, make_handle, unary
from symderiv.kernels import Kernel, forward_values
from symderiv.naming_nodes import checked_name, wanted_inputs
from symderiv.operations import CODES, CONSTANT, INPUT


class Graph:
    """A computational graph under construction.

    >>> g = Graph("a product")
    >>> w, u = g.inputs("w u")
    >>> y = g.node("y", w * (w + u))
    >>> g.backward(y).total(w)
    u + 2*w

    Raises GraphError for a name used twice, a handle of another graph, a NaN
    constant, or a value that is no number.
    """

    def __init__(self, title: str = "") -> None:
        self.title = title
        self.columns = Columns()
        self.names: dict[int, str] = {}
        self.labels: dict[int, str] = {}
        self.symbols: dict[int, Any] = {}
        self._named: dict[str, int] = {}
        self.code = self.columns.code
        self.push_code = self.columns.code.append
        self.push_left = self.columns.left.append
        self.push_right = self.columns.right.append

    # --- building ----------------------------------------------------------
    def inputs(self, names: str | Sequence[Any]) -> tuple[Any, ...]:
        """Add inputs from a text or a list of names or SymPy symbols; always a tuple of handles.

        ``u[3]`` adds u_1, u_2, u_3 and stands for the tuple of the three.
        """
        if not isinstance(names, str):
            symbols = {str(n): n for n in names if hasattr(n, "free_symbols")}
            names = [str(n) if str(n) in symbols else n for n in names]
        else:
            symbols = {}
        found: list[Any] = []
        for stem, length in wanted_inputs(names):
            if length is None:
                found.append(self.input(stem))
                if stem in symbols:
                    self.symbols[found[-1].index] = symbols[stem]
            else:
                found.append(tuple(self.input(f"{stem}_{k}") for k in range(1, length + 1)))
        return tuple(found)

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
        top = sympy_in.insert(graph.columns, expression, lambda symbol: graph._named[str(symbol)])
        name = output
        while name in graph._named:
            name += "'"
        graph.node(name, make_handle(graph, top))
        return graph

    def lift(self, value: Any) -> Handle:
        """The handle of a handle, a number or a SymPy expression in node names; raises GraphError otherwise."""
        if isinstance(value, Handle):
            if value.graph is not self:
                raise GraphError(
                    f"node {value.name!r} belongs to the graph {value.graph.title!r}, not to {self.title!r}; "
                    "build both in one graph"
                )
            return value
        if isinstance(value, (int, float)) or type(value).__name__ == "Fraction":
            return make_handle(self, self.columns.constant(_finite(value)))
        if hasattr(value, "free_symbols") and hasattr(value, "xreplace"):
            return self._lift_sympy(value)
        if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
            return self.lift(value.item())
        raise GraphError(
            f"{shorten(repr(value))} ({type(value).__name__}) cannot stand in a graph: use handles, real numbers or "
            "SymPy expressions in the nodes' names; batches of numbers are given to the kernel"
        )

    def _lift_sympy(self, value: Any) -> Handle:
        sympy_in.refuse_undefined(value)
        if value.is_number:
            return make_handle(self, self.columns.constant(sympy_in.plain_number(value)))
        positions = {symbol: self.position(symbol) for symbol in sorted(value.free_symbols, key=str)}
        if value.is_Symbol:
            return make_handle(self, positions[value])
        return make_handle(self, sympy_in.template_node(self.columns, value, positions))

    def _refuse_known(self, name: str) -> None:
        if name in self._named:
            raise GraphError(
                f"the name {name!r} is used twice: it already is "
                f"{'an input' if self.code[self._named[name]] == INPUT else 'a node'} of the graph {self.title!r}; "
                "choose another name"
            )

    def _name(self, handle: Handle, name: str, label: str) -> Handle:
        self.names[handle.index] = name
        self._named[name] = handle.index
        if label:
            self.labels[handle.index] = label
        return handle

    # --- looking up --------------------------------------------------------
    def __len__(self) -> int:
        return len(self.code)

    def __getitem__(self, name: Any) -> Handle:
        return make_handle(self, self.position(name))

    def name_of(self, index: int) -> str:
        """The name of a node; an unnamed intermediate is called after its position."""
        name = self.names.get(index, f"v_{index}")
        return name if index in self.names or name not in self._named else f"{name}'"

    def position(self, node: Any) -> int:
        """The position of a handle, a name or a symbol; raises UnknownNameError with near names."""
        if isinstance(node, Handle):
            return self.lift(node).index
        name = str(node)
        if name in self._named:
            return self._named[name]
        stem = name.rstrip("'")
        if stem.startswith("v_") and stem[2:].isdecimal() and int(stem[2:]) < len(self.code):
            index = int(stem[2:])
            if self.name_of(index) == name:
                return index
        raise UnknownNameError("node", name, self._named, f"the graph {self.title!r}")

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs in the order in which they were added."""
        return [self.names[i] for i, code in enumerate(self.code) if code == INPUT]

    def __repr__(self) -> str:
        inputs = sum(code == INPUT for code in self.code)
        return f"<Graph {self.title!r}: {len(self.code)} nodes, {inputs} inputs>"

    # --- views -------------------------------------------------------------
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
    def backward(self, output: Any) -> Backward:
        """The backward pass from one scalar output."""
        return Backward(self, self.position(output))

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


def _finite(value: Any) -> Any:
    if isinstance(value, bool):
        raise GraphError(f"{value} is a truth value, not a number; use 1 or 0")
    if value != value or value in (float("inf"), float("-inf")):
        raise GraphError(f"the constant {value} is not a finite number and cannot become a node")
    return value
