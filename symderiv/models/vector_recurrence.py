"""Recurrences with vector states, rewritten entry by entry as a recurrence of numbers.

``h = W*(u_t + h_prev)`` with W (2, 2) becomes ``ha = Waa*(ua_t + ha_prev) + Wab*(ub_t + hb_prev)`` and the same for
``hb``: entries are named by letters, so that numbers stay free for time steps.  ``*`` and ``@`` are the matrix product
where both sides have axes; functions act on every entry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import ascii_lowercase
from typing import Any

import sympy as sp

from symderiv.errors import LimitError, ModelError
from symderiv.models.recurrent import FUNCTIONS, read_recurrence
from symderiv.models.rule_language import evaluate_rule, free_names


def entry_names(name: str, size: int) -> list[str]:
    """The names of a vector's entries: ``ha``, ``hb``, …; LimitError beyond 26.

    >>> entry_names("h", 2)
    ['ha', 'hb']
    """
    if size > len(ascii_lowercase):
        raise LimitError(f"{name} has {size} entries; at most {len(ascii_lowercase)} are unrolled")
    return [name + letter for letter in ascii_lowercase[:size]]


def componentwise(text: str, size: int, axes: Mapping[str, int]) -> str:
    """The recurrence of the entries; ``axes`` says how many axes (0, 1, 2) the names other than states have.

    Inputs are told by their stem, ``u`` for ``u_t``.  Raises ModelError where shapes do not fit.

    >>> componentwise("h = W*h_prev", 2, {"W": 2})
    'ha = Waa*ha_prev + Wab*hb_prev; hb = Wba*ha_prev + Wbb*hb_prev'
    """
    recurrence = read_recurrence(text)
    lines = []
    for state, tree in recurrence.equations:
        names = {name: _entries(name, size, {**axes, **dict.fromkeys(recurrence.states, 1)}) for name in
                 sorted(free_names(tree))}  # fmt: skip
        try:
            right: Any = evaluate_rule(tree, names, {name: _each(sp.Function(name)) for name in FUNCTIONS})
        except (sp.matrices.exceptions.ShapeError, TypeError) as error:
            raise ModelError(f"the shapes in {state!r} do not fit: {error}") from None
        if not isinstance(right, sp.MatrixBase) or right.shape != (size, 1):
            raise ModelError(f"the right side of {state!r} is no vector of {size} entries")
        lines += [f"{name} = {entry}" for name, entry in zip(entry_names(state, size), right, strict=True)]
    return "; ".join(lines)


def _entries(name: str, size: int, axes: Mapping[str, int]) -> Any:
    """A name as a SymPy symbol, column or square matrix; its time ending goes to every entry."""
    found = re.fullmatch(r"(\w+?)(_t|_prev\d*|)", name)
    stem, ending = (found[1], found[2]) if found else (name, "")
    count = axes.get(stem, 0)
    if count == 0:
        return sp.Symbol(name)
    if count == 1:
        return sp.Matrix([sp.Symbol(entry + ending) for entry in entry_names(stem, size)])
    return sp.Matrix([[sp.Symbol(e + ending) for e in entry_names(row, size)] for row in entry_names(stem, size)])


def _each(function: Any) -> Any:
    return lambda value: value.applyfunc(function) if isinstance(value, sp.MatrixBase) else function(value)
