"""Arrays that repeat a column or a row, and sums over one axis or both, factor by factor.

    Σᵢⱼ uᵢ vⱼ = Σᵢuᵢ Σⱼvⱼ,    Σᵢⱼ uᵢ Aᵢⱼ vⱼ = uᵀ A v,    Σⱼ uᵢ Aᵢⱼ vⱼ = uᵢ (A v)ᵢ

A matrix is read as the entrywise product of a column, a row and what has entries of its own; ones that
end a product of matrices are a sum.  A repeated array inside a function is not looked into.
"""

from __future__ import annotations

from dataclasses import dataclass

from symderiv.algebra.chains import entries, entry_power, flipped, hadamard, raised_array, shortest, spread, sum_of
from symderiv.expressions import Expr, make
from symderiv.shapes import Shape


@dataclass(frozen=True)
class Parts:
    """A matrix of one shape as column ⊙ row ⊙ full; None stands for ones."""

    shape: Shape
    column: Expr | None = None
    row: Expr | None = None
    full: Expr | None = None

    def turned(self) -> Parts:
        """The parts of the transpose."""
        return Parts(self.shape[::-1], self.row, self.column, None if self.full is None else flipped(self.full))


def split(core: Expr, shape: Shape) -> Parts | None:
    """The parts of a matrix; None where a factor is broadcast in a way of its own."""
    if 1 in shape:
        return None
    column: Expr | None = None
    row: Expr | None = None
    full: Expr | None = None
    for base, k in entries(core):
        if base.op == "matmul" and base.args[0].op == "diag":
            column = hadamard(column, entry_power(base.args[0].args[0], k))
            base = _chain(base.args[1:])
        if base.op == "matmul" and base.args[-1].op == "diag":
            row = hadamard(row, entry_power(base.args[-1].args[0], k))
            base = _chain(base.args[:-1])
        if base.op == "ones":
            continue
        if base.op == "outer" and base.shape == shape:
            column, row = (hadamard(old, entry_power(a, k)) for old, a in zip((column, row), base.args, strict=True))
        elif base.op == "col":
            column = hadamard(column, entry_power(base.args[0], k))
        elif len(base.shape) == 1:
            row = hadamard(row, entry_power(base, k))
        elif base.shape == shape:
            full = hadamard(full, raised_array(base, k))
        else:
            return None
    column, row = (None if a is not None and a.op == "ones" else a for a in (column, row))
    return Parts(shape, column, row, full)


def spelled(core: Expr, shape: Shape) -> Expr:
    """A matrix in one form: u vᵀ where nothing has entries of its own, else scaled rows and columns."""
    parts = split(core, shape)
    return core if parts is None else written(parts)


def transposed(core: Expr, shape: Shape) -> Expr:
    """The transpose of a matrix in that form."""
    parts = split(core, shape)
    return flipped(core) if parts is None else written(parts.turned())


def written(parts: Parts) -> Expr:
    """Parts as a matrix: u vᵀ, or the full part beside its column and its row, in a fixed order."""
    if parts.full is None:
        if parts.column is None and parts.row is None:
            return spread(parts.shape)
        return make("outer", *_ends(parts))
    if parts.full.op in ("eye", "diag"):
        scale = hadamard(hadamard(parts.column, parts.row), parts.full.args[0] if parts.full.args else None)
        return parts.full if scale is None else make("diag", scale)
    full = parts.full.args if parts.full.op == "mul" else (parts.full,)
    scales = [make("col", parts.column)] if parts.column is not None else []
    scales += [parts.row] if parts.row is not None else []
    factors = [*sorted(full, key=str), *scales]
    return factors[0] if len(factors) == 1 else make("mul", *factors)


def factors(core: Expr) -> list[Expr]:
    """A matrix as factors of a product of matrices: diag(u) A diag(v), or u vᵀ."""
    parts = split(core, core.shape) if len(core.shape) == 2 else None
    if parts is None or (parts.column is None and parts.row is None and core.op != "ones"):
        return [core]
    if parts.full is None:
        return [make("outer", *_ends(parts))]
    left, right = ([make("diag", a)] if a is not None else [] for a in (parts.column, parts.row))
    return [*left, parts.full, *right]


def _ends(parts: Parts) -> tuple[Expr, Expr]:
    ends = zip((parts.column, parts.row), parts.shape, strict=True)
    column, row = (spread((d,)) if a is None else a for a, d in ends)
    return column, row


def summed(e: Expr) -> Expr:
    """A sum of one part with what does not depend on the index outside; itself where there is nothing to do."""
    body = e.args[0]
    if len(body.shape) == 1:
        return _sum_of_a_vector(e)
    if body.op == "diag":
        return make("sum", body.args[0]) if e.data is None else body.args[0]
    parts = split(body, body.shape)
    if parts is None:
        return e
    if e.data is not None:
        return _along(parts if e.data == 1 else parts.turned(), e)
    column, row = _ends(parts)
    if parts.full is None:
        return make("mul", make("sum", column), make("sum", row))
    if parts.column is not None and parts.row is not None:
        return make("matmul", column, parts.full, row)
    if parts.column is not None:
        return sum_of(hadamard(make("sum", parts.full, data=1), column))
    if parts.row is not None:
        return sum_of(hadamard(make("sum", parts.full, data=0), row))
    return without_ones((spread(body.shape[:1]), *body.args, spread(body.shape[1:]))) if body.op == "matmul" else e


def _along(parts: Parts, e: Expr) -> Expr:
    """Σⱼ of a matrix, its index j the second."""
    if parts.full is None:
        inner = make("mul", make("sum", _ends(parts)[1]), spread(parts.shape[:1]))
        return inner if parts.column is None else make("mul", make("sum", _ends(parts)[1]), parts.column)
    if parts.row is not None:
        inner = make("matmul", parts.full, parts.row)
    elif parts.column is None and parts.full.op != "matmul":
        return e
    elif parts.full.op == "matmul":
        inner = make("matmul", *parts.full.args[:-1], make("sum", parts.full.args[-1], data=1))
    else:
        inner = make("sum", parts.full, data=1)
    return inner if parts.column is None else make("mul", parts.column, inner)


def _sum_of_a_vector(e: Expr) -> Expr:
    body = e.args[0]
    if body.op == "sum":
        return make("sum", body.args[0])
    if body.op != "matmul":
        return e
    ahead = body if len(body.args[0].shape) == 2 else make("matmul", *(flipped(a) for a in reversed(body.args)))
    return without_ones((spread(ahead.args[0].shape[:1]), *ahead.args))


def without_ones(chain: tuple[Expr, ...]) -> Expr:
    """A product of matrices in which a vector of ones at an end is a sum over the matrix beside it."""
    first, last = (a.op == "ones" and len(a.shape) == 1 for a in (chain[0], chain[-1]))
    if first and last and len(chain) == 3:
        return make("sum", chain[1])
    if first and len(chain) > 1 and len(chain[1].shape) == 2:
        return without_ones((_shorter(chain[1], 0), *chain[2:]))
    if last and len(chain) > 1 and len(chain[-2].shape) == 2:
        return without_ones((*chain[:-2], _shorter(chain[-2], 1)))
    return _chain(chain)


def _chain(factors: tuple[Expr, ...]) -> Expr:
    return factors[0] if len(factors) == 1 else make("matmul", *factors)


def _shorter(a: Expr, axis: int) -> Expr:
    """Sums along an axis of a matrix or of its transpose, whichever is written shorter."""
    return min((make("sum", m, data=k) for m, k in ((a, axis), (flipped(a), 1 - axis))), key=shortest)
