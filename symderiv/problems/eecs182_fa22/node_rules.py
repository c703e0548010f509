"""Problem 10, part a: which rules give a node the same new state in every order of its neighbours.

A rule is its text in the rule language, from which everything is decided, and the formula that the paper prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symderiv.document import Blank, Formula, Prose, Tick
from symderiv.errors import ProblemError
from symderiv.models.rule_functions import Value
from symderiv.models.update_validity import Counterexample, Validity, decide, update_rule
from symderiv.problem import Answer, Part

DEGREE = 3  # neighbours of the instances; structure decides all degrees at once
SCALAR, COLUMN, SQUARE = (), (2, 1), (2, 2)
PRODUCT = "s*prod(w[j]*m[j] for j in range(n))"
COMPONENTS = "hadamard(s, *[w[j]*m[j] for j in range(n)])"


@dataclass(frozen=True)
class Rule:
    """A rule as text over the state ``s``, the messages ``m``, the weights; its weights; the shape of a message."""

    text: str
    weights: tuple[str, ...]
    shape: tuple[int, ...]

    def decided(self) -> Validity:
        """Valid or not; raises ProblemError where that is only supported by instances."""
        names = {name: sp.Symbol(name) for name in self.weights}
        return _certain(decide(update_rule(self.text, DEGREE, self.shape, names or {"w": _numbered(SCALAR)})))


MEAN = Rule("w_1*s + w_2*(1/n)*sum(m)", ("w_1", "w_2"), COLUMN)
LARGEST = Rule("max(w_1*s, *[w_2*x for x in m])", ("w_1", "w_2"), COLUMN)
SCALARS = Rule(PRODUCT, (), SCALAR)
RULES = (MEAN, LARGEST, SCALARS)


def shown() -> tuple[tuple[sp.Expr, sp.Expr], ...]:
    """Both sides of the rules as they are printed, over s_i, n_i and the messages m_{i,j}; vectors are bold."""
    j, n, w1, w2, dots = sp.symbols(r"j n_i w_1 w_2 \ldots")
    new, old = state("t_i"), state("s_i")
    first, second, last = (w2 * state(f"m_{{i,{k}}}") for k in ("1", "2", "n_i"))
    own, weight, message = (sp.Symbol(name, commutative=False) for name in ("s_i", "w_j", "m_{i,j}"))
    return (
        (new, w1 * old + w2 * sp.Sum(state("m_{i,j}"), (j, 1, n)) / n),
        (new, sp.Function(r"\operatorname{max}")(w1 * old, first, second, dots, last)),
        (sp.Symbol("t_i"), own * sp.Product(weight * message, (j, 1, n))),
    )


def state(name: str) -> sp.Symbol:
    """A vector, or a matrix, of the printed rules: factors keep their order."""
    letter, _, index = name.partition("_")
    return sp.Symbol(rf"\mathbf{{{letter}}}_{index}", commutative=False)


def with_matrices() -> tuple[Validity, Validity, Validity, tuple[int, ...]]:
    """The third rule with a matrix for every weight: matrix messages, column messages multiplied component by
    component, scalar messages, and for these the shape of the new state.
    """
    weights = _numbered(SQUARE)[:2]
    matrices = update_rule(PRODUCT, 2, SQUARE, {"w": weights, "s": sp.eye(2)})
    columns = update_rule(COMPONENTS, 2, COLUMN, {"w": weights, "s": sp.ones(2, 1)})
    scalars = update_rule(PRODUCT, 2, SCALAR, {"w": weights})
    shape = tuple(scalars.value([sp.Integer(1), sp.Integer(2)]).shape)
    return _certain(decide(matrices)), _certain(decide(columns)), _certain(decide(scalars)), shape


def _numbered(shape: tuple[int, ...]) -> list[Value]:
    """Different weights for different neighbours: symbols, or small matrices that do not commute."""
    if not shape:
        return list(sp.symbols(f"w_1:{DEGREE + 1}"))
    return [sp.eye(2), sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[1, 1], [0, 1]])]


def _certain(found: Validity) -> Validity:
    if found.verdict == "supported":
        raise ProblemError("a rule of problem 10a is only supported by instances; nothing is claimed about it")
    return found


def _why(found: Validity) -> str:
    if found.counterexample is None:
        return f"{found.reason}, {found.verdict} by {found.method}" + (", any degree" if found.all_degrees else "")
    return f"refuted: {example(found.counterexample)}"


def example(one: Counterexample) -> str:
    """A counterexample as one line of text."""
    told = [str(sp.Matrix(m).tolist()) if isinstance(m, sp.MatrixBase) else str(m) for m in one.messages]
    values = [v.tolist() if isinstance(v, sp.MatrixBase) else v for v in (one.left, one.right)]
    order = ", ".join(str(k + 1) for k in one.order)
    return f"messages {'; '.join(told)} give {values[0]}, in the order {order} they give {values[1]}"


def part() -> Part:
    """Three rules to judge, with a reason for each."""
    found = [rule.decided() for rule in RULES]
    blocks: list[Any] = [Prose(QUESTION)]
    solution: list[Any] = []
    for number, (sides, note, one) in enumerate(zip(shown(), NOTES, found, strict=True), 1):
        reason = Blank(width=10, answer=SHORT[number - 1])
        ticks = (Tick(one.valid), " valid\u2003", Tick(not one.valid), " not valid\u2003Reason: ", reason)
        blocks += [Prose(f"**Rule {number}.** {note}"), Formula((sides[0], "=", sides[1])), Prose(ticks)]
        solution.append(Prose(f"**Rule {number}: {'valid' if one.valid else 'not valid'}.** {REASONS[number - 1]}"))
    return Part("a", tuple(blocks), tuple(solution), points=8, answers=tuple(_answers(found)))


QUESTION = (
    "Which of these rules may compute the new state $t_i$ of a node? A rule is *valid* if the same function, with the "
    "same weights, can be used at every node of any undirected graph without labels on its edges, however the "
    "neighbours happen to be numbered. Give the reason where a rule is not valid. Whether a rule is useful or has "
    "gradients that behave does not matter here."
)
NOTES = (
    "States and messages are vectors.",
    "States and messages are vectors; the maximum is taken component by component.",
    "Here states and messages are scalars.",
)
REASONS = (
    "A sum does not change with the order of its terms, and the number of neighbours $n_i$ is the same in every "
    "order. This is the mean of the messages, as averaging networks use it.",
    "A maximum does not change with the order of its arguments, in any component.",
    "Each neighbour has a weight of its own, which usually ties a rule to an order. But scalars commute: the weights "
    "multiply to one number that depends on $n_i$ only, the messages to another. If matrices stood for the weights and "
    "the messages, the product would depend on the order.",
)
SHORT = ("a mean has no order", "a maximum has no order", "the factors commute")


def _answers(found: list[Validity]) -> list[Answer]:
    mean, largest, scalars = (_why(one) for one in found)
    isolated = "every node has a neighbour; for none the mean is not defined"
    averaged = update_rule("sum(m)/n - mean(m)", DEGREE).value(list(sp.symbols(f"m_1:{DEGREE + 1}")))
    pooled = decide(update_rule("max(m)", DEGREE, COLUMN))
    degree = decide(update_rule("1/n", DEGREE))
    matrices, columns, bare, shape = with_matrices()
    told = (
        f"matrix messages: {_why(matrices)}; columns multiplied component by component: {_why(columns)}; scalar "
        f"messages: {_why(bare)}, but the old state is a scalar and the new one has the shape {list(shape)}"
    )
    same = "is the same in every order of the neighbours"
    return [
        Answer("10a.1", found[0].valid, "whether rule 1 is valid", evidence=mean, assumed=isolated),
        Answer("10a.1.reason", found[0].valid, f"rule 1 {same}", evidence=mean),
        Answer("10a.1.mean", averaged == 0, "rule 1 averages the messages", evidence="sum(m)/n - mean(m) is 0"),
        Answer("10a.1.degree", degree.valid, "a rule may depend on the number of neighbours", evidence=_why(degree)),
        Answer("10a.2", found[1].valid, "whether rule 2 is valid", evidence=largest),
        Answer("10a.2.reason", found[1].valid, f"rule 2 {same}", evidence=largest),
        Answer("10a.2.max", pooled.valid, "a maximum does not depend on an order", evidence=_why(pooled)),
        Answer("10a.3", found[2].valid, "whether rule 3 is valid", evidence=scalars),
        Answer("10a.3.reason", found[2].reason, "why rule 3 is valid", evidence=scalars),
        Answer(
            "10a.3.matrices", matrices.valid or columns.valid, "whether rule 3 is valid with matrices", evidence=told,
            assumed="states and messages become matrices or columns with the weights: all dimensions work out",
        ),
    ]  # fmt: skip
