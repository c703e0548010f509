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
from symderiv.algebra.terms import EXPAND, INNER
from symderiv.algebra.tidying import ordered
from symderiv.deciding.claims import PROVED
from symderiv.derivation import Derivation, begin
from symderiv.errors import LimitError, ReadingError, RuleError, ShapeError
from symderiv.expressions import Expr, as_expr
from symderiv.limits import deadline
from symderiv.rewriting import DIFFERENTIAL, RULES, Rule, everywhere
from symderiv.scope import Scope
from symderiv.steps.inverting import multiplied_out
from symderiv.steps.searching import Trail, meeting, moves
from symderiv.trees import Path, is_random, part, size

LINES = 14
SECONDS = 4.0
LAWS = (
    "order-of-factors", "direction-of-a-chain", "distributivity", "inner-products-and-traces", "diagonal-products",
    "arithmetic-of-fractions", "index-notation",
)  # fmt: skip
BY_DEFINITION = "second-moments-by-definition"
MOMENTS = (
    "powers-of-a-bernoulli", "powers-of-a-bernoulli-scalar", "powers-of-a-bernoulli-matrix", "powers-of-a-sign",
    "mean-of-an-absolute-value", "mean-of-an-exponential", "mean-of-a-cosine",
    "mean-of-a-sine", "mean-of-a-step", "third-power-of-a-normal", "fourth-power-of-a-normal", "fourth-power-of-a-norm",
    "product-of-gaussian-quadratic-forms", "covariance-of-two-linear-maps",
    "second-moment-of-a-norm", "second-moment-of-a-matrix-norm", "second-moment-of-a-vector",
    "second-moments-entry-by-entry", "second-moments-of-entries", "second-moment",
    "expectation-of-a-quadratic-form", "expectation-of-an-outer-product", "expectation-of-a-gram-matrix",
    "expectation-of-a-gram-matrix-of-rows", "variance-of-a-squared-norm",
    "third-moments-of-a-normal", "expectation-of-a-linear-form-times-a-vector",
    "expectation-of-a-linear-map", "expectation-of-independent-factors",
    "variance-of-a-gaussian-quadratic-form", "variance-of-independent-terms", "covariance-of-a-linear-map",
    "mean-of-a-rectified-normal", "moments-of-a-distribution", "covariance-from-moments", "variance-by-moments",
    "average-over-the-values", "stein-lemma", BY_DEFINITION,
)  # fmt: skip

# what would lead back from second moments to variances
RETURNING = (BY_DEFINITION, "second-moment", "second-moment-of-a-norm", "second-moments-entry-by-entry",
             "second-moments-of-entries", "fourth-power-of-a-norm", "covariance-from-moments")  # fmt: skip


def derive(
    left: Any, right: Any = None, symbols: Scope | None = None, title: str = "", seconds: float = SECONDS
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
    start = _side(left, symbols)
    goal = None if right is None else _side(right, symbols)
    derivation = begin(title or (f"{start} = {goal}" if goal is not None else str(start)), start, symbols)
    for strategy in (_differentiate, _average, _differentiate):
        for longer in strategy(derivation):
            derivation = longer
            if derivation.end is goal:
                return derivation
    return derivation if goal is None else _closed(derivation, goal, seconds)


def expectation(e: Any, symbols: Scope | None = None) -> Expr:
    """An expression with every E, Var and Cov worked out, in matrix notation; each line on the way is proved.

    Raises LimitError where the rules leave an average standing.

    >>> from symderiv.scope import declare
    >>> c = declare(A="matrix(n, n)", x="vector(n) ~ normal(mean=mu, cov=S)", mu="vector(n)", S="matrix(n, n), spd")
    >>> str(expectation("E(x@A@x)", c))
    'mu@A@mu + tr(A@S)'
    """
    found = derive(e, symbols=symbols).end
    if _averages(found):
        raise LimitError(f"no rule works out {found}; certify can still decide whether it equals something")
    return found


def _differentiate(d: Derivation) -> Iterator[Derivation]:
    """One line for each idea: product rule, outermost functions, the linear rest."""
    while len(d.steps) < LINES and innermost(d.end) is not None:
        longer = next(_advanced(d, _derivative_rules(d)), None)
        if longer is None:
            return
        d = longer
        yield d


def _derivative_rules(d: Derivation) -> Iterator[str]:
    e = d.end
    yield from ("log-of-a-sigmoid", "log-of-the-complement-of-a-sigmoid")
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


@lru_cache(maxsize=1)
def _differentials() -> tuple[Rule, ...]:
    """Rules of differentials, the most special first."""
    found = [r for _, r in RULES.items() if r.relation == DIFFERENTIAL]
    return tuple(sorted(found, key=lambda r: (-size(r.left), len(r.variables.symbols))))


def _average(d: Derivation) -> Iterator[Derivation]:
    while len(d.steps) < LINES and _averages(d.end):
        taken = any(step.rule == BY_DEFINITION for step in d.steps)
        longer = next(_advanced(d, (name for name in MOMENTS if not (taken and name in RETURNING))), None)
        if longer is None:
            return
        d = longer
        yield d


def _averages(e: Expr) -> bool:
    return e.op in ("E", "Var", "Cov") or any(map(_averages, e.args))


def _advanced(d: Derivation, names: Any) -> Iterator[Derivation]:
    """The derivation with one more proved line that says something new, by the first rules that give one."""
    seen = {d.start, *(s.after for s in d.steps)}
    for name in names:
        try:
            after, places = everywhere(RULES[name], d.end)
            if places and after not in seen:
                longer = d.to(after, RULES[name].why, name, places)
                if longer.steps[-1].certificate.verdict == PROVED:
                    yield longer
        except (LimitError, ShapeError, ReadingError):
            continue


def _closed(d: Derivation, goal: Expr, seconds: float) -> Derivation:
    """From the last line to the goal: by a law, by rules from both ends, or by multiplying an inverse out."""
    if d.end is goal and d.steps:
        return d
    for laws in (LAWS[:5], LAWS[5:6]):
        if closed := _by_law(d, goal, laws):
            return closed if d.steps else _in_two(d, goal, seconds) or closed
    for found in (_multiplied(d, goal), _searched(d, goal, seconds)):
        if found is not None and len(found.steps) == 1:  # the claim is a rule itself: show why it holds
            return _searched(d, goal, seconds, frozenset({found.steps[0].rule})) or found
        if found is not None:
            return found
    if _averages(d.end) and (found := _by_law(d, goal, ("moments-by-partitions",))):
        return found
    return _by_law(d, goal, LAWS[6:]) or d.to(goal, "the form asked for")


def _in_two(d: Derivation, goal: Expr, seconds: float) -> Derivation | None:
    """A claim that one law decides, with a line between: what a rule makes of it, or both sides multiplied out."""
    try:
        with deadline(seconds):
            for move in moves(d.end, 4 * max(size(d.end), size(goal))):
                between = d.to(move.after, RULES[move.rule].why, move.rule, move.places)
                if move.after is not goal and (found := _by_law(between, goal, LAWS[:6])) and found.verdict == PROVED:
                    return found
            for level in (EXPAND, INNER):
                middle = ordered(d.end, level)
                half = None if middle in (d.end, goal) else _by_law(d, middle, LAWS[:5])
                whole = half and _by_law(half, goal, LAWS[:5])
                if whole and whole.verdict == PROVED:
                    return whole
    except (LimitError, ValueError):
        return None
    return None


def _multiplied(d: Derivation, goal: Expr) -> Derivation | None:
    """Through an inverse on either side; a chain found from the goal is read from its end."""
    for lines in multiplied_out(d.end, goal):
        found = d
        for after, law in lines:
            if after is not found.end:
                found = found.to(after, RULES[law].why, law, ((),))
        if found.verdict == PROVED and _replays(found):
            return found
    for lines in multiplied_out(goal, d.end):
        found = d
        stops = [goal, *(after for after, _ in lines)]
        for before, (_, law) in reversed(list(zip(stops[:-1], lines, strict=True))):
            if before is not found.end:
                found = found.to(before, RULES[law].why, law, ((),), backward=True)
        if found.verdict == PROVED and _replays(found):
            return found
    return None


def _replays(d: Derivation) -> bool:
    try:
        return all(step.replay() is step.after for step in d.steps)
    except RuleError:
        return False


def _searched(
    d: Derivation, goal: Expr, seconds: float, without: frozenset[str] = frozenset()
) -> Derivation | None:
    if is_random(d.end) or is_random(goal):
        return None
    try:
        with deadline(seconds):
            trails = meeting(d.end, goal, without)
    except LimitError:
        return None
    return None if trails is None else _chained(d, *trails)


def _chained(d: Derivation, there: Trail, back: Trail) -> Derivation | None:
    """Forwards along one trail, a law, backwards along the other; None where a line is not proved."""
    for move in there.moves:
        d = d.to(move.after, RULES[move.rule].why, move.rule, move.places)
    if d.end is not back.end:
        closed = _by_law(d, back.end, LAWS[:6])
        if closed is None:
            return None
        d = closed
    stops = [back.start, *(m.after for m in back.moves)]
    for move, before in reversed(list(zip(back.moves, stops[:-1], strict=True))):
        d = d.to(before, RULES[move.rule].why, move.rule, move.places, backward=True)
    return d if d.verdict == PROVED else None


def _by_law(d: Derivation, goal: Expr, laws: tuple[str, ...]) -> Derivation | None:
    for name in laws:
        for place in dict.fromkeys((_difference(d.end, goal), ())):
            try:
                if RULES[name].at(d.end, place, goal) is goal:
                    return d.to(goal, RULES[name].why, name, (place,))
            except RuleError:
                continue
    return None


def _difference(a: Expr, b: Expr) -> Path:
    """Where two expressions differ: the smallest part that holds every difference."""
    path: list[int] = []
    while a.op == b.op and a.data == b.data and len(a.args) == len(b.args):
        differ = [k for k, (x, y) in enumerate(zip(a.args, b.args, strict=True)) if x is not y]
        if len(differ) != 1 or a.args[differ[0]].shape != b.args[differ[0]].shape:
            break
        path.append(differ[0])
        a, b = a.args[differ[0]], b.args[differ[0]]
    return tuple(path)


def _side(side: Any, symbols: Scope | None) -> Expr:
    if isinstance(side, str) and symbols is not None:
        return symbols.read(side)
    found = as_expr(side)
    if found is None:
        raise ReadingError(f"a side is an expression, or a text with symbols=declare(…), not a {type(side).__name__}")
    return found
