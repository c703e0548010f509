"""Problem 5: backpropagation through an unrolled scalar recurrence with one shared weight.

The recurrence is described once, as a graph; every blank, derivative and
contribution below is read off its forward and backward pass.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symderiv.adjoints import Backward
from symderiv.backprop.proofs import ProvedBackward, prove_backward
from symderiv.backprop.steps import Row
from symderiv.certify import certify
from symderiv.derivation import Derivation, begin
from symderiv.document import Blank, Bullets, Chain, Figure, Formula, Formulas, Line, Prose, chain
from symderiv.figures.graph_drawing import draw
from symderiv.graph import Graph
from symderiv.problem import Answer, Part, Problem
from symderiv.problems.eecs182_fa22.certainty import holds, told

GIVEN_FORWARD = ("p", "q", "r", "s")  # the lines that the paper prints; the others are asked for
GIVEN_BACKWARD = ("t", "s", "r", "q")
Rows = dict[tuple[str, str, str], Row]


def unrolled() -> tuple[Graph, Backward]:
    """h_t = w·(u_t + h_{t−1}), three time steps from h_0 = 0, with the names the paper uses."""
    graph = Graph("three time steps of a recurrence with one shared weight")
    w, u1, u2, u3 = graph.inputs("w u_1 u_2 u_3")
    p = graph.node("p", u1)
    q = graph.node("q", w * p)
    r = graph.node("r", u2 + q)
    s = graph.node("s", w * r)
    t = graph.node("t", u3 + s)
    y = graph.node("y", w * t)
    return graph, graph.backward(y)


def problem() -> Problem:
    """The problem with its computed answers."""
    graph, backward = unrolled()
    proved = prove_backward(backward, "w")
    rows = {(one.row.kind, one.row.node, one.row.target): one.row for one in proved.rows}
    names = {name: graph[name].symbol for name in ("w", "u_1", "u_2", "u_3", "p", "q", "r", "s", "t", "y")}
    return Problem(
        number=5,
        title="Backpropagation through a simple recurrent network",
        scope=names,
        points=18,
        intro=(
            Prose(
                "A recurrent network has a scalar hidden state, scalar inputs $u_1$, $u_2$, $u_3$, no nonlinearity "
                "and no bias. Its state starts at zero, and in each time step the sum of the input and the previous "
                "state is multiplied by the same weight $w$. The figure shows three time steps; $y$ is the last state."
            ),
            Figure(
                draw(graph, "forward", highlight=["w"]),
                "The unrolled network. The weight $w$ is shared by three nodes.",
                label="rnn",
            ),
        ),
        parts=(
            _forward(rows, proved),
            _derivative(graph, backward),
            _adjoints(rows, proved),
            _contributions(graph, backward, rows, proved),
        ),
    )


def _forward(rows: Rows, proved: ProvedBackward) -> Part:
    given = [rows["forward value", name, ""] for name in GIVEN_FORWARD]
    asked = [rows["forward value", name, ""] for name in ("t", "y")]
    return Part(
        "a",
        (
            Prose("Complete the forward pass: write the last two values in terms of $w$ and the inputs."),
            Formulas(tuple(Formula(_equation(row)) for row in given)),
            Formulas(tuple(Formula((row.left, "=", Blank(width=8, answer=row.chain[-1]))) for row in asked)),
        ),
        (Formulas(tuple(Formula(_equation(row)) for row in asked)),),
        points=4,
        answers=tuple(
            Answer(f"5a.{row.node}", row.chain[-1], f"the value of {row.node}", "expanded",
                   derivation=proved.row("forward value", row.node).derivation)
            for row in (*given, *asked)
        ),
    )


def _derivative(graph: Graph, backward: Backward) -> Part:
    total = backward.total("w")
    left = backward.derivative("w")
    return Part(
        "b",
        (
            Prose("From your expression for $y$, compute its derivative with respect to the weight."),
            Formula((left, "=", Blank(width=8, answer=total))),
        ),
        (chain(_direct(graph, backward), left, numbered=False),),
        points=4,
        answers=(Answer("5b", total, "the derivative of y by w", "expanded", derivation=_direct(graph, backward)),),
    )


def _direct(graph: Graph, backward: Backward) -> Derivation:
    """Differentiate the closed form of the output; an independent route to the sum over the edges."""
    w = graph["w"].symbol
    output = graph.expression(backward.output)
    return begin("direct derivative", sp.Derivative(sp.expand(output), w)).to(
        backward.total("w"), why="the power rule, term by term"
    )


def _adjoints(rows: Rows, proved: ProvedBackward) -> Part:
    given = [rows["adjoint", name, ""] for name in GIVEN_BACKWARD]
    asked = rows["adjoint", "p", ""]
    return Part(
        "c",
        (
            Prose("The backward pass starts at $y$. These derivatives are known; fill in the missing one."),
            Formulas(tuple(Formula((row.left, "=", row.chain[0])) for row in given)),
            Formula((asked.left, "=", Blank(width=6, answer=asked.chain[-1]))),
        ),
        (Formula(_equation(asked)),),
        points=2,
        answers=(
            *(
                Answer(f"5c.{row.node}", row.chain[-1], f"the derivative of y by {row.node}",
                       derivation=proved.row("adjoint", row.node).derivation)
                for row in given
            ),
            Answer("5c", asked.chain[-1], "the derivative of y by p", derivation=proved.row("adjoint", "p").derivation),
        ),
    )


def _contributions(graph: Graph, backward: Backward, rows: Rows, proved: ProvedBackward) -> Part:
    edges = list(backward.edges("w"))[::-1]  # from the last use back to the first, as the figure is read from the right
    asked = [rows["contribution", "w", edge.target.name] for edge in edges]
    total = rows["sum", "w", ""]
    return Part(
        "d",
        (
            Prose(
                "In @{rnn} the weight reaches $y$ along three edges. For each of them, find what a small change of $w$ "
                "does to $y$ through this edge alone (you may use $p$, $q$, $r$, $s$, $t$ and the derivatives of $y$ "
                "by them), and add them up. The edge on the right contributes $t$; check the sum against part (b)."
            ),
            Blank("Your work", height=9),
        ),
        (
            Figure(
                draw(backward, "contributions", highlight=["w"]),
                "What each use of the shared weight contributes.",
                label="contributions",
            ),
            Bullets(
                tuple(
                    (Prose(f"through ${edge.target.name}$:"), Formula(_equation(row)))
                    for edge, row in zip(edges, asked, strict=True)
                )
            ),
            Prose("The weight acts through all three, so its derivative is their sum:"),
            Chain(total.left, tuple(Line("=", step, why) for step, why in _sum_lines(backward, edges))),
        ),
        points=8,
        answers=(
            *(
                Answer(f"5d.{edge.target.name}", edge.expanded, f"the contribution through {edge.target.name}",
                       derivation=proved.row("contribution", "w", edge.target.name).derivation)
                for edge in edges
            ),
            *(
                Answer(f"5d.{row.target}.nodes", (row.left, *row.chain)[-2],
                       f"the contribution through {row.target}, in node names",
                       derivation=proved.row("contribution", "w", row.target).derivation)
                for row in asked
            ),
            *_sum_answers(graph, backward, edges),
        ),
    )


def _sum_answers(graph: Graph, backward: Backward, edges: list[Any]) -> tuple[Answer, ...]:
    """Equations (2) to (4), and whether the sum is the derivative of part (b)."""
    y = backward.output.symbol
    named = {sp.Derivative(y, edge.target.symbol): sp.Symbol(f"dy_d{edge.target.name}") for edge in edges}
    (recursive, _), (expanded, _), (total, _) = _sum_lines(backward, edges)
    names = {str(symbol): symbol for symbol in (*named.values(), *(graph[n].symbol for n in "wpqrsty"))}
    found, direct = sum_derivation(graph, backward), _direct(graph, backward)
    same = certify(found.end, direct.end)
    return (
        Answer("5d.sum", recursive.xreplace(named), "the sum in node names and derivatives by nodes", scope=names,
               evidence="a contribution is the local partial times the derivative by its target"),
        Answer("5d.inserted", expanded, "the sum with the values inserted", derivation=found),
        Answer("5d.total", total, "the total derivative", derivation=found),
        Answer("5d.check", holds(same), "whether the sum over the edges is the derivative of part (b)",
               derivation=found, evidence=told(same)),
    )  # fmt: skip


def _sum_lines(backward: Backward, edges: list[Any]) -> list[tuple[Any, str]]:
    recursive = sp.Add(*(edge.recursive for edge in edges), evaluate=False)
    expanded = sp.Add(*(edge.expanded for edge in edges), evaluate=False)
    return [
        (recursive, "one term for each use of $w$"),
        (expanded, "insert the values of the forward and backward pass"),
        (backward.total("w"), "collect powers of $w$"),
    ]


def sum_derivation(graph: Graph, backward: Backward) -> Derivation:
    """The sum over the uses of w, in node names, in the inputs, and collected; every line certified."""
    edges = backward.edges("w")
    total = sp.Add(*(edge.expanded for edge in edges), evaluate=False)
    w = graph["w"].symbol
    direct = sp.diff(graph.expression(backward.output), w)
    return (
        begin("sum over the uses of w", total)
        .to(backward.total("w"), why="collect powers of w")
        .to(direct, why="the direct derivative of y")
    )


def _equation(row: Row) -> tuple[Any, ...]:
    out: list[Any] = [row.left]
    for side in row.chain:
        out += ["=", side]
    return tuple(out)
