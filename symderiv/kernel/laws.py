"""The laws of the atoms, as rewritings of one product.

One row of ``LAWS`` per kind of head.  A law looks at one factor among the
others and returns the products that replace the whole, or None.  Every law is
an identity that holds wherever the product is defined, and every rewriting
lowers a well-founded measure, so the order of application is free.

``inv`` and ``power`` share one idea: in ``F⁻¹·F`` the largest term of F is
exchanged for the others, ``F⁻¹·lead = (1 − F⁻¹·rest) / c``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from fractions import Fraction

from symderiv.kernel.forms import (
    Coefficient,
    Form,
    Monomial,
    Product,
    free_slots,
    instances,
    next_label,
    payload_form,
    size_factor,
    spell,
)
from symderiv.kernel.matching import OPEN, PRIVATE, find_pattern
from symderiv.kernel.networks import DELTA_KIND, NETS, ONE, Factor, Index, delta, head
from symderiv.shapes import Dim

Assemble = Callable[[Sequence[Product], tuple[Dim, ...]], Form]
Law = Callable[[int, list[Factor], Assemble], list[Product] | None]


def rewrite_product(factors: list[Factor], assemble: Assemble) -> list[Product] | None:
    """Apply the first law that fits; None when the product is settled."""
    for k, (h, _, _) in enumerate(factors):
        law = LAWS.get(h.kind)
        if law is None:
            continue
        found = law(k, factors, assemble)
        if found is not None:
            return found
    return None


def without(factors: Sequence[Factor], positions: Set[int], added: Sequence[Factor], gone: Set[Index]) -> Product:
    """The product with some factors replaced; bound indices that vanish (but for ``gone``) become sizes."""
    left = [f for k, f in enumerate(factors) if k not in positions] + list(added)
    here = {i for _, idx, _ in left for i in idx}
    scale: Coefficient = 1
    for i in {i for _, idx, _ in factors for i in idx} - here - gone:
        if i[1] >= 0 and i != ONE:
            number, extra = size_factor(i[0])
            scale, left = scale * number, left + extra
    return scale, left


def _occurrences(index: Index, factors: Sequence[Factor]) -> int:
    return sum(idx.count(index) for _, idx, _ in factors)


def _orthogonal(k: int, factors: list[Factor], assemble: Assemble) -> list[Product] | None:
    """Σ_k Q_ki Q_kj = δ_ij, over rows, and over columns where Q is square."""
    h, idx, e = factors[k]
    for s in range(2 if h.dims[0] == h.dims[1] else 1):
        i = idx[s]
        if i == ONE or i[1] < 0:
            continue
        if e == 2 and _occurrences(i, factors) == 1:
            return [without(factors, {k}, [], {i})]
        if e != 1 or _occurrences(i, factors) != 2:
            continue
        for j, (g, other, f) in enumerate(factors):
            if j != k and g is h and f == 1 and other[s] == i and other[1 - s] != i:
                kronecker = (delta(h.dims[1 - s]), (idx[1 - s], other[1 - s]), 1)
                return [without(factors, {k, j}, [kronecker], {i})]
    return None


def _simplex(k: int, factors: list[Factor], assemble: Assemble) -> list[Product] | None:
    """Σ_i t_i = 1 over the last slot."""
    _, idx, e = factors[k]
    i = idx[-1]
    if e == 1 and i != ONE and i[1] >= 0 and _occurrences(i, factors) == 1:
        return [without(factors, {k}, [], {i})]
    return None


def _prime(k: int, factors: list[Factor], assemble: Assemble) -> list[Product] | None:
    """The whole part of a power of a prime is a number."""
    h, idx, e = factors[k]
    whole = e.numerator // e.denominator
    if not whole:
        return None
    rest = [] if e == whole else [(h, idx, e - whole)]
    assert isinstance(h.payload, int)
    scale, left = without(factors, {k}, rest, set())
    return [(scale * Fraction(h.payload) ** whole, left)]


def _sign(k: int, factors: list[Factor], assemble: Assemble) -> list[Product] | None:
    """s² = 1 for s = ±1."""
    h, idx, e = factors[k]
    if e == e % 2:
        return None
    return [without(factors, {k}, [(h, idx, e % 2)] if e % 2 else [], set())]


def _step(k: int, factors: list[Factor], assemble: Assemble) -> list[Product] | None:
    """step(x)² = step(x) away from 0."""
    h, idx, e = factors[k]
    return [without(factors, {k}, [(h, idx, 1)], set())] if e > 1 else _diagonal(k, factors, assemble)


def _sine(k: int, factors: list[Factor], assemble: Assemble) -> list[Product] | None:
    """sin² = 1 − cos²."""
    h, idx, e = factors[k]
    if e < 2:
        return _diagonal(k, factors, assemble)
    cosine = head("cos", h.payload, h.dims, h.symbols, symmetric=h.symmetric)
    rest = [(h, idx, e - 2)] if e > 2 else []
    scale, squared = without(factors, {k}, [*rest, (cosine, idx, 2)], set())
    return [without(factors, {k}, rest, set()), (-scale, squared)]


def _diagonal(k: int, factors: list[Factor], assemble: Assemble) -> list[Product] | None:
    """f(A_ij) at i = j is a function of one index: f(diagonal A)."""
    h, idx, e = factors[k]
    if len(idx) != 2 or idx[0] != idx[1]:
        return None
    form = payload_form(h)
    size = h.dims[0]
    target = (size, -1)
    merged = assemble([(c, f) for c, f in instances(form, (target, target), 0)], (size,))
    if merged.constant is not None:
        return None
    same = head(h.kind, merged, (size,), h.symbols, positive=h.positive, unit=h.unit)
    return [without(factors, {k}, [(same, idx[:1], e)], set())]


def weight(mono: Monomial) -> tuple[object, ...]:
    """An order of monomials that multiplication respects: total degree, then the nets' numbers."""
    degree = Fraction(0)
    for u, e in mono:
        own = sum((abs(Fraction(f[2])) for f in NETS[u].factors if f[0].kind != DELTA_KIND), Fraction(0))
        degree += abs(Fraction(e)) * own
    return (degree, mono)


def leading(form: Form) -> tuple[Monomial, Coefficient]:
    """The largest term of a base."""
    mono = max(form.terms, key=weight)
    return mono, form.terms[mono]


def matrix_lead(form: Form) -> Monomial | None:
    """The largest term of a matrix whose two slots hang together, other than a multiple of I."""

    def connected(mono: Monomial) -> bool:
        slotted = [NETS[u] for u, _ in mono if NETS[u].free]
        # a row or column that is repeated (u 1ᵀ) hangs on one slot only
        return len(slotted) == 1 and len(slotted[0].free) == 2 and slotted[0].factors[0][0].kind != DELTA_KIND

    return max((m for m in form.terms if connected(m)), key=weight, default=None)


def _power(k: int, factors: list[Factor], assemble: Assemble) -> list[Product] | None:
    """Whole powers expand; below 0, F^e·lead = (F^(e+1) − F^e·rest) / c."""
    h, idx, e = factors[k]
    form = payload_form(h)
    label = next_label(factors)
    slots = free_slots(h.dims, idx)
    if e >= 1:
        lowered = [(h, idx, e - 1)] if e > 1 else []
        return [
            _times(c, without(factors, {k}, lowered + more, frozenset())) for c, more in instances(form, idx, label)
        ]
    if e > 0:
        return None
    joined = _join_opposite(k, factors, form)
    if joined is not None:
        return joined
    mono, coefficient = leading(form)
    found = find_pattern(_pattern(mono, slots), factors, {i: i for i in idx if i != ONE}, k)
    if found is None:
        return None
    raised = [(h, idx, e + 1)] if e != -1 else []
    out = [
        _times(Fraction(1) / coefficient, without(factors, found.used | {k}, [*found.remainder, *raised], found.gone))
    ]
    for m, c in form.terms.items():
        if m != mono:
            more = [*found.remainder, *spell(m, label, slots)[0]]
            out.append(_times(-Fraction(c) / coefficient, without(factors, found.used, more, found.gone)))
    return out


def _join_opposite(k: int, factors: list[Factor], form: Form) -> list[Product] | None:
    """A whole power of −F beside a root of F: roots keep the sign of their base, whole powers do not."""
    _, idx, e = factors[k]
    if e.denominator != 1:
        return None
    for j, (g, other, f) in enumerate(factors):
        if g.kind == "power" and f.denominator != 1 and other == idx:
            root = payload_form(g)
            if root.dims == form.dims and root.terms == {m: -c for m, c in form.terms.items()}:
                scale, left = without(factors, {k, j}, [(g, idx, f + e)], set())
                return [(scale * (-1) ** int(e), left)]
    return None


def _pattern(mono: Monomial, slots: dict[Index, Index]) -> list[Factor]:
    """A monomial as a pattern: its own summed indices get labels from PRIVATE on."""
    return spell(mono, PRIVATE, slots)[0]


def _times(c: Coefficient, product: Product) -> Product:
    return (c * product[0], product[1])


def _inverse(k: int, factors: list[Factor], assemble: Assemble) -> list[Product] | None:
    """F⁻¹·lead = 1 − F⁻¹·rest, on either side."""
    h, idx, e = factors[k]
    form = payload_form(h)
    mono = matrix_lead(form)
    if e != 1 or mono is None:
        return None
    size = h.dims[0]
    coefficient = Fraction(form.terms[mono])
    end: Index = (size, OPEN)
    for outer, shared, ends in ((idx[0], idx[1], (idx[1], end)), (idx[1], idx[0], (end, idx[0]))):
        if shared == ONE or shared[1] < 0 or _occurrences(shared, factors) != 2:
            continue
        slots = free_slots((size, size), ends)
        found = find_pattern(_pattern(mono, slots), factors, {shared: shared}, k)
        if found is None:
            continue
        far = found.images[end]
        done = [*found.remainder, (delta(size), (outer, far), 1)]
        out = [_times(1 / coefficient, without(factors, found.used | {k}, done, found.gone | {shared}))]
        slots = {i: far if j == end else j for i, j in slots.items()}
        label = next_label(factors)
        for m, c in form.terms.items():
            if m != mono:
                more = [*found.remainder, *spell(m, label, slots)[0]]
                out.append(_times(-Fraction(c) / coefficient, without(factors, found.used, more, found.gone)))
        return out
    return None


LAWS: dict[str, Law] = {
    "orthogonal": _orthogonal,
    "simplex": _simplex,
    "prime": _prime,
    "sign": _sign,
    "step": _step,
    "sin": _sine,
    "cos": _diagonal,
    "exp": _diagonal,
    "log": _diagonal,
    "erf": _diagonal,
    "power": _power,
    "inv": _inverse,
}
