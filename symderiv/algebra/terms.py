"""A term: a number, scalar factors with exponents, and at most one array.

Sums of terms are added up and written out here; ``algebra/tidying.py`` takes expressions
apart into them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import reduce

from symderiv.algebra.chains import entry_power, hadamard
from symderiv.expressions import Expr, constant, make, negative, number
from symderiv.trees import size

# how far expressions are taken apart: kept as they stand, or in a fixed order by ever stronger laws
KEEP, ORDER, FLIP, EXPAND, INNER, DIAGONAL, AXES = range(-1, 6)
MAX_TERMS = 200
ONE, HALF = Fraction(1), Fraction(1, 2)

Scalars = dict[Expr, Fraction]
Term = tuple[Fraction, Scalars, Expr | None]


def assemble(parts: Iterable[Term], shape: tuple[str | int, ...], level: int) -> Expr:
    """Like terms added, and the sum written in the given shape."""
    total: dict[tuple[frozenset[tuple[Expr, Fraction]], Expr | None], Term] = {}
    for c, scalars, core in parts:
        key = (frozenset(scalars.items()), core)
        total[key] = (total[key][0] + c if key in total else c, scalars, core)
    kept = [t for t in total.values() if t[0]]
    if not kept:
        return constant("zeros", shape) if shape else number(0)
    written = [write(t, level) for t in kept]
    if len(written) > 1 and level < ORDER:
        written = _positive_first(_without_ones(written, shape))
    if level >= ORDER:
        written.sort(key=rank)
    result = written[0] if len(written) == 1 else make("add", *written)
    if result.shape != shape:
        ones = constant("ones", shape)
        result = ones if result.op == "num" and result.data == 1 else result * ones
    return result


def _positive_first(written: list[Expr]) -> list[Expr]:
    """A difference keeps its positive term first."""
    first = next((k for k, t in enumerate(written) if t.op != "neg"), 0)
    return [written[first], *written[:first], *written[first + 1 :]]


def _without_ones(written: list[Expr], shape: tuple[str | int, ...]) -> list[Expr]:
    """Terms of a sum need no ones to be stretched where another term has the full shape."""
    if not shape or all(_stretched(t, shape) for t in written):
        return written
    return [_loosened(t, shape) if _stretched(t, shape) else t for t in written]


def _stretched(t: Expr, shape: tuple[str | int, ...]) -> bool:
    body = t.args[0] if t.op in ("neg", "div") else t
    body = body.args[0] if body.op == "div" else body
    return body.op == "mul" and any(f.op == "ones" and f.shape == shape for f in body.args)


def _loosened(t: Expr, shape: tuple[str | int, ...]) -> Expr:
    if t.op == "neg":
        return negative(_loosened(t.args[0], shape))
    if t.op == "div":
        return make("div", _loosened(t.args[0], shape), t.args[1])
    kept = [f for f in t.args if f.op != "ones" or f.shape != shape]
    return kept[0] if len(kept) == 1 else make("mul", *kept)


def rank(e: Expr) -> tuple[int, str]:
    """A fixed order of expressions, small ones first; signs do not count."""
    bare = e.args[0] if e.op == "neg" else e
    return size(bare), str(bare)


def write(term: Term, level: int) -> Expr:
    """One term: number, scalar factors, core; negative powers below the line."""
    c, scalars, core = term
    items = sorted(scalars.items(), key=lambda i: rank(i[0])) if level >= ORDER else list(scalars.items())
    above = [raised(b, k) for b, k in items if k > 0]
    below = [raised(b, -k) for b, k in items if k < 0]
    arrays = list(core.args) if core is not None and core.op == "mul" else [core] if core is not None else []
    under = [raised(a.args[0], -a.args[1].data) for a in arrays if is_inverse_power(a)]
    over_ = [a for a in arrays if not is_inverse_power(a)]
    if not (items or arrays):
        return number(c)
    top, bottom = abs(c).numerator, abs(c).denominator
    front = ([number(top)] if top != 1 or not (above or over_) else []) + above + over_
    rest = ([number(bottom)] if bottom != 1 else []) + below + under
    value = front[0] if len(front) == 1 else make("mul", *front)
    if rest:
        value = make("div", value, rest[0] if len(rest) == 1 else make("mul", *rest))
    if core is not None and value.shape != core.shape:
        value = make("mul", constant("ones", core.shape), value)
    return negative(value) if c < 0 else value


def is_inverse_power(a: Expr) -> bool:
    return a.op == "pow" and a.args[1].op == "num" and a.args[1].data < 0


def raised(base: Expr, k: Fraction) -> Expr:
    """base ** k, as a root where it is one."""
    if k == 1:
        return base
    if k == HALF:
        return make("sqrt", base)
    return make("pow", base, number(k))


def atom(e: Expr) -> Term:
    """A part that is not looked into."""
    if e.op == "pow" and e.args[1].op == "num" and not e.shape:
        return (ONE, {e.args[0]: e.args[1].data}, None)
    if e.op == "sqrt" and not e.shape:
        return (ONE, {e.args[0]: HALF}, None)
    return (ONE, {}, e) if e.shape else (ONE, {e: ONE}, None)


def joined(left: Scalars, right: Scalars) -> Scalars:
    """Scalar factors multiplied: exponents of equal bases add."""
    out = dict(left)
    for base, k in right.items():
        out[base] = out[base] + k if base in out else k
        if not out[base]:
            del out[base]
    return out


def multiplied(a: Term, b: Term) -> Term:
    """The product of two terms, arrays entry by entry."""
    return a[0] * b[0], joined(a[1], b[1]), hadamard(a[2], b[2])


def powered(t: Term, k: Fraction) -> Term:
    """A term raised to an integer power, arrays entry by entry; a power of zero below the line stays as it stands."""
    c, scalars, core = t
    if not c:
        return t if k > 0 else atom(make("pow", assemble([t], (), KEEP), number(k)))
    return c ** int(k), {b: n * k for b, n in scalars.items()}, None if core is None else entry_power(core, k)


def too_many(parts: Sequence[Sequence[Term]]) -> bool:
    """Whether expanding would grow beyond what anyone reads."""
    return reduce(lambda n, p: n * max(1, len(p)), parts, 1) > MAX_TERMS
