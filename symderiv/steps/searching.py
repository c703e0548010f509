"""A search for the lines between two expressions: rules used from both ends until the ends agree.

What is found is a chain: rules forwards from the left side, one law, rules from the right side
read backwards.  The search is small (``DEPTH`` rules on each side, ``WIDTH`` expressions) and
proposes only; every line is certified.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from symderiv.algebra.terms import AXES
from symderiv.algebra.tidying import ordered
from symderiv.errors import LimitError, ShapeError
from symderiv.expressions import Expr
from symderiv.limits import check_deadline
from symderiv.rewriting import DIFFERENTIAL, RULES, Rule, everywhere
from symderiv.steps.fractions import same_fraction
from symderiv.trees import Path, is_random, size

DEPTH = 4
WIDTH = 60
LARGEST = 12  # an expression may grow to this multiple of the larger side


@dataclass(frozen=True)
class Move:
    """A rule, the places it was used at, and what it made."""

    rule: str
    places: tuple[Path, ...]
    after: Expr


@dataclass(frozen=True)
class Trail:
    """The moves that lead from one side to an expression."""

    start: Expr
    moves: tuple[Move, ...] = ()

    @property
    def end(self) -> Expr:
        """Where the moves lead."""
        return self.moves[-1].after if self.moves else self.start


def meeting(left: Expr, right: Expr, without: frozenset[str] = frozenset()) -> tuple[Trail, Trail] | None:
    """Two trails, from the left and from the right side, whose ends agree up to a law; the shortest found.

    Rules named in ``without`` are not used.
    """
    limit = LARGEST * max(size(left), size(right), 8)
    keys: tuple[dict[Expr, Trail], dict[Expr, Trail]] = ({_key(left): Trail(left)}, {_key(right): Trail(right)})
    fresh: tuple[list[Trail], list[Trail]] = ([Trail(left)], [Trail(right)])
    seen = ({left}, {right})
    if agreed := _agree(keys):
        return agreed
    for _ in range(DEPTH):
        for side in (0, 1):
            grown: list[Trail] = []
            for move, trail in ((m, t) for t in fresh[side] for m in moves(t.end, limit, without)):
                check_deadline()
                if len(seen[side]) > WIDTH:
                    break
                if move.after in seen[side]:
                    continue
                seen[side].add(move.after)
                longer = Trail(trail.start, (*trail.moves, move))
                keys[side].setdefault(_key(move.after), longer)
                grown.append(longer)
            fresh[side][:] = grown
            if agreed := _agree(keys):
                return agreed
    return None


def moves(e: Expr, limit: int, without: frozenset[str] = frozenset()) -> Iterator[Move]:
    """Everything one rule makes of an expression, up to a size."""
    for one in _useful_rules():
        name = one.name
        if name not in without:
            try:
                after, places = everywhere(one, e)
            except (LimitError, ShapeError):
                continue
            if places and after is not e and size(after) <= limit:
                yield Move(name, places, after)


@lru_cache(maxsize=1)
def _useful_rules() -> tuple[Rule, ...]:
    """The rules the search may propose, the most special first."""
    return tuple(sorted((one for _, one in RULES.items() if _useful(one)), key=lambda one: (-size(one.left), one.name)))


def _useful(one: Rule) -> bool:
    return not one.law and (one.change is None or one.searched) and one.relation != DIFFERENTIAL and not _random(one)


def _random(one: Rule) -> bool:
    return any(is_random(s) for s in one.variables.symbols.values())


def _key(e: Expr) -> Expr:
    try:
        return ordered(e, AXES)
    except (LimitError, ValueError):
        return e


def _agree(keys: tuple[dict[Expr, Trail], dict[Expr, Trail]]) -> tuple[Trail, Trail] | None:
    shared = [k for k in keys[0] if k in keys[1]]
    if shared:
        best = min(shared, key=lambda k: len(keys[0][k].moves) + len(keys[1][k].moves))
        return keys[0][best], keys[1][best]
    for a in keys[0].values():
        for b in keys[1].values():
            if len(a.moves) + len(b.moves) <= DEPTH and same_fraction(a.end, b.end):
                return a, b
    return None
