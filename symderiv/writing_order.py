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
    >>> in_order(3 * u * w**2 + u, (w, u))
    3*w**2*u + u
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
    if expression.is_Add or expression.is_Mul:
        worked_out = expression.func(*expression.args) == expression
        return expression.func(*arguments, evaluate=worked_out)
    return expression.func(*arguments)


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
