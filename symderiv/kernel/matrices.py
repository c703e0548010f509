"""Products, transposes and inverses of forms with two slots, brought to one shape.

Products of square matrices come apart, diagonal matrices act entry by entry, a
rank-one change is resolved by Sherman–Morrison, and what remains is an atom keyed
by the form up to transposition and scale.

The rank-one identity is rational in the entries; it is used where the unperturbed
matrix is invertible, which is a dense set, and extends to all points where both
sides are defined by continuity.
"""

from __future__ import annotations

from symderiv.errors import ReadingError
from symderiv.kernel import atoms
from symderiv.kernel.arithmetic import add, atom, chain, multiply, place, subtract
from symderiv.kernel.forms import Form, number_form, payload_form
from symderiv.kernel.laws import matrix_lead
from symderiv.kernel.networks import DELTA_KIND, NETS, ONE, Factor, Index, Net, delta, head, net_of, slot
from symderiv.shapes import Dim


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
    entries = diagonal_entries(form)
    if entries is not None:
        return multiply(identity(size), atoms.power(entries, -1), form.dims)
    parts = chain_of_squares(form)
    if parts is not None:
        coefficient, matrices = parts
        result = _one_inverse(matrices[-1])
        for m in matrices[-2::-1]:
            result = matmul(result, _one_inverse(m))
        return multiply(result, atoms.power(coefficient, -1), form.dims)
    split = rank_one(form)
    if split is not None:
        base, u, v = split
        inner = inverse(base)
        left, right = matmul(inner, u), matmul(v, inner)
        middle = atoms.power(add(number_form(1), scalar_part(matmul(v, left))), -1)
        return subtract(inner, multiply(matmul(left, right), middle, form.dims))
    return _keyed_inverse(form)


def scalar_part(form: Form) -> Form:
    """A form without free indices, over no slots."""
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


def diagonal_entries(form: Form) -> Form | None:
    """d if the form is δ_ij d_i."""
    size = form.dims[0]
    kronecker = net_of([(delta(size), (slot(0, size), slot(1, size)), 1)]).uid
    if any((kronecker, 1) not in m for m in form.terms):
        return None
    return Form({tuple(p for p in m if p[0] != kronecker): c for m, c in form.terms.items()}, (size,))


def chain_of_squares(form: Form) -> tuple[Form, list[Form]] | None:
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
    return scalars, [matrix_of(f, flip) for f, flip in links]


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


def rank_one(form: Form) -> tuple[Form, Form, Form] | None:
    """(M, u, v) if the form is M + u vᵀ with M a multiple of I or diagonal; u is n×1, v is 1×n."""
    size = form.dims[0]
    outer = []
    for mono, c in form.terms.items():
        slotted = [NETS[u] for u, _ in mono if NETS[u].free]
        if len(slotted) != 1 or slotted[0].factors[0][0].kind != DELTA_KIND:
            outer.append((mono, c))
    base = Form({m: c for m, c in form.terms.items() if (m, c) not in outer}, form.dims)
    if len(outer) != 1 or diagonal_entries(base) is None or base.is_zero:
        return None
    mono, c = outer[0]
    rows = tuple((u, e) for u, e in mono if all(i[1] != -2 for i in NETS[u].free))
    columns = tuple((u, e) for u, e in mono if any(i[1] == -2 for i in NETS[u].free))
    if any(len(NETS[u].free) > 1 for u, _ in mono):
        return None
    u = Form({rows: c}, (size, 1))
    v = place(Form({columns: 1}, (size, size)), (ONE, slot(1, size)), (1, size))
    return base, u, v


def matrix_of(f: Factor, flip: bool) -> Form:
    """One factor of a chain as a matrix."""
    form = atom(f[0], tuple(slot(k, d) for k, d in enumerate(f[0].dims)), f[0].dims)
    return transposed(form) if flip else form
