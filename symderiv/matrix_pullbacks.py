"""Vector-Jacobian products of single nodes, and the form in which a derivative is shown.

``local_pullback`` is the transposed local Jacobian of one use, applied to the
adjoint of the node; the calculus makes it and the kernel proves it.  ``presented``
looks for the shortest of several ways to write a result and takes none that is
not proved equal.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from symderiv.building_blocks import factored, total
from symderiv.calculus import vjp
from symderiv.certify import Certificate, certify
from symderiv.clearing import vanishes
from symderiv.errors import LimitError, RandomnessError
from symderiv.expressions import Expr, combine, constant, make
from symderiv.indexed import subtract
from symderiv.lowering import lower
from symderiv.terms import EXPAND
from symderiv.tidying import ordered, tidy
from symderiv.trees import over, size


@lru_cache(maxsize=10_000)
def local_pullback(definition: Expr, slot: Expr, adjoint: Expr) -> Expr:
    """The adjoint of a node pulled back through one of its slots; the expectation of a node hands it on as it is.

    Raises LimitError for an operator without a derivative rule.
    """
    if definition.op == "E":
        return adjoint
    return presented(vjp(definition, slot, adjoint))


def pullback_certificate(definition: Expr, slot: Expr, adjoint: Expr) -> Certificate:
    """The pulled-back adjoint against the derivative of ⟨adjoint, node⟩ by the kernel's own law.

    For an expectation the claim is about its integrand: derivative and expectation change places.
    """
    inner = definition.args[0] if definition.op == "E" else definition
    pairing = total(combine("mul", adjoint, inner), None)
    return certify(local_pullback(definition, slot, adjoint), make("grad", pairing, slot))


def equal(a: Expr, b: Expr) -> bool:
    """Whether the kernel proves two expressions equal for all sizes."""
    try:
        return vanishes(subtract(lower(a), lower(b))) is not None
    except (LimitError, RandomnessError):
        return False


@lru_cache(maxsize=10_000)
def presented(e: Expr) -> Expr:
    """The shortest of several ways to write an expression that the kernel proves equal to it."""
    seen: dict[Expr, None] = {}
    for change in _CHANGES:
        for known in (e, *seen):
            seen.setdefault(_tried(change, known), None)
    for proposal in sorted(seen, key=size):
        if proposal is e or equal(e, proposal):
            return proposal
    return e


def _tried(change: Callable[[Expr], Expr], e: Expr) -> Expr:
    try:
        return change(e)
    except (LimitError, ValueError):
        return e


def _common(e: Expr) -> Expr:
    """Sums with a common end put together, from the leaves up."""
    return factored(over(e, tuple(map(_common, e.args))))


def _without_ones(e: Expr) -> Expr:
    """Columns of ones beside a full matrix left out: ``col(ones(n)) * M`` is M; rows of a simplex sum to one."""
    args = tuple(map(_without_ones, e.args))
    if e.op == "sum" and e.data == 1 and args[0].op == "sym" and args[0].data.has("simplex"):
        return constant("ones", e.shape)
    if e.op == "mul":
        kept = [a for a in args if not (a.op == "ones" or (a.op == "col" and a.args[0].op == "ones"))]
        if kept and any(a.shape == e.shape for a in kept):
            return kept[0] if len(kept) == 1 else make("mul", *kept)
    return over(e, args)


def _expanded(e: Expr) -> Expr:
    return ordered(e, EXPAND)


_CHANGES = (tidy, _without_ones, _expanded, tidy, _common)
