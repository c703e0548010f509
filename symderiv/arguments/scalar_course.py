"""The course of a function of one real variable over an open interval, and what follows for its minimum.

Scope: rational functions with rational coefficients, exactly, by isolation of the real roots of the derivative's
numerator (Collins and Akritas 1976); other elementary functions where SymPy finds all zeros of the derivative.
Refused: functions with parameters, with a pole inside the interval, with infinitely many critical points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symderiv.arguments.scalar_facts import Fact
from symderiv.deciding.claims import PROVED, REFUTED, weakest
from symderiv.errors import ClaimError, LimitError
from symderiv.exact import compare, sign

if TYPE_CHECKING:
    import sympy

MAX_DEGREE = 200
SIGNS = {-1: "negative", 0: "zero", 1: "positive"}


@dataclass(frozen=True)
class Course:
    """How f runs over (low, high): f', its zeros, the sign of f' in every gap between them, the limits at the ends."""

    function: sympy.Expr
    variable: sympy.Symbol
    low: sympy.Expr
    high: sympy.Expr
    derivative: sympy.Expr
    critical: tuple[sympy.Expr, ...]
    signs: tuple[int, ...]
    ends: tuple[sympy.Expr, sympy.Expr]
    method: str

    def value(self, at: sympy.Expr) -> sympy.Expr:
        """f at a point."""
        import sympy as sp

        return sp.simplify(self.function.subs(self.variable, at))

    @property
    def minima(self) -> tuple[sympy.Expr, ...]:
        """Where f' changes from minus to plus."""
        steps = zip(self.critical, self.signs, self.signs[1:], strict=False)
        return tuple(point for point, left, right in steps if (left, right) == (-1, 1))

    @property
    def infimum(self) -> sympy.Expr:
        """The greatest lower bound of f."""
        return _least([*map(self.value, self.minima), *self.ends])

    @property
    def minimisers(self) -> tuple[sympy.Expr, ...]:
        """Where the infimum is attained; empty where f only comes near it.

        >>> import sympy
        >>> s = sympy.Symbol("s")
        >>> run = course(1/s, s)
        >>> run.infimum, run.minimisers
        (0, ())
        """
        return tuple(point for point in self.minima if _compared(self.value(point), self.infimum) == 0)


def course(function: sympy.Expr, variable: sympy.Symbol, low: Any = 0, high: Any = None) -> Course:
    """The course of a differentiable function over (low, high); ``high`` is infinity where it is left out.

    Raises ClaimError for other free symbols, a pole inside, a constant function or an empty interval; LimitError
    where the critical points are not found exactly.

    >>> import sympy
    >>> s = sympy.Symbol("s")
    >>> run = course(s**2 + 1/s**2, s)
    >>> run.critical, run.signs, run.ends
    ((1,), (-1, 1), (oo, oo))
    """
    import sympy as sp

    low, high = _number(low), sp.oo if high is None else _number(high)
    if function.free_symbols - {variable}:
        raise ClaimError(f"{function} has other free symbols than {variable}; give them numbers")
    if sp.StrictLessThan(low, high) != sp.true:
        raise ClaimError(f"({low}, {high}) is not an open interval; give low < high")
    x = sp.Symbol(variable.name, real=True)
    f = function.subs(variable, x)
    slope = sp.diff(f, x)
    if sp.simplify(slope) == 0:
        raise ClaimError(f"{function} is constant; every point is a minimiser")
    critical, method = _critical(f, slope, x, low, high)
    signs = tuple(sign(slope.subs(x, at)) for at in _between((low, *critical, high)))
    ends = (sp.limit(f, x, low, "+"), sp.limit(f, x, high, "-"))
    if unknown := [end for end in ends if not (end.is_infinite or end.is_number) or isinstance(end, sp.AccumBounds)]:
        raise LimitError(f"{function} has no limit at an end of ({low}, {high}): {unknown[0]}")
    return Course(function, variable, low, high, sp.expand(slope).subs(x, variable), critical, signs, ends, method)


@dataclass(frozen=True)
class ScalarMinimum:
    """The claim that f has exactly one minimiser in an open interval, with the facts it rests on."""

    course: Course
    point: sympy.Expr | None
    facts: tuple[Fact, ...]

    @property
    def verdict(self) -> str:
        """The weakest of the facts."""
        return weakest([fact.verdict for fact in self.facts])

    @property
    def value(self) -> sympy.Expr | None:
        """The minimum; None where it is not attained at one point."""
        return None if self.point is None else self.course.value(self.point)

    def __str__(self) -> str:
        return "\n".join(map(str, self.facts))


def unique_minimum(
    function: sympy.Expr, variable: sympy.Symbol, low: Any = 0, high: Any = None, at: Any = None
) -> ScalarMinimum:
    """The claim that ``function`` has exactly one minimiser in (low, high), namely ``at`` where that is given.

    Raises what ``course`` raises.

    >>> import sympy
    >>> s = sympy.Symbol("s")
    >>> found = unique_minimum(s**2 + 1/s**2, s)
    >>> found.point, found.value, found.verdict
    (1, 2, 'proved')
    >>> unique_minimum(1/s, s).verdict
    'refuted'
    """
    import sympy as sp

    run = course(function, variable, low, high)
    point = run.minimisers[0] if len(run.minimisers) == 1 else None
    facts = [
        Fact(f"the derivative {run.derivative} is zero there at: {_listed(run.critical)}", PROVED, run.method),
        Fact(
            f"from gap to gap the derivative is {_listed([SIGNS[s] for s in run.signs])}",
            PROVED,
            "its value at a point of every gap",
        ),
        Fact(f"the limits at {run.low} and {run.high} are {_listed(run.ends)}", PROVED, "limits"),
        _one_minimiser(run),
    ]
    if point is not None:
        bend = sp.simplify(sp.diff(function, variable, 2).subs(variable, point))
        facts.append(Fact(f"the second derivative at {point} is {bend}", PROVED, "substitution"))
    if at is not None:
        facts.append(_is_least(run, _number(at)))
    return ScalarMinimum(run, point, tuple(facts))


def _one_minimiser(run: Course) -> Fact:
    claim = f"{run.function} has exactly one minimiser in ({run.low}, {run.high})"
    if len(run.minimisers) == 1:
        return Fact(claim, PROVED, "course of the function", f"the least value {run.infimum} at {run.minimisers[0]}")
    if run.minimisers:
        return Fact(claim, REFUTED, "course of the function", f"{run.infimum} is attained at {_listed(run.minimisers)}")
    return Fact(claim, REFUTED, "course of the function", f"it comes near {run.infimum} and does not attain it")


def _is_least(run: Course, at: sympy.Expr) -> Fact:
    claim = f"{run.function} is least at {at}"
    if any(compare(at, point) == 0 for point in run.minimisers):
        return Fact(claim, PROVED, "course of the function")
    if not (_compared(run.low, at) < 0 < _compared(run.high, at)):
        return Fact(claim, REFUTED, "the interval", f"{at} is not inside ({run.low}, {run.high})")
    tried = [*run.minimisers, *_between((run.low, *run.critical, run.high))]
    lower = next((t for t in tried if compare(run.value(t), run.value(at)) < 0), None)
    told = f"the infimum is {run.infimum}" if lower is None else f"{run.value(lower)} at {lower}"
    return Fact(claim, REFUTED, "course of the function", f"{run.value(at)} there, {told}")


def _critical(
    f: sympy.Expr, slope: sympy.Expr, x: sympy.Symbol, low: sympy.Expr, high: sympy.Expr
) -> tuple[tuple[sympy.Expr, ...], str]:
    import sympy as sp
    from sympy.calculus.util import continuous_domain

    inside = sp.Interval.open(low, high)
    parts = (*sp.fraction(sp.cancel(sp.together(slope))), sp.fraction(sp.cancel(sp.together(f)))[1])
    if all(part.is_polynomial(x) and sp.Poly(part, x).domain.is_ZZ for part in parts):
        if sp.Poly(parts[0], x).degree() > MAX_DEGREE:
            raise LimitError(f"the derivative has a numerator of degree beyond {MAX_DEGREE}")
        zeros, poles = _roots(parts[0], x), _roots(parts[2], x)
        method = "isolation of the real roots of the numerator"
    else:
        if slope.has(sp.sign, sp.Heaviside, sp.DiracDelta):
            raise ClaimError(f"{f} is not differentiable where a sign changes; split the interval there")
        if (defined := continuous_domain(f, x, inside)) != inside:
            raise ClaimError(f"{f} is defined and continuous on {defined} only; give an interval inside it")
        poles = _finite(sp.singularities(f, x, inside), f)
        zeros = _finite(sp.solveset(slope, x, inside), f)
        method = "solved exactly"
    met = [pole for pole in poles if inside.contains(pole) == sp.true]
    if met:
        raise ClaimError(f"{f} has a pole at {met[0]}, inside the interval; split the interval there")
    return tuple(sorted(z for z in zeros if inside.contains(z) == sp.true)), method


def _roots(part: sympy.Expr, x: sympy.Symbol) -> list[sympy.Expr]:
    import sympy as sp

    poly = sp.Poly(part, x)
    return [] if poly.degree() < 1 else list(dict.fromkeys(poly.real_roots()))


def _finite(found: Any, f: sympy.Expr) -> list[sympy.Expr]:
    import sympy as sp

    if found is sp.S.EmptySet:
        return []
    if not isinstance(found, sp.FiniteSet):
        raise LimitError(f"the critical points of {f} were not found exactly")
    return list(found)


def _between(points: Sequence[sympy.Expr]) -> list[sympy.Expr]:
    """A point inside each gap."""
    import sympy as sp

    chosen = []
    for left, right in zip(points, points[1:], strict=False):
        if left == -sp.oo:
            chosen.append(sp.S.Zero if right == sp.oo else sp.floor(right) - 1)
        else:
            chosen.append(sp.floor(left) + 2 if right == sp.oo else (left + right) / 2)
    return chosen


def _compared(left: sympy.Expr, right: sympy.Expr) -> int:
    """The order of two extended real numbers."""
    if left == right:
        return 0
    if left.is_infinite or right.is_infinite:
        return 1 if _end(left) > _end(right) else -1
    return compare(left, right)


def _end(value: sympy.Expr) -> int:
    """1 for ∞, −1 for −∞, 0 for a number."""
    return 0 if not value.is_infinite else 1 if value.is_extended_positive else -1


def _least(values: Sequence[sympy.Expr]) -> sympy.Expr:
    best = values[0]
    for value in values[1:]:
        best = value if _compared(value, best) < 0 else best
    return best


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values)) or "none"


def _number(value: Any) -> Any:
    """A number or a SymPy expression; a text is never evaluated."""
    import sympy as sp

    if isinstance(value, str):
        raise ClaimError(f"{value!r} is a text; give a number or a SymPy expression")
    return sp.sympify(value)
