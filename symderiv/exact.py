"""Exact numbers from data: Fractions and SymPy numbers read by a whitelist, compared without floats.

``read_exact("3/4")``, ``read_exact("log(2)")``, ``read_exact("-11*log(2)/4")``: the text is parsed by
Python's ``ast`` and walked node by node; nothing is evaluated as code, no name means anything unless it
is in the tables below or declared.  Decimal texts and floats count as the decimal they print
(``0.1`` is 1/10).  Order is decided by exact simplification and intervals of growing precision.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from symderiv.errors import LimitError, ModelError, ReadingError, shorten

if TYPE_CHECKING:
    import sympy

    Names = Iterable[str] | Mapping[str, sympy.Expr]

MAX_TEXT: Final = 10_000
MAX_EXPONENT: Final = 4_000
MAX_SIZE: Final = 10**9
ANY_NAME: Final = "*"


_BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: Final = {
    "sqrt": "sqrt", "log": "log", "ln": "log", "exp": "exp", "abs": "Abs", "Abs": "Abs",
    "tanh": "tanh", "sin": "sin", "cos": "cos", "erf": "erf",
}


def read_exact(value: object, symbols: Names = (), what: str = "number") -> sympy.Expr:
    """An exact SymPy number (or formula in declared names) from an int, Fraction, float, text or SymPy expression.

    ``symbols`` names the free symbols allowed (an iterable of names, a mapping to SymPy objects, or
    ``ANY_NAME``); raises ReadingError for anything outside ``+ - * / **``, parentheses, numbers,
    ``pi``, ``sqrt log exp abs tanh sin cos erf`` and those names, ModelError for a value that is no
    number, LimitError for texts longer than 10 000 characters or exponents beyond 4 000.

    >>> read_exact("3/4") + read_exact(0.25)
    1
    >>> read_exact("log(8)/log(2)", ())
    log(8)/log(2)
    """
    import sympy

    if isinstance(value, bool) or value is None:
        raise ModelError(f"{what}: {value!r} is not a number; write an integer or a text such as '3/4'")
    if isinstance(value, sympy.Expr):
        return value
    if isinstance(value, (int, Fraction)):
        return sympy.Rational(value)
    if isinstance(value, float):
        return _decimal(repr(value), what)
    if isinstance(value, str):
        return _read_text(value, symbols, what)
    raise ModelError(f"{what}: a {type(value).__name__} is not a number; write an integer or a text such as '3/4'")


def _decimal(text: str, what: str) -> sympy.Expr:
    import sympy

    try:
        return sympy.Rational(Fraction(text))
    except (ValueError, OverflowError) as error:
        raise ModelError(f"{what}: {text} is not a finite number") from error


def _read_text(text: str, symbols: Names, what: str) -> sympy.Expr:
    if len(text) > MAX_TEXT:
        raise LimitError(f"{what}: a text of {len(text)} characters is refused; at most {MAX_TEXT} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return _walk(tree.body, text, symbols, what)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, ReadingError):
            raise
        raise ReadingError(f"{what}: {shorten(text)!r} is not an exact number or formula", text) from error


def _walk(node: ast.expr, text: str, symbols: Names, what: str) -> Any:
    import sympy

    def refuse(reason: str) -> ReadingError:
        return ReadingError(f"{what}: {reason}", text, (node.col_offset, node.end_col_offset or node.col_offset + 1))

    if isinstance(node, ast.Constant):
        if type(node.value) not in (int, float):
            raise refuse(f"{node.value!r} is not a number")
        source = ast.get_source_segment(text.strip(), node) or repr(node.value)
        return _decimal(source.replace("_", ""), what)
    if isinstance(node, ast.Name):
        return _name(node.id, symbols, refuse)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        inner = _walk(node.operand, text, symbols, what)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        left, right = (_walk(side, text, symbols, what) for side in (node.left, node.right))
        if isinstance(node.op, ast.Div) and right.is_zero:
            raise refuse("division by zero")
        if isinstance(node.op, ast.Pow) and (left.is_zero and right.is_negative):
            raise refuse("zero to a negative power")
        if isinstance(node.op, ast.Pow) and right.is_Rational and abs(right.p) > MAX_EXPONENT:
            raise LimitError(f"{what}: the exponent {shorten(str(right))} is beyond the limit {MAX_EXPONENT}")
        return _BINARY[type(node.op)](left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        if len(node.args) != 1 or node.keywords:
            raise refuse(f"{node.func.id} takes one argument")
        argument = _walk(node.args[0], text, symbols, what)
        if _FUNCTIONS[node.func.id] == "log" and argument.is_zero:
            raise refuse("log(0) is not a number")
        return getattr(sympy, _FUNCTIONS[node.func.id])(argument)
    raise refuse("only + - * / **, numbers, declared names, pi and " + " ".join(sorted(_FUNCTIONS)) + " are read")


def _name(name: str, symbols: Names, refuse: Callable[[str], ReadingError]) -> Any:
    import sympy

    if isinstance(symbols, Mapping) and name in symbols:
        return symbols[name]
    if name == "pi":
        return sympy.pi
    if symbols == ANY_NAME or (not isinstance(symbols, (str, Mapping)) and name in set(symbols)):
        return sympy.Symbol(name)
    raise refuse(f"the name {shorten(name)!r} is not declared")


def read_vector(values: object, symbols: Names = (), what: str = "vector") -> tuple[sympy.Expr, ...]:
    """A tuple of exact numbers from a list; raises ModelError when it is no list or empty.

    >>> read_vector([1, "1/2"])
    (1, 1/2)
    """
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Sequence) or not values:
        raise ModelError(f"{what}: expected a non-empty list of numbers, got {shorten(repr(values))}")
    return tuple(read_exact(v, symbols, f"{what}, entry {i}") for i, v in enumerate(values))


def read_matrix(
    rows: object, symbols: Names = (), what: str = "matrix"
) -> tuple[tuple[sympy.Expr, ...], ...]:
    """A tuple of equally long rows of exact numbers; raises ModelError when rows differ in length.

    >>> read_matrix([[1, 2], ["1/3", 0]])
    ((1, 2), (1/3, 0))
    """
    if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, Sequence) or not rows:
        raise ModelError(f"{what}: expected a non-empty list of rows, got {shorten(repr(rows))}")
    result = tuple(read_vector(row, symbols, f"{what}, row {i}") for i, row in enumerate(rows))
    for i, row in enumerate(result):
        if len(row) != len(result[0]):
            raise ModelError(
                f"{what}: row 0 has {len(result[0])} entries and row {i} has {len(row)}; make all rows equally long"
            )
    return result


def read_fraction(value: object, what: str = "number") -> Fraction:
    """A rational number; raises ModelError when the value is irrational or symbolic.

    >>> read_fraction("0.35")
    Fraction(7, 20)
    """
    number = read_exact(value, (), what)
    if not number.is_Rational:
        raise ModelError(f"{what}: {shorten(str(value))} is not rational; write a fraction such as '3/4'")
    return Fraction(int(number.p), int(number.q))


def read_int(value: object, what: str = "number", least: int | None = None, most: int = MAX_SIZE) -> int:
    """An integer from ``least`` to ``most``; raises ModelError below, LimitError above.

    >>> read_int("12", least=1)
    12
    """
    number = read_exact(value, (), what)
    if not number.is_Integer:
        raise ModelError(f"{what}: {shorten(str(value))} is not a whole number")
    if least is not None and number < least:
        raise ModelError(f"{what}: {number} is too small; it must be at least {least}")
    if number > most:
        raise LimitError(f"{what}: {shorten(str(number))} is beyond the limit {most}")
    return int(number)


def sign(value: sympy.Expr, what: str = "comparison") -> int:
    """The sign -1, 0 or 1 of an exact real number, decided without floats; raises ModelError where it cannot be.

    >>> sign(read_exact("log(4) - 2*log(2)")), sign(read_exact("log(3) - 1"))
    (0, 1)
    """
    import sympy

    if value.is_Rational:
        return int(sympy.sign(value))
    if value.is_positive:
        return 1
    if value.is_negative:
        return -1
    if not value.free_symbols:
        digits = _ball_sign(value)
        if digits:
            return digits
        reduced = sympy.simplify(sympy.expand_log(sympy.expand(value), force=True))
        if reduced.is_zero or reduced.equals(0):
            return 0
    elif sympy.simplify(value).is_zero:
        return 0
    raise ModelError(f"{what}: the sign of {shorten(str(value))} cannot be decided; give numbers, no free symbols")


def _ball_sign(value: sympy.Expr) -> int:
    """Sign from 40 and 200 correct digits, 0 when the value is indistinguishable from zero there."""
    for digits in (40, 200):
        number = value.evalf(digits, maxn=4 * digits)
        if number.is_real and number._prec > 1 and abs(number) > 10 ** (-digits // 2):
            return 1 if number > 0 else -1
    return 0


def compare(left: sympy.Expr, right: sympy.Expr, what: str = "comparison") -> int:
    """-1, 0 or 1 as ``left`` is smaller than, equal to or larger than ``right``, exactly.

    >>> compare(read_exact("3/10"), read_exact(0.3))
    0
    """
    return sign(left - right, what)


def read_rows(value: object, what: str) -> dict[str, Mapping[str, object]]:
    """A table of tables, name to row; raises ModelError for anything else.

    >>> read_rows({"a": {"b": 1}}, "table")
    {'a': {'b': 1}}
    """
    if not isinstance(value, Mapping) or not all(isinstance(row, Mapping) for row in value.values()):
        raise ModelError(f"{what}: expected a table of rows, each a table, got {shorten(repr(value))}")
    return {str(name): row for name, row in value.items()}


def largest(values: Sequence[sympy.Expr], what: str = "maximum") -> tuple[int, ...]:
    """Positions of the largest of exact real numbers; more than one position is an exact tie.

    >>> largest(read_vector([1, "6/2", 3]))
    (1, 2)
    """
    best = [0]
    for i in range(1, len(values)):
        order = compare(values[i], values[best[0]], what)
        if order > 0:
            best = [i]
        elif order == 0:
            best.append(i)
    return tuple(best)
