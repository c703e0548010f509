"""Rules: named claims with variables, used as rewritings at a place.

A rule says ``left = right`` in the text grammar for every value of its variables, and is
one line in ``rules/``.  Most rules apply by matching ``left``.  Where a pattern cannot say
it for any number of terms, ``change`` does the rewriting and ``left = right`` is its smallest
instance.  A *law* is given the goal as well: it agrees to it where the two differ by the law only.

Rules propose; each step they make is certified (``derivation.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from symderiv.algebra.differentiating import nonlinear_places
from symderiv.algebra.patterns import Binding, filled, independent, matches
from symderiv.algebra.tidying import settled
from symderiv.errors import RuleError
from symderiv.expressions import Expr
from symderiv.registry import Registry
from symderiv.scope import Scope, declare
from symderiv.trees import Path, exchange, involved, is_random, operators, part, paths

Change = Callable[[Expr, Expr | None], Expr | None]
MOST = 24  # places at which a rule is used in one line
MADE = frozenset({"sym", "T", "dim"})  # operators of a pattern that fit where they do not stand
VALUE, DIFFERENTIAL = "=", "same differential as"


@dataclass(frozen=True)
class Rule:
    """``left relation right`` for all values of ``variables``; ``why`` is what a student reads beside a step."""

    name: str
    why: str
    left: Expr
    right: Expr
    variables: Scope
    relation: str = VALUE
    change: Change | None = field(default=None, repr=False)
    law: bool = False
    entrywise: bool = False  # scalar variables stand for arrays of any shape, entry by entry
    searched: bool = False  # a change that the search may propose

    def rewrites(self, e: Expr, goal: Expr | None = None, backward: bool = False) -> Iterator[Expr]:
        """What the rule makes of an expression, at its root; a law needs the goal."""
        if self.change is not None:
            if backward and not self.law:
                return
            new = self.change(e, goal)
            if new is not None and new is not e:
                yield new
            return
        left, right = (self.right, self.left) if backward else (self.left, self.right)
        if backward and left.op == "sym":
            return  # a bare variable fits everything
        random = frozenset(name for name, s in self.variables.symbols.items() if s.data.random)
        about_moments = bool(random)
        for binding, around in matches(left, e, self.entrywise):
            if about_moments and not _constants_hold(self, binding, random):
                continue
            if len(binding.values) < len(self.variables.symbols) and not _all_bound(right, binding):
                continue
            new = around(filled(right, binding))
            if new is not e:
                yield new

    def at(self, e: Expr, place: Path, goal: Expr | None = None, backward: bool = False) -> Expr:
        """The whole expression with the rule used at one place; raises RuleError where it does not fit."""
        target = None if goal is None else part(goal, place) if _has(goal, place) else None
        for new in self.rewrites(part(e, place), goal if not place else target, backward):
            return exchange(e, place, new)
        raise RuleError(f"the rule {self.name} does not fit {part(e, place)} at {place or 'the root'} of {e}")


def _has(e: Expr, place: Path) -> bool:
    for k in place:
        if k >= len(e.args):
            return False
        e = e.args[k]
    return True


def _constants_hold(rule: Rule, binding: Binding, random: frozenset[str]) -> bool:
    constant = all(name in random or not is_random(value) for name, value in binding.values)
    return constant and independent(binding, random)


def _all_bound(right: Expr, binding: Binding) -> bool:
    names = dict(binding.values)
    return all(t.data.name in names for _, t in paths(right) if t.op == "sym")


RULES: Registry[Rule] = Registry("rule", "symderiv.rules")


def rule(
    name: str,
    left: str,
    right: str,
    why: str,
    variables: Mapping[str, str],
    *,
    relation: str = VALUE,
    change: Change | None = None,
    law: bool = False,
    entrywise: bool = False,
    searched: bool = False,
) -> Rule:
    """Register a rule.

    Raises RuleError where the right side has a variable that the left side lacks, DeclarationError for a
    name that is taken, and what reading the two sides raises.

    >>> "transpose-of-a-product" in RULES
    True
    """
    scope = declare(**variables)
    sides = [scope.read(text) for text in (left, right)]
    names = [{t.data.name for _, t in paths(side) if t.op == "sym"} for side in sides]
    bound = names[0] | {s.data.name for s in involved(sides[0])}  # the parameters of a distribution are bound with it
    if unbound := sorted(names[1] - bound) if not law else []:
        raise RuleError(f"the rule {name}: {', '.join(unbound)} stands on the right side {right} but not on the left")
    used = Scope({n: s for n, s in scope.symbols.items() if n in bound}, scope.dims)
    return RULES.add(name, Rule(name, why, sides[0], sides[1], used, relation, change, law, entrywise, searched))


def everywhere(one: Rule, e: Expr, most: int = MOST, tidied: bool = True) -> tuple[Expr, tuple[Path, ...]]:
    """Use a rule outermost first until it fits nowhere; the result, tidied or as it stands, and the places in order.

    A rule of differentials is used where the innermost derivative needs it; a change, and a rule of
    differentials, once at each place.
    """
    if one.change is None and not operators(one.left) - MADE <= operators(e):
        return e, ()
    places: list[Path] = []
    new, seen = e, {e}
    wanted = nonlinear_places(e) if one.relation == DIFFERENTIAL else None
    once = one.change is not None or wanted is not None
    used: list[tuple[Path, Expr]] = []
    while len(places) < most:
        where = [(p, part(new, p)) for p in wanted] if wanted is not None else list(paths(new))
        fresh = ((p, t) for p, t in where if not (once and p in places))
        found = next(
            (
                (p, t, exchange(new, p, made))
                for p, t in fresh
                for made in one.rewrites(t)
                if not _undone(p, made, used)
            ),
            None,
        )
        if found is None or found[2] in seen:  # a rule that undoes itself is used once
            break
        place, before, new = found
        seen.add(new)
        used.append((place, before))
        places.append(place)
    return (settled(new) if places and tidied else new), tuple(places)


def _undone(place: Path, made: Expr, used: list[tuple[Path, Expr]]) -> bool:
    """Whether a rule, used inside what it made before, makes again what was there."""
    before = [t for p, t in used if place[: len(p)] == p]
    return bool(before) and any(t in before for _, t in paths(made))
