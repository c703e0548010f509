"""Differentiation as a person writes it: outermost function first, one idea a line.

Inside a derivative a function may be replaced by any other with the same differential.  So a
product becomes a sum in which all factors but one are *held* constant (printed underlined), and a
function its slope, held, times its argument.  What remains is linear in the variable, is written as
an inner product with it, and its coefficient is the derivative.

The changes here are used through ``rules/derivatives.py``; each takes a derivative's node.
"""

from __future__ import annotations

from collections.abc import Iterator

from symderiv.algebra.building_blocks import dot, plus, times, total
from symderiv.algebra.reverse import matrix_of, pushed, reverse
from symderiv.algebra.tidying import settled
from symderiv.expressions import Expr, constant, make, number, symbol
from symderiv.operators import members
from symderiv.symbols import Symbol
from symderiv.trees import Path, exchange, is_parameter, leaves, swap

HEADS = members("derivative")
LINEAR = ("add", "neg", "T", "tr", "sum", "mean", "diag", "diagonal", "col")
PRODUCTS = ("mul", "matmul", "outer")


def frontier(f: Expr, x: Expr, path: Path = ()) -> Iterator[tuple[Path, Expr]]:
    """The outermost parts of a function that are not linear in the variable."""
    if f is x or x not in leaves(f):
        return
    live = [k for k, a in enumerate(f.args) if x in leaves(a)]
    if f.op in LINEAR or (f.op in PRODUCTS and len(live) == 1) or (f.op == "div" and live == [0]):
        for k in live:
            yield from frontier(f.args[k], x, (*path, k))
    else:
        yield path, f


def product_rule(e: Expr, goal: Expr | None = None) -> Expr | None:
    """Every outermost product as a sum in which one factor varies and the others are held."""
    if e.op not in HEADS:
        return None
    f, x = e.args[0], e.args[1]
    for place, product in frontier(f, x):
        if product.op in PRODUCTS:
            f = exchange(f, place, plus(*_one_at_a_time(product, x)))
    return None if f is e.args[0] else _with(e, f)


def _one_at_a_time(product: Expr, x: Expr) -> list[Expr]:
    live = [k for k, a in enumerate(product.args) if x in leaves(a)]
    return [
        make(product.op, *(a if j == k or j not in live else make("held", a) for j, a in enumerate(product.args)))
        for k in live
    ]


def inner_product(e: Expr, goal: Expr | None = None) -> Expr | None:
    """A linear function as an inner product of its coefficient and the variable."""
    if e.op not in HEADS or not _is_linear(e):
        return None
    f, x = e.args[0], e.args[1]
    if f.shape and x.shape:
        f_new = dot(matrix_of(settled(reverse(f, x, u := _probe(f))), u), x) if not x.shape else _applied(f, x)
    elif f.shape:
        f_new = times(pushed(f, x, number(1)), x)
    else:
        c = settled(reverse(f, x, number(1)))
        f_new = settled(_paired(c, x))
        if f_new is f and len(x.shape) == 1:  # it is one already: write the sum out
            f_new = total(times(c, x), None)
    return None if f_new is f else _with(e, f_new)


def _paired(c: Expr, x: Expr) -> Expr:
    """Σ c x; a product that ends in a vector stands behind the variable."""
    if not x.shape:
        return times(c, x)
    if len(x.shape) == 2:
        return total(times(c, x), None)
    return dot(c, x) if c.op in ("sym", "add", "held") else dot(x, c)


def coefficient(e: Expr, goal: Expr | None = None) -> Expr | None:
    """The derivative of a linear function: its coefficient, with nothing held any more."""
    if e.op not in HEADS or not _is_linear(e):
        return None
    f, x = e.args[0], e.args[1]
    if e.op == "differential":
        direction = e.args[2] if len(e.args) == 3 else symbol(Symbol(f"d{x.data.name}", x.shape))
        return released(swap(f, lambda t: t if t.op == "held" else direction if t is x else None))
    if f.shape and x.shape:
        u = _probe(f)
        return released(settled(make("T", matrix_of(settled(reverse(f, x, u)), u))))
    if f.shape:
        return released(settled(pushed(f, x, number(1))))
    return released(settled(reverse(f, x, number(1))))


def constants_out(e: Expr, goal: Expr | None = None) -> Expr | None:
    """The Jacobian of a constant matrix times a vector, the matrix outside."""
    if e.op != "jacobian" or e.args[0].op != "matmul":
        return None
    *front, inner = e.args[0].args
    if len(front[0].shape) < 2 or len(inner.shape) != 1 or any(e.args[1] in leaves(a) for a in front):
        return None
    return dot(*front, _with(e, inner))


def of_a_constant(e: Expr, goal: Expr | None = None) -> Expr | None:
    """The derivative of what does not depend on the variable."""
    if e.op not in HEADS or e.args[1] in leaves(e.args[0]):
        return None
    return constant("zeros", e.shape) if e.shape else number(0)


def under_the_expectation(e: Expr, goal: Expr | None = None) -> Expr | None:
    """Differentiation and expectation change places, where no law depends on the variable."""
    if e.op not in HEADS or e.args[0].op != "E" or is_parameter(e.args[1], e.args[0]):
        return None
    return make("E", _with(e, e.args[0].args[0]))


def hessian_as_jacobian(e: Expr, goal: Expr | None = None) -> Expr | None:
    """The Hessian is the Jacobian of the gradient; for a scalar variable, the derivative of the derivative."""
    if e.op != "hessian":
        return None
    outer = "jacobian" if e.args[1].shape else "grad"
    return make(outer, make("grad", *e.args), e.args[1])


def released(e: Expr) -> Expr:
    """Nothing is held any more."""
    return swap(e, lambda t: released(t.args[0]) if t.op == "held" else None)


def _is_linear(e: Expr) -> bool:
    f, x = e.args[0], e.args[1]
    return x in leaves(f) and not _inner_heads(f) and not any(frontier(f, x))


def _inner_heads(f: Expr) -> list[tuple[Path, Expr]]:
    stack: list[tuple[Path, Expr]] = [((), f)]
    found = []
    while stack:
        path, t = stack.pop()
        if t.op in HEADS:
            found.append((path, t))
        stack += [((*path, k), a) for k, a in enumerate(t.args)]
    return found


def _applied(f: Expr, x: Expr) -> Expr:
    """A linear vector function of a vector as a matrix times the vector."""
    u = _probe(f)
    if len(f.shape) > 1 or len(x.shape) > 1:
        return f
    return dot(settled(make("T", matrix_of(settled(reverse(f, x, u)), u))), x)


def _probe(f: Expr) -> Expr:
    return symbol(Symbol("u_", f.shape))


def _with(e: Expr, f: Expr) -> Expr:
    """The same derivative of another function."""
    return make(e.op, f, *e.args[1:])


def innermost(e: Expr) -> tuple[Path, Expr] | None:
    """The innermost derivative and where it stands."""
    heads = _inner_heads(e)
    return max(heads, key=lambda found: len(found[0])) if heads else None


def nonlinear_places(e: Expr) -> list[Path]:
    """The outermost parts of the innermost derivative's function that are not linear in the variable."""
    found = innermost(e)
    if found is None:
        return []
    place, head = found
    return [(*place, 0, *inner) for inner, _ in frontier(head.args[0], head.args[1])]
