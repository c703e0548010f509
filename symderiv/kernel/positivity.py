"""What is known to be positive, and what can be taken out of a sum.

Scope: a sum of terms that are products of positive atoms and even powers;
1 − x for x in (0, 1).  x² − 2x + 2 > 0 is not found.
"""

from __future__ import annotations

from fractions import Fraction

from symderiv.kernel.forms import UNIT, Coefficient, Form, Monomial
from symderiv.kernel.laws import leading
from symderiv.kernel.networks import NETS, Exponent, Net


def net_form(net: Net, form: Form) -> Form:
    """One net as a form over the slots of ``form``."""
    return Form({((net.uid, 1),): 1}, form.dims)


def _nonnegative(mono: Monomial) -> bool:
    return all(e % 2 == 0 or _even(NETS[u]) for u, e in mono)


def _even(net: Net) -> bool:
    """Sums of squares, and roots."""
    return all(h.positive or e % 2 == 0 or (h.kind == "power" and e % 1 != 0) for h, _, e in net.factors)


def is_positive(form: Form) -> bool:
    """Whether the form is > 0 at every point considered."""
    if not form.terms:
        return False
    if _one_minus_unit(form):
        return True
    if any(c <= 0 or not _nonnegative(m) for m, c in form.terms.items()):
        return False
    return any(all(NETS[u].positive for u, _ in m) for m in form.terms)


def is_nonnegative(form: Form) -> bool:
    """Whether the form is ≥ 0 everywhere, as a sum of squares and positive products."""
    return is_positive(form) or all(c > 0 and _nonnegative(m) for m, c in form.terms.items())


def _one_minus_unit(form: Form) -> bool:
    """c − Σ cᵢ·(products of values in (0, 1)) with Σ cᵢ ≤ c."""
    constant = form.terms.get(UNIT, 0)
    others = [(m, c) for m, c in form.terms.items() if m != UNIT]
    inside = all(
        c < 0 and all(not NETS[u].bound and NETS[u].factors[0][0].unit and e > 0 for u, e in m) for m, c in others
    )
    return bool(others) and inside and constant + sum(c for _, c in others) >= 0


def content(form: Form, keep_sign: bool) -> tuple[Coefficient, Monomial, Form]:
    """Write a form as number · monomial · core, the core's terms without common factor.

    With ``keep_sign`` only positive parts are taken out, so that the core has the
    form's sign (for roots and steps).
    """
    common: dict[int, Exponent] = {}
    for k, mono in enumerate(form.terms):
        here = dict(mono)
        if k == 0:
            common = {u: e for u, e in here.items() if not keep_sign or NETS[u].positive}
        else:
            # an atom that may stand below the line is taken out at its lowest power
            for u in set(common) | set(here):
                if keep_sign and not NETS[u].positive:
                    continue
                low = min(common.get(u, 0), here.get(u, 0))
                if low:
                    common[u] = low
                else:
                    common.pop(u, None)
    common = {u: e for u, e in common.items() if not NETS[u].bound or e > 0}
    terms = {}
    for mono, c in form.terms.items():
        left = dict(mono)
        for u, e in common.items():
            left[u] = left.get(u, 0) - e
        terms[tuple(sorted((u, e) for u, e in left.items() if e))] = c
    # the number is read off the core, so that b - b*e and 1 - e leave the same core and not its negative
    number = _number(Form(terms, form.dims), keep_sign)
    core = Form({m: _plain(Fraction(c) / number) for m, c in terms.items()}, form.dims)
    return number, tuple(sorted(common.items())), core


def _number(form: Form, keep_sign: bool) -> Fraction:
    """The number that makes the core's decisive coefficient 1 (or ±1 with ``keep_sign``)."""
    decisive = Fraction(form.terms[UNIT]) if UNIT in form.terms else Fraction(leading(form)[1])
    return abs(decisive) if keep_sign else decisive


def _plain(value: Fraction) -> Coefficient:
    return value.numerator if value.denominator == 1 else value
