"""Symbolic shapes: what fits, and what comes out.

A dimension is a name (``"n"``) or a positive integer; a shape is a tuple of at
most two dimensions: ``()`` scalar, ``(n,)`` vector with one axis, ``(n, m)``
matrix.  Broadcasting follows NumPy on *declared* dimensions: only a literal 1
stretches, never a symbolic size that happens to be 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Dim = str | int
Shape = tuple[Dim, ...]


class Misfit(ValueError):
    """Two shapes do not fit; carries the reason only, the caller adds the place."""


def show(shape: Shape) -> str:
    """Print a shape for a message: ``scalar``, ``vector(n)``, ``matrix(n, d)``.

    >>> show(("n", 2))
    'matrix(n, 2)'
    """
    if not shape:
        return "scalar"
    kind = "vector" if len(shape) == 1 else "matrix"
    return f"{kind}({', '.join(map(str, shape))})"


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """Shape of an elementwise operation, axes aligned from the last one (NumPy).

    >>> broadcast([("n", "d"), ("d",)])
    ('n', 'd')
    """
    result: list[Dim] = [1] * max(map(len, shapes), default=0)
    for shape in shapes:
        offset = len(result) - len(shape)
        for axis, size in enumerate(shape):
            have = result[offset + axis]
            if have == 1:
                result[offset + axis] = size
            elif size not in (1, have):
                raise Misfit(f"sizes {have} and {size} do not broadcast")
    return tuple(result)


def product(left: Shape, right: Shape) -> Shape:
    """Shape of ``left @ right`` (NumPy's matmul for one and two axes)."""
    if not left or not right:
        raise Misfit("@ needs vectors or matrices; use * with a scalar")
    if left[-1] != right[0]:
        raise Misfit(f"@ needs equal inner sizes, {left[-1]} is not {right[0]}")
    return left[:-1] + right[1:]


def square(shape: Shape) -> Dim:
    """The size of a square matrix; raises Misfit otherwise."""
    if len(shape) != 2 or shape[0] != shape[1]:
        raise Misfit("a square matrix is needed")
    return shape[0]


def scalar(shape: Shape) -> Shape:
    """``()`` if the shape is a scalar's; raises Misfit otherwise."""
    if shape:
        raise Misfit("a scalar is needed")
    return ()


def vector(shape: Shape) -> Dim:
    """The length of a vector; raises Misfit otherwise."""
    if len(shape) != 1:
        raise Misfit("a vector is needed")
    return shape[0]


def reduced(shape: Shape, axis: int | None) -> Shape:
    """Shape after summing over one axis, or over all of them (axis None)."""
    if axis is None:
        return ()
    if not -len(shape) <= axis < len(shape):
        raise Misfit(f"axis {axis} does not exist")
    axis %= len(shape)
    return shape[:axis] + shape[axis + 1 :]


# One row per shape rule, used by the operator table: (argument shapes, payload) -> shape.
ShapeRule = Callable[[Sequence[Shape], object], Shape]


def _elementwise(shapes: Sequence[Shape], data: object) -> Shape:
    return broadcast(shapes)


def _quotient(shapes: Sequence[Shape], data: object) -> Shape:
    return broadcast(shapes)


def _power(shapes: Sequence[Shape], data: object) -> Shape:
    if shapes[1]:
        raise Misfit("the exponent must be a scalar")
    return shapes[0]


def _matmul(shapes: Sequence[Shape], data: object) -> Shape:
    result = shapes[0]
    for shape in shapes[1:]:
        result = product(result, shape)
    return result


def _transpose(shapes: Sequence[Shape], data: object) -> Shape:
    return shapes[0][::-1]


def _trace(shapes: Sequence[Shape], data: object) -> Shape:
    square(shapes[0])
    return ()


def _inverse(shapes: Sequence[Shape], data: object) -> Shape:
    n = square(shapes[0])
    return (n, n)


def _norm(shapes: Sequence[Shape], data: object) -> Shape:
    if not shapes[0]:
        raise Misfit("a vector or matrix is needed; use abs for a scalar")
    return ()


def _reduction(shapes: Sequence[Shape], data: object) -> Shape:
    axis = data if isinstance(data, int) else None
    return reduced(shapes[0], axis)


def _last_axis_kept(shapes: Sequence[Shape], data: object) -> Shape:
    if not shapes[0]:
        raise Misfit("a vector or matrix is needed")
    return shapes[0]


def _last_axis_gone(shapes: Sequence[Shape], data: object) -> Shape:
    return _last_axis_kept(shapes, data)[:-1]


def _diag(shapes: Sequence[Shape], data: object) -> Shape:
    n = vector(shapes[0])
    return (n, n)


def _diagonal(shapes: Sequence[Shape], data: object) -> Shape:
    return (square(shapes[0]),)


def _outer(shapes: Sequence[Shape], data: object) -> Shape:
    return (vector(shapes[0]), vector(shapes[1]))


def _column(shapes: Sequence[Shape], data: object) -> Shape:
    return (vector(shapes[0]), 1)


def _same(shapes: Sequence[Shape], data: object) -> Shape:
    return shapes[0]


def _covariance(shapes: Sequence[Shape], data: object) -> Shape:
    if any(len(s) > 1 for s in shapes):
        raise Misfit("Cov takes scalars or vectors")
    return shapes[0] + shapes[-1]


def _gradient(shapes: Sequence[Shape], data: object) -> Shape:
    scalar(shapes[0])
    return shapes[1]


def _jacobian(shapes: Sequence[Shape], data: object) -> Shape:
    result = shapes[0] + shapes[1]
    if len(result) > 2:
        raise Misfit("this Jacobian has more than two axes; differentiate a vector by a vector, or contract it first")
    return result


def _hessian(shapes: Sequence[Shape], data: object) -> Shape:
    scalar(shapes[0])
    if len(shapes[1]) > 1:
        raise Misfit("a Hessian by a matrix has four axes; use differential, or a vector")
    return shapes[1] + shapes[1]


def _derivative(shapes: Sequence[Shape], data: object) -> Shape:
    scalar(shapes[1])
    return shapes[0]


def _differential(shapes: Sequence[Shape], data: object) -> Shape:
    if len(shapes) == 3 and shapes[2] != shapes[1]:
        raise Misfit("the direction must have the variable's shape")
    return shapes[0]


SHAPE_RULES: dict[str, ShapeRule] = {
    "elementwise": _elementwise,
    "quotient": _quotient,
    "power": _power,
    "matmul": _matmul,
    "transpose": _transpose,
    "trace": _trace,
    "inverse": _inverse,
    "norm": _norm,
    "reduction": _reduction,
    "last axis kept": _last_axis_kept,
    "last axis gone": _last_axis_gone,
    "diag": _diag,
    "diagonal": _diagonal,
    "outer": _outer,
    "column": _column,
    "same": _same,
    "covariance": _covariance,
    "gradient": _gradient,
    "jacobian": _jacobian,
    "hessian": _hessian,
    "derivative": _derivative,
    "differential": _differential,
}
