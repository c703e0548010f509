"""Where an expression is defined, and whether two sides are defined at the same points."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np

from symderiv.errors import LimitError, ReadingError
from symderiv.expressions import Expr
from symderiv.fields import Undefined
from symderiv.instances import batch, dimensions
from symderiv.lowering import lower
from symderiv.numeric import evaluate
from symderiv.positivity import content, is_nonnegative, is_positive

FEW, MANY = 8, 200  # sampled points: a first look, then a thorough one
# which argument of an operator must satisfy what
_NEEDS = {
    "log": (0, "> 0"),
    "sqrt": (0, ">= 0"),
    "div": (1, "!= 0"),
    "inv": (0, "invertible"),
    "logdet": (0, "invertible"),
}


@dataclass(frozen=True)
class Need:
    """``expr relation``: what must hold for an operator to have a value."""

    expr: Expr
    relation: str

    def __str__(self) -> str:
        return f"{self.expr} is invertible" if self.relation == "invertible" else f"{self.expr} {self.relation}"


def needs(e: Expr) -> dict[object, Need]:
    """What must hold for the expression to be defined, by canonical key; what always holds is left out."""
    found: dict[object, Need] = {}
    seen: set[Expr] = set()

    def visit(t: Expr) -> None:
        if t in seen:
            return
        seen.add(t)
        if t.op in _NEEDS:
            position, relation = _NEEDS[t.op]
            _note(found, t.args[position], relation)
        if t.op == "pow" and t.args[1].op == "num":
            q = t.args[1].data
            if q.denominator != 1:
                _note(found, t.args[0], ">= 0" if q > 0 else "> 0")
            elif q < 0:
                _note(found, t.args[0], "!= 0")
        for a in t.args:
            visit(a)

    visit(e)
    return found


def _note(found: dict[object, Need], e: Expr, relation: str) -> None:
    try:
        form = lower(e)
    except (LimitError, ReadingError):
        return
    if relation == "invertible":
        if e.op == "sym" and e.data.has("spd", "invertible", "orthogonal"):
            return
        found[(relation, form)] = Need(e, relation)
    elif not (is_nonnegative(form) if relation == ">= 0" else is_positive(form)):
        _, _, core = content(form, True)
        found[(relation, core)] = Need(e, relation)


def condition(left: Expr, right: Expr) -> str | None:
    """What only one side needs, as a text; None where both need the same."""
    a, b = needs(left), needs(right)
    extra = [need for key, need in (*a.items(), *b.items()) if not (key in a and key in b)]
    return " and ".join(sorted({str(n) for n in extra})) or None


def has_common_point(left: Expr, right: Expr) -> bool:
    """Whether some sampled point lies in the domain of both sides; asked only where a sign decides."""
    wanted = [n for n in (*needs(left).values(), *needs(right).values()) if n.relation in ("> 0", ">= 0")]
    if not wanted:
        return True
    trees = [n.expr for n in wanted]
    for size, count in ((2, FEW), (1, MANY), (2, MANY)):
        sizes = dict.fromkeys(dimensions(left, right), size)
        try:
            at = batch([left, right], sizes, count, Random(7))
            inside = np.ones(count, dtype=bool)
            for n, tree in zip(wanted, trees, strict=True):
                value = np.asarray(evaluate(tree, at)).reshape(count, -1)
                inside &= np.all(value > 0 if n.relation == "> 0" else value >= 0, axis=1)
        except (LimitError, Undefined, ValueError):
            return True
        if inside.any():
            return True
    return False
