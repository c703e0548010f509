"""Sums with denominators inside: an identity summand by summand.

If D = Σ_a S_a, then S = 0 is enough for D = 0, and in S the denominators stand at a free
index, where they can be cleared: Σ_a y_a e^(−z_a)/(1 + e^(−z_a)) = Σ_a y_a/(1 + e^(z_a)).
A term without a sum over that size is c·n = Σ_a c.  Not seen: identities that hold of the
sums only, such as Σ_ab x_a/(x_a + x_b) = n²/2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from symderiv.kernel.arithmetic import assemble
from symderiv.kernel.forms import Form, Product, spell
from symderiv.kernel.networks import ONE, Factor, Index, slot
from symderiv.shapes import Dim


def summands(form: Form) -> Iterator[Form]:
    """For each size over which a denominator is summed: the form under that sum, with its index as a further slot."""
    terms: list[Product] = [(c, spell(mono)[0]) for mono, c in form.terms.items()]
    sizes = {i[0] for _, factors in terms for i in _below(factors)}
    for size in sorted(sizes, key=str):
        opened = [_opened(term, size, len(form.dims)) for term in terms]
        products = [product for product in opened if product is not None]
        if len(products) == len(terms):
            yield assemble(products, (*form.dims, size))


def _below(factors: Sequence[Factor]) -> list[Index]:
    """Summed indices of the denominators of a product."""
    return [i for h, idx, e in factors if h.kind == "power" and e < 0 for i in idx if i[1] >= 0 and i != ONE]


def _opened(term: Product, size: Dim, offset: int) -> Product | None:
    """A term without its sum over an index of a size, a denominator's if it has one; None where it has no such sum."""
    c, factors = term
    bound = [i for _, idx, _ in factors for i in idx if i[1] >= 0 and i[0] == size]
    index = next((i for i in (*_below(factors), *bound) if i[0] == size), None)
    if index is not None:
        here = slot(offset, size)
        return c, [(h, tuple(here if i == index else i for i in idx), e) for h, idx, e in factors]
    if isinstance(size, int):
        return Fraction(c) / size, factors
    k = next((k for k, (h, _, e) in enumerate(factors) if h.kind == "dim" and h.payload == size and e >= 1), None)
    if k is None:
        return None
    h, idx, e = factors[k]
    return c, [*factors[:k], *([(h, idx, e - 1)] if e > 1 else []), *factors[k + 1 :]]
