"""E of a polynomial times functions of affine functions of one normal symbol.

With Σ its covariance, and t·x, u·x the parts of exponents and arguments that move:

    E[f(x) e^(t·x)] = e^(t·μ + t·Σt/2) E[f(x + Σt)]                       (exponential tilting)
    E[p(x) e^(iM)]  = e^(iν − t·Σt/2) E[p(x + iΣt)],  ν = E M              (sine and cosine)
    E[p(x); N > 0]:  x = μ + c·w + y,  w = (N − ν)/σ,  c = Σu/σ,  y independent of w   (step)
    E erf(N) = erf(ν/√(1 + 2σ²))

Products of sines and cosines become sums first.  The polynomial is averaged by Isserlis'
recursion with one further direction: b of the complex shift, or c with the moments of w cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from symderiv.errors import LimitError
from symderiv.kernel import atoms
from symderiv.kernel.arithmetic import add, assemble, contract, multiply, place, scale, subtract, tensor
from symderiv.kernel.derivatives import differentiate
from symderiv.kernel.forms import Form, number_form, payload_form
from symderiv.kernel.networks import ONE, Factor, Index, delta, head, slot
from symderiv.kernel.substitution import substitute
from symderiv.shapes import Dim
from symderiv.symbols import Symbol

MAX_DEGREE = 8  # of the polynomial beside a function
MAX_CIRCULAR = 6

Base = Callable[[int], Form]


class NormalLaw(Protocol):
    """What is asked of a normal law."""

    symbol: Symbol
    independent: bool

    @property
    def given(self) -> Mapping[str, Form]:
        """The parameters that are given."""

    def parameter(self, name: str, default: int) -> Form:
        """A parameter over the symbol's slots."""


@dataclass(frozen=True)
class Extra:
    """The further direction of the recursion: its part at an occurrence, its moments, whether it is cut out of Σ."""

    at: Callable[[tuple[Index, ...]], Form]
    base: Base
    cut_out: bool


def expected_gaussian(factors: Sequence[Factor], law: NormalLaw, dims: tuple[Dim, ...] | None = None) -> Form:
    """E of the product, over the free slots of its factors; raises LimitError outside the scope above."""
    sizes = {-1 - i[1]: i[0] for _, idx, _ in factors for i in idx if i != ONE}
    own = dims if dims is not None else tuple(sizes[k] for k in range(len(sizes)))
    return _Average(law, own).of(factors)


class _Average:
    def __init__(self, law: NormalLaw, dims: tuple[Dim, ...]) -> None:
        self.law, self.dims = law, dims
        self.s = law.symbol
        self.wide = dims + self.s.shape
        self.mean = law.parameter("mean", 0)
        std = law.parameter("std", 1)
        self.variance = law.given["cov"] if "cov" in law.given else multiply(std, std, self.s.shape)
        self.shift = Form({}, self.wide)  # Σt of the exponentials

    def of(self, factors: Sequence[Factor]) -> Form:
        occurrences: list[tuple[Index, ...]] = []
        exponent = Form({}, self.dims)
        found: dict[str, list[Form]] = {"cos": [], "sin": [], "step": [], "erf": []}
        for h, idx, e in factors:
            if h.payload == self.s and e % 1 == 0 and e > 0:
                occurrences += [idx] * int(e)
            elif h.kind == "exp":
                exponent = add(exponent, scale(place(payload_form(h), idx, self.dims), e))
            elif h.kind in found and e % 1 == 0 and e > 0:
                found[h.kind] += [place(payload_form(h), idx, self.dims)] * (1 if h.kind == "step" else int(e))
            else:
                raise LimitError(f"no closed form is known for the expectation of {h.kind} of a normal")
        if len(occurrences) > MAX_DEGREE:
            raise LimitError(f"degree {len(occurrences)} beside a function of {self.s.name} is beyond {MAX_DEGREE}")
        front = self.tilted(exponent)
        circular = [(kind, f) for kind in ("cos", "sin") for f in found[kind]]
        steps = list(dict.fromkeys(found["step"]))
        if (bool(circular) + len(steps) + len(found["erf"])) > 1 or (found["erf"] and occurrences):
            raise LimitError(f"no closed form is known for this product of functions of {self.s.name}")
        if circular:
            body = self.circular(circular, occurrences)
        elif steps:
            body = self.moment(tuple(occurrences), 0, self.beyond(steps[0]))
        elif found["erf"]:
            body = self.error_function(found["erf"][0])
        else:
            body = self.moment(tuple(occurrences), 0, None)
        return multiply(front, body, self.dims)

    # --- affine functions
    def direction(self, form: Form) -> Form:
        """∂form/∂x, which must not depend on x."""
        t = differentiate(form, self.s)
        # a step inside has derivative 0 and is yet no constant
        inside = any(self.s in h.symbols and h.payload != self.s for net in form.nets for h, _, _ in net.factors)
        if inside or self.s in t.symbols:
            raise LimitError(f"a function of {self.s.name} that is not affine inside has no closed form here")
        return t

    def at_mean(self, form: Form) -> Form:
        """An affine function at the shifted mean."""
        there = substitute(form, {self.s: self.mean})
        return there if self.shift.is_zero else add(there, self.dot(self.direction(form), self.shift))

    def dot(self, t: Form, u: Form) -> Form:
        n = len(self.dims)
        return contract(multiply(t, u, self.wide), range(n, len(self.wide)), self.dims)

    def spread(self, t: Form) -> Form:
        """Σt."""
        n, shape = len(self.dims), self.s.shape
        here = [slot(n + k, d) for k, d in enumerate(shape)]
        if self.law.independent:
            return multiply(t, place(self.variance, here, self.wide), self.wide)
        (size,) = shape
        wider = (*self.wide, size)
        first = [slot(k, d) for k, d in enumerate(self.dims)]
        moved = place(t, [*first, slot(n + 1, size)], wider)
        sigma = place(self.variance, (slot(n, size), slot(n + 1, size)), wider)
        return contract(multiply(moved, sigma, wider), [n + 1], self.wide)

    def entry(self, t: Form, idx: tuple[Index, ...]) -> Form:
        """The component of a direction at an occurrence."""
        return place(t, [*(slot(k, d) for k, d in enumerate(self.dims)), *idx], self.dims)

    # --- functions
    def tilted(self, exponent: Form) -> Form:
        if exponent.is_zero:
            return self.one()
        t = self.direction(exponent)
        b = self.spread(t)
        value = atoms.exp(add(self.at_mean(exponent), scale(self.dot(t, b), Fraction(1, 2))))
        self.shift = b
        return value

    def circular(self, functions: Sequence[tuple[str, Form]], occurrences: Sequence[tuple[Index, ...]]) -> Form:
        if len(functions) > MAX_CIRCULAR:
            raise LimitError(f"a product of {len(functions)} sines and cosines is beyond the limit of {MAX_CIRCULAR}")
        total = Form({}, self.dims)
        for c, kind, argument in _single(functions):
            t = self.direction(argument)
            b, nu = self.spread(t), self.at_mean(argument)
            decay = atoms.exp(scale(self.dot(t, b), Fraction(-1, 2)))
            cosine, sine = (multiply(f(nu), decay, self.dims) for f in (atoms.cosine, atoms.sine))
            turns = (cosine, scale(sine, -1), scale(cosine, -1), sine)
            start = 0 if kind == "cos" else 3

            def base(k: int, start: int = start, turns: tuple[Form, ...] = turns) -> Form:
                return turns[(start + k) % 4]

            def at(idx: tuple[Index, ...], b: Form = b) -> Form:
                return self.entry(b, idx)

            total = add(total, scale(self.moment(tuple(occurrences), 0, Extra(at, base, False)), c))
        return total

    def beyond(self, argument: Form) -> Extra:
        u = self.direction(argument)
        g = self.spread(u)
        inverse_sd = atoms.power(self.dot(u, g), Fraction(-1, 2))
        limit = multiply(self.at_mean(argument), inverse_sd, self.dims)
        return Extra(
            lambda idx: multiply(self.entry(g, idx), inverse_sd, self.dims), lambda k: truncated(k, limit), True
        )

    def error_function(self, argument: Form) -> Form:
        u = self.direction(argument)
        under = add(self.one(), scale(self.dot(u, self.spread(u)), 2))
        return atoms.erf(multiply(self.at_mean(argument), atoms.power(under, Fraction(-1, 2)), self.dims))

    # --- the polynomial
    def one(self) -> Form:
        return Form(number_form(1).terms, self.dims)

    def pair(self, first: tuple[Index, ...], second: tuple[Index, ...]) -> Form:
        """Cov of two entries."""
        if not self.law.independent:
            return place(self.variance, (*first, *second), self.dims)
        equal: list[Factor] = [(delta(i[0]), (i, j), 1) for i, j in zip(first, second, strict=True) if i != j]
        return multiply(assemble([(1, equal)], self.dims), place(self.variance, first, self.dims), self.dims)

    def moment(self, occurrences: tuple[tuple[Index, ...], ...], k: int, extra: Extra | None) -> Form:
        """E of the entries times k powers of the further direction, the first entry expanded."""
        if not occurrences:
            return extra.base(k) if extra else self.one()
        first, rest = occurrences[0], occurrences[1:]
        mean = add(place(self.mean, first, self.dims), self.entry(self.shift, first))
        total = Form({}, self.dims)
        if not mean.is_zero:
            total = multiply(mean, self.moment(rest, k, extra), self.dims)
        if extra:
            total = add(total, multiply(extra.at(first), self.moment(rest, k + 1, extra), self.dims))
        for j, other in enumerate(rest):
            cov = self.pair(first, other)
            if extra and extra.cut_out:
                cov = subtract(cov, multiply(extra.at(first), extra.at(other), self.dims))
            total = add(total, multiply(cov, self.moment(rest[:j] + rest[j + 1 :], k, extra), self.dims))
        return total


def _single(functions: Sequence[tuple[str, Form]]) -> list[tuple[Fraction, str, Form]]:
    """A product of sines and cosines as a sum of single ones."""
    kind, argument = functions[0]
    terms = [(Fraction(1), kind, argument)]
    for other, b in functions[1:]:
        half = Fraction(1, 2)
        more = []
        for c, own, a in terms:
            minus, plus = subtract(a, b), add(a, b)
            out = "cos" if own == other else "sin"
            signs = {("cos", "cos"): (1, 1), ("sin", "sin"): (1, -1), ("sin", "cos"): (1, 1), ("cos", "sin"): (-1, 1)}
            low, high = signs[own, other]
            more += [(c * half * low, out, minus), (c * half * high, out, plus)]
        terms = more
    return terms


def truncated(k: int, h: Form) -> Form:
    """E[w^k; w > −h] of a standard normal, by parts: T_k = (k − 1) T_(k−2) + (−h)^(k−1) φ(h)."""
    one = Form(number_form(1).terms, h.dims)
    if k == 0:
        return scale(add(one, atoms.erf(multiply(h, _root_half(), h.dims))), Fraction(1, 2))
    two_pi = scale(tensor(head("pi", None, positive=True)), 2)
    density = multiply(
        atoms.exp(scale(multiply(h, h, h.dims), Fraction(-1, 2))), atoms.power(two_pi, Fraction(-1, 2)), h.dims
    )
    edge = multiply(atoms.power(scale(h, -1), k - 1), density, h.dims)
    return edge if k == 1 else add(scale(truncated(k - 2, h), k - 1), edge)


def _root_half() -> Form:
    return atoms.power(number_form(2), Fraction(-1, 2))
