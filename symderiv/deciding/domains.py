"""Where an expression is defined, and whether two sides are defined at the same points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from random import Random
from typing import Any

import flint
import numpy as np

from symderiv.errors import LimitError, ReadingError
from symderiv.evaluation.fields import FLOAT, Point, Undefined
from symderiv.evaluation.form_values import form_value
from symderiv.evaluation.instances import batch, dimensions, leaves, size_choices, support_draw
from symderiv.evaluation.outcomes import random_leaves
from symderiv.expressions import Expr, make
from symderiv.indexed import lower
from symderiv.kernel.arithmetic import assemble
from symderiv.kernel.atoms import step
from symderiv.kernel.forms import Form, Product, spell
from symderiv.kernel.laws import without
from symderiv.kernel.networks import NETS, Head
from symderiv.kernel.positivity import content, is_nonnegative, is_positive
from symderiv.numeric import evaluate
from symderiv.trees import is_random

FEW, MANY = 8, 200  # sampled points: a first look, then a thorough one
CHOICES = 9  # assignments of sizes
LARGE = 10_000  # entries of a symbol where only a domain is looked at
DRAWS = 60  # of the random symbols at one point
# which argument of an operator must satisfy what
_NEEDS = {
    "log": (0, "> 0"),
    "sqrt": (0, ">= 0"),
    "div": (1, "!= 0"),
    "inv": (0, "invertible"),
    "logdet": (0, "invertible"),
}
# a single point of a kink is left out of a claim; under E it counts where it has positive probability
_KINKS = {"step": (0, "!= 0"), "sign": (0, "!= 0")}


@dataclass(frozen=True)
class Need:
    """``expr relation``: what must hold for an operator to have a value."""

    expr: Expr
    relation: str

    def __str__(self) -> str:
        return f"{self.expr} {'is ' if self.relation[0].isalpha() else ''}{self.relation}"


def needs(e: Expr, more: Mapping[str, tuple[int, str]] | None = None) -> dict[object, Need]:
    """What must hold for the expression to be defined, by canonical key; what always holds is left out.

    ``more`` adds operators to those of ``_NEEDS``.
    """
    table = {**_NEEDS, **(more or {})}
    found: dict[object, Need] = {}
    seen: set[Expr] = set()

    def visit(t: Expr) -> None:
        if t in seen:
            return
        seen.add(t)
        if t.op == "sym" and t.data.random:
            _law_needs(found, dict(t.data.law))
        if t.op in table:
            position, relation = table[t.op]
            _note(found, t.args[position], relation)
        if t.op == "pow" and t.args[1].op == "num":
            q = t.args[1].data
            if q.denominator != 1:
                _note(found, t.args[0], ">= 0" if q > 0 else "> 0")
            elif q < 0:
                _note(found, t.args[0], "!= 0")
        elif t.op == "pow":
            _note(found, t.args[0], "> 0")
        for a in t.args:
            visit(a)

    visit(e)
    return found


def _law_needs(found: dict[object, Need], law: Mapping[str, object]) -> None:
    """What the parameters must satisfy for a law to exist."""
    for name, value in law.items():
        if isinstance(value, Expr):
            _parameter_needs(found, name, value)
    low, high = law.get("a"), law.get("b")
    if isinstance(low, Expr) and isinstance(high, Expr):
        _note(found, high - low, ">= 0")


def _parameter_needs(found: dict[object, Need], name: str, value: Expr) -> None:
    if name == "std" or name == "cov" and not value.shape:
        _note(found, value, "> 0")
    elif name == "cov" and not (value.op == "sym" and value.data.has("spd")):
        found[("positive semidefinite", value)] = Need(value, "positive semidefinite")
    elif name == "p":
        _note(found, value, ">= 0")
        _note(found, 1 - value, ">= 0")
    elif name == "q":
        _note(found, value, ">= 0")
        _note(found, make("sum", value, data=len(value.shape) - 1) - 1, "== 0")


def laws_exist(at: Point, *sides: Expr) -> bool:
    """Whether every random symbol has a law at a point: probabilities in [0, 1], deviations > 0, …"""
    found: dict[object, Need] = {}
    for s in {s for side in sides for s in random_leaves(side)}:
        _law_needs(found, dict(s.data.law))
    near = Point(at.sizes, {s: _floats(v) for s, v in at.values.items()}, FLOAT)
    return all(bool(_holds(n, near, 1)[0]) for n in found.values() if not is_random(n.expr))


def _floats(a: Any) -> Any:
    """Exact numbers and balls as floats."""
    return np.vectorize(lambda x: float(x.mid() if isinstance(x, flint.arb) else Fraction(int(x.p), int(x.q))))(a)


def _note(found: dict[object, Need], e: Expr, relation: str) -> None:
    try:
        form = lower(e)
    except (LimitError, ReadingError):
        return
    if relation == "invertible":
        if e.op == "sym" and e.data.has("spd", "invertible", "orthogonal"):
            return
        found[(relation, form)] = Need(e, relation)
    elif relation == "== 0":
        if not form.is_zero:
            found[(relation, form)] = Need(e, relation)
    elif not (is_nonnegative(form) if relation == ">= 0" else is_positive(form)):
        core = form if form.is_zero else content(form, True)[-1]
        found[(relation, core)] = Need(e, relation)


def condition(left: Expr, right: Expr) -> str | None:
    """What only one side needs, as a text; None where both need the same."""
    a, b = needs(left), needs(right)
    both = {**a, **b}
    # an expression such as LLᵀ is known to a reader for what it is
    plain = {k for k, n in both.items() if n.relation != "positive semidefinite" or n.expr.op == "sym"}
    extra = [need for key, need in both.items() if not (key in a and key in b) and key in plain]
    return " and ".join(sorted({str(n) for n in extra})) or None


def positive_symbols(*sides: Expr) -> list[Expr]:
    """Declared symbols that must be > 0 for the sides to be defined; at 0 an equality follows by continuity."""
    wanted = [n.expr for side in sides for n in needs(side).values() if n.relation in ("> 0", ">= 0")]
    return [e for e in dict.fromkeys(wanted) if e.op == "sym" and not e.data.random and not e.data.has("positive")]


def with_known_signs(form: Form, *sides: Expr) -> Form:
    """The form with step(u) = 1 for every u that must be > 0 for the sides to be defined."""
    known: dict[Head, int] = {}
    for n in (n for side in sides for n in needs(side).values() if n.relation == "> 0"):
        for mono, c in step(lower(n.expr)).terms.items():  # step(u), or 1 − step(−u)
            known |= {f[0]: 1 if c > 0 else 0 for u, _ in mono for f in NETS[u].factors if f[0].kind == "step"}
    products: list[Product] = []
    for mono, c in form.terms.items():
        factors, _ = spell(mono)
        settled = {k for k, f in enumerate(factors) if f[0] in known}
        if all(known[factors[k][0]] for k in settled):
            number, left = without(factors, settled, [], frozenset())
            products.append((c * number, left))
    return assemble(products, form.dims)


def has_common_point(left: Expr, right: Expr) -> bool:
    """Whether some sampled point lies in the domain of both sides; False also where none can be evaluated."""
    wanted = [n for n in (*needs(left).values(), *needs(right).values()) if not is_random(n.expr)]
    if not wanted and all(len(s.data.properties) < 2 for s in leaves(left, right)):
        return True
    names = dimensions(left, right)
    few = [(sizes, FEW) for sizes in islice(size_choices(names), CHOICES)]
    for sizes, count in (*few, *((sizes, MANY) for sizes, _ in few[:3])):
        try:
            at = batch([left, right], sizes, count, Random(7), LARGE)
            if np.logical_and.reduce([np.ones(count, dtype=bool), *(_holds(n, at, count) for n in wanted)]).any():
                return True
        except (ValueError, LimitError, Undefined):  # no value satisfies the declarations, or nothing can be said
            continue
    return False


def _holds(need: Need, at: Point, count: int) -> Any:
    """At which points of a batch a need is satisfied."""
    value = _values(need.expr, at, count)
    with np.errstate(all="ignore"):
        if need.relation == "invertible":
            return np.array([np.all(np.isfinite(m)) and np.linalg.cond(m) < 1 / TINY for m in value])
        if need.relation == "positive semidefinite":
            return np.array([np.all(np.isfinite(m)) and np.allclose(m, m.T) and _lowest(m) >= -TINY for m in value])
        return np.all(_RELATIONS[need.relation](value.reshape(count, -1)), axis=1)


def _lowest(m: Any) -> float:
    return float(np.linalg.eigvalsh(m).min())


def _values(e: Expr, at: Point, count: int) -> Any:
    """The values at the points of a batch; of an expectation without nodes by the kernel's closed form."""
    try:
        raw = np.asarray(evaluate(e, at), dtype=float)
    except LimitError:
        single = (Point(at.sizes, {s: v[k : k + 1] for s, v in at.values.items()}, FLOAT) for k in range(count))
        raw = np.concatenate([form_value(lower(e), p) for p in single])
    return np.broadcast_to(raw, (count, *raw.shape[1:]))


TINY = 1e-9
_RELATIONS: dict[str, Callable[[Any], Any]] = {
    "> 0": lambda v: v > 0,
    ">= 0": lambda v: v >= 0,
    "== 0": lambda v: np.abs(v) < TINY,
    # a denominator that is 0 for all values comes out as a rounding error
    "!= 0": lambda v: np.isfinite(v) & (np.abs(v) > TINY),
}


def undefined_average(*sides: Expr) -> str | None:
    """What fails with positive probability under every E at each point tried, or None."""
    for need in {n: None for side in sides for n in needs(side, _KINKS).values() if is_random(n.expr)}:
        if not _almost_surely(need, sides):
            return f"an expectation has no value: {need} fails with positive probability"
    return None


def _in_support(s: Expr, at: Point, rng: Random) -> Any:
    shape = at.shape(s.shape)
    draw = support_draw(s, shape, rng, FEW)
    if s.data.distribution.name != "uniform":
        return draw
    low, high = (np.asarray(evaluate(dict(s.data.law)[k], at)) for k in ("a", "b"))
    low, high = (v.reshape(*v.shape[:1], *[1] * (len(shape) + 1 - v.ndim), *v.shape[1:]) for v in (low, high))
    return low + (high - low) * draw


def _almost_surely(need: Need, sides: Sequence[Expr]) -> bool:
    """Whether a need holds for every draw at some sampled point; True where that cannot be evaluated."""
    randoms = sorted(random_leaves(need.expr), key=lambda s: len(s.data.law))
    for size in (2, 1, 3):
        sizes = dict.fromkeys(dimensions(*sides), size)
        rng = Random(11)
        try:
            at = batch(list(sides), sizes, FEW, rng)
            good = np.ones(FEW, dtype=bool)
            for _ in range(DRAWS):
                here = at.with_values({s: _in_support(s, at, rng) for s in randoms})
                # far out in the tails a float64 overflow says nothing
                finite = np.isfinite(_values(need.expr, here, FEW)).reshape(FEW, -1).all(axis=1)
                good &= _holds(need, here, FEW) | ~finite
        except (LimitError, Undefined, ValueError):
            return True
        if good.any():
            return True
    return False
