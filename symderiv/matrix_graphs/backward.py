"""The backward pass of a graph with shapes: what every edge hands back, in matrix notation.

The adjoint v̄ of a node has the node's shape and dL = ⟨v̄, dv⟩; inside an expectation v
is random, so is v̄, and dL = E ⟨v̄, dv⟩.  Hence an edge hands back the
vector-Jacobian product of its use, averaged where a node that is not random is used
by one that is; and an expectation hands its adjoint on as it is.
Reverse accumulation for matrices: M. B. Giles, *Collected matrix derivative results
for forward and reverse mode algorithmic differentiation* (2008).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from symderiv.adjoints import Backward, Edge
from symderiv.algebra.building_blocks import is_number, plus, total
from symderiv.algebra.reverse import order_of
from symderiv.calculus import local_jacobian
from symderiv.certify import Certificate, certify
from symderiv.errors import GraphError, LimitError, RandomnessError, ShapeError
from symderiv.expressions import Expr, combine, constant, make, number, symbol
from symderiv.matrix_graphs.forms import presented
from symderiv.matrix_graphs.nodes import node_symbol, replaced
from symderiv.matrix_graphs.pullbacks import local_pullback, pullback_certificate
from symderiv.nodes.expansion import EXPRESSION_LIMIT
from symderiv.nodes.handles import Handle
from symderiv.nodes.operations import INPUT
from symderiv.shapes import show
from symderiv.trees import involved, over, size


class MatrixEdge(Edge):
    """One use of ``source`` by ``target`` in a graph with shapes.

    ``partial`` is the vector-Jacobian product with the target's adjoint as a symbol,
    ``contribution`` the same with the adjoint in node names, ``expanded`` in the
    inputs; ``jacobian`` is the local Jacobian, None where it has more than two axes;
    ``certificate`` decides the product against the kernel's own derivative.
    """

    passed: Any  # a MatrixBackward

    @property
    def partial(self) -> Expr:
        """The target's adjoint, pulled back through this use."""
        return self.carried(self.passed.derivative(self.target))

    @property
    def contribution(self) -> Expr:
        """What reaches the source through this use, in node names."""
        return presented(self.carried(self.adjoint))

    @property
    def recursive(self) -> Expr:
        """The same as ``partial``: the target's adjoint stays a symbol."""
        return self.partial

    @property
    def jacobian(self) -> Expr | None:
        """∂target/∂source with a row per entry of the target, in node names; None for more than two axes."""
        columns = self.passed.graph.columns
        at = self.target.index
        found = local_jacobian(columns.definitions[at], columns.slots[at][self.slot])
        return None if found is None else in_names(self.passed.graph, at, found)

    @property
    def certificate(self) -> Certificate:
        """The certificate of ``partial``."""
        columns, at = self.passed.graph.columns, self.target.index
        adjoint = node_symbol("adjoint", columns.definitions[at].shape)
        return pullback_certificate(columns.definitions[at], columns.slots[at][self.slot], adjoint)

    def carried(self, adjoint: Expr) -> Expr:
        """An adjoint of the target, pulled back through this use."""
        return local_product(self.passed.graph, self.target.index, self.slot, adjoint)


def local_product(graph: Any, index: int, slot: int, adjoint: Expr) -> Expr:
    """The adjoint of a node pulled back through one of its slots, in node names; averaged on leaving an expectation."""
    columns = graph.columns
    definition = columns.definitions[index]
    seed = node_symbol("adjoint", definition.shape)
    pulled = in_names(graph, index, local_pullback(definition, columns.slots[index][slot], seed))
    carried = replaced(pulled, {seed: adjoint})
    source = columns.sources[index][slot]
    return make("E", carried) if columns.random[index] and not columns.random[source] else carried


def in_names(graph: Any, index: int, e: Expr) -> Expr:
    """An expression over a node's slots in node names; the node's own value by its name, as in 1 − h² for tanh."""
    columns = graph.columns
    images = {s: graph.symbol_of(a) for s, a in zip(columns.slots[index], columns.sources[index], strict=True)}
    definition = columns.definitions[index]
    known = {definition: graph.symbol_of(index)} if definition.args else {}
    return replaced(replaced(e, known), images)


class MatrixBackward(Backward):
    """The backward pass of one scalar output of a graph with shapes; made by ``Graph.backward``.

    >>> import symderiv as sd
    >>> g = sd.Graph("least squares", scope=sd.declare(X="matrix(n, d)", y="vector(n)", w="vector(d)"))
    >>> r = g.node("r", "y - X@w")
    >>> b = g.backward(g.node("L", "norm(r)**2"))
    >>> print(b.adjoint(r), b.edges("w")[0].partial, b.total("w"), b.certificate("w").verdict, sep="; ")
    2*r; -X.T@r_bar; -2*X.T@(y - X@w); proved
    """

    graph: Any  # a graph with a scope

    def __init__(self, graph: Any, output: int) -> None:
        shape = graph.columns.definitions[output].shape
        name = graph.name_of(output)
        if shape:
            raise ShapeError(
                f"the output {name!r} is {show(shape)}; a backward pass starts from a scalar, e.g. its norm"
            )
        if graph.columns.random[output]:
            raise RandomnessError(f"the output {name!r} is random; differentiate its expectation, a node E({name})")
        self.graph = graph
        self._output = output
        self._on_the_way = frozenset(graph.columns.ancestors(output))
        self._adjoints: dict[int, Expr] = {}

    @property
    def output(self) -> Handle:
        """The node that is differentiated."""
        found: Handle = self.graph.handle(self._output)
        return found

    # --- in node names -------------------------------------------------------
    def edges(self, node: Any) -> list[Any]:
        """The uses of a node on the way to the output, in the order in which they were made."""
        index = self._checked(node)
        source = self.graph.handle(index)
        uses = [u for u in self.graph.columns.uses().get(index, []) if u[0] in self._on_the_way]
        found = [MatrixEdge(self, source, self.graph.handle(target), slot) for target, slot in uses]
        return [edge for edge in found if not _vanishes(edge.partial)]

    def adjoint(self, node: Any, limit: int = EXPRESSION_LIMIT) -> Expr:
        """d output / d node in node names and in the node's shape; zeros where the output does not depend on it.

        Raises LimitError where the expression would have more than ``limit`` operations.
        """
        return self._gathered(self._checked(node), self._adjoints, limit)

    def recursive(self, node: Any) -> Expr:
        """The adjoint by the targets' adjoints: the sum over the uses of their vector-Jacobian products."""
        index = self._checked(node)
        return number(1) if index == self._output else self._sum(index, [e.partial for e in self.edges(node)])

    def derivative(self, node: Any) -> Expr:
        """The symbol of the adjoint, named after the node with a bar."""
        found: Expr = self.graph.adjoint_symbol(self.graph.position(node))
        return found

    def _gathered(self, index: int, known: dict[int, Expr], limit: int = EXPRESSION_LIMIT) -> Expr:
        """The adjoint of a node where those of others are known already; every one on the way is kept."""
        known.setdefault(self._output, number(1))
        for at in range(self._output, index - 1, -1):
            if at in known or at not in self._on_the_way or not self._needs(at, index):
                continue
            edges = [edge for edge in self.edges(self.graph.handle(at)) if edge.target.index in known]
            found = self._sum(at, [edge.carried(known[edge.target.index]) for edge in edges])
            if size(found) > limit:
                raise LimitError(
                    f"the adjoint of {self.graph.name_of(at)!r} in node names has {size(found)} operations "
                    f"(limit {limit}); recursive() and edges() stay small"
                )
            known[at] = found
        return known.get(index, constant("zeros", self.graph.handle(index).shape))

    def _needs(self, at: int, index: int) -> bool:
        return at == index or index in self.graph.columns.ancestors(at)

    def _sum(self, index: int, contributions: Sequence[Expr]) -> Expr:
        return presented(plus(*contributions)) if contributions else constant("zeros", self.graph.handle(index).shape)

    def _checked(self, node: Any) -> int:
        """The position of a node; refuses the parameter of a law, on which expectations depend unseen."""
        index: int = self.graph.position(node)
        if self.graph.code[index] == INPUT:
            leaf = self.graph.symbol_of(index)
            for other in self._on_the_way:
                drawn = self.graph.symbol_of(other)
                if self.graph.code[other] == INPUT and drawn is not leaf and leaf in involved(drawn):
                    raise GraphError(
                        f"{self.output.name!r} depends on {leaf} through the distribution of {drawn}; take the "
                        "expectation in closed form first, then differentiate by it"
                    )
        return index

    # --- in the inputs ---------------------------------------------------------
    def total(self, node: Any, limit: int = EXPRESSION_LIMIT) -> Expr:
        """The total derivative d output / d node in the inputs.

        Raises LimitError where that has more than ``limit`` operations.
        """
        return presented(self._written(self.adjoint(node), {}, limit))

    def around(self, node: Any) -> Expr:
        """The adjoint in the inputs and the node itself, which is the total derivative where it is an input."""
        index = self._checked(node)
        return presented(self._written(self.adjoint(node), {index: self.graph.symbol_of(index)}))

    def value_in_inputs(self, index: int, what: str, limit: int = EXPRESSION_LIMIT) -> Expr:
        """A forward node in the inputs."""
        found: Expr = self.graph.expressions_with({}, index, limit)
        return found

    def expanded_contribution(self, edge: Edge, limit: int = EXPRESSION_LIMIT) -> Expr:
        """One edge's contribution in the inputs."""
        return presented(self._written(edge.contribution, {}, limit))

    def tree_size(self, node: Any) -> int:
        """How many operations the adjoint of a node has in the inputs, as a tree."""
        return size(self._written(self.adjoint(node), {}, 10**9))

    def _written(self, e: Expr, known: Mapping[int, Expr], limit: int = EXPRESSION_LIMIT) -> Expr:
        """An expression in node names by the inputs and the ``known`` nodes."""
        images = {
            self.graph.symbol_of(at): self.graph.expressions_with(known, at, limit) for at in sorted(self._on_the_way)
        }
        found = replaced(e, images)
        if size(found) > limit:
            raise LimitError(f"this derivative has {size(found)} operations in the inputs (limit {limit})")
        return found

    # --- certified ---------------------------------------------------------------
    def certificate(self, node: Any) -> Certificate:
        """Whether the adjoint gathered edge by edge is the gradient of the output, differentiated directly.

        For a random node the claim is about every draw, with the adjoints of the expectations held fixed.
        """
        index = self._checked(node)
        leaf = self.graph.symbol_of(index)
        if self.graph.columns.random[index]:
            return self._sample_certificate(index)
        output = self.graph.expressions_with({index: leaf}, self._output)
        return certify(self.around(node), make("grad", output, leaf))

    def _sample_certificate(self, index: int) -> Certificate:
        columns = self.graph.columns
        leaf = node_symbol(self.graph.name_of(index), columns.definitions[index].shape)
        reached = [
            at for at in sorted(self._on_the_way) if columns.definitions[at].op == "E" and self._needs(at, index)
        ]
        seeds = {at: self.graph.adjoint_symbol(at) for at in reached}
        adjoint = self._gathered(index, dict(seeds))
        here = {at: self.graph.symbol_of(at) for at in reached} | {index: leaf}
        averaged = {at: self.graph.expressions_with(here, columns.sources[at][0]) for at in reached}
        pairing = plus(number(0), *(total(combine("mul", seeds[at], draw), None) for at, draw in averaged.items()))
        left = replaced(self._written(adjoint, here), {self.graph.symbol_of(index): leaf})
        return certify(one_draw(left), make("grad", one_draw(pairing), leaf))

    def holds(self, left: Expr, right: Expr) -> Certificate:
        """Whether two expressions in node names and adjoints are equal, by what these are in the inputs."""
        bars = {self.derivative(self.graph.handle(at)): at for at in self._on_the_way}
        sides = []
        for side in (left, right):
            found = {bar: self.adjoint(self.graph.handle(at)) for bar, at in bars.items() if bar in order_of(side)}
            sides.append(one_draw(self._written(replaced(side, found), {})))
        return certify(*sides)

    # --- as a graph --------------------------------------------------------------
    def as_nodes(self, wrt: Sequence[Any]) -> tuple[Any, ...]:
        """Add the adjoints to the graph itself and return their handles, to be differentiated again."""
        return tuple(self.graph.lift(self.adjoint(node)) for node in wrt)

    def __len__(self) -> int:
        return len(self._on_the_way)


def one_draw(e: Expr) -> Expr:
    """An expression with the random symbols outside its expectations fixed, so that it speaks of every draw."""
    if e.op == "sym" and e.data.random:
        return symbol(replace(e.data, distribution=None, law=()))
    return e if e.op == "E" else over(e, tuple(map(one_draw, e.args)))


def _vanishes(e: Expr) -> bool:
    return e.op == "zeros" or is_number(e, 0)
