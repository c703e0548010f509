"""Problem 12: linear autoencoders with a penalty: how to train them, and what it does to the columns of W2.

The gradients and the singular values at the minimum are computed in ``autoencoder_argument``.
"""

from __future__ import annotations

from symderiv.document import AUTO, Blank, Bullets, Formula, Formulas, Prose, TickBoxes, chain
from symderiv.problem import Answer, Part, Problem
from symderiv.problems.eecs182_fa22 import autoencoder_argument as computed
from symderiv.problems.eecs182_fa22.autoencoder_argument import PENALISED, PLAIN, Argument

COUNTS = (0, 1, 2, 3)
LOSSES = ("nn.L1Loss", "nn.MSELoss", "nn.CrossEntropyLoss")


def problem() -> Problem:
    """The problem with its computed answers."""
    found = computed.argument()
    on_training, on_values = computed.answers(found)
    return Problem(
        number=12,
        title="Linear autoencoders",
        scope=found.scope,
        points=14,
        intro=(
            Prose(
                "A linear autoencoder encodes $n$ points, the columns of the $m$ by $n$ matrix $X$, with a $k$ by $m$ "
                "matrix $W1$ and decodes them with an $m$ by $k$ matrix $W2$, where $1 < k < m$. It minimizes"
            ),
            Formula(("L", "=", PLAIN), AUTO, "plain"),
            Prose(
                "The $k$ largest eigenvalues of $X@X.T/n$ are positive, different from each other and larger than "
                "the others. With a penalty on the squares of all weights the objective is"
            ),
            Formula(("L_lam", "=", PENALISED), AUTO, "penalised"),
        ),
        parts=(_training(found, on_training), _columns(found, on_values)),
    )


def _training(found: Argument, answers: tuple[Answer, ...]) -> Part:
    needed = next(answer.value for answer in answers if answer.id == "12a.needed")
    tools = tuple(computed.tools(found))
    return Part(
        "a",
        (
            Prose(
                "You want to find the two matrices by training a network, one point at a time, with the point itself "
                "as the target. How many linear layers does it need?"
            ),
            TickBoxes(tuple(map(str, COUNTS)), (COUNTS.index(answers[0].value),), multiple=False),
            Prose("Which loss do you use?"),
            TickBoxes(LOSSES, (LOSSES.index(answers[1].value),), multiple=False),
            Prose("What do you need to optimize @{penalised}? Tick all that you need."),
            TickBoxes(tools, tuple(k for k, tool in enumerate(tools) if tool in needed)),
        ),
        (
            Prose(
                "Two weight matrices stand between a point and its reconstruction, so there are **two** linear layers. "
                "The loss takes the mean of the squared errors over the $m$ entries of a point. Where the random unit "
                "vector $i$ picks each of the $n$ points with equal chances, its mean is @{plain} divided by $m$:"
            ),
            Formula((computed.LOSSES[answers[1].value], "=", computed.MEAN)),
            Prose("The gradients $D1$ and $D2$ of @{plain} are (what is underlined is held constant)"),
            chain(found.gradients["W1"], found.scope.D1, numbered=False),
            chain(found.gradients["W2"], found.scope.D2, numbered=False),
            Prose(
                "and the penalty adds $2*lam*W$. **Weight decay** with the factor $2*lam$ adds the same to the "
                "gradient, so an **SGD** step with it is a gradient step on @{penalised} (with the loss "
                "divided by $m$, the factor is $2*lam/m$):"
            ),
            Formula("W1 - eta*(D1 + 2*lam*W1)"),
            Prose(
                "Adam's steps do not follow the gradient: its first one has the same length in every entry. Where the "
                "solution is not unique it may therefore prefer another one."
            ),
        ),
        points=9,
        answers=answers,
    )


def _columns(found: Argument, answers: tuple[Answer, ...]) -> Part:
    return Part(
        "b",
        (
            Prose(
                "Is there, for a small $lam > 0$, a bias towards a $W2$ with nearly orthonormal columns? Why, or why "
                "not? (Think of the singular values of both matrices. A tall matrix whose singular values are all 1 "
                "has orthonormal columns.)"
            ),
            Blank("Your answer", height=8),
        ),
        (
            Prose(
                "**Yes.** With the singular value decomposition $W2 = U@diag(s)@V.T$ the inner products of its columns "
                "are"
            ),
            chain(found.columns, numbered=False),
            Prose(
                "so the columns are orthonormal exactly where all singular values are 1. Along an eigenvector of "
                "$X@X.T/n$ with the eigenvalue $sigma**2$, let $a$ and $b$ be the singular values of $W1$ and $W2$. "
                "This direction costs"
            ),
            Formula("sigma**2*(1 - a*b)**2 + lam*a**2 + lam*b**2"),
            Prose(
                "Without a penalty only $a*b = 1$ matters, and with $b = 1/a$ a small penalty decides between all such "
                "pairs. It is proportional to"
            ),
            Formula("a**2 + 1/a**2"),
            Prose("whose derivative is"),
            Formula("2*a - 2/a**3"),
            Prose(
                "Its only positive zero is 1, it is negative before and positive after, and the function grows without "
                "bound at both ends. So **1 is the unique minimizer:** $a$ and $b$ are 1. For every $lam$ below "
                "$sigma**2$ the minimum is known exactly:"
            ),
            Formulas((Formula(("a**2", "=", "b**2", "=", "1 - lam/sigma**2")),)),
            Prose(
                "With the $k$ eigenvalues in the vector $g$, the columns of $W2$ miss being orthonormal by a matrix "
                "that shrinks in proportion to $lam$:"
            ),
            chain(found.orthonormal, numbered=False),
            Bullets(
                (
                    "The two matrices are pseudo-inverses of each other only in the limit; at $lam > 0$ their product "
                    "shrinks this direction by the factor $1 - lam/sigma**2$.",
                    "A direction whose eigenvalue is not larger than $lam$ is given up: both singular values "
                    "are 0 there.",
                )
            ),
        ),
        points=5,
        answers=answers,
    )
