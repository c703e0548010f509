"""Problem 10, part c: one update rule, its patterns, the shape of a weight, and the rule written out on the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import sympy as sp

from symderiv.certify import certify
from symderiv.derivation import Derivation, begin
from symderiv.document import Blank, Bullets, Formula, Formulas, Prose, TickBoxes
from symderiv.errors import ProblemError, SymderivError
from symderiv.expressions import Expr
from symderiv.functions import tanh
from symderiv.models import message_passing as mp
from symderiv.models.message_columns import update_of_columns
from symderiv.models.update_patterns import patterns, weight_shapes
from symderiv.notation.printing import text
from symderiv.problem import Answer, Case, Cases, Part
from symderiv.problems.eecs182_fa22 import node_rules
from symderiv.scope import Scope, declare

NODES = range(1, 6)
# of the nodes whose updates are printed; the figure itself is missing
NEIGHBOURS: dict[object, tuple[int, ...]] = {2: (1, 4, 5), 3: (5,)}
RULE = mp.MEAN_OF_TANH
# the numbered equations around the place that refers to one by its number
EQUATIONS = {
    5: "-(y_2*log(b) + y_3*log(c) + y_5*log(e) + (1 - y_5)*log(1 - e))/3",
    6: "-(1*log(b) + 1*log(c) + 0*log(e) + log(1 - e))/3",
    7: "-(log(b) + log(c) + log(1 - e))/3",
    8: "-log(b*c*(1 - e))/3",
    9: "s_i + W1*(sum_j tanh(W2*m_j))/n_i",
    10: "norm(y - X@w)**2",
    11: "E(norm(y - (R*X)@w)**2)",
}
SHOWN = {"residual": "residual connection", "batch_normalization": "batch normalization", "attention": "attention"}
ASSUMED = (
    "the figure is missing: the neighbours of nodes 2 and 3 are those the printed updates list; that these are the "
    "figure's is taken for granted"
)


def reconstructed() -> tuple[mp.Reconstruction, mp.Neighbourhoods]:
    """What the printed updates say about the edges, and the graph with the forced edges only."""
    found = mp.reconstruct(NODES, NEIGHBOURS)
    return found, mp.neighbourhoods(NODES, found.forced)


def symbols() -> Scope:
    """The states of the five nodes before and after the layer, and the two weights."""
    states = {f"{letter}_{node}": "vector(d)" for letter in "st" for node in NODES}
    return declare(W1="matrix(d, k)", W2="matrix(k, d)", **states)


def rule_formula() -> tuple[Any, ...]:
    """The rule as it is printed, over s_i, n_i and the messages m_{i,j}."""
    j, n = sp.symbols("j n_i")
    w1, w2 = (sp.Symbol(name, commutative=False) for name in ("W_1", "W_2"))
    messages = sp.Sum(sp.tanh(w2 * node_rules.state("m_{i,j}")), (j, 1, n))
    return node_rules.state("t_i"), "=", node_rules.state("s_i") + w1 * messages / n


def part(equation_label: str = "update") -> Part:
    """Patterns, the shape of W_1, and the updates of two nodes."""
    found, graph = reconstructed()
    scope = symbols()
    shapes = weight_shapes(RULE, "d", {"W2": "k"})
    shown = patterns(RULE)
    updates = {node: update_of_columns(graph, str(node), RULE, scope) for node in NEIGHBOURS}
    blanks = [Formula((scope[f"t_{node}"], "=", Blank(width=11, answer=value))) for node, value in updates.items()]
    options, ticked = tuple(SHOWN.values()), tuple(k for k, name in enumerate(SHOWN) if name in shown.names)
    lists = "; ".join(f"node {n} hears from {', '.join(map(str, NEIGHBOURS[n]))}" for n in NEIGHBOURS)
    rows, columns = shapes["W1"]
    return Part(
        "c",
        (
            Prose("The states are updated by this rule, in which tanh acts on every component:"),
            Formula(rule_formula(), tag="auto", label=equation_label),
            Bullets((
                (Prose("Which patterns does the rule show?"), TickBoxes(options, ticked)),
                (
                    Prose("States have $d$ components and $W2$ has $k$ rows. What is the shape of $W1$?"),
                    Prose(("Rows: ", Blank(width=2, answer=f"${rows}$"),
                           "\u2003columns: ", Blank(width=2, answer=f"${columns}$"))),
                ),
                (
                    Prose(
                        "Every node sends its own old state to its neighbours. Write out @{update} for nodes 2 and 3 "
                        "of the graph in @{graph}, with all sums expanded."
                    ),
                    Formulas(tuple(blanks)),
                ),
            )),
        ),
        (
            Bullets((
                Prose(
                    "A **residual connection**: the old state is added, so that a gradient reaches the layer below "
                    "also when the weights pass nothing on. There is no normalization, and the messages are averaged "
                    "with equal weights, not with weights that depend on them."
                ),
                Prose(
                    f"$W1$ has ${rows}$ rows, as its product is added to the state, and ${columns}$ columns, as tanh "
                    f"keeps the ${columns}$ components that $W2$ gives."
                ),
                Prose(f"The sum in @{{update}} runs over the neighbours, as {lists}; it is divided by their number."),
            )),
        ),
        points=8,
        answers=(*_pattern_answers(shown, scope), *_shape_answers(shapes), *_update_answers(found, updates, scope)),
    )  # fmt: skip


def spread(update: Expr, scope: Scope) -> Derivation:
    """The update of node 2, then with the weight and the mean taken into the sum; certified for all sizes."""
    messages = [scope.W1 @ tanh(scope.W2 @ scope[f"s_{node}"]) for node in NEIGHBOURS[2]]
    share = scope.read(f"1/{len(messages)}")
    after = scope.s_2
    for message in messages:
        after = after + share * message
    return begin("update of node 2", update, scope).to(after, why="the weight is applied to every term")


def _pattern_answers(shown: Any, scope: Scope) -> tuple[Answer, ...]:
    others = [name for name in SHOWN if name != "residual" and name in shown.names]
    with_state = "s_2 + W1@tanh(W2@s_1)"
    flow = certify(f"jacobian({with_state}, s_2)", "eye(d)", symbols=scope)
    bare = certify("jacobian(W1@tanh(W2@s_1), s_2)", "zeros(d, d)", symbols=scope)
    told = f"the Jacobian of the new state by the old one is I for all weights ({flow.verdict}); without the added "
    return (
        Answer("10c.residual", shown.residual, "whether the rule has a residual connection",
               evidence=f"the rule is {RULE}"),
        Answer("10c.patterns", shown.names, "the patterns of the rule", evidence="read off the form of the rule"),
        Answer("10c.others", others, "the listed patterns beside the residual connection",
               evidence=f"the patterns read off the rule are {', '.join(shown.names)}"),
        Answer(
            "10c.gradient", flow.verdict == bare.verdict == "proved", "the added state carries gradients down",
            evidence=f"{told}state it is 0 ({bare.verdict})", assumed="a node is not its own neighbour",
        ),
        Answer("10c.mean", "mean_pooling" in shown.others, "whether the messages are averaged",
               evidence=f"the rule is {RULE}"),
    )  # fmt: skip


def _shape_answers(shapes: dict[str, tuple[str, str]]) -> tuple[Answer, ...]:
    rows, columns = shapes["W1"]
    return (
        Answer("10c.shape", shapes["W1"], "rows and columns of W_1", evidence="unification of the sizes in the rule"),
        Answer("10c.shape.rows", rows, "the rows of W_1, which is added to the state",
               evidence=f"a state has {rows} components"),
        Answer("10c.shape.columns", columns, "the columns of W_1", evidence=f"W_2 has {shapes['W2'][0]} rows"),
    )


def _update_answers(found: mp.Reconstruction, updates: dict[object, Expr], scope: Scope) -> tuple[Answer, ...]:
    alike = _alike(found, updates, scope)
    rest = found.excluded[0]
    told = f"the same in all {alike} graphs that the printed updates leave possible"
    matches = equations_with(RULE, EQUATIONS)
    if len(matches) != 1:
        raise ProblemError(f"the update rule stands in {len(matches)} of the numbered equations, not in one: {matches}")
    return (
        *(
            Answer(f"10c.update{node}", value, f"the update of node {node}", evidence=told, assumed=ASSUMED,
                   scope=scope, derivation=spread(value, scope) if node == 2 else None)
            for node, value in updates.items()
        ),
        Answer(
            "10c.neighbours",
            Cases((
                Case("the figure has the edges that the updates need", _heard(found.forced), "they agree on each edge"),
                Case(f"the figure has the edge {'–'.join(rest)} as well", _heard([*found.forced, rest])),
            ), open=True),
            "the neighbours of the nodes whose updates are printed",
            evidence=f"forced {_edges(found.forced)}, excluded {_edges(found.excluded)}, open {_edges(found.open)}",
            assumed="the figure is missing",
        ),
        Answer(
            "10c.equation", matches[0], "the number of the equation whose sum is written out",
            evidence="the only numbered equation that is this rule",
        ),
    )  # fmt: skip


def _heard(edges: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """The neighbours of the nodes whose updates are printed, in a graph with these edges."""
    graph = mp.neighbourhoods(NODES, list(edges))
    return tuple(tuple(sorted(graph.neighbours(str(node)))) for node in NEIGHBOURS)


def _edges(edges: Sequence[tuple[str, str]]) -> str:
    return ", ".join("–".join(edge) for edge in edges) or "none"


def _alike(found: mp.Reconstruction, updates: dict[object, Expr], scope: Scope) -> int:
    """The number of graphs the printed updates leave possible; every one must give the same updates."""
    choices = [chosen for size in range(len(found.open) + 1) for chosen in combinations(found.open, size)]
    for chosen in choices:
        graph = mp.neighbourhoods(NODES, [*found.forced, *chosen])
        for node, value in updates.items():
            if update_of_columns(graph, str(node), RULE, scope) is not value:
                raise ProblemError(f"the update of node {node} depends on edges that are not known: {text(value)}")
    return len(choices)


def equations_with(rule: str, equations: Mapping[int, str]) -> list[int]:
    """The numbers of the equations that are an update rule and give what ``rule`` gives."""
    star = mp.named_graph("star", 4)
    states = mp.symbols(star, commutative=False)
    weights = {name: sp.Symbol(name, commutative=False) for name in ("W1", "W2")}
    wanted = mp.update_node(star, "1", rule, states, weights)
    return [number for number, said in equations.items() if _updates(star, said, states, weights) == wanted]


def _updates(star: mp.Neighbourhoods, said: str, states: Any, weights: Any) -> Any:
    try:
        return mp.update_node(star, "1", said, states, weights)
    except SymderivError:
        return None  # an equation about something else
