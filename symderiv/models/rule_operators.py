"""The operators of a rule text, exact and bounded in size, and the refusal of everything else."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NoReturn

import sympy as sp

from symderiv.errors import LimitError, ModelError, ReadingError
from symderiv.models import rule_functions as rf
from symderiv.models.rule_functions import Value

MAX_BITS = 20_000
MODULES = frozenset(
    {"math", "np", "numpy", "statistics", "sp", "sympy", "torch", "functools", "itertools", "fractions"}
)


def power(base: Value, exponent: Value) -> Value:
    """A power whose exact digits stay within MAX_BITS; LimitError beyond."""
    if isinstance(base, sp.Rational) and isinstance(exponent, sp.Integer) and abs(base) not in (0, 1):
        bits = max(abs(base.p).bit_length(), base.q.bit_length()) * abs(int(exponent))
        if bits > MAX_BITS:
            raise LimitError(f"a power of about {bits} bits; at most {MAX_BITS} are computed exactly")
    if base is sp.S.Zero and isinstance(exponent, sp.Expr) and exponent.is_negative:
        raise ModelError("division by zero in a rule")
    return base**exponent


def _divide(left: Value, right: Value) -> Value:
    if isinstance(right, sp.Expr) and right.is_zero:
        raise ModelError("division by zero in a rule")
    return left / right


def join_lists(left: Value, right: Value, node: ast.BinOp) -> Value:
    if isinstance(node.op, ast.Add) and isinstance(left, list) and isinstance(right, list):
        return left + right
    if isinstance(node.op, ast.Mult):
        sequence, count = (left, right) if isinstance(left, list) else (right, left)
        times = rf.integer(count, "repeating a list")
        if isinstance(sequence, list) and len(sequence) * times <= rf.MAX_ITEMS:
            return sequence * times
    raise ModelError(f"{ast.unparse(node)!r}: lists are only joined by + or repeated by *; use a comprehension")


def shape_of(value: Value) -> tuple[int, ...]:
    """The shape of a value, () for a scalar."""
    return tuple(int(d) for d in value.shape) if isinstance(value, sp.MatrixBase) else ()


def refuse(node: ast.AST) -> NoReturn:
    text = ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__
    raise ReadingError(
        f"{text[:60]!r} ({type(node).__name__}) is not in the language of rules: numbers, declared names, arithmetic, "
        "comparison, lists, comprehensions and the listed functions are"
    )


def called(node: ast.expr) -> str:
    """The name of a called function, also behind one of the usual modules."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in MODULES:
        return node.attr
    refuse(node)


def first(name: str, arguments: list[Value]) -> Value:
    """The first argument; ModelError where there is none."""
    if not arguments:
        raise ModelError(f"{name}() needs an argument")
    return arguments[0]


BINARY: dict[type[ast.AST], Callable[[Value, Value], Value]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.MatMult: lambda a, b: a * b, ast.Div: _divide, ast.Pow: power,
    ast.FloorDiv: lambda a, b: sp.floor(_divide(a, b)), ast.Mod: lambda a, b: sp.Mod(a, b),
}  # fmt: skip
COMPARE: dict[type[ast.AST], Callable[[Value, Value], Value]] = {
    ast.Lt: sp.Lt, ast.LtE: sp.Le, ast.Gt: sp.Gt, ast.GtE: sp.Ge, ast.Eq: sp.Eq, ast.NotEq: sp.Ne,
}  # fmt: skip
