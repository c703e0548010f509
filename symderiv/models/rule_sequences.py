"""The functions of a rule text that take several arguments or make lists of lists, and functions nobody defined.

``OPAQUE`` are the names people give to a function that may be anything (``phi(sum_j psi(m_j))``): each stands for one
generic function, which is enough to tell orders apart and says nothing about its shape.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import sympy as sp

from symderiv.errors import LimitError, ModelError
from symderiv.models.rule_functions import (
    MAX_ITEMS,
    Undecided,
    Value,
    add_all,
    counted,
    entrywise,
    integer,
    items,
    order_statistics,
)
from symderiv.models.rule_operators import power


def enumerated(values: Value, start: Value = sp.S.Zero) -> list[Value]:
    """Pairs of a position and an entry."""
    first = integer(start, "enumerate")
    return [[sp.Integer(k), v] for k, v in enumerate(items(values, "enumerate"), first)]


def zipped(*lists: Value) -> list[Value]:
    """The entries side by side, as many as the shortest list has."""
    return [list(group) for group in zip(*(items(a, "zip") for a in lists), strict=False)]


def fraction(top: Value, under: Value = sp.S.One) -> Value:
    """``Fraction(1, 2)``; ModelError for a denominator 0."""
    if under.is_zero:
        raise ModelError("division by zero in a rule")
    return top / under


def norm(value: Value) -> Value:
    """Root of the sum of squares of all entries; the absolute value of a scalar."""
    if not isinstance(value, (list, sp.MatrixBase)):
        return sp.Abs(value)
    entries = [e for v in items(value, "norm") for e in (v if isinstance(v, sp.MatrixBase) else [v])]
    return sp.sqrt(add_all([e**2 for e in entries]))


def columns(values: Value) -> Value:
    """Columns side by side, as one matrix."""
    return sp.Matrix.hstack(
        *(sp.Matrix(v) if isinstance(v, sp.MatrixBase) else sp.Matrix([v]) for v in items(values, "columns"))
    )


def cross(values: Value) -> Value:
    """The cross product of two columns of three entries; ModelError of anything else."""
    columns_ = [v for v in items(values, "cross") if isinstance(v, sp.MatrixBase) and v.shape == (3, 1)]
    if len(columns_) != 2 or len(items(values, "cross")) != 2:
        raise ModelError("a cross product takes two columns of three entries")
    return columns_[0].cross(columns_[1])


def kronecker(values: Value) -> Value:
    """The Kronecker product from left to right; of scalars the product."""
    factors = [sp.Matrix(v) if isinstance(v, sp.MatrixBase) else sp.Matrix([[v]]) for v in items(values, "kron")]
    product = sp.Matrix(sp.kronecker_product(*factors))
    return product if any(f.shape != (1, 1) for f in factors) else product[0, 0]


def sorted_entries(values: Value) -> list[Value]:
    """The k-th smallest in every entry, for k = 1, 2, …: the messages sorted entry by entry."""
    entries = items(values, "sorted_entries")
    return [entrywise(lambda *v, k=k: order_statistics(list(v))[k])(entries) for k in range(len(entries))]


def position(values: Value, entry: Value) -> Value:
    """The first place of an entry; ModelError where it is not there."""
    for place, value in enumerate(items(values, "index")):
        if isinstance(value, sp.Expr) and not (value - entry).is_comparable:
            raise Undecided("the place of an entry needs numbers")
        if value == entry:
            return sp.Integer(place)
    raise ModelError(f"{entry} is not in the list")


def chosen(make: Callable[..., Iterable[Any]]) -> Callable[..., list[Value]]:
    """permutations or combinations of a list, at most MAX_ITEMS of them."""

    def made(values: Value, size: Value = None) -> list[Value]:
        entries = items(values, "a choice of entries")
        sizes = [] if size is None else [integer(size, "a choice of entries")]
        found = [list(group) for group in itertools.islice(make(entries, *sizes), MAX_ITEMS + 1)]
        if len(found) > MAX_ITEMS:
            raise LimitError(f"more than {MAX_ITEMS} choices of entries; test a smaller degree")
        return found

    return made


def _generic(number: int) -> Callable[..., Value]:
    """A function that treats no two of its arguments alike, entry by entry on one matrix of the messages' shape."""

    def function(*arguments: Value) -> Value:
        single = arguments[0] if len(arguments) == 1 else None
        if isinstance(single, sp.MatrixBase):
            flat = list(single)
            return sp.Matrix(*single.shape, lambda i, j: _mix(flat, number + i + j))
        flat = [e for a in arguments for e in (a if isinstance(a, (list, sp.MatrixBase)) else [a])]
        if any(isinstance(e, sp.MatrixBase) for e in flat):
            flat = [e for a in flat for e in (a if isinstance(a, sp.MatrixBase) else [a])]
        return _mix(flat, number)

    return function


def _mix(entries: list[Value], number: int) -> Value:
    return add_all([sp.Integer(sp.prime(k + number)) * (e + e**2) for k, e in enumerate(entries)])


OF_ARGUMENTS: dict[str, Callable[..., Value]] = {
    "range": counted, "enumerate": enumerated, "zip": zipped, "pow": power, "Fraction": fraction, "Rational": fraction,
    "norm": norm, "columns": columns, "hstack": columns, "permutations": chosen(itertools.permutations),
    "combinations": chosen(itertools.combinations), "cross": cross, "kron": kronecker, "sorted_entries": sorted_entries,
}  # fmt: skip
OPAQUE: dict[str, Callable[..., Value]] = {
    name: _generic(number + 1)
    for number, name in enumerate(
        [
            "f",
            "g",
            "h",
            "phi",
            "psi",
            "rho",
            "MLP",
            "mlp",
            "NN",
            "F",
            "G",
            "sigma",
            "MLP1",
            "MLP2",
            "MLP_1",
            "MLP_2",
            "LSTM",
            "GRU",
            "RNN",
            "net",
        ]
    )
} | {"degree": lambda value: 1 + _mix(list(value) if isinstance(value, sp.MatrixBase) else [value], 3) ** 2}


def spread(name: str, arguments: list[Value]) -> Value:
    """Call one of ``OF_ARGUMENTS``; ModelError for a number or kind of arguments it does not take."""
    try:
        return OF_ARGUMENTS[name](*arguments)
    except TypeError:
        raise ModelError(f"{name} does not take {len(arguments)} arguments of these kinds in a rule") from None
