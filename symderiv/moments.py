"""Expectations of forms: one rule for every distribution of independent entries.

    E ∏ X = Σ over partitions of the occurrences into blocks  ∏ κ(block)

where κ is the joint cumulant.  For independent entries a block also equates its
indices; for a normal only blocks of one and two are not zero (Isserlis); for
one-hot rows a block equates its row, and the cumulant follows from the moments.
Functions of a random symbol other than polynomials are in ``kernel/closed_forms.py``.

Source: T. P. Speed, Cumulants and partition lattices, Austral. J. Statist. 25 (1983).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product as combinations_of
from math import factorial

from symderiv.errors import LimitError, ReadingError
from symderiv.expressions import Expr
from symderiv.kernel.arithmetic import add, assemble, multiply, place, power_of, scale, subtract
from symderiv.kernel.closed_forms import expected_functions, set_partitions
from symderiv.kernel.forms import Coefficient, Form, Product, instances, next_label, number_form, size_factor, spell
from symderiv.kernel.integrability import Growth, growth
from symderiv.kernel.networks import ONE, Factor, Index, delta, slot
from symderiv.symbols import Symbol
from symderiv.trees import involved

Lower = Callable[[Expr], Form]
MAX_OCCURRENCES = 12


def expectation(form: Form, lower: Lower) -> Form:
    """E over every random symbol of the form, one symbol after the other.

    A symbol whose law depends on another one is averaged before that one, and laws with finitely
    many values first. Raises LimitError where no closed form is known, or not whether the mean exists.
    """
    if growth(form, lambda s: {name: lower(v) for name, v in s.law if isinstance(v, Expr)}) == Growth.UNKNOWN:
        raise LimitError("no closed form is known for the expectation, nor whether it exists")
    while True:
        present = {s for s in form.symbols if s.random}
        if not present:
            return form
        above = {p for s in present for p in _ancestors(s)}
        s = min(present - above, key=lambda s: (not _LAWS[_kind(s)].finite, s.name))
        try:
            form = _average(form, s, lower)
        except ReadingError as bad:  # a normal form may divide by what is 0 at one of the values
            raise LimitError(f"no average over {s.name} is known: {bad}") from bad


def _ancestors(s: Symbol) -> set[Symbol]:
    """The random symbols that a law depends on."""
    return {p.data for _, value in s.law if isinstance(value, Expr) for p in involved(value) if p.data.random}


def _average(form: Form, s: Symbol, lower: Lower) -> Form:
    products: list[Product] = []
    for mono, c in form.terms.items():
        factors, _ = spell(mono)
        summed = {i for _, idx, _ in factors for i in idx if i[1] >= 0 and i != ONE}
        products += [_counted(c * d, f, summed) for d, f in _expected_product(factors, s, lower)]
    return assemble(products, form.dims)


def _counted(c: Coefficient, factors: list[Factor], summed: set[Index]) -> Product:
    """A summed index that an entry's mean no longer depends on counts its size: E Σ_i r_i = n p."""
    for i in sorted(summed - {j for _, idx, _ in factors for j in idx}, key=str):
        number, extra = size_factor(i[0])
        c, factors = c * number, factors + extra
    return c, factors


def covariance(left: Form, right: Form, lower: Lower, *, diagonal: bool) -> Form:
    """Cov(f, g) over all slots of both, or its diagonal, the variance entry by entry."""
    n = len(left.dims)
    dims = left.dims if diagonal else left.dims + right.dims
    offset = 0 if diagonal else n
    first = place(left, [slot(k, d) for k, d in enumerate(left.dims)], dims)
    second = place(right, [slot(offset + k, d) for k, d in enumerate(right.dims)], dims)
    joint = expectation(multiply(first, second, dims), lower)
    return subtract(joint, multiply(expectation(first, lower), expectation(second, lower), dims))


def _expected_product(factors: Sequence[Factor], s: Symbol, lower: Lower) -> list[Product]:
    moving = [f for f in factors if s in f[0].symbols]
    if not moving:
        return [(1, list(factors))]
    fixed = [f for f in factors if s not in f[0].symbols]
    label = next_label(factors)
    law = law_of(s, lower)
    if any(h.payload != s or e % 1 or e < 0 for h, _, e in moving):
        pieces = expected_functions(moving, law, label)
    else:
        pieces = [(c, _fresh(f, label)) for c, f in law.moment(moving)]
    return [(c, fixed + f) for c, f in pieces]


def _fresh(factors: Sequence[Factor], label: int) -> list[Factor]:
    """Labels that a law introduced are already above every label of the product, so pieces of two laws may clash."""
    shift = {i for _, idx, _ in factors for i in idx if i[1] >= _OWN}
    rename = {i: (i[0], label + k) for k, i in enumerate(sorted(shift, key=lambda i: i[1]))}
    return [(h, tuple(rename.get(i, i) for i in idx), e) for h, idx, e in factors]


_OWN = 10**6  # labels a law introduces for its own sums, renamed by _fresh


class Law:
    """How the entries of one random symbol behave: ``moment`` gives E of a product of its occurrences."""

    finite = False  # whether an entry has finitely many values: ``values`` with their ``probabilities``
    independent = True  # whether entries are independent of each other

    def __init__(self, s: Symbol, lower: Lower) -> None:
        self.symbol = s
        self.given = {name: self._spread(lower(value)) for name, value in s.law if isinstance(value, Expr)}

    def _spread(self, form: Form) -> Form:
        """A parameter over the symbol's slots (a covariance keeps its own)."""
        shape = self.symbol.shape
        if len(form.dims) > len(shape):
            return form
        offset = len(shape) - len(form.dims)
        return place(form, [slot(offset + k, d) for k, d in enumerate(form.dims)], shape)

    def parameter(self, name: str, default: int) -> Form:
        """A parameter as a form, or a number where it is not given."""
        return self.given.get(name, Form(number_form(default).terms, self.symbol.shape))

    def moment(self, occurrences: Sequence[Factor]) -> Iterator[Product]:
        """E of the product of the occurrences, as products with deltas."""
        spread = self.split(occurrences)
        if len(spread) > MAX_OCCURRENCES:
            raise LimitError(
                f"a moment of degree {len(spread)} in {self.symbol.name} is beyond the limit of {MAX_OCCURRENCES}"
            )
        for blocks in self.partitions(tuple(range(len(spread)))):
            choices = [self.block([spread[k] for k in b]) for b in blocks]
            for parts in combinations_of(*choices):
                c: Fraction | int = 1
                factors: list[Factor] = []
                for d, f in parts:
                    c, factors = c * d, factors + _relabel(f, len(factors))
                yield c, factors

    def split(self, occurrences: Sequence[Factor]) -> list[Factor]:
        """The occurrences blocks are made of."""
        return list(occurrences)

    def partitions(self, items: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], ...]]:
        """Set partitions whose blocks may be non-zero."""
        return set_partitions(items)

    def block(self, occurrences: Sequence[Factor]) -> list[Product]:
        """The joint cumulant of a block."""
        raise NotImplementedError

    def values(self) -> list[tuple[int, Form]]:
        """The values of an entry with their probabilities over the symbol's slots, where there are finitely many."""
        raise LimitError(f"{self.symbol.name} has no finite list of values")


def _relabel(factors: Sequence[Factor], offset: int) -> list[Factor]:
    def move(i: Index) -> Index:
        return (i[0], i[1] + 1000 * offset) if i[1] >= _OWN else i

    return [(h, tuple(map(move, idx)), e) for h, idx, e in factors]


def _equal(first: tuple[Index, ...], others: Sequence[tuple[Index, ...]]) -> list[Factor]:
    return [(delta(i[0]), (i, j), 1) for idx in others for i, j in zip(first, idx, strict=True)]


class Independent(Law):
    """Independent entries: a block equates indices, its cumulant follows from the moments of one entry."""

    def block(self, occurrences: Sequence[Factor]) -> list[Product]:
        first = occurrences[0][1]
        powers = [int(e) for _, _, e in occurrences]
        cumulant = Form({}, self.symbol.shape)
        for blocks in set_partitions(tuple(range(len(powers)))):
            term: Form = Form(number_form((-1) ** (len(blocks) - 1) * factorial(len(blocks) - 1)).terms, ())
            for b in blocks:
                term = multiply(term, self.entry(sum(powers[k] for k in b)), self.symbol.shape)
            cumulant = add(cumulant, term)
        equal = _equal(first, [idx for _, idx, _ in occurrences[1:]])
        return [(c, equal + f) for c, f in instances(cumulant, first, _OWN)]

    def entry(self, k: int) -> Form:
        """E of the k-th power of one entry, over the symbol's slots."""
        raise NotImplementedError


class Bernoulli(Independent):
    finite = True

    def entry(self, k: int) -> Form:
        return self.parameter("p", 0)

    def values(self) -> list[tuple[int, Form]]:
        """1 with probability p, else 0."""
        p = self.parameter("p", 0)
        return [(1, p), (0, subtract(Form(number_form(1).terms, p.dims), p))]


class Rademacher(Independent):
    finite = True

    def entry(self, k: int) -> Form:
        return Form(number_form(1 - k % 2).terms, self.symbol.shape)

    def values(self) -> list[tuple[int, Form]]:
        """±1, each with probability ½."""
        half = Form(number_form(Fraction(1, 2)).terms, self.symbol.shape)
        return [(1, half), (-1, half)]


class Uniform(Independent):
    def entry(self, k: int) -> Form:
        """(bᵏ + bᵏ⁻¹a + … + aᵏ)/(k + 1)."""
        a, b = self.parameter("a", 0), self.parameter("b", 1)
        result = Form({}, self.symbol.shape)
        for j in range(k + 1):
            result = add(result, multiply(power_of(a, j), power_of(b, k - j), self.symbol.shape))
        return scale(result, Fraction(1, k + 1))


class Normal(Law):
    """Blocks of one (mean) and two (covariance); entries independent unless a covariance is given."""

    def __init__(self, s: Symbol, lower: Lower) -> None:
        super().__init__(s, lower)
        self.independent = "cov" not in self.given or not s.shape

    def split(self, occurrences: Sequence[Factor]) -> list[Factor]:
        return [(h, idx, 1) for h, idx, e in occurrences for _ in range(int(e))]

    def partitions(self, items: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], ...]]:
        if self.parameter("mean", 0).is_zero:
            return (p for p in set_partitions(items, 2) if all(len(b) == 2 for b in p))
        return set_partitions(items, 2)

    def block(self, occurrences: Sequence[Factor]) -> list[Product]:
        first = occurrences[0][1]
        if len(occurrences) == 1:
            return instances(self.parameter("mean", 0), first, _OWN)
        return self.pair(first, occurrences[1][1])

    def pair(self, first: tuple[Index, ...], second: tuple[Index, ...]) -> list[Product]:
        """Cov of two entries."""
        cov = self.given.get("cov")
        if cov is not None and self.symbol.shape:
            return instances(cov, (*first, *second), _OWN)
        variance = cov if cov is not None else multiply(self.parameter("std", 1), self.parameter("std", 1))
        return [(c, _equal(first, [second]) + f) for c, f in instances(variance, first, _OWN)]


class OneHot(Law):
    """Each row is a unit vector, e_i with probability q_i; rows are independent."""

    finite = True
    independent = False

    def block(self, occurrences: Sequence[Factor]) -> list[Product]:
        rows = [idx[:-1] for _, idx, _ in occurrences]
        equal = _equal(rows[0], rows[1:])
        out: list[Product] = []
        for blocks in set_partitions(tuple(range(len(occurrences)))):
            sign = (-1) ** (len(blocks) - 1) * factorial(len(blocks) - 1)
            pieces: list[Product] = [(sign, list(equal))]
            for b in blocks:
                ends = [occurrences[k][1][-1:] for k in b]
                mean = instances(self.parameter("q", 0), (*rows[0], *ends[0]), _OWN)
                pieces = [(c * d, f + _equal(ends[0], ends[1:]) + g) for c, f in pieces for d, g in mean]
            out += pieces
        return out


_LAWS: dict[str, type[Law]] = {
    "bernoulli": Bernoulli,
    "rademacher": Rademacher,
    "uniform": Uniform,
    "normal": Normal,
    "one_hot": OneHot,
}


def law_of(s: Symbol, lower: Lower) -> Law:
    """The law of a random symbol."""
    return _LAWS[_kind(s)](s, lower)


def _kind(s: Symbol) -> str:
    assert s.distribution is not None
    return s.distribution.name
