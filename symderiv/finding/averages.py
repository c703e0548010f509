"""Averages in closed form: what the rules make of them, and what the kernel's own form reads as.

The rules keep squares together as they were written, ‖y − p X w‖² + …; the kernel multiplies everything out
and knows a form wherever ``certify`` decides.  Both are proposals: ``deriving`` has the shortest one proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symderiv.algebra.matrix_forms import matrix_form
from symderiv.algebra.shortening import operations, shortened
from symderiv.algebra.tidying import settled
from symderiv.calculus import evaluate
from symderiv.deciding.clearing import vanishes
from symderiv.errors import LimitError, ReadingError, ShapeError
from symderiv.expressions import Expr
from symderiv.finding.means import LINES, WAYS, averages
from symderiv.indexed import lower
from symderiv.kernel.arithmetic import subtract
from symderiv.rewriting import RULES, everywhere
from symderiv.trees import AVERAGES, size, swap

Proposal = Callable[[], Expr]


def closed_forms(e: Expr) -> list[Expr]:
    """Expressions without an average that an expression should equal, the shortest first."""
    found: dict[Expr, None] = {}
    for proposal in _proposals(e):
        try:
            plain = proposal()
            if not averages(plain):
                short = shortened(settled(plain))
                found[short if operations(short) < operations(plain) else plain] = None
        except (LimitError, ShapeError, ReadingError, ValueError):
            continue
    return sorted(found, key=lambda t: (operations(t), size(t)))


def _proposals(e: Expr) -> Iterator[Proposal]:
    yield lambda: read_back(by_rules(evaluate(e), WAYS[0]))
    yield lambda: matrix_form(lower(e))
    yield lambda: read_back(e)


def read_back(e: Expr) -> Expr:
    """The expression with each outermost average as the kernel's form of it reads.

    Raises LimitError where the kernel knows none, or none in matrix notation.
    """
    return swap(e, lambda t: matrix_form(lower(t)) if t.op in AVERAGES else None)


def by_rules(e: Expr, way: tuple[str, ...]) -> Expr:
    """The expression with its averages worked out along a way, as far as its rules go.

    Each line has the kernel's form of the one before; nothing is certified.
    """
    seen = {e}
    while averages(e) and len(seen) <= LINES:
        line = next((new for name in way if (new := _line(e, seen, name)) is not None), None)
        if line is None:
            return e
        seen.add(line)
        e = line
    return e


def _line(e: Expr, seen: set[Expr], name: str) -> Expr | None:
    """What a rule makes of an expression, if that is new and agrees."""
    try:
        line, places = everywhere(RULES[name], e)
        agrees = bool(places) and line not in seen and vanishes(subtract(lower(e), lower(line))) is not None
        return line if agrees else None
    except (LimitError, ShapeError, ReadingError):
        return None
