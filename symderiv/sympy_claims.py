"""Equality of SymPy objects: what ``certify`` asks where a side is not an expression of ours.

Scope: polynomials and rational functions in any SymPy atoms (exact, by expansion of
the numerator), and what becomes one after writing hyperbolic functions with exp.
A difference is exact where a rational point makes it a rational number other than
0, and otherwise rests on SymPy's error-controlled evaluation to 40 digits.
Not decided: sin(x)**2 + cos(x)**2 = 1 inside a larger argument, such as under a log.
"""

from __future__ import annotations

from typing import Any

from symderiv.claims import PROVED, REFUTED, SUPPORTED, UNDECIDED, Claim
from symderiv.errors import ClaimError
from symderiv.refuting import Counterexample

Decision = tuple[Claim, str, str, str, Counterexample | None]
POINTS = 4
DIGITS = 40


def decide(left: Any, right: Any) -> Decision:
    """Claim, verdict, method, evidence, counterexample for ``left = right``."""
    import sympy as sp

    claim = Claim(left, "==", right)
    pairs = _entries(left, right, sp)
    differences = [a - b for a, b in pairs]
    if all(_is_zero(d, sp) for d in differences):
        return claim, PROVED, "polynomial normal form", "the numerator of the difference expands to 0", None
    unknown = ""
    for k in range(POINTS):
        values = _point({s for pair in pairs for side in pair for s in side.free_symbols}, k, sp)
        for (a, b), d in zip(pairs, differences, strict=True):
            here = d.subs(values)
            size = here if here.is_Rational else here.evalf(DIGITS)
            if not (size.is_Rational or size.is_Float):
                unknown = f"{d} has no value at a sampled point"
            elif abs(size) > 10 ** (5 - DIGITS):
                named = {str(s): float(v) for s, v in values.items()}
                example = Counterexample({}, named, float(a.subs(values)), float(b.subs(values)), "exact rationals")
                method = "exact rationals" if here.is_Rational else "evaluation to 40 digits"
                return claim, REFUTED, method, "the sides differ at a point", example
    if unknown:
        return claim, UNDECIDED, "instances", unknown, None
    return claim, SUPPORTED, "instances", f"agreed to {DIGITS - 5} digits at {POINTS} points", None


def _entries(left: Any, right: Any, sp: Any) -> list[tuple[Any, Any]]:
    sides = []
    for side in (left, right):
        if not isinstance(side, (sp.Basic, sp.MatrixBase, int, float)) and not hasattr(side, "numerator"):
            raise ClaimError(f"cannot decide about a {type(side).__name__}; give expressions, SymPy objects or numbers")
        exact = side if isinstance(side, (sp.Basic, sp.MatrixBase)) else sp.Rational(str(side))
        sides.append(exact)
    shapes = [getattr(s, "shape", ()) for s in sides]
    if shapes[0] != shapes[1]:
        raise ClaimError(f"the sides have different shapes: left {shapes[0]}, right {shapes[1]}")
    if shapes[0]:
        return list(zip(sp.Matrix(sides[0]), sp.Matrix(sides[1]), strict=True))
    return [(sides[0], sides[1])]


def _is_zero(d: Any, sp: Any) -> bool:
    if sp.expand(d) == 0:
        return True
    numerator, _ = sp.fraction(sp.together(d.rewrite(sp.exp)))
    return bool(sp.expand(numerator, power_exp=True) == 0)


def _point(symbols: set[Any], k: int, sp: Any) -> dict[Any, Any]:
    """Distinct positive rationals, so that logarithms and roots are defined."""
    ordered = sorted(symbols, key=str)
    return {s: sp.Rational(3 + 2 * i + 5 * k, 2 + (i + k) % 5) for i, s in enumerate(ordered)}
