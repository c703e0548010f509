"""Sums that collect like terms and common factors.

``plus`` adds expressions: like terms are merged, then whatever most of the
terms share is taken out: scalars and entrywise factors, a matrix or vector at
the left or right end of products, one side of outer products.  A factor is
taken out only where that leaves fewer operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from symderiv.expressions import Expr, make, number
from symderiv.products import dot, flip, outer_of
from symderiv.shapes import Shape, broadcast
from symderiv.terms import Powers, Term, apart, fit, is_zero, join, merged, operations, times, zero

_ONE = Fraction(1)
_LIMIT = 8  # handles tried per sum


def plus(*summands: Expr, shape: Shape | None = None) -> Expr:
    """The sum, like terms merged and common factors taken out."""
    wanted = broadcast([s.shape for s in summands]) if shape is None else shape
    terms = collected(summands)
    if not terms:
        return zero(wanted)
    return fit(_best(terms, wanted), wanted)


def minus(left: Expr, right: Expr) -> Expr:
    """left − right."""
    return plus(left, times(number(-1), right))


def collected(summands: Sequence[Expr]) -> list[Term]:
    """The terms of a sum, like ones merged, in order of appearance."""
    counted: dict[frozenset[tuple[Expr, Fraction]], tuple[Fraction, Powers]] = {}
    for s in summands:
        for c, powers in spread(s):
            key = frozenset(powers.items())
            before = counted.get(key)
            counted[key] = (before[0] + c if before else c, powers)
    return [(c, p) for c, p in counted.values() if c]


def spread(e: Expr) -> list[Term]:
    """The terms an expression is a sum of."""
    c, powers = apart(e)
    if not c:
        return []
    if len(powers) == 1:
        ((base, exponent),) = powers.items()
        if base.op == "add" and exponent == 1 and abs(c) == 1:
            return [(c * d, p) for a in base.args for d, p in spread(a)]
    return [(c, powers)]


def total_of(terms: Sequence[Term]) -> Expr:
    """Write a sum of terms down, a positive one first."""
    written = [join(c, p) for c, p in terms]
    if len(written) == 1:
        return written[0]
    if len({abs(c) for c, _ in terms}) == 1 and abs(terms[0][0]) != 1 or all(c < 0 for c, _ in terms):
        size = abs(terms[0][0]) if len({abs(c) for c, _ in terms}) == 1 else _ONE
        sign = -1 if all(c < 0 for c, _ in terms) else 1
        return times(number(sign * size), total_of([(c / (sign * size), p) for c, p in terms]))
    first = next((k for k, (c, _) in enumerate(terms) if c > 0), 0)
    written.insert(0, written.pop(first))
    return make("add", *written)


Handle = tuple[str, Expr, Fraction]


def handles(term: Term) -> list[Handle]:
    """What could be taken out of a term."""
    _, powers = term
    found: list[Handle] = [("factor", b, Fraction(1 if e > 0 else -1) * min(abs(e), _ONE)) for b, e in powers.items()]
    for b, e in powers.items():
        if e != 1 or any(len(o.shape) for o in powers if o is not b):
            continue
        if b.op == "matmul":
            if len(b.args[0].shape) == 2:
                found.append(("left", b.args[0], _ONE))
            if len(b.args[-1].shape) == 1 or len(b.args[0].shape) == 2:
                found.append(("right", b.args[-1], _ONE))
            if not b.shape:  # xᵀAy read backwards ends in x
                found.append(("right", b.args[0], _ONE))
        if b.op == "outer":
            found += [("above", b.args[0], _ONE), ("beside", b.args[1], _ONE)]
    return found


def _without(term: Term, handle: Handle) -> Expr:
    """What is left of a term when the handle is taken out."""
    kind, base, exponent = handle
    c, powers = term
    if kind == "factor":
        return join(*merged([((c, powers), _ONE), ((_ONE, {base: exponent}), -_ONE)]))
    core = next(b for b, e in powers.items() if e == 1 and _carries(b, kind, base))
    rest = join(c, {b: e for b, e in powers.items() if b is not core})
    if kind == "left":
        inner = _chain(core.args[1:])
    elif kind == "right":
        backwards = core.args[-1] is not base
        inner = _chain([flip(a) for a in core.args[:0:-1]] if backwards else core.args[:-1])
    else:
        inner = core.args[1] if kind == "above" else core.args[0]
    return times(rest, inner)


def _carries(b: Expr, kind: str, base: Expr) -> bool:
    if kind in ("left", "right"):
        ends = (b.args[0],) if kind == "left" else (b.args[-1],) if b.shape else (b.args[-1], b.args[0])
        return b.op == "matmul" and any(a is base for a in ends)
    return b.op == "outer" and b.args[0 if kind == "above" else 1] is base


def _chain(args: Sequence[Expr]) -> Expr:
    return args[0] if len(args) == 1 else dot(*args)


_TAKE: dict[str, Callable[[Expr, Expr, Fraction], Expr]] = {
    "factor": lambda inner, base, e: join(*merged([(apart(inner), _ONE), ((_ONE, {base: e}), _ONE)])),
    "left": lambda inner, base, _: dot(base, inner),
    "right": lambda inner, base, _: dot(inner, base),
    "above": lambda inner, base, _: outer_of(base, inner),
    "beside": lambda inner, base, _: outer_of(inner, base),
}


def _best(terms: list[Term], shape: Shape) -> Expr:
    flat = total_of(terms)
    if len(terms) < 2:
        return flat
    owners: dict[Handle, list[int]] = {}
    for k, t in enumerate(terms):
        for h in dict.fromkeys(handles(t)):
            owners.setdefault(h, []).append(k)
    shared = sorted((h for h in owners if len(owners[h]) > 1), key=lambda h: -len(owners[h]))
    best = flat
    for h in shared[:_LIMIT]:
        found = _taken(terms, h, owners[h], shape)
        if found is not None and operations(found) < operations(best):
            best = found
    return best


def _taken(terms: list[Term], h: Handle, members: list[int], shape: Shape) -> Expr | None:
    parts = [_without(terms[k], h) for k in members]
    inner_shape = _inner_shape(h, parts, [terms[k] for k in members])
    if inner_shape is None:
        return None
    inner = _best(collected(parts), inner_shape) if collected(parts) else zero(inner_shape)
    if is_zero(inner):
        return _best([t for k, t in enumerate(terms) if k not in members], shape)
    if h[0] != "factor":
        inner = fit(inner, inner_shape)
    whole = _TAKE[h[0]](inner, h[1], h[2])
    rest = [t for k, t in enumerate(terms) if k not in members]
    if not rest:
        return whole
    # the new term stands where the first of its parts stood
    place = sum(k < members[0] for k in range(len(terms)) if k not in members)
    return _best([*rest[:place], *spread(whole), *rest[place:]], shape)


def _inner_shape(h: Handle, parts: Sequence[Expr], terms: Sequence[Term]) -> Shape | None:
    """The shape the parts must have together; None where they differ in a product."""
    if h[0] == "factor":
        return broadcast([p.shape for p in parts])
    shapes = {p.shape for p in parts}
    return shapes.pop() if len(shapes) == 1 else None

