"""Sums over one denominator, and sums that are a sign: what a logarithm looks at before it comes apart."""

from __future__ import annotations

from symderiv.kernel.arithmetic import atom, multiply, place
from symderiv.kernel.forms import Form, payload_form
from symderiv.kernel.networks import NETS, Exponent

MAX_DENOMINATORS = 12


def over_one_denominator(form: Form) -> tuple[Form, list[tuple[Form, int]]]:
    """A sum times its denominators at free indices, and those with their powers: F = N / ∏ baseᵏ.

    A sum whose denominators come back, as nested ones do where the laws of fractions part them, stays as it is.
    """
    whole = form
    below: list[tuple[Form, int]] = []
    while len(form.terms) > 1:
        lowest: dict[int, Exponent] = {}
        for mono in form.terms:
            for u, e in mono:
                kind = NETS[u].factors[0][0].kind
                if not NETS[u].bound and kind == "power" and isinstance(e, int) and e < lowest.get(u, 0):
                    lowest[u] = e
        if not lowest:
            break
        if len(below) == MAX_DENOMINATORS:
            return whole, []
        u = min(lowest)
        h, idx, _ = NETS[u].factors[0]
        k = -int(lowest[u])
        form = multiply(form, atom(h, idx, form.dims, k), form.dims)
        below.append((place(payload_form(h), idx, form.dims), k))
    return form, below


def is_sign(form: Form) -> bool:
    """Whether a form is 1 or −1 everywhere, such as 2·step − 1."""
    steps = any(f[0].kind == "step" for net in form.nets for f in net.factors)
    return steps and multiply(form, form).constant == 1
