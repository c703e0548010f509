"""Jacobians through depth: residual blocks I + J, products of one matrix, spectra, and bounds by slopes.

A gradient through L equal layers is multiplied L times by the layer's Jacobian; its size is ruled by
singular values for one step and by the spectral radius for many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from symderiv.errors import LimitError, ModelError
from symderiv.exact import compare, read_exact, read_matrix, sign

if TYPE_CHECKING:
    import sympy

MAX_POWER = 1_000


@dataclass(frozen=True)
class BlockJacobian:
    """The Jacobian I + J of x + F(x), and over all blocks; ``lost`` spans the upstream gradients it annihilates."""

    one: sympy.Matrix
    total: sympy.Matrix
    lost: tuple[sympy.Matrix, ...]

    @property
    def keeps_every_gradient(self) -> bool:
        """No non-zero upstream gradient becomes zero: I + J is invertible."""
        return not self.lost


def residual_jacobian(branch: Sequence[Sequence[Any]], blocks: int = 1, skip: Any = 1) -> BlockJacobian:
    """The Jacobian of ``blocks`` equal residual blocks skip·x + F(x), with J the Jacobian of the branch F.

    A skip connection guarantees no gradient by itself: J = -I cancels it.  Raises ModelError for a J that is not
    square, LimitError beyond 1000 blocks.

    >>> residual_jacobian([[-1, 0], [0, -1]]).keeps_every_gradient
    False
    """
    import sympy

    j = _square(branch, "branch Jacobian")
    if not 1 <= blocks <= MAX_POWER:
        raise LimitError(f"residual blocks: {blocks}; between 1 and {MAX_POWER} are computed")
    one = read_exact(skip, "*", "skip") * sympy.eye(j.rows) + j
    return BlockJacobian(one, one**blocks, tuple(one.T.nullspace()))


def _square(rows: Sequence[Sequence[Any]], what: str) -> sympy.Matrix:
    import sympy

    matrix = sympy.Matrix(read_matrix(rows, "*", what))
    if matrix.rows != matrix.cols:
        raise ModelError(f"{what}: {matrix.rows}×{matrix.cols} is not square")
    return matrix


def residual_variance(blocks: Any, branch: Any = 1, skip: Any = 1) -> sympy.Expr:
    """Growth of the second moment through L blocks skip·x + F(x) with an independent zero-mean branch.

    Each block multiplies by skip² + r, where the branch has r times the second moment of its input; the gradient
    grows alike.  He-initialised branches (r = 1) double it a block; r = 1/L keeps it below e.

    >>> residual_variance(10)
    1024
    """
    count = read_exact(blocks, "*", "blocks")
    if count.is_Rational and abs(count) > MAX_POWER:
        raise LimitError(f"residual blocks: {count}; at most {MAX_POWER} are computed")
    return (read_exact(skip, "*", "skip") ** 2 + read_exact(branch, "*", "branch")) ** count


@dataclass(frozen=True)
class Spectrum:
    """What repeated multiplication by a square matrix does.

    ``radius`` is the largest |eigenvalue|, ``norm`` the largest singular value; ``vanishes`` says that all
    powers tend to 0 (radius < 1), ``explodes`` that some grow beyond all bounds (radius > 1, or 1 with a
    missing eigenvector); neither where the powers stay bounded without vanishing.
    """

    eigenvalues: tuple[sympy.Expr, ...]
    singular_values: tuple[sympy.Expr, ...]
    radius: sympy.Expr
    norm: sympy.Expr
    vanishes: bool
    explodes: bool
    orthogonal: bool


def spectrum(rows: Sequence[Sequence[Any]]) -> Spectrum:
    """Eigenvalues, singular values and the fate of the powers of a matrix, exactly; ModelError if not square.

    >>> s = spectrum([["1/2", 10], [0, "1/2"]])
    >>> s.radius, s.vanishes
    (1/2, True)
    """
    import sympy

    w = _square(rows, "matrix")
    if w.free_symbols:
        raise ModelError(f"spectrum: the matrix holds {sorted(map(str, w.free_symbols))}; give numbers")
    counted = w.eigenvals()
    gram = (w.T * w).eigenvals()
    singular = _sorted([sympy.sqrt(v) for v, n in gram.items() for _ in range(n)])
    sizes = _sorted([sympy.simplify(abs(v)) for v in counted])
    radius = sizes[0]
    order = sign(radius - 1, "spectral radius")
    defective = order == 0 and any(
        sign(abs(v) - 1) == 0 and len((w - v * sympy.eye(w.rows)).nullspace()) < n for v, n in counted.items()
    )
    return Spectrum(
        tuple(v for v, n in counted.items() for _ in range(n)), tuple(singular), radius, singular[0],
        order < 0, order > 0 or defective, bool(w.T * w == sympy.eye(w.rows)),
    )


def _sorted(values: list[Any]) -> list[Any]:
    """Largest first, by exact comparison."""

    def smaller(left: Any, right: Any) -> int:
        return compare(right, left, "spectrum")

    return sorted(values, key=cmp_to_key(smaller))
