"""Expectations of functions of random symbols that are not polynomials.

Scope: x^k·step(x) for a centred normal x (so relu, |x| and their powers), entry by
entry.  With K_k = E[x^k; x > 0]: half of the full moment for even k, and
σ^k 2^((k−1)/2) ((k−1)/2)! / √(2π) for odd k (integrate r^k e^(−r²/2) from 0).
Not known here: a step of a sum, a mean other than 0, exp, sin and cos.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import factorial

from symderiv import atoms
from symderiv.errors import LimitError
from symderiv.expressions import Expr
from symderiv.forms import Form, Product, instances, number_form, payload_form
from symderiv.indexed import multiply, place, power_of, scale, tensor
from symderiv.networks import NETS, Factor, head, slot
from symderiv.symbols import Symbol


def expected_functions(moving: Sequence[Factor], lower: Callable[[Expr], Form], label: int) -> list[Product]:
    """E of a product of factors that all depend on random symbols; raises LimitError where no closed form is known."""
    symbols = {s for h, _, _ in moving for s in h.symbols if s.random}
    places = {idx for _, idx, _ in moving}
    kinds = [h.kind for h, _, _ in moving]
    if len(symbols) == 1 and len(places) == 1:
        (s,) = symbols
        power = _half_power(moving, s)
        spread = _centred_std(s, lower)
        if power is not None and spread is not None:
            return instances(half_moment(power, spread), next(iter(places)), label)
    raise LimitError(f"no closed form is known for the expectation of {', '.join(kinds)}")


def half_moment(k: int, std: Form) -> Form:
    """E[x^k; x > 0] of a centred normal, over the slots of its standard deviation."""
    sigma = power_of(std, k) if k else Form(number_form(1).terms, std.dims)
    if k % 2 == 0:
        odd = Fraction(factorial(k), 2 ** (k // 2) * factorial(k // 2))  # (k − 1)!!
        return scale(sigma, odd / 2)
    half = (k - 1) // 2
    two_pi = scale(tensor(head("pi", None, positive=True)), 2)
    root = atoms.power(two_pi, Fraction(-1, 2))
    return scale(multiply(sigma, root, std.dims), 2**half * factorial(half))


def _half_power(moving: Sequence[Factor], s: Symbol) -> int | None:
    """k where the product is s^k·step(s); None for anything else."""
    k, steps = 0, 0
    for h, _, e in moving:
        if h.payload is s or h.payload == s:
            if e % 1 or e < 0:
                return None
            k += int(e)
        elif h.kind == "step" and e == 1 and _is_symbol(payload_form(h), s):
            steps += 1
        else:
            return None
    return k if steps == 1 else None


def _is_symbol(form: Form, s: Symbol) -> bool:
    term = form.single()
    if term is None or term[1] != 1 or len(term[0]) != 1 or term[0][0][1] != 1:
        return False
    factors = NETS[term[0][0][0]].factors
    plain = tuple(slot(k, d) for k, d in enumerate(form.dims))
    return len(factors) == 1 and factors[0][0].payload == s and factors[0][1] == plain and factors[0][2] == 1


def _centred_std(s: Symbol, lower: Callable[[Expr], Form]) -> Form | None:
    """The standard deviation over the symbol's slots; None unless it is a centred normal with independent entries."""
    if s.distribution is None or s.distribution.name != "normal":
        return None
    law = {name: lower(value) for name, value in s.law if isinstance(value, Expr)}
    if ("mean" in law and not law["mean"].is_zero) or ("cov" in law and s.shape):
        return None
    if "cov" in law:
        return atoms.power(law["cov"], Fraction(1, 2))
    std = law.get("std", number_form(1))
    offset = len(s.shape) - len(std.dims)
    return place(std, [slot(offset + k, d) for k, d in enumerate(std.dims)], s.shape)
