"""A backward pass through matrices as a person writes it: rows of equal expressions, every one certified.

Forward values; the adjoint of each node by those downstream and then in node names;
what each use of a weight contributes; their sum, in the inputs; and the check against
the direct gradient of the whole expression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symderiv.certify import Certificate
from symderiv.deciding.claims import weakest
from symderiv.derivation import Derivation, Step
from symderiv.document import Block, Formula, Formulas, Prose, chain
from symderiv.errors import LimitError
from symderiv.expressions import Expr, make
from symderiv.matrix_graphs.backward import MatrixBackward
from symderiv.nodes.operations import INPUT
from symderiv.trees import size

MOST_NODES = 60
READABLE = 45  # operations of an expression in the inputs that is still written out
KINDS = ("forward value", "adjoint", "contribution", "sum", "check")


@dataclass(frozen=True)
class MatrixRow:
    """One row ``left = … = …``: a derivation, and for a contribution the use (``node`` → ``target``) it belongs to."""

    kind: str
    node: str
    symbol: Expr
    left: Expr
    derivation: Derivation
    target: str = ""

    @property
    def verdict(self) -> str:
        """The weakest verdict of the row's steps."""
        return self.derivation.verdict

    @property
    def sides(self) -> tuple[Expr, ...]:
        """The expressions of the row in order, none twice."""
        return tuple(dict.fromkeys([self.left, self.derivation.start, *(s.after for s in self.derivation.steps)]))

    def __str__(self) -> str:
        return f"{self.kind}: {' = '.join(map(str, self.sides))}  [{self.verdict}]"


def matrix_steps(backward: MatrixBackward, wrt: Any) -> list[MatrixRow]:
    """The rows of a backward pass with respect to one node, in the order in which they are written.

    >>> import symderiv as sd
    >>> g = sd.Graph("ridge", scope=sd.declare(w="vector(d)", lam="scalar, positive"))
    >>> b = g.backward(g.node("L", "lam*norm(w)**2"))
    >>> for row in matrix_steps(b, "w"): print(row)
    forward value: L = lam*norm(w)**2  [proved]
    contribution: 2*L_bar*lam*w = 2*lam*w  [proved]
    sum: w_bar = 2*L_bar*lam*w = 2*lam*w  [proved]
    check: grad(lam*norm(w)**2, w) = 2*lam*w  [proved]

    Raises LimitError for a graph of more than 60 operations.
    """
    graph = backward.graph
    order = graph.columns.ancestors(backward.output.index)
    inner = [at for at in order if graph.code[at] != INPUT]
    if len(inner) > MOST_NODES:
        raise LimitError(
            f"the backward pass of {graph.title!r} has {len(inner)} operations, too many to write out "
            f"(limit {MOST_NODES}); ask for adjoint(), edges() and total() of the nodes you need"
        )
    wanted = graph.position(wrt)
    rows = [_row("forward value", graph, at, graph.symbol_of(at), graph.definition(graph.handle(at))) for at in inner]
    between = [
        at for at in reversed(inner) if at not in (wanted, backward.output.index) and wanted in _below(graph, at)
    ]
    rows += [_adjoint(backward, at) for at in between]
    edges = backward.edges(wrt)
    rows += [_contribution(backward, edge) for edge in edges]
    rows.append(_sum(backward, wanted))
    return rows if graph.columns.random[wanted] else [*rows, _check(backward, wanted)]


def verdict(rows: list[MatrixRow]) -> str:
    """The weakest verdict of all rows."""
    return weakest([row.verdict for row in rows])


_INTRODUCTIONS = {
    "forward value": "The forward values, each by those before it:",
    "adjoint": "The adjoints from the output backwards, each by those of the nodes that use it:",
    "contribution": "What each use contributes to the derivative by ",
    "sum": "All uses together give the derivative by ",
    "check": "The output as a whole has the same derivative by ",
}


def written(rows: list[MatrixRow]) -> tuple[Block, ...]:
    """The rows as blocks of a document: formulas, and chains with reasons for the sum and the check."""
    blocks: list[Block] = []
    for kind, words in _INTRODUCTIONS.items():
        group = [row for row in rows if row.kind == kind]
        if not group:
            continue
        blocks.append(Prose(words if words.endswith(":") else (words, group[0].symbol, ":")))
        if kind in ("sum", "check"):
            blocks += [_chained(row) for row in group]
        else:
            blocks.append(Formulas(tuple(Formula(_equation(row.sides)) for row in group)))
    return tuple(blocks)


def _chained(row: MatrixRow) -> Block:
    if row.derivation.steps:
        left = None if row.left is row.derivation.start else row.left
        return chain(row.derivation, left, numbered=False)
    return Formula(_equation(row.sides))


def _equation(sides: tuple[Expr, ...]) -> tuple[Any, ...]:
    return sides[:1] + tuple(part for side in sides[1:] for part in ("=", side))


def _below(graph: Any, at: int) -> list[int]:
    found: list[int] = graph.columns.ancestors(at)
    return found


def _row(kind: str, graph: Any, at: int, left: Expr, start: Expr, *steps: Step, target: str = "") -> MatrixRow:
    name = graph.name_of(at)
    derivation = Derivation(f"{kind} of {name}", start, steps, graph.scope)
    return MatrixRow(kind, name, graph.symbol_of(at), left, derivation, target)


def _step(before: Expr, after: Expr, why: str, certificate: Certificate) -> tuple[Step, ...]:
    return () if after is before else (Step(before, "=", after, why, certificate),)


def _adjoint(backward: MatrixBackward, at: int) -> MatrixRow:
    handle = backward.graph.handle(at)
    start, end = backward.recursive(handle), backward.adjoint(handle)
    why = "one term for each use: insert the adjoints found before"
    if len(backward.edges(handle)) == 1:
        why = "insert the adjoint found before"
    steps = _step(start, end, why, backward.holds(start, end))
    return _row("adjoint", backward.graph, at, backward.derivative(handle), start, *steps)


def _contribution(backward: MatrixBackward, edge: Any) -> MatrixRow:
    start, end = edge.partial, edge.contribution
    why = f"what a change of {edge.source.name} does to {backward.output.name} through {edge.target.name} alone"
    steps = _step(start, end, why, backward.holds(start, end))
    return _row("contribution", backward.graph, edge.source.index, start, start, *steps, target=edge.target.name)


def _sum(backward: MatrixBackward, at: int) -> MatrixRow:
    handle = backward.graph.handle(at)
    start, named, total = backward.recursive(handle), backward.adjoint(handle), backward.total(handle)
    steps = _step(start, named, "add the contributions of all uses", backward.holds(start, named))
    if size(total) <= READABLE:
        steps += _step(named, total, "insert the forward values", backward.holds(named, total))
    return _row("sum", backward.graph, at, backward.derivative(handle), start, *steps)


def _check(backward: MatrixBackward, at: int) -> MatrixRow:
    """The gradient of the whole expression; written in node names where it is too long to read."""
    graph, handle = backward.graph, backward.graph.handle(at)
    leaf, certificate = graph.symbol_of(at), backward.certificate(handle)
    whole, shown = graph.expressions_with({at: leaf}, backward.output.index), backward.around(handle)
    if max(size(whole), size(shown)) > READABLE:
        whole, shown = backward.output.symbol, backward.adjoint(handle)
    start = make("grad", whole, leaf)
    why = "the whole expression, differentiated directly"
    return _row("check", graph, at, start, start, Step(start, "=", shown, why, certificate))
