"""The expression tree: immutable, shared, with a symbolic shape on every node.

``make`` is the one constructor.  It checks arity, infers the shape and returns
the same object for the same tree, so that equal trees are identical objects
and every later pass can remember results per node.  It never simplifies: a
tree prints as it was written.
"""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from math import isfinite
from typing import Any
from weakref import WeakValueDictionary

from symderiv.errors import ReadingError, ShapeError, shorten
from symderiv.notation import printing
from symderiv.operators import LEAVES, operator
from symderiv.shapes import Dim, Misfit, Shape, show
from symderiv.symbols import Symbol

Number = int | float | Fraction
_TREES: WeakValueDictionary[tuple[Any, ...], Expr]


class Expr:
    """One node: ``op`` (a row of the operator table or a leaf), ``args``, ``data``, ``shape``.

    Equality is identity.  ``+ - * / ** @ .T`` build larger trees; numbers are exact.
    """

    __slots__ = ("__weakref__", "args", "data", "op", "shape")

    op: str
    args: tuple[Expr, ...]
    data: Any
    shape: Shape

    def __init__(self, op: str, args: tuple[Expr, ...], data: Hashable, shape: Shape) -> None:
        object.__setattr__(self, "op", op)
        object.__setattr__(self, "args", args)
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "shape", shape)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("an expression is immutable")

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (self.op, self.args, self.data, self.shape))

    # --- algebra -----------------------------------------------------------
    def __add__(self, other: Any) -> Expr:
        return self._binary("add", self, other)

    def __radd__(self, other: Any) -> Expr:
        return self._binary("add", other, self)

    def __sub__(self, other: Any) -> Expr:
        return NotImplemented if (o := as_expr(other)) is None else combine("add", self, negative(o))

    def __rsub__(self, other: Any) -> Expr:
        return NotImplemented if (o := as_expr(other)) is None else combine("add", o, negative(self))

    def __mul__(self, other: Any) -> Expr:
        return self._binary("mul", self, other)

    def __rmul__(self, other: Any) -> Expr:
        return self._binary("mul", other, self)

    def __truediv__(self, other: Any) -> Expr:
        return self._binary("div", self, other)

    def __rtruediv__(self, other: Any) -> Expr:
        return self._binary("div", other, self)

    def __pow__(self, other: Any) -> Expr:
        return self._binary("pow", self, other)

    def __rpow__(self, other: Any) -> Expr:
        return self._binary("pow", other, self)

    def __matmul__(self, other: Any) -> Expr:
        return self._binary("matmul", self, other)

    def __neg__(self) -> Expr:
        return negative(self)

    @property
    def T(self) -> Expr:
        """Transpose; a vector or scalar is its own."""
        return make("T", self)

    def apply(self, name: str, *more: Any, axis: int | None = None) -> Expr:
        """``name(self, *more)`` for a function of the text grammar, e.g. ``x.apply("tanh")``."""
        return make(name, self, *(as_expr(m) or m for m in more), data=axis)

    @staticmethod
    def _binary(op: str, left: Any, right: Any) -> Expr:
        a, b = as_expr(left), as_expr(right)
        return NotImplemented if a is None or b is None else combine(op, a, b)

    # --- views -------------------------------------------------------------
    def __str__(self) -> str:
        return printing.text(self)

    def __repr__(self) -> str:
        return f"<{show(self.shape)} {shorten(printing.text(self), 80)}>"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {printing.latex(self)}$"

    def __bool__(self) -> bool:
        raise TypeError("an expression has no truth value; use certify to decide an equality")


_TREES = WeakValueDictionary()


def make(op: str, *args: Expr, data: Hashable = None) -> Expr:
    """Build a node from an operator's name; raises ShapeError where the arguments do not fit.

    >>> x = symbol(Symbol("x", ("n",)))
    >>> make("outer", x, x).shape
    ('n', 'n')
    """
    key = (op, args, data)
    found = _TREES.get(key)
    if found is not None:
        return found
    row = operator(op)
    least, most = row.arity
    if not least <= len(args) <= most:
        wanted = str(least) if least == most else f"{least} to {most}" if most < 1000 else f"at least {least}"
        raise ReadingError(f"{op} takes {wanted} argument{'s' if wanted != '1' else ''}, got {len(args)}")
    try:
        shape = row.shape([a.shape for a in args], data)
    except Misfit as reason:
        sides = "; ".join(f"{shorten(printing.text(a))} is {show(a.shape)}" for a in args[:4])
        sign = {"matmul": "@", "add": "+", "mul": "*", "div": "/", "pow": "**"}.get(op)
        whole = (
            f" {sign} ".join(shorten(printing.text(a), 40) for a in args)
            if sign
            else f"{op}({', '.join(shorten(printing.text(a), 40) for a in args)})"
        )
        raise ShapeError(f"shapes do not fit in {shorten(whole, 120)}: {reason} ({sides})") from None
    return _intern(key, Expr(op, args, data, shape))


def _intern(key: tuple[Any, ...], tree: Expr) -> Expr:
    return _TREES.setdefault(key, tree)


def _rebuild(op: str, args: tuple[Expr, ...], data: Hashable, shape: Shape) -> Expr:
    """Unpickling: intern again, so that identity still means equality."""
    key = (op, args, data, shape) if op in (*LEAVES, "eye", "ones", "zeros") else (op, args, data)
    found = _TREES.get(key)
    return found if found is not None else _intern(key, Expr(op, args, data, shape))


def leaf(op: str, data: Hashable, shape: Shape = ()) -> Expr:
    """A node without arguments: sym, num, dim, pi, eye, ones, zeros."""
    return _rebuild(op, (), data, shape)


def number(value: Number) -> Expr:
    """An exact number; a float is read as the decimal it prints.  Raises ReadingError for NaN and infinity."""
    if isinstance(value, float) and not isfinite(value):
        raise ReadingError(f"{value} is not a finite number; an equality is about numbers")
    exact = Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    return leaf("num", exact)


def symbol(record: Symbol) -> Expr:
    """The leaf of a declared symbol."""
    return leaf("sym", record, record.shape)


def dimension(size: Dim) -> Expr:
    """A size as a scalar: a name, or a number."""
    return number(size) if isinstance(size, int) else leaf("dim", size)


def eye(n: Dim) -> Expr:
    """The n×n identity."""
    return leaf("eye", None, (n, n))


def constant(op: str, shape: Shape) -> Expr:
    """``ones`` or ``zeros`` of a shape."""
    return leaf(op, None, shape)


def as_expr(value: Any) -> Expr | None:
    """The expression itself, or an exact number; None for anything else."""
    if isinstance(value, Expr):
        return value
    if isinstance(value, (int, float, Fraction)) and not isinstance(value, bool):
        return number(value)
    return None


def negative(e: Expr) -> Expr:
    """−e, without doubling signs."""
    if e.op == "neg":
        return e.args[0]
    return number(-e.data) if e.op == "num" else make("neg", e)


def combine(op: str, left: Expr, right: Expr) -> Expr:
    """Binary operators, flattened the way they are read: a + b + c is one sum, A @ B @ C one product.

    Signs and scalar factors move to the front of a product, where a reader looks for them.
    """
    if op == "add":
        return make("add", *_spread("add", left), *_spread("add", right))
    if op in ("mul", "matmul", "div") and left.op == "neg":
        return negative(combine(op, left.args[0], right))
    if op in ("mul", "div") and left.op == "num" and left.data < 0:
        return negative(combine(op, number(-left.data), right))
    if op in ("mul", "matmul") and right.op == "neg":
        return negative(combine(op, left, right.args[0]))
    if op == "mul":
        return make("mul", *_spread("mul", left), *_spread("mul", right))
    if op == "matmul":
        return _product(left, right)
    return make(op, left, right)


def _spread(op: str, e: Expr) -> tuple[Expr, ...]:
    return e.args if e.op == op else (e,)


def _product(left: Expr, right: Expr) -> Expr:
    scalars: list[Expr] = []
    sides = []
    for side in (left, right):
        if side.op == "mul" and side.shape:
            front = [f for f in side.args if not f.shape]
            back = [f for f in side.args if f.shape]
            scalars += front
            side = back[0] if len(back) == 1 else make("mul", *back)
        sides.append(side)
    a, b = sides
    # A @ (B @ C) may be written A @ B @ C where the right chain starts with a matrix;
    # (A @ x) @ b may not: a vector in the middle of a chain would read as another product.
    before = a.args if a.op == "matmul" and (len(a.shape) == 2 or len(a.args[0].shape) == 1) else (a,)
    after = b.args if b.op == "matmul" and len(b.args[0].shape) == 2 and a.shape else (b,)
    core = make("matmul", *before, *after)
    return make("mul", *scalars, core) if scalars else core
