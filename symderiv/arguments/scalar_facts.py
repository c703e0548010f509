"""Facts that are no equalities, such as signs; ``certify`` decides equalities.

Scope: signs of products, quotients and roots of scalars that the kernel knows to be positive.  Not decided:
the sign of x**2 - 2*x + 2.  A fact that is false says at which point.
"""

from __future__ import annotations

from dataclasses import dataclass

from symderiv.certify import certify
from symderiv.deciding.claims import PROVED, REFUTED, UNDECIDED
from symderiv.errors import ClaimError
from symderiv.expressions import Expr, make
from symderiv.indexed import lower
from symderiv.kernel.positivity import is_nonnegative, is_positive


@dataclass(frozen=True)
class Fact:
    """A sentence with its verdict, the method that decided, and the evidence (a point, where it is false)."""

    claim: str
    verdict: str
    method: str
    evidence: str = ""

    def __str__(self) -> str:
        return f"{self.verdict}: {self.claim}  [{self.method}{': ' if self.evidence else ''}{self.evidence}]"


def positive(e: Expr) -> Fact:
    """Whether a scalar is > 0 wherever it is defined.

    >>> from symderiv.scope import declare
    >>> positive(declare(p="scalar, in (0, 1)").read("(1 - p)/p")).verdict
    'proved'
    """
    return _signed(e, f"{e} > 0", _surely_positive(e), strict=True)


def nonnegative(e: Expr) -> Fact:
    """Whether a scalar is ≥ 0 wherever it is defined."""
    return _signed(e, f"{e} >= 0", _surely_positive(e) or is_nonnegative(lower(e)), strict=False)


def _signed(e: Expr, claim: str, known: bool, strict: bool) -> Fact:
    if e.shape:
        raise ClaimError(f"only a scalar has a sign; {e} has the shape {e.shape}")
    if known:
        return Fact(claim, PROVED, "signs", "a product, quotient or sum of positive parts")
    if strict and certify(e, 0).verdict == PROVED:
        return Fact(claim, REFUTED, "signs", "it is 0")
    against = certify(make("abs", e), e)
    if against.verdict == REFUTED:
        return Fact(claim, REFUTED, against.method, f"|x| and x differ {against.counterexample}")
    return Fact(claim, UNDECIDED, "signs", "no proof and no counterexample was found")


def _surely_positive(e: Expr) -> bool:
    if e.op in ("mul", "div"):
        return all(map(_surely_positive, e.args))
    if e.op == "sqrt" or (e.op == "pow" and e.args[1].op == "num"):
        return _surely_positive(e.args[0])
    return is_positive(lower(e))
