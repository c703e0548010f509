"""Forms in matrix notation: what the kernel has worked out, as a person writes it.

Each term is a network of what its nets are made of (``algebra/contracting.py``); terms with the same
arrays are collected, and their scalars factored.  Nothing here decides anything: what comes out is a
proposal for ``certify``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache, reduce
from math import gcd, lcm
from typing import cast

from symderiv.algebra.building_blocks import over, plus, times, total
from symderiv.algebra.contracting import HALF, Network, Powers, norm_out, raised
from symderiv.errors import LimitError
from symderiv.expressions import Expr, constant, dimension, eye, leaf, make, negative, number, symbol
from symderiv.kernel.arithmetic import add, scale
from symderiv.kernel.factoring import irreducible_factors
from symderiv.kernel.forms import Coefficient, Form, Monomial, payload_form
from symderiv.kernel.networks import NETS, ONE, Exponent, Factor, Head, Index, Net
from symderiv.kernel.positivity import content
from symderiv.symbols import Symbol

FUNCTIONS = ("log", "step", "sin", "cos", "erf", "inv", "det", "logdet")
MOST_TERMS = 60  # a longer sum is not read by anyone


@lru_cache(maxsize=5_000)
def matrix_form(form: Form) -> Expr:
    """A form as an expression in matrix notation, its numbers and scalars factored.

    Raises LimitError where a term has no such notation, or where there are too many.

    >>> from symderiv.indexed import lower
    >>> from symderiv.scope import declare
    >>> c = declare(p="scalar, in (0, 1)", X="matrix(n, d)", r="vector(d) ~ bernoulli(p)")
    >>> str(matrix_form(lower(c.read("Var(X@r)"))))
    'p*(1 - p)*sum(X**2, 1)'
    """
    if 1 in form.dims or len(form.terms) > MOST_TERMS:
        raise LimitError("a form with an axis of size 1, or of very many terms, is not read back")
    groups: dict[Monomial, dict[Monomial, Coefficient]] = {}
    for mono, c in form.terms.items():
        plain = tuple(f for f in mono if _is_scalar(NETS[f[0]]))
        groups.setdefault(tuple(f for f in mono if f not in plain), {})[plain] = c
    if not groups:
        return constant("zeros", form.dims) if form.dims else number(0)
    parts = [_times(_coefficient(Form(terms, ())), _array(mono, form)) for mono, terms in groups.items()]
    return plus(*sorted(parts, key=lambda t: t.op == "neg"))


def _is_scalar(net: Net) -> bool:
    return not net.bound and not net.free and net.factors[0][0].kind != "exp"


def _times(c: Expr, array: Expr) -> Expr:
    """A coefficient in front of an array; a fraction of scalars keeps its line."""
    if c.op == "neg" or (c.op == "num" and c.data < 0):
        return negative(_times(negative(c), array))
    return over(times(c.args[0], array), c.args[1]) if c.op == "div" else times(c, array)


def _coefficient(form: Form) -> Expr:
    """A polynomial of scalars as a product: p − p² is p (1 − p)."""
    c, mono, core = content(form, False)
    c, scalars = Fraction(c), dict(_scalars(mono))
    for factor, k in irreducible_factors(core, False):
        unit = _unit(factor, negative=c < 0 and k % 2 == 1)
        c *= unit**k
        scalars[_polynomial(scale(factor, 1 / unit))] = k
    return _product(c, scalars)


def _unit(form: Form, negative: bool) -> Fraction:
    """The rational content of a sum; negative where −(1 − n) is better written n − 1."""
    numbers = [Fraction(c) for c in form.terms.values()]
    size = Fraction(reduce(gcd, (abs(c.numerator) for c in numbers)), reduce(lcm, (c.denominator for c in numbers)))
    return -size if all(c < 0 for c in numbers) or (negative and any(c < 0 for c in numbers)) else size


def _polynomial(form: Form) -> Expr:
    """A sum with its negative terms, else its constant, behind the rest."""
    rows = sorted(form.terms.items(), key=lambda t: (t[1] < 0, not t[0]))
    return plus(*(_product(Fraction(c), dict(_scalars(mono))) for mono, c in rows))


def _scalars(mono: Monomial) -> Iterable[tuple[Expr, Exponent]]:
    for uid, e in mono:
        ((h, _, k),) = NETS[uid].factors
        yield norm_out(_head(h), e * k)


def _product(c: Fraction, scalars: Powers) -> Expr:
    """A number and powers of scalars as one fraction; positive ones that stand under a root share it.

    The others keep a root of their own: of a quotient, a root is not known to be the quotient of roots.
    """
    scalars = dict(scalars)
    for base, e in scalars.items():
        if e == HALF and base.op == "num" and c.denominator % base.data == 0:  # √2/2 is 1/√2
            c, scalars[base] = c * base.data, -HALF
    tops, bottoms = ([number(n)] if n != 1 else [] for n in (abs(c.numerator), c.denominator))
    shared: tuple[list[Expr], list[Expr]] = ([], [])
    for base, e in scalars.items():
        if abs(e) == HALF and _is_positive(base):
            shared[e < 0].append(base)
        else:
            (tops if e > 0 else bottoms).append(raised(base, e if e > 0 else -e))
    if shared[0]:
        tops.append(make("sqrt", over(*(times(*r) if r else number(1) for r in shared))))
    elif shared[1]:
        bottoms.append(make("sqrt", times(*shared[1])))
    value = over(times(*tops) if tops else number(1), times(*bottoms) if bottoms else number(1))
    return negative(value) if c < 0 else value


def _is_positive(e: Expr) -> bool:
    return e.op in ("num", "pi", "dim") or (e.op == "sym" and bool(e.data.has("positive", "in (0, 1)")))


def _array(mono: Monomial, form: Form) -> Expr:
    """The product of the nets with indices, in the shape of the form."""
    whole, loose = Network(), []
    for uid, e in mono:
        net = NETS[uid]
        if net.bound:
            part = _network(net.factors)
            part.sum_over(net.bound)
            whole.multiply(part, e)
        else:
            loose += [(h, idx, k * e) for h, idx, k in net.factors]
    whole.multiply(_network(loose), 1)
    scalar = _product(Fraction(1), whole.scalars)
    slots = [(d, -1 - k) for k, d in enumerate(form.dims)]
    return _times(scalar, whole.written(slots)) if slots else scalar


def _network(factors: Iterable[Factor]) -> Network:
    """The factors at their indices; exponentials at the same ones become one, eᵃ eᵇ = e^(a + b)."""
    found = Network()
    exponents: dict[tuple[Index, ...], Form] = {}
    for h, idx, e in factors:
        points = tuple(i for i in idx if i != ONE)
        if h.kind == "exp":
            exponents[points] = add(exponents.get(points, Form({}, h.dims)), scale(payload_form(h), e))
        else:
            found.put(_without_ones(_head(h), idx), points, e)
    for points, exponent in exponents.items():
        found.put(make("exp", matrix_form(exponent)), points)
    return found


def _head(h: Head) -> Expr:
    """An atom as an expression over its slots."""
    if isinstance(h.payload, Symbol):
        return symbol(h.payload) if len(h.dims) == len(h.payload.shape) else make("diagonal", symbol(h.payload))
    if h.kind in _LEAVES:
        return _LEAVES[h.kind](h)
    if h.kind == "power":
        return matrix_form(payload_form(h))
    if h.kind not in FUNCTIONS or not isinstance(h.payload, Form):
        raise LimitError(f"no matrix notation is known for a {h.kind}")
    return make(h.kind, matrix_form(payload_form(h)))


_LEAVES: dict[str, Callable[[Head], Expr]] = {
    "delta": lambda h: eye(h.dims[0]),
    "dim": lambda h: dimension(cast(str, h.payload)),
    "prime": lambda h: number(cast(int, h.payload)),
    "pi": lambda h: leaf("pi", None),
}


def _without_ones(e: Expr, idx: tuple[Index, ...]) -> Expr:
    """Axes of size 1, of which an index says nothing, summed away."""
    for axis in reversed([k for k, i in enumerate(idx) if i == ONE]):
        e = total(e, axis)
    return e
