"""Derivatives in matrix notation, as a person writes them.

Reverse accumulation over the tree proposes the answer, which keeps residuals and
shared factors as they stand; the kernel proves it equal to the definition for
all sizes before it is given out.  The gradient of an expectation is the expectation
of the gradient; it is not averaged further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symderiv.algebra.building_blocks import factored, times, total
from symderiv.algebra.reverse import matrix_of, pushed, reverse
from symderiv.algebra.shortening import operations, shortened
from symderiv.algebra.tidying import tidy
from symderiv.certify import certify
from symderiv.deciding.claims import PROVED
from symderiv.deciding.clearing import vanishes
from symderiv.errors import LimitError, ShapeError
from symderiv.expressions import Expr, make, number, symbol
from symderiv.indexed import lower, variable
from symderiv.kernel.arithmetic import subtract
from symderiv.operators import members
from symderiv.shapes import show
from symderiv.symbols import Symbol
from symderiv.trees import is_parameter, over, swap


def gradient(f: Expr, x: Expr) -> Expr:
    """∇f, in the shape of x.

    Raises ShapeError unless f is a scalar, LimitError where no form is found and proved.

    >>> from symderiv.scope import declare
    >>> c = declare(X="matrix(n, d)", y="vector(n)", w="vector(d)")
    >>> str(gradient(c.read("norm(y - X@w)**2"), c.w))
    '-2*X.T@(y - X@w)'
    """
    return evaluate(make("grad", f, x))


def jacobian(f: Expr, x: Expr) -> Expr:
    """∂f/∂x with a row per entry of f."""
    return evaluate(make("jacobian", f, x))


def hessian(f: Expr, x: Expr) -> Expr:
    """The matrix of second derivatives of a scalar."""
    return evaluate(make("hessian", f, x))


def derivative(f: Expr, x: Expr) -> Expr:
    """∂f/∂x for a scalar x, in the shape of f."""
    return evaluate(make("diff", f, x))


def differential(f: Expr, x: Expr, direction: Expr | None = None) -> Expr:
    """The directional derivative of f along ``direction`` (default: the symbol dX)."""
    return evaluate(make("differential", f, x, *([] if direction is None else [direction])))


def vjp(definition: Expr, argument: Expr, cotangent: Expr) -> Expr:
    """The cotangent of a node pulled back to one of its arguments (a symbol), in the argument's shape."""
    if cotangent.shape != definition.shape:
        raise ShapeError(
            f"a cotangent has the shape of its node: "
            f"{show(cotangent.shape)} was given, {show(definition.shape)} is needed"
        )
    pairing = times(cotangent, definition) if not definition.shape else total(times(cotangent, definition), None)
    return _proved(reverse(definition, argument, cotangent), make("grad", pairing, argument))


def local_jacobian(definition: Expr, argument: Expr) -> Expr | None:
    """The local Jacobian of a node; None where it has more than two axes."""
    if len(definition.shape) + len(argument.shape) > 2:
        return None
    return jacobian(definition, argument)


def evaluate(e: Expr) -> Expr:
    """The expression with every derivative made explicit, innermost first, each proved."""
    heads = members("derivative")
    return swap(e, lambda t: _explicit(t) if t.op in heads else None)


def written_out(e: Expr) -> Expr:
    """Derivatives made explicit as the chain rule gives them, before anything is collected."""
    heads = members("derivative")
    return swap(e, lambda t: _MAKERS[t.op](t) if t.op in heads else None)


def _explicit(e: Expr) -> Expr:
    variable(e.args[1])
    inside = over(e, (evaluate(e.args[0]), *e.args[1:]))
    return _proved(_MAKERS[e.op](inside), e)


def _proved(candidate: Expr, truth: Expr) -> Expr:
    """The candidate, tidied, if the kernel proves it; otherwise LimitError."""
    wanted = lower(truth)
    for proposal in _proposals(candidate):
        if vanishes(subtract(wanted, lower(proposal))) is not None:
            return proposal
    best = next(_proposals(candidate))
    if certify(truth, best).verdict == PROVED:  # where both are defined, signs included
        return best
    raise LimitError(f"no proved form of {truth} was found")


def _proposals(candidate: Expr) -> Iterator[Expr]:
    """The forms a candidate may be given out in, the best one first."""
    try:
        tidied = tidy(candidate)
    except (LimitError, ValueError):
        yield candidate
        return
    plain = _factored(tidied)
    short = shortened(plain)
    if operations(short) < operations(plain):
        yield short
    yield from (plain, tidied, candidate)


def _factored(e: Expr) -> Expr:
    """Sums with a common end put together, from the leaves up."""
    return factored(over(e, tuple(map(_factored, e.args))))


def _gradient(e: Expr) -> Expr:
    if e.args[0].op == "E":  # differentiation and expectation change places
        if is_parameter(e.args[1], e.args[0]):
            raise LimitError(
                f"a law depends on {e.args[1]}, which differentiation under {e.args[0]} would not see; "
                "work the average out first, with expectation(…)"
            )
        return make("E", gradient(e.args[0].args[0], e.args[1]))
    return reverse(e.args[0], e.args[1], number(1))


def _jacobian(e: Expr) -> Expr:
    f, x = e.args[0], e.args[1]
    if not f.shape:
        return _gradient(e)
    if not x.shape:
        return pushed(f, x, number(1))
    if len(f.shape) + len(x.shape) > 2:
        raise LimitError(f"the derivative of {show(f.shape)} by {show(x.shape)} is not written in matrix notation")
    for way in (_by_columns, _by_rows):
        if (found := way(f, x)) is not None:
            return found
    raise LimitError(f"the derivative of {f} is not seen to be a matrix times d{x}")


def _by_rows(f: Expr, x: Expr) -> Expr | None:
    """The Jacobian from what the rows make of a cotangent."""
    u = symbol(Symbol("u_", f.shape))
    return _matrix(lambda: make("T", matrix_of(tidy(reverse(f, x, u)), u)))


def _by_columns(f: Expr, x: Expr) -> Expr | None:
    """The Jacobian from the differential along a direction."""
    u = symbol(Symbol("d_", x.shape))
    return _matrix(lambda: matrix_of(shortened(tidy(pushed(f, x, u))), u))


def _matrix(found: Callable[[], Expr]) -> Expr | None:
    try:
        return shortened(tidy(found()))
    except LimitError:
        return None


def _hessian(e: Expr) -> Expr:
    f, x = e.args
    if f.op == "E" and not is_parameter(x, f):
        return make("E", hessian(f.args[0], x))
    slope = gradient(f, x)
    return _jacobian(make("jacobian", slope, x)) if slope.shape else reverse(slope, x, number(1))


def _differential(e: Expr) -> Expr:
    f, x = e.args[0], e.args[1]
    direction = e.args[2] if len(e.args) == 3 else symbol(Symbol(f"d{x.data.name}", x.shape))
    if not f.shape:
        slope = reverse(f, x, number(1))
        return times(slope, direction) if not x.shape else total(times(slope, direction), None)
    return pushed(f, x, direction)


_MAKERS: dict[str, Callable[[Expr], Expr]] = {
    "grad": _gradient,
    "jacobian": _jacobian,
    "diff": _jacobian,
    "hessian": _hessian,
    "differential": _differential,
}
