"""Traces of inverses: a scalar identity opened at a shared factor, so that it becomes one between matrices.

If D = Σ_ij H_ij M_ij with one H in every term, then M = 0 is enough for D = 0.  A trace
tr(F⁻¹) with F = c·I + R is written n/c − tr(F⁻¹R)/c first, so that there is a factor to open at.
Both are identities; what is proved of M holds of D.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, product

from symderiv.kernel.arithmetic import assemble
from symderiv.kernel.forms import (
    Coefficient,
    Form,
    Monomial,
    Product,
    instances,
    next_label,
    payload_form,
    size_factor,
    spell,
)
from symderiv.kernel.networks import DELTA_KIND, NETS, ONE, Factor, Head, Index, slot

MAX_CHOICES = 64
MAX_TERMS = 8


def opened(form: Form) -> Iterator[Form]:
    """Forms over further slots whose vanishing implies that of a form with inverses in it."""
    if len(form.terms) > MAX_TERMS or not any(_has_inverse(m) for m in form.terms):
        return
    loops = _loops(form)
    if loops is None:
        return
    for h, ends in _shared([f for _, f in loops]):
        places = [[k for k, f in enumerate(factors) if f[0] is h and _ends(f) == ends] for _, factors in loops]
        for choice in islice(product(*places), MAX_CHOICES):
            parts = [(c, _without(f, k, len(form.dims))) for (c, f), k in zip(loops, choice, strict=True)]
            yield assemble(parts, form.dims + h.dims)


def _has_inverse(mono: Monomial) -> bool:
    return any(f[0].kind == "inv" for u, _ in mono for f in NETS[u].factors)


def _loops(form: Form) -> list[Product] | None:
    """The terms as products, traces of inverses taken apart; None where what is left over does not cancel."""
    loops: list[Product] = []
    plain: list[Product] = []
    for mono, c in form.terms.items():
        factors = spell(mono)[0]
        apart = _trace_apart(c, factors)
        if apart is None:
            (loops if _has_inverse(mono) else plain).append((c, _spread(factors)))
            continue
        constant, rest = apart
        plain.append(constant)
        loops += rest
    left = assemble(plain, form.dims)
    loops += [(c, _spread(spell(m)[0])) for m, c in left.terms.items()]
    return loops or None


def _spread(factors: Sequence[Factor]) -> list[Factor]:
    """Small powers as repeated factors, one of which may be taken out."""
    copies = [(f, int(f[2]) if f[2] in (2, 3) else 1) for f in factors]
    return [(f[0], f[1], 1 if n > 1 else f[2]) for f, n in copies for _ in range(n)]


def _trace_apart(c: Coefficient, factors: list[Factor]) -> tuple[Product, list[Product]] | None:
    """c·tr(F⁻¹)·… as the product with n/c₀ and the products with −F⁻¹R/c₀, for F = c₀·I + R."""
    for k, (h, idx, e) in enumerate(factors):
        if h.kind != "inv" or e != 1 or idx[0] != idx[1] or idx[0] == ONE or idx[0][1] < 0:
            continue
        if any(idx[0] in other for j, (_, other, _) in enumerate(factors) if j != k):
            continue
        payload = payload_form(h)
        unit = [m for m in payload.terms if _is_multiple_of_identity(m)]
        if len(unit) != 1:
            return None
        scalars = [u for u in unit[0] if NETS[u[0]].factors[0][0].kind != DELTA_KIND]
        if any(NETS[u].bound for u, _ in scalars):
            return None
        inverse = [(NETS[u].factors[0][0], NETS[u].factors[0][1], -p * NETS[u].factors[0][2]) for u, p in scalars]
        scale = Fraction(c) / Fraction(payload.terms[unit[0]])
        others = [*factors[:k], *factors[k + 1 :], *inverse]
        size, more = size_factor(idx[0][0])
        label = next_label(factors)
        j: Index = (idx[0][0], label)
        rest = Form({m: v for m, v in payload.terms.items() if m != unit[0]}, payload.dims)
        # F⁻¹_ij R_ji, not yet brought into canonical form: the laws would turn it back
        loops: list[Product] = [
            (-scale * d, [*others, (h, (idx[0], j), 1), *f]) for d, f in instances(rest, (j, idx[0]), label + 1)
        ]
        constant: Product = (scale * size, [*others, *more])
        return constant, loops
    return None


def _is_multiple_of_identity(mono: Monomial) -> bool:
    return [NETS[u].factors[0][0].kind for u, _ in mono if NETS[u].free] == [DELTA_KIND]


Ends = tuple[Index | None, ...]


def _ends(f: Factor) -> Ends | None:
    """The free indices of a factor to an open end, None at each summed one; None where it cannot be taken out."""
    _, idx, e = f
    summed = [i for i in idx if i[1] >= 0]
    if e != 1 or not summed or ONE in idx or len(set(idx)) < len(idx):
        return None
    return tuple(i if i[1] < 0 else None for i in idx)


def _shared(terms: Sequence[Sequence[Factor]]) -> list[tuple[Head, Ends]]:
    """Symbols that every term has, with the same free indices."""
    kinds = ("sym", "orthogonal", "simplex")
    per_term = [{(f[0], ends) for f in t if f[0].kind in kinds and (ends := _ends(f)) is not None} for t in terms]
    return sorted(set.intersection(*per_term), key=lambda pair: (-len(pair[1]), pair[0].uid))


def _without(factors: Sequence[Factor], k: int, offset: int) -> list[Factor]:
    """The product without one factor, whose summed indices become free slots."""
    h, idx, _ = factors[k]
    moves = {i: slot(offset + s, d) for s, (i, d) in enumerate(zip(idx, h.dims, strict=True)) if i[1] >= 0}
    return [(g, tuple(moves.get(i, i) for i in other), e) for j, (g, other, e) in enumerate(factors) if j != k]
