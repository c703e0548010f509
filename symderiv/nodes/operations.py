"""The operations a graph's nodes are made of: one table row per operation.

A row says how the operation is written as a small SymPy expression over slots
(its *template*), which NumPy function computes it and how a scalar loop writes
it.  Nothing else about an operation is typed in: its local partials are derived
from the template (``partials``), its rendering comes from SymPy's printers.

Two kinds of rows are added while a program runs: powers with a constant exponent
and templates of the user, any SymPy expression.  A row's position in the table
is its code, the number that stands in a graph's columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

SymPyTemplate = Callable[..., Any]


@dataclass(frozen=True)
class Operation:
    """One row: ``template(sympy, *slots)`` is the SymPy expression of the value.

    ``ufunc`` names the array function with the signature ``f(*arguments, out)``
    (``elementwise`` has those NumPy has not) and ``scalar`` is the same as text of
    a loop body; both are empty where the value is computed by lowering the
    template to other rows.  ``faithful`` says
    that a NaN or an infinity among the arguments always shows in the value.
    ``form`` offers a shorter way to write the partial of a unary operation,
    with ``v`` for the value; it is used only after SymPy has confirmed it.
    """

    name: str
    arity: int
    template: SymPyTemplate
    ufunc: str = ""
    scalar: str = ""
    faithful: bool = False
    form: Callable[..., Any] | None = None


_BY_SIGN = "(1.0 if {{0}} > 0 else ({} if {{0}} < 0 else UNDECIDED))"

INPUT = 0
CONSTANT = 1

OPERATIONS: list[Operation] = [
    Operation("input", 0, lambda sp: sp.nan),
    Operation("constant", 0, lambda sp: sp.nan),
    Operation("identity", 1, lambda sp, a: a, "positive", "{0}", True),
    Operation("add", 2, lambda sp, a, b: a + b, "add", "{0} + {1}", True),
    Operation("sub", 2, lambda sp, a, b: a - b, "subtract", "{0} - {1}", True),
    Operation("mul", 2, lambda sp, a, b: a * b, "multiply", "{0} * {1}", True),
    Operation("div", 2, lambda sp, a, b: a / b, "divide", "{0} / {1}"),
    Operation("neg", 1, lambda sp, a: -a, "negative", "-{0}", True),
    Operation("pow", 2, lambda sp, a, b: a**b, "power"),
    Operation("exp", 1, lambda sp, a: sp.exp(a), "exp"),
    Operation("log", 1, lambda sp, a: sp.log(a), "log"),
    Operation("sqrt", 1, lambda sp, a: sp.sqrt(a), "sqrt", "math.sqrt({0})"),
    Operation("sin", 1, lambda sp, a: sp.sin(a), "sin", "math.sin({0})", True),
    Operation("cos", 1, lambda sp, a: sp.cos(a), "cos", "math.cos({0})", True),
    Operation("tan", 1, lambda sp, a: sp.tan(a), "tan", "math.tan({0})", True),
    Operation("asin", 1, lambda sp, a: sp.asin(a), "arcsin", "", True),
    Operation("acos", 1, lambda sp, a: sp.acos(a), "arccos", "", True),
    Operation("atan", 1, lambda sp, a: sp.atan(a), "arctan"),
    Operation("sinh", 1, lambda sp, a: sp.sinh(a), "sinh", "", True),
    Operation("cosh", 1, lambda sp, a: sp.cosh(a), "cosh", "", True),
    Operation("tanh", 1, lambda sp, a: sp.tanh(a), "tanh"),
    Operation(
        "sigmoid",
        1,
        lambda sp, a: 1 / (1 + sp.exp(-a)),
        "sigmoid",
        form=lambda sp, a, v: v * (1 - v),
    ),
    Operation(
        "softplus",
        1,
        lambda sp, a: sp.log(1 + sp.exp(a)),
        "softplus",
        form=lambda sp, a, v: 1 / (1 + sp.exp(-a)),
    ),
    Operation("relu", 1, lambda sp, a: sp.Max(0, a), "relu", "max({0}, 0.0)"),
    Operation("abs", 1, lambda sp, a: sp.Abs(a), "absolute", "abs({0})", True),
    Operation("sign", 1, lambda sp, a: sp.sign(a), "sign", _BY_SIGN.format(-1.0)),
    Operation("step", 1, lambda sp, a: sp.Heaviside(a), "step", _BY_SIGN.format(0.0)),
    Operation("maximum", 2, lambda sp, a, b: sp.Max(a, b), "maximum", "max({0}, {1})"),
    Operation("minimum", 2, lambda sp, a, b: sp.Min(a, b), "minimum", "min({0}, {1})"),
    Operation("erf", 1, lambda sp, a: sp.erf(a), "erf", "math.erf({0})"),
    Operation("square", 1, lambda sp, a: a**2, "square", "{0} * {0}", True),
    Operation("reciprocal", 1, lambda sp, a: 1 / a, "reciprocal", "1.0 / {0}"),
]

CODES: dict[str, int] = {row.name: code for code, row in enumerate(OPERATIONS)}
_added: dict[Any, int] = {}


def power_code(exponent: int | Fraction | float) -> int:
    """The code of ``a ** exponent`` for a constant exponent; the row is made at the first use."""
    if exponent == 0:
        import sympy as sp

        return template_code(sp.S.One, slot_symbols(1))
    for special, name in ((1, "identity"), (2, "square"), (-1, "reciprocal")):
        if exponent == special:
            return CODES[name]
    key = ("power", type(exponent).__name__, exponent)
    if key not in _added:

        def template(sp: Any, a: Any) -> Any:
            if isinstance(exponent, float):
                return a ** sp.Float(exponent)
            return a ** sp.Rational(exponent.numerator, exponent.denominator)

        faithful = isinstance(exponent, int) and exponent > 0
        _added[key] = _append(Operation(f"power {exponent}", 1, template, faithful=faithful))
    return _added[key]


def template_code(expression: Any, slots: tuple[Any, ...]) -> int:
    """The code of a user's SymPy expression over the given slot symbols; equal templates share one row.

    What an integral or a sum runs over gets a name that no node can have, so that it captures no argument.
    """
    if not expression.is_Symbol:
        expression = expression.as_dummy()
    key = (expression, slots)
    if key not in _added:

        def template(_sympy: Any, *arguments: Any) -> Any:
            return expression.xreplace(dict(zip(slots, arguments, strict=True)))

        _added[key] = _append(Operation(f"template {len(OPERATIONS)}", len(slots), template))
    return _added[key]


def _append(row: Operation) -> int:
    OPERATIONS.append(row)
    return len(OPERATIONS) - 1


def slot_symbols(arity: int) -> tuple[Any, ...]:
    """The real SymPy symbols that stand for a template's arguments."""
    import sympy as sp

    return tuple(sp.Symbol(f"slot_{k}", real=True) for k in range(arity))
