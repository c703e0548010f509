"""Nodes that are scalars, vectors and matrices of symbolic size: their columns and their handles.

A node keeps its sources and its definition over the symbols of its *slots*, one
for each use, so that ``Z * Z`` has two edges and a node may be named after others
have used it.  Shapes are inferred when the node is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn, Protocol

from symderiv.errors import GraphError, UnknownNameError
from symderiv.expressions import Expr, combine, make, negative, symbol
from symderiv.nodes.columns import Columns
from symderiv.nodes.handles import Handle
from symderiv.operators import FUNCTIONS, members
from symderiv.shapes import Shape, show
from symderiv.symbols import Symbol
from symderiv.trees import over

MATRIX = -1  # the code of every node that is no input
Build = Callable[..., Expr]


class MatrixColumns(Columns):
    """The columns of a graph with shapes: sources, slots, definition and randomness of every node."""

    __slots__ = ("definitions", "random", "slots", "sources")

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[tuple[int, ...]] = []
        self.slots: list[tuple[Expr, ...]] = []
        self.definitions: list[Expr] = []
        self.random: list[bool] = []

    def add(self, code: int, sources: tuple[int, ...], slots: tuple[Expr, ...], definition: Expr, random: bool) -> int:
        """Add a node and return its position."""
        self.code.append(code)
        self.sources.append(sources)
        self.slots.append(slots)
        self.definitions.append(definition)
        self.random.append(random)
        return len(self.code) - 1

    def arguments(self, index: int) -> tuple[int, ...]:
        """The positions of a node's sources, in the order of its slots."""
        return self.sources[index]

    def operation(self, index: int) -> str:
        """The outermost operator of a node's definition."""
        return self.definitions[index].op

    def append(self, code: int, arguments: object) -> NoReturn:
        """Refuse an operation on scalars only."""
        raise GraphError(
            "this function is for graphs of scalars; nodes with shapes take the functions of the text grammar: "
            + ", ".join(FUNCTIONS)
        )


def replaced(e: Expr, images: Mapping[Expr, Expr]) -> Expr:
    """The expression with symbols exchanged, equal parts once."""
    memo: dict[Expr, Expr] = dict(images)

    def walk(t: Expr) -> Expr:
        found = memo.get(t)
        if found is None:
            found = memo[t] = over(t, tuple(map(walk, t.args)))
        return found

    return walk(e)


def slot_symbol(number: int, source: Expr) -> Expr:
    """What stands for one use of a source: its shape and its properties, but never random."""
    return symbol(replace(source.data, name=f"slot{number}", distribution=None, law=()))


def node_symbol(name: str, shape: Shape) -> Expr:
    """The symbol of a computed node."""
    return symbol(Symbol(name, shape))


class MatrixGraphLike(Protocol):
    """What the handles of nodes with shapes need of their graph."""

    columns: MatrixColumns

    def operate(self, build: Build, *operands: Any) -> MatrixHandle:
        """One node from operands, each a handle, a number or an expression."""

    def name_of(self, index: int) -> str:
        """The name of a node."""

    def symbol_of(self, index: int) -> Expr:
        """The symbol of a node in the expressions of its users."""


def _minus(left: Expr, right: Expr) -> Expr:
    return combine("add", left, negative(right))


def _combined(op: str) -> Build:
    return lambda left, right: combine(op, left, right)


def _binary(build: Build, reflected: bool = False) -> Callable[[Any, Any], Any]:
    def method(self: MatrixHandle, other: Any) -> MatrixHandle:
        return self.graph.operate(build, *((other, self) if reflected else (self, other)))

    return method


class MatrixHandle(Handle):
    """A node with a symbolic shape: combine with ``+ - * / ** @ .T``.

    Every function of the text grammar is a method: ``D.norm()``, ``Z.softmax()``,
    ``X.sum(axis=0)``, ``loss.E()``.
    """

    __slots__ = ()
    graph: Any  # a MatrixGraphLike

    __add__ = _binary(_combined("add"))
    __radd__ = _binary(_combined("add"), reflected=True)
    __sub__ = _binary(_minus)
    __rsub__ = _binary(_minus, reflected=True)
    __mul__ = _binary(_combined("mul"))
    __rmul__ = _binary(_combined("mul"), reflected=True)
    __truediv__ = _binary(_combined("div"))
    __rtruediv__ = _binary(_combined("div"), reflected=True)
    __matmul__ = _binary(_combined("matmul"))
    __rmatmul__ = _binary(_combined("matmul"), reflected=True)
    __pow__ = _binary(_combined("pow"))
    __rpow__ = _binary(_combined("pow"), reflected=True)

    def __neg__(self) -> MatrixHandle:
        return self.apply("neg")

    def __abs__(self) -> MatrixHandle:
        return self.apply("abs")

    @property
    def T(self) -> MatrixHandle:
        """The transpose."""
        return self.apply("T")

    @property
    def shape(self) -> Shape:
        """The symbolic shape: (), (n,) or (n, m)."""
        found: Shape = self.graph.columns.definitions[self.index].shape
        return found

    @property
    def symbol(self) -> Expr:
        """The symbol that stands for the node in expressions."""
        found: Expr = self.graph.symbol_of(self.index)
        return found

    def apply(self, name: str, *more: Any, axis: int | None = None) -> MatrixHandle:
        """``name(self, *more)`` for a function of the text grammar, e.g. ``Z.apply("tanh")``."""
        found: MatrixHandle = self.graph.operate(lambda *args: make(name, *args, data=axis), self, *more)
        return found

    def __getattr__(self, name: str) -> Callable[..., MatrixHandle]:
        if name not in FUNCTIONS or name in members("derivative"):
            known = set(FUNCTIONS) - members("derivative")
            raise AttributeError(str(UnknownNameError("function of a node", name, known)))
        if name in ("sum", "mean", "var"):
            return lambda axis=None: self.apply(name, axis=axis)
        return lambda *more: self.apply(name, *more)

    def _sympy_(self) -> NoReturn:
        raise GraphError(
            f"node {self.name!r} is {show(self.shape)} in a graph with shapes and has no SymPy symbol; "
            "combine it with handles, numbers and texts of the grammar"
        )

    def __repr__(self) -> str:
        return f"<node {self.name}: {show(self.shape)}>"


def matrix_handle(graph: Any, index: int) -> MatrixHandle:
    """The handle of a position."""
    handle = object.__new__(MatrixHandle)
    handle.graph = graph
    handle.index = index
    return handle
