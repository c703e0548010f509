"""Vector-Jacobian products, one row per operator, in matrix notation.

A row takes the node and its cotangent (the derivative of one scalar by every
entry of the node, in the node's shape) and gives the cotangents of the node's
arguments.  The table covers the whole grammar but for moments and derivatives,
which are made explicit before (see ``calculus.evaluate``).

Source: M. B. Giles, Collected matrix derivative results for forward and reverse
mode algorithmic differentiation, 2008; softmax and norms by the same steps.
"""

from __future__ import annotations

from collections.abc import Callable

from symderiv.algebra.building_blocks import (
    as_column,
    average,
    column_of,
    diag_of,
    diagonal_of,
    dot,
    fit,
    flip,
    minus,
    outer_of,
    over,
    plus,
    power,
    size_of,
    times,
    total,
)
from symderiv.errors import LimitError
from symderiv.expressions import Expr, constant, leaf, make, number
from symderiv.shapes import Shape

Pullback = Callable[[Expr, Expr], tuple[Expr | None, ...]]


def pull_back(e: Expr, cotangent: Expr) -> tuple[Expr | None, ...]:
    """Cotangents of the arguments of a node; None where an argument does not matter.

    Raises LimitError for an operator without a row.
    """
    rule = _PULLBACKS.get(e.op)
    if rule is None:
        raise LimitError(f"{e.op} has no derivative rule; evaluate it before differentiating")
    return rule(e, cotangent)


def narrowed(g: Expr, shape: Shape) -> Expr:
    """Sum a cotangent over the axes along which an argument was stretched."""
    if g.shape == shape:
        return g
    if not shape:
        return total(g, None)
    if len(shape) < len(g.shape):
        return narrowed(total(g, 0), shape)
    if len(shape) == 1:  # one entry stretched along a vector
        return fit(total(g, None), shape)
    if shape == (g.shape[0], 1):
        return column_of(total(g, 1))
    return fit(total(g, 0) if shape[1] == g.shape[1] else total(g, None), shape)


def _add(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    return tuple(narrowed(g, a.shape) for a in e.args)


def _mul(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    return tuple(
        narrowed(times(g, *(b for j, b in enumerate(e.args) if j != k)), a.shape) for k, a in enumerate(e.args)
    )


def _div(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    top, bottom = e.args
    share = times(number(-1), g, top, power(bottom, -2))
    return narrowed(over(g, bottom), top.shape), narrowed(share, bottom.shape)


def _pow(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    base, exponent = e.args
    if exponent.op == "num":
        return times(g, exponent, power(base, exponent.data - 1)), None
    lowered = make("pow", base, plus(exponent, number(-1)))
    return times(g, exponent, lowered), total(times(g, e, make("log", base)), None)


def _matmul(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    return tuple(_link(e.args, k, g) for k in range(len(e.args)))


def _link(chain: tuple[Expr, ...], k: int, g: Expr) -> Expr:
    """Cotangent of one link of a product: everything to its left and right, transposed."""
    first, last = len(chain[0].shape) == 1, len(chain[-1].shape) == 1
    left, right = chain[:k], chain[k + 1 :]
    # a free end carries the cotangent; a vector at an end has been summed with it
    if len(chain[k].shape) == 1 and not g.shape:
        return times(g, as_column(left) if left else dot(*right))
    if len(chain[k].shape) == 1:
        return dot(*(flip(a) for a in left[::-1]), g) if left else dot(*right, g)
    rows = [flip(a) for a in left[::-1]]
    columns = [flip(a) for a in right[::-1]]
    if first and last:
        return times(g, outer_of(as_column(left), _ends(right)))
    if first:
        return outer_of(as_column(left), dot(*right, g) if right else g)
    if last:
        return outer_of(dot(*rows, g) if rows else g, _ends(right))
    return dot(*rows, g, *columns)


def _ends(chain: tuple[Expr, ...]) -> Expr:
    return chain[0] if len(chain) == 1 else dot(*chain)


def _trace(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    return (times(g, leaf("eye", None, e.args[0].shape)),)


def _inv(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    return (times(number(-1), dot(flip(e), g, flip(e))),)


def _sum(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    return (_along(g, e.args[0].shape, e.data),)


def _along(g: Expr, shape: Shape, axis: int | None) -> Expr:
    """Stretch the cotangent of a sum back over the axis that was summed."""
    if axis == 1 and len(shape) == 2:
        return times(column_of(g), constant("ones", shape))
    return fit(g, shape)


def _mean(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    x = e.args[0]
    return (over(_along(g, x.shape, e.data), size_of(x.shape, e.data)),)


def _var(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    x = e.args[0]
    axis = e.data
    middle = average(x, axis)
    if axis == 1 and len(x.shape) == 2:
        middle = make("col", middle)
    share = over(_along(times(number(2), g), x.shape, axis), size_of(x.shape, axis))
    return (times(share, make("add", x, -middle)),)


def _softmax(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    pulled = total(times(g, e), len(e.shape) - 1)
    return (times(e, minus(g, column_of(pulled) if pulled.shape else pulled)),)


def _logsumexp(e: Expr, g: Expr) -> tuple[Expr | None, ...]:
    x = e.args[0]
    return (times(_along(g, x.shape, len(x.shape) - 1), make("softmax", x)),)


def _map(slope: Callable[[Expr, Expr], Expr]) -> Pullback:
    return lambda e, g: (times(g, slope(e, e.args[0])),)


def _one_minus(u: Expr) -> Expr:
    return plus(number(1), times(number(-1), u))


_ROOT_PI = make("sqrt", leaf("pi", None))

# slope of an elementwise map y = f(x), from (y, x)
_SLOPES: dict[str, Callable[[Expr, Expr], Expr]] = {
    "sqrt": lambda y, x: over(number(1), times(number(2), y)),
    "exp": lambda y, x: y,
    "log": lambda y, x: power(x, -1),
    "sin": lambda y, x: make("cos", x),
    "cos": lambda y, x: -make("sin", x),
    "tanh": lambda y, x: _one_minus(power(y, 2)),
    "sigmoid": lambda y, x: times(y, _one_minus(y)),
    "relu": lambda y, x: make("step", x),
    "softplus": lambda y, x: make("sigmoid", x),
    "step": lambda y, x: number(0),
    "sign": lambda y, x: number(0),
    "abs": lambda y, x: make("sign", x),
    "erf": lambda y, x: over(times(number(2), make("exp", -power(x, 2))), _ROOT_PI),
}

_PULLBACKS: dict[str, Pullback] = {
    "add": _add,
    "neg": lambda e, g: (times(number(-1), g),),
    "mul": _mul,
    "div": _div,
    "pow": _pow,
    "matmul": _matmul,
    "T": lambda e, g: (flip(g),),
    "tr": _trace,
    "det": lambda e, g: (times(g, e, flip(make("inv", e.args[0]))),),
    "logdet": lambda e, g: (times(g, flip(make("inv", e.args[0]))),),
    "inv": _inv,
    "norm": lambda e, g: (over(times(g, e.args[0]), e),),
    "norm1": lambda e, g: (times(g, make("sign", e.args[0])),),
    "diag": lambda e, g: (diagonal_of(g),),
    "diagonal": lambda e, g: (diag_of(g),),
    "outer": lambda e, g: (dot(g, e.args[1]), dot(flip(g), e.args[0])),
    "col": lambda e, g: (total(g, 1),),
    "sum": _sum,
    "mean": _mean,
    "var": _var,
    "softmax": _softmax,
    "logsumexp": _logsumexp,
}
_PULLBACKS.update({name: _map(slope) for name, slope in _SLOPES.items()})
