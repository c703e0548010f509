"""A term of a form as a text in index notation, for pictures of what two sides differ in."""

from __future__ import annotations

from fractions import Fraction

from symderiv.kernel.forms import Coefficient, Form, Monomial, payload_form
from symderiv.kernel.laws import weight
from symderiv.kernel.networks import NETS, ONE, Factor, Head, Index
from symderiv.symbols import Symbol

FREE, BOUND = "ijklm", "abcdefgh"
MAX_LENGTH = 160


def first_term(form: Form) -> str:
    """The term of lowest degree, ``-p*sum_a X[i,a]*w[a]``; empty for 0 and for what is too long to read.

    Free indices are i, j, …, summed ones a, b, ….
    """
    if form.is_zero:
        return ""
    mono = min(form.terms, key=weight)
    text = term_text(mono, form.terms[mono])
    return text if len(text) <= MAX_LENGTH else ""


def term_text(mono: Monomial, c: Coefficient) -> str:
    """One term in index notation."""
    parts = [_net(u, e) for u, e in mono]
    value = Fraction(c)
    front = [] if abs(value) == 1 and parts else [f"({abs(value)})" if value.denominator != 1 else str(abs(value))]
    return ("-" if value < 0 else "") + "*".join([*front, *parts])


def _net(uid: int, e: int | Fraction) -> str:
    net = NETS[uid]
    body = "*".join(_factor(f) for f in net.factors)
    bound = sorted(net.bound, key=lambda i: i[1])
    if bound:
        body = f"(sum_{''.join(map(_name, bound))} {body})"
    return body if e == 1 else f"{body}**{_exponent(e)}"


def _factor(f: Factor) -> str:
    h, idx, e = f
    places = [_name(i) for i in idx if i != ONE]
    body = _head(h) + (f"[{','.join(places)}]" if places else "")
    return body if e == 1 else f"{body}**{_exponent(e)}"


def _exponent(e: int | Fraction) -> str:
    return str(e) if e > 0 and Fraction(e).denominator == 1 else f"({e})"


def _name(i: Index) -> str:
    letters = FREE if i[1] < 0 else BOUND
    k = -1 - i[1] if i[1] < 0 else i[1]
    return letters[k] if k < len(letters) else f"{letters[0]}{k}"


def _head(h: Head) -> str:
    if isinstance(h.payload, Symbol):
        return h.payload.name
    if h.kind in ("dim", "prime"):
        return str(h.payload)
    if h.kind == "pi" or not isinstance(h.payload, Form):
        return h.kind
    inner = " + ".join(term_text(m, c) for m, c in payload_form(h).terms.items()).replace("+ -", "- ")
    return f"({inner})" if h.kind == "power" else f"{h.kind}({inner})"
