"""Expectations of functions of a random symbol that are not polynomials.

Scope, for one symbol at a time, everything else held fixed:

- finitely many values (bernoulli, rademacher entry by entry, a one-hot vector): the sum over the values;
- a normal: a polynomial times exponentials, sines and cosines of affine functions, and at most
  one step of an affine function, or one erf alone (``gaussian``);
- independent entries at several places: cumulants of the groups of factors at each place.

Not known here: a step beside a sine, two steps of dependent arguments, functions of a uniform.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import factorial
from typing import Protocol, TypeVar

from symderiv.errors import LimitError
from symderiv.kernel.arithmetic import add, assemble, atom, contract, multiply, place
from symderiv.kernel.atoms import power
from symderiv.kernel.forms import Form, Product, instances, number_form, payload_form
from symderiv.kernel.gaussian import NormalLaw, expected_gaussian
from symderiv.kernel.networks import NETS, ONE, Factor, Head, Index, Net, delta, slot
from symderiv.kernel.substitution import MAKERS, substitute
from symderiv.shapes import Dim
from symderiv.symbols import Symbol

MAX_PLACES = 4
ENTRYWISE = frozenset({"power", "exp", "log", "step", "sin", "cos", "erf"})
Place = tuple[Index, ...]
T = TypeVar("T")


class LawOfEntries(NormalLaw, Protocol):
    """What is asked of the law of a symbol."""

    def values(self) -> list[tuple[int, Form]]:
        """The values of an entry with their probabilities."""


def expected_functions(moving: Sequence[Factor], law: LawOfEntries, label: int) -> list[Product]:
    """E of a product of factors that depend on one random symbol; raises LimitError where no closed form is known."""
    s = law.symbol
    axes = list(dict.fromkeys(i for _, idx, _ in moving for i in idx if i != ONE))
    if s.distribution is not None and s.distribution.name == "one_hot":
        return instances(_one_hot(_over(moving, axes), law), axes, label)
    if _normal(s) and (not law.independent or _steps(moving) <= 1):
        return instances(expected_gaussian(_over(moving, axes), law), axes, label)
    groups: dict[Place, list[Factor]] = {}
    for f in moving:
        where = entry_place(f[0], f[1], s)
        if where is None:
            raise LimitError(f"no closed form is known for a {f[0].kind} of several entries of {s.name}")
        groups.setdefault(where, []).append(f)
    if len(groups) > MAX_PLACES:
        raise LimitError(f"functions of {s.name} at {len(groups)} places are beyond the limit of {MAX_PLACES}")
    return [piece for blocks in set_partitions(tuple(groups)) for piece in _blocks(blocks, groups, law, label)]


def _normal(s: Symbol) -> bool:
    return s.distribution is not None and s.distribution.name == "normal"


def _steps(moving: Sequence[Factor]) -> int:
    return len({(h, idx) for h, idx, _ in moving if h.kind == "step"})


def _over(factors: Sequence[Factor], axes: Sequence[Index]) -> list[Factor]:
    """The factors with the given indices as free slots 0, 1, …"""
    moves: dict[Index, Index] = {i: (i[0], -1 - k) for k, i in enumerate(axes)}
    return [(h, tuple(moves.get(i, i) for i in idx), e) for h, idx, e in factors]


def _dims(axes: Sequence[Index]) -> tuple[Dim, ...]:
    return tuple(i[0] for i in axes)


def entry_place(h: Head, idx: tuple[Index, ...], s: Symbol) -> Place | None:
    """The one entry of a symbol that a factor depends on, by its indices; None where it depends on several."""
    if h.payload == s or not s.shape:
        return idx if s.shape else ()
    if h.kind not in ENTRYWISE:
        return None
    form = payload_form(h)
    found: set[Place | None] = set()
    for net in form.nets:
        for g, inner, _ in net.factors:
            if s in g.symbols:
                where = entry_place(g, inner, s)
                if where is None or any(i[1] >= 0 and i != ONE for i in where):
                    return None
                found.add(tuple(i if i == ONE else idx[-1 - i[1]] for i in where))
    return found.pop() if len(found) == 1 else None


def set_partitions(items: tuple[T, ...], largest: int | None = None) -> Iterator[tuple[tuple[T, ...], ...]]:
    """All partitions into blocks, of at most ``largest`` items each."""
    if not items:
        yield ()
        return
    first, rest = items[0], items[1:]
    for mask in range(1 << len(rest)):
        block = (first, *(x for k, x in enumerate(rest) if mask >> k & 1))
        if largest is not None and len(block) > largest:
            continue
        left = tuple(x for k, x in enumerate(rest) if not mask >> k & 1)
        for others in set_partitions(left, largest):
            yield (block, *others)


def _blocks(
    blocks: Sequence[Sequence[Place]], groups: dict[Place, list[Factor]], law: LawOfEntries, label: int
) -> list[Product]:
    """The product of the cumulants of the blocks; a block equates its places."""
    pieces: list[Product] = [(1, [])]
    for block in blocks:
        equal: list[Factor] = [
            (delta(i[0]), (i, j), 1) for other in block[1:] for i, j in zip(block[0], other, strict=True) if i != j
        ]
        joined = [_renamed(groups[p], dict(zip(p, block[0], strict=True))) for p in block]
        axes = list(dict.fromkeys(i for g in joined for _, idx, _ in g for i in idx if i != ONE))
        cumulant = Form({}, _dims(axes))
        for parts in set_partitions(tuple(range(len(joined)))):
            term = Form(number_form((-1) ** (len(parts) - 1) * factorial(len(parts) - 1)).terms, ())
            for part in parts:
                together = [f for k in part for f in joined[k]]
                term = multiply(term, _one_entry(_over(together, axes), law, _dims(axes)), _dims(axes))
            cumulant = add(cumulant, term)
        more = [(c, [*f, *equal]) for c, f in instances(cumulant, axes, label)]
        label += 100
        pieces = [(c * d, f + g) for c, f in pieces for d, g in more]
    return pieces


def _renamed(factors: Sequence[Factor], moves: dict[Index, Index]) -> list[Factor]:
    return [(h, tuple(moves.get(i, i) for i in idx), e) for h, idx, e in factors]


def _one_entry(factors: list[Factor], law: LawOfEntries, dims: tuple[Dim, ...]) -> Form:
    """E of functions of one entry, over the slots that occur."""
    if _normal(law.symbol):
        return expected_gaussian(factors, law, dims)
    s = law.symbol
    h, idx, _ = factors[0]
    where = entry_place(h, idx, s)
    assert where is not None
    product = assemble([(1, factors)], dims)
    total = Form({}, dims)
    for value, probability in law.values():
        image = Form(number_form(value).terms, s.shape)
        there = substitute(product, {s: image})
        total = add(total, multiply(there, place(probability, where, dims), dims))
    return total


def _one_hot(factors: list[Factor], law: LawOfEntries) -> Form:
    """Σ_k q_k f(e_k) for functions of affine functions of a one-hot vector."""
    s = law.symbol
    if len(s.shape) != 1:
        raise LimitError(f"no closed form is known for functions of the one-hot rows of {s.name}")
    size = s.shape[0]
    last = 1 + max((-1 - i[1] for _, idx, _ in factors for i in idx if i != ONE), default=-1)
    k = slot(last, size)
    sizes = {-1 - i[1]: i[0] for _, idx, _ in factors for i in idx if i != ONE}
    own = tuple(sizes[a] for a in range(last))
    dims = (*own, size)
    total = place(law.parameter("q", 0), (k,), dims)
    for f in factors:
        total = multiply(total, _factor_at_unit(f, s, k, dims), dims)
    return contract(total, [last], own)


def _at_unit(form: Form, s: Symbol) -> Form:
    """A form at the unit vector e_k of a one-hot symbol, with k as a further slot."""
    size = s.shape[0]
    dims = (*form.dims, size)
    k = slot(len(form.dims), size)
    total = Form({}, dims)
    for mono, c in form.terms.items():
        own = [(NETS[u], e) for u, e in mono if s in NETS[u].symbols]
        term = Form({tuple((u, e) for u, e in mono if s not in NETS[u].symbols): c}, dims)
        for net, e in own:
            term = multiply(term, power(_net_at_unit(net, s, k, dims), e), dims)
        total = add(total, term)
    return total


def _factor_at_unit(f: Factor, s: Symbol, k: Index, dims: tuple[Dim, ...]) -> Form:
    h, idx, e = f
    if h.payload == s and e > 0:
        return atom(delta(k[0]), (idx[0], k), dims)
    if h.payload == s or h.kind not in ENTRYWISE:
        raise LimitError(f"no closed form is known for the expectation of {h.kind} of {s.name}")
    return power(place(MAKERS[h.kind](_at_unit(payload_form(h), s)), (*idx, k), dims), e)


def _net_at_unit(net: Net, s: Symbol, k: Index, dims: tuple[Dim, ...]) -> Form:
    moving = [f for f in net.factors if s in f[0].symbols]
    if all(h.payload == s and e > 0 for h, _, e in moving):
        unit: list[Factor] = [
            (delta(k[0]), (idx[0], k), 1) if h.payload == s else (h, idx, e) for h, idx, e in net.factors
        ]
        return assemble([(1, unit)], dims)
    if len(net.factors) > 1:
        raise LimitError(f"no closed form is known for sums of functions of {s.name}")
    return _factor_at_unit(net.factors[0], s, k, dims)
