"""A worked problem of one's own: the backward pass of a two-layer softmax network, in matrix form.

Build it with ``symderiv build examples/two_layer_softmax.py``.
"""

from symderiv.document import Blank, Figure, Formula, Formulas, Prose
from symderiv.figures.graph_drawing import draw
from symderiv.matrix_graphs.backward import MatrixBackward
from symderiv.matrix_graphs.steps import MatrixRow, matrix_steps, written
from symderiv.models.matrix_networks import softmax_network_graph
from symderiv.problem import Answer, Part, Problem

ASKED = ("P", "Z", "H_1", "A_1")
WEIGHTS = ("W_1", "W_2")


def network() -> MatrixBackward:
    """The backward pass of L = -sum(Y*log(P))/n with P = softmax(relu(X W_1 + b_1) W_2 + b_2)."""
    graph = softmax_network_graph()
    return graph.backward(graph.output)


def problem() -> Problem:
    """The problem with its computed answers."""
    backward = network()
    graph = backward.graph
    rows = {w: matrix_steps(backward, w) for w in WEIGHTS}
    return Problem(
        number=1,
        title="Backpropagation through a two-layer softmax network",
        scope=graph.scope,
        points=12,
        intro=(
            Prose("A batch has $n$ points, the rows of $X$; row by row $Y$ holds their labels, and each row sums to "
                  "one. The network has one hidden layer, and its loss is the mean cross-entropy."),
            Figure(draw(graph, "forward", highlight=WEIGHTS), "The network; every box shows its value and size."),
        ),
        parts=(_adjoints(backward, rows["W_1"]), *(_weight(backward, k, rows[w]) for k, w in enumerate(WEIGHTS))),
    )  # fmt: skip


def _adjoints(backward: MatrixBackward, rows: list[MatrixRow]) -> Part:
    found = [row for row in rows if row.kind == "adjoint" and row.node in ASKED]
    blanks = tuple(Formula((row.left, "=", Blank(width=7, answer=row.sides[-1]))) for row in found)
    answers = tuple(Answer(f"1a.{row.node}", row.sides[-1], f"the derivative of L by {row.node}",
                           derivation=row.derivation) for row in found)  # fmt: skip
    ask = Prose("Going backwards from the loss, write its derivative by each of these values in terms of later ones.")
    picture = Figure(draw(backward, "backward"), "What every edge hands back.")
    return Part("a", (ask, Formulas(blanks)), (picture,), points=6, answers=answers)


def _weight(backward: MatrixBackward, k: int, rows: list[MatrixRow]) -> Part:
    weight, letter = WEIGHTS[k], "bc"[k]
    ask = Prose(f"Find the derivative of the loss by ${weight}$, and check its size.")
    shown = tuple(row for row in rows if row.kind in ("contribution", "sum", "check") and row.derivation.steps)
    answers = tuple(Answer(f"1{letter}.{row.kind}", row.sides[-1], f"{row.kind} for {weight}",
                           derivation=row.derivation) for row in shown)  # fmt: skip
    solution = written([row for row in shown if row.kind == "contribution"])  # the other lines are too long to read
    return Part(letter, (ask, Blank("Your work", height=3)), solution, points=3, answers=answers)
