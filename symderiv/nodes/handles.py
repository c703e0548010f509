"""Handles: what a user holds of a node while building a graph.

A handle is a graph and a position, nothing more, and its operators write one
row into the graph's columns.  It has no numeric value and no truth value, so a
function that branches on one is stopped at the line where it does.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from symderiv.errors import GraphError
from symderiv.nodes.operations import CODES, power_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from symderiv.nodes.columns import Columns

_new = object.__new__


class GraphLike(Protocol):
    """What handles and views need of a graph; ``graph.Graph`` is one."""

    title: str
    columns: Columns
    names: dict[int, str]
    named: dict[str, int]
    labels: dict[int, str]
    symbols: dict[int, Any]
    code: list[int]
    push_code: Callable[[int], None]
    push_left: Callable[[int], None]
    push_right: Callable[[int], None]

    def lift(self, value: Any) -> Handle:
        """The handle of anything that may stand beside a handle."""

    def name_of(self, index: int) -> str:
        """The name of a node."""

    def position(self, node: Any) -> int:
        """The position of a handle, a name or a symbol."""


def _binary(operation: str, reflected: bool = False) -> Callable[[Handle, Any], Handle]:
    code = CODES[operation]

    def forward(self: Handle, other: Any) -> Handle:
        graph = self.graph
        if other.__class__ is not Handle or other.graph is not graph:
            other = graph.lift(other)
        # written out rather than called: this is the innermost line of every build
        graph.push_code(code)
        graph.push_left(self.index)
        graph.push_right(other.index)
        handle = _new(Handle)
        handle.graph = graph
        handle.index = len(graph.code) - 1
        return handle

    def backward(self: Handle, other: Any) -> Handle:
        return forward(self.graph.lift(other), self)

    return backward if reflected else forward


def _refused(what: str) -> Callable[..., NoReturn]:
    def method(self: Handle, *_: object) -> NoReturn:
        raise GraphError(
            f"node {self.graph.name_of(self.index)!r} has no {what} while the graph is built{_place()}; "
            "write the choice as mathematics (sd.relu, sd.maximum, a SymPy Piecewise), or decide on plain Python values"
        )

    return method


class Handle:
    """A node of a graph under construction: combine handles with ``+ - * / **`` and the functions of ``sd``."""

    __slots__ = ("graph", "index")
    graph: GraphLike
    index: int
    __array_ufunc__ = None  # a NumPy array leaves the operation to the handle, which says what is wrong

    __add__ = _binary("add")
    __radd__ = _binary("add", reflected=True)
    __sub__ = _binary("sub")
    __rsub__ = _binary("sub", reflected=True)
    __mul__ = _binary("mul")
    __rmul__ = _binary("mul", reflected=True)
    __truediv__ = _binary("div")
    __rtruediv__ = _binary("div", reflected=True)
    __matmul__ = _binary("mul")
    __rmatmul__ = _binary("mul", reflected=True)
    __rpow__ = _binary("pow", reflected=True)
    __bool__ = _refused("truth value")
    __lt__ = _refused("order")
    __le__ = _refused("order")
    __gt__ = _refused("order")
    __ge__ = _refused("order")
    __float__ = _refused("number")
    __int__ = _refused("number")
    __index__ = _refused("number")

    def __pow__(self, other: Any) -> Handle:
        exponent = constant_exponent(other)
        return _power(self, other) if exponent is None else unary(power_code(exponent), self)

    def __neg__(self) -> Handle:
        return unary(CODES["neg"], self)

    def __pos__(self) -> Handle:
        return self

    def __abs__(self) -> Handle:
        return unary(CODES["abs"], self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Handle):
            return self.graph is other.graph and self.index == other.index
        if isinstance(other, (int, float, complex)):
            _refused("equality with a number")(self)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((id(self.graph), self.index))

    @property
    def name(self) -> str:
        """The node's name; an unnamed intermediate is called after its position."""
        return self.graph.name_of(self.index)

    @property
    def symbol(self) -> Any:
        """The SymPy symbol that stands for the node in views."""
        import sympy as sp

        return self.graph.symbols.get(self.index) or sp.Symbol(self.name)

    def _sympy_(self) -> Any:
        return self.symbol

    def __repr__(self) -> str:
        return f"<node {self.name}>"


_power = _binary("pow")


def make_handle(graph: GraphLike, index: int) -> Handle:
    """The handle of a position."""
    handle = _new(Handle)
    handle.graph = graph
    handle.index = index
    return handle


def unary(code: int, argument: Handle) -> Handle:
    """A node with one argument."""
    graph = argument.graph
    graph.push_code(code)
    graph.push_left(argument.index)
    graph.push_right(-1)
    return make_handle(graph, len(graph.code) - 1)


def constant_exponent(value: Any) -> Any:
    """The exponent as a number where it is one (so that its node needs no constant), else None."""
    from fractions import Fraction

    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        return None
    if value != value or value in (float("inf"), float("-inf")):
        raise GraphError(f"the exponent {value} is not a finite number")
    return value


def _place() -> str:
    """The file and line outside the package from which the operation came."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("symderiv"):
        frame = frame.f_back
    return f" ({frame.f_code.co_filename}, line {frame.f_lineno}, in {frame.f_code.co_name})"
