"""The value of a form at a point: index by index, atom by atom.

Used to check the kernel against itself in tests, and where an expectation has
only a closed form to refute with.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import Any, cast

import numpy as np

from symderiv.errors import LimitError
from symderiv.evaluation.array_functions import elementary
from symderiv.evaluation.fields import BALLS_PI, FLOAT, Point
from symderiv.kernel.forms import Form, payload_form
from symderiv.kernel.networks import NETS, ONE, Factor, Head, Net
from symderiv.shapes import Dim
from symderiv.symbols import Symbol

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def form_value(form: Form, at: Point) -> Any:
    """The value of a form, of shape (1, *shape); raises LimitError for an atom without one."""
    shape = at.shape(form.dims)
    total: Any = np.zeros((1, *shape), dtype=float if at.field is FLOAT else object)
    if at.field is not FLOAT:
        total = total + at.number(0)[0]
    for mono, c in form.terms.items():
        term: Any = at.number(Fraction(c)).reshape(1, *[1] * len(shape))
        for uid, e in mono:
            term = term * _raised(_net_value(NETS[uid], len(shape), at), e, at)
        total = total + term
    return total


def _raised(a: Any, e: int | Fraction, at: Point) -> Any:
    return elementary("pow", a, at, Fraction(e))


def _net_value(net: Net, rank: int, at: Point) -> Any:
    """Σ over bound indices of the product of the factors, with the free slots as axes."""
    bound = sorted(net.bound, key=lambda i: i[1])
    free = sorted(net.free, key=lambda i: -i[1])
    axes = [*free, *bound]
    arrays = [_spread(f, axes, at) for f in net.factors]
    whole = reduce(lambda x, y: x * y, arrays)
    sizes = [at.size(i[0]) for i in axes]
    whole = np.broadcast_to(whole, (1, *sizes))
    for _ in bound:
        whole = whole.sum(axis=-1)
    target = [1] * rank
    for i in free:
        target[-1 - i[1]] = at.size(i[0])
    return whole.reshape(1, *target)


def _spread(f: Factor, axes: list[Any], at: Point) -> Any:
    """One factor with its indices laid out on the given axes."""
    h, idx, e = f
    value = _raised(_head_value(h, at), e, at)
    # repeated indices take a diagonal, indices of size 1 vanish
    own: list[Any] = []
    for k in reversed(range(len(idx))):
        if idx[k] == ONE:
            value = value.take(0, axis=1 + k)
    kept = [i for i in idx if i != ONE]
    for i in kept:
        if i in own:
            value = np.diagonal(value, axis1=1 + own.index(i), axis2=1 + len(own))
            value = np.moveaxis(value, -1, 1 + own.index(i))
        else:
            own.append(i)
    order = sorted(range(len(own)), key=lambda k: axes.index(own[k]))
    value = np.transpose(value, (0, *(1 + k for k in order)))
    shape = [at.size(i[0]) if i in own else 1 for i in axes]
    return value.reshape(value.shape[0], *shape)


def _head_value(h: Head, at: Point) -> Any:
    if h.kind == "dim":
        return at.number(at.size(cast(Dim, h.payload)))
    if h.kind == "pi":
        return np.array([np.pi]) if at.field is FLOAT else np.array([BALLS_PI], dtype=object)
    if h.kind == "prime":
        return at.number(cast(int, h.payload))
    if h.kind == "delta":
        n = at.size(h.dims[0])
        return np.array([[at.number(int(i == j))[0] for j in range(n)] for i in range(n)])[None]
    if isinstance(h.payload, Symbol):
        return _symbol_value(h, h.payload, at)
    inner = form_value(payload_form(h), at)
    return inner if h.kind == "power" else elementary(h.kind, inner, at)


def _symbol_value(h: Head, s: Symbol, at: Point) -> Any:
    for e, value in at.values.items():
        if e.data == s:
            return np.diagonal(value, axis1=1, axis2=2) if len(h.dims) < len(s.shape) else value
    raise LimitError(f"no value is given for {s.name}")
