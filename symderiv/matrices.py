"""Inverse and determinant of a form with two slots, brought to one shape.

Products of square matrices come apart, diagonal matrices act entry by entry, a
rank-one change is resolved by Sherman–Morrison and the matrix determinant
lemma, ``det(cI + UV)`` is written for the smallest rotation of UV (Sylvester),
and what remains is an atom keyed by the form up to transposition and scale.

The rank-one identities are rational in the entries; they are used where the
unperturbed matrix is invertible, which is a dense set, and extend to all points
where both sides are defined by continuity.
"""

from __future__ import annotations

from collections.abc import Sequence

from symderiv import atoms
from symderiv.errors import LimitError, ReadingError
from symderiv.forms import Form, number_form, payload_form
from symderiv.indexed import add, atom, chain, contract, multiply, place, scale, subtract
from symderiv.laws import matrix_lead
from symderiv.networks import DELTA_KIND, NETS, ONE, Factor, Index, Net, delta, head, net_of, slot
from symderiv.positivity import is_positive
from symderiv.shapes import Dim
from symderiv.symbols import Symbol


def identity(size: Dim) -> Form:
    """δ_ij."""
    return atom(delta(size), (slot(0, size), slot(1, size)), (size, size))


def transposed(form: Form) -> Form:
    """The slots exchanged."""
    a, b = form.dims
    return place(form, (slot(1, a), slot(0, b)), (b, a))


def matmul(left: Form, right: Form, label: int = 0) -> Form:
    """Matrix product of two forms with two slots each."""
    (n, k), (_, m) = left.dims, right.dims
    inner: Index = ONE if k == 1 else (k, label)
    return chain(left, right, (slot(0, n), inner), (inner, slot(1, m)), (n, m))


def inverse(form: Form) -> Form:
    """The inverse of a square matrix; raises ReadingError for the zero matrix."""
    size = form.dims[0]
    if form.is_zero:
        raise ReadingError("the zero matrix has no inverse")
    if size == 1:
        return atoms.power(form, -1)
    entries = _diagonal_entries(form)
    if entries is not None:
        return multiply(identity(size), atoms.power(entries, -1), form.dims)
    parts = _chain_of_squares(form)
    if parts is not None:
        coefficient, matrices = parts
        result = _one_inverse(matrices[-1])
        for m in matrices[-2::-1]:
            result = matmul(result, _one_inverse(m))
        return multiply(result, atoms.power(coefficient, -1), form.dims)
    split = _rank_one(form)
    if split is not None:
        base, u, v = split
        inner = inverse(base)
        left, right = matmul(inner, u), matmul(v, inner)
        middle = atoms.power(add(number_form(1), _scalar(matmul(v, left))), -1)
        return subtract(inner, multiply(matmul(left, right), middle, form.dims))
    return _keyed_inverse(form)


def _scalar(form: Form) -> Form:
    return Form(form.terms, ())


def _keyed_inverse(form: Form) -> Form:
    """An inverse that stays an atom: scaled by its leading coefficient, transposed into one order."""
    size = form.dims[0]
    factor, core = _scaled(form)
    flipped = transposed(core)
    h = head("inv", core, form.dims, form.symbols, symmetric=core == flipped)
    idx = (slot(0, size), slot(1, size))
    if not h.symmetric:
        other = head("inv", flipped, form.dims, form.symbols)
        if other.uid < h.uid:
            h, idx = other, (idx[1], idx[0])
    return multiply(atom(h, idx, form.dims), factor, form.dims)


def _scaled(form: Form) -> tuple[Form, Form]:
    """(1/c, form/c) with c the scalar factor of the leading term."""
    lead = matrix_lead(form) or max(form.terms)
    scalars = tuple((u, e) for u, e in lead if not NETS[u].free)
    c = Form({scalars: form.terms[lead]}, ())
    reciprocal = atoms.power(c, -1)
    return reciprocal, multiply(form, reciprocal, form.dims)


def _diagonal_entries(form: Form) -> Form | None:
    """d if the form is δ_ij d_i."""
    size = form.dims[0]
    kronecker = net_of([(delta(size), (slot(0, size), slot(1, size)), 1)]).uid
    if any((kronecker, 1) not in m for m in form.terms):
        return None
    return Form({tuple(p for p in m if p[0] != kronecker): c for m, c in form.terms.items()}, (size,))


def _chain_of_squares(form: Form) -> tuple[Form, list[Form]] | None:
    """(scalar, [A, B, …]) if the form is scalar·A·B·… with square A, B …"""
    term = form.single()
    if term is None:
        return None
    mono, c = term
    slotted = [(NETS[u], e) for u, e in mono if NETS[u].free]
    if len(slotted) != 1 or slotted[0][1] != 1:
        return None
    scalars = Form({tuple((u, e) for u, e in mono if not NETS[u].free): c}, ())
    links = walk(slotted[0][0], form.dims[0])
    if links is None or any(h.dims != form.dims for (h, _, _), _ in links):
        return None
    return scalars, [_matrix_of(f, flip) for f, flip in links]


def walk(net: Net, size: Dim) -> list[tuple[Factor, bool]] | None:
    """The factors of a net that is a plain chain from slot 0 to slot 1, each with whether it stands transposed."""
    left = list(net.factors)
    here: Index = slot(0, size)
    links = []
    while left:
        step = [f for f in left if here in f[1]]
        if len(step) != 1 or len(step[0][1]) != 2 or step[0][2] != 1 or step[0][1][0] == step[0][1][1]:
            return None
        f = step[0]
        flip = f[1][1] == here
        here = f[1][0] if flip else f[1][1]
        links.append((f, flip))
        left.remove(f)
        if left and here[1] < 0:
            return None
    return links if here[1] == -2 else None


def _one_inverse(form: Form) -> Form:
    """Inverse of a single square factor."""
    ((mono, _),) = form.terms.items()
    ((h, idx, _),) = NETS[mono[0][0]].factors
    if h.kind == "orthogonal":
        return transposed(form)
    if h.kind == "inv":
        flip = idx[0][1] != -1
        inner = Form(payload_form(h).terms, h.dims)
        return transposed(inner) if flip else inner
    return _keyed_inverse(form)


def _rank_one(form: Form) -> tuple[Form, Form, Form] | None:
    """(M, u, v) if the form is M + u vᵀ with M a multiple of I or diagonal; u is n×1, v is 1×n."""
    size = form.dims[0]
    outer = []
    for mono, c in form.terms.items():
        slotted = [NETS[u] for u, _ in mono if NETS[u].free]
        if len(slotted) != 1 or slotted[0].factors[0][0].kind != DELTA_KIND:
            outer.append((mono, c))
    base = Form({m: c for m, c in form.terms.items() if (m, c) not in outer}, form.dims)
    if len(outer) != 1 or _diagonal_entries(base) is None or base.is_zero:
        return None
    mono, c = outer[0]
    rows = tuple((u, e) for u, e in mono if all(i[1] != -2 for i in NETS[u].free))
    columns = tuple((u, e) for u, e in mono if any(i[1] == -2 for i in NETS[u].free))
    if any(len(NETS[u].free) > 1 for u, _ in mono):
        return None
    u = Form({rows: c}, (size, 1))
    v = place(Form({columns: 1}, (size, size)), (ONE, slot(1, size)), (1, size))
    return base, u, v


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
    entries = _diagonal_entries(form)
    if entries is not None:
        if not any(net.free for net in entries.nets):
            return _scalar_determinant(_scalar(entries), size, logarithm)
        if logarithm:
            return contract(atoms.log(entries), [0], ())
    parts = _chain_of_squares(form)
    if parts is not None:
        coefficient, matrices = parts
        pieces = [_one_determinant(m, logarithm) for m in matrices]
        return _combine([_scalar_determinant(coefficient, size, logarithm), *pieces], logarithm)
    split = _rank_one(form)
    if split is not None:
        base, u, v = split
        change = add(number_form(1), _scalar(matmul(v, matmul(inverse(base), u))))
        if logarithm:
            return add(_determinant(base, logarithm=True), atoms.log(change))
        return multiply(_determinant(base, logarithm=False), change)
    return _det_atom(rotations(form), logarithm)


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
        matrices = [_matrix_of(f, flip) for f, flip in turned]
        product = matrices[0]
        for m in matrices[1:]:
            product = matmul(product, m)
        out.append(add(identity(product.dims[0]), multiply(product, scalars, product.dims)))
    return out


def _matrix_of(f: Factor, flip: bool) -> Form:
    form = atom(f[0], tuple(slot(k, d) for k, d in enumerate(f[0].dims)), f[0].dims)
    return transposed(form) if flip else form


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

