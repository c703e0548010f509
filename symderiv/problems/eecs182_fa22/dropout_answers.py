"""Everything problem 11 states, computed: equations, maps between minimisers, column norms, batch normalisation."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import sympy as sp

from symderiv.certify import Certificate, certify
from symderiv.deciding.claims import PROVED
from symderiv.expressions import Expr
from symderiv.models import tikhonov
from symderiv.problem import Answer, Case, Cases
from symderiv.problems.eecs182_fa22.dropout_argument import GAMMA_CHECK, MASKED, RATIO, argument
from symderiv.problems.eecs182_fa22.inserted import inserted
from symderiv.scope import Scope

EXAMPLE = sp.Matrix([[1, 2], [2, 6], [2, 3]])  # column norms 3 and 7
KEEP = sp.Rational(1, 5)
INVERTIBLE = "Gamma is invertible: no column of X is zero and, where Gamma comes from dropout, p < 1"


def answers_on_dropout() -> tuple[Answer, ...]:
    """Equations (11) to (17) and the weights to use."""
    a = argument()
    read = a.scope.read
    minimiser = f"inv(p**2*X.T@X + p*(1 - p)*{GAMMA_CHECK}@{GAMMA_CHECK})@(p*X.T@y)"
    return (
        Answer(
            "11", read(f"E({MASKED})"), "the objective of dropout, averaged over the masks", derivation=a.expectation
        ),
        Answer(
            "11.step",
            read("E(grad((e@(y - (R*X)@w_check))**2, w_check))"),
            "the mean of the gradient at one training point under a random mask",
        ),
        Answer(
            "11.gamma",
            read("sqrt(diagonal(E(((R - p)*X).T@((R - p)*X)))/(p*(1 - p)))"),
            "the diagonal of the matrix in the penalty, from the covariance of the masked data",
        ),
        Answer(
            "11a",
            a.to_tikhonov.forward,
            "the weights in which dropout is a Tikhonov problem",
            evidence=f"the map carries minimisers to minimisers: {a.to_tikhonov.verdict}",
        ),
        Answer("11a.back", a.to_tikhonov.backward, "the dropout weights from the others"),
        Answer("11a.prediction", read("E((R*X)@w_check)"), "the mean prediction under the masks"),
        Answer("11a.rescaled", read("E(((R/p)*X)@w)"), "the mean prediction where kept features are divided by p"),
        Answer("11a.14", read(f"E({MASKED})"), "the dropout objective"),
        *(
            Answer(f"11a.{number}", a.absorbed.start, "the dropout objective at w/p", derivation=a.absorbed)
            for number in (15, 16, 17)
        ),
        Answer("11a.gamma", read(f"sqrt(p*(1 - p))/p*{GAMMA_CHECK}"), "the matrix Gamma of the Tikhonov problem"),
        Answer(
            "11a.solution",
            read(f"p*{minimiser}"),
            "p times the minimiser of (13)",
            evidence="the normal equations of both problems",
        ),
    )


def answers_on_ridge() -> tuple[Answer, ...]:
    """The change of variables and its image."""
    a = argument()
    read = a.scope.read
    return (
        Answer(
            "11b",
            read("X@inv(Gamma)"),
            "the changed data matrix",
            evidence=f"change of variables: {a.to_ridge.verdict}",
            assumed=INVERTIBLE,
        ),
        Answer("11b.map", a.to_ridge.forward, "the new variable", assumed=INVERTIBLE),
        Answer("11b.back", a.to_ridge.backward, "the old variable from the new", assumed=INVERTIBLE),
        Answer(
            "11b.19",
            read("norm(y - X@(inv(Gamma)@w_tilde))**2 + norm(Gamma@(inv(Gamma)@w_tilde))**2"),
            "the Tikhonov objective in the new variable",
        ),
        Answer(
            "11b.rescaled",
            a.to_scaled_ridge.verdict == PROVED,
            "whether the data matrix times a positive constant c is right, too",
            evidence="the new variable is then divided by c and the strength lam is c**2",
        ),
    )


def answers_on_columns() -> tuple[Answer, ...]:
    """Column norms, and what batch normalisation does to a column."""
    a = argument()
    read = a.scope.read
    same, multiples = conditions()
    special = inserted(a.scope, {"p": Fraction(same.removeprefix("p = "))})
    equal = a.columns[1]
    spread = certify("var(c*(y - mean(y))/sqrt(var(y)))", "c**2", symbols=a.scope)
    lengths = certify("norm(c*(y - mean(y))/sqrt(var(y)))", "c*sqrt(n)", symbols=a.scope)
    return (
        Answer(
            "11c",
            equal.verdict == PROVED,
            "whether all columns of the effective data have the same norm",
            evidence=f"the column norms are {equal.claim.right}",
            assumed=INVERTIBLE,
        ),
        Answer(
            "11c.norm",
            Cases((
                Case(same, shortest("c", f"c/{RATIO}", special), "k = 1", special),
                Case(multiples, read(f"c/{RATIO}"), "k is not 1"),
            )),
            "the norm of every column of c X inv(Gamma)",
            evidence=f"for Gamma = k Gamma_check: {a.column.end}",
            assumed=INVERTIBLE,
        ),
        Answer(
            "11c.recall",
            Cases((
                Case(same, shortest("1", RATIO, special), scope=special),
                Case(multiples, read(RATIO), _against(certify(RATIO, 1, symbols=a.scope))),
            )),
            "the diagonal of Gamma, divided by the column norms",
        ),
        Answer("11c.inverse", read(f"inv({GAMMA_CHECK})"), "the inverse of the diagonal matrix of column norms",
               assumed=INVERTIBLE),
        Answer("11c.column", read(f"c*X@inv({GAMMA_CHECK})"), "the effective data where Gamma holds the norms",
               assumed=INVERTIBLE),
        Answer("11c.invertible", Cases(invertibility()), "whether Gamma from part (a) has an inverse"),
        Answer(
            "11c.similar",
            lengths.verdict == PROVED,
            "whether batch normalisation makes all column norms equal",
            evidence=f"before the shift every column has the norm {lengths.claim.right}",
        ),
        Answer(
            "11c.variance",
            shortest("c**2", "var(c*(y - mean(y))/sqrt(var(y)))", a.scope),
            "the variance of a standardised column scaled by c",
            evidence=f"the variance is {spread.claim.right} ({spread.verdict}), c is the standard deviation",
        ),
    )


def shortest(candidate: str, value: str, scope: Scope) -> Expr:
    """A value in a short form where that is proved equal to it, else as it is."""
    return scope.read(candidate if certify(value, candidate, symbols=scope).verdict == PROVED else value)


def conditions() -> tuple[str, str]:
    """When Gamma of part (a) holds the column norms themselves, and when other multiples of them."""
    p = sp.Symbol("p", positive=True)
    (only,) = sp.solve(sp.Eq((1 - p) / p, 1), p)
    return f"p = {only}", f"p != {only}"


def invertibility() -> tuple[Case, ...]:
    """Whether Gamma can be inverted: on data without a zero column, at p = 1, and with a zero column."""
    blank = EXAMPLE.copy()
    blank[:, 1] = sp.zeros(3, 1)
    table = (
        ("p < 1 and no column of X is zero", EXAMPLE, KEEP),
        ("p = 1", EXAMPLE, sp.S.One),
        ("a column of X is zero", blank, KEEP),
    )
    return tuple(
        Case(when, tikhonov.is_invertible(tikhonov_gamma(x, p)), f"Gamma = {tikhonov_gamma(x, p).tolist()}")
        for when, x, p in table
    )


def tikhonov_gamma(x: sp.Matrix, p: sp.Expr) -> sp.Matrix:
    """Gamma of part (a) for given data."""
    return sp.sqrt((1 - p) / p) * sp.diag(*tikhonov.column_norms(x))


@lru_cache(maxsize=1)
def example() -> tuple[tuple[sp.Expr, ...], ...]:
    """A row for each column of the example: norm, entry of Gamma, norm and variance of the effective column."""
    gamma = tikhonov_gamma(EXAMPLE, KEEP)
    effective = tikhonov.changed_data(tikhonov.ridge(EXAMPLE, sp.zeros(3, 1), gamma))
    rows = []
    for j, (before, after) in enumerate(
        zip(tikhonov.column_norms(EXAMPLE), tikhonov.column_norms(effective), strict=True)
    ):
        column = effective.col(j)
        mean = sum(column) / column.rows
        rows.append((before, gamma[j, j], after, sp.cancel(sum((v - mean) ** 2 for v in column) / column.rows)))
    return tuple(rows)


def _against(certificate: Certificate) -> str:
    return f"{certificate.verdict} {certificate.counterexample}"
