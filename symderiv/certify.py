"""The one place that decides.  Only this module makes a Certificate.

The deciders run in order, each with its scope in its own docstring: the index
normal form (``indexed``, ``kernel``), clearing of denominators and inverses
(``clearing``), then instances: exact rationals where the operations allow it,
ball arithmetic where they do not.  A proof is confronted with an instance before
it is given out; should the two routes ever disagree, the verdict is *undecided*
and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from symderiv.deciding.claims import PROVED, REFUTED, SUPPORTED, UNDECIDED, Claim
from symderiv.deciding.clearing import vanishes
from symderiv.deciding.domains import (
    condition,
    has_common_point,
    needs,
    positive_symbols,
    undefined_average,
    with_known_signs,
)
from symderiv.deciding.index_text import first_term
from symderiv.deciding.refuting import Counterexample, confront, search
from symderiv.deciding.sympy_claims import decide
from symderiv.errors import LimitError, ReadingError, ShapeError
from symderiv.evaluation.outcomes import random_leaves
from symderiv.expressions import Expr, as_expr, constant, symbol
from symderiv.formats import html_view
from symderiv.indexed import lower, no_random
from symderiv.kernel.arithmetic import subtract
from symderiv.kernel.forms import Form
from symderiv.limits import deadline
from symderiv.notation.printing import latex
from symderiv.scope import Symbols, as_scope
from symderiv.shapes import show
from symderiv.trees import replace_leaf

SECONDS = 10.0


@dataclass(frozen=True, repr=False)
class Certificate:
    """A claim with its verdict, the method that decided, and the evidence.

    ``counterexample`` has the sizes, the values and both sides' values; ``condition``
    says what one side needs and the other does not.  A certificate has no truth
    value: compare ``verdict``.
    """

    claim: Claim
    verdict: str
    method: str
    evidence: str
    counterexample: Counterexample | None = None
    condition: str | None = None
    _seal: object = None

    def __post_init__(self) -> None:
        if self._seal is not _SEAL:
            raise TypeError("certificates are made by certify only")

    def __bool__(self) -> bool:
        raise TypeError("a certificate has no truth value; compare its verdict")

    def __str__(self) -> str:
        extra = f" where {self.condition}" if self.condition else ""
        example = f"\n  {self.counterexample}" if self.counterexample else ""
        return f"{self.verdict}: {self.claim}{extra}  [{self.method}: {self.evidence}]{example}"

    __repr__ = __str__

    def __reduce__(self) -> tuple[Any, ...]:
        fields = (self.claim, self.verdict, self.method, self.evidence, self.counterexample, self.condition)
        return (_sealed, fields)

    def _repr_latex_(self) -> str:
        sign = {"==": "="}.get(self.claim.relation, self.claim.relation)
        return f"${latex(self.claim.left)} {sign} {latex(self.claim.right)}$ ({self.verdict})"

    _repr_html_ = html_view


class Evidence(str):
    """The evidence as a text; ``difference`` is the first term of left − right in index notation, where it is known."""

    difference: str | None

    def __new__(cls, text: str, difference: str = "") -> Evidence:
        made = super().__new__(cls, text)
        made.difference = difference or None
        return made

    def __reduce__(self) -> tuple[type[Evidence], tuple[str, str]]:
        return (Evidence, (str(self), self.difference or ""))


_SEAL = object()


def _sealed(
    claim: Claim,
    verdict: str,
    method: str,
    evidence: str,
    counterexample: Counterexample | None = None,
    where: str | None = None,
) -> Certificate:
    return Certificate(claim, verdict, method, evidence, counterexample, where, _SEAL)


def certify(
    left: Any,
    right: Any,
    *,
    symbols: Symbols | None = None,
    where: Mapping[str, str] | None = None,
    seconds: float | None = SECONDS,
) -> Certificate:
    """Decide ``left == right`` for all sizes and all values at which both sides are defined.

    Sides are expressions, texts (with ``symbols``), or SymPy objects and numbers.
    Raises ShapeError where the sides' shapes differ, RandomnessError where a random
    symbol stands outside E, and what reading a text raises.  Never raises because a
    claim is false or hard, and ends within about ``seconds``.

    >>> from symderiv.scope import declare
    >>> certify("(A@B).T", "B.T@A.T", symbols=declare(A="matrix(n, m)", B="matrix(m, k)")).verdict
    'proved'
    """
    foreign = _foreign(left) or _foreign(right)
    a, b = (left, right) if foreign else sides(left, right, symbols, where)
    claim = Claim(a, "==", b)
    try:
        with deadline(seconds):
            return _sealed(claim, *decide(a, b)) if foreign else _decide(claim, a, b)
    except LimitError as limit:
        return _sealed(claim, UNDECIDED, "limits", str(limit))
    except MemoryError:
        return _sealed(claim, UNDECIDED, "limits", "the claim needs more memory than there is")
    except RecursionError:
        return _sealed(claim, UNDECIDED, "limits", "the expression is nested too deeply for the kernel")


def _foreign(side: Any) -> bool:
    return not isinstance(side, (Expr, str)) and as_expr(side) is None


def sides(left: Any, right: Any, symbols: Symbols | None, where: Mapping[str, str] | None) -> tuple[Expr, Expr]:
    """Both sides as expressions of one shape; raises as ``certify`` does."""
    found = []
    for side in (left, right):
        if isinstance(side, str):
            if symbols is None:
                raise ReadingError("a side given as text needs symbols=declare(…) to be read", side, (0, len(side)))
            side = as_scope(symbols).read(side, where)
        found.append(as_expr(side))
    a, b = found
    assert a is not None and b is not None
    if a.shape != b.shape:
        # the number 0 stands for zeros of any shape
        if b.op == "num" and b.data == 0:
            b = constant("zeros", a.shape)
        elif a.op == "num" and a.data == 0:
            a = constant("zeros", b.shape)
        else:
            raise ShapeError(
                f"the sides have different shapes: left {a} is {show(a.shape)}, right {b} is {show(b.shape)}; "
                "an equality needs one shape"
            )
    return a, b


def _decide(claim: Claim, a: Expr, b: Expr) -> Certificate:
    rng = Random(20_22)
    difference: Form | None = None
    reason = ""
    try:
        no_random(a)
        no_random(b)
        difference = subtract(lower(a), lower(b))
        multipliers = vanishes(difference)
        if multipliers is None:
            multipliers = _where_positive(a, b)
    except LimitError as limit:
        multipliers, reason = None, str(limit)
    void = undefined_average(a, b)
    if void is not None:
        return _sealed(claim, UNDECIDED, "domains", void)
    if multipliers is not None:
        return _proved(claim, a, b, multipliers, rng)
    example, tried = search(a, b, rng, different=difference is not None and bool(difference.constant))
    if example is not None:
        term = first_term(difference) if difference is not None else ""
        evidence = Evidence(f"the sides differ at {example.place}", term)
        return _sealed(claim, REFUTED, example.method, evidence, example)
    if tried.instances:
        seen = f"held on {tried.instances} {tried.method} instances, sizes {tried.sizes}"
        return _sealed(claim, SUPPORTED, "instances", f"{seen}{'; ' + reason if reason else ''}")
    return _sealed(claim, UNDECIDED, "instances", reason or tried.reason or "no instance could be evaluated")


def _where_positive(a: Expr, b: Expr) -> tuple[str, ...] | None:
    """Decide again with all that must be positive for the sides to be defined taken for positive.

    Symbols are declared so; of what is no symbol, the sign is put in.
    """
    if not any(need.relation in ("> 0", ">= 0") for side in (a, b) for need in needs(side).values()):
        return None
    for x in positive_symbols(a, b):
        image = symbol(replace(x.data, properties=x.data.properties | {"positive"}))
        a, b = replace_leaf(a, x, image), replace_leaf(b, x, image)
    return vanishes(with_known_signs(subtract(lower(a), lower(b)), a, b))


def _proved(claim: Claim, a: Expr, b: Expr, multipliers: tuple[str, ...], rng: Random) -> Certificate:
    example, seen = confront(a, b, rng)
    # a law that does not exist is not seen by an instance of its closed form
    if (not seen or random_leaves(a) or random_leaves(b)) and not has_common_point(a, b):
        return _sealed(claim, UNDECIDED, "domains", "no point was found at which both sides are defined")
    if example is not None:
        text = f"the symbolic proof is contradicted by an instance at {example.place}; please report this"
        return _sealed(claim, UNDECIDED, "two routes disagree", text, example)
    if not multipliers:
        method, evidence = "index normal form", "both sides have the same canonical form"
    else:
        counted = sorted({m: multipliers.count(m) for m in multipliers}.items())
        method = "clearing of inverses"
        evidence = "the difference vanishes after multiplication by " + ", ".join(f"{m} ({k}×)" for m, k in counted)
    return _sealed(claim, PROVED, method, evidence, None, condition(a, b))
