"""Functions of forms, brought to one shape: powers, exp, log, step, sin, cos, erf.

Each function takes a form and returns a form.  An argument is taken apart as
far as its value allows (e^(a+b) = e^a e^b, √(c²F) = c√F for c > 0) and what
remains becomes the key of an atom.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import flint

from symderiv.errors import LimitError, ReadingError
from symderiv.kernel.arithmetic import add, atom, multiply, place, power_of, scale, subtract
from symderiv.kernel.denominators import is_sign, over_one_denominator
from symderiv.kernel.factoring import irreducible_factors
from symderiv.kernel.forms import UNIT, Coefficient, Form, Monomial, number_form, payload_form
from symderiv.kernel.networks import NETS, Exponent, Index, head
from symderiv.kernel.positivity import content, is_nonnegative, is_positive, net_form

MAX_MULTIPLE = 12
MAX_BITS = 20_000
MAX_FACTORED = 160  # binary digits of a number that is split into primes


def function_atom(kind: str, form: Form, power: Exponent = 1, *, positive: bool = False) -> Form:
    """The atom ``kind`` keyed by a form: slots that do not occur are dropped, two slots put in one order."""
    used = sorted({i for net in form.nets for i in net.free}, key=lambda i: -i[1])
    key = _rekey(form, used)
    idx: tuple[Index, ...] = tuple(used)
    if len(used) == 2:
        other = _rekey(form, used[::-1])
        same = key == other
        first = head(kind, key, key.dims, form.symbols, symmetric=same, positive=positive)
        if not same:
            second = head(kind, other, other.dims, form.symbols, positive=positive)
            if second.uid < first.uid:
                first, idx = second, tuple(used[::-1])
        return atom(first, idx, form.dims, power)
    return atom(head(kind, key, key.dims, form.symbols, positive=positive), idx, form.dims, power)


def _rekey(form: Form, used: Sequence[Index]) -> Form:
    dims = tuple(size for size, _ in used)
    targets: list[Index] = [(1, 0)] * len(form.dims)
    for k, i in enumerate(used):
        targets[-1 - i[1]] = (i[0], -1 - k)
    slots = {i: targets[-1 - i[1]] for i in used}
    if all(a == b for a, b in slots.items()):
        return Form(form.terms, dims)
    wide = [slots.get((size, -1 - k), (1, 0) if size == 1 else (size, -1 - k)) for k, size in enumerate(form.dims)]
    return Form(place(form, wide, dims).terms, dims)


def power(form: Form, exponent: Exponent) -> Form:
    """``form`` to a rational power, entry by entry.

    Raises ReadingError for 0 to a negative power.
    """
    exponent = _plain(exponent)
    if exponent == 0:
        return Form(number_form(1).terms, form.dims)
    if form.is_zero:
        if exponent < 0:
            raise ReadingError("division by an expression that is 0 for all values")
        return form
    if isinstance(exponent, int) and exponent > 0:
        if exponent * (max(map(_digits, form.terms.values())) - 2) > MAX_BITS:
            raise LimitError(f"the power {exponent} of a sum has coefficients of more than {MAX_BITS} binary digits")
        return Form(power_of(form, exponent).terms, form.dims)
    fractional = not isinstance(exponent, int)
    if fractional:  # 1/(1 - p) - 1 is p/(1 - p), whose root comes apart
        numerator, below = over_one_denominator(form)
        if below and all(is_positive(base) for base, _ in below):
            result = power(numerator, exponent)
            for base, k in below:
                result = multiply(result, power(base, -k * exponent), form.dims)
            return Form(result.terms, form.dims)
    number, mono, core = content(form, fractional)
    result = _number_power(number, exponent)
    for uid, e in mono:
        net = NETS[uid]
        if net.bound:
            piece = function_atom("power", net_form(net, form), e * exponent, positive=net.positive)
        else:
            h, idx, f = net.factors[0]
            piece = atom(h, idx, form.dims, e * f * exponent)
        result = multiply(result, piece, form.dims)
    for base, e in irreducible_factors(core, fractional):
        result = multiply(result, _base_power(base, e, exponent), form.dims)
    return Form(result.terms, form.dims)


def _digits(c: Coefficient) -> int:
    return c.numerator.bit_length() + c.denominator.bit_length()


def _base_power(base: Form, e: int, exponent: Exponent) -> Form:
    """(baseᵉ)^exponent for a base that does not come apart."""
    positive = is_positive(base)
    total = _plain(e * exponent)
    if base.constant is not None:
        return base if base.constant == 1 else function_atom("power", base, total)
    # an odd power has the sign of its base, so that (b³)^q and b^(3q) are defined at the same points
    if isinstance(exponent, int) or positive or e % 2:
        return function_atom("power", base, total, positive=positive)
    if isinstance(total, int):  # (b²)^(1/2) = |b|
        whole = power_of(base, total) if total > 0 else function_atom("power", base, total)
        return multiply(whole, sign(base), base.dims) if total % 2 else whole
    return function_atom("power", power_of(base, 2), _plain(total / 2))


def _number_power(number: Coefficient, exponent: Exponent) -> Form:
    if isinstance(exponent, int):
        value = Fraction(number)
        if abs(exponent) * max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
            raise LimitError(f"a number to the power {exponent} has more than {MAX_BITS} binary digits")
        return number_form(_plain(value**exponent))
    result = number_form(1)
    value = Fraction(number)
    for whole, sign_ in ((value.numerator, 1), (value.denominator, -1)):
        if whole.bit_length() > MAX_FACTORED:
            raise LimitError(f"a root of a number of more than {MAX_FACTORED} binary digits is not taken")
        for prime, count in flint.fmpz(whole).factor():
            piece = atom(head("prime", int(prime), positive=True), (), (), sign_ * count * Fraction(exponent))
            result = multiply(result, piece)
    return result


def exp(form: Form) -> Form:
    """e^form: a product with one factor per term; e^(k·log|u|) = |u|^k."""
    result = Form(number_form(1).terms, form.dims)
    for mono, c in form.terms.items():
        net = NETS[mono[0][0]] if len(mono) == 1 and mono[0][1] == 1 else None
        if net and net.factors[0][0].kind == "log" and not net.bound:
            ((h, idx, _),) = net.factors
            piece = _absolute_power(place(payload_form(h), idx, form.dims), _plain(Fraction(c)))
        else:
            piece = function_atom("exp", Form({mono: 1}, form.dims), _plain(Fraction(c)), positive=True)
        result = multiply(result, piece, form.dims)
    return result


def _absolute_power(u: Form, exponent: Exponent) -> Form:
    """|u|^exponent: the logarithm in the kernel is that of the absolute value."""
    if not is_positive(u) and not isinstance(exponent, int):
        return power(power_of(u, 2), _plain(exponent / 2))
    even = is_positive(u) or exponent % 2 == 0
    return power(u, exponent) if even else multiply(power(u, exponent), sign(u), u.dims)


def log(form: Form) -> Form:
    """log|form|, which is the logarithm wherever that is defined; products come apart."""
    if form.is_zero:
        raise ReadingError("the logarithm of 0 is not defined")
    numerator, below = over_one_denominator(form)
    if below:
        return add(log(numerator), *(scale(log(base), -k) for base, k in below))
    number, mono, core = content(form, False)
    result, value = Form({}, form.dims), abs(Fraction(number))
    for whole, sign_ in ((value.numerator, 1), (value.denominator, -1)):
        if whole.bit_length() > MAX_FACTORED:
            raise LimitError(f"the logarithm of a number of more than {MAX_FACTORED} binary digits is not taken apart")
        for prime, count in flint.fmpz(whole).factor():
            result = add(result, scale(function_atom("log", number_form(int(prime))), sign_ * int(count)))
    for uid, e in mono:
        result = add(result, scale(_net_log(uid, form), e))
    for base, e in irreducible_factors(core, False):
        if not is_sign(base):
            result = add(result, scale(function_atom("log", base), e))
    return Form(result.terms, form.dims)


def _net_log(uid: int, form: Form) -> Form:
    net = NETS[uid]
    if not net.bound:
        h, idx, e = net.factors[0]
        if h.kind == "exp":
            return scale(place(payload_form(h), idx, form.dims), e)
        if h.kind == "power":
            return scale(log(place(payload_form(h), idx, form.dims)), e)
        if h.kind == "det":
            return scale(atom(head("logdet", h.payload, (), h.symbols), (), form.dims), e)
    return function_atom("log", net_form(net, form))


def step(form: Form) -> Form:
    """1 where the form is > 0 and 0 where it is < 0; not decided at 0."""
    one = Form(number_form(1).terms, form.dims)
    if form.is_zero:
        raise ReadingError("step, sign and relu' are not defined at 0")
    if is_positive(form):
        return one
    if is_positive(scale(form, -1)):
        return Form({}, form.dims)
    _, _, core = content(form, True)
    term = core.single()
    if term is not None and (len(term[0]) > 1 or term[0][0][1] != 1):
        return _step_of_product(term[0], 1 if term[1] > 0 else -1, form)
    if core.terms[_decisive(core)] < 0:
        return subtract(one, function_atom("step", scale(core, -1)))
    return function_atom("step", core)


def _step_of_product(mono: Monomial, negative: int, form: Form) -> Form:
    """(1 + ∏ sign)/2 over the factors that may be negative; even powers, roots and steps are 0 or > 0."""
    product = Form(number_form(negative).terms, form.dims)
    for u, e in mono:
        net = NETS[u]
        if e % 2 == 1 and not is_nonnegative(net_form(net, form)) and net.factors[0][0].kind != "step":
            product = multiply(product, sign(net_form(net, form)), form.dims)
    return scale(add(Form(number_form(1).terms, form.dims), product), Fraction(1, 2))


def sign(form: Form) -> Form:
    """2·step − 1."""
    return subtract(scale(step(form), 2), Form(number_form(1).terms, form.dims))


def _decisive(form: Form) -> Monomial:
    return UNIT if UNIT in form.terms else max(form.terms, key=lambda m: (len(m), m))


def erf(form: Form) -> Form:
    """The error function; the sign of its argument comes out."""
    if form.is_zero:
        return form
    flip = -1 if form.terms[_decisive(form)] < 0 else 1
    return scale(function_atom("erf", scale(form, flip)), flip)


def cosine(form: Form) -> Form:
    """cos; sums and whole multiples of an argument come apart."""
    return _circular(form)[0]


def sine(form: Form) -> Form:
    """sin; sums and whole multiples of an argument come apart."""
    return _circular(form)[1]


def _circular(form: Form) -> tuple[Form, Form]:
    """(cos, sin) of a form by the addition theorem, term after term."""
    cos, sin = Form(number_form(1).terms, form.dims), Form({}, form.dims)
    for mono, c in form.terms.items():
        size = abs(Fraction(c))
        whole = int(size) if size.denominator == 1 and size <= MAX_MULTIPLE else 1
        unit = Form({mono: _plain(size / whole)}, form.dims)
        part = (function_atom("cos", unit), scale(function_atom("sin", unit), 1 if c > 0 else -1))
        for _ in range(whole):
            cos, sin = (
                subtract(multiply(cos, part[0], form.dims), multiply(sin, part[1], form.dims)),
                add(multiply(sin, part[0], form.dims), multiply(cos, part[1], form.dims)),
            )
    return cos, sin


def _plain(value: Exponent) -> Exponent:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value
