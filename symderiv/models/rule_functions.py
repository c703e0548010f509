"""The functions a rule text may call, over exact SymPy values, lists and matrices.

A sequence is a Python list, a matrix a SymPy matrix, everything else a SymPy
expression.  What cannot be decided without numbers (the order of two symbols,
a branch on one) raises ``Undecided``, so that a caller may go on with numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from symderiv.errors import LimitError, ModelError

MAX_ITEMS = 10_000

Value = Any  # a SymPy expression, a SymPy matrix, a bool or a list of values


class Undecided(ModelError):
    """A rule needs the order or the sign of symbols, which only numbers have."""


def items(value: Value, what: str) -> list[Value]:
    """The entries of a sequence or of a vector; ModelError for a scalar."""
    if isinstance(value, list):
        return value
    if isinstance(value, sp.MatrixBase):
        return list(value)
    raise ModelError(f"{what} needs a list, got the scalar {value}; write for example [{value}]")


def integer(value: Value, what: str) -> int:
    """A Python integer; ModelError where the value is symbolic or fractional."""
    value = sp.sympify(value) if isinstance(value, int) else value
    if isinstance(value, sp.Integer):
        return int(value)
    raise ModelError(f"{what} must be a whole number, got {value}")


def elementwise(function: Callable[[Any], Any]) -> Callable[[Value], Value]:
    """Lift a scalar function to matrices entry by entry."""

    def lifted(value: Value) -> Value:
        return value.applyfunc(function) if isinstance(value, sp.MatrixBase) else function(value)

    return lifted


def truth(value: Value) -> bool:
    """Decide a condition; Undecided where it hangs on a symbol."""
    if isinstance(value, list):
        return bool(value)
    if value is True or value == sp.true:
        return True
    if value is False or value == sp.false:
        return False
    if isinstance(value, sp.Expr) and value.is_number:
        return not value.is_zero
    raise Undecided(f"the condition {value} cannot be decided without numbers")


def as_number(value: Value) -> Value:
    """A condition as 1 or 0, so that conditions can be added and multiplied; any other value as it is."""
    if isinstance(value, bool):
        return sp.Integer(value)
    if isinstance(value, sp.logic.boolalg.Boolean) and not isinstance(value, sp.Symbol):
        return sp.Piecewise((sp.S.One, value), (sp.S.Zero, True))
    return value


def add_all(values: list[Value], start: Value = sp.S.Zero) -> Value:
    """The sum; an empty one is ``start``."""
    total = start
    for value in map(as_number, values):
        total = value if total is sp.S.Zero else total + value
    return total


def multiply_all(values: list[Value]) -> Value:
    """The product from left to right (matrices by the matrix product)."""
    total: Value = sp.S.One
    for value in values:
        total = value if total is sp.S.One else total * value
    return total


def entrywise(combine: Callable[..., Any]) -> Callable[[list[Value]], Value]:
    """A combination of scalars, applied entry by entry where the values are matrices."""

    def combined(values: list[Value]) -> Value:
        if not values:
            raise ModelError("max, min or a componentwise product of nothing is not defined; give at least one message")
        if not isinstance(values[0], sp.MatrixBase):
            return combine(*values)
        shape = values[0].shape
        return sp.Matrix(*shape, lambda i, j: combine(*(v[i, j] for v in values)))

    return combined


maximum = entrywise(sp.Max)
minimum = entrywise(sp.Min)
hadamard = entrywise(sp.Mul)


def order_statistics(values: list[Value], key: Callable[[Value], Value] | None = None) -> list[Value]:
    """The values in rising order; of symbols the k-th smallest as an opaque symmetric function."""
    keys = [key(v) for v in values] if key else values
    if all(isinstance(k, sp.Expr) and k.is_comparable for k in keys):
        place = sorted(range(len(values)), key=lambda i: keys[i])
        return [values[i] for i in place]
    if key is None and all(isinstance(v, sp.MatrixBase) and all(e.is_comparable for e in v) for v in values):
        return sorted(values, key=list)  # lexicographically
    if key is not None or not all(isinstance(v, sp.Expr) for v in values):
        raise Undecided("sorting by a key needs numbers")
    from sympy.core.sorting import default_sort_key

    canonical = sorted(values, key=default_sort_key)
    return [sp.Function(f"smallest_{k + 1}")(*canonical) for k in range(len(values))]


def mean(values: list[Value]) -> Value:
    """The arithmetic mean; ModelError of nothing."""
    if not values:
        raise ModelError("the mean of no messages is not defined; an isolated node needs its own rule")
    return add_all(values) / sp.Integer(len(values))


def _median(*values: Value) -> Value:
    ordered = order_statistics(list(values))
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


# the middle of the sorted values, or the mean of the two middle ones
median = entrywise(_median)


def _variance(*values: Value) -> Value:
    centre = mean(list(values))
    return mean([(v - centre) ** 2 for v in values])


# the mean squared deviation (divides by the number of values)
variance = entrywise(_variance)
logsumexp = entrywise(lambda *values: sp.log(add_all([sp.exp(v) for v in values])))


def softmax(values: list[Value]) -> list[Value]:
    """exp of each over the sum of all."""
    total = add_all([sp.exp(v) for v in values])
    return [sp.exp(v) / total for v in values]


def concatenate(values: list[Value]) -> Value:
    """Scalars, lists or columns one below the other, as one column."""
    flat: list[Any] = []
    for value in values:
        flat.extend(items(value, "concat") if isinstance(value, (list, sp.MatrixBase)) else [value])
    return sp.Matrix(flat)


def counted(*bounds: Value) -> list[Value]:
    """range over whole numbers, at most MAX_ITEMS long."""
    numbers = range(*(integer(b, "range") for b in bounds))
    if len(numbers) > MAX_ITEMS:
        raise LimitError(f"range of {len(numbers)} numbers; at most {MAX_ITEMS} are allowed")
    return [sp.Integer(k) for k in numbers]


def distinct(values: list[Value]) -> list[Value]:
    """The different values in rising order; needs numbers, since two symbols may be equal."""
    if not all(isinstance(v, sp.Expr) and v.is_comparable for v in values):
        raise Undecided("whether two symbols are equal cannot be decided without numbers")
    return order_statistics(list(dict.fromkeys(values)))


def inverse(matrix: Any) -> Value:
    """The inverse; ModelError for a singular matrix."""
    if matrix.shape[0] != matrix.shape[1] or matrix.det().is_zero:
        raise ModelError("division by zero in a rule: the matrix to invert is singular")
    return matrix.inv()


def _relu(value: Any) -> Any:
    return sp.Max(0, value)


SCALAR: dict[str, Callable[[Value], Value]] = {
    name: elementwise(function)
    for name, function in {
        "abs": sp.Abs, "exp": sp.exp, "log": sp.log, "ln": sp.log, "sqrt": sp.sqrt, "tanh": sp.tanh,
        "sin": sp.sin, "cos": sp.cos, "sign": sp.sign, "floor": sp.floor, "relu": _relu, "float": lambda v: v,
        "sigmoid": lambda v: 1 / (1 + sp.exp(-v)), "softplus": lambda v: sp.log(1 + sp.exp(v)),
    }.items()
}  # fmt: skip

OF_LIST: dict[str, Callable[[list[Value]], Value]] = {
    "prod": multiply_all, "mean": mean, "median": median, "var": variance, "variance": variance,
    "std": entrywise(lambda *v: sp.sqrt(_variance(*v))), "logsumexp": logsumexp,
    "softmax": softmax, "concat": concatenate, "hadamard": hadamard,
    "len": lambda v: sp.Integer(len(v)), "list": list, "tuple": list, "reversed": lambda v: list(reversed(v)),
    "set": distinct, "any": lambda v: any(truth(x) for x in v), "all": lambda v: all(truth(x) for x in v),
}  # fmt: skip

OF_MATRIX: dict[str, Callable[[Any], Value]] = {
    "det": lambda a: a.det(), "trace": lambda a: a.trace(), "tr": lambda a: a.trace(),
    "transpose": lambda a: a.T, "inv": inverse, "diag": lambda a: sp.diag(*list(a)),
}  # fmt: skip
