"""A written backward pass on a batch of random points: the columns against the expressions.

The columns of graph and tape are evaluated by the machinery of the numeric kernels; the
links of a row by ``sympy.lambdify``, with the values of nodes and adjoints put in.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from symderiv.adjoints import Backward
from symderiv.backprop.crosscheck import POINTS, Crosscheck, at_points, crosscheck
from symderiv.backprop.steps import Row
from symderiv.backward import joined
from symderiv.codegen.runner import Runner
from symderiv.errors import KernelError
from symderiv.nodes.columns import ABSENT
from symderiv.nodes.operations import INPUT

_SPAN = (0.3, 1.2)


class Numbers:
    """The columns of one backward pass at random points; ``points`` is 0 where the graph is not defined on them."""

    TOLERANCE = 1e-9

    def __init__(self, backward: Backward) -> None:
        self.backward = backward
        self.graph = backward.graph

    @cached_property
    def _columns(self) -> Any:
        """Values of all columns, one row each, or None."""
        both = joined(self.graph.columns, self.backward.tape)
        positions = [i for i, code in enumerate(self.graph.columns.code) if code == INPUT]
        points = np.random.default_rng(0).uniform(*_SPAN, (len(positions), POINTS))
        try:
            return Runner(self.graph, both, positions, list(range(len(both))))(points, POINTS)
        except (KernelError, OverflowError):  # a whole number that no float holds
            return None

    @property
    def points(self) -> int:
        """How many points the rows were evaluated at."""
        return 0 if self._columns is None else POINTS

    def crosscheck(self, wrt: Any) -> Crosscheck | None:
        """The kernel's derivative by an input against SymPy's and against differences; None where undefined."""
        index = self.graph.position(wrt)
        if self.graph.columns.code[index] != INPUT or self._columns is None:
            return None
        return crosscheck(self.graph, self.backward.output, [wrt])

    def error(self, row: Row) -> float | None:
        """The largest relative error of a row's links at the points."""
        if self._columns is None:
            return None
        expected = _COLUMN[row.kind](self, row)
        values = [self._at_points(link) for link in row.chain]
        found = [value * self._factor(row) for value in values if value is not None]
        if not found:
            return None
        return max(float(np.max(np.abs(f - expected) / np.maximum(1.0, np.abs(expected)))) for f in found)

    def _at_points(self, link: Any) -> Any:
        import sympy as sp

        derivatives = sorted(link.atoms(sp.Derivative), key=str)
        places = {d: sp.Dummy(f"adjoint_{k}") for k, d in enumerate(derivatives)}
        plain = link.xreplace(places)
        values: dict[Any, Any] = {places[d]: self._adjoint(str(d.variables[0])) for d in derivatives}
        for symbol in plain.free_symbols - values.keys():
            values[symbol] = self._value(str(symbol))
        return at_points(list(values), plain, list(values.values()))

    def _value(self, node: Any) -> Any:
        return self._columns[self.graph.position(node)]

    def _adjoint(self, node: Any) -> Any:
        place = self.backward.tape.adjoint_of(self.graph.position(node))
        return np.zeros(POINTS) if place == ABSENT else self._columns[place]

    def _contribution(self, row: Row) -> Any:
        return self._columns[self.backward.tape.contribution_of(self.graph.position(row.target), row.slot)]

    def _factor(self, row: Row) -> Any:
        """A partial times the adjoint of its target is a contribution, which the tape has a column for."""
        return self._adjoint(row.target) if row.kind == "local partial" else 1.0


_COLUMN: dict[str, Callable[[Numbers, Row], Any]] = {
    "forward value": lambda numbers, row: numbers._value(row.node),
    "local partial": Numbers._contribution,
    "adjoint": lambda numbers, row: numbers._adjoint(row.node),
    "contribution": Numbers._contribution,
    "sum": lambda numbers, row: numbers._adjoint(row.node),
    "check": lambda numbers, row: numbers._adjoint(row.node),
}
