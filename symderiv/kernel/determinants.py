"""Determinants of forms with two slots, and their logarithms.

Products of square matrices come apart, a rank-one change is resolved by the matrix
determinant lemma, and ``det(cA + UV)`` with U, V not square is written as
``det(cA)·det(I + UV(cA)⁻¹)``, whose atom is shared by all its rotations (Sylvester).

These identities are rational in the entries; they are used where the unchanged
matrix is invertible, a dense set, and extend to all points where both sides are
defined by continuity.
"""

from __future__ import annotations

from collections.abc import Sequence

from symderiv.errors import LimitError, ReadingError
from symderiv.kernel import atoms
from symderiv.kernel.arithmetic import add, atom, contract, multiply, scale
from symderiv.kernel.forms import Form, Monomial, number_form, payload_form
from symderiv.kernel.matrices import (
    chain_of_squares,
    diagonal_entries,
    identity,
    inverse,
    matmul,
    matrix_of,
    rank_one,
    scalar_part,
    transposed,
    walk,
)
from symderiv.kernel.networks import NETS, Net, delta, head, net_of, slot
from symderiv.kernel.positivity import is_positive
from symderiv.shapes import Dim
from symderiv.symbols import Symbol


def logdet(form: Form) -> Form:
    """log|det|, additive over products."""
    return _determinant(form, logarithm=True)


def det(form: Form) -> Form:
    """Determinant, multiplicative over products."""
    return _determinant(form, logarithm=False)


def _determinant(form: Form, *, logarithm: bool) -> Form:
    size = form.dims[0]
    if form.is_zero:
        if logarithm:
            raise ReadingError("logdet of the zero matrix is not defined")
        return number_form(0)
    entries = diagonal_entries(form)
    if entries is not None:
        if not any(net.free for net in entries.nets):
            return _scalar_determinant(scalar_part(entries), size, logarithm)
        if logarithm:
            return contract(atoms.log(entries), [0], ())
    parts = chain_of_squares(form)
    if parts is not None:
        coefficient, matrices = parts
        pieces = [_one_determinant(m, logarithm) for m in matrices]
        return _combine([_scalar_determinant(coefficient, size, logarithm), *pieces], logarithm)
    split = rank_one(form)
    if split is not None:
        base, u, v = split
        change = add(number_form(1), scalar_part(matmul(v, matmul(inverse(base), u))))
        if logarithm:
            return add(_determinant(base, logarithm=True), atoms.log(change))
        return multiply(_determinant(base, logarithm=False), change)
    lemma = _base_and_change(form)
    if lemma is not None:
        base, change = lemma
        inner = add(identity(size), matmul(change, inverse(base)))
        parts_ = [_determinant(base, logarithm=logarithm), _determinant(inner, logarithm=logarithm)]
        return _combine(parts_, logarithm)
    return _det_atom(rotations(form), logarithm)


def _base_and_change(form: Form) -> tuple[Form, Form] | None:
    """(A, UV) if the form is a square matrix or a multiple of I, plus one product that runs through another size."""
    size = form.dims[0]
    through = [m for m in form.terms if _is_narrow(m, size)]
    if len(form.terms) != 2 or len(through) != 1:
        return None
    base = Form({m: c for m, c in form.terms.items() if m != through[0]}, form.dims)
    if base == identity(size):
        return None
    return base, Form({through[0]: form.terms[through[0]]}, form.dims)


def _is_narrow(mono: Monomial, size: Dim) -> bool:
    """Whether a term is an outer product, or a chain of matrices through another size."""
    slotted = [NETS[u] for u, _ in mono if NETS[u].free]
    if len(slotted) > 1:
        return all(len(net.free) == 1 for net in slotted)
    links = walk(slotted[0], size) if slotted else None
    return links is not None and any(d != size for (h, _, _), _ in links for d in h.dims)


def _det_atom(forms: Sequence[Form], logarithm: bool) -> Form:
    """The atom of a determinant shared by several forms; where it is > 0 the logarithm is the atom."""
    kind = "logdet" if logarithm or _definite(forms[0]) else "det"
    heads = [head(kind, g, (), g.symbols) for f in forms for g in (f, transposed(f))]
    value = atom(min(heads, key=lambda h: h.uid), (), ())
    return value if logarithm or kind == "det" else atoms.exp(value)


def _definite(form: Form) -> bool:
    """A symmetric positive definite symbol."""
    term = form.single()
    return term is not None and term[1] == 1 and len(term[0]) == 1 and _is_spd(NETS[term[0][0][0]])


def _is_spd(net: Net) -> bool:
    h = net.factors[0][0]
    return len(net.factors) == 1 and isinstance(h.payload, Symbol) and h.payload.has("spd")


def rotations(form: Form) -> list[Form]:
    """All I + VU of the determinant of I + UV (Sylvester); just the form where it is not of that shape."""
    size = form.dims[0]
    kronecker = net_of([(delta(size), (slot(0, size), slot(1, size)), 1)]).uid
    rest = {m: c for m, c in form.terms.items() if m != ((kronecker, 1),)}
    if form.terms.get(((kronecker, 1),)) != 1 or len(rest) != 1:
        return [form]
    ((mono, c),) = rest.items()
    slotted = [NETS[u] for u, _ in mono if NETS[u].free]
    links = walk(slotted[0], size) if len(slotted) == 1 else None
    if links is None:
        return [form]
    scalars = Form({tuple((u, e) for u, e in mono if not NETS[u].free): c}, ())
    out = []
    for k in range(len(links)):
        turned = links[k:] + links[:k]
        matrices = [matrix_of(f, flip) for f, flip in turned]
        product = matrices[0]
        for m in matrices[1:]:
            product = matmul(product, m)
        out.append(add(identity(product.dims[0]), multiply(product, scalars, product.dims)))
    return out


def _combine(parts: Sequence[Form], logarithm: bool) -> Form:
    result = number_form(0 if logarithm else 1)
    for p in parts:
        result = add(result, p) if logarithm else multiply(result, p)
    return result


def _scalar_determinant(value: Form, size: Dim, logarithm: bool) -> Form:
    """det(c·I) = cⁿ."""
    if value.constant == 1:
        return number_form(0 if logarithm else 1)
    dimension = number_form(size) if isinstance(size, int) else atom(head("dim", size, positive=True), (), ())
    if not logarithm and isinstance(size, int):
        return atoms.power(value, size)
    total = multiply(atoms.log(value), dimension)
    if logarithm:
        return total
    if not is_positive(value):
        raise LimitError("the sign of a determinant det(cI) with c of unknown sign and a symbolic size is not decided")
    return atoms.exp(total)


def _one_determinant(form: Form, logarithm: bool) -> Form:
    ((mono, _),) = form.terms.items()
    ((h, _, _),) = NETS[mono[0][0]].factors
    if h.kind == "orthogonal":
        return number_form(0) if logarithm else atom(head("sign", ("det", h.payload), (), h.symbols), (), ())
    if h.kind == "inv":
        inner = _determinant(payload_form(h), logarithm=logarithm)
        return scale(inner, -1) if logarithm else atoms.power(inner, -1)
    return _det_atom([form], logarithm)
