"""The kernel of truth: arithmetic of forms.

``assemble`` brings any sum of raw products into canonical form: it eliminates
Kronecker deltas, merges equal factors, applies the laws of the atoms, splits
products into connected nets and names their bound indices canonically.  All
else (sum, product, contraction, transposition) is a few lines on top.

Scope: decides equality of polynomials in tensor entries with coefficients in
the rational numbers, for all sizes, together with the atoms' laws in
``kernel/laws.py``.  It does not by itself decide identities between several inverses;
see ``deciding/clearing.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symderiv.errors import LimitError
from symderiv.kernel.forms import Coefficient, Form, Monomial, Product, free_slots, number_form, size_factor, spell
from symderiv.kernel.laws import rewrite_product
from symderiv.kernel.networks import (
    DELTA_KIND,
    NETS,
    ONE,
    Exponent,
    Factor,
    Head,
    Index,
    components,
    delta,
    net_of,
    order_slots,
    slot,
)
from symderiv.limits import check_deadline
from symderiv.shapes import Dim

MAX_TERMS = 60_000


def assemble(products: Sequence[Product], dims: tuple[Dim, ...]) -> Form:
    """Canonical form of a sum of products.

    Raises LimitError when more than MAX_TERMS products arise.
    """
    work = list(products)
    terms: dict[Monomial, Coefficient] = {}
    done = 0
    while work:
        done += 1
        if not done % 64:
            check_deadline()
        if done > MAX_TERMS:
            raise LimitError(f"the expression expands into more than {MAX_TERMS} products")
        coefficient, factors = work.pop()
        scale, merged = merge(factors)
        coefficient = coefficient * scale
        if not coefficient:
            continue
        rewritten = rewrite_product(merged, assemble)
        if rewritten is not None:
            work.extend((coefficient * c, f) for c, f in rewritten)
            continue
        _add_term(terms, _monomial(merged), coefficient)
    return Form(terms, dims)


def _add_term(terms: dict[Monomial, Coefficient], mono: Monomial, coefficient: Coefficient) -> None:
    total = terms.get(mono, 0) + coefficient
    if total:
        if isinstance(total, Fraction) and total.denominator == 1:
            total = total.numerator
        terms[mono] = total
    else:
        terms.pop(mono, None)


def _monomial(factors: Sequence[Factor]) -> Monomial:
    counted: dict[int, Exponent] = {}
    for part in components(factors):
        if len(part) == 1 and all(i[1] < 0 or i == ONE for i in part[0][1]):
            h, idx, e = part[0]
            uid = net_of([(h, idx, 1)]).uid
        else:
            uid, e = net_of(part).uid, 1
        counted[uid] = counted.get(uid, 0) + e
    return tuple(sorted((u, e) for u, e in counted.items() if e))


def merge(factors: Sequence[Factor]) -> tuple[int, list[Factor]]:
    """Eliminate deltas, add exponents of equal factors, turn vanished indices into sizes.

    Returns an integer factor (sizes that are numbers) and the factors left.
    """
    renamed: dict[Index, Index] = {}
    deltas: list[tuple[Index, Index]] = []
    before = {i for _, idx, _ in factors for i in idx}

    def find(i: Index) -> Index:
        while i in renamed:
            i = renamed[i]
        return i

    for h, idx, _ in factors:
        if h.kind == DELTA_KIND:
            a, b = find(idx[0]), find(idx[1])
            if a == b:
                continue
            keep, drop = (a, b) if a[1] < 0 and (b[1] >= 0 or a[1] > b[1]) else (b, a)
            renamed[drop] = keep
            if drop[1] < 0:  # both free: the delta itself stays
                deltas.append((keep, drop))
    counted: dict[tuple[Head, tuple[Index, ...]], Exponent] = {}
    for h, idx, e in factors:
        if h.kind != DELTA_KIND:
            key = (h, order_slots(h, tuple(find(i) for i in idx)))
            counted[key] = counted.get(key, 0) + e
    out: list[Factor] = [(h, idx, _plain(e)) for (h, idx), e in counted.items() if e]
    left = {i for _, idx, _ in out for i in idx}
    scale = 1
    for i in before:
        if i[1] >= 0 and i != ONE and i not in left and i not in renamed:
            number, size = size_factor(i[0])
            scale *= int(number)
            out = _join(out, size)
    out += [(delta(drop[0]), order_slots(delta(drop[0]), (find(keep), drop)), 1) for keep, drop in deltas]
    return scale, out


def _join(factors: list[Factor], more: list[Factor]) -> list[Factor]:
    for h, idx, e in more:
        for k, (g, other, f) in enumerate(factors):
            if g is h and other == idx:
                factors[k] = (h, idx, f + e)
                break
        else:
            factors.append((h, idx, e))
    return [f for f in factors if f[2]]


def _plain(e: Exponent) -> Exponent:
    return e.numerator if isinstance(e, Fraction) and e.denominator == 1 else e


def atom(h: Head, idx: tuple[Index, ...], dims: tuple[Dim, ...], power: Exponent = 1) -> Form:
    """A single factor as a form."""
    return assemble([(1, [(h, idx, power)])], dims)


def tensor(h: Head) -> Form:
    """A head with its slots in order: the form of a symbol."""
    return atom(h, tuple(slot(k, size) for k, size in enumerate(h.dims)), h.dims)


def add(*forms: Form) -> Form:
    """Sum of forms over the same slots."""
    terms = dict(forms[0].terms)
    for form in forms[1:]:
        for mono, c in form.terms.items():
            _add_term(terms, mono, c)
    return Form(terms, max((f.dims for f in forms), key=len))


def scale(form: Form, factor: Coefficient) -> Form:
    """A form times a number."""
    if not factor:
        return Form({}, form.dims)
    if factor == 1:
        return form
    return Form({m: _plain(c * factor) for m, c in form.terms.items()}, form.dims)


def subtract(left: Form, right: Form) -> Form:
    """left − right."""
    return add(left, scale(right, -1))


def multiply(left: Form, right: Form, dims: tuple[Dim, ...] | None = None) -> Form:
    """Product entry by entry; both are over the same free slots (or scalars)."""
    shape = dims if dims is not None else max(left.dims, right.dims, key=len)
    for a, b in ((left, right), (right, left)):
        value = a.constant
        if value is not None:
            return Form(scale(b, value).terms, shape)
    products: list[Product] = []
    terms: dict[Monomial, Coefficient] = {}
    if len(left.terms) * len(right.terms) > MAX_TERMS:
        raise LimitError(f"a product of sums expands into more than {MAX_TERMS} products")
    for m1, c1 in left.terms.items():
        quiet = all(not NETS[u].active for u, _ in m1)
        for m2, c2 in right.terms.items():
            if quiet and all(not NETS[u].active for u, _ in m2):
                _add_term(terms, _merge_monomials(m1, m2), c1 * c2)
            else:
                first, label = spell(m1)
                products.append((c1 * c2, first + spell(m2, label)[0]))
    if not products:
        return Form(terms, shape)
    return add(Form(terms, shape), assemble(products, shape))


def _merge_monomials(m1: Monomial, m2: Monomial) -> Monomial:
    counted = dict(m1)
    for u, e in m2:
        counted[u] = _plain(counted.get(u, 0) + e)
    return tuple(sorted((u, e) for u, e in counted.items() if e))


def power_of(form: Form, exponent: int) -> Form:
    """A power with an exponent of 0 or more, entry by entry, by repeated squaring."""
    assert exponent >= 0, exponent
    result = number_form(1)
    while exponent:
        if exponent & 1:
            result = multiply(result, form, form.dims)
        exponent >>= 1
        if exponent:
            form = multiply(form, form)
    return result


def place(form: Form, targets: Sequence[Index], dims: tuple[Dim, ...]) -> Form:
    """Move the slots: slot k of ``form`` becomes ``targets[k]``; equal targets take a diagonal."""
    moves = free_slots(form.dims, targets)
    if all(a == b for a, b in moves.items()):
        return Form(form.terms, dims)
    return assemble([(c, spell(m, 0, moves)[0]) for m, c in form.terms.items()], dims)


def contract(form: Form, which: Sequence[int], dims: tuple[Dim, ...]) -> Form:
    """Sum over slots; those left must already be in their final places (see ``place``)."""
    products: list[Product] = []
    for m, c in form.terms.items():
        factors, label = spell(m)
        moves: dict[Index, Index] = {}
        for k in which:
            size = form.dims[k]
            if size == 1:
                continue
            source = (size, -1 - k)
            if any(source in idx for _, idx, _ in factors):
                moves[source] = (size, label)
                label += 1
            else:
                number, extra = size_factor(size)
                c, factors = c * number, factors + extra
        products.append((c, [(h, tuple(moves.get(i, i) for i in idx), e) for h, idx, e in factors]))
    return assemble(products, dims)


def chain(left: Form, right: Form, first: Sequence[Index], second: Sequence[Index], dims: tuple[Dim, ...]) -> Form:
    """Product of two forms with their slots sent to ``first`` and ``second``; bound targets (label ≥ 0) are summed.

    A matrix product sends the slots to (i, k) and (k, j) with k bound.
    """
    products: list[Product] = []
    summed = {i for i in (*first, *second) if i[1] >= 0 and i != ONE}
    reserved = 1 + max((i[1] for i in summed), default=-1)
    lefts = [(c, spell(m, reserved, free_slots(left.dims, first))) for m, c in left.terms.items()]
    for m2, c2 in right.terms.items():
        for c1, (factors, label) in lefts:
            whole, c = factors + spell(m2, label, free_slots(right.dims, second))[0], c1 * c2
            for i in summed - {j for _, idx, _ in whole for j in idx}:
                number, extra = size_factor(i[0])
                c, whole = c * number, whole + extra
            products.append((c, whole))
    return assemble(products, dims)


