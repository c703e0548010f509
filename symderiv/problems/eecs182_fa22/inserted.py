"""A case of an answer, as the scope its statements are read in: some of the names stand for values."""

from __future__ import annotations

from fractions import Fraction

from symderiv.expressions import number
from symderiv.scope import Scope


def inserted(scope: Scope, values: dict[str, int | Fraction]) -> Scope:
    """The scope with numbers for some of its scalars.

    >>> from symderiv.scope import declare
    >>> str(inserted(declare(p="scalar", x="scalar"), {"p": 2}).read("p*x"))
    '2*x'
    """
    return Scope({**scope.symbols, **{name: number(value) for name, value in values.items()}}, scope.dims)
