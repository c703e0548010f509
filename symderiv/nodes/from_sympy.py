"""From a SymPy expression to a graph: one node per shared subexpression.

The walk is iterative and goes over the expression as a graph, so a deep or
heavily shared expression costs its number of distinct parts.  A head the
operation table has becomes that operation; sums and products become chains with
differences and quotients where SymPy has negative coefficients and powers; any
other head (a Piecewise, a special function) becomes a template of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from symderiv.errors import GraphError, shorten
from symderiv.nodes.columns import Columns
from symderiv.nodes.operations import CODES, power_code, slot_symbols, template_code

HEADS = {
    "exp": "exp", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan", "asin": "asin", "acos": "acos",
    "atan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "Abs": "abs", "sign": "sign", "erf": "erf",
    "Heaviside": "step",
}  # fmt: skip
CHAINS = {"Max": "maximum", "Min": "minimum"}


def insert(columns: Columns, expression: Any, leaf: Callable[[Any], int]) -> int:
    """Add the nodes of ``expression``; ``leaf`` gives the position of a symbol.  Returns the position of the whole."""
    refuse_undefined(expression)
    position: dict[Any, int] = {}
    for part in _postorder(expression):
        if part.is_Symbol:
            position[part] = leaf(part)
        elif part.is_number:
            position[part] = columns.constant(plain_number(part))
        else:
            position[part] = _node(columns, part, [position[a] for a in _arguments(part)])
    return position[expression]


def template_node(columns: Columns, expression: Any, position: dict[Any, int]) -> int:
    """One node whose template is ``expression`` over the given parts."""
    refuse_undefined(expression)
    slots = slot_symbols(len(position))
    code = template_code(expression.xreplace(dict(zip(position, slots, strict=True))), slots)
    return columns.append(code, list(position.values()))


def _postorder(expression: Any) -> list[Any]:
    """Every distinct part once, arguments before uses, without recursion."""
    order: list[Any] = []
    seen: set[Any] = set()
    stack = [(expression, False)]
    while stack:
        part, ready = stack.pop()
        if part in seen:
            continue
        if ready:
            seen.add(part)
            order.append(part)
        else:
            stack.append((part, True))
            stack.extend((argument, False) for argument in reversed(_arguments(part)))
    return order


def _arguments(part: Any) -> list[Any]:
    """The parts that become arguments of the node of ``part``."""
    if part.is_Symbol or part.is_number:
        return []
    if part.is_Add:
        return [term for _, term in _signed_terms(part)]
    if part.is_Mul:
        coefficient, above, below = _quotient(part)
        return [*([] if abs(coefficient) == 1 else [abs(coefficient)]), *above, *below]
    if part.is_Pow and part.exp.is_Rational:
        return [part.base]
    if part.is_Pow or type(part).__name__ in HEADS:
        # the second argument of Heaviside is its value at 0, which stays undecided here
        return list(part.args[:1]) if type(part).__name__ == "Heaviside" else list(part.args)
    return list(part.args) if type(part).__name__ in CHAINS else _open_parts(part)


def _node(columns: Columns, part: Any, arguments: list[int]) -> int:
    head = type(part).__name__
    if part.is_Add:
        return _sum(columns, [sign for sign, _ in _signed_terms(part)], arguments)
    if part.is_Mul:
        coefficient, above, _ = _quotient(part)
        return _product(columns, coefficient, arguments, len(above) + (abs(coefficient) != 1))
    if part.is_Pow and part.exp.is_Rational:
        half = part.exp == Fraction(1, 2)
        return columns.append(CODES["sqrt"] if half else power_code(plain_number(part.exp)), arguments)
    if part.is_Pow:
        return columns.append(CODES["pow"], arguments)
    if head in HEADS:
        return columns.append(CODES[HEADS[head]], arguments)
    if head in CHAINS:
        return _chain(columns, CHAINS[head], arguments)
    return template_node(columns, part, dict(zip(_open_parts(part), arguments, strict=True)))


def _chain(columns: Columns, operation: str, arguments: Sequence[int]) -> int:
    done = arguments[0]
    for argument in arguments[1:]:
        done = columns.append(CODES[operation], (done, argument))
    return done


def _signed_terms(part: Any) -> list[tuple[int, Any]]:
    """The terms of a sum with their signs taken out, a positive one first where there is one."""
    terms = [(-1, -t) if t.as_coeff_Mul()[0].is_negative else (1, t) for t in part.args]
    return sorted(terms, key=lambda signed: -signed[0])


def _sum(columns: Columns, signs: list[int], arguments: list[int]) -> int:
    done = arguments[0] if signs[0] > 0 else columns.append(CODES["neg"], arguments[:1])
    for sign, argument in zip(signs[1:], arguments[1:], strict=True):
        done = columns.append(CODES["add" if sign > 0 else "sub"], (done, argument))
    return done


def _quotient(part: Any) -> tuple[Any, list[Any], list[Any]]:
    """A product as coefficient · factors above / factors below the line."""
    coefficient, rest = part.as_coeff_Mul()
    above: list[Any] = []
    below: list[Any] = []
    for factor in rest.args if rest.is_Mul else (rest,):
        if factor.is_Pow and factor.exp.is_Rational and factor.exp.is_negative:
            below.append(1 / factor)
        else:
            above.append(factor)
    return coefficient, above, below


def _product(columns: Columns, coefficient: Any, arguments: list[int], above: int) -> int:
    top = _chain(columns, "mul", arguments[:above]) if above else columns.constant(1)
    if arguments[above:]:
        top = columns.append(CODES["div"], (top, _chain(columns, "mul", arguments[above:])))
    return columns.append(CODES["neg"], (top,)) if coefficient.is_negative else top


def _open_parts(part: Any) -> list[Any]:
    """The distinct scalar parts of any other head: of a Piecewise those of its branches and conditions."""
    import sympy as sp

    if getattr(part, "bound_symbols", ()):  # what an integral or a sum runs over is no part of the graph
        return sorted(part.free_symbols, key=str)
    found: list[Any] = []
    stack = list(reversed(part.args))
    while stack:
        inner = stack.pop()
        if not isinstance(inner, sp.Expr):
            stack.extend(reversed(inner.args))
        elif inner not in found and not inner.is_number:
            found.append(inner)
    return found


def refuse_undefined(expression: Any) -> None:
    """Raise GraphError for what is no real scalar expression, or holds a NaN or an infinity."""
    import sympy as sp

    if not isinstance(expression, sp.Expr) or getattr(expression, "is_Matrix", False):
        raise GraphError(f"a {type(expression).__name__} is not a scalar SymPy expression and cannot become a node")
    if expression.has(sp.Derivative):
        raise GraphError(
            f"{shorten(str(expression))} holds a derivative that is not worked out; call .doit() first, or use "
            "functions whose derivative SymPy knows"
        )
    not_real = any(symbol.is_extended_real is False for symbol in expression.free_symbols)
    if not_real or expression.has(sp.nan, sp.oo, -sp.oo, sp.zoo, sp.I):
        raise GraphError(
            f"{shorten(str(expression))} holds a NaN, an infinity or an imaginary number; nodes are finite and real"
        )


def plain_number(value: Any) -> Any:
    """A SymPy number as an int, a Fraction, a float, or itself (π)."""
    if value.is_Integer:
        return int(value)
    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    return float(value) if value.is_Float else value
