"""The end of a derivation: from a line to the goal by a law, by rules from both ends, or through an inverse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symderiv.algebra.terms import AXES, DIAGONAL, EXPAND, INNER, ORDER
from symderiv.algebra.tidying import ordered
from symderiv.deciding.claims import PROVED
from symderiv.derivation import Derivation
from symderiv.errors import LimitError, ReadingError, RuleError, ShapeError
from symderiv.expressions import Expr
from symderiv.finding.means import averages
from symderiv.limits import deadline
from symderiv.rewriting import RULES, everywhere
from symderiv.steps.inverting import multiplied_out
from symderiv.steps.searching import Move, Trail, meeting, moves
from symderiv.trees import Path, is_random, size

LAWS = (
    "order-of-factors", "transposes-carried-inwards", "like-terms", "direction-of-a-chain", "distributivity",
    "inner-products-and-traces", "diagonal-products", "sums-axis-by-axis", "arithmetic-of-fractions",
)  # fmt: skip
SHOWN = (
    "matrix-times-inverse",
    "inverse-times-matrix",
    "each-term-times-each",
    "orthogonal-columns",
    "orthogonal-rows",
    "norm-as-a-root",
    "transpose-of-a-product",
    "softmax-by-exponentials",
    "row-softmax-by-exponentials",
)
LEVELS = {"inner-products-and-traces": INNER, "diagonal-products": DIAGONAL, "sums-axis-by-axis": AXES}
WEAK = ("moments-by-partitions", "index-notation")  # what only says that both sides are the same


def closed(d: Derivation, goal: Expr, seconds: float) -> Derivation:
    """From the last line to the goal: by a law, by rules from both ends, or by multiplying an inverse out."""
    if d.end is goal and d.steps:
        return d
    for laws in (LAWS[:-1], LAWS[-1:]):
        if closed := by_law(d, goal, laws):
            return closed if d.steps else _in_two(d, goal, seconds, closed.steps[-1].rule) or closed
    for found in (_multiplied(d, goal), _searched(d, goal, seconds)):
        if found is not None and len(found.steps) == 1:  # the claim is a rule itself: show why it holds
            return _searched(d, goal, seconds, frozenset({found.steps[0].rule})) or found
        if found is not None:
            return found
    if averages(d.end) and (found := by_law(d, goal, WEAK[:1])):
        return found
    return by_law(d, goal, WEAK[1:]) or d.to(goal, "the form asked for")


def unfolded(d: Derivation) -> Iterator[Derivation]:
    """A derivation of one line in two: what its rule makes as it stands, and that put in order.

    A line that is only put in order shows first what a rule makes of it, or each term times each.
    """
    (step,) = d.steps
    shown = [name for name, one in RULES.items() if one.searched or name in SHOWN]
    rules = shown if RULES[step.rule].law else [step.rule, *shown]
    for name in rules:
        if step.backward or RULES[name].law:
            continue
        try:
            yield from [*_through(d, name, step.after, ahead=True), *_through(d, name, step.after, ahead=False)]
        except (LimitError, ShapeError, ReadingError):
            continue


def _through(d: Derivation, name: str, goal: Expr, ahead: bool) -> Iterator[Derivation]:
    """In two lines through what a rule makes of the start, or of the goal, as it stands."""
    bare = replace(d, steps=())
    made, places = everywhere(RULES[name], bare.start if ahead else goal, tidied=False)
    if not places or made in (bare.start, goal):
        return
    first = bare.to(made, RULES[name].why, name, places) if ahead else by_law(bare, made, LAWS)
    if first is None:
        return
    whole = by_law(first, goal, LAWS) if ahead else first.to(goal, RULES[name].why, name, places, backward=True)
    if whole is not None and whole.verdict == PROVED:
        yield whole


def _in_two(d: Derivation, goal: Expr, seconds: float, law: str) -> Derivation | None:
    """A claim that one law decides, with lines between that say something.

    A rule after which a weaker law is enough; else both sides multiplied out, and what both come to; else any rule.
    """
    others: list[Move] = []
    try:
        with deadline(seconds):
            for move in moves(d.end, 4 * max(size(d.end), size(goal))):
                if move.after is goal or _same(move.after, d.end):
                    continue
                if _law(move.after, goal, LAWS[: LAWS.index(law)]) and (found := _after(d, move, goal)):
                    return found
                others.append(move)
            if found := _written_out(d, goal, LEVELS.get(law, EXPAND)):
                return found
            return next((found for move in others if (found := _after(d, move, goal))), None)
    except (LimitError, ValueError):
        return None


def _after(d: Derivation, move: Move, goal: Expr) -> Derivation | None:
    """A move and a law."""
    if not _law(move.after, goal, LAWS):
        return None
    found = by_law(d.to(move.after, RULES[move.rule].why, move.rule, move.places), goal, LAWS)
    return found if found is not None and found.verdict == PROVED else None


def _written_out(d: Derivation, goal: Expr, level: int) -> Derivation | None:
    """Through both sides multiplied out, and the form that both have at a level; nothing is only put in order."""
    stops = [goal]
    for stop in (ordered(goal, EXPAND), ordered(d.end, level), ordered(d.end, EXPAND)):
        if not _same(stop, stops[0]) and not _same(stop, d.end):
            stops.insert(0, stop)
    found: Derivation | None = d
    for stop in stops:
        found = found and by_law(found, stop, LAWS[:-1])
    return found if found and len(stops) > 1 and found.verdict == PROVED else None


def _same(a: Expr, b: Expr) -> bool:
    """Whether two lines differ by the order of terms and factors only."""
    return ordered(a, ORDER) is ordered(b, ORDER)


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


def _searched(d: Derivation, goal: Expr, seconds: float, without: frozenset[str] = frozenset()) -> Derivation | None:
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
        closed = by_law(d, back.end, LAWS)
        if closed is None:
            return None
        d = closed
    stops = [back.start, *(m.after for m in back.moves)]
    for move, before in reversed(list(zip(back.moves, stops[:-1], strict=True))):
        d = d.to(before, RULES[move.rule].why, move.rule, move.places, backward=True)
    return d if d.verdict == PROVED else None


def by_law(d: Derivation, goal: Expr, laws: tuple[str, ...]) -> Derivation | None:
    """One more line by the weakest law that leads to the goal."""
    found = _law(d.end, goal, laws)
    return None if found is None else d.to(goal, RULES[found[0]].why, found[0], (found[1],))


def _law(a: Expr, b: Expr, laws: tuple[str, ...]) -> tuple[str, Path] | None:
    """The weakest law by which two lines agree, and the place."""
    for name in laws:
        for place in dict.fromkeys((_difference(a, b), ())):
            try:
                if RULES[name].at(a, place, b) is b:
                    return name, place
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
