"""The mathematics of problem 11: dropout on a linear model as a Tikhonov penalty, for every n and d.

The names of the paper: a check marks what is learned with dropout, a tilde what belongs to ridge regression.
"""

from __future__ import annotations

from dataclasses import dataclass

from symderiv.arguments.optimum import ChangeOfVariables, change_of_variables
from symderiv.certify import Certificate, certify
from symderiv.derivation import Derivation, begin
from symderiv.scope import Scope, declare

NORMS = "sqrt(sum(X**2, 0))"  # the 2-norm of every column
GAMMA_CHECK = f"diag({NORMS})"
RATIO = "sqrt((1 - p)/p)"
MASKED = "norm(y - (R*X)@w_check)**2"
CLOSED = f"norm(y - p*X@w_check)**2 + p*(1 - p)*norm({GAMMA_CHECK}@w_check)**2"
TIKHONOV = "norm(y - X@w)**2 + norm(Gamma@w)**2"
RIDGE = "norm(y - X@inv(Gamma)@w_tilde)**2 + norm(w_tilde)**2"


def symbols() -> Scope:
    """What the texts of the problem may mention."""
    return declare(
        X="matrix(n, d)", X_tilde="matrix(n, d)", y="vector(n)", w="vector(d)", w_check="vector(d)",
        w_tilde="vector(d)", p="scalar, in (0, 1)", R="matrix(n, d) ~ bernoulli(p)", Gamma="matrix(d, d), invertible",
        Gamma_check="matrix(d, d), diagonal", e="vector(n) ~ one_hot(ones(n)/n)", c="scalar, positive",
        k="scalar, positive", lam="scalar, positive", L="scalar", L_check="scalar", L_tilde="scalar",
        j="scalar", x_j="vector(n)", x_tilde_j="vector(n)",
    )  # fmt: skip


@dataclass(frozen=True)
class Argument:
    """The derivations and changes of variables of the problem."""

    scope: Scope
    expectation: Derivation
    absorbed: Derivation
    ridge: Derivation
    column: Derivation
    columns: tuple[Certificate, ...]
    to_tikhonov: ChangeOfVariables
    to_ridge: ChangeOfVariables
    to_scaled_ridge: ChangeOfVariables


def argument() -> Argument:
    """All lines, certified."""
    c = symbols()
    dropout, tikhonov, ridge = c.read(CLOSED), c.read(TIKHONOV), c.read(RIDGE)
    absorbed = c.read(f"norm(y - X@w)**2 + norm({RATIO}*{GAMMA_CHECK}@w)**2")
    scaled = c.read("norm(y - c*X@inv(Gamma)@w_tilde)**2 + c**2*norm(w_tilde)**2")
    return Argument(
        c,
        _expectation(c),
        _absorbed(c),
        _ridge(c),
        _column(c),
        (
            certify(f"c*X@inv(k*{GAMMA_CHECK})", f"c/k*X*outer(ones(n), 1/{NORMS})", symbols=c),
            certify(f"sqrt(sum((c*X@inv(k*{GAMMA_CHECK}))**2, 0))", "c/k*ones(d)", symbols=c),
        ),
        change_of_variables(dropout, c.w_check, absorbed, c.w, c.read("p*w_check"), c.read("w/p")),
        change_of_variables(tikhonov, c.w, ridge, c.w_tilde, c.read("Gamma@w"), c.read("inv(Gamma)@w_tilde")),
        change_of_variables(tikhonov, c.w, scaled, c.w_tilde, c.read("Gamma@w/c"), c.read("c*inv(Gamma)@w_tilde")),
    )


def _expectation(c: Scope) -> Derivation:
    """From the mean over all masks to a closed form."""
    residual, noise = "(y - p*X@w_check)", "((R - p)*X)@w_check"
    return (
        begin("the mean over the masks", f"E({MASKED})", c)
        .to(f"E(norm({residual} - {noise})**2)", why="split $R$ into its mean $p$ and its deviation")
        .to(
            f"norm{residual}**2 - 2*{residual}@(E((R - p)*X)@w_check) + E(norm({noise})**2)",
            why="expand the square; only $R$ is random",
        )
        .to(f"norm{residual}**2 + E(norm({noise})**2)", why="a deviation has mean 0")
        .to(
            f"norm{residual}**2 + p*(1 - p)*ones(n)@X**2@w_check**2",
            why="the entries of $R$ are independent with variance $p*(1 - p)$, so mixed terms vanish",
        )
        .to(CLOSED, why="the squares of the entries of a column add up to its squared norm")
    )


def _absorbed(c: Scope) -> Derivation:
    """The dropout objective at w_check = w/p."""
    return (
        begin("p absorbed into the weights", f"norm(y - p*X@(w/p))**2 + p*(1 - p)*norm({GAMMA_CHECK}@(w/p))**2", c)
        .to(f"norm(y - X@w)**2 + p*(1 - p)*norm({GAMMA_CHECK}@(w/p))**2", why="$p$ cancels in the prediction")
        .to(f"norm(y - X@w)**2 + (1 - p)/p*norm({GAMMA_CHECK}@w)**2", why="$1/p$ leaves the norm squared")
        .to(
            f"norm(y - X@w)**2 + norm({RATIO}*{GAMMA_CHECK}@w)**2", why="the factor is positive and goes under the norm"
        )
    )


def _ridge(c: Scope) -> Derivation:
    """The Tikhonov objective in terms of Gamma w."""
    return begin("ridge regression", TIKHONOV, c).to(
        "norm(y - X@inv(Gamma)@(Gamma@w))**2 + norm(Gamma@w)**2", why="insert $Gamma$ and its inverse"
    )


def _column(c: Scope) -> Derivation:
    """The norm of column j of c X inv(k Gamma_check)."""
    return (
        begin("the norm of a column", "norm(c*x_j/(k*norm(x_j)))", c)
        .to("c*norm(x_j)/(k*norm(x_j))", why="positive factors leave the norm")
        .to("c/k", why="the same for every column")
    )
