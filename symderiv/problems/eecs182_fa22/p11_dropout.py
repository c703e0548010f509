"""Problem 11: dropout on the inputs of linear regression is a Tikhonov penalty.

The expectation over the masks, the change of variables and the column norms are derivations for every n and d
(``dropout_argument``); the answers are read off them (``dropout_answers``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symderiv.document import AUTO, Blank, Bullets, Formula, Line, Math, Prose, Table
from symderiv.problem import Part, Problem
from symderiv.problems.eecs182_fa22 import dropout_answers as found
from symderiv.problems.eecs182_fa22.dropout_argument import GAMMA_CHECK, RATIO, Argument, argument
from symderiv.problems.eecs182_fa22.shortened import Names, short_chain, shortened


def problem() -> Problem:
    """The problem with its computed answers."""
    a = argument()
    names: Names = {a.scope.read(GAMMA_CHECK): a.scope.Gamma_check}
    return Problem(
        number=11,
        title="Regularization and dropout",
        scope=a.scope,
        points=14,
        intro=_intro(a, names),
        parts=(_weights(a, names), _ridge(a), _columns(a)),
    )


def _intro(a: Argument, names: Names) -> tuple[Any, ...]:
    return (
        Prose(
            "Linear regression looks for the weights that minimize the squared error on the training points, the "
            "rows of the $n$ by $d$ matrix $X$:"
        ),
        Formula("L = norm(y - X@w)**2", AUTO, "squares"),
        Prose(
            "Dropout on the inputs draws, before every SGD step, which features are *kept*: each one independently "
            "with probability $p$. The others are set to zero, and the step is taken as usual. On average over the "
            "masks, such steps descend the objective"
        ),
        Formula((a.scope.L_check, "=", a.expectation.start), AUTO, "dropout"),
        Prose(
            "where the entries of the $n$ by $d$ matrix $R$ are independent, 1 with probability $p$ and 0 "
            "otherwise, and "
            "the circled dot multiplies entry by entry. The check on $w_check$ is a reminder of dropout. A Tikhonov "
            "problem, "
            "or generalized ridge regression, has the objective"
        ),
        Formula("L = norm(y - X@w)**2 + norm(Gamma@w)**2", AUTO, "tikhonov"),
        Prose("for a matrix $Gamma$ that suits. The mean in @{dropout} can be worked out; it gives"),
        Formula((a.scope.L_check, "=", shortened(a.expectation.end, names)), AUTO, "closed"),
        Prose("where $Gamma_check$ is diagonal, and its $j$-th entry is the 2-norm of column $j$ of $X$."),
    )  # fmt: skip


def _weights(a: Argument, names: Names) -> Part:
    gamma = a.scope.read(f"{RATIO}*{GAMMA_CHECK}")
    return Part(
        "a",
        (
            Prose(
                "Which transformation turns the weights $w_check$ learned by @{closed}, that is with dropout, into "
                "something that looks like a solution of @{tikhonov}? (Think of what is done to weights learned with "
                "dropout before the network is used. Many libraries do it during training; here nothing is adjusted "
                "then.)"
            ),
            Formula((a.scope.w, "=", Blank(width=4, answer=a.to_tikhonov.forward))),
            Blank("Your work", height=4),
        ),
        (
            Prose("First, why @{dropout} and @{closed} are the same, for every $n$ and $d$:"),
            short_chain(a.expectation, names, a.scope.L_check),
            Prose(
                "The factor $p$ in front of $X$ is to disappear into the weights: take $w = p*w_check$, so that "
                "$w_check = w/p$. Then"
            ),
            short_chain(a.absorbed, names, a.scope.L_check),
            Prose("which is @{tikhonov} with"),
            Formula((a.scope.Gamma, "=", shortened(gamma, names))),
            Prose(
                "The map from $w_check$ to $w$ can be undone, so it carries the minimizer of @{closed} to the "
                "minimizer "
                "of @{tikhonov}. It is also the adjustment made for prediction: under the masks the mean output is"
            ),
            Formula(("E((R*X)@w_check)", "=", "X@(p*w_check)", "=", "X@w")),
            Prose(
                "Dividing the kept features by $p$ during training has the same effect, and nothing is left to "
                "adjust."
            ),
        ),
        points=4,
        answers=found.answers_on_dropout(),
    )  # fmt: skip


def _ridge(a: Argument) -> Part:
    first = short_chain(a.ridge, {}, a.scope.L)
    named = Line("=", a.to_ridge.image, "write $w_tilde$ for $Gamma@w$", verdict=a.to_ridge.verdict)
    return Part(
        "b",
        (
            Prose(
                "Let $Gamma$ in @{tikhonov} be invertible. **Change the variables** so that the problem looks like "
                "classical ridge regression:"
            ),
            Formula("L_tilde = norm(y - X_tilde@w_tilde)**2 + lam*norm(w_tilde)**2", AUTO, "ridge"),
            Prose("Write the new data matrix in terms of $X$ and $Gamma$."),
            Formula((a.scope.X_tilde, "=", Blank(width=4, answer=a.scope.read("X@inv(Gamma)")))),
            Blank("Your work", height=4),
        ),
        (
            Prose("Set $w_tilde = Gamma@w$, so that $w = inv(Gamma)@w_tilde$:"),
            replace(first, lines=(*first.lines, named)),
            Prose("This is @{ridge} with $lam = 1$ and"),
            Formula("X_tilde = X@inv(Gamma)"),
            Prose(
                "Because $Gamma$ is invertible, every $w$ belongs to exactly one $w_tilde$: if $w$ minimizes "
                "@{tikhonov}, "
                "then $Gamma@w$ minimizes @{ridge}, and the other way round. A positive constant $c$ may stand in "
                "front: "
                "with $w_tilde = Gamma@w/c$ the data matrix is $c*X@inv(Gamma)$ and the strength $lam = c**2$."
            ),
        ),
        points=6,
        answers=found.answers_on_ridge(),
    )  # fmt: skip


def _columns(a: Argument) -> Part:
    head = ("$j$", "norm of $x_j$", "entry of $Gamma$", "norm of $x_tilde_j$", "variance of $x_tilde_j$")
    rows = tuple((str(j), *map(Math, row)) for j, row in enumerate(found.example(), 1))
    return Part(
        "c",
        (
            Prose(
                "Let $Gamma$ moreover be diagonal (and invertible), its $j$-th entry proportional to the norm of "
                "column "
                "$j$ of $X$. What follows for the norms of the columns of the effective data matrix $X_tilde$? "
                "Guess, in "
                "a sentence or two, how dropout and batch normalization are related."
            ),
            Blank("Your answer", height=5),
        ),
        (
            Prose(
                "Let $x_j$ be column $j$ of $X$, and $k$ the constant of proportionality. Column $j$ of "
                "$c*X@inv(Gamma)$ is"
            ),
            Formula("x_tilde_j = c*x_j/(k*norm(x_j))"),
            Prose("and its norm is"),
            short_chain(a.column, {}, a.scope.read("norm(x_tilde_j)")),
            Prose("**All columns of the effective data have the same norm**, however long the columns of $X$ are."),
            Bullets(
                (
                    (Prose("With $k = 1$ the norm is $c$. The matrix of part (a) has"),
                     Formula((a.scope.k, "=", a.scope.read(RATIO))),
                     Prose(f"instead, which is 1 only at ${found.conditions()[0]}$; otherwise the norm is"),
                     Formula(a.scope.read("c*sqrt(p/(1 - p))"))),
                    "$Gamma$ has an inverse only where no column of $X$ is zero and $p < 1$; a zero column carries "
                    "no data, and its weight is not determined.",
                )
            ),
            Prose(
                "Batch normalization also brings all features to one scale: a column that is centred, divided by its "
                "standard deviation and multiplied by $c$ has the variance $c**2$ and the norm $c*sqrt(n)$. The "
                "effect of "
                "dropout is alike. But dropout does not subtract the mean, so the columns agree in norm and not in "
                "variance. An example with three training points, $p$ = 1/5 and $c$ = 1:"
            ),
            Table(head, rows, "ccccc"),
        ),
        points=4,
        answers=found.answers_on_columns(),
    )  # fmt: skip
