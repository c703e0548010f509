"""Counterexamples: the smallest instance at which two sides surely differ.

Scope: an instance counts only if both sides are defined there and the values
are exact rationals that differ, or balls that are disjoint.  Floating point never
refutes.  Sizes go to 3, because many false claims hold when every size is 1, and
the last looks are at 4 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any

import flint
import numpy as np

from symderiv.deciding.domains import laws_exist
from symderiv.errors import LimitError
from symderiv.evaluation.fields import BALLS, EXACT, Field, Point, Undefined
from symderiv.evaluation.form_values import form_value
from symderiv.evaluation.instances import MAX_SIZE, dimensions, point, size_choices
from symderiv.expressions import Expr
from symderiv.indexed import lower
from symderiv.limits import check_deadline
from symderiv.notation.printing import text
from symderiv.numeric import evaluate

TRIALS = 3
LARGER = (4, 5)  # one look each: what vanishes at all small sizes
MAX_CHOICES = 30
ENOUGH = 24
PRINTED_BITS = 13_000  # of a whole number: Python writes 4300 digits


@dataclass(frozen=True)
class Counterexample:
    """Sizes, values by name, and both sides there, as (nested lists of) numbers."""

    sizes: dict[str, int]
    values: dict[str, Any]
    left: Any
    right: Any
    method: str

    @property
    def place(self) -> str:
        """The instance in a few words."""
        return ", ".join(f"{k} = {v}" for k, v in self.sizes.items()) or "a point"

    def __str__(self) -> str:
        given = ", ".join(f"{k} = {v}" for k, v in {**self.sizes, **self.values}.items())
        return f"at {given}: left = {self.left}, right = {self.right}"

    def as_dict(self) -> dict[str, Any]:
        """The four keys of the claim-file contract."""
        return {"sizes": self.sizes, "values": self.values, "left": self.left, "right": self.right}


@dataclass(frozen=True)
class Tried:
    """What a search that found nothing has looked at."""

    instances: int
    sizes: str
    method: str
    reason: str


def search(left: Expr, right: Expr, rng: Random, different: bool = False) -> tuple[Counterexample | None, Tried]:
    """Look for a counterexample, smallest sizes first; ``different``: any point will do, the difference is known."""
    names = dimensions(left, right)
    held, largest, reason, method = 0, 0, "", ""
    # what is false in one of the signs only is missed by a handful of instances
    trials = max(TRIALS, -(-ENOUGH // MAX_SIZE ** len(names)))
    small = [(sizes, trials) for sizes in islice(size_choices(names), MAX_CHOICES)]
    large = [(dict.fromkeys(names, size), 1) for size in LARGER if names]
    for k, (sizes, times) in enumerate([*small, *large]):
        if times > 1 and held >= ENOUGH and k > 2 ** len(names):
            continue
        for trial in range(times):
            check_deadline()
            try:
                # the first look is at plain numbers: what is false there is easiest to see
                example, method = compare(left, right, sizes, rng, plain=trial == 0, different=different)
            except (Undefined, LimitError, ValueError) as bad:
                reason = str(bad)
                continue
            if example is not None:
                return example, Tried(held, "", method, "")
            held, largest = held + 1, max(sizes.values(), default=1)
    return None, Tried(held, f"up to {largest}", method, reason)


def confront(left: Expr, right: Expr, rng: Random) -> tuple[Counterexample | None, bool]:
    """Try to contradict a proof at instances of mixed sizes; also whether any point was in both domains."""
    names = dimensions(left, right)
    tries = [{d: 2 + k % 2 for k, d in enumerate(names)}, dict.fromkeys(names, 2), dict.fromkeys(names, 1)]
    seen = False
    for sizes in tries:
        check_deadline()
        try:
            example, _ = compare(left, right, sizes, rng)
        except (Undefined, LimitError, ValueError):
            continue
        if example is not None:
            return example, True
        seen = True
    return None, seen


def compare(
    left: Expr, right: Expr, sizes: dict[str, int], rng: Random, plain: bool = False, different: bool = False
) -> tuple[Counterexample | None, str]:
    """One random instance of given sizes: a counterexample or None, and the arithmetic used.

    Raises Undefined, LimitError or ValueError where nothing can be said.
    """
    state = rng.getstate()
    try:
        at = point([left, right], sizes, EXACT, rng, plain)
        if not laws_exist(at, left, right):
            raise Undefined("at the points tried a random symbol has no law: probabilities, deviations or bounds")
        return _compare(left, right, at, EXACT), EXACT.name
    except LimitError:
        rng.setstate(state)
        return _compare(left, right, point([left, right], sizes, BALLS, rng, plain), BALLS, different), BALLS.name


def _compare(left: Expr, right: Expr, at: Point, field: Field, different: bool = False) -> Counterexample | None:
    a, b = _value(left, at), _value(right, at)
    shape = (1, *at.shape(left.shape))
    a, b = (np.broadcast_to(v.reshape(v.shape[max(0, v.ndim - len(shape)) :]), shape) for v in (a, b))
    if field is EXACT:
        differs = any(x != y for x, y in zip(a.reshape(-1), b.reshape(-1), strict=True))
    else:
        pairs = [(flint.arb(x), flint.arb(y)) for x, y in zip(a.reshape(-1), b.reshape(-1), strict=True)]
        if not all(x.is_finite() and y.is_finite() for x, y in pairs):
            raise Undefined("a value is not finite")
        # balls overlap where the sides are close beside their size
        differs = different or any(not x.overlaps(y) for x, y in pairs)
    if not differs:
        return None
    values = {text(s): _plain(v[0]) for s, v in at.values.items()}
    return Counterexample(dict(at.sizes), values, _plain(a[0]), _plain(b[0]), field.name)


def _value(e: Expr, at: Point) -> Any:
    """By enumeration; where an expectation has no exact nodes, by the kernel's closed form."""
    try:
        return evaluate(e, at)
    except LimitError:
        if at.field is EXACT:
            raise
        return form_value(lower(e), at)


def _plain(a: Any) -> Any:
    """Numbers as int or float, arrays as nested lists."""
    if isinstance(a, np.ndarray) and a.shape:
        return [_plain(x) for x in a]
    x = a.item() if isinstance(a, np.ndarray) else a
    if isinstance(x, flint.fmpq):
        above, below = int(x.p), int(x.q)
        if above.bit_length() - below.bit_length() > (PRINTED_BITS if below == 1 else 1000):
            raise Undefined("a value at this point is too large to print")  # it is exact: balls would know less
        return above if below == 1 else above / below
    if isinstance(x, flint.arb):
        value = float(x.mid())
        if abs(value) == float("inf"):
            raise Undefined("a value at this point is too large to print")
        return int(value) if value.is_integer() and x.contains_integer() and abs(value) < 1e15 else value
    return float(x)
