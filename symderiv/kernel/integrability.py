"""Whether the mean of a form is known to exist: E[z/x] is not 0 for independent z and x, it has no value.

Averaging one symbol may remove the factors of another, and with them the sign that no
mean exists.  So growth is looked at first, in the entries of normal and uniform symbols.

Scope: polynomials, exponentials of what grows at most linearly, bounded functions, and
logarithms and reciprocals of sums that stay away from 0.  Not known: the mean of x/‖x‖.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum

from symderiv.kernel.forms import Form, Monomial, payload_form
from symderiv.kernel.networks import NETS, Factor
from symderiv.kernel.positivity import is_nonnegative
from symderiv.symbols import Symbol

_WITHOUT_END = frozenset({"normal", "uniform"})  # laws with infinitely many values
_BOUNDED = frozenset({"step", "sign", "sin", "cos", "erf"})
Parameters = Callable[[Symbol], dict[str, Form]]


class Growth(IntEnum):
    """How fast the absolute value grows; all but the last have every moment."""

    BOUNDED = 0
    LINEAR = 1
    POLYNOMIAL = 2
    EXPONENTIAL = 3  # a polynomial times the exponential of a linear function
    UNKNOWN = 4


_EXPONENTIALS = {Growth.BOUNDED: Growth.BOUNDED, Growth.LINEAR: Growth.EXPONENTIAL}


def growth(form: Form, parameters: Parameters) -> Growth:
    """The growth of a form; ``parameters`` gives the forms a symbol's law is made of."""
    return max((_product(_factors(m), parameters) for m in form.terms), default=Growth.BOUNDED)


def _factors(mono: Monomial) -> Iterable[Factor]:
    """The factors of a monomial, whatever their indices; a power of a sum is a power of each of its terms."""
    for u, e in mono:
        whole = e % 1 == 0 and e > 0 or len(NETS[u].factors) == 1
        for h, idx, f in NETS[u].factors:
            yield h, idx, f * e if whole else -1  # a root or reciprocal of a sum is looked at as a reciprocal


def _moves(symbols: Iterable[Symbol], parameters: Parameters) -> bool:
    return any(
        s.distribution is not None
        and (s.distribution.name in _WITHOUT_END or any(_moves(f.symbols, parameters) for f in parameters(s).values()))
        for s in symbols
    )


def _product(factors: Iterable[Factor], parameters: Parameters) -> Growth:
    grows = [g for f in factors if (g := _factor(f, parameters))]
    if len(grows) < 2:
        return grows[0] if grows else Growth.BOUNDED
    return max(Growth.POLYNOMIAL, *grows)


def _factor(f: Factor, parameters: Parameters) -> Growth:
    h, _, e = f
    if h.kind in _BOUNDED and e > 0 or not _moves(h.symbols, parameters):
        return Growth.BOUNDED
    if isinstance(h.payload, Symbol):
        base = _symbol(h.payload, parameters)
    elif h.kind == "exp":
        return _EXPONENTIALS.get(growth(payload_form(h), parameters), Growth.UNKNOWN)
    elif h.kind in ("power", "log"):
        inner = payload_form(h)
        base = growth(inner, parameters)
        if h.kind == "log" or e < 0:
            low = _reciprocal(inner, parameters)
            if h.kind == "power" or max(base, low) == Growth.UNKNOWN:
                return low
            base = Growth.LINEAR
    else:
        return Growth.UNKNOWN
    if e < 0:
        return Growth.UNKNOWN
    return base if e <= 1 or base != Growth.LINEAR else Growth.POLYNOMIAL


def _symbol(s: Symbol, parameters: Parameters) -> Growth:
    """An entry grows linearly; its parameters may be random themselves."""
    given = {name: growth(f, parameters) for name, f in parameters(s).items()}
    worst = max(given.values(), default=Growth.BOUNDED)
    steady = all(g == Growth.BOUNDED for name, g in given.items() if name in ("std", "cov"))
    return Growth.LINEAR if steady and worst <= Growth.LINEAR else max(Growth.POLYNOMIAL, worst)


def _reciprocal(form: Form, parameters: Parameters) -> Growth:
    """The growth of 1/form, for a sum of terms ≥ 0 of which one is a positive constant or exponential."""
    if not is_nonnegative(form):
        return Growth.UNKNOWN
    best = Growth.UNKNOWN
    for mono in form.terms:
        factors = list(_factors(mono))
        if all(NETS[u].positive for u, _ in mono):
            turned = [(h, idx, -e) for h, idx, e in factors if h.kind == "exp"]
            if all(h.kind == "exp" or not _moves(h.symbols, parameters) for h, _, _ in factors):
                best = min(best, _product(turned, parameters))
    return best
