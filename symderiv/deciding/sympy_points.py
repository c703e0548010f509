"""Numbers for SymPy sides: rational points that satisfy the assumptions, values there, and differences that are sure.

SymPy's evaluation tracks cancellation but not what cancellation does behind a pole or a
jump.  A difference is therefore sure only where it is a rational number, or where two
precisions agree about it and nothing that is evaluated stands at a pole or a jump.
"""

from __future__ import annotations

from typing import Any

DIGITS = 40
PRINTED_BITS = 13_000  # before the point: Python writes 4300 digits
MAX_SUMMANDS = 10_000
SIGNS = 3  # symbols whose signs change independently
MAX_FLOAT_BITS = 40_000  # of a decimal number that is written out
ROUNDING = 10**12  # what arithmetic with decimals may have rounded away, relatively

Values = dict[Any, Any]


def exact(side: Any) -> Any:
    """The side with every decimal number as the fraction that it prints.

    >>> import sympy as sp
    >>> exact(sp.Symbol("x") ** sp.Float(0.5))
    sqrt(x)
    """
    import sympy as sp

    return side.xreplace({f: _decimal(f, sp) for f in side.atoms(sp.Float)})


def _decimal(f: Any, sp: Any) -> Any:
    """The shortest decimal that reads back as the same float of the same precision."""
    _, _, exponent, bits = f._mpf_
    if abs(exponent) + bits > MAX_FLOAT_BITS:
        return f  # written out it would fill the memory
    least = int(f._prec * 0.30103)
    texts = (str(sp.Float(f, digits)) for digits in range(max(1, least), least + 4))
    return next((sp.Rational(t) for t in texts if sp.Float(t, precision=f._prec) == f), sp.Rational(f))


def points(symbols: set[Any], count: int) -> list[Values]:
    """Distinct rationals that satisfy the symbols' assumptions; first positive ones, so that roots are defined."""
    found = (_point(symbols, k) for k in range(count))
    return [values for values in found if all(_allowed(s, v) for s, v in values.items())]


def _point(symbols: set[Any], k: int) -> Values:
    import sympy as sp

    ordered = sorted(symbols, key=str)
    start = [sp.Rational(3 + 2 * i + 5 * k, 2 + (i + k) % 5) for i in range(len(ordered))]
    # like a counter, so that the signs of several symbols meet in all combinations
    negative = [bool(k >> i % SIGNS & 1) for i in range(len(ordered))]
    return {s: sp.Rational(_value(s, q, n)) for s, q, n in zip(ordered, start, negative, strict=True)}


def _value(s: Any, value: Any, negative: bool) -> Any:
    whole = 2 * value.p if s.is_even else 2 * value.p + 1 if s.is_odd else value.p
    value = whole if s.is_integer else value
    if s.is_positive or s.is_nonnegative:
        return value
    return -value if s.is_negative or s.is_nonpositive or negative else value


def _allowed(s: Any, value: Any) -> bool:
    """Whether a value satisfies every assumption of its symbol (prime, irrational, zero, …)."""
    assumed = {k: v for k, v in s.assumptions0.items() if k != "commutative"}
    return all(getattr(value, f"is_{k}") is v for k, v in assumed.items())


def number(side: Any, values: Values, digits: int = DIGITS) -> Any:
    """The real value of a side at a point; None where it has none, or none that could be shown."""
    try:
        here = side.subs(values)
        if not _summable(here):
            return None
        value = here if here.is_Rational else here.evalf(digits)
    except Exception:  # SymPy's functions raise what they like at numbers they do not take
        return None
    if value.is_Rational:
        return value if int(abs(value)).bit_length() <= PRINTED_BITS else None
    return value if value.is_Float and abs(value) < 10**300 else None


def _summable(here: Any) -> bool:
    """Whether every sum and product runs over whole numbers, not too many; else SymPy continues it as it likes."""
    import sympy as sp

    for _, low, high in (limits for s in here.atoms(sp.Sum, sp.Product) for limits in s.limits):
        if low.is_integer is False or high.is_integer is False:
            return False
        if (high - low).is_number and abs(high - low) > MAX_SUMMANDS:
            return False
    return True


def differs(left: Any, right: Any, values: Values, rounded: bool) -> bool | None:
    """Whether the sides surely differ at a point, surely or to the digits compared do not (None: nobody knows).

    ``rounded`` says that decimals stood in a side: what they may have lost is no difference.
    """
    import sympy as sp

    try:
        gap = (left - right).subs(values)
        if gap.is_Rational:
            scale = number(left, values)
            return None if rounded and gap != 0 and abs(gap) * ROUNDING <= max(1, abs(scale)) else bool(gap != 0)
        once, twice = (gap.evalf(digits) for digits in (DIGITS, 2 * DIGITS))
        if not (once.is_Float and twice.is_Float and abs(once - twice) * 10**10 <= abs(once)) or once == 0:
            # no digit of the difference is known: it is nothing at this precision, or noise
            return False if all(abs(sp.Float(g)) < 10 ** (5 - DIGITS) for g in (once, twice)) else None
        if rounded and abs(once) * ROUNDING <= max(1, abs(number(left, values))):
            return None
        sides = [side.subs(values) for side in (left, right)]
        return True if all(_steady(here) for here in sides) else None
    except Exception:  # as above
        return None


def _steady(here: Any) -> bool:
    """Whether the value is to be trusted: no pole and no jump within reach of a rounding."""
    import sympy as sp

    risky = [p.base for p in here.atoms(sp.Pow) if not p.exp.is_positive]
    for f in here.atoms(sp.sign, sp.Heaviside, sp.log, sp.arg):
        risky.append(f.args[0])
    for f in here.atoms(sp.floor, sp.ceiling, sp.Mod):
        inner = f.args[0] if len(f.args) == 1 else f.args[0] / f.args[1]
        if not inner.is_Rational:
            risky.append(inner - round(inner.evalf(DIGITS)))
    return all(r.is_Rational and r != 0 or abs(r.evalf(DIGITS)) > sp.Rational(1, 10**25) for r in risky if r.is_number)
