"""Arrays with derivatives: forward-mode differentiation over any field of numbers.

A jet carries a value and its tangent; jets nest by level, so that derivatives
of derivatives need nothing new.  Every array has the leading axes
``(…, level 2, level 1, batch)`` before its own shape; the tangent of level k
occupies its level axis and broadcasts over the others.

The entries may be float64, ``flint.fmpq`` (exact) or ``flint.arb`` (balls that
contain the true value); NumPy calls the methods of the entries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any  # a NumPy array, or a Jet over arrays


@dataclass(frozen=True)
class Jet:
    """``value + ε·tangent`` at one level; both may be jets of lower levels."""

    level: int
    value: Array
    tangent: Array


def level(a: Array) -> int:
    """The level of a jet, 0 for a plain array."""
    return a.level if isinstance(a, Jet) else 0


def linear(f: Callable[[Array], Array], a: Array) -> Array:
    """A linear map of arrays, applied to values and tangents alike."""
    return Jet(a.level, linear(f, a.value), linear(f, a.tangent)) if isinstance(a, Jet) else f(a)


def bilinear(f: Callable[[Array, Array], Array], a: Array, b: Array) -> Array:
    """A bilinear map, by the product rule."""
    top = max(level(a), level(b))
    if not top:
        return f(a, b)
    if level(a) < top:
        return Jet(top, bilinear(f, a, b.value), bilinear(f, a, b.tangent))
    if level(b) < top:
        return Jet(top, bilinear(f, a.value, b), bilinear(f, a.tangent, b))
    tangent = add(bilinear(f, a.tangent, b.value), bilinear(f, a.value, b.tangent))
    return Jet(top, bilinear(f, a.value, b.value), tangent)


def add(a: Array, b: Array) -> Array:
    """Sum of jets of any levels."""
    top = max(level(a), level(b))
    if not top:
        return a + b
    if level(a) < top:
        a, b = b, a
    if level(b) < top:
        # the tangent must keep its full shape when the constant side is larger
        return Jet(top, add(a.value, b), add(a.tangent, linear(np.zeros_like, plain(b))))
    return Jet(top, add(a.value, b.value), add(a.tangent, b.tangent))


def plain(a: Array) -> Array:
    """The value without any tangents."""
    while isinstance(a, Jet):
        a = a.value
    return a


def negative(a: Array) -> Array:
    """−a."""
    return linear(lambda x: -x, a)


def multiply(a: Array, b: Array) -> Array:
    """Product entry by entry."""
    return bilinear(lambda x, y: x * y, a, b)


def entrywise(f: Callable[[Array], Array], slope: Callable[[Array], Array], a: Array) -> Array:
    """A function entry by entry; ``slope`` is its derivative, itself a function of jets."""
    if not isinstance(a, Jet):
        return f(a)
    return Jet(a.level, entrywise(f, slope, a.value), multiply(slope(a.value), a.tangent))


def constant_slope(f: Callable[[Array], Array], a: Array) -> Array:
    """A piecewise constant function (step, sign): its derivative is 0 where it exists."""
    return entrywise(f, lambda v: linear(lambda x: x * 0, v), a)


def reciprocal(a: Array) -> Array:
    """1/a entry by entry."""
    return entrywise(lambda x: 1 / x, lambda v: negative(multiply(reciprocal(v), reciprocal(v))), a)


def inverse(a: Array, base: Callable[[Array], Array]) -> Array:
    """Matrix inverse: d(A⁻¹) = −A⁻¹ dA A⁻¹; ``base`` inverts plain arrays."""
    if not isinstance(a, Jet):
        return base(a)
    inner = inverse(a.value, base)
    tangent = bilinear(np.matmul, bilinear(np.matmul, inner, a.tangent), inner)
    return Jet(a.level, inner, negative(tangent))


def determinant(a: Array, base: Callable[[Array], Array], invert: Callable[[Array], Array]) -> Array:
    """det: d det A = det A · tr(A⁻¹ dA)."""
    if not isinstance(a, Jet):
        return base(a)
    value = determinant(a.value, base, invert)
    product = bilinear(np.matmul, inverse(a.value, invert), a.tangent)
    trace = linear(lambda x: x.diagonal(axis1=-2, axis2=-1).sum(axis=-1), product)
    return Jet(a.level, value, multiply(value, trace))


def cholesky(a: Array, base: Callable[[Array], Array], invert: Callable[[Array], Array]) -> Array:
    """Lower triangular L with L Lᵀ the symmetric part of A: dL = L Φ(L⁻¹ dA L⁻ᵀ).

    Φ keeps what is below the diagonal and half of the diagonal itself.
    Source: I. Murray, Differentiation of the Cholesky decomposition, arXiv:1602.07527.
    """
    if not isinstance(a, Jet):
        return base(a)
    root = cholesky(a.value, base, invert)
    back = inverse(root, invert)
    inner = bilinear(np.matmul, bilinear(np.matmul, back, a.tangent), linear(_transposed, back))
    half = linear(lambda x: _below((x + _transposed(x)) / 2), inner)
    return Jet(a.level, root, bilinear(np.matmul, root, half))


def _transposed(a: Array) -> Array:
    return np.swapaxes(a, -1, -2)


def _below(a: Array) -> Array:
    """Below the diagonal as it stands, half of it on the diagonal."""
    kept = np.tril(np.full(a.shape[-2:], 2), -1) + np.eye(a.shape[-1], dtype=int)
    return a * kept / 2


def seed(a: Array, at: int, shape: tuple[int, ...], unit: Any) -> Array:
    """A variable at a level: its tangent is the identity over its entries, on the level's own axis."""
    size = int(np.prod(shape, dtype=int))
    kind = np.asarray(unit).dtype
    # zeros of the same field: Python's 0 would turn into a float when divided
    eye = np.full((size, size), unit * 0, dtype=kind)
    for k in range(size):
        eye[k, k] = unit
    return Jet(at, a, eye.reshape((size, *[1] * at, *shape)))


def derivative(a: Array, at: int, own: tuple[int, ...], by: tuple[int, ...]) -> Array:
    """The tangent of a jet of level ``at`` with its axis moved behind the value's own axes: shape own + by."""
    size = int(np.prod(by, dtype=int))

    def move(t: Array) -> Array:
        wanted = len(own) + 1 + at
        t = t.reshape((1,) * (wanted - t.ndim) + t.shape)
        place = t.ndim - wanted
        t = np.broadcast_to(t, (*t.shape[:place], size, *t.shape[place + 1 :]))
        full = (*t.shape[: t.ndim - len(own)], *own) if own else t.shape
        t = np.moveaxis(np.broadcast_to(t, full), place, -1)
        t = t.reshape((*t.shape[:-1], *by))
        return np.expand_dims(t, place)

    return linear(move, a.tangent)
