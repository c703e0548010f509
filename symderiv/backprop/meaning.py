"""What the letters in a written backward pass stand for, found without the backward pass.

A row such as ``dy/dr = w · dy/ds`` speaks of nodes and of derivatives by nodes.
Here a node becomes its expression in the inputs, and ``dy/dr`` what SymPy gets when
it differentiates the output, written in r and the inputs, by r; nothing is taken
from the recorded tape.  Where those expressions are too large, a derivative is
read by the stationarity of the Lagrangian, Σ dy/dt · t(…) over the users t of a node
(Griewank and Walther, *Evaluating Derivatives*, 2008, section 3.3).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from symderiv.adjoints import Backward
from symderiv.backprop.steps import Row
from symderiv.nodes import views
from symderiv.nodes.expansion import tree_size, written
from symderiv.nodes.partials import slope

LARGEST, DEEPEST = 30, 30  # operations and nesting of an output that is differentiated directly


class Meaning:
    """Readings of the rows of one backward pass."""

    def __init__(self, backward: Backward) -> None:
        self.backward = backward
        self.graph = backward.graph
        self.output = backward.output.index
        self._direct: dict[int, Any] = {}

    @cached_property
    def small(self) -> bool:
        """Whether the output may be written in the inputs and differentiated there."""
        size, depth = tree_size(self.graph.columns, self.graph.columns.ancestors(self.output))
        return size <= LARGEST and depth <= DEEPEST

    @cached_property
    def values(self) -> dict[Any, Any]:
        """Every node's symbol with its expression in the inputs."""
        order = self.graph.columns.ancestors(self.output)
        found = self._unfold({})
        return {views.symbol(self.graph, index): found[index] for index in order}

    def in_inputs(self, expression: Any) -> Any:
        """The expression with derivatives by nodes worked out and every node in the inputs."""
        import sympy as sp

        known = {d: self.total(str(d.variables[0])) for d in expression.atoms(sp.Derivative)}
        return expression.xreplace(known).xreplace(self.values)

    def by_adjoints(self, expression: Any) -> Any:
        """The expression with derivatives by nodes as the rows before have found them, in node names."""
        import sympy as sp

        known = {d: self.backward.adjoint(str(d.variables[0])) for d in expression.atoms(sp.Derivative)}
        return expression.xreplace(known)

    def left(self, row: Row) -> tuple[Any, Any]:
        """What the left side of a row stands for, and the row's first link, read in the same letters."""
        first = row.chain[0]
        if row.kind == "forward value":
            index = self.graph.position(row.node)
            return self._with_values(views.definition(self.graph, index)), self._with_values(first)
        if row.kind == "local partial":
            target = self.graph.position(row.target)
            named = {views.symbol(self.graph, target): views.definition(self.graph, target)}
            return self._slot_derivative(target, row.slot), first.xreplace(named)
        if not self.small:
            return self.by_adjoints(self._lagrangian(row)), self.by_adjoints(first)
        direct = self.total(row.node) if row.kind != "contribution" else self.through(row.target, row.slot)
        return direct, self.in_inputs(first)

    def total(self, node: Any) -> Any:
        """d output / d node in the inputs, by differentiating the output written in the node and the inputs."""
        index = self.graph.position(node)
        if index not in self._direct:
            self._direct[index] = self._by({index: views.symbol(self.graph, index)}, index)
        return self._direct[index]

    def through(self, target: Any, slot: int) -> Any:
        """What a change of one argument of ``target`` alone does to the output, in the inputs."""
        import sympy as sp

        index = self.graph.position(target)
        source = self.graph.columns.arguments(index)[slot]
        alone = sp.Dummy("alone")
        arguments = [views.symbol(self.graph, a) for a in self.graph.columns.arguments(index)]
        arguments[slot] = alone
        opened = written(self.graph.columns, lambda node: views.symbol(self.graph, node), index, arguments)
        found = self._unfold({index: opened})[self.output]
        value = self.values[views.symbol(self.graph, source)]
        return slope(found, alone).xreplace({alone: value}).xreplace(self.values)

    def _by(self, leaves: dict[int, Any], index: int) -> Any:
        found = slope(self._unfold(leaves)[self.output], leaves[index])
        return found.xreplace(self.values)

    def _unfold(self, leaves: dict[int, Any]) -> dict[int, Any]:
        """Every node below the output in the inputs; the leaves stay as given."""
        columns = self.graph.columns
        found: dict[int, Any] = {}
        for node in columns.ancestors(self.output):
            arguments = [found[a] for a in columns.arguments(node)]
            found[node] = leaves.get(node) if node in leaves else written(columns, self._symbol, node, arguments)
        return found

    def _symbol(self, index: int) -> Any:
        return views.symbol(self.graph, index)

    def _with_values(self, expression: Any) -> Any:
        return expression.xreplace(self.values) if self.small else expression

    def _slot_derivative(self, target: int, slot: int) -> Any:
        import sympy as sp

        columns = self.graph.columns
        arguments = [self._symbol(a) for a in columns.arguments(target)]
        alone = sp.Dummy("alone")
        kept = arguments[slot]
        opened = written(columns, self._symbol, target, [*arguments[:slot], alone, *arguments[slot + 1 :]])
        return slope(opened, alone).xreplace({alone: kept})

    def _lagrangian(self, row: Row) -> Any:
        """The derivative of Σ dy/dt · t(…) by the node, the factors dy/dt held fixed; node names stay."""
        import sympy as sp

        edges = [
            e
            for e in self.backward.edges(row.node)
            if row.kind != "contribution" or (e.target.name, e.slot) == (row.target, row.slot)
        ]
        return sp.Add(
            *(self.backward.derivative(e.target) * self._slot_derivative(e.target.index, e.slot) for e in edges)
        )
