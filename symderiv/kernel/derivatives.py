"""Derivatives of forms: ∂X_ij/∂X_kl = δ_ik δ_jl, the product rule, and one row per kind of atom.

The derivative of a form over slots (a, b, …) by a symbol over slots (k, l, …)
is a form over (a, b, …, k, l, …).  Entries of the symbol are independent.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from symderiv.errors import LimitError
from symderiv.kernel import atoms
from symderiv.kernel.arithmetic import assemble, atom, multiply, place, scale, tensor
from symderiv.kernel.forms import (
    Coefficient,
    Form,
    Product,
    instances,
    next_label,
    number_form,
    payload_form,
    size_factor,
    spell,
)
from symderiv.kernel.matrices import inverse, transposed
from symderiv.kernel.networks import ONE, Factor, Head, Index, delta, head, slot
from symderiv.symbols import Symbol


def differentiate(form: Form, by: Symbol) -> Form:
    """∂form/∂symbol; the symbol's slots follow the form's own."""
    dims = form.dims + by.shape
    products: list[Product] = []
    for mono, c in form.terms.items():
        factors, _ = spell(mono)
        for k, (h, idx, e) in enumerate(factors):
            if by in h.symbols:
                products += _product_rule(factors, k, c, h, idx, e, by, len(form.dims))
    return assemble(products, dims)


def _product_rule(
    factors: list[Factor],
    k: int,
    c: Coefficient,
    h: Head,
    idx: tuple[Index, ...],
    e: Fraction | int,
    by: Symbol,
    offset: int,
) -> list[Product]:
    rest = factors[:k] + factors[k + 1 :] + ([(h, idx, e - 1)] if e != 1 else [])
    partial = head_derivative(h, by)
    targets = (*idx, *(slot(offset + s, size) for s, size in enumerate(by.shape)))
    label = next_label(factors)
    summed = {i for i in idx if i[1] >= 0 and i != ONE} - {i for _, places, _ in rest for i in places}
    return [_counted(c * e * d, rest + more, more, summed) for d, more in instances(partial, targets, label)]


def _counted(c: Coefficient, factors: list[Factor], more: list[Factor], summed: set[Index]) -> Product:
    """A summed index that the partial no longer depends on counts its size: ∂/∂b Σ_i (x_i + b) = n."""
    for i in sorted(summed - {j for _, places, _ in more for j in places}):
        number, extra = size_factor(i[0])
        c, factors = c * number, factors + extra
    return c, factors


@lru_cache(maxsize=4096)
def head_derivative(h: Head, by: Symbol) -> Form:
    """∂h/∂symbol over the slots of the head, then those of the symbol; raises LimitError for an atom without a law."""
    law = _LAWS.get(h.kind)
    if law is None:
        raise LimitError(f"no derivative is known for the atom {h.kind}")
    return law(h, by)


def _symbol(h: Head, by: Symbol) -> Form:
    n = len(h.dims)
    factors: list[Factor] = [
        (delta(size), (slot(k, size), slot(n + k, size)), 1) for k, size in enumerate(h.dims) if size != 1
    ]
    return assemble([(1, factors)], h.dims + by.shape)


def _through(outer: Callable[[Form], Form]) -> Callable[[Head, Symbol], Form]:
    """The chain rule f'(u)·du for an entrywise function f of the form u."""

    def law(h: Head, by: Symbol) -> Form:
        inner = payload_form(h)
        partial = differentiate(inner, by)
        own = tuple(slot(k, size) for k, size in enumerate(h.dims))
        factor = place(outer(inner), own, partial.dims)
        return multiply(factor, partial, partial.dims)

    return law


def _inverse(h: Head, by: Symbol) -> Form:
    """dF⁻¹ = −F⁻¹ dF F⁻¹."""
    size = h.dims[0]
    partial = differentiate(payload_form(h), by)
    ends = [slot(2 + s, d) for s, d in enumerate(by.shape)]
    a, b, label = (size, 0), (size, 1), 2
    products: list[Product] = []
    for c, factors in instances(partial, (a, b, *ends), label):
        products.append((-c, [(h, (slot(0, size), a), 1), *factors, (h, (b, slot(1, size)), 1)]))
    return assemble(products, h.dims + by.shape)


def _log_determinant(h: Head, by: Symbol) -> Form:
    """d log|det F| = tr(F⁻¹ dF)."""
    inner = payload_form(h)
    size = inner.dims[0]
    flipped = transposed(inverse(inner))
    partial = differentiate(inner, by)
    a, b = (size, 0), (size, 1)
    ends = [slot(s, d) for s, d in enumerate(by.shape)]
    products: list[Product] = []
    for c1, first in instances(partial, (a, b, *ends), 2):
        label = max(2, next_label(first))
        products += [(c1 * c2, first + second) for c2, second in instances(flipped, (a, b), label)]
    return assemble(products, by.shape)


def _determinant(h: Head, by: Symbol) -> Form:
    partial = _log_determinant(head("logdet", h.payload, (), h.symbols), by)
    return multiply(atom(h, (), ()), partial, by.shape)


def _nothing(h: Head, by: Symbol) -> Form:
    return Form({}, h.dims + by.shape)


def _gauss(u: Form) -> Form:
    """erf' = 2/√π · e^(−u²)."""
    two_by_root = scale(atoms.power(tensor(head("pi", None, positive=True)), Fraction(-1, 2)), 2)
    return multiply(two_by_root, atoms.exp(scale(multiply(u, u), -1)), u.dims)


def _one(u: Form) -> Form:
    return Form(number_form(1).terms, u.dims)


_LAWS: dict[str, Callable[[Head, Symbol], Form]] = {
    "sym": _symbol,
    "simplex": _symbol,
    "power": _through(_one),
    "exp": _through(atoms.exp),
    "log": _through(lambda u: atoms.power(u, -1)),
    "sin": _through(atoms.cosine),
    "cos": _through(lambda u: scale(atoms.sine(u), -1)),
    "erf": _through(_gauss),
    "step": _nothing,
    "sign": _nothing,
    "inv": _inverse,
    "logdet": _log_determinant,
    "det": _determinant,
}
