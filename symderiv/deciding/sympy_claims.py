"""Equality of SymPy objects: what ``certify`` asks where a side is not an expression of ours.

Scope: polynomials and rational functions in any SymPy atoms (exact, by expansion of
the numerator), and what becomes one after writing hyperbolic functions with exp.
Derivatives that stand in a side are taken first, decimals are the fractions they print.
A difference is exact where it is a rational number other than 0 at a rational point, and
otherwise rests on SymPy's error-controlled evaluation in two precisions (``sympy_points``).
Not decided: sin(x)**2 + cos(x)**2 = 1 inside a larger argument, such as under a root.
"""

from __future__ import annotations

from math import comb
from typing import Any

from symderiv.deciding.claims import PROVED, REFUTED, SUPPORTED, UNDECIDED
from symderiv.deciding.refuting import Counterexample
from symderiv.deciding.sympy_points import DIGITS, Values, differs, exact, number, points
from symderiv.errors import ClaimError
from symderiv.limits import check_deadline

Decision = tuple[str, str, str, Counterexample | None]
Pairs = list[tuple[Any, Any]]
POINTS = 8  # as many as three signs have combinations
MAX_TERMS = 20_000  # of an expanded power
MAX_POWER = 10_000  # whole exponent that is evaluated


def decide(left: Any, right: Any) -> Decision:
    """Verdict, method, evidence, counterexample for ``left = right``."""
    import sympy as sp

    pairs, rounded = _entries(left, right, sp)
    sides = [side for pair in pairs for side in pair]
    if all(_is_zero(a - b, sp) for a, b in pairs):
        if any(_undefined(side, sp) for side in sides):
            return UNDECIDED, "domains", "a side divides by 0, or takes the logarithm of 0, at every point", None
        return PROVED, "polynomial normal form", "the numerator of the difference expands to 0", None
    symbols = {s for side in sides for s in side.free_symbols}
    if not all(s.is_commutative for s in symbols):
        return UNDECIDED, "instances", "symbols that do not commute have no numbers for values", None
    if twice := _named_twice(symbols):
        return UNDECIDED, "instances", f"two symbols with different assumptions are named {twice}; use one", None
    if any(side.has(sp.Integral, sp.Limit) for side in sides):
        return UNDECIDED, "limits", "quadrature only guesses the value of an integral, and no limit is taken", None
    powers = {p for side in sides for p in side.atoms(sp.Pow)}
    if any(p.exp.is_Integer and abs(p.exp) > MAX_POWER for p in powers):
        return UNDECIDED, "limits", f"an exponent beyond {MAX_POWER} is not evaluated", None
    return _compared(pairs, points(symbols, POINTS), rounded)


def _compared(pairs: Pairs, at: list[Values], rounded: bool) -> Decision:
    """Verdict, method, evidence and counterexample from the values at some points."""
    agreed, unknown = 0, 0
    for values in at:
        check_deadline()
        found = [[number(side, values) for side in pair] for pair in pairs]
        if any(x is None for pair in found for x in pair):
            continue
        told = [differs(*pair, values, rounded) for pair in pairs]
        if True in told:
            a, b = found[told.index(True)]
            named = {str(s): float(v) for s, v in values.items()}
            method = "exact rationals" if a.is_Rational and b.is_Rational else f"evaluation to {DIGITS} digits"
            example = Counterexample({}, named, _plain(a), _plain(b), method)
            return REFUTED, method, "the sides differ at a point", example
        unknown += None in told
        agreed += None not in told
    if unknown:
        return UNDECIDED, "instances", "the sides differ at a point by what rounding could explain", None
    if not agreed:
        return UNDECIDED, "instances", "no point was found at which both sides have real values", None
    return SUPPORTED, "instances", f"agreed to {DIGITS - 5} digits at {agreed} points", None


def _plain(value: Any) -> int | float:
    return float(value) if abs(value) < 10**300 else int(value)


def _named_twice(symbols: set[Any]) -> str:
    """A name that two of the symbols share: no counterexample could tell them apart."""
    names = sorted(map(str, symbols))
    return next((a for a, b in zip(names, names[1:], strict=False) if a == b), "")


def _entries(left: Any, right: Any, sp: Any) -> tuple[Pairs, bool]:
    """The entries of both sides in pairs, and whether decimals stood in them."""
    sides, rounded = [], False
    for side in (left, right):
        if not isinstance(side, (sp.Basic, sp.MatrixBase, int, float)) and not hasattr(side, "numerator"):
            raise ClaimError(f"cannot decide about a {type(side).__name__}; give expressions, SymPy objects or numbers")
        if isinstance(side, bool):
            raise ClaimError(f"{side} is a truth value, not a number; write 0 or 1")
        given = side if isinstance(side, (sp.Basic, sp.MatrixBase)) else sp.Rational(str(side))
        if not isinstance(given, (sp.Expr, sp.MatrixBase)) or given.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
            raise ClaimError(f"{side} is not a real value; an equality needs expressions or matrices of them")
        rounded = rounded or given.has(sp.Float)
        sides.append(exact(given).replace(sp.Derivative, _worked_out))
    shapes = [s.shape if s.is_Matrix else () for s in sides]
    if shapes[0] != shapes[1]:
        raise ClaimError(f"the sides have different shapes: left {shapes[0]}, right {shapes[1]}")
    if not all(getattr(d, "is_Integer", True) for d in shapes[0]):
        raise ClaimError(f"{sides[0]} is {shapes[0]}; of SymPy matrices with symbolic sizes declare symbols instead")
    if shapes[0]:
        return list(zip(sp.Matrix(sides[0]), sp.Matrix(sides[1]), strict=True)), rounded
    return [(sides[0], sides[1])], rounded


def _worked_out(*parts: Any) -> Any:
    """The derivative, or as it stands where SymPy cannot take it."""
    import sympy as sp

    try:
        return sp.Derivative(*parts).doit()
    except (ValueError, NotImplementedError, TypeError, AttributeError):
        return sp.Derivative(*parts)


def _undefined(side: Any, sp: Any) -> bool:
    """Whether what a side divides by, or takes the logarithm of, is 0 for all values."""
    below = [p.base for p in side.atoms(sp.Pow) if not p.exp.is_positive and p.exp.could_extract_minus_sign()]
    return any(_is_zero(inner, sp) for inner in [*below, *(f.args[0] for f in side.atoms(sp.log))])


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
