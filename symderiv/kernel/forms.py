"""A form: a sum of monomials with exact coefficients, over free slots.

A monomial is a sorted tuple of ``(net number, exponent)``; its nets share no
bound index.  ``spell`` turns a monomial back into a plain list of factors,
which is what the laws of ``kernel/laws.py`` rewrite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from symderiv.errors import LimitError
from symderiv.kernel.networks import NETS, ONE, Exponent, Factor, Head, Index, Net, head
from symderiv.shapes import Dim
from symderiv.symbols import Symbol

Monomial = tuple[tuple[int, Exponent], ...]
Coefficient = int | Fraction
Product = tuple[Coefficient, list[Factor]]

UNIT: Monomial = ()
MAX_COPIES = 400


class Form:
    """A canonical sum of products: ``terms`` maps monomials to coefficients, ``dims`` are the slots' sizes.

    Two forms are equal for all sizes and all values if their terms are equal.
    """

    __slots__ = ("_hash", "dims", "terms")

    def __init__(self, terms: Mapping[Monomial, Coefficient], dims: tuple[Dim, ...]) -> None:
        self.terms = terms
        self.dims = dims
        self._hash: int | None = None

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((frozenset(self.terms.items()), self.dims))
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Form) and self.dims == other.dims and self.terms == other.terms

    def __repr__(self) -> str:
        return " + ".join(f"{c}·{[(NETS[u], e) for u, e in m]}" for m, c in self.terms.items()) or "0"

    @property
    def is_zero(self) -> bool:
        """Whether the form is 0 for all sizes and values."""
        return not self.terms

    @property
    def constant(self) -> Coefficient | None:
        """The number the form is, or None if it is not one."""
        if not self.terms:
            return 0
        return self.terms.get(UNIT) if len(self.terms) == 1 else None

    @property
    def symbols(self) -> frozenset[Symbol]:
        """Every declared symbol that occurs."""
        return frozenset().union(*(NETS[u].symbols for m in self.terms for u, _ in m))

    @property
    def nets(self) -> set[Net]:
        """Every net that occurs."""
        return {NETS[u] for m in self.terms for u, _ in m}

    def single(self) -> tuple[Monomial, Coefficient] | None:
        """The one term, if there is exactly one."""
        return next(iter(self.terms.items())) if len(self.terms) == 1 else None


def number_form(value: Coefficient) -> Form:
    """A number as a form."""
    return Form({UNIT: value} if value else {}, ())


def size_factor(size: Dim) -> Product:
    """A size as a coefficient or as a factor."""
    return (size, []) if isinstance(size, int) else (1, [(head("dim", size, positive=True), (), 1)])


def spell(mono: Monomial, start: int = 0, slots: Mapping[Index, Index] | None = None) -> tuple[list[Factor], int]:
    """The factors of a monomial with bound labels from ``start`` on and free slots renamed; and the next label."""
    out: list[Factor] = []
    for uid, exponent in mono:
        net = NETS[uid]
        copies, power = (int(exponent), 1) if net.bound else (1, exponent)
        if copies > MAX_COPIES:
            raise LimitError(f"a sum to the power {copies} is beyond the limit of {MAX_COPIES} copies")
        for _ in range(copies):
            rename: dict[Index, Index] = dict(slots or {})
            for i in sorted(net.bound, key=lambda i: i[1]):
                rename[i] = (i[0], start)
                start += 1
            for h, idx, e in net.factors:
                out.append((h, tuple(rename.get(i, i) for i in idx), e * power))
    return out, start


def free_slots(dims: Sequence[Dim], targets: Sequence[Index]) -> dict[Index, Index]:
    """The renaming that puts ``targets`` into the free slots of a form with these sizes."""
    return {(size, -1 - k): t for k, (size, t) in enumerate(zip(dims, targets, strict=True)) if size != 1}


def instances(form: Form, targets: Sequence[Index], start: int) -> list[Product]:
    """Every term of a form as a product, with the given indices in its slots and fresh bound labels."""
    slots = free_slots(form.dims, targets)
    return [(c, spell(m, start, slots)[0]) for m, c in form.terms.items()]


def payload_form(h: Head) -> Form:
    """The form a head is keyed by (an inverse's matrix, a power's base …)."""
    assert isinstance(h.payload, Form)
    return h.payload


def next_label(factors: Sequence[Factor]) -> int:
    """A bound label that no factor uses; never negative, as free slots are, also where slot 0 is not among them."""
    return 1 + max((i[1] for _, idx, _ in factors for i in idx if i != ONE and i[1] >= 0), default=-1)
