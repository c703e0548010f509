"""Matching an expression against a pattern: an expression whose symbols are variables.

A variable stands for any expression of its shape (sizes are variables too) that has the
variable's declared structure.  Sums and entrywise products are matched in any order, matrix
products as runs of factors; what a pattern leaves over at the root is kept around the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from symderiv.algebra.building_blocks import dot, plus, times
from symderiv.algebra.chains import flipped, symmetric
from symderiv.expressions import Expr, combine, constant, dimension, eye, make
from symderiv.shapes import Dim
from symderiv.trees import involved, is_random, size

COMMUTATIVE = ("add", "mul")
MOST_ARGUMENTS = 12  # a longer sum is not searched for sub-sums


@dataclass(frozen=True)
class Binding:
    """What the variables and sizes of a pattern stand for."""

    values: tuple[tuple[str, Expr], ...] = ()
    sizes: tuple[tuple[str, Dim], ...] = ()
    entrywise: bool = False  # scalar variables stand for arrays too

    def value(self, name: str) -> Expr | None:
        """What a variable stands for, if it is bound."""
        return dict(self.values).get(name)


def matches(
    pattern: Expr, e: Expr, entrywise: bool = False
) -> Iterator[tuple[Binding, Callable[[Expr], Expr]]]:
    """Every way a pattern fits, with the function that puts what was left over around a result."""
    empty = Binding(entrywise=entrywise)
    for binding in _fit(pattern, e, empty):
        yield binding, _itself
    if pattern.op in COMMUTATIVE and e.op == pattern.op and len(e.args) > len(pattern.args):
        yield from _some(pattern, e, empty)
    if pattern.op == "matmul" and e.op == "matmul" and len(e.args) > len(pattern.args):
        yield from _run(pattern, e, empty)


def filled(pattern: Expr, binding: Binding) -> Expr:
    """The pattern with its variables replaced."""
    if pattern.op == "sym":
        found = binding.value(pattern.data.name)
        assert found is not None
        return found
    sizes = dict(binding.sizes)
    if pattern.op in ("num", "pi"):
        return pattern
    if pattern.op == "dim":
        return dimension(sizes[pattern.data])
    if pattern.op == "eye":
        return eye(_size(pattern.shape[0], sizes))
    if pattern.op in ("ones", "zeros"):
        return constant(pattern.op, tuple(_size(d, sizes) for d in pattern.shape))
    args = tuple(filled(a, binding) for a in pattern.args)
    if pattern.op == "matmul":
        return dot(*args)
    if pattern.op in ("add", "mul"):
        return plus(*args) if pattern.op == "add" else times(*args)
    if pattern.op == "neg":
        return -args[0]
    return combine("div", *args) if pattern.op == "div" else make(pattern.op, *args, data=pattern.data)


def _size(d: Dim, sizes: dict[str, Dim]) -> Dim:
    return sizes[d] if isinstance(d, str) else d


def _itself(e: Expr) -> Expr:
    return e


def _some(pattern: Expr, e: Expr, empty: Binding) -> Iterator[tuple[Binding, Callable[[Expr], Expr]]]:
    """Some terms of a sum, or factors of a product, fit; the others stay beside the result."""
    if len(e.args) > MOST_ARGUMENTS:
        return
    for chosen in combinations(range(len(e.args)), len(pattern.args)):
        rest = tuple(a for k, a in enumerate(e.args) if k not in chosen)
        picked = tuple(e.args[k] for k in chosen)

        def around(new: Expr, rest: tuple[Expr, ...] = rest, at: int = chosen[0]) -> Expr:
            return (plus if e.op == "add" else times)(*rest[:at], new, *rest[at:])

        for binding in _arranged(pattern.args, picked, e.op, empty):
            yield binding, around


def _run(pattern: Expr, e: Expr, empty: Binding) -> Iterator[tuple[Binding, Callable[[Expr], Expr]]]:
    """Neighbouring factors of a matrix product fit."""
    for first in range(len(e.args)):
        for last in range(first + len(pattern.args), len(e.args) + 1):
            if last - first == len(e.args):
                continue
            before, run, after = e.args[:first], e.args[first:last], e.args[last:]
            shapes = (*(a.shape for a in before[-1:]), *(a.shape for a in after[:1]))
            if any(len(s) == 1 for s in shapes) and (before and len(before[-1].shape) == 1 and len(before) > 1):
                continue

            def around(new: Expr, before: tuple[Expr, ...] = before, after: tuple[Expr, ...] = after) -> Expr:
                return beside(before, new, after)

            for binding in _sequence(pattern.args, run, empty):
                yield binding, around


def beside(before: tuple[Expr, ...], new: Expr, after: tuple[Expr, ...]) -> Expr:
    """A new factor between those that stay; an identity is left for the reader to see."""
    return make("matmul", *before, new, *after) if new.op == "eye" and (before or after) else dot(*before, new, *after)


def _fit(p: Expr, e: Expr, b: Binding) -> Iterator[Binding]:
    if p.op == "sym":
        yield from _bind(p, e, b)
    elif p.op in ("num", "dim", "pi", "eye", "ones", "zeros"):
        yield from _leaf(p, e, b)
    elif p.op == "T" and e.op in ("mul", "add", "div") and size(turned := flipped(e)) < size(e):
        yield from _fit(p.args[0], turned, b)  # Rᵀ ⊙ Xᵀ is a transpose
    elif p.op != e.op or p.data != e.data:
        return
    elif p.op in COMMUTATIVE:
        yield from _arranged(p.args, e.args, p.op, b)
    elif p.op == "matmul":
        yield from _sequence(p.args, e.args, b)
    else:
        yield from _each(p.args, e.args, b)


def _each(patterns: tuple[Expr, ...], args: tuple[Expr, ...], b: Binding) -> Iterator[Binding]:
    if len(patterns) != len(args):
        return
    if not patterns:
        yield b
        return
    for found in _fit(patterns[0], args[0], b):
        yield from _each(patterns[1:], args[1:], found)


def _arranged(patterns: tuple[Expr, ...], args: tuple[Expr, ...], op: str, b: Binding) -> Iterator[Binding]:
    """Arguments in any order; the last pattern, if it is a variable, takes all that is left."""
    if len(args) < len(patterns) or len(args) > MOST_ARGUMENTS:
        return
    if len(patterns) == 1:
        whole = args[0] if len(args) == 1 else make(op, *args)
        if len(args) == 1 or patterns[0].op == "sym":
            yield from _fit(patterns[0], whole, b)
        return
    for k, a in enumerate(args):
        for found in _fit(patterns[0], a, b):
            yield from _arranged(patterns[1:], args[:k] + args[k + 1 :], op, found)


def _sequence(patterns: tuple[Expr, ...], args: tuple[Expr, ...], b: Binding) -> Iterator[Binding]:
    """Factors in their order; a variable may take a run of them."""
    if len(patterns) == 1:
        if len(args) == 1 or patterns[0].op == "sym":
            yield from _fit(patterns[0], args[0] if len(args) == 1 else make("matmul", *args), b)
        return
    most = len(args) - len(patterns) + 1 if patterns[0].op == "sym" else 1
    for k in range(1, most + 1):
        if len(args) - k < len(patterns) - 1:
            return
        head = args[0] if k == 1 else make("matmul", *args[:k])
        for found in _fit(patterns[0], head, b):
            yield from _sequence(patterns[1:], args[k:], found)


def _leaf(p: Expr, e: Expr, b: Binding) -> Iterator[Binding]:
    if p.op in ("num", "pi"):
        if p is e:
            yield b
        return
    if p.op == "dim":
        bound = dict(b.sizes).get(p.data)
        if bound is None and e.op == "dim":
            yield from _sized((p.data,), (e.data,), b)
        elif bound is not None and dimension(bound) is e:
            yield b
        return
    if e.op == p.op:
        yield from _sized(p.shape, e.shape, b)


def _sized(wanted: tuple[Dim, ...], shape: tuple[Dim, ...], b: Binding) -> Iterator[Binding]:
    if len(wanted) != len(shape):
        return
    sizes = dict(b.sizes)
    for w, d in zip(wanted, shape, strict=True):
        if isinstance(w, int) and w != d:
            return
        if isinstance(w, str) and sizes.setdefault(w, d) != d:
            return
    yield replace(b, sizes=tuple(sizes.items()))


def _bind(p: Expr, e: Expr, b: Binding) -> Iterator[Binding]:
    known = b.value(p.data.name)
    if known is not None:
        if known is e:
            yield b
        return
    if not all(_STRUCTURE.get(prop, _anything)(e) for prop in _wanted(p)):
        return
    if p.data.random:
        yield from _bind_random(p, e, b)
        return
    stretched = b.entrywise and not p.shape
    for found in [b] if stretched else _sized(p.shape, e.shape, b):
        yield replace(found, values=(*found.values, (p.data.name, e)))


def _bind_random(p: Expr, e: Expr, b: Binding) -> Iterator[Binding]:
    """A variable with a free mean stands for anything random, any other for a symbol of its own distribution."""
    law = dict(p.data.law)
    free = "mean" in law and law["mean"].op == "sym"
    if not is_random(e) or not (free or (e.op == "sym" and e.data.distribution.name == p.data.distribution.name)):
        return
    for found in [b] if b.entrywise and not p.shape else _sized(p.shape, e.shape, b):
        named = replace(found, values=(*found.values, (p.data.name, e)))
        if free:
            yield named
        elif set(law) <= set(have := dict(e.data.law)):
            yield from _each(tuple(law.values()), tuple(have[key] for key in law), named)


def independent(b: Binding, variables: frozenset[str]) -> bool:
    """Whether random variables stand for expressions without a common random symbol."""
    random = [frozenset(s for s in involved(e) if is_random(s)) for name, e in b.values if name in variables]
    return all(not (x & y) for x, y in combinations(random, 2))


def _wanted(p: Expr) -> Iterator[str]:
    """The properties of a variable; a tall orthogonal one asks for orthonormal columns only."""
    for prop in p.data.properties:
        yield "orthonormal" if prop == "orthogonal" and p.shape[0] != p.shape[1] else prop


def _anything(e: Expr) -> bool:
    return True


def _orthogonal(e: Expr) -> bool:
    return e.op == "eye" or (e.op == "sym" and e.data.has("orthogonal") and e.shape[0] == e.shape[1])


def _orthonormal(e: Expr) -> bool:
    return e.op == "eye" or (e.op == "sym" and e.data.has("orthogonal"))


def _simplex(e: Expr) -> bool:
    return e.op == "softmax" or (e.op == "sym" and e.data.has("simplex"))


def _diagonal(e: Expr) -> bool:
    return e.op in ("diag", "eye") or (e.op == "sym" and e.data.has("diagonal"))


_STRUCTURE: dict[str, Callable[[Expr], bool]] = {
    "symmetric": symmetric,
    "spd": symmetric,
    "orthogonal": _orthogonal,
    "orthonormal": _orthonormal,
    "simplex": _simplex,
    "diagonal": _diagonal,
}
