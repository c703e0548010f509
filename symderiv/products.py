"""Matrix products, transposes and sums that tidy up as they are built.

Each function returns an expression equal to the operator it is named after, in
the form people write: scalars in front, identities and inverses cancelled,
diagonal and outer products resolved, a vector result as ``Aᵀx`` and not ``xA``.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symderiv.expressions import Expr, constant, dimension, eye, make
from symderiv.shapes import Dim, Shape
from symderiv.terms import Powers, absorbed, apart, fit, is_zero, join, operations, over, raised, times, zero

_ONE = Fraction(1)


def scalars_out(e: Expr) -> tuple[Expr, Expr]:
    """(scalar, core) with e = scalar·core and the core an array without scalar factors."""
    c, powers = apart(e)
    scalars = {b: x for b, x in powers.items() if not b.shape}
    arrays = {b: x for b, x in powers.items() if b.shape}
    return join(c, scalars), join(_ONE, arrays, e.shape)


def flip(e: Expr) -> Expr:
    """The transpose, pushed to where it costs least."""
    if len(e.shape) < 2 or is_symmetric(e):
        return e
    if e.op == "T":
        return e.args[0]
    if e.op in ("ones", "zeros"):
        return constant(e.op, e.shape[::-1])
    if e.op == "outer":
        return make("outer", *e.args[::-1])
    pushed = _flipped(e)
    whole = make("T", e)
    return pushed if pushed is not None and operations(pushed) < operations(whole) else whole


def _flipped(e: Expr) -> Expr | None:
    if e.op == "matmul" and all(len(a.shape) == 2 for a in e.args):
        return make("matmul", *(flip(a) for a in e.args[::-1]))
    if e.op == "neg":
        return -flip(e.args[0])
    if e.op in ("add", "mul", "div") and all(a.shape in ((), e.shape) for a in e.args):
        parts = [flip(a) for a in e.args]
        return make(e.op, *parts)
    if e.op == "mul":
        return scalars_out(e)[0] * make("T", scalars_out(e)[1]) if any(not a.shape for a in e.args) else None
    if e.op in _ENTRYWISE and e.shape == e.args[0].shape:
        return make(e.op, flip(e.args[0]), *e.args[1:])
    return None


_ENTRYWISE = frozenset("pow exp log sqrt tanh sigmoid relu softplus step sign abs sin cos erf inv".split())


def is_symmetric(e: Expr) -> bool:
    """Whether a square matrix is symmetric by the way it is written; False where that is not seen."""
    if len(e.shape) != 2 or e.shape[0] != e.shape[1]:
        return False
    if e.op == "sym":
        return bool(e.data.has("symmetric", "spd", "diagonal"))
    if e.op in ("eye", "diag", "ones", "zeros"):
        return True
    if e.op == "outer":
        return e.args[0] is e.args[1]
    if e.op == "matmul":
        flat = list(e.args)
        return all(len(a.shape) == 2 for a in flat) and all(flip(a) is b for a, b in zip(flat, flat[::-1], strict=True))
    if e.op == "add":
        odd = {a for a in e.args if not is_symmetric(a)}
        return all(a.shape == e.shape for a in odd) and all(flip(a) in odd for a in odd)
    if e.op in ("mul", "div", "neg", "inv") or e.op in _ENTRYWISE:
        return all(not a.shape or is_symmetric(a) for a in e.args)
    return False


def dot(*operands: Expr) -> Expr:
    """Matrix product of vectors and matrices, in this order."""
    shape = operands[0].shape[:-1] + operands[-1].shape[1:]
    scalar, chain = _flat(operands)
    if any(is_zero(f) for f in chain):
        return zero(shape)
    for resolve in (_cancel, _absorb, _outer, _column):
        found = resolve(chain)
        if found is not None:
            return times(scalar, found)
    core = _written(chain)
    return times(scalar, core) if scalar.op != "num" or scalar.data != 1 else core


def _flat(operands: Sequence[Expr]) -> tuple[Expr, list[Expr]]:
    scalars, chain = [], list[Expr]()
    for k, o in enumerate(operands):
        s, core = scalars_out(o)
        scalars.append(s)
        if core.op != "matmul":
            chain.append(core)
        elif len(core.shape) == 2:
            chain += core.args
        else:  # a vector at an end: as a row in front, as a column behind
            row = len(core.args[0].shape) == 1
            wanted_row = k == 0
            chain += core.args if row == wanted_row else [flip(a) for a in core.args[::-1]]
    return times(*scalars), chain


def _dots(chain: Sequence[Expr]) -> Expr:
    return chain[0] if len(chain) == 1 else dot(*chain)


def _cancel(chain: list[Expr]) -> Expr | None:
    """Identities, an inverse beside its matrix, QᵀQ."""
    for k, a in enumerate(chain):
        if a.op == "eye" and len(chain) > 1:
            return _dots(chain[:k] + chain[k + 1 :])
    for k, (a, b) in enumerate(zip(chain, chain[1:], strict=False)):
        if _inverse_of(a) is b or _inverse_of(b) is a or _orthonormal(a, b):
            return _dots([*chain[:k], *chain[k + 2 :]] if len(chain) > 2 else [eye(a.shape[0])])
    return None


def _inverse_of(e: Expr) -> Expr | None:
    if e.op == "inv":
        return e.args[0]
    return flip(e.args[0].args[0]) if e.op == "T" and e.args[0].op == "inv" else None


def _orthonormal(a: Expr, b: Expr) -> bool:
    q = b if a.op == "T" and a.args[0] is b else a if b.op == "T" and b.args[0] is a else None
    if q is None or q.op != "sym" or not q.data.has("orthogonal"):
        return False
    return a.op == "T" or q.shape[0] == q.shape[1]


def _absorb(chain: list[Expr]) -> Expr | None:
    """diag(u) beside a vector or another diagonal; M diag(u); sums as products with ones."""
    for k, (a, b) in enumerate(zip(chain, chain[1:], strict=False)):
        merged: Expr | None = None
        if a.op == "diag" and (len(b.shape) == 1 or b.op == "diag"):
            merged = times(a.args[0], b.args[0]) if b.op == "diag" else times(a.args[0], b)
            merged = diag_of(merged) if b.op == "diag" else merged
        elif b.op == "diag" and len(a.shape) == 1:
            merged = times(a, b.args[0])
        elif b.op == "diag" and k + 2 == len(chain):
            merged = times(a, b.args[0])
        elif a.op == "ones" and len(a.shape) == 1:
            merged = total(b, 0 if len(b.shape) == 2 else None)
        elif b.op == "ones" and len(b.shape) == 1:
            merged = total(a, 1 if len(a.shape) == 2 else None)
        if merged is not None:
            return _dots([*chain[:k], merged, *chain[k + 2 :]]) if merged.shape or len(chain) > 2 else merged
    return None


def _outer(chain: list[Expr]) -> Expr | None:
    """A·(u vᵀ)·B = (A u)(Bᵀ v)ᵀ."""
    k = next((k for k, a in enumerate(chain) if a.op == "outer"), None)
    if k is None or len(chain) == 1:
        return None
    u, v = chain[k].args
    left = dot(*chain[:k], u) if k else u
    right = dot(v, *chain[k + 1 :]) if k + 1 < len(chain) else v
    return outer_of(left, right) if left.shape and right.shape else times(left, right)


def _column(chain: list[Expr]) -> Expr | None:
    """(col(u)·M) x = u·(M x), and the same on the left of a row."""
    c, powers = apart(chain[0])
    columns = {b.args[0]: e for b, e in powers.items() if b.op == "col"}
    if len(chain) < 2 or not columns or len(chain[-1].shape) == 2:
        return None
    rest = join(c, {b: e for b, e in powers.items() if b.op != "col"}, chain[0].shape)
    return times(join(_ONE, columns), dot(rest, *chain[1:]))


def _written(chain: list[Expr]) -> Expr:
    """The chain as a product, read in the direction with fewer transposes."""
    if len(chain) == 1:
        return chain[0]
    first, last = len(chain[0].shape) == 1, len(chain[-1].shape) == 1
    if not first and not last:
        return make("matmul", *chain)
    back = [flip(a) for a in chain[::-1]]
    if first and last:
        cost, other = (sum(map(operations, side)) for side in (chain, back))
        return make("matmul", *(back if other < cost else chain))
    return make("matmul", *(back if first else chain))


def outer_of(u: Expr, v: Expr) -> Expr:
    """u vᵀ."""
    (s, left), (t, right) = scalars_out(u), scalars_out(v)
    if is_zero(s) or is_zero(t):
        return zero(u.shape + v.shape)
    return times(s, t, make("outer", left, right))


def diag_of(v: Expr) -> Expr:
    """The diagonal matrix of a vector."""
    s, core = scalars_out(v)
    n = v.shape[0]
    if is_zero(v):
        return zero((n, n))
    if core.op == "diagonal" and core.args[0].op == "sym" and core.args[0].data.has("diagonal"):
        return times(s, core.args[0])
    return times(s, eye(n) if core.op == "ones" else make("diag", core))


def diagonal_of(m: Expr) -> Expr:
    """The diagonal of a square matrix."""
    c, powers = apart(m)
    pieces = [_diagonal_factor(b, e) for b, e in powers.items()]
    return times(join(c, {}), *pieces, constant("ones", m.shape[:1]))


def _diagonal_factor(b: Expr, e: Fraction) -> Expr:
    if b.op == "diag":
        inner = b.args[0]
    elif b.op == "outer":
        inner = times(*b.args)
    elif b.op == "eye":
        inner = constant("ones", b.shape[:1])
    elif b.op == "col":
        inner = b.args[0]
    elif len(b.shape) == 2:
        inner = make("diagonal", b.args[0] if b.op == "T" else b)
    else:
        inner = b
    return raised(inner, e) if e > 0 else over(constant("ones", ()), raised(inner, -e))


def column_of(u: Expr) -> Expr:
    """A vector as a column."""
    s, core = scalars_out(u)
    return times(s, make("col", core))


def trace(m: Expr) -> Expr:
    """tr M, with scalars in front."""
    s, core = scalars_out(m)
    if core.op == "eye":
        return times(s, dimension(core.shape[0]))
    if core.op == "outer":
        return times(s, dot(*core.args))
    if core.op == "diag":
        return times(s, total(core.args[0], None))
    return times(s, make("tr", core.args[0] if core.op == "T" else core))


def total(e: Expr, axis: int | None) -> Expr:
    """Sum over one axis or all."""
    if not e.shape:
        return e
    if axis is not None and len(e.shape) == 1:
        axis = None
    shape: Shape = () if axis is None else e.shape[:axis] + e.shape[axis + 1 :]
    c, powers = apart(e)
    if not c:
        return zero(shape)
    powers = absorbed(powers)
    scalars = {b: x for b, x in powers.items() if not b.shape}
    arrays = {b: x for b, x in powers.items() if b.shape}
    front = join(c, scalars)
    return times(front, _total(arrays, e.shape, axis), constant("ones", shape))


def _total(arrays: Powers, shape: Shape, axis: int | None) -> Expr:
    if not arrays:
        sizes = shape if axis is None else (shape[axis],)
        return times(*(dimension(d) for d in sizes))
    if len(shape) == 1:
        return _vector_total(arrays)
    rows = {b: e for b, e in arrays.items() if len(b.shape) == 1}
    columns = {b.args[0]: e for b, e in arrays.items() if b.op == "col"}
    matrices = {b: e for b, e in arrays.items() if len(b.shape) == 2 and b.op != "col"}
    return _matrix_total(matrices, columns, rows, shape, axis)


def _vector_total(arrays: Powers) -> Expr:
    if len(arrays) == 1:
        ((b, e),) = arrays.items()
        if e == 1 and (b.op == "softmax" or (b.op == "sym" and b.data.has("simplex"))):
            return dimension(1)
        if e == 1 and b.op == "sum":
            return total(b.args[0], None)
        if e == 2:
            return make("matmul", b, b)
    if len(arrays) >= 2 and all(e > 0 for e in arrays.values()):
        (b, e), *rest = arrays.items()
        return dot(raised(b, e), join(_ONE, dict(rest)))
    return make("sum", join(_ONE, arrays))


def _matrix_total(matrices: Powers, columns: Powers, rows: Powers, shape: Shape, axis: int | None) -> Expr:
    n, m = shape
    u, v = join(_ONE, columns, (n,)), join(_ONE, rows, (m,))
    if not matrices:  # an outer product
        return times(*(total(x, None) if axis in (None, k) else x for k, x in enumerate((u, v))))
    core = join(_ONE, matrices, shape)
    if core.op in ("outer", "eye", "diag"):
        return _special_total(core, axis, u, v)
    if axis == 1:
        return times(u, dot(core, v) if rows else _rows(core))
    if axis == 0:
        return times(v, dot(flip(core), u) if columns else make("sum", core, data=0))
    if columns or rows:
        return dot(u, core, v) if columns and rows else dot(u, _rows(core)) if columns else dot(make("sum", core, data=0), v)
    return make("sum", core)


def _rows(core: Expr) -> Expr:
    """Σ_j M_ij."""
    if core.op == "softmax" or (core.op == "sym" and core.data.has("simplex")):
        return constant("ones", core.shape[:1])
    return make("sum", core, data=1)


def _special_total(core: Expr, axis: int | None, u: Expr, v: Expr) -> Expr:
    if core.op == "outer":
        left, right = times(u, core.args[0]), times(v, core.args[1])
        return times(*(total(x, None) if axis in (None, k) else x for k, x in enumerate((left, right))))
    entries = times(u, v, *core.args)
    return entries if axis is not None else total(entries, None)


def size_of(shape: Shape, axis: int | None) -> Expr:
    """The number of entries summed over."""
    sizes: tuple[Dim, ...] = shape if axis is None else (shape[axis],)
    return times(*(dimension(d) for d in sizes))


def average(e: Expr, axis: int | None) -> Expr:
    """The mean over one axis or all."""
    c, powers = apart(e)
    scalars = {b: x for b, x in powers.items() if not b.shape}
    arrays = {b: x for b, x in powers.items() if b.shape}
    if not arrays:
        shape: Shape = () if axis is None else e.shape[:axis] + e.shape[axis + 1 :]
        return fit(join(c, scalars), shape)
    core = join(_ONE, arrays, e.shape)
    return times(join(c, scalars), make("mean", core, data=axis if len(e.shape) == 2 else None))
