"""Problem 10: message passing on a graph: valid updates, a loss on some of the nodes, one update written out.

Part a is in ``node_rules``, part c in ``node_update``.  The figure of the graph is not known: its edges are
reconstructed from the updates that the official solution prints for nodes 2 and 3.  They force 1–2, 2–4, 2–5 and
3–5, exclude 1–3, 2–3 and 3–4, and say nothing about 1–4, 1–5 and 4–5, which are taken to be absent.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symderiv.derivation import Derivation, begin
from symderiv.document import Blank, Figure, Formula, Formulas, Prose, Table, chain
from symderiv.expressions import Expr
from symderiv.figures.schematics import network_figure
from symderiv.models import losses
from symderiv.problem import Answer, Case, Cases, Part, Problem
from symderiv.problems.eecs182_fa22 import node_rules, node_update
from symderiv.problems.eecs182_fa22.inserted import inserted
from symderiv.scope import Scope, declare

LABELS = {"1": 0, "2": 1, "3": 1, "4": 1, "5": 0}
PREDICTIONS = dict(zip(LABELS, "abcde", strict=True))
HELD_OUT = ("1", "4")
TRAINED = tuple(node for node in LABELS if node not in HELD_OUT)
PLACES = {1: (0.0, 1.0), 2: (1.0, 1.0), 3: (3.0, 1.0), 4: (1.0, 0.0), 5: (2.0, 1.0)}


def symbols() -> Scope:
    """Labels y_i, predictions a … e, strictly between 0 and 1, and the names of the loss and of a node."""
    names = {f"y_{node}": "scalar" for node in LABELS} | {letter: "scalar, in (0, 1)" for letter in "abcde"}
    return declare(L="scalar", **{f"L_{node}": "scalar" for node in LABELS}, **names)


def training_loss() -> sp.Expr:
    """The mean binary cross-entropy of the training nodes, in the predictions."""
    return losses.binary_cross_entropy(_data({node: sp.Integer(label) for node, label in LABELS.items()}))


def node_terms(node: str) -> str:
    """What a training node adds to the loss, in its label."""
    y, p = f"y_{node}", PREDICTIONS[node]
    return f"{y}*log(1/{p}) + (1 - {y})*log(1/(1 - {p}))"


def masked_loss(scope: Scope) -> Expr:
    """The same loss before the labels are put in: two terms for every training node."""
    return scope.read(f"({' + '.join(map(node_terms, TRAINED))})/{len(TRAINED)}")


def loss_derivation(scope: Scope) -> Derivation:
    """The loss with the labels put in, and as the logarithm of one product."""
    product = "*".join(PREDICTIONS[n] if LABELS[n] else f"(1 - {PREDICTIONS[n]})" for n in TRAINED)
    terms = " + ".join(f"log(1/{PREDICTIONS[n]})" if LABELS[n] else f"log(1/(1 - {PREDICTIONS[n]}))" for n in TRAINED)
    return (
        begin("training loss", f"({terms})/{len(TRAINED)}", scope)
        .to(scope.read(str(training_loss())), why="the logarithm of a reciprocal")
        .to(f"-log({product})/{len(TRAINED)}", why="the logarithm of a product")
    )


def problem() -> Problem:
    """The problem with its computed answers."""
    found, graph = node_update.reconstructed()
    edges = [(int(a), int(b)) for a, b in found.forced]
    figure = Figure(
        network_figure(edges, nodes=list(node_update.NODES), positions=PLACES, title="graph with five nodes"),
        "A graph without directions, with five nodes.",
        label="graph",
    )
    return Problem(
        number=10,
        title="Message passing on graphs",
        scope=(symbols(), node_update.symbols(), _names()),
        intro=(
            Prose(
                "In a graph network, each layer computes a new state $t_i$ for node $i$ from its old state $s_i$ and "
                "from the messages $m_ij$ of its $n_i$ neighbours, $j$ running from 1 to $n_i$. Weights $w$ are "
                "learned scalars, weights $W$ learned matrices; all dimensions fit."
            ),
        ),
        parts=(node_rules.part(), _loss(figure), node_update.part()),
    )


def _names() -> dict[str, Any]:
    """What the texts mention beside the declared symbols."""
    names = ("n_i", "w", "W", "y_i", "i", "j", "d", "k")
    vectors = {name: node_rules.state(name) for name in ("s_i", "t_i")} | {"m_ij": node_rules.state("m_{i,j}")}
    return {name: sp.Symbol(name) for name in names} | {"p_i": sp.Symbol("yhat_i")} | vectors


def _data(labels: dict[str, sp.Expr]) -> losses.Labelled:
    return losses.labelled(labels, {node: sp.Symbol(name) for node, name in PREDICTIONS.items()}, HELD_OUT)


def _loss(figure: Figure) -> Part:
    scope = symbols()
    derivation = loss_derivation(scope)
    table = Table(
        ("Node", *LABELS),
        (
            (Prose("label $y_i$"), *LABELS.values()),
            (Prose("prediction $p_i$"), *(scope[name] for name in PREDICTIONS.values())),
        ),
        "l" + "c" * len(LABELS),
    )
    held = " and ".join(HELD_OUT)
    return Part(
        "b",
        (
            Prose(
                "A network of this kind labels the nodes of the graph in @{graph} as 0 or 1. The table gives each "
                "node's true label and, after training, the predicted probability $p_i$ of label 1. Nodes "
                f"{held} are held back for evaluation; the loss is the mean binary cross-entropy of the other nodes."
            ),
            figure,
            table,
            Prose("Compute the training loss at the end of training."),
            Blank("Your work", height=4),
        ),
        (
            Prose(f"A mask leaves out nodes {held}. Each of the {len(TRAINED)} training nodes adds two terms,"),
            Formulas(tuple(Formula((scope[f"L_{n}"], "=", scope.read(node_terms(n)))) for n in TRAINED)),
            Prose("and its label makes one of them 0. The mean of the others is the loss:"),
            chain(derivation, scope.L, numbered=False),
        ),
        points=6,
        answers=_loss_answers(scope, derivation),
    )


def _loss_answers(scope: Scope, derivation: Derivation) -> tuple[Answer, ...]:
    loss = scope.read(str(training_loss()))
    unused = tuple(node for node, name in PREDICTIONS.items() if training_loss().diff(sp.Symbol(name)) == 0)
    inside = "predictions strictly between 0 and 1"
    return (
        Answer("10b", loss, "the training loss", derivation=derivation, scope=scope, assumed=inside),
        Answer("10b.mask", unused, "the nodes without a part in the loss",
               evidence="the derivative of the loss by their predictions is 0"),
        Answer("10b.count", len(TRAINED), "the number of training points",
               evidence=f"nodes {', '.join(TRAINED)} are not held out"),
        Answer("10b.general", _general(scope), "the loss before the labels are put in", scope=scope, assumed=inside),
        *(
            Answer(f"10b.{line}", loss, f"the loss as line {line} writes it", scope=scope, assumed=inside)
            for line in ("labels", "sum", "product")
        ),
    )  # fmt: skip


def _general(scope: Scope) -> Cases:
    """The loss in the labels: at those of the table the terms with factor 0 may be left out, at others not."""
    table = inserted(scope, {f"y_{node}": label for node, label in LABELS.items()})
    zero = [f"(1 - y_{n})" for n in TRAINED if LABELS[n]] + [f"y_{n}" for n in TRAINED if not LABELS[n]]
    return Cases((
        Case("the labels of the table", masked_loss(table), f"{', '.join(zero)} are 0", table),
        Case("any labels", masked_loss(scope), "every training node has two terms"),
    ))  # fmt: skip
