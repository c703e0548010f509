"""Local partials: what SymPy says about a template, derived once and kept.

``partials(code)`` is all a backward pass needs to know about an operation: for
every slot, whether the local partial is 1, −1, a number, one of the arguments,
the value itself (exp), or a new template over the arguments and the value
(tanh: 1 − v²).  Writing a partial with the value where that is shorter is both
how a person writes it and the cheapest way to compute it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from symderiv.nodes.operations import CODES, OPERATIONS, slot_symbols, template_code

ONE, MINUS_ONE, NUMBER, SLOT, VALUE, TEMPLATE, ZERO = range(7)


@dataclass(frozen=True)
class Partial:
    """The local partial by one slot.

    ``expression`` is over the slots and the value symbol.  ``kind`` is the case;
    ``which`` is the slot of a SLOT partial, the number of a NUMBER partial, the
    code of a TEMPLATE partial, whose arguments are ``slots`` (−1 is the value).
    """

    kind: int
    expression: Any
    which: Any = None
    slots: tuple[int, ...] = ()


@cache
def partials(code: int) -> tuple[Partial, ...]:
    """One Partial for every slot of an operation.

    >>> [p.expression for p in partials(CODES["mul"])]
    [slot_1, slot_0]
    >>> partials(CODES["tanh"])[0].expression
    1 - value**2
    """
    import sympy as sp

    row = OPERATIONS[code]
    slots = slot_symbols(row.arity)
    value = value_symbol()
    expression = row.template(sp, *slots)
    found = []
    for slot in slots:
        derivative = sp.powsimp(slope(expression, slot))
        derivative = _with_value(derivative, expression, value)
        if row.form is not None:
            derivative = _confirmed(row.form(sp, slot, value), derivative, expression, value)
        found.append(_classified(derivative, slots, value))
    return tuple(found)


def slope(expression: Any, symbol: Any) -> Any:
    """The derivative of an expression by one of its symbols, all of them real numbers.

    Where a step or a sign jumps it has no derivative; everywhere else its derivative is 0.

    >>> import sympy as sp
    >>> x = sp.Symbol("x")
    >>> slope(abs(x), x), slope(sp.sign(x), x)
    (sign(x), 0)
    """
    import sympy as sp

    found = sp.diff(expression, symbol)
    if found.has(sp.Derivative, sp.re, sp.im):  # SymPy takes a symbol without assumptions for a complex number
        real = {s: sp.Dummy(s.name, real=True) for s in expression.free_symbols | {symbol} if not s.is_real}
        found = sp.diff(expression.xreplace(real), real.get(symbol, symbol))
        found = found.xreplace({dummy: s for s, dummy in real.items()})
    return found.replace(sp.DiracDelta, lambda *_: sp.S.Zero)


def value_symbol() -> Any:
    """The SymPy symbol that stands for the value of the node in a partial."""
    import sympy as sp

    return sp.Symbol("value", real=True)


def instantiate(partial: Partial, arguments: tuple[Any, ...], value: Any) -> Any:
    """The partial as an expression of the given arguments and value."""
    replacement: dict[Any, Any] = dict(zip(slot_symbols(len(arguments)), arguments, strict=True))
    replacement[value_symbol()] = value
    return partial.expression.xreplace(replacement)


def _with_value(derivative: Any, expression: Any, value: Any) -> Any:
    """The derivative with the template's own value named, where that makes it shorter (tanh: 1 − v², √a: 1/(2v))."""
    import sympy as sp

    if expression.is_Atom or not derivative.free_symbols:
        return derivative
    if expression.is_Pow and expression.exp == sp.S.Half:
        base = sp.Dummy("base", positive=True)
        named = derivative.subs(expression.base, base).subs(base, value**2).subs(sp.sqrt(value**2), value)
    else:
        named = derivative.subs(expression, value)
    same = named == derivative or sp.simplify(named.subs(value, expression) - derivative) == 0
    new_denominators = sp.fraction(named)[1].free_symbols - sp.fraction(derivative)[1].free_symbols - {value}
    shorter = named.count_ops() < derivative.count_ops() and not new_denominators
    return named if same and shorter else derivative


def _confirmed(form: Any, derivative: Any, expression: Any, value: Any) -> Any:
    """The offered form, if SymPy confirms that it equals the derivative; else the derivative."""
    import sympy as sp

    difference = (form - derivative).subs(value, expression)
    return form if sp.simplify(sp.together(difference)) == 0 else derivative


def _classified(derivative: Any, slots: tuple[Any, ...], value: Any) -> Partial:
    if derivative == 0:
        return Partial(ZERO, derivative)
    if derivative == 1:
        return Partial(ONE, derivative)
    if derivative == -1:
        return Partial(MINUS_ONE, derivative)
    if derivative.is_number:
        return Partial(NUMBER, derivative, derivative)
    if derivative in slots:
        return Partial(SLOT, derivative, slots.index(derivative))
    if derivative == value:
        return Partial(VALUE, derivative)
    used = [k for k, slot in enumerate(slots) if derivative.has(slot)]
    names = [slots[k] for k in used]
    if derivative.has(value):
        used.append(-1)
        names.append(value)
    fresh = slot_symbols(len(used))
    over_fresh = derivative.xreplace(dict(zip(names, fresh, strict=True)))
    code = _known_code(derivative, names) or template_code(over_fresh, fresh)
    return Partial(TEMPLATE, derivative, code, tuple(used))


def _known_code(derivative: Any, names: list[Any]) -> int | None:
    """A row of the table whose template is this very expression (cos for sin, step for relu …)."""
    import sympy as sp

    if len(names) != 1:
        return None
    for name, code in CODES.items():
        row = OPERATIONS[code]
        if row.arity == 1 and name != "identity" and row.template(sp, names[0]) == derivative:
            return code
    return None
