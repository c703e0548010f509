"""Expectations of functions of random symbols that are not polynomials."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symderiv.errors import LimitError
from symderiv.expressions import Expr
from symderiv.forms import Form, Product
from symderiv.networks import Factor


def expected_functions(moving: Sequence[Factor], lower: Callable[[Expr], Form], label: int) -> list[Product]:
    """E of a product of factors that all depend on random symbols; raises LimitError: no closed form is known yet."""
    raise LimitError(f"no closed form is known for the expectation of {', '.join(h.kind for h, _, _ in moving)}")
