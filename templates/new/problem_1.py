"""Problem 1: the chain rule on a small graph. Nothing below types in an answer: all are computed."""

import symderiv as sd
from symderiv.document import Blank, Figure, Formula, Prose
from symderiv.problem import Answer, Part, Problem


def problem() -> Problem:
    graph = sd.Graph("one neuron")
    w, x, b = graph.inputs("w x b")
    z = graph.node("z", w * x + b)
    y = graph.node("y", z * z)
    backward = graph.backward(y)
    names = {node.name: node.symbol for node in (w, x, b, z, y)}
    slope = backward.total(w)
    return Problem(
        number=1,
        title="One neuron",
        scope=names,
        intro=(Prose("A neuron squares what it computes from $w$, $x$ and $b$."), Figure(graph, "The computation.")),
        parts=(
            Part("a", (Prose("Write the output in terms of the inputs."),
                       Formula((y.symbol, "=", Blank(width=6, answer=graph.expression(y))))), points=2),
            Part("b", (Prose("How does the output change with $w$?"), Blank("Your work", height=4)), points=3,
                 answers=(Answer("1b", slope, "The derivative is"),)),
        ),
    )
