"""The order in which products and sums are written: as the symbols were declared.

SymPy sorts by name, so that it writes u₁w where a weight w was declared before its
inputs; a page wants w u₁.  The symbols of the expression are replaced by symbols of
the same names that know their rank, and every printer follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any


def in_order(expression: Any, symbols: Sequence[Any]) -> Any:
    """The expression for print, its factors in the order of ``symbols``; other objects are left alone.

    What comes back is for printing: its symbols equal only themselves.

    >>> import sympy as sp
    >>> u, w = sp.symbols("u w")
    >>> in_order(3 * u * w**2 + u, (w, u)), in_order(u - w, (w, u))
    (3*w**2*u + u, u - w)
    """
    if not hasattr(expression, "xreplace"):
        return expression
    present, ranked = expression.free_symbols, _ranked()
    declared = [s for s in symbols if getattr(s, "is_Symbol", False)]
    places = {s: ranked(s.name, rank) for rank, s in enumerate(declared) if s in present}
    return _rebuilt(expression, places) if places else expression


def _rebuilt(expression: Any, places: dict[Any, Any]) -> Any:
    """``xreplace`` that keeps a sum of sums and a product of powers as they were written."""
    if expression in places:
        return places[expression]
    if not expression.args or not (expression.free_symbols & places.keys()):
        return expression
    arguments = [_rebuilt(argument, places) for argument in expression.args]
    if not (expression.is_Add or expression.is_Mul):
        return expression.func(*arguments)
    made = expression.func(*arguments, evaluate=expression.func(*expression.args) == expression)
    if expression.is_Add and _begins_with_minus(made) and not _begins_with_minus(expression):
        return expression  # h - y rather than -y + h
    return made


def _begins_with_minus(total: Any) -> bool:
    return bool(total.as_ordered_terms()[0].could_extract_minus_sign())


@cache
def _ranked() -> Any:
    import sympy as sp

    class Ranked(sp.Symbol):
        """A symbol that is sorted by its rank instead of its name."""

        __slots__ = ("rank",)

        def __new__(cls, name: str, rank: int) -> Any:
            made = sp.Symbol.__xnew__(cls, name)
            made.rank = rank
            return made

        def _hashable_content(self) -> tuple[Any, ...]:
            return (*super()._hashable_content(), self.rank)

        def class_key(self) -> tuple[int, int, str]:
            # what SymPy's printers compare first, for a symbol and for its powers alike
            return 2, self.rank, "Ranked"

    return Ranked
