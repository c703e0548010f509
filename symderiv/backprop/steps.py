"""A backward pass as a person writes it: rows of equal expressions, each with its reason.

Plain data, from forward values through local partials, adjoints and contributions
to their sum and the check against direct differentiation.  ``backprop_proofs`` certifies
them; nothing here decides that two expressions are equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from symderiv.adjoints import Backward, Edge
from symderiv.errors import LimitError
from symderiv.nodes import views
from symderiv.nodes.operations import CONSTANT, INPUT
from symderiv.nodes.partials import slope

MOST_NODES = 200

KINDS = ("forward value", "local partial", "adjoint", "contribution", "sum", "check")


@dataclass(frozen=True)
class Row:
    """One line: ``left = chain[0] = chain[1] = …``, all SymPy expressions.

    ``kind`` is one of KINDS, ``node`` the node it is about, ``target`` and ``slot`` the other
    end of the edge for a partial or a contribution.  A chain goes from the recursive form
    through node names to the inputs, without repeating itself.
    """

    kind: str
    left: Any
    chain: tuple[Any, ...]
    why: str
    node: str
    target: str = ""
    slot: int = 0


def backward_steps(backward: Backward, wrt: Any) -> list[Row]:
    """The rows of a backward pass with respect to one node, in the order in which they are written.

    Raises LimitError for a graph of more than 200 nodes.
    """
    graph, columns = backward.graph, backward.graph.columns
    order = columns.ancestors(backward.output.index)
    inner = [i for i in order if columns.code[i] not in (INPUT, CONSTANT)]
    if len(inner) > MOST_NODES:
        raise LimitError(
            f"the backward pass of {graph.title!r} has {len(inner)} nodes, too many to write out (limit {MOST_NODES}); "
            "ask for adjoint(), edges() and total() of the nodes you need"
        )
    wanted = graph.position(wrt)
    rows = [_forward_value(backward, i) for i in inner]
    downwards = [i for i in reversed(inner) if i not in (wanted, backward.output.index)]
    for index in [*downwards, wanted]:
        rows += [_local_partial(backward, edge) for edge in backward.edges(graph.name_of(index))]
        if index != wanted:
            rows.append(_adjoint(backward, index))
    edges = backward.edges(wrt)
    rows += [_contribution(backward, edge) for edge in edges]
    return [*rows, _sum(backward, wanted, edges), *_check(backward, wanted)]


def _forward_value(backward: Backward, index: int) -> Row:
    graph = backward.graph
    what = f"of {graph.name_of(index)!r}"
    chain = _chain(views.definition(graph, index), lambda: backward.value_in_inputs(index, what))
    return Row(
        "forward value", views.symbol(graph, index), chain, "insert the values computed before", _name(backward, index)
    )


def _local_partial(backward: Backward, edge: Edge) -> Row:
    import sympy as sp

    left = sp.Derivative(edge.target.symbol, edge.source.symbol)
    why = f"differentiate {edge.target.name} by {edge.source.name}, everything else held fixed"
    if len([e for e in backward.edges(edge.source) if e.target == edge.target]) > 1:
        why += f", in its use number {edge.slot + 1}"
    return Row("local partial", left, (edge.partial,), why, edge.source.name, edge.target.name, edge.slot)


def _adjoint(backward: Backward, index: int) -> Row:
    import sympy as sp

    edges = backward.edges(backward.graph.name_of(index))
    spelled = (
        sp.Add(*(_product(e.adjoint, e.partial) for e in edges), evaluate=False)
        if len(edges) > 1
        else (_product(edges[0].adjoint, edges[0].partial) if edges else sp.S.Zero)
    )
    name = _name(backward, index)
    chain = _chain(_recursive(backward, edges), spelled, backward.adjoint(name), lambda: backward.total(name))
    why = (
        "one term for each use: the adjoint of the use times the local partial"
        if len(edges) > 1
        else ("the adjoint of the only use times the local partial" if edges else "the output does not depend on it")
    )
    return Row("adjoint", backward.derivative(name), chain, why, name)


def _contribution(backward: Backward, edge: Edge) -> Row:
    chain = _chain(_recursive(backward, [edge]), edge.contribution, lambda: edge.expanded)
    why = f"what a change of {edge.source.name} does to {backward.output.name} through {edge.target.name} alone"
    return Row("contribution", chain[0], chain[1:] or chain, why, edge.source.name, edge.target.name, edge.slot)


def _sum(backward: Backward, index: int, edges: list[Edge]) -> Row:
    import sympy as sp

    name = _name(backward, index)
    chain = _chain(
        _recursive(backward, edges),
        sp.Add(*(e.contribution for e in edges)),
        lambda: sp.Add(*(e.expanded for e in edges), evaluate=False) if len(edges) > 1 else None,
        lambda: backward.total(name),
    )
    return Row("sum", backward.derivative(name), chain, "add the contributions of all uses", name)


def _check(backward: Backward, index: int) -> list[Row]:
    """Direct differentiation of the output in the inputs, where that is small enough to do."""
    graph = backward.graph
    try:
        output = views.expression(graph, backward.output.index)
        total = backward.total(_name(backward, index))
    except LimitError:
        return []
    if graph.columns.code[index] != INPUT:
        return []
    direct = slope(output, views.symbol(graph, index))
    why = f"differentiate {backward.output.name} directly in the inputs"
    left = backward.derivative(_name(backward, index))
    return [Row("check", left, (direct, total), why, _name(backward, index))]


def _recursive(backward: Backward, edges: list[Edge]) -> Any:
    import sympy as sp

    return sp.Add(*(edge.partial * backward.derivative(edge.target) for edge in edges))


def _product(adjoint: Any, partial: Any) -> Any:
    """Adjoint · partial as it is written before it is worked out: w² · w, not w³."""
    import sympy as sp

    if adjoint == 1 or partial == 1:
        return adjoint * partial
    return sp.Mul(adjoint, partial, evaluate=False)


def _chain(*links: Any) -> tuple[Any, ...]:
    """The links without repetitions; a callable link is left out where it would be too large."""
    found: list[Any] = []
    for link in links:
        value = _if_small(link) if callable(link) else link
        if value is not None and all(str(value) != str(known) for known in found):
            found.append(value)
    return tuple(found)


def _if_small(link: Callable[[], Any]) -> Any:
    try:
        return link()
    except LimitError:
        return None


def _name(backward: Backward, index: int) -> str:
    return backward.graph.name_of(index)
