"""Equality of SymPy objects: what ``certify`` asks where a side is not an expression of ours.

Scope: polynomials and rational functions in any SymPy atoms (exact, by expansion of
the numerator), and what becomes one after writing hyperbolic functions with exp.
Derivatives that stand in a side are taken first.
A difference is exact where a rational point makes it a rational number other than
0, and otherwise rests on SymPy's error-controlled evaluation to 40 digits.
Not decided: sin(x)**2 + cos(x)**2 = 1 inside a larger argument, such as under a log.
"""

from __future__ import annotations

from math import comb
from typing import Any

from symderiv.deciding.claims import PROVED, REFUTED, SUPPORTED, UNDECIDED, Claim
from symderiv.deciding.refuting import Counterexample
from symderiv.errors import ClaimError

Decision = tuple[Claim, str, str, str, Counterexample | None]
POINTS = 4
DIGITS = 40
MAX_TERMS = 20_000  # of an expanded power
MAX_POWER = 10_000  # whole exponent that is evaluated


def decide(left: Any, right: Any) -> Decision:
    """Claim, verdict, method, evidence, counterexample for ``left = right``."""
    import sympy as sp

    claim = Claim(left, "==", right)
    pairs = _entries(left, right, sp)
    differences = [a - b for a, b in pairs]
    if all(_is_zero(d, sp) for d in differences):
        return claim, PROVED, "polynomial normal form", "the numerator of the difference expands to 0", None
    symbols = {s for pair in pairs for side in pair for s in side.free_symbols}
    if not all(s.is_commutative for s in symbols):
        return claim, UNDECIDED, "instances", "symbols that do not commute have no numbers for values", None
    powers = {p for pair in pairs for side in pair for p in side.atoms(sp.Pow)}
    if any(p.exp.is_Integer and abs(p.exp) > MAX_POWER for p in powers):
        return claim, UNDECIDED, "limits", f"an exponent beyond {MAX_POWER} is not evaluated", None
    agreed = 0
    for k in range(POINTS):
        values = _point(symbols, k, sp)
        if not all(_allowed(s, v) for s, v in values.items()):
            continue
        sides = [[_number(side, values) for side in pair] for pair in pairs]
        if any(x is None for pair in sides for x in pair):
            continue
        for a, b in sides:
            exact = a.is_Rational and b.is_Rational
            if a != b if exact else abs(a - b) > 10 ** (5 - DIGITS) * max(1, abs(a)):
                named = {str(s): float(v) for s, v in values.items()}
                method = "exact rationals" if exact else "evaluation to 40 digits"
                example = Counterexample({}, named, float(a), float(b), method)
                return claim, REFUTED, method, "the sides differ at a point", example
        agreed += 1
    if not agreed:
        return claim, UNDECIDED, "instances", "no point was found at which both sides have real values", None
    return claim, SUPPORTED, "instances", f"agreed to {DIGITS - 5} digits at {agreed} points", None


def _number(side: Any, values: dict[Any, Any]) -> Any:
    """The real value of a side at a point; None where it has none."""
    try:
        here = side.subs(values)
        value = here if here.is_Rational else here.evalf(DIGITS)
    except (RecursionError, ValueError, TypeError, ZeroDivisionError):  # an operator that takes no numbers
        return None
    # a value that no float holds could not be shown
    return value if (value.is_Rational or value.is_Float) and abs(value) < 10**300 else None


def _entries(left: Any, right: Any, sp: Any) -> list[tuple[Any, Any]]:
    sides = []
    for side in (left, right):
        if not isinstance(side, (sp.Basic, sp.MatrixBase, int, float)) and not hasattr(side, "numerator"):
            raise ClaimError(f"cannot decide about a {type(side).__name__}; give expressions, SymPy objects or numbers")
        if isinstance(side, bool):
            raise ClaimError(f"{side} is a truth value, not a number; write 0 or 1")
        exact = side if isinstance(side, (sp.Basic, sp.MatrixBase)) else sp.Rational(str(side))
        if not isinstance(exact, (sp.Expr, sp.MatrixBase)) or exact.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
            raise ClaimError(f"{side} is not a real value; an equality needs expressions or matrices of them")
        sides.append(exact.replace(sp.Derivative, lambda *parts: sp.Derivative(*parts).doit()))
    shapes = [getattr(s, "shape", ()) for s in sides]
    if shapes[0] != shapes[1]:
        raise ClaimError(f"the sides have different shapes: left {shapes[0]}, right {shapes[1]}")
    if not all(getattr(d, "is_Integer", True) for d in shapes[0]):
        raise ClaimError(f"{sides[0]} is {shapes[0]}; of SymPy matrices with symbolic sizes declare symbols instead")
    if shapes[0]:
        return list(zip(sp.Matrix(sides[0]), sp.Matrix(sides[1]), strict=True))
    return [(sides[0], sides[1])]


def _is_zero(d: Any, sp: Any) -> bool:
    if any(_terms(p) > MAX_TERMS for p in d.atoms(sp.Pow)):
        return False
    if sp.expand(d) == 0:
        return True
    numerator, _ = sp.fraction(sp.together(d.rewrite(sp.exp)))
    return bool(sp.expand(numerator, power_exp=True) == 0)


def _terms(power: Any) -> int:
    """How many terms a whole power of a sum expands into."""
    base, e = power.args
    return comb(len(base.args) + abs(int(e)) - 1, len(base.args) - 1) if base.is_Add and e.is_Integer else 1


def _allowed(s: Any, value: Any) -> bool:
    """Whether a value satisfies every assumption of its symbol (prime, irrational, zero, …)."""
    assumed = {k: v for k, v in s.assumptions0.items() if k != "commutative"}
    return all(getattr(value, f"is_{k}") is v for k, v in assumed.items())


def _point(symbols: set[Any], k: int, sp: Any) -> dict[Any, Any]:
    """Distinct rationals that satisfy the symbols' assumptions; first positive ones, so that roots are defined."""
    ordered = sorted(symbols, key=str)
    start = [sp.Rational(3 + 2 * i + 5 * k, 2 + (i + k) % 5) for i in range(len(ordered))]
    return {s: sp.Rational(_value(s, q, k)) for s, q in zip(ordered, start, strict=True)}


def _value(s: Any, value: Any, k: int) -> Any:
    whole = 2 * value.p if s.is_even else 2 * value.p + 1 if s.is_odd else value.p
    value = whole if s.is_integer else value
    if s.is_positive or s.is_nonnegative:
        return value
    return -value if s.is_negative or s.is_nonpositive or k % 2 else value
