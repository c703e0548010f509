"""Products and quotients of elementary functions that have a name together, and products as powers of their factors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from symderiv.algebra.building_blocks import minus, times
from symderiv.algebra.chains import entries
from symderiv.algebra.recognising import signed
from symderiv.algebra.terms import KEEP, Scalars, Term, joined, write
from symderiv.algebra.tidying import settled, terms
from symderiv.expressions import Expr, constant, make, negative, number

# f(x) g(x) by another name; "" stands for x itself
_PAIRS: dict[tuple[str, str], Callable[[Expr], Expr]] = {
    ("sign", ""): lambda x: make("abs", x),
    ("abs", "sign"): lambda x: x,
    ("relu", "step"): lambda x: make("relu", x),
    ("step", ""): lambda x: make("relu", x),
}

_NAMED = ("sign", "abs", "relu", "step", "exp", "mean", "sum", "add")


def factors_of(e: Expr) -> Iterator[Expr]:
    """The bases of the factors of a product, above and below the line."""
    for a in e.args:
        if a.op in ("mul", "div", "pow"):
            yield from factors_of(a)
        else:
            yield a


def powers_of(t: Term) -> tuple[Fraction, Scalars, Scalars]:
    """A term as a number, powers of scalars and powers of arrays, entry by entry."""
    c, scalars, core = t
    return c, scalars, {} if core is None or core.op == "ones" else dict(entries(core))


def product_of(c: Fraction, scalars: Scalars, arrays: Scalars, like: Expr) -> Expr:
    """The product of powers, in the shape of an expression it stands for."""
    factors = [b if k == 1 else make("pow", b, number(k)) for b, k in arrays.items()]
    core = None if not factors else factors[0] if len(factors) == 1 else make("mul", *factors)
    found = write((c, scalars, core), KEEP)
    return found if found.shape == like.shape else times(found, constant("ones", like.shape))


def folded(e: Expr) -> Iterator[Expr]:
    """x sign(x) = |x|, eᵃ/(eᵃ + eᵇ) = σ(a − b), … : two factors of a product that have a name together.

    >>> from symderiv.scope import declare
    >>> c = declare(a="scalar", b="scalar")
    >>> [str(t) for t in folded(c.read("exp(a)/(exp(a) + exp(b))"))]
    ['sigmoid(a - b)']
    """
    if not any(t.op in _NAMED for t in factors_of(e)):
        return
    parts = terms(e, KEEP)
    if len(parts) != 1:
        return
    c, scalars, arrays = powers_of(parts[0])
    for k, powers in enumerate((scalars, arrays)):
        for used, value in _names(powers):
            rest = joined(joined(powers, {b: -n for b, n in used.items()}), {value: Fraction(1)})
            yield product_of(c, *((rest, arrays) if k == 0 else (scalars, rest)), e)
    for top, bottom, value in _across(scalars, arrays):
        swapped, below = {top: Fraction(-1)}, joined(scalars, {bottom: Fraction(1)})
        if top.shape:
            yield product_of(c, below, joined(joined(arrays, swapped), {value: Fraction(1)}), e)
        else:
            yield product_of(c, joined(joined(below, swapped), {value: Fraction(1)}), arrays, e)


def _names(powers: Scalars) -> Iterator[tuple[Scalars, Expr]]:
    """Factors with their exponents that are together one function."""
    for a, j in powers.items():
        for b, k in powers.items():
            if a is b:
                continue
            one = _pair(a, b) if j > 0 and k > 0 else None
            if one is not None:
                yield {a: Fraction(1), b: Fraction(1)}, one
            share = _share(a, b) if j > 0 > k else None
            if share is not None:
                n = min(j, -k)
                yield {a: n, b: -n}, share if n == 1 else make("pow", share, number(n))
            if a.op == "mean" and b.op == "dim" and j == k and a.args[0].shape == (b.data,):
                yield {a: j, b: k}, make("pow", make("sum", a.args[0]), number(j))
            if a.op == "sum" and b.op == "dim" and j == -k and j > 0 and a.args[0].shape == (b.data,):
                yield {a: j, b: k}, make("pow", make("mean", a.args[0]), number(j))


def _pair(a: Expr, b: Expr) -> Expr | None:
    """The name of a product of two functions of the same argument."""
    for (first, second), name in _PAIRS.items():
        if a.op == first and ((second == "" and b is a.args[0]) or (b.op == second and b.args[0] is a.args[0])):
            return name(a.args[0])
    return None


def _share(top: Expr, bottom: Expr) -> Expr | None:
    """p/(p + q) and (p − q)/(p + q) for exponentials."""
    if bottom.op != "add" or len(bottom.args) != 2:
        return None
    p, q = map(_exponent, bottom.args)
    if p is None or q is None:
        return None
    if top in bottom.args:
        return make("sigmoid", minus(p, q) if top is bottom.args[0] else minus(q, p))
    if top.op == "add" and len(top.args) == 2:
        ends = (top.args[0], negative(top.args[1]))
        if set(ends) == set(bottom.args):
            gap = minus(p, q) if ends == bottom.args else minus(q, p)
            return signed(make("tanh", settled(make("div", gap, number(2)))))
    return None


def _exponent(e: Expr) -> Expr | None:
    """The logarithm of an exponential or of one."""
    if e.op == "exp":
        return e.args[0]
    return number(0) if e.op == "num" and e.data == 1 else None


def _across(scalars: Scalars, arrays: Scalars) -> Iterator[tuple[Expr, Expr, Expr]]:
    """eᵘ over its own sum is softmax(u), also where it stands in an inner product."""
    for b, k in scalars.items():
        a = b.args[0] if b.op == "sum" and k <= -1 else None
        if a is None or a.op != "exp" or len(a.shape) != 1:
            continue
        if arrays.get(a) == 1:
            yield a, b, make("softmax", a.args[0])
        for t, j in scalars.items():
            if t.op == "matmul" and j == 1 and t.args.count(a) == 1:
                yield t, b, make("matmul", *(make("softmax", a.args[0]) if x is a else x for x in t.args))
