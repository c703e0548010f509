"""How an answer is written: ``{"expr": …}``, ``{"vec": […]}``, ``{"mat": [[…]]}``, ``{"num": …}``, ``{"words": […]}``.

Formulas are SymPy text (``"-11*log(2)/4"``), which reads back to the same expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from symderiv.errors import ModelError


def text(value: object) -> str:
    """The text of an exact number or formula; e is written ``exp(1)``, since the readers know no name E.

    >>> from fractions import Fraction
    >>> text(Fraction(3, 4))
    '3/4'
    """
    import sympy

    if isinstance(value, sympy.Basic):
        if value.has(sympy.nan, sympy.zoo):
            raise ModelError("the answer divides by 0 somewhere, so that it has no value; look at the data given")
        return str(value.xreplace({sympy.E: sympy.Symbol("exp(1)")}))
    return str(sympy.Rational(value)) if not isinstance(value, str) else value


def expr(value: object) -> dict[str, str]:
    """A formula.

    >>> expr(2)
    {'expr': '2'}
    """
    return {"expr": text(value)}


def vec(values: Iterable[object]) -> dict[str, list[str]]:
    """A vector of formulas.

    >>> vec([1, 2])
    {'vec': ['1', '2']}
    """
    return {"vec": [text(v) for v in values]}


def mat(rows: Iterable[Iterable[object]]) -> dict[str, list[list[str]]]:
    """A matrix of formulas, row by row.

    >>> mat([[1, 0]])
    {'mat': [['1', '0']]}
    """
    return {"mat": [[text(v) for v in row] for row in rows]}


def num(value: Any, digits: int = 20, rtol: str = "1e-9") -> dict[str, str]:
    """A decimal number with the relative tolerance it is good for.

    >>> num(1, 3)
    {'num': '1.00', 'rtol': '1e-9'}
    """
    import sympy

    return {"num": str(sympy.N(value, digits)), "rtol": rtol}


def words(items: Iterable[object]) -> dict[str, list[str]]:
    """A list of tokens.

    >>> words("ab")
    {'words': ['a', 'b']}
    """
    return {"words": [str(item) for item in items]}


def label(name: str) -> dict[str, str]:
    """One word out of a fixed vocabulary.

    >>> label("symmetric")
    {'label': 'symmetric'}
    """
    return {"label": name}


def tensor(rows: Sequence[Any]) -> dict[str, Any]:
    """Nested lists of formulas of any depth: ``vec`` for one axis, ``mat`` for two, ``tensor`` beyond.

    >>> tensor([[[1]], [[2]]])
    {'tensor': [[['1']], [['2']]]}
    """
    depth, probe = 0, rows
    while isinstance(probe, (list, tuple)):
        depth, probe = depth + 1, probe[0]
    name = {1: "vec", 2: "mat"}.get(depth, "tensor")
    return {name: _nested(rows)}


def _nested(value: Any) -> Any:
    return [_nested(v) for v in value] if isinstance(value, (list, tuple)) else text(value)
