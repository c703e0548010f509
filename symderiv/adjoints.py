"""What a person asks of a backward pass: adjoints, edges, contributions, totals.

Views over the tape of ``backward``.  In *node names* an adjoint is the sum, over
the uses of a node, of local partial times the target's adjoint, with equal
adjoints taken out as a factor; the recursive form leaves the targets' adjoints
as derivatives; in *inputs* everything is multiplied out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symderiv.backward import Tape, append_to, joined, positions_after
from symderiv.errors import LimitError
from symderiv.formats import svg_view
from symderiv.nodes import views
from symderiv.nodes.columns import ABSENT, Columns
from symderiv.nodes.expansion import EXPRESSION_LIMIT, expanded, number, tree_size
from symderiv.nodes.handles import GraphLike, Handle, make_handle
from symderiv.nodes.operations import OPERATIONS


@dataclass(frozen=True)
class Edge:
    """One use of ``source`` by ``target``, with what the backward pass says about it.

    ``partial`` is the local partial, ``adjoint`` that of the target,
    ``contribution`` their product, all in node names; ``recursive`` is the
    contribution with the target's adjoint left as a derivative, ``expanded`` the
    contribution in the inputs.
    """

    passed: Backward
    source: Handle
    target: Handle
    slot: int

    @property
    def partial(self) -> Any:
        """∂target/∂source for this use, in node names."""
        return views.local_partial(self.passed.graph, self.target.index, self.slot)

    @property
    def adjoint(self) -> Any:
        """The target's adjoint in node names."""
        return self.passed.adjoint(self.target)

    @property
    def contribution(self) -> Any:
        """What reaches the source through this use, in node names."""
        return self.partial * self.adjoint

    @property
    def recursive(self) -> Any:
        """The contribution with the target's adjoint as a derivative of the output."""
        return self.partial * self.passed.derivative(self.target)

    @property
    def expanded(self) -> Any:
        """The contribution in the inputs."""
        return self.passed.expanded_contribution(self)

    def __repr__(self) -> str:
        return f"<Edge {self.source.name} -> {self.target.name}>"


class Backward:
    """The backward pass of one output; made by ``Graph.backward``.

    >>> from symderiv.graph import Graph
    >>> g = Graph("square")
    >>> x, = g.inputs("x")
    >>> y = g.node("y", x * x)
    >>> b = g.backward(y)
    >>> b.adjoint(x), len(b.edges(x)), b.total(x)
    (2*x, 2, 2*x)
    """

    def __init__(self, graph: GraphLike, output: int) -> None:
        self.graph = graph
        self.tape = Tape(graph.columns, output)
        self._adjoints: dict[int, Any] = {}

    @property
    def output(self) -> Handle:
        """The node that is differentiated."""
        return make_handle(self.graph, self.tape.output)

    @cached_property
    def _uses(self) -> dict[int, list[tuple[int, int]]]:
        return self.graph.columns.uses()

    @cached_property
    def _joined(self) -> Columns:
        return joined(self.graph.columns, self.tape)

    def _live_uses(self, node: int) -> list[tuple[int, int]]:
        """The uses through which the output depends on the node."""
        found = self._uses.get(node, [])
        return [(t, k) for t, k in found if self.tape.contribution_of(t, k) != ABSENT]

    # --- in node names -------------------------------------------------------
    def edges(self, node: Any) -> list[Edge]:
        """The uses of a node on the way to the output, in the order in which they were made."""
        index = self.graph.position(node)
        source = make_handle(self.graph, index)
        return [Edge(self, source, make_handle(self.graph, t), k) for t, k in self._live_uses(index)]

    def adjoint(self, node: Any, limit: int = EXPRESSION_LIMIT) -> Any:
        """d output / d node in node names; 0 where the output does not depend on the node.

        Raises LimitError where the expression would have more than ``limit`` operations.
        """
        import sympy as sp

        index = self.graph.position(node)
        if self.tape.adjoint_of(index) == ABSENT:
            return sp.S.Zero
        order = self._between(index)
        self._refuse_large(order, index, limit)
        found = self._adjoints
        found[self.tape.output] = sp.S.One
        for at in order:
            if at not in found:
                groups: dict[int, list[Any]] = {}
                for target, slot in self._live_uses(at):
                    # equal adjoints (through + and identities) are one factor, as a person writes it
                    made = self.tape.adjoint_of(target)
                    groups.setdefault(made, [found[target]]).append(views.local_partial(self.graph, target, slot))
                found[at] = sp.Add(*(above * sp.Add(*partials) for above, *partials in groups.values()))
        return found[index]

    def recursive(self, node: Any) -> Any:
        """The adjoint by the targets' adjoints: the sum of ∂output/∂target · partial over the uses."""
        import sympy as sp

        index = self.graph.position(node)
        return sp.S.One if index == self.tape.output else sp.Add(*(edge.recursive for edge in self.edges(node)))

    def derivative(self, node: Any) -> Any:
        """The symbol d output / d node, an unevaluated SymPy derivative (1 for the output itself)."""
        import sympy as sp

        index = self.graph.position(node)
        if index == self.tape.output:
            return sp.S.One
        return sp.Derivative(views.symbol(self.graph, self.tape.output), views.symbol(self.graph, index))

    def _between(self, node: int) -> list[int]:
        """The nodes from the output down to ``node`` whose adjoints that of ``node`` needs."""
        if node in self._adjoints:
            return [node]
        reached = bytearray(self.tape.output + 1)
        reached[node] = 1
        for index in range(node, self.tape.output + 1):
            if reached[index] and index not in self._adjoints:
                for target, _ in self._live_uses(index):
                    reached[target] = 1
        return [index for index in range(self.tape.output, node - 1, -1) if reached[index]]

    def _refuse_large(self, order: list[int], node: int, limit: int) -> None:
        size: dict[int, int] = {}
        for at in order:
            groups: dict[int, int] = {}
            for target, _ in self._live_uses(at):
                arity = OPERATIONS[self.graph.columns.code[target]].arity
                made = self.tape.adjoint_of(target)
                groups[made] = groups.get(made, size.get(target, 1)) + arity
            size[at] = min(sum(groups.values()) + 1, 10**300)
        if size[node] > limit:
            raise LimitError(
                f"the adjoint of {self.graph.name_of(node)!r} in node names would have about {size[node]:.3g} "
                f"operations (limit {limit}); recursive() and edges() stay small, and kernel() evaluates it"
            )

    # --- in the inputs ---------------------------------------------------------
    def _in_inputs(self, position: int, what: str, limit: int) -> Any:
        import sympy as sp

        if position == ABSENT:
            return sp.S.Zero
        return expanded(self._joined, self._leaf, position, what, limit)

    def _leaf(self, index: int) -> Any:
        if index < self.tape.columns.start:
            return views.symbol(self.graph, index)
        return number(self._joined.number(index))

    def total(self, node: Any, limit: int = EXPRESSION_LIMIT) -> Any:
        """The total derivative d output / d node in the inputs: the sum of the contributions, multiplied out.

        Raises LimitError with the estimated size where that would be too large.
        """
        index = self.graph.position(node)
        what = f"of d{self.output.name}/d{self.graph.name_of(index)}"
        return self._in_inputs(self.tape.adjoint_of(index), what, limit)

    def value_in_inputs(self, index: int, what: str, limit: int = EXPRESSION_LIMIT) -> Any:
        """A forward node in the inputs, multiplied out where it is a polynomial."""
        return self._in_inputs(index, what, limit)

    def expanded_contribution(self, edge: Edge, limit: int = EXPRESSION_LIMIT) -> Any:
        """One edge's contribution in the inputs."""
        what = f"of the contribution of {edge.source.name!r} through {edge.target.name!r}"
        return self._in_inputs(self.tape.contribution_of(edge.target.index, edge.slot), what, limit)

    def tree_size(self, node: Any) -> int:
        """How many operations the adjoint of a node would have in the inputs, as a tree."""
        position = self.tape.adjoint_of(self.graph.position(node))
        return 0 if position == ABSENT else tree_size(self._joined, self._joined.ancestors(position))[0]

    # --- as a graph --------------------------------------------------------------
    def as_nodes(self, wrt: Sequence[Any]) -> tuple[Handle, ...]:
        """Add the gradient graph to the graph itself and return the adjoints' handles, to be differentiated again."""
        columns = self.graph.columns
        wanted = [self.graph.position(node) for node in wrt]
        moved = append_to(columns, self.tape)
        positions = positions_after(self.tape, moved, wanted)
        zero = columns.constant(0) if ABSENT in positions else ABSENT
        return tuple(make_handle(self.graph, zero if p == ABSENT else p) for p in positions)

    _repr_svg_ = svg_view

    def __len__(self) -> int:
        return len(self.tape.columns)

    def __repr__(self) -> str:
        return f"<Backward of {self.output.name!r}: {len(self)} adjoint nodes>"
