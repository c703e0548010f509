"""A sum as a product of irreducible polynomials, its nets taken as independent variables."""

from __future__ import annotations

from fractions import Fraction

import flint

from symderiv.kernel.arithmetic import multiply, power_of, scale
from symderiv.kernel.forms import Coefficient, Form, Monomial, number_form
from symderiv.kernel.positivity import content, is_positive


def irreducible_factors(core: Form, fractional: bool) -> list[tuple[Form, int]]:
    """Irreducible factors of a sum, its nets taken as independent variables."""
    if core.constant == 1:
        return []
    parts = _by_flint(core)
    if not fractional or len(parts) == 1:
        return parts
    # under a root only factors of known sign may stand alone
    known = [(f, e) for f, e in parts if is_positive(f) or e % 2 == 0]
    rest = number_form(1)
    for f, e in parts:
        if not is_positive(f) and e % 2:
            rest = multiply(rest, power_of(f, e), core.dims)
    return known + ([(rest, 1)] if rest.constant != 1 else [])


def _by_flint(core: Form) -> list[tuple[Form, int]]:
    variables = sorted({u for m in core.terms for u, _ in m})
    if len(core.terms) == 1:
        ((mono, c),) = core.terms.items()
        if len(mono) == 1 and c == 1:
            return [(Form({((mono[0][0], 1),): 1}, core.dims), int(mono[0][1]))]
    linear = any(len(m) == 1 and m[0][1] == 1 and sum(m[0][0] in dict(o) for o in core.terms) == 1 for m in core.terms)
    tame = all(isinstance(e, int) and e > 0 for m in core.terms for _, e in m)
    if linear or not tame or len(core.terms) > 60 or len(variables) > 16:
        return [(core, 1)]
    context = flint.fmpq_mpoly_ctx.get(tuple(f"x{k}" for k in range(len(variables))), "lex")
    place_of = {u: k for k, u in enumerate(variables)}
    table = {}
    for mono, c in core.terms.items():
        exponents = [0] * len(variables)
        for u, e in mono:
            exponents[place_of[u]] = int(e)
        value = Fraction(c)
        table[tuple(exponents)] = flint.fmpq(value.numerator, value.denominator)
    unit, parts = context.from_dict(table).factor()
    if len(parts) == 1 and parts[0][1] == 1:
        return [(core, 1)]
    out, left = [], Fraction(int(unit.p), int(unit.q))
    for poly, e in parts:
        terms: dict[Monomial, Coefficient] = {}
        for powers, q in poly.to_dict().items():
            mono = tuple((u, int(k)) for u, k in zip(variables, powers, strict=True) if k)
            terms[mono] = _plain(Fraction(int(q.p), int(q.q)))
        number, common, base = content(Form(terms, core.dims), False)
        if common:  # an irreducible factor with a net in every term is that net
            base = Form({common: 1}, core.dims)
        if is_positive(scale(base, -1)):
            number, base = -Fraction(number), scale(base, -1)
        left *= Fraction(number) ** int(e)
        out.append((base, int(e)))
    if left == -1:  # a sign left over goes to a factor of odd multiplicity
        k = next((k for k, (_, e) in enumerate(out) if e % 2), None)
        if k is not None:
            out[k], left = (scale(out[k][0], -1), out[k][1]), Fraction(1)
    return out if left == 1 else [(core, 1)]


def _plain(value: Fraction) -> Coefficient:
    return value.numerator if value.denominator == 1 else value
