"""Find the lines between two expressions.

Strategies propose, in this order: derivatives are taken from the outermost function inwards;
expectations are taken by linearity, independence and the moments of the distributions; rules are
searched from both ends; an inverse is checked by multiplying with its matrix.  What remains is
closed by the weakest law that does it.  Each line names its rule, can be replayed, and is certified.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from symderiv.algebra.differentiating import innermost, nonlinear_places
from symderiv.certify import certify
from symderiv.deciding.claims import PROVED, REFUTED
from symderiv.derivation import Derivation, begin
from symderiv.errors import LimitError, ReadingError
from symderiv.expressions import Expr, as_expr
from symderiv.finding.averages import closed_forms
from symderiv.finding.closing import WEAK, by_law, closed, unfolded
from symderiv.finding.means import LINES, WAYS, advanced, averages
from symderiv.limits import deadline
from symderiv.rewriting import DIFFERENTIAL, RULES, Rule
from symderiv.scope import Symbols, as_scope
from symderiv.trees import part, size

SECONDS = 30.0  # the search is bounded by its width and depth; this only ends what hangs


def derive(
    left: Any, right: Any = None, symbols: Symbols | None = None, title: str = "", seconds: float = SECONDS
) -> Derivation:
    """The derivation of ``left = right``; its verdict is that of its weakest line.

    Without a right side, derivatives and expectations are worked out as far as the rules go.  Sides are
    expressions, or texts with ``symbols``; the search gives up after ``seconds`` and states the goal.
    Raises ReadingError for anything that is no expression.

    >>> from symderiv.scope import declare
    >>> c = declare(X="matrix(n, d)", y="vector(n)", w="vector(d)")
    >>> found = derive("grad(norm(y - X@w)**2, w)", "2*X.T@(X@w - y)", symbols=c)
    >>> found.verdict, found.steps[0].rule
    ('proved', 'differential-of-a-squared-norm')
    """
    scope = None if symbols is None else as_scope(symbols)
    start = _side(left, scope)
    goal = None if right is None else _side(right, scope)
    first = begin(title, start, scope)
    if goal is None:
        best = _worked_out(first, WAYS[0])
        others = (_worked_out(first, way) for way in WAYS[1:]) if averages(best.end) else iter(())
        return next((d for d in others if not averages(d.end)), best if not averages(best.end) else _read_back(best))
    if certify(start, goal, symbols=symbols).verdict == REFUTED:  # true lines, then the false one
        return _worked_out(first, WAYS[0], goal=goal).to(goal, "the form asked for")
    best = _shown(first, goal, seconds)
    if len(best.steps) != 1 or best.verdict != PROVED or best.steps[0].rule in WEAK:
        return best
    again = _shown(first, goal, seconds, best.steps[0].rule)  # the claim is a rule itself: show why it holds
    return min(best, again, *unfolded(best), key=_cost)


def _shown(first: Derivation, goal: Expr, seconds: float, avoided: str = "") -> Derivation:
    """The best of the derivations found in the different ways; ``avoided`` is not the first rule."""
    found: list[Derivation] = []
    for way in WAYS if averages(first.start) or averages(goal) else WAYS[:1]:
        there = _worked_out(first, way, avoided, goal)
        back = begin("", goal) if there.end is goal else _worked_out(begin("", goal), way)
        found.append(_joined(closed(there, back.end, seconds), back))
        if found[-1].verdict == REFUTED or not any(_cost(found[-1])[:3]):
            return found[-1]
    return min(found, key=_cost)


def _cost(d: Derivation) -> tuple[bool, int, bool, int]:
    """Unproved, lines that only say that both sides are equal, a single line, the number of lines."""
    return d.verdict != PROVED, sum(s.rule in WEAK for s in d.steps), len(d.steps) < 2, len(d.steps)


def _worked_out(d: Derivation, way: tuple[str, ...], avoided: str = "", goal: Expr | None = None) -> Derivation:
    """Derivatives and averages taken one after the other, until nothing is left to take or the goal is reached."""
    while True:
        names = (n for n in (*_derivative_rules(d), *_average_rules(d, way)) if d.steps or n != avoided)
        longer = next(advanced(d, names), None) if len(d.steps) < LINES and d.end is not goal else None
        if longer is None:
            return d
        d = longer


def _joined(d: Derivation, back: Derivation) -> Derivation:
    """The lines of another derivation, read from its end, behind those of a derivation that leads to it."""
    for step in reversed(back.steps):
        d = d.to(step.before, step.why, step.rule, step.places, backward=True)
    return d


def expectation(e: Any, symbols: Symbols | None = None) -> Expr:
    """An expression with every E, Var and Cov worked out, in matrix notation, as short as it is found; it is proved.

    Raises LimitError where an average is left standing, ReadingError for anything that is no expression.

    >>> from symderiv.scope import declare
    >>> c = declare(A="matrix(n, n)", x="vector(n) ~ normal(mean=mu, cov=S)", mu="vector(n)", S="matrix(n, n), spd")
    >>> str(expectation("E(x@A@x)", c))
    'mu@A@mu + tr(A@S)'
    """
    start = _side(e, symbols)
    if not averages(start):
        return derive(start, symbols=symbols).end
    with deadline(SECONDS):
        forms = closed_forms(start)
    for found in forms:
        if certify(start, found, symbols=symbols).verdict == PROVED:
            return found
    end = derive(start, symbols=symbols).end
    if averages(end):
        raise LimitError(f"no rule works out {end}; certify can still decide whether it equals something")
    return end


def _read_back(d: Derivation) -> Derivation:
    """With one more line for the averages that no rule works out, as the kernel's form of them reads."""
    return next((done for form in closed_forms(d.end) if (done := by_law(d, form, WEAK[:1])) is not None), d)


def _derivative_rules(d: Derivation) -> Iterator[str]:
    """One line for each idea: product rule, outermost functions, the linear rest."""
    e = d.end
    if innermost(e) is None:
        return
    yield from ("log-of-a-sigmoid", "log-of-the-complement-of-a-sigmoid", "log-of-a-softmax", "log-of-row-softmaxes")
    yield from ("hessian-as-jacobian", "derivative-under-the-expectation", "derivative-of-a-constant")
    places = nonlinear_places(e)
    if places:
        node = part(e, places[0])
        yield from (r.name for r in _differentials() if next(r.rewrites(node), None) is not None)
        yield "product-rule"
        return
    if not d.steps or d.steps[-1].rule != "inner-product-with-the-variable":
        yield "inner-product-with-the-variable"
    yield "derivative-of-a-linear-function"
    yield "constants-out-of-a-jacobian"


@lru_cache(maxsize=1)
def _differentials() -> tuple[Rule, ...]:
    """Rules of differentials, the most special first."""
    found = [r for _, r in RULES.items() if r.relation == DIFFERENTIAL]
    return tuple(sorted(found, key=lambda r: (-size(r.left), len(r.variables.symbols))))


def _average_rules(d: Derivation, way: tuple[str, ...]) -> tuple[str, ...]:
    return way if averages(d.end) else ()


def _side(side: Any, symbols: Symbols | None) -> Expr:
    if isinstance(side, str) and symbols is not None:
        return as_scope(symbols).read(side)
    found = as_expr(side)
    if found is None:
        raise ReadingError(f"a side is an expression, or a text with symbols=declare(…), not a {type(side).__name__}")
    return found
