"""Graphs whose nodes are scalars, vectors and matrices of symbolic size.

``Graph(title, scope=…)`` makes one: inputs are symbols of the scope, shapes are
inferred node by node, and texts are read in the scope of the node names.  These are
the methods in which such a graph differs from a graph of scalars; the calculus of
its edges is in ``matrix_pullbacks`` and ``matrix_backward``, loaded when it is asked for, so
that a graph of scalars costs nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from symderiv.algebra.reverse import order_of
from symderiv.errors import GraphError, LimitError, ShapeError, UnknownNameError, shorten
from symderiv.expressions import Expr, as_expr, make
from symderiv.matrix_graphs.moments import expectations, written_by_expectations
from symderiv.matrix_graphs.nodes import (
    MATRIX,
    Build,
    MatrixColumns,
    MatrixHandle,
    matrix_handle,
    node_symbol,
    replaced,
    slot_symbol,
)
from symderiv.nodes.expansion import EXPRESSION_LIMIT
from symderiv.nodes.names import wanted_inputs
from symderiv.nodes.operations import INPUT
from symderiv.operators import members
from symderiv.reading import read
from symderiv.scope import Scope, declare
from symderiv.symbols import check_name
from symderiv.trees import size

if TYPE_CHECKING:
    from symderiv.matrix_graphs.backward import MatrixBackward


class MatrixMethods:
    """What a graph with a scope does in its own way; mixed into ``graph.Graph``."""

    title: str
    columns: Any  # MatrixColumns
    names: dict[int, str]
    named: dict[str, int]
    code: list[int]
    scope: Scope
    _refuse_known: Any
    _name: Any
    name_of: Any

    def begin(self, scope: Scope | Mapping[str, str]) -> None:
        """Start with a scope, or with declarations that make one."""
        self.scope = scope if isinstance(scope, Scope) else declare(**scope)
        self.columns = MatrixColumns()
        self.code = self.columns.code
        self._expressions: dict[int, Expr] = {}

    # --- building ----------------------------------------------------------
    def inputs(self, names: str | Sequence[Any]) -> tuple[Any, ...]:
        """Add declared symbols as inputs; ``x[3]`` stands for x_1, x_2, x_3.

        Raises UnknownNameError for a name the scope does not declare.
        """
        found: list[Any] = []
        for stem, length in wanted_inputs(names if isinstance(names, str) else [str(n) for n in names]):
            many = [self.input(f"{stem}_{k}") for k in range(1, (length or 0) + 1)]
            found.append(self.input(stem) if length is None else tuple(many))
        return tuple(found)

    def input(self, name: str, label: str = "") -> Any:
        """Add one declared symbol as an input."""
        self._refuse_known(name)
        if name not in self.scope:
            raise UnknownNameError("symbol", name, self.scope.symbols, f"the scope of the graph {self.title!r}")
        leaf = self.scope[name]
        position = self.columns.add(INPUT, (), (), leaf, leaf.data.random)
        return self._name(self.handle(position), name, label)

    def node(self, name: str, value: Any, label: str = "") -> Any:
        """Name a value: a handle, or a text or expression in node names, which becomes one node.

        Expectations inside a text are nodes of their own, because inside them values are random and outside not.
        Raises ShapeError that names the nodes and both shapes, GraphError for a name that is taken.
        """
        self._refuse_known(check_name(name))
        if name in self.scope or name in self.scope.dims:
            raise GraphError(
                f"{name!r} is already a symbol or a size in the scope of {self.title!r}; name the node differently"
            )
        handle = self.lift(self._read(value) if isinstance(value, str) else value)
        if handle.index in self.names or self.code[handle.index] == INPUT:
            handle = self._add(lambda a: a, [handle])
        return self._name(handle, name, label)

    def lift(self, value: Any) -> Any:
        """The handle of a handle, or of an expression in node names and declared symbols."""
        if isinstance(value, MatrixHandle):
            if value.graph is not self:
                raise GraphError(
                    f"node {value.name!r} belongs to the graph {value.graph.title!r}, not to {self.title!r}; "
                    "build both in one graph"
                )
            return value
        found = as_expr(value)
        if found is None:
            raise GraphError(
                f"{shorten(repr(value))} ({type(value).__name__}) cannot stand in a graph with shapes: use handles, "
                "exact numbers, or texts and expressions in node names"
            )
        return self._from_expression(found)

    def operate(self, build: Build, *operands: Any) -> MatrixHandle:
        """One node from operands; numbers and sizes are part of its definition, everything else is an edge."""
        return self._add(build, [self._operand(value) for value in operands])

    def _operand(self, value: Any) -> MatrixHandle | Expr:
        found = self._read(value) if isinstance(value, str) else as_expr(value)
        return self.lift(value) if found is None or _symbols(found) else found

    def _read(self, text: str) -> Expr:
        """A text in node names; a declared symbol that is no input yet becomes one at its first use."""
        names = dict(self.scope.symbols) | {name: self.symbol_of(at) for name, at in self.named.items()}
        return read(text, names, self.scope.dims)

    def _from_expression(self, e: Expr) -> MatrixHandle:
        derivatives = [t for t in order_of(e) if t.op in members("derivative")]
        for t in derivatives:
            computed = [leaf for leaf in _symbols(t) if self.code[self._position_of(leaf)] != INPUT]
            if computed:
                raise GraphError(
                    f"{t} differentiates by hand through the node {computed[0]}; use gradient(…) or backward(…)"
                )
        if derivatives:
            from symderiv.calculus import evaluate

            e = evaluate(e)
        return self._split(written_by_expectations(e))

    def _split(self, e: Expr) -> MatrixHandle:
        """One node for everything outside expectations, one for each of them and for what it averages."""
        inside = {t: self._add(lambda a: make("E", a), [self._split(t.args[0])]) for t in expectations(e)}
        if e in inside:
            return inside[e]
        e = replaced(e, {t: handle.symbol for t, handle in inside.items()})
        sources = {leaf: matrix_handle(self, self._position_of(leaf)) for leaf in _symbols(e)}
        if e in sources:
            return sources[e]
        return self._add(lambda *slots: replaced(e, dict(zip(sources, slots, strict=True))), list(sources.values()))

    def _position_of(self, leaf: Expr) -> int:
        name = leaf.data.name
        if name in self.scope and name not in self.named:
            self.input(name)
        position = self.position(name)
        if self.symbol_of(position) is not leaf:
            raise GraphError(f"the symbol {name!r} is declared otherwise than in the scope of the graph {self.title!r}")
        return position

    def _add(self, build: Build, operands: Sequence[MatrixHandle | Expr]) -> MatrixHandle:
        handles = [self.lift(a) for a in operands if isinstance(a, MatrixHandle)]
        try:
            build(*(a.symbol if isinstance(a, MatrixHandle) else a for a in operands))
        except ShapeError as bad:
            unnamed = [h for h in handles if h.index not in self.names]
            known = {at: self.symbol_of(at) for at in self.names}
            spelled = "; ".join(f"{h.name} = {self.expressions_with(known, h.index)}" for h in unnamed)
            raise ShapeError(f"{bad}{f', where {spelled}' if spelled else ''}") from None
        slots = tuple(slot_symbol(k, h.symbol) for k, h in enumerate(handles))
        waiting = iter(slots)
        definition = build(*(next(waiting) if isinstance(a, MatrixHandle) else a for a in operands))
        if definition.op in members("derivative"):
            raise GraphError(f"{definition.op} of a node is not a node; use gradient(…) or backward(…)")
        definition = written_by_expectations(definition)
        if definition.op != "E" and any(t.op == "E" for t in order_of(definition)):
            images = {slot: h.symbol for slot, h in zip(slots, handles, strict=True)}
            return self._split(replaced(definition, images))
        random = definition.op != "E" and any(self.columns.random[h.index] for h in handles)
        return self.handle(self.columns.add(MATRIX, tuple(h.index for h in handles), slots, definition, random))

    # --- looking up --------------------------------------------------------
    def handle(self, index: int) -> Any:
        """The handle of a position."""
        return matrix_handle(self, index)

    def position(self, node: Any) -> int:
        """The position of a handle, a name or a symbol; raises UnknownNameError with near names."""
        if isinstance(node, MatrixHandle):
            return self.lift(node).index
        name = node.data.name if isinstance(node, Expr) and node.op == "sym" else str(node)
        if name in self.named:
            return self.named[name]
        if name.startswith("v_") and name[2:].isdecimal() and int(name[2:]) < len(self.code):
            return int(name[2:])
        raise UnknownNameError("node", name, self.named, f"the graph {self.title!r}")

    def symbol_of(self, index: int) -> Expr:
        """The symbol of a node: an input's own, else one with the node's name and shape."""
        known = self.columns.definitions[index]
        return known if self.code[index] == INPUT else node_symbol(self.name_of(index), known.shape)

    def adjoint_symbol(self, index: int) -> Expr:
        """The symbol of a node's adjoint: the node's name with a bar."""
        name: str = self.name_of(index)
        stem = name.rstrip("'")
        bar = "_bar"
        while stem + bar + name[len(stem) :] in self.named:
            bar += "_bar"
        return node_symbol(stem + bar + name[len(stem) :], self.columns.definitions[index].shape)

    def definition(self, node: Any) -> Any:
        """A node in its direct arguments' names; an input is its own symbol."""
        index = self.position(node)
        columns = self.columns
        images = {s: self.symbol_of(a) for s, a in zip(columns.slots[index], columns.sources[index], strict=True)}
        return replaced(columns.definitions[index], images)

    def expression(self, node: Any, limit: int = EXPRESSION_LIMIT) -> Any:
        """A node in the inputs; raises LimitError where that has more than ``limit`` operations."""
        return self.expressions_with({}, self.position(node), limit)

    def expressions_with(self, known: Mapping[int, Expr], index: int, limit: int = EXPRESSION_LIMIT) -> Expr:
        """A node in the inputs and in those nodes whose expressions are ``known``."""
        found = dict(known)
        columns = self.columns
        for at in columns.ancestors(index):
            if at not in found:
                images = {s: found[a] for s, a in zip(columns.slots[at], columns.sources[at], strict=True)}
                found[at] = replaced(columns.definitions[at], images)
                if size(found[at]) > limit:
                    raise LimitError(
                        f"the expression of {self.name_of(index)!r} has more than {limit} operations; "
                        "definitions and adjoints in node names stay small"
                    )
        return found[index]

    def networkx(self) -> Any:
        """A ``networkx.MultiDiGraph`` with an edge for every use; ``partial`` is its vector-Jacobian product."""
        from symderiv.matrix_graphs.views import as_networkx

        return as_networkx(self)

    def paths(self, source: Any, target: Any, limit: int = 10_000) -> list[tuple[list[str], Any]]:
        """Every path as the names of its nodes, with the target's adjoint pulled back along it."""
        from symderiv.matrix_graphs.views import path_products

        return path_products(self, self.position(source), self.position(target), limit)

    def merged(self) -> Any:
        """The same graph with unnamed operations merged into the named nodes that use them."""
        from symderiv.matrix_graphs.views import merged_graph

        return merged_graph(self)

    # --- passes ------------------------------------------------------------
    def backward(self, output: Any = None) -> MatrixBackward:
        """The backward pass from one scalar output (the graph's only one, if None), in matrix notation."""
        from symderiv.matrix_graphs.backward import MatrixBackward

        whole: Any = self
        return MatrixBackward(whole, self.position(whole.output if output is None else output))

    def gradient(self, output: Any, wrt: Sequence[Any]) -> tuple[Any, ...]:
        """Nodes of this graph that hold the gradients of ``output``, so that they can be differentiated again."""
        return self.backward(output).as_nodes(wrt)

    def forward(self, values: Mapping[str, Any] | None = None, **named: Any) -> dict[str, Any]:
        """The value of every node at arrays for the inputs; expectations are taken exactly, over their laws."""
        from symderiv.matrix_graphs.values import node_values

        return node_values(self, {**(values or {}), **named})

    def kernel(self, output: Any, wrt: Any = (), **options: Any) -> NoReturn:
        """Refused: compiled kernels are for graphs of scalars."""
        raise GraphError(f"the graph {self.title!r} has nodes with shapes; evaluate it with forward(…)")

    def apply(self, function: Any, *arguments: Any) -> NoReturn:
        """Refused: a sympy.Lambda is a function of scalars."""
        raise GraphError(f"the graph {self.title!r} has nodes with shapes; write the function as a text of the grammar")


def _symbols(e: Expr) -> list[Expr]:
    return [t for t in order_of(e) if t.op == "sym"]
